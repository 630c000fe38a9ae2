"""Values and a simulated host for a policy's own tests, outside of the sandbox.

    from patchbay_sdk import testing

    from policy import Refunds


    def test_money_back_is_a_refund() -> None:
        policy = testing.prepare(Refunds, {"words": ["money back"]})
        answer = policy.classify(testing.interaction("x", "I want my money back"))
        assert answer is not None and answer.intents[0].name == "refund"

`World` answers the calls of the host:

    with testing.World(agents=[testing.agent("ana", skills={"vip": 4})]) as world:
        plan = policy.route(testing.conversation(testing.interaction("chat", "Hello?")))
"""

from .answers import validate
from .examples import (
    NOON,
    agent,
    article,
    assessment,
    attachment,
    contact,
    conversation,
    draft,
    interaction,
    queue,
    trigger,
)
from .prepare import prepare, settings_problems
from .schema import schema_matches
from .world import World

__all__ = [
    "NOON",
    "World",
    "agent",
    "article",
    "assessment",
    "attachment",
    "contact",
    "conversation",
    "draft",
    "interaction",
    "prepare",
    "queue",
    "schema_matches",
    "settings_problems",
    "trigger",
    "validate",
]
