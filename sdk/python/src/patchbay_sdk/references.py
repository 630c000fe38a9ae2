"""Texts of settings that name something of the company: the host checks them when a company file is
applied, and suggests the nearest name for a misspelt one.

A dataclass of settings uses them as types: `fraud: QueueRef`, `skills: dict[SkillRef, str]`.
"""

from typing import Annotated


class Reference:
    """What a text names."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


QueueRef = Annotated[str, Reference("queue")]
"""A queue of the company file."""
AgentRef = Annotated[str, Reference("agent")]
"""An agent; one that the company file lacks is a warning, since agents also come from the roster."""
TeamRef = Annotated[str, Reference("team")]
"""A team of agents; as for agents."""
SkillRef = Annotated[str, Reference("skill")]
"""A skill of agents or queues; as for agents."""
TargetRef = Annotated[str, Reference("target")]
"""A target of the company file, for replies and notices."""
HoursRef = Annotated[str, Reference("hours")]
"""Business hours of the company file."""
ChannelRef = Annotated[str, Reference("channel")]
"""A channel: a code the host knows, or one with a table in the company file."""
