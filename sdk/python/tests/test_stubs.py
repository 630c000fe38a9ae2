"""The order of the functions of stubs."""

from patchbay_sdk.build.binary_format import name, number, section, vector
from patchbay_sdk.build.stubs import with_sorted_stubs

TRAP = b"\0\0\x0b"


def stub(*functions: tuple[str, bytes]) -> bytes:
    exports = [name(text.encode()) + b"\0" + number(at) for at, (text, _) in enumerate(functions)]
    return section(
        1,
        b"\0asm\1\0\0\0"
        + section(1, vector(type for _, type in functions))
        + section(3, vector(number(at) for at in range(len(functions))))
        + section(7, vector(exports))
        + section(10, vector([name(TRAP)] * len(functions))),
    )


def test_functions_are_sorted_by_name_with_their_types() -> None:
    head = b"\0asm\x0d\0\1\0"
    read, close = ("read", b"\x60\1\x7f\0"), ("close", b"\x60\0\0")
    same = with_sorted_stubs(head + stub(read, close) + section(0, name(b"more")))
    assert same == head + stub(close, read) + section(0, name(b"more"))
    assert with_sorted_stubs(same) == same


def test_other_modules_stay_as_they_are() -> None:
    component = b"\0asm\x0d\0\1\0" + section(1, b"\0asm\1\0\0\0" + section(5, vector([b"\0\1"])))
    assert with_sorted_stubs(component) == component
