"""What a company can set: tiers, contracts, and the customers it knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from patchbay_sdk import AgentRef, Bounds, QueueRef, TargetRef, TeamRef

Priority = Annotated[int, Bounds(0, 100)]
Minutes = Annotated[int, Bounds(1, 527_040)]


@dataclass(frozen=True)
class Tier:
    """How customers of a tier are served."""

    queue: QueueRef
    """Queue of the tier."""
    queues_by_language: dict[str, QueueRef] = field(default_factory=dict)
    """Queues of languages (two letters) that the tier has a queue of its own for."""
    priority: Priority = 50
    """Priority of their conversations."""
    language_minutes: Annotated[int, Bounds(0, 10_080)] = 5
    """Minutes in which only agents who speak the customer's language are offered the conversation;
    0: everybody in the queue at once.
    """
    vip: bool = False
    """Whether a customer of the tier who waits is escalated."""
    priority_when_late: Priority = 95
    """Priority of a VIP who waits."""
    notify: TargetRef | None = None
    """Who is notified of a VIP who has waited too long."""
    queue_when_late: QueueRef | None = None
    """Queue to which a VIP moves who has waited too long."""


@dataclass(frozen=True)
class Contract:
    """What a contract promises, and what may not be promised under it."""

    first_response_minutes: Minutes | None = None
    """Minutes of working time to the first reply; by default the queue's."""
    next_response_minutes: Minutes | None = None
    """Minutes of working time to the next replies; by default the queue's."""
    resolution_minutes: Minutes | None = None
    """Minutes of working time to the solution; by default the queue's."""
    forbidden: list[str] = field(default_factory=list)
    """Promises that a reply must not make, such as "on-site visit"; case does not matter."""
    instead: str | None = None
    """What an agent writes instead."""
    approvers: list[TeamRef] = field(default_factory=list)
    """Teams that must approve a reply with such a promise; by default the agent rewrites it."""


@dataclass(frozen=True)
class CustomerEntry:
    """What the company knows of a customer."""

    tier: str
    """Name of the tier."""
    contract: str
    """Name of the contract."""
    manager: AgentRef | None = None
    """Agent who is offered their conversations first."""


@dataclass(frozen=True)
class Settings:
    """Tiers, contracts and customers."""

    tiers: dict[str, Tier]
    """Tiers by their names, codes in kebab-case."""
    contracts: dict[str, Contract]
    """Contracts by their names."""
    customers: dict[str, CustomerEntry] = field(default_factory=dict)
    """Customers by the company's identifier of the contact, or by an address in lower case."""
    tier_of_others: str | None = None
    """Tier of customers that the table lacks; by default other policies route them."""
    contract_of_others: str | None = None
    """Contract of customers that the table lacks."""
