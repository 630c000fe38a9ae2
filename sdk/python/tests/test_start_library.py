"""The library that componentize-py links into a component, and the program that it has."""

import subprocess
import sys
from pathlib import Path

from patchbay_sdk.build import start_library
from patchbay_sdk.build.binary_format import Reader, sections

START = Path(start_library.__file__).parent / "start.py"


def test_the_same_source_gives_the_same_library() -> None:
    assert start_library.start_library() == start_library.start_library()


def test_it_is_a_library_with_a_constructor_and_the_program() -> None:
    library = start_library.start_library()
    found = {kind: Reader(library, start) for kind, _, start, _ in sections(library)}
    assert list(found) == [0, 1, 2, 3, 7, 9, 10, 11]
    assert found[0].name() == b"dylink.0"
    assert (found[7].number(), found[7].name()) == (1, b"__wasm_call_ctors")
    assert START.read_bytes() + b"\0" in library
    functions, bodies = found[3].number(), found[10].number()
    assert functions == bodies and found[10].take(found[10].number())[-1] == 0x0B


def test_the_program_finds_modules_without_listing_directories(tmp_path: Path) -> None:
    (tmp_path / "package" / "inner").mkdir(parents=True)
    (tmp_path / "package" / "inner" / "module.py").write_text("value = 3\n")
    (tmp_path / "plain.py").write_text("import random\nnumber = random.random()\n")
    program = f"""
import posix, random, sys
path = sys.path + [{str(tmp_path)!r}]
exec(compile(open({str(START)!r}).read(), "start", "exec"), {{"__name__": "encodings"}})
def refuse(*arguments):
    raise AssertionError(arguments)
posix.listdir = posix.scandir = posix.stat = refuse
sys.path = path
sys.modules.pop("random", None)
import package.inner.module, plain
print(package.inner.module.value, plain.number == __import__("random").Random(0).random())
print(list(package.__path__) == [{str(tmp_path / "package")!r}], plain.__file__ == {str(tmp_path / "plain.py")!r})
try:
    import package.missing
except ModuleNotFoundError as error:
    print(error.name)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.stdout.split("\n")[:3] == ["3 True", "True True", "package.missing"], ended.stderr
