"""Prepares a policy as the host does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..policy import Policy
from ..problems import Problems, SettingsError
from ..settings import read_value

P = TypeVar("P", bound=Policy[Any])


def prepare(policy: type[P], settings: Mapping[str, Any] | None = None) -> P:
    """A policy with these settings, named as in JSON; defaults are those of the class.

    Raises `SettingsError` with every problem.
    """
    prepared = policy(read_value(policy.settings_type(), dict(settings or {})))
    problems = Problems()
    prepared.prepare(problems)
    if len(problems):
        raise SettingsError(problems)
    return prepared


def settings_problems(policy: type[P], settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Place and message of everything that is wrong with settings."""
    try:
        prepare(policy, settings)
    except SettingsError as error:
        return [(problem.path, problem.message) for problem in error.problems]
    return []
