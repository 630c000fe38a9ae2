"""`python -m patchbay_sdk.build DIRECTORY --output FILE`: builds the policy of a project.

Writes FILE, the component, and FILE.packages.json, the packages in it. The exit code is 1 for a
mistake in the sources, which it prints to stderr, and 2 for a package that is missing or is not
pinned, which it prints to stdout.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

from ..policy import policy_of
from ..settings_schema import schema_of
from .component import build_component
from .component_failure import BuildFailure
from .lock import check_imports, check_installed
from .packages import packages_of
from .requirements import Requirements, RequirementsError
from .sources import Sources

MODULE = "policy"


def main() -> int:
    parser = argparse.ArgumentParser(prog="patchbay_sdk.build", description=__doc__)
    parser.add_argument("directory", type=Path, help="directory of the project")
    parser.add_argument("--output", type=Path, required=True, help="file of the component")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    arguments = parser.parse_args()
    directory = arguments.directory.resolve()
    before = set(sys.modules)
    try:
        requirements = Requirements.read(directory / "requirements.txt")
        check_installed(requirements)
        policy = _import_policy(directory)
        stages = policy.stages()
        if not stages:
            raise BuildFailure(
                f"{policy.__name__} decides nothing; define classify, route, check_tone or escalate"
            )
        schema = json.dumps(schema_of(policy.settings_type()))
        sources = Sources.of_imports(directory, before)
        check_imports(sources, requirements)
        build_component(sources, MODULE, stages, schema, arguments.output, arguments.quiet)
    except RequirementsError as error:
        print(error)
        return 2
    except BuildFailure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    packages = json.dumps(packages_of(sources, requirements), indent=1, sort_keys=True)
    arguments.output.with_name(arguments.output.name + ".packages.json").write_text(packages)
    return 0


def _import_policy(directory: Path) -> type[Any]:
    """The policy, imported here: its stages and settings are known without a component."""
    if not (directory / f"{MODULE}.py").is_file():
        raise BuildFailure(f"{directory} has no {MODULE}.py, the module of the policy")
    sys.path.insert(0, str(directory))
    sys.dont_write_bytecode = True
    try:
        return policy_of(importlib.import_module(MODULE))
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next is None:
            raise BuildFailure(str(error)) from None
        raise BuildFailure(_own_trace(error)) from None
    except Exception as error:
        raise BuildFailure(_own_trace(error)) from None


def _own_trace(error: BaseException) -> str:
    """The traceback, without the lines of the import machinery."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [one for one in frames if "importlib" not in one.filename and __package__ not in one.filename]
    text = "".join(traceback.format_list([one for one in own if Path(one.filename) != Path(__file__)]))
    reason = "".join(traceback.format_exception_only(error)).strip()
    return f"{MODULE}.py cannot be imported\n{text}{reason}"


if __name__ == "__main__":
    sys.exit(main())
