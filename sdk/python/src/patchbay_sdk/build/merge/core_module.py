"""The parts of a core module."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reader import Reader, Unsupported

FUNCTION, TABLE, MEMORY, GLOBAL = range(4)
"""Kinds of imports and exports."""

I32_CONST, GLOBAL_GET, I32_ADD, I32_SUB, END = 0x41, 0x23, 0x6A, 0x6B, 0x0B
_OTHER_CONSTANTS = {0x43: 4, 0x44: 8, 0xD0: 1}
"""Length of the value of the constants that are no integers."""

Constant = list[tuple[int, int | bytes]]
"""A constant expression: each operator with its value, or the index of a global."""


@dataclass
class Import:
    """What a module imports."""

    module: bytes
    name: bytes
    kind: int
    type: int
    """Of a function: the index of its type."""


@dataclass
class CoreModule:
    """A core module."""

    data: bytes
    types: list[bytes] = field(default_factory=list)
    imports: list[list[Import]] = field(default_factory=lambda: [[], [], [], []])
    """Imports by their kind."""
    functions: list[int] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)
    memories: list[bytes] = field(default_factory=list)
    globals: list[tuple[bytes, Constant]] = field(default_factory=list)
    exports: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    elements: list[tuple[Constant, list[int]]] = field(default_factory=list)
    bodies: list[tuple[int, int]] = field(default_factory=list)
    """Where each body begins and ends in the data."""
    segments: bytes = b"\0"
    """Content of the section with the data of memories."""

    @classmethod
    def read(cls, data: bytes) -> CoreModule:
        """Raises `Unsupported` for what componentize-py does not use."""
        module = cls(data)
        reader = Reader(data, 8)
        while reader.at < len(data):
            kind, length = reader.byte(), reader.number()
            end = reader.at + length
            module._read_section(kind, reader, end)
            reader.at = end
        return module

    def _read_section(self, kind: int, reader: Reader, end: int) -> None:
        if kind == 11:
            self.segments = reader.data[reader.at : end]
        elif kind == 8:
            raise Unsupported("a start function")
        elif kind in _READERS:
            for _ in range(reader.number()):
                _READERS[kind](self, reader)

    def _read_type(self, reader: Reader) -> None:
        start = reader.at
        if reader.byte() != 0x60:
            raise Unsupported("a type that is no function")
        for _ in range(2):
            reader.take(reader.number())
        self.types.append(reader.data[start : reader.at])

    def _read_import(self, reader: Reader) -> None:
        module, name, kind = reader.name(), reader.name(), reader.byte()
        type = 0
        if kind == FUNCTION:
            type = reader.number()
        elif kind == TABLE:
            reader.byte()
            reader.limits()
        elif kind == MEMORY:
            reader.limits()
        elif kind == GLOBAL:
            reader.take(2)
        else:
            raise Unsupported(f"an import of kind {kind}")
        self.imports[kind].append(Import(module, name, kind, type))

    def _read_function(self, reader: Reader) -> None:
        self.functions.append(reader.number())

    def _read_table(self, reader: Reader) -> None:
        start = reader.at
        reader.byte()
        reader.limits()
        self.tables.append(reader.data[start : reader.at])

    def _read_memory(self, reader: Reader) -> None:
        self.memories.append(reader.limits())

    def _read_global(self, reader: Reader) -> None:
        self.globals.append((reader.take(2), read_constant(reader)))

    def _read_export(self, reader: Reader) -> None:
        name, kind = reader.name(), reader.byte()
        self.exports[name] = (kind, reader.number())

    def _read_element(self, reader: Reader) -> None:
        flags = reader.number()
        if flags not in (0, 2) or (flags == 2 and reader.number() != 0):
            raise Unsupported("elements that are not active, or of another table")
        offset = read_constant(reader)
        if flags == 2 and reader.byte() != 0:
            raise Unsupported("elements that are no functions")
        self.elements.append((offset, [reader.number() for _ in range(reader.number())]))

    def _read_body(self, reader: Reader) -> None:
        length = reader.number()
        self.bodies.append((reader.at, reader.at + length))
        reader.at += length


_READERS = {
    1: CoreModule._read_type,
    2: CoreModule._read_import,
    3: CoreModule._read_function,
    4: CoreModule._read_table,
    5: CoreModule._read_memory,
    6: CoreModule._read_global,
    7: CoreModule._read_export,
    9: CoreModule._read_element,
    10: CoreModule._read_body,
}
"""What reads an entry of each section."""


def read_constant(reader: Reader) -> Constant:
    """A constant expression, up to its end."""
    operators: Constant = []
    while (operator := reader.byte()) != END:
        if operator in (I32_CONST, 0x42):
            operators.append((operator, reader.skip_number()))
        elif operator == GLOBAL_GET:
            operators.append((operator, reader.number()))
        elif operator in _OTHER_CONSTANTS:
            operators.append((operator, reader.take(_OTHER_CONSTANTS[operator])))
        elif operator in (I32_ADD, I32_SUB):
            operators.append((operator, b""))
        else:
            raise Unsupported(f"the constant operator {operator:#x}")
    return operators
