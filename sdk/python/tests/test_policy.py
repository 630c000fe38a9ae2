"""Policies, what they read, and the simulated host."""

import logging
from types import ModuleType

import pytest

from patchbay_sdk import (
    Classification,
    Contact,
    Conversation,
    Intent,
    Interaction,
    NoSettings,
    Policy,
    PolicyError,
    Problems,
    Query,
    RoutePlan,
    RouteCause,
    Scope,
    SettingsError,
    Skill,
    Target,
    agents,
    clock,
    data,
    contacts,
    interactions,
    knowledge,
    random,
    state,
    testing,
)
from patchbay_sdk.failure import describe
from patchbay_sdk.policy import policy_of


class Refunds(Policy[NoSettings]):
    """Classifies requests for money back."""

    def classify(self, interaction: Interaction) -> Classification | None:
        if "money back" not in interaction.text.lower():
            return None
        return Classification("Asks for money back.", intents=[Intent("refund", 0.9)])

    def route(self, conversation: Conversation) -> RoutePlan | None:
        raise PolicyError("no table of queues")


def test_a_policy_has_the_stages_it_defines() -> None:
    assert Refunds.stages() == ["classify", "route"]
    assert Refunds.settings_type() is NoSettings


def test_a_policy_without_a_type_of_settings_is_told_what_to_write() -> None:
    class Bare(Policy):  # type: ignore[type-arg]
        pass

    with pytest.raises(TypeError, match=r"class Bare\(Policy\[Settings\]\)"):
        Bare.settings_type()


def test_a_module_has_one_policy() -> None:
    module = ModuleType("policy")
    with pytest.raises(TypeError, match="it defines none"):
        policy_of(module)
    for name in ("One", "Two"):
        setattr(module, name, type(name, (Policy,), {"__module__": "policy"}))
    with pytest.raises(TypeError, match="it defines One, Two"):
        policy_of(module)


def test_a_policy_decides_in_a_plain_test() -> None:
    policy = testing.prepare(Refunds)
    answer = policy.classify(testing.interaction("x", "MONEY BACK!"))
    assert answer is not None and answer.intents == [Intent("refund", 0.9)]
    assert (answer.urgency, answer.topics) == (None, [])
    assert policy.classify(testing.interaction("x", "Hello")) is None


def test_settings_that_a_policy_rejects_are_an_error() -> None:
    class Strict(Policy[NoSettings]):
        def prepare(self, problems: Problems) -> None:
            problems.add("/words", "must not be empty")

    with pytest.raises(SettingsError, match="/words: must not be empty"):
        testing.prepare(Strict)
    assert testing.settings_problems(Strict, {"x": 1}) == [
        ("/x", "unknown name; expected no names")
    ]


def test_examples_have_the_values_they_are_given() -> None:
    message = testing.interaction(
        "x",
        "Hi",
        author=testing.contact(reach=9, id="c1"),
        attributes={"table": "4"},
        attachments=[testing.attachment("image", size=10)],
    )
    chat = testing.conversation(message, cause=RouteCause.REOPENED)
    assert (chat.contact.reach, chat.latest.text, chat.cause) == (9, "Hi", "reopened")
    assert (message.attribute("table"), message.attribute("x")) == ("4", None)
    assert message.attachments[0].size == 10
    with pytest.raises(AttributeError, match="Interaction has no 'txt'"):
        message.txt  # type: ignore[attr-defined]


def test_the_second_attribute_is_read_with_all_others_in_one_call() -> None:
    class View:
        def __getattr__(self, name: str) -> str:
            return f"{name} of the view"

    class Host:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def __getattr__(self, name: str) -> object:
            def call() -> object:
                self.calls.append(name)
                return View() if name == "read" else name

            return call

    host = Host()
    message = Interaction(host)
    assert (message.text, message.text) == ("text", "text")
    assert host.calls == ["text"]
    assert message.channel == "channel of the view"
    assert message.visibility == "visibility of the view"
    assert isinstance(message.author, Contact)
    assert host.calls == ["text", "read", "author"]


def test_agents_are_found_by_every_condition() -> None:
    ana = testing.agent("ana", skills={"fraud": 4}, languages=["pt-BR"], idle_seconds=5)
    bo = testing.agent("bo", skills={"fraud": 2}, presence="away", idle_seconds=50)
    new = testing.agent("new", skills={"fraud": 5})
    fraud = testing.queue("fraud", skills={"fraud": 3})
    with testing.World(agents=[new, ana, bo], queues=[fraud]):
        assert [one.id for one in agents.find(Query())] == ["bo", "ana", "new"]
        assert agents.count(Query(skills=[Skill("fraud", 3)])) == 2
        assert agents.count(Query(language="pt")) == 1
        assert agents.count(Query(present=True)) == 2
        assert agents.count(Query(queue="fraud")) == 2
        summary = agents.find_summaries(Query(skills=[Skill("fraud", 1)], limit=1))
        assert (summary.items[0].id, summary.total, summary.truncated) == ("bo", 3, True)
        assert list(summary.items[0].proficiencies) == [2]
        found = agents.get("ana")
        assert found is not None and found.proficiency("fraud") == 4
        assert agents.get("nobody") is None and agents.queue("none") is None
        assert agents.queue_ids() == ["fraud"]


