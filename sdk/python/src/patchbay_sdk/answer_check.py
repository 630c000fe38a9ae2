"""Checks that an answer has the types of the contract. Without, the runtime would stop the sandbox
without saying which field is wrong.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

Check = Callable[[Any, str], None]
"""Raises `TypeError` for a value that does not fit; the text names the field."""


def check_of(kind: Any) -> Check:
    """The check of a type. Made once, before the snapshot."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, span = get_args(kind)
        return _integer(span) if inner is int else check_of(inner)
    if origin in (Union, types.UnionType):
        (inner,) = (one for one in get_args(kind) if one is not type(None))
        return _optional(check_of(inner))
    if origin is list:
        return _list(check_of(get_args(kind)[0]))
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _record(kind)
    if kind is float:
        return _plain((float, int), "a number", (bool,))
    if issubclass(kind, Enum):
        return _plain((kind,), f"of the enum {kind.__name__}")
    if kind is str:
        return _text
    return _plain((kind,), {bool: "a bool", bytes: "bytes"}[kind])


def _text(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise _misfit(value, path, "a str")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _misfit(value, path, "without halves of characters (surrogates)") from None


def _misfit(value: Any, path: str, wanted: str) -> TypeError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:80]}…"
    return TypeError(f"{path} is {shown} ({type(value).__name__}); it must be {wanted}")


def _plain(kinds: tuple[type, ...], wanted: str, but: tuple[type, ...] = ()) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, kinds) or isinstance(value, but):
            raise _misfit(value, path, wanted)

    return check


def _integer(span: range) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not span[0] <= value <= span[-1]:
            raise _misfit(value, path, f"an int from {span[0]} to {span[-1]}")

    return check


def _optional(inner: Check) -> Check:
    def check(value: Any, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def _list(item: Check) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise _misfit(value, path, "a list")
        for index, one in enumerate(value):
            item(one, f"{path}[{index}]")

    return check


def _record(kind: type[Any]) -> Check:
    hints = get_type_hints(kind, include_extras=True)
    fields = [(one.name, f".{one.name}", check_of(hints[one.name])) for one in dataclasses.fields(kind)]

    def check(value: Any, path: str) -> None:
        if not isinstance(value, kind):
            raise _misfit(value, path, f"of the class {kind.__name__}")
        for name, suffix, field in fields:
            field(getattr(value, name), path + suffix)

    return check
