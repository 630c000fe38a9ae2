"""The JSON Schema of a dataclass of settings. Used when a policy is built, never in the sandbox."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from .references import Reference
from .settings import Bounds, fields_of, is_required, json_name, optional_of


def schema_of(kind: type[Any]) -> dict[str, Any]:
    """The schema of the settings as a whole. Descriptions are the documentation of the class and the
    text below each field.
    """
    definitions: dict[str, Any] = {}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.__name__,
        **_table(kind, definitions),
    }
    if definitions:
        schema["$defs"] = dict(sorted(definitions.items()))
    return schema


def _table(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    texts = _field_texts(kind)
    properties: dict[str, Any] = {}
    required = []
    for name, (field, hint) in fields_of(kind).items():
        schema = _schema(hint, definitions)
        text = texts.get(field.name)
        if text:
            schema["description"] = text
        if is_required(field):
            required.append(name)
        else:
            factory = field.default_factory
            default = field.default if factory is dataclasses.MISSING else factory()
            schema["default"] = _json(default)
        properties[name] = schema
    table: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if properties:
        table["properties"] = properties
    if required:
        table["required"] = sorted(required)
    text = _class_text(kind)
    if text:
        table["description"] = text
    return table


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *marks = get_args(hint)
        schema = _schema(inner, definitions)
        for mark in marks:
            if isinstance(mark, Reference):
                schema["x-patchbay-ref"] = mark.kind
            if isinstance(mark, Bounds) and mark.least is not None:
                schema["minimum"] = mark.least
            if isinstance(mark, Bounds) and mark.greatest is not None:
                schema["maximum"] = mark.greatest
        return schema
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is list:
        return {"type": "array", "items": _schema(get_args(hint)[0], definitions)}
    if origin is dict:
        return _map(hint, definitions)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _table(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [one.value for one in hint]}
    plain = {str: "string", bool: "boolean", int: "integer", float: "number"}
    if hint in plain:
        return {"type": plain[hint]}
    inner = optional_of(hint)
    if inner is None:
        raise TypeError(f"settings cannot have the type {hint}; see patchbay_sdk.settings")
    return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}


def _map(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    key, item = get_args(hint)
    schema = {"type": "object", "additionalProperties": _schema(item, definitions)}
    names = _schema(key, definitions)
    if names != {"type": "string"}:
        schema["propertyNames"] = names
    return schema


def _json(value: Any) -> Any:
    """A default as JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {json_name(name): _json(getattr(value, name)) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if isinstance(value, dict):
        return {key: _json(one) for key, one in value.items()}
    return value


def _class_text(kind: type[Any]) -> str | None:
    text = kind.__doc__
    # A dataclass without documentation gets its signature as one.
    if not text or text.startswith(f"{kind.__name__}("):
        return None
    return _one_line(inspect.cleandoc(text))


def _field_texts(kind: type[Any]) -> dict[str, str]:
    """The text below each field, which Python itself does not keep."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return {}
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    texts = {}
    for field, text in zip(body, body[1:]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            value = text.value if isinstance(text, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                texts[field.target.id] = _one_line(inspect.cleandoc(value.value))
    return texts


def _one_line(text: str) -> str:
    """Lines of a paragraph joined, as an editor shows them."""
    paragraphs = text.split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)
