# Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.
"""The records and enums of the contract.

An answer takes what it must have by position, and everything else by name. What is left out is
absent: no opinion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from .integers import U8, U32, U64


@dataclass(slots=True)
class Intent:
    """What the customer wants, as a classifier named it."""

    name: str
    """Code of the intent, kebab-case, dotted where it nests:
    `card-lost`, `delivery.late`. At most 64 bytes.
    """
    confidence: float
    """Confidence, 0 to 1."""


@dataclass(slots=True)
class ContactView1:
    """What policies nearly always read of a contact."""

    id: str | None
    """As `contact.id`."""
    address: str | None
    """As `contact.address`."""
    name: str | None
    """As `contact.name`."""
    reach: U64 | None
    """As `contact.reach`."""
    verified: bool | None
    """As `contact.verified`."""
    recent_interactions: U32
    """As `contact.recent-interactions`."""
    last_agent: str | None
    """As `contact.last-agent`."""


@dataclass(slots=True)
class InteractionView1:
    """What policies nearly always read of an interaction. Author,
    attachments and attributes have methods only.
    """

    id: str
    """As `interaction.id`; at most 256 bytes."""
    channel: str
    """As `interaction.channel`."""
    text: str
    """As `interaction.text`; UTF-8, at most 64 KiB."""
    direction: str
    """As `interaction.direction`."""
    visibility: str
    """As `interaction.visibility`."""
    account: str | None
    """As `interaction.account`."""
    language: str | None
    """As `interaction.language`."""
    received_at: U64
    """As `interaction.received-at`."""
    in_reply_to: str | None
    """As `interaction.in-reply-to`."""
    attachment_count: U32
    """Number of files that came with it, 0 to 32."""


@dataclass(slots=True)
class AssessmentView1:
    """An assessment as plain data."""

    intents: list[Intent]
    """As `assessment.intents`."""
    topics: list[str]
    """As `assessment.topics`."""
    sentiment: float | None
    """As `assessment.sentiment`."""
    urgency: U8 | None
    """As `assessment.urgency`."""
    language: str | None
    """As `assessment.language`."""
    spam: float | None
    """As `assessment.spam`."""
    abuse: float | None
    """As `assessment.abuse`."""
    reply_expected: bool | None
    """As `assessment.reply-expected`."""
    personal_data_kinds: list[str]
    """As `assessment.personal-data-kinds`."""


@dataclass(slots=True)
class ConversationView1:
    """What policies nearly always read of a conversation. Its newest
    interaction, its contact and its assessment have methods only.
    """

    id: str
    """As `conversation.id`."""
    channel: str
    """As `conversation.channel`."""
    state: str
    """As `conversation.state`."""
    cause: str
    """As `conversation.cause`."""
    created_at: U64
    """As `conversation.created-at`."""
    interaction_count: U32
    """As `conversation.interaction-count`."""
    queue: str | None
    """As `conversation.queue`."""
    owner: str | None
    """As `conversation.owner`."""
    last_agent: str | None
    """As `conversation.last-agent`."""
    priority: U8
    """As `conversation.priority`."""
    tags: list[str]
    """As `conversation.tags`."""
    unanswered_since: U64 | None
    """As `conversation.unanswered-since`."""
    incident: str | None
    """As `conversation.incident`."""


@dataclass(slots=True)
class DraftView1:
    """What policies nearly always read of a draft. Attachments, the
    interaction it answers, its assessment and its conversation have methods
    only.
    """

    id: str
    """As `draft.id`; at most 256 bytes."""
    channel: str
    """As `draft.channel`."""
    text: str
    """As `draft.text`; UTF-8, at most 64 KiB."""
    visibility: str
    """As `draft.visibility`."""
    written_by: str
    """As `draft.written-by`."""
    agent: str | None
    """As `draft.agent`."""
    length: U32
    """As `draft.length`."""
    length_limit: U32 | None
    """As `draft.length-limit`."""
    composing: bool
    """As `draft.composing`."""
    attachment_count: U32
    """Number of files that would go out with it, 0 to 32."""


@dataclass(slots=True)
class TriggerView1:
    """A trigger as plain data. Its conversation has a method only."""

    code: str
    """As `trigger.code`."""
    at: U64
    """As `trigger.at`."""
    clock: str | None
    """As `trigger.clock`."""
    due_at: U64 | None
    """As `trigger.due-at`."""
    subject: str | None
    """As `trigger.subject`."""
    agent: str | None
    """As `trigger.agent`."""
    count: U64 | None
    """As `trigger.count`."""
    usual: float | None
    """As `trigger.usual`."""
    window_seconds: U32 | None
    """As `trigger.window-seconds`."""


@dataclass(slots=True)
class Skill:
    """A skill and the proficiency an agent has or needs."""

    name: str
    """Code of the skill, kebab-case."""
    proficiency: U8
    """Proficiency, 1 (learning) to 5 (expert)."""


@dataclass(slots=True)
class Query:
    """A search for agents. All conditions must hold."""

    skills: list[Skill] = field(default_factory=list, kw_only=True)
    """Minimum proficiency in each of these skills; empty: any."""
    language: str | None = field(default=None, kw_only=True)
    """A language the agent must speak (BCP 47; a primary subtag such as
    `pt` also matches `pt-BR`); absent: any.
    """
    queue: str | None = field(default=None, kw_only=True)
    """Only members of this queue; absent: any."""
    team: str | None = field(default=None, kw_only=True)
    """Only members of this team; absent: any."""
    site: str | None = field(default=None, kw_only=True)
    """Only agents of this site; absent: any."""
    present: bool = field(default=False, kw_only=True)
    """Only agents who are present (`available` or `busy`)."""
    limit: U32 = field(default=64, kw_only=True)
    """Most agents to return; capped at 64."""


@dataclass(slots=True)
class AgentSummary:
    """What a choice among agents needs, as plain data."""

    id: str
    """As `agent.id`."""
    presence: str
    """As `agent.presence`."""
    load: U32
    """As `agent.load`."""
    capacity: U32
    """As `agent.capacity`."""
    idle_seconds: U32 | None
    """As `agent.idle-seconds`."""
    proficiencies: bytes
    """Proficiency, 1 to 5, in each skill of the query, in the query's
    order.
    """


@dataclass(slots=True)
class SummaryPage:
    """The first agents of a search as plain data, longest idle first."""

    items: list[AgentSummary]
    """At most 64 agents."""
    total: U32
    """Number of agents that match."""
    truncated: bool
    """Whether more match than `items` holds."""


@dataclass(slots=True)
class TableView1:
    """What a table has."""

    key: str
    """Name of the column of the keys."""
    columns: list[str]
    """Names of the other columns, in the table's order; at most 63. Empty
    where the table is a set of keys.
    """
    row_count: U32
    """Number of rows."""


class Level(IntEnum):
    """How much a line matters."""

    DEBUG = 0
    """For the author of the policy."""
    INFO = 1
    """For the reader of the decision."""
    WARN = 2
    """Unexpected, and handled."""
    ERROR = 3
    """A failure."""


class Scope(IntEnum):
    """What the state belongs to."""

    CONVERSATION = 0
    """One conversation. Decisions of a conversation are serial, and each
    reads what the earlier ones wrote.
    """
    CONTACT = 1
    """One contact, over all channels. Reads may lag a little."""
    COMPANY = 2
    """The whole company. Reads may lag a little."""


@dataclass(slots=True)
class PersonalData:
    """A piece of personal data in the text."""

    kind: str
    """Code of the kind: `payment-card`, `phone`, `email`,
    `booking-reference`, `iban`, `address`, … The set grows.
    """
    start: U32
    """First byte, from 0, on a character boundary of the text."""
    end: U32
    """First byte after it; greater than `start`."""


@dataclass(slots=True)
class Classification:
    """Result of a classification. An absent value means no opinion: another
    classifier of the company may have one.
    """

    intents: list[Intent] = field(default_factory=list, kw_only=True)
    """Intents of the customer, in any order; at most 64."""
    topics: list[str] = field(default_factory=list, kw_only=True)
    """Topics, codes in kebab-case; at most 64."""
    sentiment: float | None = field(default=None, kw_only=True)
    """Mood, -1 (very negative) to 1 (very positive)."""
    urgency: U8 | None = field(default=None, kw_only=True)
    """Urgency, 0 (any time) to 100 (now)."""
    language: str | None = field(default=None, kw_only=True)
    """Language of the text (BCP 47)."""
    spam: float | None = field(default=None, kw_only=True)
    """Probability of spam, 0 to 1."""
    abuse: float | None = field(default=None, kw_only=True)
    """Probability of abuse, 0 to 1."""
    reply_expected: bool | None = field(default=None, kw_only=True)
    """Whether the customer expects a reply."""
    personal_data: list[PersonalData] = field(default_factory=list, kw_only=True)
    """Personal data in the text; at most 64."""
    why: str
    """The reason, in one sentence for the agent who reads the decision; at
    most 4 KiB.
    """


@dataclass(slots=True)
class Target:
    """Where the conversation goes."""

    kind: str
    """Code:

    - `queue`: the host offers it to members of the queue, as steps and
      preferences tell.
    - `agent`: the host offers it to that agent alone, who need not be
      a member of a queue nor meet a step, as soon as they are present
      and have free capacity. When they refuse, or the wait is over, it
      goes to `queue`, and the steps begin.
    - `hold`: no agent is offered it before `until`. A new message does
      not end that; an escalation's `re-route` does.
    - `close`: it is resolved.

    The set grows.
    """
    id: str | None = field(default=None, kw_only=True)
    """Id of the queue or agent; absent for `hold` and `close`."""
    queue: str | None = field(default=None, kw_only=True)
    """For `agent` and `hold`, the queue whose targets, hours and priority
    apply meanwhile, and where it goes afterwards; absent: the queue it is
    in, or the default queue. Absent for `queue` and `close`.
    """
    until: U64 | None = field(default=None, kw_only=True)
    """For `agent`, until when it waits for them; absent: it does not
    wait, and goes to `queue` at once unless they can be offered it
    now. For `hold`, when routing is called again, with the cause `held`;
    absent: not by time. Later than now, by at most 366 days.
    Absent for `queue` and `close`.
    """
    while_away: bool | None = field(default=None, kw_only=True)
    """For `agent` with `until`, whether it waits also while they are `away`
    or `offline`; absent: false, it goes to `queue` as soon as they are.
    Absent otherwise.
    """


@dataclass(slots=True)
class Step:
    """Who qualifies until it expires. Steps come in order and only widen: an
    agent who meets an earlier step still qualifies. After the last one any
    member of the queue does.
    """

    skills: list[Skill] = field(default_factory=list, kw_only=True)
    """Minimum proficiency in each skill; empty: none required. At most 32."""
    languages: list[str] = field(default_factory=list, kw_only=True)
    """Languages of which the agent must speak one (BCP 47; a primary
    subtag such as `pt` also stands for `pt-BR`); empty: any. At most
    32.
    """
    minimum_agents: U32 | None = field(default=None, kw_only=True)
    """Skip the step when fewer available agents than this meet it, whatever
    their free capacity; 0: never skip it; absent: 1. Checked only when no
    offer can be made at once.
    """
    expires_after: U32 | None = field(default=None, kw_only=True)
    """Seconds until the next step, 1 to 604,800; absent: it does not expire.
    When the last step expires without an agent, routing is called again
    with the cause `expired`.
    """


@dataclass(slots=True)
class Preference:
    """An agent the host offers the conversation before others who qualify. A
    preference does not make an agent qualify.
    """

    agent: str
    """Id of an agent of the company."""
    score: U8
    """Score, 0 to 100; of equal ones the longest idle is first."""


@dataclass(slots=True)
class SlaTarget:
    """The target of one SLA clock."""

    clock: str
    """Clock; `trigger.clock` of `patchbay:care/types` lists the codes."""
    seconds: U32
    """Target in seconds of working time by the queue's hours, 1 to
    31,622,400.
    """


@dataclass(slots=True)
class RoutePlan:
    """Where a conversation goes, who qualifies, and its priority and targets."""

    target: Target
    """Where it goes."""
    steps: list[Step] = field(default_factory=list, kw_only=True)
    """Who qualifies, widening over time; empty: any member of the queue.
    At most 16.
    """
    preferences: list[Preference] = field(default_factory=list, kw_only=True)
    """Preferred agents, in any order; at most 64."""
    excluded: list[str] = field(default_factory=list, kw_only=True)
    """Agents who are not offered it under this plan, even when preferred; at
    most 64, and not the agent of `target`. Unknown agents are ignored.
    """
    priority: U8 | None = field(default=None, kw_only=True)
    """Priority, 0 (lowest) to 100; absent: the queue's. A higher priority of
    the conversation stays.
    """
    offer_timeout: U32 | None = field(default=None, kw_only=True)
    """Timeout of an offer in seconds, 1 to 86,400; absent: the company's."""
    sla: list[SlaTarget] = field(default_factory=list, kw_only=True)
    """Targets that differ from the queue's, each clock at most once."""
    tags: list[str] = field(default_factory=list, kw_only=True)
    """Tags to add, codes in kebab-case; at most 64."""
    why: str
    """The reason, in one sentence; at most 4 KiB."""


