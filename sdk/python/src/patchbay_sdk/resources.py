# Generated from wit/ by `PATCHBAY_UPDATE=1 cargo test -p patchbay-suite --test contract`.
"""What a policy reads: the interaction, its author, its conversation, and so on.

An attribute is read from the host when it is first used, and kept. An object is valid until the
decision returns.
"""

from __future__ import annotations

from typing import ClassVar

from .integers import U8, U32, U64
from .records import Intent, Skill
from .resource import Resource


class Attachment(Resource):
    """A file that came with an interaction or goes out with a draft. Policies
    never get its content.
    """

    kind: str
    """Code of the kind: `image`, `video`, `audio`, `document`,
    `location`, `other`. The set grows.
    """
    name: str | None
    """File name given by the channel; absent where it gave none."""
    media_type: str | None
    """Media type (RFC 6838), for example `image/png`; absent where unknown."""
    size: U64 | None
    """Size in bytes; absent where unknown."""

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "kind",
            "name",
            "media_type",
            "size",
        )
    )


class Contact(Resource):
    """A person who writes to the company, as far as the company knows them."""

    id: str | None
    """The company's identifier of the contact; absent where the company
    does not know the person yet.
    """
    address: str | None
    """Address on the channel of this interaction: a handle, a number or a
    mail address. Absent where the channel hides it.
    """
    name: str | None
    """Display name; absent where the channel gave none."""
    reach: U64 | None
    """Number of people who see what this person posts (followers); absent
    where the channel does not tell.
    """
    verified: bool | None
    """Whether the channel has verified who they are; absent where it does
    not tell.
    """
    recent_interactions: U32
    """Inbound interactions of this contact in the last seven days on every
    channel, this one included. 0 where no history is stored.
    """
    last_agent: str | None
    """Agent who last replied to this contact; absent before the first reply."""

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "address",
            "name",
            "reach",
            "verified",
            "recent_interactions",
            "last_agent",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "address",
            "name",
            "reach",
            "verified",
            "recent_interactions",
            "last_agent",
        )
    )


class Interaction(Resource):
    """One inbound or outbound message, post, call or mention."""

    id: str
    """Identifier given by the channel; unique within company, channel
    and account. At most 256 bytes.
    """
    channel: str
    """Code of the channel, for example `x`, `whatsapp`, `email` or `phone`.
    The set grows, and a company may add its own. The SDK has a
    constant for each code that a host of its version knows.
    """
    text: str
    """What was written, or the transcript of a call; UTF-8, at most 64 KiB.
    Spans in answers are byte offsets into this text.
    """
    direction: str
    """`inbound` (from the customer) or `outbound` (from the company)."""
    visibility: str
    """`public` (anyone may read it) or `private`."""
    account: str | None
    """The company's account that was addressed; absent where there is only
    one.
    """
    language: str | None
    """Language given by the channel (BCP 47); absent where it gave none."""
    received_at: U64
    """When the channel received it; the time of the decision where the
    channel does not tell.
    """
    author: Contact
    """Who wrote it."""
    in_reply_to: str | None
    """Identifier of the interaction this one answers; absent where it
    answers none.
    """
    attachments: list[Attachment]
    """Files that came with it, in order; at most 32."""
    attribute_names: list[str]
    """Names of all extra attributes, sorted; at most 64."""

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "text",
            "direction",
            "visibility",
            "account",
            "language",
            "received_at",
            "author",
            "in_reply_to",
            "attachments",
            "attribute_names",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "text",
            "direction",
            "visibility",
            "account",
            "language",
            "received_at",
            "in_reply_to",
        )
    )
    _resources: ClassVar[dict[str, str]] = {
        "author": "Contact",
        "attachments": "Attachment",
    }

    def attribute(self, name: str) -> str | None:
        """Value of an extra attribute the channel or the integrator set: a
        string as it is, any other value as JSON text. Absent where there is
        no such attribute.
        """
        value: str | None = self._host.attribute(name)
        return value


class Assessment(Resource):
    """Classification of an interaction, merged from the company's classifiers."""

    intents: list[Intent]
    """Intents, best first; at most 64."""
    topics: list[str]
    """Topics, in the order the classifiers gave them; at most 64."""
    sentiment: float | None
    """Mood, -1 (very negative) to 1 (very positive); absent where no
    classifier gave one.
    """
    urgency: U8 | None
    """Urgency, 0 (any time) to 100 (now); absent where no classifier gave
    one.
    """
    language: str | None
    """Language of the text (BCP 47); absent where unknown."""
    spam: float | None
    """Probability of spam, 0 to 1; absent where no classifier gave one."""
    abuse: float | None
    """Probability of abuse, 0 to 1; absent where no classifier gave one."""
    reply_expected: bool | None
    """Whether the customer expects a reply; absent where no classifier
    told.
    """
    personal_data_kinds: list[str]
    """Kinds of personal data found (`payment-card`, `email`, …), each
    once, sorted.
    """

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "intents",
            "topics",
            "sentiment",
            "urgency",
            "language",
            "spam",
            "abuse",
            "reply_expected",
            "personal_data_kinds",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "intents",
            "topics",
            "sentiment",
            "urgency",
            "language",
            "spam",
            "abuse",
            "reply_expected",
            "personal_data_kinds",
        )
    )


