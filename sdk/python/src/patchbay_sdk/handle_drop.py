"""Returns the handles of the host when their objects end."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any


class HandleDrop(weakref.ref[Any]):
    """Calls a function when an object ends, as `weakref.finalize` does, of which the runtime makes one
    for each object of the host. That one keeps a register for the end of the program, which a
    sandbox does not have, and takes a fifth of the instructions of a small decision.
    """

    __slots__ = ("_call",)

    _call: tuple[Callable[..., Any], tuple[Any, ...]] | None

    def __new__(cls, target: Any, function: Callable[..., Any], *arguments: Any) -> HandleDrop:
        self = super().__new__(cls, target, _run)
        self._call = (function, arguments)
        return self

    def __init__(self, target: Any, function: Callable[..., Any], *arguments: Any) -> None:
        """Everything is done by `__new__`; that of the base takes two arguments."""

    def detach(self) -> None:
        """The function is not called any more."""
        self._call = None


def _run(drop: Any) -> None:
    call = drop._call
    if call is not None:
        function, arguments = call
        function(*arguments)


def install() -> None:
    """Makes the runtime use it: it looks for `weakref.finalize` after the policy was imported."""
    setattr(weakref, "finalize", HandleDrop)
