"""The stubs of a component: core modules that stand for WASI, whose functions all end the instance."""

from __future__ import annotations

from .binary_format import Reader, name, number, section, sections, vector

_TYPES, _FUNCTIONS, _EXPORTS, _CODE = 1, 3, 7, 10


def with_sorted_stubs(component: bytes) -> bytes:
    """The component, with the functions of each stub in the order of their names: componentize-py writes
    them in another order each time. The host, which merges the modules, sorts the stubs themselves.
    """
    written = bytearray(component[:8])
    for kind, begin, start, end in sections(component):
        stub = _sorted(component[start:end]) if kind == 1 else None
        written += component[begin:end] if stub is None else section(1, stub)
    return bytes(written)


def _sorted(module: bytes) -> bytes | None:
    """A stub, sorted; none for another module."""
    found = {kind: (start, end) for kind, _, start, end in sections(module)}
    if not set(found) <= {0, _TYPES, _FUNCTIONS, _EXPORTS, _CODE} or _EXPORTS not in found:
        return None
    types = _types(module, found[_TYPES][0])
    functions = Reader(module, found[_FUNCTIONS][0])
    type_of = [functions.number() for _ in range(functions.number())]
    code = Reader(module, found[_CODE][0])
    bodies = [code.name() for _ in range(code.number())]
    exports = Reader(module, found[_EXPORTS][0])
    exported = sorted(
        (exports.name(), exports.byte(), exports.number()) for _ in range(exports.number())
    )
    if any(kind != 0 for _, kind, _ in exported) or sorted(one[2] for one in exported) != list(range(len(bodies))):
        return None
    order = [index for _, _, index in exported]
    return b"".join(
        [
            module[:8],
            section(_TYPES, vector(types[type_of[index]] for index in order)),
            section(_FUNCTIONS, vector(number(at) for at in range(len(order)))),
            section(
                _EXPORTS,
                vector(name(one) + b"\0" + number(at) for at, (one, _, _) in enumerate(exported)),
            ),
            section(_CODE, vector(name(bodies[index]) for index in order)),
        ]
    )


def _types(module: bytes, start: int) -> list[bytes]:
    reader = Reader(module, start)
    types = []
    for _ in range(reader.number()):
        begin = reader.at
        reader.byte()
        for _ in range(2):
            reader.take(reader.number())
        types.append(module[begin : reader.at])
    return types
