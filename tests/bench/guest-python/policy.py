"""The measured policy, as in `guest/src/lib.rs`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from patchbay_sdk import (
    Classification,
    Conversation,
    Intent,
    Interaction,
    Policy,
    Preference,
    Problems,
    Query,
    RoutePlan,
    Skill,
    Step,
    Target,
    TargetKind,
    agents,
)

_WORD = re.compile("[a-z]+")


@dataclass(frozen=True)
class IntentSettings:
    """Intents and their queues."""

    name: str
    phrases: list[str]
    queue: str
    skill: str
    proficiency: int


@dataclass(frozen=True)
class Settings:
    """The words of a company."""

    intents: list[IntentSettings]
    urgent: list[str]
    mood: dict[str, int]
    default_queue: str
    idle: bool = False
    """Decline, to measure the host's own work."""


class BenchPolicy(Policy[Settings]):
    def prepare(self, problems: Problems) -> None:
        self.by_name = {rule.name: rule for rule in self.settings.intents}

    def classify(self, interaction: Interaction) -> Classification | None:
        settings = self.settings
        if settings.idle:
            return None
        text = interaction.text.lower()
        intents = []
        for rule in settings.intents:
            hits = sum(phrase in text for phrase in rule.phrases)
            if hits:
                intents.append(Intent(rule.name, min(95, 40 + 20 * hits) / 100))
        intents.sort(key=lambda intent: intent.confidence, reverse=True)
        urgent = sum(phrase in text for phrase in settings.urgent)
        mood = sum(settings.mood.get(word, 0) for word in _WORD.findall(text))
        return Classification(
            "found " + ", ".join(intent.name for intent in intents),
            intents=intents,
            sentiment=max(-1.0, min(1.0, mood / 10)),
            urgency=min(100, 10 + 25 * urgent),
        )

    def route(self, conversation: Conversation) -> RoutePlan | None:
        assessment = conversation.assessment
        if assessment is None:
            return None
        intents = assessment.intents
        rule = self.by_name.get(intents[0].name) if intents else None
        if rule is None:
            return RoutePlan(_queue(self.settings.default_queue), "no intent found")
        sentiment, urgency = assessment.sentiment or 0.0, assessment.urgency or 0
        skills = [Skill(rule.skill, rule.proficiency)]
        found = agents.find_summaries(Query(skills=skills, present=True, limit=4))
        tags = []
        if sentiment < -0.5:
            tags.append("unhappy")
        if urgency >= 60:
            tags.append("urgent")
        return RoutePlan(
            _queue(rule.queue),
            f"asks for {rule.name}",
            steps=[
                Step(skills=skills, expires_after=60 if urgency >= 60 else 180),
                Step(skills=[Skill(rule.skill, 1)]),
            ],
            preferences=[
                Preference(agent.id, min(100, agent.proficiencies[0] * 15 + (100 - agent.load) // 4))
                for agent in found.items
                if agent.load < 90
            ],
            priority=min(100, urgency + (15 if sentiment < -0.3 else 0)),
            tags=tags,
        )


def _queue(id: str) -> Target:
    return Target(TargetKind.QUEUE, id=id)