class Verdict(IntEnum):
    """What should happen to the draft, mildest first."""

    APPROVE = 0
    """It may go out."""
    REVISE = 1
    """The agent should change it first."""
    HOLD = 2
    """A supervisor or the approvers must approve it first."""
    BLOCK = 3
    """It may not go out."""


class Severity(IntEnum):
    """How much a finding matters."""

    INFO = 0
    """Good to know."""
    LOW = 1
    """Could be better."""
    MEDIUM = 2
    """Should be changed."""
    HIGH = 3
    """Must be changed."""
    CRITICAL = 4
    """Harmful if it goes out."""


@dataclass(slots=True)
class Finding:
    """A problem found in the draft."""

    code: str
    """Code, kebab-case and dotted: `length.exceeded`,
    `personal-data.public`. The set grows.
    """
    severity: Severity
    """How much it matters."""
    start: U32 | None = field(default=None, kw_only=True)
    """First byte of the passage, on a character boundary of the draft's
    text; absent where the whole draft is meant. Comes with `end`.
    """
    end: U32 | None = field(default=None, kw_only=True)
    """First byte after the passage; greater than `start`."""
    message: str
    """What is wrong, in one sentence for the agent; at most 1 KiB."""
    suggestion: str | None = field(default=None, kw_only=True)
    """What to write instead of the passage, or of the whole draft where
    no passage is named; absent where none is known. At most 4 KiB.
    """


