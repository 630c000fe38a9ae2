"""Makes a component of the sources of a policy, with componentize-py."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from . import start_library
from .binary_format import name, section
from .cache import ComponentCache
from .component_failure import BuildFailure
from .memory_image import KNOWN_TOOL, UnknownLayout, without_differences
from .sources import SDK, Sources
from .stubs import with_sorted_stubs
from .world import interfaces, world_of

APP = "patchbay_component"
"""The module that componentize-py is given."""

EXPORTS = {
    "classify": ("Classification", "classify"),
    "route": ("Routing", "route"),
    "tone": ("Tone", "check"),
    "escalate": ("Escalation", "escalate"),
}
"""The class and the method that the runtime calls for each stage."""

SCHEMA_SECTION = "patchbay-settings-schema"
"""Custom section of a component with the JSON Schema of the settings."""

_TOOL = "from componentize_py import script; script()"


def build_component(
    sources: Sources, module: str, stages: list[str], schema: str, output: Path, quiet: bool
) -> None:
    """Writes the component to a file."""
    app, world = _app(module, stages), world_of(stages)
    digest = sources.digest([app, world, schema, *_toolchain(), *_contract()])
    cache = ComponentCache.of_user()
    component = cache.get(digest)
    if component is None:
        if not quiet:
            print("   Snapshot of the interpreter with the policy, about 15 s", file=sys.stderr)
        component = _componentize(sources, app, world) + _schema_section(schema)
        cache.put(digest, component)
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f"{output.name}.{os.getpid()}")
    temporary.write_bytes(component)
    temporary.replace(output)


def _toolchain() -> list[str]:
    """What makes a component of the sources: componentize-py, and this package of the SDK."""
    files = sorted((SDK / "build").rglob("*.py"))
    texts = [
        text
        for file in files
        for text in (file.relative_to(SDK).as_posix(), file.read_text(encoding="utf-8"))
    ]
    return [version("componentize-py"), _sdk_version(), *texts]


def _sdk_version() -> str:
    """The version of the SDK; empty where it is not installed but imported from its sources."""
    try:
        return version("patchbay-sdk")
    except PackageNotFoundError:
        return ""


def _contract() -> list[str]:
    files = sorted((SDK / "wit").rglob("*.wit"))
    return [text for file in files for text in (file.name, file.read_text())]


def _app(module: str, stages: list[str]) -> str:
    """The module with the classes that the runtime looks for."""
    lines = [
        "from patchbay_sdk.component import Component",
        f"_component = Component({module!r}, {interfaces()!r})",
        "class Lifecycle:",
        "    def prepare(self, settings):",
        "        _component.prepare(settings)",
    ]
    for stage in stages:
        name, method = EXPORTS[stage]
        lines.append(f"class {name}:")
        lines.append(f"    {method} = staticmethod(_component.decision({stage!r}))")
    lines += ["from patchbay_sdk import snapshot", "snapshot.finish()"]
    return "\n".join(lines) + "\n"


def _componentize(sources: Sources, app: str, world: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="patchbay-") as place:
        # Only what is written here can get into the component.
        directory = Path(place) / "sources"
        sources.copy_to(directory)
        (directory / f"{APP}.py").write_text(app)
        (directory / start_library.FILE_NAME).write_bytes(start_library.start_library())
        (directory / "guest.wit").unlink(missing_ok=True)
        contract = Path(place) / "wit"
        for file in (SDK / "wit").rglob("*.wit"):
            target = contract / "deps" / file.relative_to(SDK / "wit")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file.read_text())
        (contract / "guest.wit").write_text(world)
        output = Path(place) / "component.wasm"
        command = [sys.executable, "-c", _TOOL, "--wit-path", str(contract), "--world", "guest"]
        command += ["--quiet", "componentize", "--stub-wasi", "--python-path", str(directory)]
        command += ["--output", str(output), APP]
        # The tool adds the packages of a virtual environment that it finds by these variables.
        kept = {"VIRTUAL_ENV": str(Path(place) / "none"), "PATH": ""}
        ended = subprocess.run(
            command, env={**os.environ, **kept}, capture_output=True, text=True, check=False
        )
        if ended.returncode != 0 or not output.is_file():
            raise BuildFailure(_readable(ended.stderr + ended.stdout))
        return _same_on_every_machine(output.read_bytes())


def _same_on_every_machine(component: bytes) -> bytes:
    """The component without what differs between machines, where this knows the version of the tool."""
    try:
        if version("componentize-py") != KNOWN_TOOL:
            raise UnknownLayout(f"componentize-py is not of version {KNOWN_TOOL}")
        return with_sorted_stubs(without_differences(component))
    except UnknownLayout as reason:
        print(f"   Other machines build a component of another digest: {reason}", file=sys.stderr)
        return component


def _readable(printed: str) -> str:
    """What the tool prints, without its own backtrace, and paths as in the project."""
    printed = printed.split("\nStack backtrace:")[0].strip()
    printed = re.sub(r'"/\d+/', '"', printed)
    return f"componentize-py cannot make a component of the policy:\n{printed}"


def _schema_section(schema: str) -> bytes:
    return section(0, name(SCHEMA_SECTION.encode()) + schema.encode())
