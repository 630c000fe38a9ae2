"""The packages in a component, for its bill of materials."""

from __future__ import annotations

from importlib.metadata import metadata, packages_distributions, version
from pathlib import Path
from typing import Any

from .lock import hashes_of
from .sources import Sources


def packages_of(sources: Sources, requirements: Path) -> list[dict[str, Any]]:
    """Name, version, licence and digests of every package whose modules the component has, of the
    SDK, and of the tool, which brings the Python interpreter.
    """
    hashes = hashes_of(requirements)
    of_module = packages_distributions()
    names = {"patchbay-sdk", "componentize-py"}
    for module in sources.modules:
        names.update(of_module.get(module.split(".")[0], []))
    return [_package(name, hashes.get(name, [])) for name in sorted(names)]


def _package(name: str, archives: list[str]) -> dict[str, Any]:
    about: Any = metadata(name)
    licence = about.get("License-Expression") or about.get("License")
    return {"name": name, "version": version(name), "licence": licence, "archives": archives}
