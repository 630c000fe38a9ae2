"""State that a policy stores, in a test."""

from __future__ import annotations

from typing import Protocol

from ..records import Scope

_LONGEST_WINDOW = 604_800
_KEY_BYTES = 128
_VALUE_BYTES = 4096


class _Time(Protocol):
    now: int


class Memory:
    """The interface `state` of the contract."""

    def __init__(self, time: _Time) -> None:
        self._time = time
        self._values: dict[tuple[Scope, str], tuple[bytes, int | None]] = {}
        self._counters: dict[tuple[Scope, str], int] = {}
        self._additions: dict[tuple[Scope, str], list[tuple[int, int]]] = {}

    def get(self, scope: Scope, key: str) -> bytes | None:
        value, end = self._values.get((scope, key), (None, None))
        return None if end is not None and end <= self._time.now else value

    def counter(self, scope: Scope, key: str) -> int:
        additions = self._additions.get((scope, key), [])
        windowed = sum(amount for amount, end in additions if end > self._time.now)
        return self._counters.get((scope, key), 0) + windowed

    def set(self, scope: Scope, key: str, value: bytes, expires_after: int | None) -> None:
        _check_key(key)
        if len(value) > _VALUE_BYTES:
            raise MemoryError(f"the value of {key!r} has more than {_VALUE_BYTES} bytes")
        end = None if expires_after is None else self._time.now + expires_after * 1000
        self._values[scope, key] = (value, end)

    def add(self, scope: Scope, key: str, amount: int) -> None:
        _check_key(key)
        self._counters[scope, key] = self._counters.get((scope, key), 0) + amount

    def max(self, scope: Scope, key: str, value: int) -> None:
        _check_key(key)
        self._counters[scope, key] = max(self._counters.get((scope, key), 0), value)

    def add_windowed(self, scope: Scope, key: str, amount: int, window: int) -> None:
        _check_key(key)
        window = min(max(window, 1), _LONGEST_WINDOW)
        end = self._time.now + window * 1000
        self._additions.setdefault((scope, key), []).append((amount, end))

    def remove(self, key: str) -> None:
        place = (Scope.CONVERSATION, key)
        for table in (self._values, self._counters, self._additions):
            table.pop(place, None)


def _check_key(key: str) -> None:
    if len(key.encode()) > _KEY_BYTES:
        raise MemoryError(f"the key {key!r} has more than {_KEY_BYTES} bytes")
