"""What the sandbox does not have: a policy that uses it fails with a reason, where the runtime alone
would stop without one.
"""

from __future__ import annotations

import builtins
import importlib.abc
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

_FILES = "a policy has no files in the sandbox; read them at the top of a module, when it is imported"
_RANDOM = "a policy has no random bytes of its own in the sandbox; patchbay_sdk.random has random numbers"


class _Imports(importlib.abc.MetaPathFinder):
    """Refuses modules that were not imported before the snapshot."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> NoReturn:
        raise ImportError(f"import {name!r} at the top of a module: there are no files in the sandbox")


class _Lines(io.TextIOBase):
    """Stores what is printed as lines of the log."""

    def __init__(self, level: int) -> None:
        self._level = level
        self._started = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._started = (self._started + text).split("\n")
        for line in lines:
            logging.getLogger("print").log(self._level, "%s", line)
        return len(text)


def _refuse_files(*arguments: Any, **options: Any) -> NoReturn:
    raise OSError(_FILES)


def _refuse_random(*arguments: Any) -> NoReturn:
    raise OSError(_RANDOM)


def close() -> None:
    """Called before the policy is prepared, in the component alone."""
    setattr(builtins, "open", _refuse_files)
    setattr(io, "open", _refuse_files)
    setattr(os, "urandom", _refuse_random)
    sys.meta_path[:] = [_Imports()]
    sys.stdout = _Lines(logging.INFO)
    sys.stderr = _Lines(logging.WARNING)
