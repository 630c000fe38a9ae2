"""Checks an answer as the host does."""

from __future__ import annotations

import re
from typing import Any

from ..answer_check import check_of
from ..codes import ActionKind, SlaClock, TargetKind
from ..problems import Problems
from ..records import Classification, Escalation, Finding, Review, RoutePlan, Step, Target, Verdict
from ..resources import Draft, Interaction

_CODE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_PROSE, _MESSAGE, _ID, _CODE_BYTES, _LANGUAGE_BYTES = 4096, 1024, 256, 64, 35
_STEP_SECONDS, _SLA_SECONDS, _OFFER_SECONDS = 604_800, 31_622_400, 86_400

Answer = Classification | RoutePlan | Review | Escalation


def validate(answer: Answer, subject: Interaction | Draft | None = None) -> list[tuple[str, str]]:
    """Place and message of everything that the host would reject: codes, ranges, lengths, and spans on
    character boundaries of the subject's text. Empty: the answer is valid. Whether the queues,
    agents and targets it names exist is checked by the host only.
    """
    check_of(type(answer))(answer, type(answer).__name__)
    found = _Found()
    text = "" if subject is None else subject.text
    match answer:
        case Classification():
            _classification(found, answer, text)
        case RoutePlan():
            _route_plan(found, answer)
        case Review():
            _review(found, answer, text)
        case Escalation():
            _escalation(found, answer)
    found.text("/why", answer.why, _PROSE)
    return [(one.path, one.message) for one in found.problems]


class _Found:
    def __init__(self) -> None:
        self.problems = Problems()

    def count(self, path: str, items: list[Any], most: int) -> None:
        if len(items) > most:
            self.problems.add(path, f"has {len(items)} entries; at most {most} are allowed")

    def code(self, path: str, code: str) -> None:
        if not _CODE.fullmatch(code) or len(code) > _CODE_BYTES:
            self.problems.add(path, f"is {code!r}; it must be a code in kebab-case, at most 64 bytes")

    def language(self, path: str, tag: str) -> None:
        if not _LANGUAGE.fullmatch(tag) or len(tag) > _LANGUAGE_BYTES:
            self.problems.add(path, f"is {tag!r}, which is no language tag (BCP 47)")

    def range(self, path: str, value: float | None, least: float, most: float) -> None:
        # Also false for a number that is none.
        if value is not None and not least <= value <= most:
            self.problems.add(path, f"is {value}; it must be {least} to {most}")

    def text(self, path: str, text: str | None, most: int) -> None:
        if text is not None and len(text.encode()) > most:
            self.problems.add(path, f"has {len(text.encode())} bytes; at most {most} are allowed")

    def span(self, path: str, text: str, start: int, end: int) -> None:
        data = text.encode()
        inside = [data[at] for at in (start, end) if at < len(data)]
        boundary = not any(0x80 <= byte < 0xC0 for byte in inside)
        if not start < end <= len(data) or not boundary:
            self.problems.add(
                path, f"is bytes {start} to {end}, which is no passage of the text; see byte_range"
            )

    def unknown(self, path: str, code: str, known: Any) -> None:
        if code not in list(known):
            self.problems.add(path, f"is {code!r}; the contract knows {', '.join(known)}")


def _classification(found: _Found, answer: Classification, text: str) -> None:
    found.count("/intents", answer.intents, 64)
    for index, intent in enumerate(answer.intents):
        found.code(f"/intents/{index}/name", intent.name)
        found.range(f"/intents/{index}/confidence", intent.confidence, 0, 1)
    found.count("/topics", answer.topics, 64)
    for index, topic in enumerate(answer.topics):
        found.code(f"/topics/{index}", topic)
    found.range("/sentiment", answer.sentiment, -1, 1)
    found.range("/urgency", answer.urgency, 0, 100)
    found.range("/spam", answer.spam, 0, 1)
    found.range("/abuse", answer.abuse, 0, 1)
    if answer.language is not None:
        found.language("/language", answer.language)
    found.count("/personal-data", answer.personal_data, 64)
    for index, one in enumerate(answer.personal_data):
        found.code(f"/personal-data/{index}/kind", one.kind)
        found.span(f"/personal-data/{index}", text, one.start, one.end)


