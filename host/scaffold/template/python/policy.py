"""{{name}}: a policy to start from.
//# classify
It finds the company's words in what customers write.
//# tone
It asks agents not to shout in replies.
//# route
It sends returning customers to a queue of the settings.
//# escalate
It raises the priority of conversations that are late.
//# end

`.venv/bin/pytest` runs its tests natively; `patchbay test` builds the component and runs `cases/`
in the sandbox.
"""

from __future__ import annotations

//# classify
from dataclasses import dataclass, field
//# route without classify
from dataclasses import dataclass
//# not classify route
from dataclasses import dataclass
//# end

from patchbay_sdk import (
//# escalate
    Action,
    ActionKind,
//# classify
    Classification,
//# route
    Conversation,
//# tone
    Draft,
//# escalate
    Escalation,
//# tone
    Finding,
//# classify
    Intent,
    Interaction,
//# end
    Policy,
//# classify
    Problems,
//# route
    QueueRef,
//# tone
    Review,
//# route
    RouteCause,
    RoutePlan,
//# tone
    Severity,
//# route
    Target,
    TargetKind,
//# escalate
    Trigger,
    TriggerCode,
//# tone
    Verdict,
//# end
)


@dataclass(frozen=True)
class Settings:
    """What a company can change without a new version."""

    //# classify
    words: dict[str, str] = field(default_factory=dict)
    """Words to look for, in lower case, and the intent each stands for."""
    //# route
    queue: QueueRef = "general"
    """Queue of customers who return. `apply` checks that it exists."""
    //# end


class {{type}}(Policy[Settings]):
    """The policy, prepared once from its settings."""
//# classify

    def prepare(self, problems: Problems) -> None:
        for word in self.settings.words:
            if word != word.lower():
                problems.add(f"/words/{word}", "must be in lower case")

    def classify(self, interaction: Interaction) -> Classification | None:
        text = interaction.text.lower()
        for word, intent in self.settings.words.items():
            if word in text:
                why = f"The text contains {word!r}."
                return Classification(why, intents=[Intent(intent, 0.8)])
        # None declines: the company's next policy is called.
        return None
//# route

    def route(self, conversation: Conversation) -> RoutePlan | None:
        # None declines: the company's next policy is called, or its default queue is used.
        if conversation.cause != RouteCause.REOPENED:
            return None
        target = Target(TargetKind.QUEUE, id=self.settings.queue)
        return RoutePlan(target, "The customer came back.", priority=60)
//# tone

    def check_tone(self, draft: Draft) -> Review | None:
        text = draft.text
        if not text.isupper():
            return Review(Verdict.APPROVE, "")
        finding = Finding(
            "wording.shouting",
            Severity.MEDIUM,
            "Capitals read as shouting.",
            suggestion=text.lower(),
        )
        return Review(Verdict.REVISE, "The reply is in capitals.", findings=[finding])
//# escalate

    def escalate(self, trigger: Trigger) -> Escalation | None:
        if trigger.code in (TriggerCode.SLA_AT_RISK, TriggerCode.SLA_BREACHED):
            action = Action(ActionKind.RAISE_PRIORITY, priority=80)
            return Escalation("A target is at risk or missed.", actions=[action])
        # None declines; new versions of the host may know more codes.
        return None
//# end
