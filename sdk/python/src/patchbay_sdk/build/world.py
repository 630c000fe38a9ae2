"""The world of a component: what it imports, and the stages it exports."""

from __future__ import annotations

import re

from .sources import SDK

WORLDS = {
    "classify": ("classification", "classifier"),
    "route": ("routing", "router"),
    "tone": ("tone", "tone-checker"),
    "escalate": ("escalation", "escalator"),
}
"""The package and the world of each stage."""


def world_of(stages: list[str]) -> str:
    """The world `guest` in WIT."""
    included = [WORLDS[stage] for stage in stages] + [("lifecycle", "prepared")]
    lines = [f"  include patchbay:{package}/{world}@{_version(package)};" for package, world in included]
    return "package patchbay:guest;\nworld guest {\n" + "\n".join(lines) + "\n}\n"


def interfaces() -> list[str]:
    """Every interface of the contract, as Python spells its name."""
    texts = [file.read_text() for file in sorted((SDK / "wit").rglob("*.wit"))]
    names = [name for text in texts for name in re.findall(r"^interface ([a-z0-9-]+)", text, re.MULTILINE)]
    return sorted({name.replace("-", "_") for name in names})


def _version(package: str) -> str:
    for file in (SDK / "wit" / package).glob("*.wit"):
        found = re.search(rf"^package patchbay:{package}@([^;]+);", file.read_text(), re.MULTILINE)
        if found:
            return found[1]
    raise FileNotFoundError(f"the SDK has no package {package} of the contract")
