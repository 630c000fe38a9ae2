"""Makes the clocks of Python's own modules give the time of the decision: the sandbox has no other."""

from __future__ import annotations

import datetime
import time
from typing import Any

from . import source

_MILLISECOND = 1_000_000


def install() -> None:
    """Replaces `time.time` and its like, and `now`, `utcnow` and `today` of `datetime`."""

    def seconds() -> float:
        return float(source.host.clock.now() / 1000)

    def nanoseconds() -> int:
        return int(source.host.clock.now() * _MILLISECOND)

    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, seconds)
        setattr(time, f"{name}_ns", nanoseconds)

    real: Any = datetime.datetime
    real_date: Any = datetime.date

    class DecisionTime(real):  # type: ignore[misc]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return cls.fromtimestamp(seconds(), tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.fromtimestamp(seconds(), datetime.UTC).replace(tzinfo=None)

        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(seconds())

    class DecisionDate(real_date):  # type: ignore[misc]
        @classmethod
        def today(cls) -> Any:
            return cls.fromtimestamp(seconds())

    DecisionTime.__name__ = DecisionTime.__qualname__ = "datetime"
    DecisionDate.__name__ = DecisionDate.__qualname__ = "date"
    datetime.datetime = DecisionTime  # type: ignore[misc]
    datetime.date = DecisionDate  # type: ignore[misc]