def _route_plan(found: _Found, answer: RoutePlan) -> None:
    _target(found, answer.target)
    found.count("/steps", answer.steps, 16)
    for index, step in enumerate(answer.steps):
        _step(found, f"/steps/{index}", step)
    found.count("/preferences", answer.preferences, 64)
    for index, one in enumerate(answer.preferences):
        found.range(f"/preferences/{index}/score", one.score, 0, 100)
        found.text(f"/preferences/{index}/agent", one.agent, _ID)
    found.count("/excluded", answer.excluded, 64)
    if answer.target.kind == TargetKind.AGENT and answer.target.id in answer.excluded:
        found.problems.add("/excluded", "has the agent it goes to")
    found.range("/priority", answer.priority, 0, 100)
    found.range("/offer-timeout", answer.offer_timeout, 1, _OFFER_SECONDS)
    for index, sla in enumerate(answer.sla):
        found.unknown(f"/sla/{index}/clock", sla.clock, SlaClock)
        found.range(f"/sla/{index}/seconds", sla.seconds, 1, _SLA_SECONDS)
    if len({one.clock for one in answer.sla}) < len(answer.sla):
        found.problems.add("/sla", "names a clock twice")
    found.count("/tags", answer.tags, 64)
    for index, tag in enumerate(answer.tags):
        found.code(f"/tags/{index}", tag)


def _target(found: _Found, target: Target) -> None:
    found.unknown("/target/kind", target.kind, TargetKind)
    waits = target.kind in (TargetKind.AGENT, TargetKind.HOLD)
    if target.kind in (TargetKind.QUEUE, TargetKind.AGENT) and target.id is None:
        found.problems.add("/target/id", "is missing; it says which queue or agent")
    given = {"queue": target.queue, "until": target.until, "while-away": target.while_away or None}
    for name, value in given.items():
        if value is not None and not waits:
            found.problems.add(f"/target/{name}", "is given; only the kinds agent and hold have it")


def _step(found: _Found, path: str, step: Step) -> None:
    found.count(f"{path}/skills", step.skills, 32)
    for index, skill in enumerate(step.skills):
        found.code(f"{path}/skills/{index}/name", skill.name)
        found.range(f"{path}/skills/{index}/proficiency", skill.proficiency, 1, 5)
    found.count(f"{path}/languages", step.languages, 32)
    for index, tag in enumerate(step.languages):
        found.language(f"{path}/languages/{index}", tag)
    found.range(f"{path}/expires-after", step.expires_after, 1, _STEP_SECONDS)


def _review(found: _Found, answer: Review, text: str) -> None:
    found.count("/findings", answer.findings, 64)
    for index, finding in enumerate(answer.findings):
        _finding(found, f"/findings/{index}", finding, text)
    found.count("/approvers", answer.approvers, 8)
    if answer.approvers and answer.verdict != Verdict.HOLD:
        found.problems.add("/approvers", "is given; only the verdict hold has approvers")


def _finding(found: _Found, path: str, finding: Finding, text: str) -> None:
    found.code(f"{path}/code", finding.code)
    found.text(f"{path}/message", finding.message, _MESSAGE)
    found.text(f"{path}/suggestion", finding.suggestion, _PROSE)
    if finding.start is not None and finding.end is not None:
        found.span(path, text, finding.start, finding.end)
    elif finding.start is not None or finding.end is not None:
        found.problems.add(path, "has only one of start and end")


def _escalation(found: _Found, answer: Escalation) -> None:
    found.count("/actions", answer.actions, 32)
    for index, action in enumerate(answer.actions):
        path = f"/actions/{index}"
        found.unknown(f"{path}/kind", action.kind, ActionKind)
        found.range(f"{path}/priority", action.priority, 0, 100)
        found.text(f"{path}/message", action.message, _PROSE)
        if action.kind == ActionKind.NOTIFY and action.target is None:
            found.problems.add(f"{path}/target", "is missing; it names a target of the company file")
        if action.kind == ActionKind.RAISE_PRIORITY and action.priority is None:
            found.problems.add(f"{path}/priority", "is missing")
        if (action.kind == ActionKind.WAKE_UP) != (action.at is not None):
            found.problems.add(f"{path}/at", "must be given for wake-up, and for no other kind")
