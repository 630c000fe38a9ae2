# mypy: disable-error-code="import-not-found"
"""The end of the start of a component, before the tool takes its snapshot of the memory. Only the code
that the build generates imports this.
"""

from __future__ import annotations

import gc
import os
import random
import sys

_FREE_NUMBERS = 400
"""More than the interpreter keeps of numbers that are no longer used."""


def finish() -> None:
    """Leaves nothing of this build in the memory: random numbers, times, numbers of files."""
    random.seed(0)
    sys.path_importer_cache.clear()
    # What is set while the component is built alone.
    os.environ.pop("PYTHONHASHSEED", None)
    gc.collect()
    try:
        import _patchbay_start  # noqa: F401
    except ModuleNotFoundError:
        # Another version of the tool, which did not link the library.
        pass
    # Numbers that the interpreter keeps for new ones get the values of these.
    floats = [float(number) for number in range(_FREE_NUMBERS)]
    integers = [1 << 20 | number for number in range(_FREE_NUMBERS)]
    del floats, integers
