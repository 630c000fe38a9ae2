"""The merge of core modules, on components that are written by hand."""

import pytest

from patchbay_sdk.build.merge import merge_core_modules
from patchbay_sdk.build.merge.code import write_body
from patchbay_sdk.build.merge.core_module import FUNCTION, GLOBAL, MEMORY, TABLE, CoreModule
from patchbay_sdk.build.merge.reader import (
    Reader,
    Unsupported,
    name,
    number,
    read_signed,
    section,
    signed,
    vector,
)
from patchbay_sdk.build.merge.sections import INSTANCE, Alias, Canonical, Module, read_entries

HEAD = b"\0asm\1\0\0\0"
COMPONENT = b"\0asm\x0d\0\1\0"
NOTHING = b"\x60\0\0"
"""The type of a function without parameters and results."""
ANSWER = b"\x60\0\1\x7f"
"""The type of a function that returns an i32."""
CONSTANT_SIX = bytes([0, 0x41, 6, 0x0B])
"""A body that returns 6."""


def exported(text: str, kind: int, index: int) -> bytes:
    return name(text.encode()) + bytes([kind]) + number(index)


def imported(text: str, kind: int, type: bytes) -> bytes:
    return name(b"env") + name(text.encode()) + bytes([kind]) + type


def bodies(*all: bytes) -> bytes:
    return section(10, vector(number(len(one)) + one for one in all))


MAIN = b"".join(
    [
        HEAD,
        section(1, vector([NOTHING, ANSWER])),
        section(3, vector([b"\1"])),
        section(4, vector([b"\x70\0\4"])),
        section(5, vector([b"\0\1"])),
        section(6, vector([b"\x7f\0\x41\2\x0b", b"\x7f\1\x41\0\x0b"])),
        section(
            7,
            vector(
                [
                    exported("six", FUNCTION, 0),
                    exported("table", TABLE, 0),
                    exported("memory", MEMORY, 0),
                    exported("base", GLOBAL, 0),
                    exported("counter", GLOBAL, 1),
                ]
            ),
        ),
        bodies(CONSTANT_SIX),
        section(11, vector([b"\0\x41\0\x0b" + name(b"data")])),
    ]
)
# It calls `six` and reads `counter`; its function is in the table at base + 1.
LIBRARY = b"".join(
    [
        HEAD,
        section(1, vector([ANSWER])),
        section(
            2,
            vector(
                [
                    imported("six", FUNCTION, b"\0"),
                    imported("table", TABLE, b"\x70\0\4"),
                    imported("memory", MEMORY, b"\0\1"),
                    imported("base", GLOBAL, b"\x7f\0"),
                    imported("counter", GLOBAL, b"\x7f\1"),
                ]
            ),
        ),
        section(3, vector([b"\0"])),
        section(7, vector([exported("run", FUNCTION, 1)])),
        section(9, vector([b"\0\x23\0\x41\1\x6a\x0b" + vector([b"\1"])])),
        bodies(bytes([0, 0x10, 0, 0x23, 1, 0x6A, 0x0B])),
    ]
)


def component(library: bytes = LIBRARY) -> bytes:
    names = ["six", "table", "memory", "base", "counter"]
    kinds = [FUNCTION, TABLE, MEMORY, GLOBAL, GLOBAL]
    indexes = [0, 0, 0, 0, 1]
    aliases = [
        b"\0" + bytes([kind]) + b"\1\0" + name(text.encode()) for text, kind in zip(names, kinds)
    ]
    items = [
        exported(text, kind, index) for text, kind, index in zip(names, kinds, indexes)
    ]
    return b"".join(
        [
            COMPONENT,
            section(1, MAIN),
            section(1, library),
            section(2, vector([b"\0\0\0"])),
            section(6, vector(aliases)),
            section(2, vector([b"\1" + vector(items)])),
            section(2, vector([b"\0\1" + vector([name(b"env") + bytes([INSTANCE, 1])])])),
            section(6, vector([b"\0\0\1\2" + name(b"run")])),
            # The component exports the function `run`, the second core function.
            section(8, vector([b"\0\0\1" + vector([]) + b"\0"])),
        ]
    )


