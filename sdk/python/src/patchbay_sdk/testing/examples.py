"""What a policy reads, for tests. Every value that is left out is absent or as documented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..records import Intent, Skill
from ..resources import (
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

NOON = 1_767_268_800_000
"""Time of every example: 2026-01-01T12:00:00Z."""


class _Attributes:
    """What an example of an interaction answers to a call with a parameter."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        self._attributes = attributes

    def attribute(self, name: str) -> str | None:
        return self._attributes.get(name)


class _Skills:
    """What an example of an agent answers to a call with a parameter."""

    def __init__(self, skills: Mapping[str, int]) -> None:
        self._skills = skills

    def proficiency(self, skill: str) -> int | None:
        return self._skills.get(skill)


def attachment(
    kind: str, *, name: str | None = None, media_type: str | None = None, size: int | None = None
) -> Attachment:
    """A file of this kind."""
    return Attachment(None, kind=kind, name=name, media_type=media_type, size=size)


def contact(
    *,
    id: str | None = None,
    address: str | None = None,
    name: str | None = None,
    reach: int | None = None,
    verified: bool | None = None,
    recent_interactions: int = 1,
    last_agent: str | None = None,
) -> Contact:
    """A contact, by default one that the company does not know."""
    return Contact(
        None,
        id=id,
        address=address,
        name=name,
        reach=reach,
        verified=verified,
        recent_interactions=recent_interactions,
        last_agent=last_agent,
    )


def interaction(
    channel: str,
    text: str,
    *,
    id: str = "example",
    direction: str = "inbound",
    visibility: str = "private",
    account: str | None = None,
    language: str | None = None,
    received_at: int = NOON,
    author: Contact | None = None,
    in_reply_to: str | None = None,
    attachments: Sequence[Attachment] = (),
    attributes: Mapping[str, str] | None = None,
) -> Interaction:
    """An interaction, by default an inbound and private one of an unknown contact."""
    attributes = attributes or {}
    return Interaction(
        _Attributes(attributes),
        id=id,
        channel=channel,
        text=text,
        direction=direction,
        visibility=visibility,
        account=account,
        language=language,
        received_at=received_at,
        author=author or contact(),
        in_reply_to=in_reply_to,
        attachments=list(attachments),
        attribute_names=sorted(attributes),
    )


def assessment(
    *,
    intents: Mapping[str, float] | None = None,
    topics: Sequence[str] = (),
    sentiment: float | None = None,
    urgency: int | None = None,
    language: str | None = None,
    spam: float | None = None,
    abuse: float | None = None,
    reply_expected: bool | None = None,
    personal_data_kinds: Sequence[str] = (),
) -> Assessment:
    """A classification; `intents` are names with their confidence."""
    found = [Intent(name, confidence) for name, confidence in (intents or {}).items()]
    return Assessment(
        None,
        intents=sorted(found, key=lambda one: -one.confidence),
        topics=list(topics),
        sentiment=sentiment,
        urgency=urgency,
        language=language,
        spam=spam,
        abuse=abuse,
        reply_expected=reply_expected,
        personal_data_kinds=sorted(personal_data_kinds),
    )


def conversation(
    latest: Interaction,
    *,
    id: str = "example",
    state: str = "queued",
    cause: str = "new",
    created_at: int = NOON,
    interaction_count: int = 1,
    contact: Contact | None = None,
    assessment: Assessment | None = None,
    queue: str | None = None,
    owner: str | None = None,
    last_agent: str | None = None,
    priority: int = 0,
    tags: Sequence[str] = (),
    unanswered_since: int | None = NOON,
    reply_window_ends: int | None = None,
    incident: str | None = None,
) -> Conversation:
    """A conversation with its newest interaction, by default a new one without a route."""
    return Conversation(
        None,
        id=id,
        channel=latest.channel,
        state=state,
        cause=cause,
        created_at=created_at,
        interaction_count=interaction_count,
        latest=latest,
        contact=contact or latest.author,
        assessment=assessment,
        queue=queue,
        owner=owner,
        last_agent=last_agent,
        priority=priority,
        tags=sorted(tags),
        unanswered_since=unanswered_since,
        reply_window_ends=reply_window_ends,
        incident=incident,
    )


def draft(
    channel: str,
    text: str,
    *,
    id: str = "example",
    visibility: str = "private",
    written_by: str = "human",
    agent: str | None = None,
    attachments: Sequence[Attachment] = (),
    answers: Interaction | None = None,
    assessment: Assessment | None = None,
    conversation: Conversation | None = None,
    length: int | None = None,
    length_limit: int | None = None,
    composing: bool = False,
) -> Draft:
    """A draft, by default a private one that answers nothing and is complete."""
    return Draft(
        None,
        id=id,
        channel=channel,
        text=text,
        visibility=visibility,
        written_by=written_by,
        agent=agent,
        attachments=list(attachments),
        answers=answers,
        assessment=assessment,
        conversation=conversation,
        length=len(text) if length is None else length,
        length_limit=length_limit,
        composing=composing,
    )


def trigger(
    code: str,
    *,
    at: int = NOON,
    conversation: Conversation | None = None,
    clock: str | None = None,
    due_at: int | None = None,
    subject: str | None = None,
    agent: str | None = None,
    count: int | None = None,
    usual: float | None = None,
    window_seconds: int | None = None,
) -> Trigger:
    """A trigger with this code."""
    return Trigger(
        None,
        code=code,
        at=at,
        conversation=conversation,
        clock=clock,
        due_at=due_at,
        subject=subject,
        agent=agent,
        count=count,
        usual=usual,
        window_seconds=window_seconds,
    )


def agent(
    id: str,
    *,
    name: str | None = None,
    skills: Mapping[str, int] | None = None,
    languages: Sequence[str] = (),
    presence: str = "available",
    load: int = 0,
    capacity: int = 100,
    idle_seconds: int | None = None,
    queues: Sequence[str] = (),
    teams: Sequence[str] = (),
    site: str | None = None,
) -> Agent:
    """An agent, by default one who is available and has nothing to do."""
    skills = skills or {}
    return Agent(
        _Skills(skills),
        id=id,
        name=name,
        skills=_skills(skills),
        languages=sorted(languages),
        presence=presence,
        load=load,
        capacity=capacity,
        idle_seconds=idle_seconds,
        queues=sorted(queues),
        teams=sorted(teams),
        site=site,
    )


def queue(
    id: str,
    *,
    is_default: bool = False,
    skills: Mapping[str, int] | None = None,
    waiting: int = 0,
    longest_wait_seconds: int | None = None,
    is_open: bool = True,
    hours: str | None = None,
    opens_at: int | None = None,
    closes_at: int | None = None,
) -> Queue:
    """A queue, by default an empty one that is always open."""
    values: dict[str, Any] = {"is_default": is_default, "skills": _skills(skills or {})}
    return Queue(
        None,
        id=id,
        waiting=waiting,
        longest_wait_seconds=longest_wait_seconds,
        is_open=is_open,
        hours=hours,
        opens_at=opens_at,
        closes_at=closes_at,
        **values,
    )


def article(
    id: str,
    text: str,
    *,
    title: str = "",
    intents: Sequence[str] = (),
    language: str | None = None,
    never_say: Sequence[str] = (),
) -> Article:
    """An approved answer."""
    return Article(
        None,
        id=id,
        title=title,
        text=text,
        intents=sorted(intents),
        language=language,
        never_say=list(never_say),
    )


def _skills(skills: Mapping[str, int]) -> list[Skill]:
    return [Skill(name, proficiency) for name, proficiency in sorted(skills.items())]
