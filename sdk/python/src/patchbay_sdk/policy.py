"""The base of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args, get_origin

from .problems import Problems
from .records import Classification, Escalation, Review, RoutePlan
from .resources import Conversation, Draft, Interaction, Trigger


@dataclass(frozen=True)
class NoSettings:
    """Settings of a policy that has none."""


S = TypeVar("S")

STAGES = {
    "classify": "classify",
    "route": "route",
    "tone": "check_tone",
    "escalate": "escalate",
}
"""The method of each stage."""


class Policy(Generic[S]):
    """A policy, prepared once with a company's settings.

    A subclass names the type of its settings, a dataclass, and defines the methods of the stages
    it decides. The module `policy` of a project has one subclass.
    """

    settings: S
    """The settings the company gave this policy."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    def prepare(self, problems: Problems) -> None:
        """Checks the settings and builds what decisions need. Called once, when the policy is
        activated: the host takes a snapshot of the memory, and every decision starts from it, so
        word lists and indexes are built once. Of the host, only `log`, `random` and `clock.now`
        may be used here; every other call is denied, also those of business hours, because
        companies share the snapshot.
        """

    def classify(self, interaction: Interaction) -> Classification | None:
        """Classifies an interaction. Called for each inbound interaction, and again when its author
        edits it. None declines: other classifiers of the company may have an opinion.
        """
        raise NotImplementedError

    def route(self, conversation: Conversation) -> RoutePlan | None:
        """Decides who handles a conversation that has no owner; its `cause` tells why. None
        declines: the company's next routing policy is called.
        """
        raise NotImplementedError

    def check_tone(self, draft: Draft) -> Review | None:
        """Checks a draft before it is sent, and while the agent types. None declines: where every
        policy declines, the draft is approved.
        """
        raise NotImplementedError

    def escalate(self, trigger: Trigger) -> Escalation | None:
        """Decides on a trigger. None declines; decline a code you do not know, the set grows."""
        raise NotImplementedError

    @classmethod
    def stages(cls) -> list[str]:
        """The stages it decides: those whose methods it defines."""
        return [
            stage
            for stage, method in STAGES.items()
            if getattr(cls, method) is not getattr(Policy, method)
        ]

    @classmethod
    def settings_type(cls) -> type[Any]:
        """The type of its settings, as in `class Care(Policy[Settings])`."""
        for ancestor in cls.__mro__:
            for base in getattr(ancestor, "__orig_bases__", ()):
                if get_origin(base) is Policy and isinstance(get_args(base)[0], type):
                    kind: type[Any] = get_args(base)[0]
                    return kind
        raise TypeError(
            f"{cls.__name__} does not say which settings it has; write "
            f"`class {cls.__name__}(Policy[Settings])`, or `Policy[NoSettings]` for none"
        )


def policy_of(module: Any) -> type[Policy[Any]]:
    """The one policy that a module defines."""
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Policy)
        and value is not Policy
        and value.__module__ == module.__name__
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(value.__name__ for value in found)) or "none"
    raise TypeError(
        f"{module.__name__}.py must define one subclass of Policy; it defines {names}"
    )
