"""Checks of answers, before the host sees them."""

import pytest

from patchbay_sdk import (
    Action,
    Classification,
    Escalation,
    Finding,
    Intent,
    PersonalData,
    Review,
    RoutePlan,
    Severity,
    SlaTarget,
    Step,
    Target,
    Verdict,
    byte_range,
    testing,
)
from patchbay_sdk.answer_check import check_of


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Classification(None), "answer.why is None (NoneType); it must be a str"),  # type: ignore[arg-type]
        (
            Classification("", urgency=300),
            "answer.urgency is 300 (int); it must be an int from 0 to 255",
        ),
        (
            Classification("", intents=[("refund", 0.9)]),  # type: ignore[list-item]
            "answer.intents[0] is ('refund', 0.9) (tuple); it must be of the class Intent",
        ),
        (
            Classification("\ud800"),
            "answer.why is '\\ud800' (str); it must be without halves of characters (surrogates)",
        ),
        (Classification("", spam=True), "answer.spam is True (bool); it must be a number"),
        (Classification("", topics="refund"), "answer.topics is 'refund' (str); it must be a list"),  # type: ignore[arg-type]
    ],
)
def test_a_field_of_another_type_is_named(answer: Classification, problem: str) -> None:
    with pytest.raises(TypeError) as error:
        check_of(Classification)(answer, "answer")
    assert str(error.value) == problem


def test_an_answer_of_another_kind_is_named() -> None:
    with pytest.raises(TypeError, match="it must be of the class RoutePlan"):
        check_of(RoutePlan)({"target": "vip"}, "route")


def test_valid_answers_have_no_problems() -> None:
    text = "É o meu mail: ana@example.com"
    start, end = byte_range(text, 14, len(text))
    assert text.encode()[start:end] == b"ana@example.com"
    message = testing.interaction("x", text)
    answer = Classification(
        "", intents=[Intent("a.b-c", 1)], personal_data=[PersonalData("email", start, end)]
    )
    assert testing.validate(answer, message) == []
    plan = RoutePlan(Target("queue", id="vip"), "", steps=[Step(languages=["pt-BR"])])
    assert testing.validate(plan) == []
    assert testing.validate(Review(Verdict.HOLD, "", approvers=["legal"])) == []
    assert testing.validate(Escalation("", actions=[Action("raise-priority", priority=9)])) == []


def test_everything_that_the_host_rejects_is_listed() -> None:
    message = testing.interaction("x", "É")
    answer = Classification(
        "", intents=[Intent("Refund", 1.5)], sentiment=-2, personal_data=[PersonalData("email", 1, 2)]
    )
    assert [path for path, _ in testing.validate(answer, message)] == [
        "/intents/0/name",
        "/intents/0/confidence",
        "/sentiment",
        "/personal-data/0",
    ]
    plan = RoutePlan(
        Target("queue", until=5), "", sla=[SlaTarget("first", 0)], priority=101, excluded=["x"] * 65
    )
    assert [path for path, _ in testing.validate(plan)] == [
        "/target/id",
        "/target/until",
        "/excluded",
        "/priority",
        "/sla/0/clock",
        "/sla/0/seconds",
    ]
    finding = Finding("tone", Severity.LOW, "m" * 1025, start=3)
    review = Review(Verdict.BLOCK, "", findings=[finding], approvers=["legal"])
    assert [path for path, _ in testing.validate(review)] == [
        "/findings/0/message",
        "/findings/0",
        "/approvers",
    ]
    escalation = Escalation("w" * 4097, actions=[Action("notify", at=5), Action("shout")])
    assert [path for path, _ in testing.validate(escalation)] == [
        "/actions/0/target",
        "/actions/0/at",
        "/actions/1/kind",
        "/why",
    ]
