"""What is recorded of a policy that failed: where in its sources, and why."""

from __future__ import annotations

import re
from pathlib import PurePath
from types import TracebackType

from .problems import PolicyError

_MOUNT = re.compile(r"^/\d+/")
"""Where the build placed the sources: `/0/policy.py`."""


def describe(error: BaseException) -> str:
    """One line: `policy.py:41 in route: KeyError: 'gold'`, and the same of its causes."""
    text = _describe_one(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return printable(text if cause is None else f"{text}; caused by {_describe_one(cause)}")


def printable(text: str) -> str:
    """A text without halves of characters, which the host does not take."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _describe_one(error: BaseException) -> str:
    place = _place(error.__traceback__)
    if isinstance(error, PolicyError):
        return str(error)
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{place}: {reason}" if place else reason


def _place(trace: TracebackType | None) -> str | None:
    """The innermost line of the policy's own sources."""
    place = None
    while trace is not None:
        code = trace.tb_frame.f_code
        file = _MOUNT.sub("", code.co_filename)
        is_own = file != code.co_filename and "patchbay_sdk" not in PurePath(file).parts
        # Outside of a component, every file but the SDK's.
        if is_own or (code.co_filename[0] != "/" and code.co_filename[0] != "<"):
            place = f"{file}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return place
