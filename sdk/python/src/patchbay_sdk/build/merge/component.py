"""A component with one core module in place of many."""

from __future__ import annotations

from .core_module import FUNCTION, TABLE, CoreModule
from .linked import IMPORTS, LinkedModule
from .reader import Unsupported, name, number, section, vector
from .sections import (
    INSTANCE,
    LIFT,
    Alias,
    Bag,
    Canonical,
    Entry,
    Instance,
    Module,
    Reference,
    Whole,
    read_entries,
)


def merge_core_modules(component: bytes) -> bytes:
    """The component with every core module that shares its memory merged into one; the component
    itself where it has constructs that this does not know.
    """
    try:
        return _Merge(component).write()
    except (Unsupported, KeyError, IndexError):
        return component


class _Merge:
    """Entries that use nothing of the members come first, then the merged module, then the rest."""

    def __init__(self, component: bytes) -> None:
        self._head = component[:8]
        self._modules, self._entries = read_entries(component)
        self._definitions = {
            entry.defines: entry for entry in self._entries if entry.defines is not None
        }
        self._read: dict[int, CoreModule] = {}
        members = self._find_members()
        self._linked = LinkedModule(
            members, [self._module(one) for one in members], self._definitions
        )
        self._first, self._later = self._divide()
        self._written = bytearray(self._head)
        self._indexes: dict[Reference, int] = {}
        self._counts: dict[int, int] = {}
        self._module_indexes: dict[int, int] = {}
        self._merged = 0

    def write(self) -> bytes:
        exports = set()
        for entry in self._later:
            if isinstance(entry, Alias):
                member = self._linked.member(self._definitions[entry.instance])
                if member is not None:
                    exports.add((member, entry.name))
        for entry in self._first:
            self._write(entry)
        self._write_merged(self._linked.write(exports))
        for entry in self._later:
            self._write(entry)
        return bytes(self._written)

    def _module(self, instance: Instance) -> CoreModule:
        if instance.module not in self._read:
            self._read[instance.module] = CoreModule.read(self._modules[instance.module])
        return self._read[instance.module]

    def _find_members(self) -> list[Instance]:
        """The instance with the memory, those that import something of it, and those that import
        nothing and have no table, which are its stubs.
        """
        instances = [entry for entry in self._entries if isinstance(entry, Instance)]
        main = [one for one in instances if self._module(one).memories]
        if len(main) != 1:
            raise Unsupported("several memories")
        reached: dict[int, bool] = {id(main[0]): True}

        def reaches(entry: Entry) -> bool:
            if id(entry) not in reached:
                reached[id(entry)] = False
                reached[id(entry)] = any(reaches(self._definitions[one]) for one in entry.uses())
            return reached[id(entry)]

        members = main
        for instance in instances:
            module = self._module(instance)
            is_stub = not any(module.imports) and not module.tables
            # The instance that fills the table of the shims, after all others.
            is_last = any(one.name == b"$imports" for one in module.imports[TABLE])
            if instance is not main[0] and (is_stub or (reaches(instance) and not is_last)):
                members.append(instance)
        return members

    def _divide(self) -> tuple[list[Entry], list[Entry]]:
        """Entries before and after the merged instance, without those that nothing uses any more."""
        first: list[Entry] = []
        later: list[Entry] = []
        delayed: set[Reference] = set()
        has_lifted = False
        for entry in self._entries:
            is_member = self._linked.member(entry) is not None
            # What the component exports stands behind the first function that is lifted.
            has_lifted |= isinstance(entry, Canonical) and entry.operation == LIFT
            if is_member or has_lifted or any(one in delayed for one in entry.uses()):
                if entry.defines is not None:
                    delayed.add(entry.defines)
                if not is_member:
                    later.append(entry)
            else:
                first.append(entry)
        used: set[Reference] = set()
        kept: list[Entry] = []
        for entry in reversed(later):
            if isinstance(entry, (Bag, Alias)) and entry.defines not in used:
                continue
            used.update(entry.uses())
            kept.append(entry)
        return first, kept[::-1]

    def _write_merged(self, module: bytes) -> None:
        self._written += section(1, module)
        imports = [
            name(b"%d" % index) + bytes([FUNCTION]) + self._reference(one)
            for index, one in enumerate(self._linked.outside)
        ]
        bag, self._merged = (self._count(INSTANCE) for _ in range(2))
        argument = name(IMPORTS) + bytes([INSTANCE]) + number(bag)
        merged = number(len(self._module_indexes))
        self._written += section(2, b"\1\1" + vector(imports))
        self._written += section(2, b"\1\0" + merged + vector([argument]))
        self._module_indexes[-1] = len(self._module_indexes)

    def _count(self, kind: int) -> int:
        index = self._counts.get(kind, 0)
        self._counts[kind] = index + 1
        return index

    def _reference(self, reference: Reference) -> bytes:
        return number(self._indexes[reference])

    def _write(self, entry: Entry) -> None:
        match entry:
            case Whole():
                self._written += entry.raw
            case Module():
                self._write_module(entry)
            case Instance():
                arguments = vector(
                    name(one) + bytes([INSTANCE]) + self._reference(used)
                    for one, used in entry.arguments
                )
                module = number(self._module_indexes[entry.module])
                self._written += section(2, b"\1\0" + module + arguments)
            case Bag():
                items = vector(
                    name(one) + bytes([used[0]]) + self._reference(used) for one, used in entry.items
                )
                self._written += section(2, b"\1\1" + items)
            case Alias():
                self._write_alias(entry)
            case Canonical():
                self._write_canonical(entry)
            case _:
                self._written += section(entry.section, b"\1" + entry.raw)
        if entry.defines is not None:
            self._indexes[entry.defines] = self._count(entry.defines[0])

    def _write_module(self, entry: Module) -> None:
        """A module, unless all its instances are merged."""
        instances = (one for one in self._entries if isinstance(one, Instance))
        if any(
            one.module == entry.number and self._linked.member(one) is None for one in instances
        ):
            self._module_indexes[entry.number] = len(self._module_indexes)
            self._written += section(1, self._modules[entry.number])

    def _write_alias(self, entry: Alias) -> None:
        member = self._linked.member(self._definitions[entry.instance])
        if member is None:
            instance, exported = self._reference(entry.instance), entry.name
        else:
            instance = number(self._merged)
            exported = self._linked.export_name(member, entry.name)
        self._written += section(6, b"\1\0" + bytes([entry.kind, 1]) + instance + name(exported))

    def _write_canonical(self, entry: Canonical) -> None:
        options = vector(
            bytes([option]) + (b"" if used is None else self._reference(used))
            for option, used in entry.options
        )
        if entry.operation == LIFT:
            function = self._reference((FUNCTION, entry.function))
            self._written += section(8, b"\1\0\0" + function + options + number(entry.type))
        else:
            self._written += section(8, b"\1\1\0" + number(entry.function) + options)
