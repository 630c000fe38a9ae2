"""Earlier interactions of the conversation and of the contact. Needs the grant `interactions`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import source
from .resources import Interaction


@dataclass(slots=True)
class Page:
    """The newest part of a history."""

    items: list[Interaction]
    """Interactions, newest first; at most 64."""
    truncated: bool
    """Whether the history holds more."""

    def __iter__(self) -> Iterator[Interaction]:
        return iter(self.items)


def of_conversation(limit: int = 64) -> Page:
    """Interactions of this decision's conversation, newest first, the current one included."""
    return _page(source.current().interactions.of_conversation(limit))


def of_contact(limit: int = 64) -> Page:
    """Interactions of this decision's contact on every channel, newest first, the current one
    included.
    """
    return _page(source.current().interactions.of_contact(limit))


def _page(page: Any) -> Page:
    return Page([Interaction.wrap(one) for one in page.items], page.truncated)
