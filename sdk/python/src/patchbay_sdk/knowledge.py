"""The company's approved answers. Needs the grant `knowledge`."""

from __future__ import annotations

from dataclasses import dataclass

from . import source
from .resources import Article


@dataclass(slots=True)
class Match:
    """An article and how well it matched."""

    article: Article
    """The article."""
    score: float
    """Relevance, above 0; comparable within one search only."""


def search(text: str, limit: int = 64) -> list[Match]:
    """Articles that match the words of a text, best first; at most 64."""
    found = source.current().knowledge.search(text, limit)
    return [Match(Article.wrap(one.article), one.score) for one in found]


def for_intent(intent: str) -> list[Article]:
    """Articles written for an intent, in the company's order; at most 64."""
    return [Article.wrap(one) for one in source.current().knowledge.for_intent(intent)]
