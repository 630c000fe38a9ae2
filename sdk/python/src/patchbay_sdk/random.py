"""Random numbers. Needs no grant: the seed is recorded, and a replay draws the same numbers.

Python's own module `random` gives the same numbers in every decision.
"""

from __future__ import annotations

from . import source


def next() -> int:
    """64 evenly distributed bits."""
    bits: int = source.current().random.next()
    return bits


def below(limit: int) -> int:
    """An evenly distributed number of 0 to `limit` − 1; `limit` is at most 2⁶⁴."""
    if not 0 < limit <= 2**64:
        raise ValueError(f"the limit is {limit}; it must be 1 to 2**64")
    # Numbers beyond the last whole multiple would make some results more likely.
    end = 2**64 - 2**64 % limit
    while (bits := next()) >= end:
        pass
    return bits % limit
