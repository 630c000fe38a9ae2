"""The company's agents and queues. Needs the grant `agents`: without it a call ends the decision with
the outcome `denied`.

Every call of one decision reads the same snapshot: two calls agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import source
from .records import Query, SummaryPage
from .resources import Agent, Queue


@dataclass(slots=True)
class Page:
    """The first agents of a search, longest idle first."""

    items: list[Agent]
    """At most 64 agents."""
    total: int
    """Number of agents that match."""
    truncated: bool
    """Whether more match than `items` holds."""

    def __iter__(self) -> Iterator[Agent]:
        return iter(self.items)


def find(query: Query) -> Page:
    """Agents that match, longest idle first, agents who have not worked yet last; at most 64."""
    page = source.current().agents.find(query)
    return Page([Agent.wrap(one) for one in page.items], page.total, page.truncated)


def find_summaries(query: Query) -> SummaryPage:
    """The agents of `find` as plain data, in one call of the host. Use it where identifier,
    presence, load and proficiency are enough: each attribute of an `Agent` is a call of its own.
    """
    page: SummaryPage = source.current().agents.find_summaries(query)
    return page


def count(query: Query) -> int:
    """Number of agents that match; ignores the query's limit."""
    number: int = source.current().agents.count(query)
    return number


def get(id: str) -> Agent | None:
    """The agent with this id; None where there is none."""
    agent = source.current().agents.get(id)
    return None if agent is None else Agent.wrap(agent)


def queue(id: str) -> Queue | None:
    """The queue with this id; None where there is none."""
    queue = source.current().agents.get_queue(id)
    return None if queue is None else Queue.wrap(queue)


def queue_ids() -> list[str]:
    """Ids of all queues, sorted; at most 256."""
    ids: list[str] = source.current().agents.queue_ids()
    return ids
