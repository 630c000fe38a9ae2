"""State a policy stores between decisions. Needs the grant `state` for each scope: without it a call
ends the decision with the outcome `denied`.

Writes commit with the decision; a decision that fails writes nothing. A key has at most 128 bytes, a
value at most 4 KiB; a longer one ends the decision with the outcome `out-of-memory`. A value and a
counter of the same key are separate.
"""

from __future__ import annotations

from . import source
from .records import Scope


def get(scope: Scope, key: str) -> bytes | None:
    """Value of a key; None where it was never set or has expired."""
    value: bytes | None = source.current().state.get(scope, key)
    return value


def text(scope: Scope, key: str) -> str | None:
    """Value of a key as text; None as with `get`, or where it is not UTF-8."""
    value = get(scope, key)
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def counter(scope: Scope, key: str) -> int:
    """Value of a counter; 0 where it was never changed."""
    value: int = source.current().state.counter(scope, key)
    return value


def set(scope: Scope, key: str, value: bytes | str, expires_after: int | None = None) -> None:
    """Sets a key, which expires after that many seconds, or never. Of concurrent decisions the last
    one wins.
    """
    data = value.encode() if isinstance(value, str) else value
    source.current().state.set(scope, key, data, expires_after)


def add(scope: Scope, key: str, amount: int = 1) -> None:
    """Adds to a counter; additions of concurrent decisions all count."""
    source.current().state.add(scope, key, amount)


def max(scope: Scope, key: str, value: int) -> None:
    """Raises a counter to at least a value."""
    source.current().state.max(scope, key, value)


def add_windowed(scope: Scope, key: str, amount: int, window: int) -> None:
    """Adds to a counter for `window` seconds, 1 to 604,800 (a value outside is moved to the nearest
    end). `counter` returns the sum over the window.
    """
    source.current().state.add_windowed(scope, key, amount, window)


def remove(key: str) -> None:
    """Removes a key of the conversation, its counter too. In the other scopes set it with an expiry
    instead: concurrent decisions cannot order a removal.
    """
    source.current().state.remove(key)
