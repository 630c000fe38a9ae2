"""The policy, without the sandbox."""

from collections.abc import Mapping
from typing import Any

import pytest

from patchbay_sdk import Draft, Interaction, PolicyError, TriggerCode, Verdict, testing

from policy import CustomerTiers

SETTINGS: Mapping[str, Any] = {
    "tiers": {
        "gold": {
            "queue": "vip",
            "queues-by-language": {"pt": "vip-pt"},
            "priority": 80,
            "vip": True,
            "notify": "account-office",
            "queue-when-late": "duty",
        },
        "standard": {"queue": "general", "language-minutes": 0},
    },
    "contracts": {
        "premium": {"first-response-minutes": 15, "resolution-minutes": 240},
        "basic": {"forbidden": ["on-site visit", "full refund"], "instead": "see your contract"},
        "legal": {"forbidden": ["guaranteed"], "approvers": ["legal"]},
    },
    "customers": {
        "c-1": {"tier": "gold", "contract": "premium", "manager": "ana"},
        "jo@example.com": {"tier": "standard", "contract": "basic"},
        "c-3": {"tier": "standard", "contract": "legal"},
    },
}


def policy() -> CustomerTiers:
    return testing.prepare(CustomerTiers, SETTINGS)


def message(**contact: Any) -> Interaction:
    return testing.interaction("email", "Hello?", author=testing.contact(**contact))


def draft(text: str, **contact: Any) -> Draft:
    chat = testing.conversation(message(**contact))
    return testing.draft("email", text, conversation=chat)


def test_a_customer_is_routed_by_tier_language_and_contract() -> None:
    chat = testing.conversation(message(id="c-1"), assessment=testing.assessment(language="pt-BR"))
    plan = policy().route(chat)
    assert plan is not None and testing.validate(plan) == []
    assert (plan.target.id, plan.priority, plan.tags) == ("vip-pt", 80, ["tier-gold"])
    assert [(one.clock, one.seconds) for one in plan.sla] == [
        ("first-response", 900),
        ("resolution", 14_400),
    ]
    assert (plan.steps[0].languages, plan.steps[0].expires_after) == (["pt"], 300)
    assert plan.preferences[0].agent == "ana"


def test_the_crm_says_the_tier_of_a_customer_that_the_settings_lack() -> None:
    for attributes, queue in [
        ({"tier": "gold", "contract": "premium"}, "vip"),
        ({"tier": "platinum", "contract": "premium"}, None),
        ({"tier": "gold"}, None),
    ]:
        with testing.World(attributes=attributes, tables={"customers": [["customer"]]}):
            plan = policy().route(testing.conversation(message(id="c-9")))
        assert (plan.target.id if plan else None) == queue


def test_a_customer_is_found_by_address_in_any_case() -> None:
    plan = policy().route(testing.conversation(message(address=" Jo@Example.com")))
    assert plan is not None and plan.target.id == "general" and plan.steps == []


ROWS = [
    ["customer", "tier", "contract", "manager"],
    ["c-7", "gold", "premium", "ana"],
    ["desk@initech.example", "standard", "basic", ""],
    ["c-8", "platinum", "premium", ""],
]


def test_others_are_left_to_the_next_policy() -> None:
    with testing.World(tables={"customers": ROWS}):
        assert policy().route(testing.conversation(message(id="c-9"))) is None
        assert policy().check_tone(draft("A full refund", id="c-9")) is None
        assert policy().route(testing.conversation(message())) is None


def test_a_customer_of_the_table_is_found() -> None:
    with testing.World(tables={"customers": ROWS}):
        plan = policy().route(testing.conversation(message(id="c-7")))
        assert plan is not None and plan.preferences[0].agent == "ana"
        plan = policy().route(testing.conversation(message(id="x", address="Desk@Initech.example")))
        assert plan is not None and plan.tags == ["tier-standard"] and plan.preferences == []
        with pytest.raises(PolicyError, match="names the tier 'platinum', which the settings lack"):
            policy().route(testing.conversation(message(id="c-8")))


def test_a_vip_who_waits_is_escalated() -> None:
    late = testing.trigger(TriggerCode.SLA_BREACHED, conversation=testing.conversation(message(id="c-1")))
    escalation = policy().escalate(late)
    assert escalation is not None and testing.validate(escalation) == []
    assert [one.kind for one in escalation.actions] == ["raise-priority", "notify", "re-route"]
    standard = testing.conversation(message(address="jo@example.com"))
    assert policy().escalate(testing.trigger(TriggerCode.SLA_BREACHED, conversation=standard)) is None
    assert policy().escalate(testing.trigger(TriggerCode.VOLUME_SURGE)) is None


def test_a_promise_that_the_contract_excludes_is_found() -> None:
    reply = draft("Olá! É claro: an ON-SITE  visit and a full refund.", address="jo@example.com")
    review = policy().check_tone(reply)
    assert review is not None and testing.validate(review, reply) == []
    assert (review.verdict, len(review.findings)) == (Verdict.REVISE, 2)
    first = review.findings[0]
    assert reply.text.encode()[first.start : first.end].decode() == "ON-SITE  visit"
    assert first.suggestion == "see your contract"
    held = policy().check_tone(draft("Guaranteed!", id="c-3"))
    assert held is not None and (held.verdict, held.approvers) == (Verdict.HOLD, ["legal"])
    part = policy().check_tone(draft("A fuller refund", address="jo@example.com"))
    assert part is not None and part.verdict == Verdict.APPROVE


def test_names_that_do_not_exist_are_problems_with_the_nearest() -> None:
    settings = {
        **SETTINGS,
        "customers": {"c-1": {"tier": "glod", "contract": "x"}, "Jo@x": {"tier": "gold", "contract": "basic"}},
        "tier-of-others": "gold",
    }
    assert testing.settings_problems(CustomerTiers, settings) == [
        ("/customers/c-1/tier", "there is no tier 'glod'; did you mean 'gold'?"),
        ("/customers/c-1/contract", "there is no contract 'x'"),
        ("/customers/Jo@x", "must be in lower case: it is an address"),
        ("/contract-of-others", "is missing: customers that the table lacks need both or none"),
    ]


def test_paths_are_json_pointers_and_messages_repeat_no_address() -> None:
    entry = {"tier": "jo@example.com", "contract": "basic"}
    settings = {
        **SETTINGS,
        "tiers": {**SETTINGS["tiers"], "a/b~c": {"queue": "general"}},
        "contracts": {**SETTINGS["contracts"], "x/y": {"forbidden": [" "]}},
        "customers": {"c/1~2": entry},
    }
    assert testing.settings_problems(CustomerTiers, settings) == [
        ("/tiers/a~1b~0c", "is no code: use a-z, 0-9 and hyphens"),
        ("/customers/c~11~02/tier", "must be the name of a tier and not an address"),
        ("/contracts/x~1y/forbidden/0", "must not be empty"),
    ]
    rows = [ROWS[0], ["c-7", "jo@example.com", "premium", ""]]
    with testing.World(tables={"customers": rows}):
        with pytest.raises(PolicyError, match="names an address as tier, which the settings lack"):
            policy().route(testing.conversation(message(id="c-7")))


def test_the_schema_is_up_to_date() -> None:
    # After a change of the settings: patchbay build --update-schema
    testing.schema_matches(CustomerTiers)
