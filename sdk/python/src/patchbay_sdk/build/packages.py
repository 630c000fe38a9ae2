"""The packages in a component, for its bill of materials."""

from __future__ import annotations

import hashlib
from importlib.metadata import Distribution, distribution
from typing import Any

from .lock import owners_of
from .requirements import Requirements
from .sources import Sources

_INSTALLER = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
"""Files of a package's metadata that the installer writes, not the package."""


def packages_of(sources: Sources, requirements: Requirements) -> list[dict[str, Any]]:
    """Name, version, licence and digests of every package whose modules the component has, of the
    SDK, and of the tool, which brings the Python interpreter.
    """
    names = {"patchbay-sdk", "componentize-py"}
    names.update(name for name, _ in owners_of(sources.packaged).values())
    return [_package(name, requirements) for name in sorted(names)]


def _package(name: str, requirements: Requirements) -> dict[str, Any]:
    installed = distribution(name)
    about: Any = installed.metadata
    locked = requirements.get(name)
    archives = locked.hashes if locked else []
    return {
        "name": name,
        "version": installed.version,
        "licence": about.get("License-Expression") or about.get("License"),
        "archives": archives,
        "files": None if archives else files_digest(installed),
    }


def files_digest(package: Distribution) -> str | None:
    """SHA-256 of the sorted lines `PATH,sha256=DIGEST` of the files that a package brought, from what
    the installer recorded; none where it recorded no digests.
    """
    lines = []
    for file in package.files or []:
        is_own = ".." not in file.parts and file.suffix != ".pyc"
        if is_own and file.name not in _INSTALLER and file.hash is not None:
            lines.append(f"{file.as_posix()},{file.hash.mode}={file.hash.value}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() if lines else None
