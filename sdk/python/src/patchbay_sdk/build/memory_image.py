"""The memory of the interpreter in a component, without what differs from build to build.

`start_library` removes the causes that can be removed. What stays is set by constructors that run
before it, or lies where nothing reads it:

- the stack, which no function uses when the snapshot is taken;
- `libwasi-emulated-process-clocks.so`: the time when its constructor ran, for `clock()`, which has
  no clock in the sandbox;
- mimalloc in `libpython3.14.so`, an allocator that this interpreter does not use: the cookie, the
  keys and the random state of its first heap, and the time when it began.
"""

from __future__ import annotations

import re

from .binary_format import Reader, number, section, sections, signed, vector

_CHACHA = b"expand 32-byte k"
"""The constant of the random state, of which the interpreter's own memory has no other."""
_HEAP_KEYS = 12
"""A cookie and two keys of mimalloc's heap stand before the random state."""
_RANDOM_KEY, _RANDOM_OUTPUT = (16, 48), (64, 128)
_HEAP_TO_BEGINNING = 0x83610
"""From the random state to the time when mimalloc began, in milliseconds."""
_ZEROS = re.compile(rb"\0{64,}")


KNOWN_TOOL = "0.25.1"
"""The version of componentize-py whose places these are."""


class UnknownLayout(Exception):
    """What a snapshot has in place of what this module knows."""


def without_differences(component: bytes) -> bytes:
    """The component, with fields of its memory set to zero. Raises `UnknownLayout` where they are not
    found: another version of componentize-py made it.
    """
    core, start, end = _core_module(component)
    module = component[start:end]
    exports, globals = _exports(module), _globals(module)

    def address(exported: str) -> int:
        if exported not in exports:
            raise UnknownLayout(f"it does not export {exported}")
        return globals[exports[exported]]

    [data] = [place for kind, *place in sections(module) if kind == 11]
    memory = _read_memory(module, data[1], data[2])
    _clear(memory, address("__stack_low"), address("__stack_high"))
    clock = address("libwasi-emulated-process-clocks.so:memory_base")
    python = address("libpython3.14.so:memory_base"), address("libc.so:memory_base")
    _clear_mimalloc(memory, python, _milliseconds(memory, clock))
    _clear(memory, clock, clock + 24)
    module = module[: data[0]] + section(11, _segments(memory)) + module[data[2] :]
    return component[:core] + section(1, module) + component[end:]


def _core_module(component: bytes) -> tuple[int, int, int]:
    """The first core module, which has the memory: where its section and it begin, and where it ends."""
    for kind, *place in sections(component):
        if kind == 1:
            return place[0], place[1], place[2]
    raise UnknownLayout("it has no core module")


def _exports(module: bytes) -> dict[str, int]:
    """The index of each global that a module exports."""
    found = {}
    for kind, _, start, _ in sections(module):
        reader = Reader(module, start)
        for _ in range(reader.number() if kind == 7 else 0):
            exported, of, index = reader.name(), reader.byte(), reader.number()
            if of == 3:
                found[exported.decode()] = index
    return found


def _globals(module: bytes) -> list[int]:
    """The values of the globals of a module, which are constants."""
    values = []
    for kind, _, start, _ in sections(module):
        reader = Reader(module, start)
        for _ in range(reader.number() if kind == 6 else 0):
            reader.take(2)
            if reader.byte() not in (0x41, 0x42):
                raise UnknownLayout("a global that is no integer constant")
            values.append(reader.signed())
            reader.take(1)
    return values


def _read_memory(module: bytes, start: int, end: int) -> bytearray:
    """What active segments at constant places put into the memory."""
    memory = bytearray()
    reader = Reader(module, start)
    for _ in range(reader.number()):
        if reader.number() != 0 or reader.byte() != 0x41:
            raise UnknownLayout("a data segment that is not at a constant place")
        at = reader.signed() & 0xFFFF_FFFF
        reader.take(1)
        data = reader.take(reader.number())
        memory.extend(bytes(max(0, at + len(data) - len(memory))))
        memory[at : at + len(data)] = data
    if reader.at != end:
        raise UnknownLayout("a data section of another form")
    return memory


def _clear(memory: bytearray, start: int, end: int) -> None:
    memory[start:end] = bytes(end - start)


def _milliseconds(memory: bytearray, clock: int) -> int:
    """When the constructor of the clock ran: after a flag, seconds and nanoseconds."""
    seconds, nanoseconds = (
        int.from_bytes(memory[at : at + 8], "little") for at in (clock + 8, clock + 16)
    )
    return seconds * 1000 + nanoseconds // 10**6


def _clear_mimalloc(memory: bytearray, of_python: tuple[int, int], begun: int) -> None:
    start, end = of_python
    random = memory.find(_CHACHA, start, end)
    states = []
    while random >= 0:
        # A block counter stands behind the key; in the text of the program that makes it, none does.
        if memory[random + 48 : random + 56] == b"\1" + bytes(7):
            states.append(random)
        random = memory.find(_CHACHA, random + 1, end)
    if len(states) != 1:
        raise UnknownLayout(f"it has {len(states)} random states of mimalloc")
    [state] = states
    beginning = state + _HEAP_TO_BEGINNING
    time = int.from_bytes(memory[beginning : beginning + 8], "little")
    # The two constructors run within a moment.
    if not 0 <= begun - time < 10_000:
        raise UnknownLayout("it has no time where mimalloc has the one when it began")
    _clear(memory, state - _HEAP_KEYS, state)
    for first, last in (_RANDOM_KEY, _RANDOM_OUTPUT):
        _clear(memory, state + first, state + last)
    _clear(memory, beginning, beginning + 8)


def _segments(memory: bytearray) -> bytes:
    """The data section: what lies between long runs of zeros."""
    segments = []
    start = 0
    for zeros in [*_ZEROS.finditer(memory), None]:
        end = zeros.start() if zeros else len(memory)
        if end > start:
            head = b"\0\x41" + signed(start) + b"\x0b" + number(end - start)
            segments.append(head + bytes(memory[start:end]))
        start = zeros.end() if zeros else end
    return vector(segments)
