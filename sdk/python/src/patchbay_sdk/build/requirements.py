"""The packages that a project's `requirements.txt` names."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*==\s*(?P<version>[^\s,;*]+)$")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WHEEL = re.compile(r"(?:.*/)?(?P<name>[^/-]+)-(?P<version>[^/-]+)-[^/]+\.whl$")
_HASH = re.compile(r"\s--hash[= ]sha256:([0-9a-f]{64})\b")
_OPTION = re.compile(r"\s--[a-z].*$")
_COMMENT = re.compile(r"(^|\s)#.*$")


class RequirementsError(Exception):
    """What is wrong with the file, or with what is installed, and what would be right."""


@dataclass
class Requirement:
    """A package, as one line of the file names it."""

    name: str
    """In its normal form."""
    line: int
    text: str
    """What stands there, without digests."""
    version: str | None
    """The one version that it may have; none where the line allows several."""
    hashes: list[str] = field(default_factory=list)
    """SHA-256 digests of its archives, of which one is installed."""


class Requirements:
    """The packages of a file that apply to this Python and this machine."""

    def __init__(self, file: Path, packages: dict[str, Requirement]) -> None:
        self.file = file
        self.packages = packages

    @classmethod
    def read(cls, file: Path) -> Requirements:
        """Raises `RequirementsError` where there is no file, for lines that pip would not install either,
        and for markers that cannot be evaluated here.
        """
        if not file.is_file():
            raise RequirementsError(
                f"there is no {file}; `patchbay new --language python` writes one to start from"
            )
        packages: dict[str, Requirement] = {}
        for number, line in _lines(file):
            requirement = _requirement(file.name, number, line)
            if requirement is None:
                continue
            other = packages.setdefault(requirement.name, requirement)
            if other.version != requirement.version:
                raise RequirementsError(
                    f"{file.name}:{number}: `{requirement.text}` and `{other.text}` of line {other.line} "
                    "both apply here; keep one"
                )
        return cls(file, packages)

    def get(self, name: str) -> Requirement | None:
        """The line of a package, however its name is written."""
        return self.packages.get(normal_name(name))

    @property
    def has_hashes(self) -> bool:
        """Whether pip checks digests: it then demands them of every package."""
        return any(package.hashes for package in self.packages.values())


def normal_name(name: str) -> str:
    """The form in which two spellings of a package's name are equal."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _lines(file: Path) -> list[tuple[int, str]]:
    """Lines without comments, each with its number; continued lines are one."""
    lines: list[tuple[int, str]] = []
    start, text = 0, ""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        start = start if text else number
        line = _COMMENT.sub("", line).strip() if not line.rstrip().endswith("\\") else line.strip()
        text += line.removesuffix("\\") + " "
        if not line.endswith("\\"):
            if text.strip():
                lines.append((start, text.strip()))
            text = ""
    if text.strip():
        lines.append((start, text.strip()))
    return lines


def _requirement(file: str, line: int, text: str) -> Requirement | None:
    """The package of a line; none where it is an option of pip, or its marker is false here."""
    hashes = _HASH.findall(text)
    text = _OPTION.sub("", text).strip()
    if text.startswith("-"):
        return None
    text, _, marker = (part.strip() for part in text.partition(";"))
    if marker and not _applies(file, line, marker):
        return None
    wheel = _WHEEL.match(text)
    if wheel:
        return Requirement(normal_name(wheel["name"]), line, text, wheel["version"], hashes)
    name = _NAME.match(text)
    if not name:
        raise RequirementsError(
            f"{file}:{line}: `{text}` names no package; write NAME==VERSION, or the path of a wheel"
        )
    pin = _PIN.match(text)
    return Requirement(normal_name(name[0]), line, text, pin and pin["version"], hashes)


def _applies(file: str, line: int, marker: str) -> bool:
    """Whether an environment marker is true here, as pip evaluates it."""
    before = set(sys.modules)
    try:
        markers = _packaging()
        return bool(markers.Marker(marker).evaluate())
    except ImportError:
        raise RequirementsError(
            f"{file}:{line}: the marker `{marker}` cannot be evaluated, since this environment has no pip; "
            "install pip into it, or write the packages of one machine"
        ) from None
    except ValueError as error:
        raise RequirementsError(f"{file}:{line}: the marker `{marker}` is invalid: {error}") from None
    finally:
        # A policy may import the same package: it must not seem to belong to this program.
        for name in set(sys.modules) - before:
            del sys.modules[name]


def _packaging() -> Any:
    """What pip itself evaluates markers with."""
    try:
        return import_module("pip._vendor.packaging.markers")
    except ImportError:
        return import_module("packaging.markers")
