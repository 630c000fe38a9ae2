"""What a build takes from a project, and what it refuses."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from patchbay_sdk.build import component
from patchbay_sdk.build.cache import ComponentCache
from patchbay_sdk.build.component import _schema_section
from patchbay_sdk.build.sources import SDK

POLICY = """
from patchbay_sdk import *
class Care(Policy[NoSettings]):
    def classify(self, interaction):
        return None
"""


def build(directory: Path, source: str | None = POLICY) -> tuple[int, str]:
    """Exit code and messages of a build that stops before it runs the tool."""
    (directory / "requirements.txt").write_text("componentize-py==0.25.1\n")
    if source is not None:
        (directory / "policy.py").write_text(source)
    path = os.pathsep.join([str(Path(__file__).parents[1] / "src"), *sys.path])
    ended = subprocess.run(
        [sys.executable, "-m", "patchbay_sdk.build", str(directory), "--output", "out.wasm"],
        env={**os.environ, "PYTHONPATH": path},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "has no policy.py, the module of the policy"),
        ("x = 1", "must define one subclass of Policy; it defines none"),
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("def broken(:", "SyntaxError"),
        (POLICY.replace("classify", "clasify"), "Care decides nothing; define classify, route"),
        (POLICY.replace("[NoSettings]", ""), "does not say which settings it has"),
    ],
)
def test_mistakes_in_the_sources_are_explained(
    tmp_path: Path, source: str | None, message: str
) -> None:
    pytest.importorskip("componentize_py", reason="SKIPPED: pip install componentize-py==0.25.1")
    code, printed = build(tmp_path, source)
    assert code == 1 and message in printed, printed
    assert "importlib" not in printed, printed


def test_a_cache_keeps_what_was_used_last(tmp_path: Path) -> None:
    cache = ComponentCache(tmp_path / "cache")
    assert cache.get("0") is None
    for number in range(9):
        cache.put(str(number), b"component")
        os.utime(tmp_path / "cache" / f"{number}.wasm", (number, number))
    cache.put("9", b"component")
    assert cache.get("0") is None and cache.get("1") is None
    assert cache.get("9") == b"component"


def test_the_schema_is_a_custom_section() -> None:
    section = _schema_section("{" + " " * 300 + "}")
    assert section[0] == 0 and section[3] == len("patchbay-settings-schema")
    assert section.endswith(b"}") and len(section) == 1 + 2 + 1 + 24 + 302


def test_another_build_package_makes_another_component(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "patchbay_sdk"
    shutil.copytree(SDK, copy)
    monkeypatch.setattr(component, "SDK", copy)
    monkeypatch.setattr(component, "version", lambda package: f"{package} 1")
    before = component._toolchain()
    assert before[:2] == ["componentize-py 1", "patchbay-sdk 1"]
    file = copy / "build" / "world.py"
    file.write_text(file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    assert component._toolchain() != before
