"""Reading settings, and their schema."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Literal

import pytest

from patchbay_sdk import Bounds, QueueRef, SettingsError, SkillRef
from patchbay_sdk.settings import read
from patchbay_sdk.settings_schema import schema_of


class Night(Enum):
    """What to do at night."""

    QUEUE = "queue"
    NEXT_SITE = "next-site"


@dataclass(frozen=True)
class Tier:
    """A tier of customers."""

    queue: QueueRef
    """Queue of the tier."""
    priority: Annotated[int, Bounds(0, 100)] = 50


@dataclass(frozen=True)
class Settings:
    """What a company can set."""

    tiers: dict[str, Tier]
    """Tiers by their names,
    in any order.
    """
    urgent_reach: int | None = None
    """Followers from which a post is urgent."""
    night: Night = Night.QUEUE
    mode: Literal["strict", "loose"] = "strict"
    skills: dict[SkillRef, list[str]] = field(default_factory=dict)
    share: float = 0.5


def problems(text: str) -> str:
    with pytest.raises(SettingsError) as error:
        read(Settings, text)
    return str(error.value)


def test_valid_settings_are_read() -> None:
    settings = read(
        Settings,
        '{"tiers": {"gold": {"queue": "vip"}}, "urgent-reach": 9, "night": "next-site", "share": 1}',
    )
    assert settings.tiers["gold"] == Tier("vip", 50)
    assert (settings.urgent_reach, settings.night, settings.share) == (9, Night.NEXT_SITE, 1.0)


def test_every_problem_has_its_place() -> None:
    assert problems('{"tiers": {"a/b~c": {"queue": 3, "priority": 101}}, "nigth": "queue"}') == (
        "/tiers/a~1b~0c/queue: is 3, but must be a text; "
        "/tiers/a~1b~0c/priority: is 101, but must be at most 100; "
        "/nigth: unknown name; expected `tiers`, `urgent-reach`, `night`, `mode`, `skills`, `share`"
    )
    assert problems('{"tiers": {"gold": {}}}') == "/tiers/gold: `queue` is missing"
    assert problems("{}") == "`tiers` is missing"
    assert problems("[]") == "is [], but must be a table"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ('"urgent-reach": true', "/urgent-reach: is true, but must be a whole number"),
        ('"urgent-reach": 1.5', "/urgent-reach: is 1.5, but must be a whole number"),
        ('"night": "day"', "/night: is \"day\", but must be one of 'queue', 'next-site'"),
        ('"mode": 1', "/mode: is 1, but must be one of 'strict', 'loose'"),
        ('"skills": {"fraud": "x"}', '/skills/fraud: is "x", but must be a list'),
        ('"share": "half"', '/share: is "half", but must be a number'),
    ],
)
def test_a_value_of_another_type_is_a_problem(value: str, problem: str) -> None:
    assert problems(f'{{"tiers": {{}}, {value}}}') == problem


def test_the_schema_has_types_texts_defaults_and_references() -> None:
    assert schema_of(Settings) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings",
        "description": "What a company can set.",
        "type": "object",
        "additionalProperties": False,
        "required": ["tiers"],
        "properties": {
            "tiers": {
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/Tier"},
                "description": "Tiers by their names, in any order.",
            },
            "urgent-reach": {
                "anyOf": [{"type": "integer"}, {"type": "null"}],
                "default": None,
                "description": "Followers from which a post is urgent.",
            },
            "night": {"type": "string", "enum": ["queue", "next-site"], "default": "queue"},
            "mode": {"enum": ["strict", "loose"], "default": "strict"},
            "skills": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "propertyNames": {"type": "string", "x-patchbay-ref": "skill"},
                "default": {},
            },
            "share": {"type": "number", "default": 0.5},
        },
        "$defs": {
            "Tier": {
                "type": "object",
                "additionalProperties": False,
                "description": "A tier of customers.",
                "required": ["queue"],
                "properties": {
                    "queue": {
                        "type": "string",
                        "x-patchbay-ref": "queue",
                        "description": "Queue of the tier.",
                    },
                    "priority": {"type": "integer", "minimum": 0, "maximum": 100, "default": 50},
                },
            }
        },
    }


def test_a_type_that_settings_cannot_have_is_named() -> None:
    @dataclass
    class Wrong:
        names: set[str]

    with pytest.raises(TypeError, match=r"settings cannot have the type set\[str\]"):
        schema_of(Wrong)
    with pytest.raises(TypeError, match="of several types, one may be None"):

        @dataclass
        class Several:
            one: int | str

        schema_of(Several)
