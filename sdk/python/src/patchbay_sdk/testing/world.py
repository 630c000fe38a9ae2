"""A simulated host."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from .. import log, source
from ..records import AgentSummary, Level, Query, Scope, SummaryPage, TableView1
from ..resources import Agent, Article, Interaction, Queue
from .examples import NOON
from .memory import Memory

_PRESENT = ("available", "busy")


class World:
    """A simulated host: answers a policy's calls for agents, queues, approved answers, history, time
    and state. It grants everything; `patchbay test` shows whether `pack.toml` requests the grants
    that a policy needs.

    Use it as a context: `with World(now=NOON) as world:`. State stays, so a test can change `now`
    and decide again.
    """

    def __init__(
        self,
        *,
        now: int = NOON,
        settings: Mapping[str, Any] | None = None,
        open_hours: Mapping[str, bool | Sequence[tuple[int, int]]] | None = None,
        agents: Sequence[Agent] = (),
        queues: Sequence[Queue] = (),
        articles: Sequence[Article] = (),
        conversation_history: Sequence[Interaction] = (),
        contact_history: Sequence[Interaction] = (),
        random: Sequence[int] = (),
        tables: Mapping[str, Sequence[Sequence[str]]] | None = None,
        data: Mapping[str, bytes] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """`open_hours` are business hours by name: always open (True), never, or times from and up
        to. `random` are the numbers that are drawn, again and again; by default a counter.
        `tables` are rows, the first of them the names of the columns, the first column the keys.
        `attributes` are what the company's CRM says about the contact, by name.
        """
        self.now = now
        """Time of the decision."""
        self.lines: list[str] = []
        """Lines the policy logged: `info: three words matched`."""
        self.memory = Memory(self)
        """State the policy stored."""
        self.agents = _Agents(list(agents), list(queues))
        self.interactions = _Interactions(conversation_history, contact_history)
        self.contacts = _Contacts(dict(attributes or {}))
        self.knowledge = _Knowledge(list(articles))
        self.state = self.memory
        self.clock = _Clock(self, dict(open_hours or {}))
        self.random = _Random(list(random))
        self.data = _Data(dict(tables or {}), dict(data or {}))
        self.settings = _Settings(json.dumps(settings or {}))
        self.log = _Log(self.lines)
        self._outer: Any = None

    def __enter__(self) -> Self:
        self._outer, source.host = source.host, self
        log.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        source.host = self._outer

    def value(self, scope: Scope, key: str) -> bytes | None:
        """Value of a key, as the policy would read it."""
        return self.memory.get(scope, key)

    def counter(self, scope: Scope, key: str) -> int:
        """Value of a counter, as the policy would read it."""
        return self.memory.counter(scope, key)


@dataclass
class _AgentPage:
    items: list[Agent]
    total: int
    truncated: bool


@dataclass
class _InteractionPage:
    items: list[Interaction]
    truncated: bool


@dataclass
class _Match:
    article: Article
    score: float


class _Agents:
    def __init__(self, agents: list[Agent], queues: list[Queue]) -> None:
        self._agents = agents
        self._queues = {queue.id: queue for queue in queues}

    def find(self, query: Query) -> _AgentPage:
        found = self._found(query)
        limit = min(query.limit, 64)
        return _AgentPage(found[:limit], len(found), len(found) > limit)

    def find_summaries(self, query: Query) -> SummaryPage:
        page = self.find(query)
        items = [
            AgentSummary(
                one.id,
                one.presence,
                one.load,
                one.capacity,
                one.idle_seconds,
                bytes(one.proficiency(skill.name) or 0 for skill in query.skills),
            )
            for one in page.items
        ]
        return SummaryPage(items, page.total, page.truncated)

    def count(self, query: Query) -> int:
        return len(self._found(query))

    def get(self, id: str) -> Agent | None:
        return next((one for one in self._agents if one.id == id), None)

    def get_queue(self, id: str) -> Queue | None:
        return self._queues.get(id)

    def queue_ids(self) -> list[str]:
        return sorted(self._queues)

    def _found(self, query: Query) -> list[Agent]:
        found = [one for one in self._agents if self._fits(one, query)]
        # The longest idle first, those who have not worked yet last.
        return sorted(found, key=lambda one: -1 if one.idle_seconds is None else one.idle_seconds)[::-1]

    def _fits(self, agent: Agent, query: Query) -> bool:
        return (
            all((agent.proficiency(one.name) or 0) >= one.proficiency for one in query.skills)
            and (query.language is None or _speaks(agent, query.language))
            and (query.queue is None or self._is_member(agent, query.queue))
            and (query.team is None or query.team in agent.teams)
            and (query.site is None or query.site == agent.site)
            and (not query.present or agent.presence in _PRESENT)
        )

    def _is_member(self, agent: Agent, id: str) -> bool:
        if agent.queues:
            return id in agent.queues
        queue = self._queues.get(id)
        skills = [] if queue is None else queue.skills
        return queue is not None and all(
            (agent.proficiency(one.name) or 0) >= one.proficiency for one in skills
        )


def _speaks(agent: Agent, language: str) -> bool:
    wanted = language.lower()
    spoken = [one.lower() for one in agent.languages]
    return any(one == wanted or one.startswith(f"{wanted}-") for one in spoken)


class _Interactions:
    def __init__(
        self, conversation: Sequence[Interaction], contact: Sequence[Interaction]
    ) -> None:
        self._conversation = _newest_first(conversation)
        self._contact = _newest_first(contact)

    def of_conversation(self, limit: int) -> _InteractionPage:
        return _first(self._conversation, limit)

    def of_contact(self, limit: int) -> _InteractionPage:
        return _first(self._contact, limit)


def _newest_first(history: Sequence[Interaction]) -> list[Interaction]:
    return sorted(history, key=lambda one: -one.received_at)


def _first(history: list[Interaction], limit: int) -> _InteractionPage:
    limit = min(limit, 64)
    return _InteractionPage(history[:limit], len(history) > limit)


class _Knowledge:
    def __init__(self, articles: list[Article]) -> None:
        self._articles = articles

    def search(self, text: str, limit: int) -> list[_Match]:
        """Articles by the share of the words that they have."""
        words = set(text.lower().split())
        found = []
        for article in self._articles:
            common = words & set(f"{article.title} {article.text}".lower().split())
            if common:
                found.append(_Match(article, len(common) / len(words)))
        return sorted(found, key=lambda one: -one.score)[: min(limit, 64)]

    def for_intent(self, intent: str) -> list[Article]:
        return [one for one in self._articles if intent in one.intents][:64]


class _Clock:
    def __init__(
        self, world: World, hours: dict[str, bool | Sequence[tuple[int, int]]]
    ) -> None:
        self._world = world
        self._hours = hours

    def now(self) -> int:
        return self._world.now

    def is_open(self, hours: str, at: int) -> bool | None:
        spans = self._spans(hours)
        return None if spans is None else any(start <= at < end for start, end in spans)

    def opens_at(self, hours: str, at: int) -> int | None:
        if self.is_open(hours, at) is not False:
            return None
        return min((start for start, _ in self._spans(hours) or [] if start > at), default=None)

    def closes_at(self, hours: str, at: int) -> int | None:
        spans = self._spans(hours) or []
        return next((end for start, end in spans if start <= at < end and end < 2**63), None)

    def after_working_time(self, hours: str, at: int, seconds: int) -> int | None:
        left = seconds * 1000
        for start, end in self._spans(hours) or []:
            begin = max(start, at)
            if begin < end and end - begin >= left:
                return begin + left
            left -= max(0, end - begin)
        return None

    def _spans(self, hours: str) -> list[tuple[int, int]] | None:
        spans = self._hours.get(hours)
        if spans is None:
            return None
        if isinstance(spans, bool):
            return [(0, 2**63)] if spans else []
        return sorted(spans)


class _Random:
    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers
        self._drawn = 0

    def next(self) -> int:
        self._drawn += 1
        return self._numbers[(self._drawn - 1) % len(self._numbers)] if self._numbers else self._drawn


class _Contacts:
    def __init__(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes

    def attribute(self, name: str) -> str | None:
        return self._attributes.get(name)

    def attribute_names(self) -> list[str]:
        return sorted(self._attributes)


class _Data:
    def __init__(self, tables: dict[str, Sequence[Sequence[str]]], data: dict[str, bytes]) -> None:
        self._views = {
            name: TableView1(rows[0][0], list(rows[0][1:]), len(rows) - 1)
            for name, rows in tables.items()
        }
        self._rows = {
            name: {row[0]: list(row[1:]) for row in rows[1:]} for name, rows in tables.items()
        }
        self._data = data

    def table(self, name: str) -> TableView1 | None:
        return self._views.get(name)

    def get(self, table: str, key: str) -> list[str] | None:
        return self._rows[table].get(key)

    def get_many(self, table: str, keys: list[str]) -> list[list[str] | None]:
        return [self.get(table, key) for key in keys]

    def size(self, name: str) -> int | None:
        found = self._data.get(name)
        return None if found is None else len(found)

    def read(self, name: str, offset: int, length: int) -> bytes:
        return self._data[name][offset : offset + min(length, 65_536)]


class _Settings:
    def __init__(self, text: str) -> None:
        self._text = text

    def get(self) -> str:
        return self._text


class _Log:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, level: Level, message: str) -> None:
        self._lines.append(f"{level.name.lower()}: {message}")
