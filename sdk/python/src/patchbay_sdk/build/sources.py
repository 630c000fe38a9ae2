"""The files that become part of a component: the modules that the policy imports, of the project and
of the packages it uses. Nothing else of a virtual environment gets into a component.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .component_failure import BuildFailure

SDK = Path(__file__).resolve().parent.parent
"""Directory of the SDK."""

# Parts of the SDK that only builds and tests use.
_NOT_IN_COMPONENTS = ("build", "testing", "settings_schema.py")


@dataclass
class Sources:
    """Files by their path below the directory that the component imports from."""

    files: dict[PurePosixPath, Path] = field(default_factory=dict)
    packaged: list[Path] = field(default_factory=list)
    """Files of modules that are not of the project, the SDK or the standard library."""

    @classmethod
    def of_imports(cls, directory: Path, before: set[str]) -> Sources:
        """The sources of what this process imported, without the modules it had before."""
        sources = cls()
        sources._add_directory(SDK, SDK.parent, _NOT_IN_COMPONENTS)
        standard = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
        packages = [Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")]
        for name, module in sorted(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if not file or name in before:
                continue
            path = Path(file).resolve()
            if path.is_relative_to(SDK):
                continue
            root = next((one for one in packages if path.is_relative_to(one)), None)
            if root is None and path.is_relative_to(directory):
                sources._add(path, directory)
                if path.name == "__init__.py":
                    sources._add_data(path.parent, directory)
            elif root is not None:
                if not path.name.endswith(".py"):
                    raise BuildFailure(
                        f"the policy imports {name}, which is compiled for this machine ({path}); "
                        "the sandbox runs Python alone: use a package without compiled code"
                    )
                sources._add(path, root)
                sources.packaged.append(path)
                if path.name == "__init__.py":
                    sources._add_data(path.parent, root)
            elif not any(path.is_relative_to(one) for one in standard):
                raise BuildFailure(
                    f"the policy imports {name} from {path}, which is neither in the project nor "
                    "installed; move it into the project"
                )
        return sources

    def _add(self, path: Path, root: Path) -> None:
        self.files[PurePosixPath(path.relative_to(root).as_posix())] = path

    def _add_data(self, package: Path, root: Path) -> None:
        """Files of a package that are no modules, which it may read while it is imported."""
        for path in sorted(package.iterdir()):
            if path.is_file() and path.suffix not in (".py", ".pyc", ".pyi", ".so"):
                self._add(path, root)

    def _add_directory(self, directory: Path, root: Path, excluded: tuple[str, ...]) -> None:
        for path in sorted(directory.rglob("*.py")):
            if path.relative_to(directory).parts[0] not in excluded:
                self._add(path, root)

    def digest(self, more: list[str]) -> str:
        """Digest of every path, every file's bytes and more texts that decide the component."""
        digest = hashlib.sha256()
        for path, file in sorted(self.files.items()):
            data = file.read_bytes()
            digest.update(f"{path}\0{len(data)}\0".encode())
            digest.update(data)
        for text in more:
            digest.update(f"{len(text)}\0{text}".encode())
        return digest.hexdigest()

    def copy_to(self, directory: Path) -> None:
        """Writes the files below a new directory."""
        for path, file in self.files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
