"""Reads and writes the numbers, names and sections of WebAssembly's binary format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Reader:
    """Reads bytes from a position."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self) -> int:
        """An unsigned number in LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def signed(self) -> int:
        """A signed number in LEB128."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value - (1 << shift) if byte & 64 else value

    def take(self, length: int) -> bytes:
        value = self.data[self.at : self.at + length]
        self.at += length
        return value

    def name(self) -> bytes:
        return self.take(self.number())


def sections(data: bytes, start: int = 8) -> Iterator[tuple[int, int, int, int]]:
    """Kind of each section, where it begins, and where its content begins and ends."""
    reader = Reader(data, start)
    while reader.at < len(data):
        begin, kind, length = reader.at, reader.byte(), reader.number()
        yield kind, begin, reader.at, reader.at + length
        reader.at += length


def number(value: int) -> bytes:
    """An unsigned number in LEB128."""
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)


def signed(value: int) -> bytes:
    """A signed number in LEB128."""
    data = bytearray()
    while True:
        byte = value & 127
        value >>= 7
        if (value == 0 and not byte & 64) or (value == -1 and byte & 64):
            data.append(byte)
            return bytes(data)
        data.append(byte | 128)


def vector(items: Iterable[bytes]) -> bytes:
    """Items with their number before them."""
    listed = list(items)
    return number(len(listed)) + b"".join(listed)


def name(text: bytes) -> bytes:
    """A name with its length before it."""
    return number(len(text)) + text


def section(kind: int, content: bytes) -> bytes:
    """A section of a module or component."""
    return bytes([kind]) + number(len(content)) + content