def test_state_expires_and_windows_end() -> None:
    with testing.World() as world:
        state.set(Scope.CONTACT, "key", "value", expires_after=10)
        state.add_windowed(Scope.CONTACT, "complaints", 2, 10)
        state.add(Scope.CONTACT, "complaints")
        assert state.text(Scope.CONTACT, "key") == "value"
        assert world.counter(Scope.CONTACT, "complaints") == 3
        world.now += 10 * clock.SECOND
        assert state.get(Scope.CONTACT, "key") is None
        assert state.counter(Scope.CONTACT, "complaints") == 1
        state.set(Scope.CONVERSATION, "key", b"\xff")
        assert state.text(Scope.CONVERSATION, "key") is None
        state.remove("key")
        assert world.value(Scope.CONVERSATION, "key") is None
        with pytest.raises(MemoryError):
            state.add(Scope.COMPANY, "k" * 129)


def test_business_hours_history_answers_and_random_numbers_are_simulated() -> None:
    hour = clock.HOUR
    old = testing.interaction("x", "old", received_at=1)
    new = testing.interaction("x", "new", received_at=2)
    article = testing.article("a1", "Refunds take five days", intents=["refund"])
    with testing.World(
        now=2 * hour,
        open_hours={"office": [(3 * hour, 5 * hour)], "never": False},
        contact_history=[old, new],
        articles=[article],
        random=[7],
        attributes={"tier": "gold", "language": "pt"},
    ):
        assert clock.is_open("office", clock.now()) is False
        assert clock.opens_at("office", clock.now()) == 3 * hour
        assert clock.closes_at("office", 4 * hour) == 5 * hour
        assert clock.after_working_time("office", clock.now(), 3600) == 4 * hour
        assert clock.is_open("unknown", 0) is None and clock.opens_at("never", 0) is None
        assert [one.text for one in interactions.of_contact()] == ["new", "old"]
        assert interactions.of_contact(1).truncated
        assert knowledge.search("refunds", 5)[0].article.id == "a1"
        assert [one.id for one in knowledge.for_intent("refund")] == ["a1"]
        assert random.below(5) == 2
        assert contacts.attribute("tier") == "gold" and contacts.attribute("Tier") is None
        assert contacts.attribute_names() == ["language", "tier"]
    assert clock.utc(testing.NOON).isoformat() == "2026-01-01T12:00:00+00:00"


def test_lines_of_logging_are_stored_with_the_decision() -> None:
    with testing.World() as world:
        logging.getLogger("care").info("%d words matched", 3)
        logging.getLogger("care").warning("unusual")
    logging.getLogger("care").error("after the decision")
    assert world.lines == ["info: 3 words matched", "warn: unusual"]


def test_rows_and_bytes_of_the_pack_are_read() -> None:
    rows = [["customer", "tier", "manager"], ["17", "gold", "ana"], ["18", "basic", ""]]
    with testing.World(tables={"tiers": rows}, data={"model": b"0123456789"}):
        tiers = data.table("tiers")
        assert (tiers.key, tiers.columns, tiers.row_count) == ("customer", ("tier", "manager"), 2)
        assert tiers.get("17") == {"tier": "gold", "manager": "ana"}
        assert tiers.get("19") is None
        many = tiers.get_many(["18", *["19"] * 100])
        assert (many[0], many[1], len(many)) == ({"tier": "basic", "manager": ""}, None, 101)
        assert data.read("model", 8, 5) == b"89" and data.size("model") == 10
        with pytest.raises(PolicyError, match="no table 'tier'"):
            data.table("tier")
        with pytest.raises(PolicyError, match="no bytes 'tiers'"):
            data.size("tiers")


def test_a_call_without_a_host_says_what_to_do() -> None:
    with pytest.raises(RuntimeError, match=r"testing\.World"):
        clock.now()


def test_a_failure_names_the_reason_and_its_cause() -> None:
    try:
        try:
            int("gold")
        except ValueError as error:
            raise PolicyError("no such tier") from error
    except PolicyError as error:
        assert describe(error).startswith("no such tier; caused by ")
        assert "ValueError: invalid literal" in describe(error)