@dataclass(slots=True)
class Review:
    """Result of a check."""

    verdict: Verdict
    """What should happen."""
    findings: list[Finding] = field(default_factory=list, kw_only=True)
    """Findings, in order of the text; at most 64."""
    approvers: list[str] = field(default_factory=list, kw_only=True)
    """With `hold`, teams that must approve it, each by one member, in this
    order; empty: any supervisor. A team without members stands for any
    supervisor. At most 8; empty with every other verdict.
    """
    why: str
    """The reason, in one sentence; at most 4 KiB."""


@dataclass(slots=True)
class Action:
    """One action of the host."""

    kind: str
    """Code. All but `notify` act on the trigger's conversation, and do
    nothing where it has none; `open-incident` then opens an incident
    without one.

    - `raise-priority`: its priority is at least `priority` from now on.
    - `re-route`: it leaves its agent, if any, and goes to the queue
      `target`; without one routing is called with the cause `re-routed`.
    - `require-approval`: every reply needs approval from now on.
    - `notify`: the host notifies the company's named target.
    - `open-incident`: it belongs to the incident `target` from now on;
      conversations with one subject belong to one incident.
    - `wake-up`: the host calls every escalation policy at `at` with the
      trigger `wake-up`. It keeps the 16 earliest per conversation.

    The set grows.
    """
    target: str | None = field(default=None, kw_only=True)
    """What the action applies to; absent for `raise-priority`:

    - `notify`: name of a `target` of the company file.
    - `re-route`: the queue's id; absent: routing decides.
    - `require-approval`: the team of which a member must approve; absent,
      or where the team has no members: any supervisor.
    - `open-incident`: its subject, 1 to 256 bytes; a topic or intent
      where one fits.
    - `wake-up`: a code the trigger returns as `subject`; absent: none. A
      later one of the same name, or also without one, replaces it.
    """
    message: str | None = field(default=None, kw_only=True)
    """Message, at most 4 KiB; absent where there is none. Do not quote
    personal data.
    """
    priority: U8 | None = field(default=None, kw_only=True)
    """For `raise-priority`, the minimum priority, 0 to 100; for `notify` and
    `open-incident`, the urgency, 0 to 100, or absent; otherwise absent.
    """
    at: U64 | None = field(default=None, kw_only=True)
    """For `wake-up`, when to call, later than now; otherwise absent."""


@dataclass(slots=True)
class Escalation:
    """Result of an escalation."""

    actions: list[Action] = field(default_factory=list, kw_only=True)
    """Actions, in any order; duplicates are dropped. At most 32."""
    why: str
    """The reason, in one sentence; at most 4 KiB."""


@dataclass(slots=True)
class Problem:
    """One problem with the settings."""

    path: str
    """Where, as a JSON Pointer (RFC 6901) into the settings; empty for
    the settings as a whole.
    """
    message: str
    """What is wrong and what would be right."""


__all__ = [
    "Action",
    "AgentSummary",
    "AssessmentView1",
    "Classification",
    "ContactView1",
    "ConversationView1",
    "DraftView1",
    "Escalation",
    "Finding",
    "Intent",
    "InteractionView1",
    "Level",
    "PersonalData",
    "Preference",
    "Problem",
    "Query",
    "Review",
    "RoutePlan",
    "Scope",
    "Severity",
    "Skill",
    "SlaTarget",
    "Step",
    "SummaryPage",
    "TableView1",
    "Target",
    "TriggerView1",
    "Verdict",
]