class Conversation(Resource):
    """Interactions that belong together on one channel thread."""

    id: str
    """The company's identifier; the id of the first interaction where
    conversations are not stored.
    """
    channel: str
    """Code of the channel, as in `interaction.channel`."""
    state: str
    """State: `queued`, `reserved`, `active`, `waiting-on-customer`,
    `on-hold`, `awaiting-approval`, `wrapping` or `resolved`.
    """
    cause: str
    """Code of why a route is requested: `new`, `reopened`, `returned` (its
    agent returned it, went offline or left), `expired` (the last step of
    its plan passed and no agent accepted it), `held` (the time it was on
    hold for is over) or `re-routed` (an escalation requested it). The set
    grows. Outside of routing, the cause of the last route.
    """
    created_at: U64
    """When its first interaction was accepted."""
    interaction_count: U32
    """Number of its interactions, both directions."""
    latest: Interaction
    """The newest inbound interaction."""
    contact: Contact
    """The customer."""
    assessment: Assessment | None
    """Classification of the newest inbound interaction; absent before it is
    classified.
    """
    queue: str | None
    """Queue it waits in or came from; absent before the first route."""
    owner: str | None
    """Agent who owns it; absent while no agent does."""
    last_agent: str | None
    """Agent who last replied in it, or to its contact elsewhere; absent
    before a reply.
    """
    priority: U8
    """Priority, 0 (lowest) to 100."""
    tags: list[str]
    """Tags, sorted; at most 64."""
    unanswered_since: U64 | None
    """When the oldest unanswered customer message was received; absent
    where every message is answered.
    """
    reply_window_ends: U64 | None
    """Until when its channel takes a free reply, where it takes one only
    for some time after the customer's last message; a time in the past
    where that is over. Absent where it takes one at any time.
    """
    incident: str | None
    """Subject of its incident, as the `open-incident` action named it;
    absent without one.
    """

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "state",
            "cause",
            "created_at",
            "interaction_count",
            "latest",
            "contact",
            "assessment",
            "queue",
            "owner",
            "last_agent",
            "priority",
            "tags",
            "unanswered_since",
            "reply_window_ends",
            "incident",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "state",
            "cause",
            "created_at",
            "interaction_count",
            "queue",
            "owner",
            "last_agent",
            "priority",
            "tags",
            "unanswered_since",
            "incident",
        )
    )
    _resources: ClassVar[dict[str, str]] = {
        "latest": "Interaction",
        "contact": "Contact",
        "assessment": "Assessment",
    }


class Draft(Resource):
    """A reply that has not gone out yet."""

    id: str
    """Identifier of the draft. At most 256 bytes."""
    channel: str
    """Code of the channel it would go out on."""
    text: str
    """The text as it would be sent; UTF-8, at most 64 KiB."""
    visibility: str
    """`public` or `private`."""
    written_by: str
    """Who wrote it: `human` or `policy`. Some channels require a reply to
    tell.
    """
    agent: str | None
    """Agent who sends it; absent where a policy does, or unknown."""
    attachments: list[Attachment]
    """Files that would go out with it, in order; at most 32."""
    answers: Interaction | None
    """The interaction it answers; absent where it answers none."""
    assessment: Assessment | None
    """Classification of the interaction it answers; absent where that was
    not classified.
    """
    conversation: Conversation | None
    """Its conversation; absent where it starts one."""
    length: U32
    """Length as the channel counts: weighted characters on X
    (a URL counts 23, emoji and CJK 2), characters elsewhere.
    """
    length_limit: U32 | None
    """Maximum length on the channel, counted the same way; absent where
    there is none.
    """
    composing: bool
    """Whether the agent is still typing. Such a check is advice: the host
    does not record it, and denies writes of state.
    """

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "text",
            "visibility",
            "written_by",
            "agent",
            "attachments",
            "answers",
            "assessment",
            "conversation",
            "length",
            "length_limit",
            "composing",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "channel",
            "text",
            "visibility",
            "written_by",
            "agent",
            "length",
            "length_limit",
            "composing",
        )
    )
    _resources: ClassVar[dict[str, str]] = {
        "attachments": "Attachment",
        "answers": "Interaction",
        "assessment": "Assessment",
        "conversation": "Conversation",
    }


