"""Write Patchbay policies in Python: classify interactions, route conversations, check the tone of
replies, and escalate.

A policy is a class that is prepared once with a company's settings, in the module `policy` of a
project:

    from dataclasses import dataclass

    from patchbay_sdk import Classification, Intent, Interaction, Policy


    @dataclass(frozen=True)
    class Settings:
        words: list[str]
        \"\"\"Words that ask for money back, in lower case.\"\"\"


    class Refunds(Policy[Settings]):
        def classify(self, interaction: Interaction) -> Classification | None:
            text = interaction.text.lower()
            word = next((word for word in self.settings.words if word in text), None)
            if word is None:
                return None
            return Classification(f"The text contains {word!r}.", intents=[Intent("refund", 0.9)])

`patchbay build` makes it a component. `patchbay_sdk.testing` makes the values a policy reads, so
the same code runs in a plain test.

The modules `agents`, `contacts`, `interactions`, `knowledge` and `state` need a grant, requested in `pack.toml`
and given in the company file; `clock`, `data` and `random` need none. Python's own `logging` stores lines
with the decision.
"""

from . import agents, clock, contacts, data, interactions, knowledge, random, state
from .codes import (
    ActionKind,
    AttachmentKind,
    Channel,
    ConversationState,
    Direction,
    PersonalDataKind,
    Presence,
    RouteCause,
    SlaClock,
    TargetKind,
    TriggerCode,
    Visibility,
    WrittenBy,
)
from .policy import NoSettings, Policy
from .problems import PolicyError, Problems, SettingsError
from .records import (
    Action,
    AgentSummary,
    Classification,
    Escalation,
    Finding,
    Intent,
    PersonalData,
    Preference,
    Query,
    Review,
    RoutePlan,
    Scope,
    Severity,
    Skill,
    SlaTarget,
    Step,
    SummaryPage,
    Target,
    Verdict,
)
from .references import AgentRef, ChannelRef, HoursRef, QueueRef, SkillRef, TargetRef, TeamRef
from .resources import (
    Agent,
    Article,
    Assessment,
    Attachment,
    Contact,
    Conversation,
    Draft,
    Interaction,
    Queue,
    Trigger,
)
from .settings import Bounds
from .text import byte_range

__version__ = "0.1.0"

__all__ = [
    "Action",
    "ActionKind",
    "Agent",
    "AgentRef",
    "AgentSummary",
    "Article",
    "Assessment",
    "Attachment",
    "AttachmentKind",
    "Bounds",
    "Channel",
    "ChannelRef",
    "Classification",
    "Contact",
    "Conversation",
    "ConversationState",
    "Direction",
    "Draft",
    "Escalation",
    "Finding",
    "HoursRef",
    "Intent",
    "Interaction",
    "NoSettings",
    "PersonalData",
    "PersonalDataKind",
    "Policy",
    "PolicyError",
    "Preference",
    "Presence",
    "Problems",
    "Query",
    "Queue",
    "QueueRef",
    "Review",
    "RouteCause",
    "RoutePlan",
    "Scope",
    "SettingsError",
    "Severity",
    "Skill",
    "SkillRef",
    "SlaClock",
    "SlaTarget",
    "Step",
    "SummaryPage",
    "Target",
    "TargetKind",
    "TargetRef",
    "TeamRef",
    "Trigger",
    "TriggerCode",
    "Verdict",
    "Visibility",
    "WrittenBy",
    "agents",
    "byte_range",
    "clock",
    "data",
    "contacts",
    "interactions",
    "knowledge",
    "random",
    "state",
]
