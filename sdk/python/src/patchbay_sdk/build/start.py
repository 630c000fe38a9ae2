# mypy: ignore-errors
"""Runs in a component while it is built, in place of the module `encodings`, which it then becomes.

The interpreter finds modules by the times and lists of directories, which differ between machines
and stay in the snapshot. Here it tries the files that a module may have.
"""


def _begin():
    import _random
    import posix
    import sys
    import time

    external = sys.modules["_frozen_importlib_external"]
    module_spec = sys.modules["_frozen_importlib"].ModuleSpec

    class Random(_random.Random):
        """Without a seed it starts from a constant: the component has no random bytes."""

        def __new__(cls, *arguments, **options):
            return super().__new__(cls, 0)

        def __init__(self, seed=None):
            super().__init__(0 if seed is None else seed)

        def seed(self, seed=None):
            super().seed(0 if seed is None else seed)

    class Loader(external.SourceFileLoader):
        def path_stats(self, path):
            raise OSError("there are no compiled modules")

        def get_data(self, path):
            file = posix.open(path, posix.O_RDONLY)
            try:
                parts = []
                while part := posix.read(file, 1 << 20):
                    parts.append(part)
                return b"".join(parts)
            finally:
                posix.close(file)

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            last = name.rpartition(".")[2]
            portions = []
            for entry in sys.path if path is None else path:
                package = f"{entry}/{last}"
                for file in (f"{package}/__init__.py", f"{package}.py"):
                    if posix.access(file, posix.F_OK):
                        found = external.spec_from_file_location(name, file, loader=Loader(name, file))
                        if file.endswith("/__init__.py"):
                            found.submodule_search_locations = [package]
                        return found
                if posix.access(package, posix.F_OK):
                    portions.append(package)
            if not portions:
                return None
            found = module_spec(name, None, is_package=True)
            found.submodule_search_locations = portions
            return found

    _random.Random = Random
    for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: 0.0)
        setattr(time, f"{name}_ns", lambda: 0)
    sys.meta_path[:] = [one for one in sys.meta_path if one is not external.PathFinder] + [Finder]
    spec = Finder.find_spec("encodings")
    return spec, compile(spec.loader.get_data(spec.origin), spec.origin, "exec")


__spec__, _code = _begin()
__loader__, __file__ = __spec__.loader, __spec__.origin
__package__, __path__ = "encodings", __spec__.submodule_search_locations
exec(_code, globals())
