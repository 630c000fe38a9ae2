"""Positions in a text as the contract has them: bytes of UTF-8."""

from __future__ import annotations


def byte_range(text: str, start: int, end: int) -> tuple[int, int]:
    """The bytes of `text[start:end]`: `PersonalData("email", *byte_range(text, *match.span()))`."""
    if text.isascii():
        return start, end
    first = len(text[:start].encode())
    return first, first + len(text[start:end].encode())
