"""What is wrong with the settings, and why a policy failed."""

from __future__ import annotations

from collections.abc import Iterator

from .records import Problem


class PolicyError(Exception):
    """The policy cannot decide. The host records the message and applies the company's rule for
    failing policies. To decline, return None instead.
    """


class Problems:
    """What is wrong with the settings, each with its place. Any problem rejects the activation."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, path: str, message: str) -> None:
        """Adds a problem. `path` is a JSON Pointer (RFC 6901) into the settings, such as
        `/queues/0/name`, or empty for the settings as a whole; `message` tells what is wrong and
        what would be right.
        """
        self._problems.append(Problem(path, message))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def __len__(self) -> int:
        return len(self._problems)

    def __str__(self) -> str:
        return "; ".join(
            f"{one.path}: {one.message}" if one.path else one.message for one in self._problems
        )


class SettingsError(Exception):
    """Settings that a policy does not accept."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(str(problems))
        self.problems = problems
