"""Time of the decision and business hours. Needs no grant: a replay gives the same answers.

A time is a number of milliseconds since 1970-01-01T00:00:00Z, without leap seconds.

In `prepare`, `now` is 0, and every function of business hours is denied,
which rejects the activation: companies share the snapshot that is taken then, and each has hours of
its own. Ask for them in a decision.
"""

from __future__ import annotations

from datetime import UTC, datetime

from . import source

SECOND = 1_000
"""Milliseconds of a second."""
MINUTE = 60 * SECOND
"""Milliseconds of a minute."""
HOUR = 60 * MINUTE
"""Milliseconds of an hour."""
DAY = 24 * HOUR
"""Milliseconds of a day."""


def now() -> int:
    """Time of the decision; the same in every call of it, and in a replay. In `prepare` it is 0."""
    time: int = source.current().clock.now()
    return time


def utc(timestamp: int) -> datetime:
    """A time as a `datetime` in UTC."""
    return datetime.fromtimestamp(timestamp / 1000, UTC)


def is_open(hours: str, at: int) -> bool | None:
    """Whether business hours are open at a time; None where the company has none of that name. Denied
    in `prepare`.
    """
    is_open: bool | None = source.current().clock.is_open(hours, at)
    return is_open


def opens_at(hours: str, at: int) -> int | None:
    """When business hours open next after a time; None where they are open then, do not open within
    366 days, or the company has none of that name. Denied in `prepare`.
    """
    time: int | None = source.current().clock.opens_at(hours, at)
    return time


def closes_at(hours: str, at: int) -> int | None:
    """When business hours close next after a time; None where they are closed then, do not close
    within 366 days, or the company has none of that name. Denied in `prepare`.
    """
    time: int | None = source.current().clock.closes_at(hours, at)
    return time


def after_working_time(hours: str, at: int, seconds: int) -> int | None:
    """A time plus seconds of working time: Friday 16:00 plus two hours is Monday 10:00 where the
    hours are 9 to 17 on weekdays. None where that is not within 366 days, or the company has no
    hours of that name. Denied in `prepare`.
    """
    time: int | None = source.current().clock.after_working_time(hours, at, seconds)
    return time
