"""The entries of a component's sections that define core items, and those that use them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reader import Reader, Unsupported

INSTANCE = 0x12
"""Kind of a core instance; functions, tables, memories and globals have the kinds of a module."""

Reference = tuple[int, int]
"""A core item: its kind, and its index among those of the kind."""

LOWER, LIFT = 1, 0
_OPTION_KINDS = {3: 2, 4: 0, 5: 0}
"""Kind of the core item that an option names: memory, `realloc`, `post-return`."""


@dataclass(eq=False)
class Entry:
    """An entry of a section, written as it is where nothing else is said."""

    raw: bytes = b""
    section: int = 0
    defines: Reference | None = None

    def uses(self) -> list[Reference]:
        return []


@dataclass(eq=False)
class Whole(Entry):
    """A section that neither defines nor uses core items."""


@dataclass(eq=False)
class Module(Entry):
    """A core module."""

    number: int = 0


@dataclass(eq=False)
class Instance(Entry):
    """An instance of a core module."""

    module: int = 0
    arguments: list[tuple[bytes, Reference]] = field(default_factory=list)

    def uses(self) -> list[Reference]:
        return [reference for _, reference in self.arguments]


@dataclass(eq=False)
class Bag(Entry):
    """An instance that holds items under names."""

    items: list[tuple[bytes, Reference]] = field(default_factory=list)

    def uses(self) -> list[Reference]:
        return [reference for _, reference in self.items]


@dataclass(eq=False)
class Alias(Entry):
    """An export of a core instance."""

    kind: int = 0
    instance: Reference = (INSTANCE, 0)
    name: bytes = b""

    def uses(self) -> list[Reference]:
        return [self.instance]


@dataclass(eq=False)
class Canonical(Entry):
    """A function of the component that becomes a core function, or the reverse."""

    operation: int = LOWER
    function: int = 0
    """Of the component where it is lowered, of the core where it is lifted."""
    type: int = 0
    options: list[tuple[int, Reference | None]] = field(default_factory=list)

    def uses(self) -> list[Reference]:
        used = [reference for _, reference in self.options if reference is not None]
        return [*used, (0, self.function)] if self.operation == LIFT else used


def read_entries(component: bytes) -> tuple[list[bytes], list[Entry]]:
    """The core modules of a component, and every entry in order."""
    modules: list[bytes] = []
    entries: list[Entry] = []
    counts: dict[int, int] = {}
    reader = Reader(component, 8)
    while reader.at < len(component):
        start, kind, length = reader.at, reader.byte(), reader.number()
        end = reader.at + length
        if kind == 1:
            entries.append(Module(number=len(modules)))
            modules.append(reader.take(length))
        elif kind in (2, 6, 8):
            read = {2: _read_instance, 6: _read_alias, 8: _read_canonical}[kind]
            for _ in range(reader.number()):
                entry = read(reader)
                if entry.defines is not None:
                    defined = entry.defines[0]
                    entry.defines = (defined, counts.setdefault(defined, 0))
                    counts[defined] += 1
                entries.append(entry)
        else:
            entries.append(Whole(raw=component[start:end]))
        reader.at = end
    return modules, entries


def _read_instance(reader: Reader) -> Entry:
    if reader.byte() == 0:
        module = reader.number()
        arguments = []
        for _ in range(reader.number()):
            name = reader.name()
            arguments.append((name, (reader.byte(), reader.number())))
        return Instance(defines=(INSTANCE, 0), module=module, arguments=arguments)
    items = []
    for _ in range(reader.number()):
        name = reader.name()
        items.append((name, (reader.byte(), reader.number())))
    return Bag(defines=(INSTANCE, 0), items=items)


def _read_alias(reader: Reader) -> Entry:
    start = reader.at
    sort = reader.byte()
    kind = reader.byte() if sort == 0 else 0
    target = reader.byte()
    if target == 1:
        instance = (INSTANCE, reader.number())
        return Alias(defines=(kind, 0), kind=kind, instance=instance, name=reader.name())
    reader.number()
    if target == 0:
        reader.name()
    else:
        reader.number()
    return Entry(raw=reader.data[start : reader.at], section=6)


def _read_canonical(reader: Reader) -> Entry:
    start = reader.at
    operation = reader.byte()
    if operation in (2, 3, 4):
        reader.number()
        return Entry(raw=reader.data[start : reader.at], section=8, defines=(0, 0))
    if operation not in (LIFT, LOWER):
        raise Unsupported(f"the canonical operation {operation:#x}")
    reader.byte()
    function = reader.number()
    options: list[tuple[int, Reference | None]] = []
    for _ in range(reader.number()):
        option = reader.byte()
        kind = _OPTION_KINDS.get(option)
        options.append((option, None if kind is None else (kind, reader.number())))
    entry = Canonical(operation=operation, function=function, options=options)
    if operation == LIFT:
        entry.type = reader.number()
    else:
        entry.defines = (0, 0)
    return entry
