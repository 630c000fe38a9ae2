"""Whether the installed packages are those that a project's `requirements.txt` pins."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from .requirements import Requirements, RequirementsError, normal_name
from .sources import Sources

_ADVICE = "run `.venv/bin/pip install -r requirements.txt`"
_FREEZE = "`pip-compile --generate-hashes` of pip-tools writes such lines"


def check_installed(requirements: Requirements) -> None:
    """Raises `RequirementsError` for a package that is not the one of the file."""
    tool = requirements.get("componentize-py")
    if tool is None or tool.version is None:
        raise RequirementsError(
            f"{requirements.file} does not pin componentize-py; add it with its hashes"
        )
    for package in requirements.packages.values():
        try:
            installed = version(package.name)
        except PackageNotFoundError:
            raise RequirementsError(
                f"the package {package.name} is not installed; {_ADVICE}"
            ) from None
        if package.version is not None and not _is_same(installed, package.version):
            raise RequirementsError(
                f"{package.name} {installed} is installed, but {requirements.file.name} pins "
                f"{package.version}; {_ADVICE}"
            )


def check_imports(sources: Sources, requirements: Requirements) -> None:
    """Raises `RequirementsError` for a package of a component that the file does not pin. Not for the
    SDK, whose digest changes with the host that brings it.
    """
    owners = owners_of(sources.packaged)
    for path in sources.packaged:
        if path not in owners:
            raise RequirementsError(
                f"the policy imports {path}, which belongs to no installed package; "
                "move it into the project"
            )
        problem = _problem(*owners[path], requirements)
        if problem:
            raise RequirementsError(f"the policy imports {path.name} of {owners[path][0]}, but {problem}")


def _problem(name: str, installed: str, requirements: Requirements) -> str | None:
    """What the line of a package lacks, and what to write."""
    file, package = requirements.file.name, requirements.get(name)
    if package is None:
        return f"{file} does not pin it for this Python; add `{name}=={installed}`: {_FREEZE}"
    if package.version is None:
        return (
            f"{file}:{package.line}: `{package.text}` allows several versions; "
            f"write `{name}=={installed}`: {_FREEZE}"
        )
    if requirements.has_hashes and not package.hashes:
        return f"{file}:{package.line}: `{package.text}` has no digests, unlike others; {_FREEZE}"
    return None


def owners_of(files: list[Path]) -> dict[Path, tuple[str, str]]:
    """Name, in its normal form, and version of the installed package that brought each file."""
    wanted = set(files)
    owners: dict[Path, tuple[str, str]] = {}
    for package in distributions() if wanted else []:
        root = Path(str(package.locate_file(""))).resolve()
        for file in package.files or []:
            if (path := root / file) in wanted:
                owners[path] = (normal_name(package.metadata["Name"]), package.version)
    return owners


def _is_same(installed: str, pinned: str) -> bool:
    """Whether two spellings are one version: a file may write `1.0` for `1.0.0`, or leave a local label."""
    public = installed if "+" in pinned else installed.split("+")[0]
    return _parts(public) == _parts(pinned)


def _parts(text: str) -> list[str]:
    parts = text.lower().removeprefix("v").split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return parts
