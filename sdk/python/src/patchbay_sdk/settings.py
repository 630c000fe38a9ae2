"""The settings of a policy: dataclasses that are read from JSON.

Names are in kebab-case in JSON, and a name that the class lacks is a problem. The types of fields
are `str`, `int`, `float`, `bool`, enums of texts, `Literal`, `list`, `dict` with texts as keys,
`X | None`, dataclasses, and the references of `patchbay_sdk.references`.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .problems import Problems, SettingsError

T = TypeVar("T")


class Bounds:
    """Least and greatest value of a number: `Annotated[int, Bounds(1, 5)]`."""

    def __init__(self, least: float | None = None, greatest: float | None = None) -> None:
        self.least = least
        self.greatest = greatest


class _Misfit(Exception):
    """A value of another type; the text continues "must be …"."""


def json_name(field: str) -> str:
    """`urgent_reach` as `urgent-reach`."""
    return field.replace("_", "-")


def read(kind: type[T], text: str) -> T:
    """Reads settings.

    Raises `SettingsError` with every problem, each with its place.
    """
    return read_value(kind, json.loads(text))


def read_value(kind: type[T], value: Any) -> T:
    """As `read`, of a value that was parsed already."""
    problems = Problems()
    read_settings = _read(kind, value, "", problems)
    if len(problems):
        raise SettingsError(problems)
    result: T = read_settings
    return result


def fields_of(kind: Any) -> dict[str, tuple[dataclasses.Field[Any], Any]]:
    """The fields of a dataclass by their names in JSON, each with its type."""
    hints = get_type_hints(kind, include_extras=True)
    return {json_name(field.name): (field, hints[field.name]) for field in dataclasses.fields(kind)}


def optional_of(kind: Any) -> Any:
    """The `X` of `X | None`; None for another type."""
    if get_origin(kind) not in (Union, types.UnionType):
        return None
    rest = [one for one in get_args(kind) if one is not type(None)]
    if len(rest) == 1 and len(get_args(kind)) == 2:
        return rest[0]
    raise TypeError(f"settings cannot have the type {kind}; of several types, one may be None")


def _read(kind: Any, value: Any, path: str, problems: Problems) -> Any:
    try:
        return _read_unchecked(kind, value, path, problems)
    except _Misfit as misfit:
        problems.add(path, f"is {json.dumps(value, ensure_ascii=False)}, but must be {misfit}")
        return None


def _read_unchecked(kind: Any, value: Any, path: str, problems: Problems) -> Any:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *marks = get_args(kind)
        result = _read_unchecked(inner, value, path, problems)
        for mark in marks:
            if isinstance(mark, Bounds):
                _check_bounds(mark, result)
        return result
    if origin is Literal:
        choices = get_args(kind)
        if value not in choices:
            raise _Misfit("one of " + ", ".join(repr(one) for one in choices))
        return value
    if origin is list:
        if not isinstance(value, list):
            raise _Misfit("a list")
        (item,) = get_args(kind)
        return [_read(item, one, f"{path}/{index}", problems) for index, one in enumerate(value)]
    if origin is dict:
        if not isinstance(value, Mapping):
            raise _Misfit("a table")
        _, item = get_args(kind)
        return {key: _read(item, one, f"{path}/{_pointer(key)}", problems) for key, one in value.items()}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, path, problems)
    if isinstance(kind, type) and issubclass(kind, Enum):
        if value not in [one.value for one in kind]:
            raise _Misfit("one of " + ", ".join(repr(one.value) for one in kind))
        return kind(value)
    if kind is str and isinstance(value, str):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if kind in (str, bool, int, float):
        raise _Misfit({str: "a text", bool: "true or false", int: "a whole number"}.get(kind, "a number"))
    inner = optional_of(kind)
    if inner is None:
        raise TypeError(f"settings cannot have the type {kind}; see patchbay_sdk.settings")
    return None if value is None else _read_unchecked(inner, value, path, problems)


def _read_dataclass(kind: type[Any], value: Any, path: str, problems: Problems) -> Any:
    if not isinstance(value, Mapping):
        raise _Misfit("a table")
    fields = fields_of(kind)
    before = len(problems)
    arguments = {}
    for name, one in value.items():
        if name not in fields:
            expected = ", ".join(f"`{known}`" for known in fields) or "no names"
            problems.add(f"{path}/{_pointer(name)}", f"unknown name; expected {expected}")
            continue
        field, hint = fields[name]
        arguments[field.name] = _read(hint, one, f"{path}/{_pointer(name)}", problems)
    for name, (field, _) in fields.items():
        if field.name not in arguments and is_required(field):
            problems.add(path, f"`{name}` is missing")
    return kind(**arguments) if len(problems) == before else None


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether a field has no default."""
    absent = dataclasses.MISSING
    return field.default is absent and field.default_factory is absent


def _check_bounds(bounds: Bounds, value: Any) -> None:
    if bounds.least is not None and value < bounds.least:
        raise _Misfit(f"at least {bounds.least}")
    if bounds.greatest is not None and value > bounds.greatest:
        raise _Misfit(f"at most {bounds.greatest}")


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
