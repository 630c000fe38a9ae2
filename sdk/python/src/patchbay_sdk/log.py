"""Log lines stored with the decision, from Python's own `logging`. Needs no grant; the lines never
reach the host's own log. Lines beyond the limit on log bytes are dropped and counted.
"""

from __future__ import annotations

import logging

from . import source
from .failure import printable
from .records import Level


class DecisionHandler(logging.Handler):
    """Stores each line with the decision. The component has it at the root logger."""

    def emit(self, record: logging.LogRecord) -> None:
        if source.host is None:
            return
        if record.levelno >= logging.ERROR:
            level = Level.ERROR
        elif record.levelno >= logging.WARNING:
            level = Level.WARN
        elif record.levelno >= logging.INFO:
            level = Level.INFO
        else:
            level = Level.DEBUG
        source.host.log.write(level, printable(record.getMessage()))


def connect() -> None:
    """Sends every line of every logger to the decision."""
    root = logging.getLogger()
    if not any(isinstance(one, DecisionHandler) for one in root.handlers):
        root.addHandler(DecisionHandler())
    root.setLevel(logging.DEBUG)
    # Which thread and process wrote a line is always the same here.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    setattr(logging, "logAsyncioTasks", False)  # of Python 3.12
