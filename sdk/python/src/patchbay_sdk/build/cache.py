"""Components that were built, by the digest of what they were built from: a build that changes nothing
takes no time.
"""

from __future__ import annotations

import os
from pathlib import Path

_MOST = 8
"""Components that are kept, 18 MB each; the one that was used longest ago goes first."""


class ComponentCache:
    """A directory of components."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def of_user(cls) -> ComponentCache:
        """The cache of the user: `patchbay/python` in `XDG_CACHE_HOME`, by default `~/.cache`."""
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(home) / "patchbay" / "python")

    def get(self, digest: str) -> bytes | None:
        """The component built from sources with this digest."""
        file = self._file(digest)
        try:
            component = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        return component

    def put(self, digest: str, component: bytes) -> None:
        """Adds a component. A directory that cannot be written costs time only."""
        file = self._file(digest)
        temporary = file.with_suffix(f".{os.getpid()}")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(component)
            temporary.replace(file)
            files = sorted(self._directory.glob("*.wasm"), key=lambda one: one.stat().st_mtime)
            for old in files[:-_MOST]:
                old.unlink(missing_ok=True)
        except OSError:
            temporary.unlink(missing_ok=True)

    def _file(self, digest: str) -> Path:
        return self._directory / f"{digest}.wasm"