class Trigger(Resource):
    """Why an escalation policy is called."""

    code: str
    """Code. The set grows: decline a code you do not know.

    - `classified`: an interaction was classified.
    - `sla-at-risk`, `sla-breached`: a share of a target, or all of it,
      is used up; once each.
    - `customer-returned`: the conversation was reopened, or its contact
      started it within the company's window for the same agent.
    - `declined`: the only agent who fits declined it or let its offer
      time out.
    - `silent-agent`: its owner has not answered the customer within the
      company's limit.
    - `wake-up`: an escalation requested a call at this time.
    - `volume-surge`, `reach-surge`: many interactions are about one
      subject, or few reach many people.
    """
    at: U64
    """When it fired: the time of the decision."""
    conversation: Conversation | None
    """The conversation; absent for a surge over many."""
    clock: str | None
    """For SLA triggers, the clock: `first-response`, `next-response` or
    `resolution`; otherwise absent.
    """
    due_at: U64 | None
    """For SLA triggers, when the target is or was due; for `wake-up`, the
    requested time; otherwise absent.
    """
    subject: str | None
    """For surges, the topic or intent; for `wake-up`, the name given in the
    request, absent without one; otherwise absent.
    """
    agent: str | None
    """For `declined`, the agent who declined or let the offer time out; for
    `silent-agent`, the silent agent; otherwise absent.
    """
    count: U64 | None
    """For `volume-surge`, interactions in the window; for `reach-surge`,
    people who see them; for `declined`, offers that failed since the
    conversation last had an owner; otherwise absent.
    """
    usual: float | None
    """For surges, the usual count in a window of the same length; otherwise
    absent.
    """
    window_seconds: U32 | None
    """For surges, length of the window in seconds; otherwise absent."""

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "code",
            "at",
            "conversation",
            "clock",
            "due_at",
            "subject",
            "agent",
            "count",
            "usual",
            "window_seconds",
        )
    )
    _view: ClassVar[frozenset[str]] = frozenset(
        (
            "code",
            "at",
            "clock",
            "due_at",
            "subject",
            "agent",
            "count",
            "usual",
            "window_seconds",
        )
    )
    _resources: ClassVar[dict[str, str]] = {
        "conversation": "Conversation",
    }


class Agent(Resource):
    """A person who answers customers."""

    id: str
    """The company's identifier of the agent."""
    name: str | None
    """Display name; absent where the company stores none."""
    skills: list[Skill]
    """All skills, sorted by name; at most 64."""
    languages: list[str]
    """Languages spoken (BCP 47), sorted; at most 64."""
    presence: str
    """`available`, `busy`, `away` or `offline`. Presence is not capacity.
    An agent who let an offer time out and has not returned since is `away`.
    """
    load: U32
    """Capacity in use, open offers included. By default a call takes 100, a
    chat 25. May exceed `capacity`.
    """
    capacity: U32
    """Total capacity, 100 by default."""
    idle_seconds: U32 | None
    """Seconds since the agent last accepted or finished a conversation;
    absent where the agent has not worked yet.
    """
    queues: list[str]
    """Queues the agent is a member of, sorted; at most 256."""
    teams: list[str]
    """Teams, sorted; at most 64."""
    site: str | None
    """Site; absent where the company stores none."""

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "name",
            "skills",
            "languages",
            "presence",
            "load",
            "capacity",
            "idle_seconds",
            "queues",
            "teams",
            "site",
        )
    )

    def proficiency(self, skill: str) -> U8 | None:
        """Proficiency in one skill, 1 to 5; absent without the skill."""
        value: U8 | None = self._host.proficiency(skill)
        return value


class Queue(Resource):
    """A queue of conversations waiting for an agent."""

    id: str
    """The company's identifier of the queue."""
    is_default: bool
    """Whether conversations without a route go here."""
    skills: list[Skill]
    """Minimum proficiency of its members, sorted by skill."""
    waiting: U32
    """Number of conversations waiting in it; offered ones are not counted."""
    longest_wait_seconds: U32 | None
    """Seconds the oldest of them has waited; absent where none waits."""
    is_open: bool
    """Whether its business hours are open at the time of the decision;
    true where it has none.
    """
    hours: str | None
    """Name of its business hours, for the functions of `clock`; absent
    where it has none and is open round the clock.
    """
    opens_at: U64 | None
    """When it opens next; absent while it is open, and where it does not
    open within 366 days.
    """
    closes_at: U64 | None
    """When it closes next; absent while it is closed, and where it does
    not close within 366 days.
    """

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "is_default",
            "skills",
            "waiting",
            "longest_wait_seconds",
            "is_open",
            "hours",
            "opens_at",
            "closes_at",
        )
    )


class Article(Resource):
    """One approved answer."""

    id: str
    """The company's identifier of the article."""
    title: str
    """Title, in the article's language."""
    text: str
    """The approved wording."""
    intents: list[str]
    """Intents it answers, sorted; at most 64."""
    language: str | None
    """Language (BCP 47); absent where it serves every language."""
    never_say: list[str]
    """Phrases an answer on this subject must not use, for example an
    expired refund window; at most 64.
    """

    _fields: ClassVar[frozenset[str]] = frozenset(
        (
            "id",
            "title",
            "text",
            "intents",
            "language",
            "never_say",
        )
    )


__all__ = [
    "Agent",
    "Article",
    "Assessment",
    "Attachment",
    "Contact",
    "Conversation",
    "Draft",
    "Interaction",
    "Queue",
    "Trigger",
]
