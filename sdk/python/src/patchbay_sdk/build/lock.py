"""Whether the installed packages are those that a project's `requirements.txt` pins."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_ADVICE = "run `.venv/bin/pip install -r requirements.txt`"


def pins_of(requirements: Path) -> dict[str, str]:
    """The pinned version of each package of the file."""
    pins = {}
    for line in requirements.read_text().splitlines():
        found = _PIN.match(line.strip())
        if found:
            pins[found[1]] = found[2]
    return pins


def hashes_of(requirements: Path) -> dict[str, list[str]]:
    """The SHA-256 hashes of each package of the file."""
    hashes: dict[str, list[str]] = {}
    name = None
    for line in requirements.read_text().splitlines():
        pin = _PIN.match(line.strip())
        if pin:
            name = pin[1]
        elif line and not line[0].isspace():
            name = None
        if name:
            hashes.setdefault(name, []).extend(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return hashes


def check_lock(requirements: Path) -> str | None:
    """What differs from the file, with the command that helps."""
    if not requirements.is_file():
        return f"there is no {requirements}; `patchbay new --language python` writes one to start from"
    pins = pins_of(requirements)
    if "componentize-py" not in pins:
        return f"{requirements} does not pin componentize-py; add it with its hashes"
    for name, pinned in pins.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            return f"the package {name} is not installed; {_ADVICE}"
        if installed != pinned:
            return f"{name} {installed} is installed, but requirements.txt pins {pinned}; {_ADVICE}"
    return None
