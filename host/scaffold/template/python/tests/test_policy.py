"""Tests of the policy, without the sandbox."""

//# escalate
from patchbay_sdk import TriggerCode, testing
//# not escalate
from patchbay_sdk import testing
//# end

from policy import {{type}}
//# classify


def test_a_configured_word_gives_its_intent() -> None:
    policy = testing.prepare({{type}}, {"words": {"money back": "refund"}})
    message = testing.interaction("x", "I want my MONEY BACK")
    answer = policy.classify(message)
    assert answer is not None and answer.intents[0].name == "refund"
    assert testing.validate(answer, message) == []


def test_a_word_in_capitals_is_rejected() -> None:
    problems = testing.settings_problems({{type}}, {"words": {"REFUND": "refund"}})
    assert problems == [("/words/REFUND", "must be in lower case")]
//# route


def test_a_customer_who_returns_goes_to_the_queue() -> None:
    policy = testing.prepare({{type}}, {"queue": "care"})
    chat = testing.conversation(testing.interaction("chat", "Hello again"), cause="reopened")
    plan = policy.route(chat)
    assert plan is not None and plan.target.id == "care"
//# tone


def test_a_reply_in_capitals_must_be_revised() -> None:
    policy = testing.prepare({{type}})
    review = policy.check_tone(testing.draft("chat", "READ THE MANUAL"))
    assert review is not None and review.findings[0].suggestion == "read the manual"
//# escalate


def test_a_late_conversation_gets_priority() -> None:
    policy = testing.prepare({{type}})
    answer = policy.escalate(testing.trigger(TriggerCode.SLA_BREACHED))
    assert answer is not None and answer.actions[0].priority == 80
//# end


def test_the_schema_is_up_to_date() -> None:
    # After a change of `Settings`: patchbay build --update-schema
    testing.schema_matches({{type}})
