"""Fields of a component's memory that differ from build to build."""

import pytest

from patchbay_sdk.build import component as build_component
from patchbay_sdk.build.binary_format import name, number, section, sections, signed, vector
from patchbay_sdk.build.memory_image import KNOWN_TOOL, UnknownLayout, without_differences

CLOCK, PYTHON, LIBC, STATE = 0x400, 0x1000, 0x90000, 0x1100
BEGINNING = STATE + 0x83610
PLACES = {
    "__stack_low": 0x10,
    "__stack_high": 0x100,
    "libwasi-emulated-process-clocks.so:memory_base": CLOCK,
    "libpython3.14.so:memory_base": PYTHON,
    "libc.so:memory_base": LIBC,
}


def component(seed: int, begun: int = 18_721, places: dict[str, int] = PLACES) -> bytes:
    """A component whose memory has fields that depend on the seed, and others."""
    key = bytes([seed]) * 32
    fields = {
        0x80: key,
        0x200: b"kept",
        CLOCK: (1).to_bytes(8, "little") + (18).to_bytes(8, "little") + (721_000_000 + seed).to_bytes(8, "little"),
        STATE - 12: bytes([seed]) * 12 + b"expand 32-byte k" + key + b"\1" + bytes(7) + b"nonce---" + key + key,
        STATE + 0x100: b"expand 32-byte k in a text",
        BEGINNING: begun.to_bytes(8, "little"),
        LIBC: b"libc",
    }
    globals = [b"\x7f\0\x41" + signed(place) + b"\x0b" for place in places.values()]
    exports = [
        name(exported.encode()) + b"\3" + number(index) for index, exported in enumerate(places)
    ]
    segments = [
        b"\0\x41" + signed(place) + b"\x0b" + name(data) for place, data in fields.items()
    ]
    module = b"\0asm\1\0\0\0" + section(6, vector(globals)) + section(7, vector(exports))
    module += section(11, vector(segments)) + section(0, name(b"end"))
    return b"\0asm\x0d\0\1\0" + section(1, module) + section(0, name(b"more"))


def test_two_builds_become_the_same_component() -> None:
    one, two = component(7), component(200)
    assert one != two
    same = without_differences(one)
    assert same == without_differences(two)
    assert [kind for kind, *_ in sections(same)] == [1, 0]
    for kept in (b"kept", b"libc", b"nonce---", b"expand 32-byte k in a text", name(b"more")):
        assert kept in same, kept
    for cleared in (bytes([7]) * 32, bytes([7]) * 12, (18_721).to_bytes(8, "little")):
        assert cleared not in same


@pytest.mark.parametrize(
    ("begun", "missing", "message"),
    [
        (99_999, None, "no time where mimalloc has"),
        (18_721, "__stack_high", "does not export __stack_high"),
        (18_721, "libpython3.14.so:memory_base", "does not export libpython3.14.so:memory_base"),
    ],
)
def test_another_layout_is_left_as_it_is(begun: int, missing: str | None, message: str) -> None:
    places = {exported: place for exported, place in PLACES.items() if exported != missing}
    with pytest.raises(UnknownLayout, match=message):
        without_differences(component(7, begun, places))


def test_a_component_without_a_module_is_left_as_it_is() -> None:
    with pytest.raises(UnknownLayout, match="no core module"):
        without_differences(b"\0asm\x0d\0\1\0")


def test_another_version_of_the_tool_is_left_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build_component, "version", lambda package: KNOWN_TOOL)
    assert build_component._same_on_every_machine(component(7)) == without_differences(component(7))
    monkeypatch.setattr(build_component, "version", lambda package: "9.0")
    assert build_component._same_on_every_machine(component(7)) == component(7)
    assert f"componentize-py is not of version {KNOWN_TOOL}" in capsys.readouterr().err
