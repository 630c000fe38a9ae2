"""The merged module: instances of core modules with what they import from each other resolved."""

from __future__ import annotations

from .code import write_body
from .core_module import (
    FUNCTION,
    GLOBAL,
    GLOBAL_GET,
    I32_ADD,
    I32_CONST,
    I32_SUB,
    MEMORY,
    TABLE,
    Constant,
    CoreModule,
)
from .reader import Unsupported, name, number, read_signed, section, signed, vector
from .sections import Alias, Bag, Entry, Instance, Reference

Place = tuple[int, int, int]
"""An item of a member: the member, the kind, and the index in its module."""

IMPORTS = b"outside"
"""Name of the module that the merged module imports from."""


class LinkedModule:
    """The instances that become one, the members, in the order of their creation."""

    def __init__(
        self,
        members: list[Instance],
        modules: list[CoreModule],
        definitions: dict[Reference, Entry],
    ) -> None:
        self.members = members
        self.modules = modules
        self._definitions = definitions
        self._member_of = {id(member): index for index, member in enumerate(members)}
        self._resolved: dict[Place, Place | Reference] = {}
        self.outside: list[Reference] = []
        """The core functions it imports, by their index."""
        self._outside_types: list[int] = []
        self._type_offsets = _offsets([len(module.types) for module in modules])
        self._find_outside()
        self._function_offsets = self._index_offsets(FUNCTION, len(self.outside))
        self._global_offsets = self._index_offsets(GLOBAL, 0)
        self._outside_index = {one: index for index, one in enumerate(self.outside)}

    def member(self, entry: Entry | None) -> int | None:
        """The member that an entry defines."""
        return self._member_of.get(id(entry))

    def export_name(self, member: int, exported: bytes) -> bytes:
        """The name of a member's export in the merged module."""
        return b"%d:%s" % (member, exported)

    def write(self, exports: set[tuple[int, bytes]]) -> bytes:
        """The module, with these exports of its members."""
        modules = list(enumerate(self.modules))
        tables = [table for module in self.modules for table in module.tables]
        memories = [memory for module in self.modules for memory in module.memories]
        segments = [module.segments for module in self.modules if module.segments != b"\0"]
        if (len(tables), len(memories), len(segments)) != (1, 1, 1):
            raise Unsupported("several tables, memories, or modules with data")
        exported = []
        for member, exported_name in sorted(exports):
            kind, index = self.modules[member].exports[exported_name]
            new = name(self.export_name(member, exported_name))
            exported.append(new + bytes([kind]) + number(self._final(member, kind, index)))
        imports = [
            name(IMPORTS) + name(b"%d" % index) + bytes([FUNCTION]) + number(type)
            for index, type in enumerate(self._outside_types)
        ]
        return b"".join(
            [
                b"\0asm\1\0\0\0",
                section(1, vector(one for module in self.modules for one in module.types)),
                section(2, vector(imports)),
                section(
                    3,
                    vector(
                        number(self._type_offsets[at] + type)
                        for at, module in modules
                        for type in module.functions
                    ),
                ),
                section(4, vector(tables)),
                section(5, vector(memories)),
                section(
                    6,
                    vector(
                        type + self._constant(at, value)
                        for at, module in modules
                        for type, value in module.globals
                    ),
                ),
                section(7, vector(exported)),
                section(9, vector(one for at, _ in modules for one in self._elements(at))),
                section(10, self._code()),
                section(11, segments[0]),
            ]
        )

    def _find_outside(self) -> None:
        for at, module in enumerate(self.modules):
            for kind in (FUNCTION, TABLE, MEMORY, GLOBAL):
                for index, imported in enumerate(module.imports[kind]):
                    found = self._resolve((at, kind, index))
                    if len(found) == 3 or found in self.outside:
                        continue
                    if kind != FUNCTION:
                        raise Unsupported(f"an import {imported.name!r} that is no function")
                    self.outside.append(found)
                    self._outside_types.append(self._type_offsets[at] + imported.type)

    def _index_offsets(self, kind: int, first: int) -> list[int]:
        """What to add to the index of an item that a member defines."""
        offsets = []
        for module in self.modules:
            offsets.append(first - len(module.imports[kind]))
            first += len(module.functions if kind == FUNCTION else module.globals)
        return offsets

    def _resolve(self, place: Place) -> Place | Reference:
        """Where an item is defined: in a member, or outside."""
        at, kind, index = place
        imports = self.modules[at].imports[kind]
        if index >= len(imports):
            return place
        if place not in self._resolved:
            imported = imports[index]
            arguments = dict(self.members[at].arguments)
            instance = self._definitions[arguments[imported.module]]
            self._resolved[place] = self._export(instance, imported.name)
        return self._resolved[place]

    def _export(self, instance: Entry, exported: bytes) -> Place | Reference:
        if isinstance(instance, Bag):
            return self._item(dict(instance.items)[exported])
        at = self.member(instance)
        if at is None:
            raise Unsupported("a member that imports all of another instance")
        return self._resolve((at, *self.modules[at].exports[exported]))

    def _item(self, reference: Reference) -> Place | Reference:
        entry = self._definitions[reference]
        if isinstance(entry, Alias):
            instance = self._definitions[entry.instance]
            if isinstance(instance, Bag) or self.member(instance) is not None:
                return self._export(instance, entry.name)
        return reference

    def _final(self, at: int, kind: int, index: int) -> int:
        """The index of an item in the merged module."""
        found = self._resolve((at, kind, index))
        if len(found) == 2:
            return self._outside_index[found]
        member, kind, index = found
        offsets = {FUNCTION: self._function_offsets, GLOBAL: self._global_offsets}
        return index + offsets[kind][member] if kind in offsets else 0

    def _value(self, at: int, value: Constant) -> tuple[int, bytes]:
        """A constant without globals, as operator and value: the engine then knows it in advance."""
        operator, known = value[0]
        if len(value) == 1 and isinstance(known, bytes):
            return operator, known
        stack: list[int] = []
        for operator, known in value:
            if operator == GLOBAL_GET and isinstance(known, int):
                stack.append(self._global_value(at, known))
            elif operator == I32_CONST and isinstance(known, bytes):
                stack.append(read_signed(known))
            elif operator in (I32_ADD, I32_SUB) and len(stack) > 1:
                second = stack.pop()
                stack.append(stack.pop() + (second if operator == I32_ADD else -second))
            else:
                raise Unsupported(f"the constant operator {operator:#x}")
        result = stack.pop() & 0xFFFF_FFFF
        return I32_CONST, signed(result - (1 << 32) if result >> 31 else result)

    def _global_value(self, at: int, index: int) -> int:
        found = self._resolve((at, GLOBAL, index))
        if len(found) == 2:
            raise Unsupported("a constant of another instance")
        member, _, index = found
        module = self.modules[member]
        type, value = module.globals[index - len(module.imports[GLOBAL])]
        if type != b"\x7f\0":
            raise Unsupported("a constant that changes, or is no i32")
        return read_signed(self._value(member, value)[1])

    def _constant(self, at: int, value: Constant) -> bytes:
        operator, known = self._value(at, value)
        return bytes([operator]) + known + b"\x0b"

    def _elements(self, at: int) -> list[bytes]:
        """The functions that a member has in the table."""
        return [
            b"\0"
            + self._constant(at, offset)
            + vector(number(self._final(at, FUNCTION, one)) for one in functions)
            for offset, functions in self.modules[at].elements
        ]

    def _code(self) -> bytes:
        bodies = bytearray()
        count = 0
        for at, module in enumerate(self.modules):
            kinds = ((FUNCTION, module.functions), (GLOBAL, module.globals))
            functions, globals = (
                [
                    number(self._final(at, kind, index))
                    for index in range(len(module.imports[kind]) + len(own))
                ]
                for kind, own in kinds
            )
            offset = self._type_offsets[at]
            types = [number(offset + index) for index in range(len(module.types))]
            for start, end in module.bodies:
                body = write_body(module.data, start, end, functions, types, offset, globals)
                bodies += number(len(body)) + body
                count += 1
        return number(count) + bytes(bodies)


def _offsets(lengths: list[int]) -> list[int]:
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    return offsets

