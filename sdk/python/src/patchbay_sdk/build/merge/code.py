"""Function bodies with the indexes of another module."""

from __future__ import annotations

from .reader import Unsupported, signed

(PLAIN, NUMBER, MEMORY_ARGUMENT, INDEX, CALL_INDIRECT, BLOCK, BRANCHES, FLOAT, DOUBLE, PREFIXED, SELECT, TWO) = range(12)
"""Kinds of instructions by what follows the operator."""

UNKNOWN = 99

_KINDS = [UNKNOWN] * 256
for _operator in [*range(0x45, 0xC5), 0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B, 0xD1]:
    _KINDS[_operator] = PLAIN
for _operator in (0x0C, 0x0D, 0x20, 0x21, 0x22, 0x25, 0x26, 0x41, 0x42):
    _KINDS[_operator] = NUMBER
for _operator in range(0x28, 0x3F):
    _KINDS[_operator] = MEMORY_ARGUMENT
for _operator in (0x10, 0xD2, 0x23, 0x24):
    _KINDS[_operator] = INDEX
for _operator in (0x02, 0x03, 0x04):
    _KINDS[_operator] = BLOCK
for _operator in (0x3F, 0x40, 0xD0):
    _KINDS[_operator] = TWO
_KINDS[0x11] = CALL_INDIRECT
_KINDS[0x0E] = BRANCHES
_KINDS[0x43] = FLOAT
_KINDS[0x44] = DOUBLE
_KINDS[0xFC] = PREFIXED
_KINDS[0x1C] = SELECT

_OF_GLOBALS = (0x23, 0x24)
_LENGTHS = {**dict.fromkeys(range(8), 2), 10: 4, 11: 3}
"""Length of the prefixed instructions: conversions, and copying and filling the one memory."""


def write_body(
    data: bytes,
    start: int,
    end: int,
    functions: list[bytes],
    types: list[bytes],
    type_offset: int,
    globals: list[bytes],
) -> bytearray:
    """A body with other indexes of functions, types and globals, which are given as they are written.

    Written without calls: it looks at every instruction of the interpreter.
    """
    body = bytearray()
    at = start
    count = shift = 0
    while True:
        byte = data[at]
        at += 1
        count |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    for _ in range(count):
        while data[at] > 127:
            at += 1
        at += 2
    copied = start
    while at < end:
        operator = data[at]
        kind = _KINDS[operator]
        at += 1
        if kind == PLAIN:
            continue
        if kind == NUMBER:
            while data[at] > 127:
                at += 1
            at += 1
        elif kind == MEMORY_ARGUMENT:
            while data[at] > 127:
                at += 1
            at += 1
            while data[at] > 127:
                at += 1
            at += 1
        elif kind in (INDEX, CALL_INDIRECT):
            body += data[copied:at]
            index = shift = 0
            while True:
                byte = data[at]
                at += 1
                index |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            if kind == CALL_INDIRECT:
                body += types[index]
                copied = at
                at += 1
            else:
                body += globals[index] if operator in _OF_GLOBALS else functions[index]
                copied = at
        elif kind == BLOCK:
            if data[at] == 0x40 or 0x64 <= data[at] <= 0x7F:
                at += 1
                continue
            body += data[copied:at]
            index = shift = 0
            while True:
                byte = data[at]
                at += 1
                index |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            body += signed(index + type_offset)
            copied = at
        elif kind == BRANCHES:
            count = shift = 0
            while True:
                byte = data[at]
                at += 1
                count |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            for _ in range(count + 1):
                while data[at] > 127:
                    at += 1
                at += 1
        elif kind == FLOAT:
            at += 4
        elif kind == DOUBLE:
            at += 8
        elif kind == PREFIXED and data[at] in _LENGTHS:
            at += _LENGTHS[data[at]] - 1
        elif kind == SELECT:
            at += 1 + data[at]
        elif kind == TWO:
            at += 1
        else:
            raise Unsupported(f"the instruction {operator:#x} {data[at]:#x}")
    if at != end:
        raise Unsupported("a body that does not end where it says")
    return body + data[copied:end]
