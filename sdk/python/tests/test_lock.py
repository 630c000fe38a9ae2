"""The packages of a component are those that the project pins."""

import sys
from importlib.metadata import distribution, version
from pathlib import Path

import pytest

from patchbay_sdk.build.lock import check_imports, check_installed
from patchbay_sdk.build.packages import files_digest, packages_of
from patchbay_sdk.build.requirements import Requirements, RequirementsError, normal_name
from patchbay_sdk.build.sources import Sources

PYTEST = version("pytest")
DIGEST = "a" * 64


def requirements(directory: Path, text: str) -> Requirements:
    file = directory / "requirements.txt"
    file.write_text(text)
    return Requirements.read(file)


def refusal(directory: Path, text: str, packaged: list[Path] | None = None) -> str:
    """Why a build with this file refuses what is installed, or that a policy imports these files."""
    with pytest.raises(RequirementsError) as raised:
        read = requirements(directory, text)
        if packaged is None:
            check_installed(read)
        else:
            check_imports(Sources(packaged=packaged), read)
    return str(raised.value)


def test_lines_are_read_as_pip_reads_them(tmp_path: Path) -> None:
    read = requirements(
        tmp_path,
        "# A comment, and options of pip\n"
        "--require-hashes\n"
        f"./vendor/Some.Thing-1.2-py3-none-any.whl \\\n    --hash=sha256:{DIGEST}\n"
        f"Py_Yaml[libyaml] == 6.0 ; python_version >= '3.11' \\\n    --hash=sha256:{'b' * 64} \\\n"
        f"    --hash=sha256:{'c' * 64}\n    # via something\n"
        "old==1.0; python_version < '3'\n"
        "several>=2,<3  # a range\n",
    )
    assert sorted(read.packages) == ["py-yaml", "several", "some-thing"]
    wheel, yaml, several = read.get("some_thing"), read.get("PY.YAML"), read.get("several")
    assert wheel and yaml and several and read.has_hashes
    assert (wheel.version, wheel.hashes, wheel.line) == ("1.2", [DIGEST], 3)
    assert (yaml.version, yaml.hashes) == ("6.0", ["b" * 64, "c" * 64])
    assert (several.version, several.text) == (None, "several>=2,<3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a==1\nA == 2\n", "requirements.txt:2: `A == 2` and `a==1` of line 1 both apply here; keep one"),
        ("a==1; no_such_marker > '3'\n", "requirements.txt:1: the marker `no_such_marker > '3'` is invalid"),
        ("=1\n", "requirements.txt:1: `=1` names no package; write NAME==VERSION"),
        ("pytest==1.0.0\n", "does not pin componentize-py; add it"),
        ("componentize-py>=0\n", "does not pin componentize-py; add it"),
        ("componentize-py==1; python_version < '3'\n", "does not pin componentize-py; add it"),
        ("pytest==1.0.0\ncomponentize-py==0\n", "but requirements.txt pins 1.0.0; run `.venv/bin/pip"),
        ("no-such-package-here==1.0\ncomponentize-py==0\n", "the package no-such-package-here is not installed"),
    ],
)
def test_a_file_that_differs_from_what_is_installed_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, text)


def test_a_project_without_the_file_is_told_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RequirementsError, match="there is no .*requirements.txt; `patchbay new"):
        Requirements.read(tmp_path / "requirements.txt")


def test_versions_are_compared_and_not_their_spelling(tmp_path: Path) -> None:
    read = requirements(tmp_path, f"Pytest=={PYTEST}.0\ncomponentize-py==0\n")
    with pytest.raises(RequirementsError, match="componentize-py"):
        check_installed(read)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mypy==1.0\n", f"requirements.txt does not pin it for this Python; add `pytest=={PYTEST}`"),
        (f"pytest=={PYTEST}; python_version < '3'\n", "does not pin it for this Python"),
        ("pytest\n", f"requirements.txt:1: `pytest` allows several versions; write `pytest=={PYTEST}`"),
        ("pytest==8.*\n", "`pytest==8.*` allows several versions"),
        ("pytest @ file:///pytest.whl\n", "`pytest @ file:///pytest.whl` allows several versions"),
        (
            f"pytest=={PYTEST}\nmypy==1.0 --hash=sha256:{DIGEST}\n",
            f"requirements.txt:1: `pytest=={PYTEST}` has no digests, unlike others",
        ),
    ],
)
def test_a_package_that_a_policy_imports_must_be_pinned(
    tmp_path: Path, text: str, message: str
) -> None:
    printed = refusal(tmp_path, text, [Path(pytest.__file__).resolve()])
    assert printed.startswith("the policy imports __init__.py of pytest, but "), printed
    assert message in printed, printed


def test_a_pinned_package_may_be_imported(tmp_path: Path) -> None:
    sources = Sources(packaged=[Path(pytest.__file__).resolve()])
    check_imports(sources, requirements(tmp_path, f"PyTest[dev] == {PYTEST}\n"))
    check_imports(Sources(), requirements(tmp_path, "mypy==1.0\n"))


def test_a_file_that_no_package_brought_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "copied.py"
    assert f"imports {file}, which belongs to no installed package" in refusal(tmp_path, "", [file])


def test_evaluating_markers_leaves_no_module_behind(tmp_path: Path) -> None:
    before = set(sys.modules)
    requirements(tmp_path, "a==1; sys_platform == 'linux'\n")
    assert set(sys.modules) - before == set()


def test_names_have_one_form() -> None:
    assert normal_name("Ruamel.YAML__clib") == "ruamel-yaml-clib"


def test_packages_are_listed_with_the_digests_of_the_file_or_of_what_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "patchbay_sdk.build.packages.distribution", lambda name: distribution("pytest")
    )
    sources = Sources(packaged=[Path(pytest.__file__).resolve()])
    listed = packages_of(sources, requirements(tmp_path, f"PyTest=={PYTEST} --hash=sha256:{DIGEST}\n"))
    assert [one["name"] for one in listed] == ["componentize-py", "patchbay-sdk", "pytest"]
    assert (listed[2]["archives"], listed[2]["files"]) == ([DIGEST], None)
    digest = files_digest(distribution("pytest"))
    assert digest and len(digest) == 64
    assert (listed[0]["archives"], listed[0]["files"]) == ([], digest)
