"""What the sandbox does not have, in a process of its own: it cannot be had again."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import os
import sys
out = sys.stdout
from patchbay_sdk import sandbox, testing
world = testing.World()
world.__enter__()
sandbox.close()
def reason(call):
    try:
        call()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
lines = [
    reason(lambda: open("/etc/passwd")),
    reason(lambda: os.urandom(3)),
    reason(lambda: __import__("csv")),
]
print("one")
print("two", "three", file=sys.stderr)
print("\\ud800")
out.write("\\n".join(lines + world.lines))
"""


def test_a_policy_is_told_what_there_is_not() -> None:
    source = Path(__file__).parents[1] / "src"
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.split("\n") == [
        "OSError: a policy has no files in the sandbox; read them at the top of a module, "
        "when it is imported",
        "OSError: a policy has no random bytes of its own in the sandbox; patchbay_sdk.random "
        "has random numbers",
        "ImportError: import 'csv' at the top of a module: there are no files in the sandbox",
        "info: one",
        "warn: two three",
        "info: ?",
    ], ended.stderr