def test_modules_that_share_a_memory_become_one() -> None:
    merged = merge_core_modules(component())
    modules, entries = read_entries(merged)
    assert len(modules) == 1 and len([one for one in entries if isinstance(one, Module)]) == 1
    module = CoreModule.read(modules[0])
    # The engine fills a table in advance where its elements stand at a constant.
    assert module.elements == [([(0x41, b"\3")], [1])]
    assert (len(module.functions), len(module.globals), module.imports) == (2, 2, [[], [], [], []])
    start, end = module.bodies[1]
    assert module.data[start:end] == bytes([0, 0x10, 0, 0x23, 1, 0x6A, 0x0B])
    alias, lifted = entries[-2:]
    assert isinstance(lifted, Canonical) and lifted.uses() == [(FUNCTION, 0)]
    assert isinstance(alias, Alias) and module.exports[alias.name] == (FUNCTION, 1)
    assert list(module.exports) == [alias.name]


def test_what_is_unknown_stays_as_it_is() -> None:
    for other in (COMPONENT, component(LIBRARY + section(8, b"\1")), COMPONENT + b"\1\x7f"):
        assert merge_core_modules(other) is other


@pytest.mark.parametrize("value", [0, 1, 63, 64, -1, -64, -65, 2**31 - 1, -(2**31)])
def test_signed_numbers_are_read_as_they_are_written(value: int) -> None:
    assert read_signed(signed(value)) == value


def test_numbers_of_any_length_are_read() -> None:
    for value in (0, 127, 128, 2**32 - 1):
        assert Reader(number(value)).number() == value


@pytest.mark.parametrize(
    ("instructions", "written"),
    [
        (bytes([0x10, 1]), bytes([0x10, 200, 1])),
        (bytes([0x24, 0]), bytes([0x24, 7])),
        (bytes([0x11, 0, 0]), bytes([0x11, 9, 0])),
        (bytes([0x02, 0x40, 0x0B]), bytes([0x02, 0x40, 0x0B])),
        (bytes([0x02, 0, 0x0B]), bytes([0x02, 9, 0x0B])),
        (bytes([0x0E, 2, 0, 1, 0x81, 1]), bytes([0x0E, 2, 0, 1, 0x81, 1])),
        (bytes([0x44, *[0x10] * 8]), bytes([0x44, *[0x10] * 8])),
        (bytes([0x41, 0x90, 0x10]), bytes([0x41, 0x90, 0x10])),
        (bytes([0x28, 2, 0x90, 0x10]), bytes([0x28, 2, 0x90, 0x10])),
        (bytes([0xFC, 10, 0, 0, 0x10, 1]), bytes([0xFC, 10, 0, 0, 0x10, 200, 1])),
        (bytes([0xFC, 2, 0x10, 1]), bytes([0xFC, 2, 0x10, 200, 1])),
    ],
)
def test_indexes_are_replaced_and_nothing_else(instructions: bytes, written: bytes) -> None:
    body = b"\1\2\x7f" + instructions + b"\x0b"
    result = write_body(body, 0, len(body), [b"\5", b"\xc8\1"], [b"\x09"], 9, [b"\7"])
    assert bytes(result) == b"\1\2\x7f" + written + b"\x0b"


def test_an_instruction_that_is_unknown_is_refused() -> None:
    for instruction in (bytes([0xFD, 0]), bytes([0xFC, 8, 0, 0]), bytes([0x06, 0x40])):
        body = b"\0" + instruction + b"\x0b"
        with pytest.raises(Unsupported, match="the instruction"):
            write_body(body, 0, len(body), [], [], 0, [])
