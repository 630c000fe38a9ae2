"""Tables and bytes of the pack, declared under `[data.NAME]` in `pack.toml`. Needs no grant.

They are in no instance's memory: a decision pays for the rows and bytes it reads. During `prepare`
every call is denied, because what `prepare` computes outlives the data. The company file may replace
data by the company's own, which has the same columns at least.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import source
from .problems import PolicyError

_KEYS = 64
"""Most keys in one call of the host."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, sorted by its keys."""

    name: str
    """Its name in `pack.toml`."""
    key: str
    """Name of the column of the keys."""
    columns: tuple[str, ...]
    """Names of the other columns; none where the table is a set of keys."""
    row_count: int
    """Number of rows."""

    def get(self, key: str) -> dict[str, str] | None:
        """The row with exactly this key, its values by their columns; None where there is none."""
        values = source.current().data.get(self.name, key)
        return None if values is None else dict(zip(self.columns, values))

    def get_many(self, keys: list[str]) -> list[dict[str, str] | None]:
        """`get` for each of the keys, in their order, 64 in one call of the host."""
        rows: list[dict[str, str] | None] = []
        for start in range(0, len(keys), _KEYS):
            found = source.current().data.get_many(self.name, keys[start : start + _KEYS])
            rows += [None if one is None else dict(zip(self.columns, one)) for one in found]
        return rows


def table(name: str) -> Table:
    """The table of this name. Raises `PolicyError` where the pack has none."""
    view = source.current().data.table(name)
    if view is None:
        raise PolicyError(f"the pack has no table {name!r}")
    return Table(name, view.key, tuple(view.columns), view.row_count)


def size(name: str) -> int:
    """Number of bytes of the data of this name. Raises `PolicyError` where the pack has none."""
    length = source.current().data.size(name)
    if length is None:
        raise PolicyError(f"the pack has no bytes {name!r}")
    return int(length)


def read(name: str, offset: int, length: int) -> bytes:
    """Bytes from `offset` on: `length` of them, at most 64 KiB; fewer where the data ends before."""
    found: bytes = source.current().data.read(name, offset, length)
    return found
