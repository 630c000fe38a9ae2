"""A library of WebAssembly that makes the start of the interpreter the same on every machine.

componentize-py links the native libraries of a project, and calls their constructors before it starts
the interpreter. This one

- sets `PYTHONHASHSEED=0`: the hashes of texts, and so the order of sets and the places of everything
  in memory, are the same;
- gives the interpreter memory that is zero, and clears what is freed: no number of a file, time or
  random byte stays behind in memory that is used again;
- has `start.py` run in place of the module `encodings`, the first that the interpreter imports from a
  file: modules are found without listing directories, whose order and times differ;
- has the built-in module `_patchbay_start`, whose import gives the interpreter its own allocator back.
"""

from __future__ import annotations

from pathlib import Path

from .binary_format import name, number, section, signed, vector

FILE_NAME = "patchbay_start.cpython-314-wasm32-wasi.so"
"""Only files of this suffix are linked."""

_I32 = b"\x7f"
_ALLOCATOR = 20
"""Bytes of a `PyMemAllocatorEx`: a context and four functions."""
_DOMAINS = range(3)
"""The allocators of the interpreter: raw, memory, objects."""
_MODULE_NAME, _MODULE_SLOTS, _MODULE = 20, 36, 52
"""Places in a `PyModuleDef` and its size."""
_SLOT_EXEC, _FILE_INPUT = 2, 257
_IMPORTED = {
    "setenv": 3,
    "calloc": 2,
    "free": -1,
    "malloc_usable_size": 1,
    "PyMem_GetAllocator": -2,
    "PyMem_SetAllocator": -2,
    "PyModuleDef_Init": 1,
    "PyModule_GetDict": 1,
    "PyImport_AppendInittab": 2,
    "PyRun_StringFlags": 5,
}
"""Functions of the C library and the interpreter: number of parameters, negative without a result."""

_FILL, _COPY = b"\xfc\x0b\0", b"\xfc\x0a\0\0"
_ADD, _IS_ZERO, _LESS, _SELECT, _DROP = b"\x6a", b"\x45", b"\x49", b"\x1b", b"\x1a"
_IF, _IF_I32, _ELSE, _RETURN, _END = b"\x04\x40", b"\x04\x7f", b"\x05", b"\x0f", b"\x0b"
_MEMORY_BASE, _TABLE_BASE, _GUARD = b"\x23\0", b"\x23\1", b"\x23\2"


def start_library() -> bytes:
    """The library. The same source gives the same bytes."""
    return _Library().write()


def _constant(value: int) -> bytes:
    return b"\x41" + signed(value)


def _get(local: int) -> bytes:
    return b"\x20" + number(local)


def _set(local: int) -> bytes:
    return b"\x21" + number(local)


def _store(address: bytes, value: bytes, offset: int = 0) -> bytes:
    return address + value + b"\x36\2" + number(offset)


def _or_one(local: int) -> bytes:
    """A size, of which none is zero."""
    return _get(local) + _constant(1) + _get(local) + _SELECT


class _Library:
    """Functions are added in the order in which they call each other."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._types: list[bytes] = []
        self._functions: dict[str, int] = {}
        self._bodies: list[tuple[int, bytes]] = []
        self._slots: list[str] = []
        self._imports = [
            name(b"env") + name(b"memory") + b"\2\0\1",
            name(b"env") + name(b"__indirect_function_table") + b"\1\x70\0\0",
            name(b"env") + name(b"__memory_base") + b"\3\x7f\0",
            name(b"env") + name(b"__table_base") + b"\3\x7f\0",
            name(b"GOT.mem") + name(b"__stack_chk_guard") + b"\3\x7f\1",
        ]
        for function, parameters in _IMPORTED.items():
            type = number(self._type(abs(parameters), parameters > 0))
            self._imports.append(name(b"env") + name(function.encode()) + b"\0" + type)
            self._functions[function] = len(self._functions)
        self._variable, self._zero = self._place(b"PYTHONHASHSEED\0"), self._place(b"0\0")
        self._encodings, self._start = self._place(b"encodings\0"), self._place(b"_patchbay_start\0")
        self._source = self._place(_start_source() + b"\0")
        self._initial = len(self._data)
        self._originals = [self._place(bytes(_ALLOCATOR)) for _ in _DOMAINS]
        self._wrapper = self._place(bytes(_ALLOCATOR))
        self._modules = [self._place(bytes(_MODULE)) for _ in range(2)]
        self._module_slots = self._place(bytes(16))
        self._add_allocator()
        self._add_modules()
        self._add_constructor()

    def write(self) -> bytes:
        constructor = self._functions["__wasm_call_ctors"]
        exports = [name(b"__wasm_call_ctors") + b"\0" + number(constructor)]
        slots = vector(number(self._functions[slot]) for slot in self._slots)
        sizes = number(len(self._data)) + number(2) + number(len(self._slots)) + number(0)
        needed = vector([name(b"libc.so"), name(b"libpython3.14.so")])
        return b"".join(
            [
                b"\0asm\1\0\0\0",
                section(0, name(b"dylink.0") + section(1, sizes) + section(2, needed)),
                section(1, vector(self._types)),
                section(2, vector(self._imports)),
                section(3, vector(number(type) for type, _ in self._bodies)),
                section(7, vector(exports)),
                section(9, vector([b"\0" + _TABLE_BASE + _END + slots])),
                section(10, vector(name(body) for _, body in self._bodies)),
                section(11, vector([b"\0" + _MEMORY_BASE + _END + name(bytes(self._data[: self._initial]))])),
            ]
        )

    def _place(self, data: bytes) -> int:
        """Where data stands in the memory of the library."""
        self._data.extend(bytes(-len(self._data) % 4))
        self._data.extend(data)
        return len(self._data) - len(data)

    def _type(self, parameters: int, has_result: bool) -> int:
        type = b"\x60" + vector([_I32] * parameters) + vector([_I32] * has_result)
        if type not in self._types:
            self._types.append(type)
        return self._types.index(type)

    def _add(self, function: str, parameters: int, has_result: bool, locals: int, code: bytes) -> None:
        type = self._type(parameters, has_result)
        declared = vector([number(locals) + _I32] if locals else [])
        self._functions[function] = len(_IMPORTED) + len(self._bodies)
        self._bodies.append((type, declared + code + _END))

    def _call(self, function: str) -> bytes:
        return b"\x10" + number(self._functions[function])

    def _address(self, place: int) -> bytes:
        return _MEMORY_BASE + _constant(place) + _ADD

    def _slot(self, function: str) -> bytes:
        """The place of a function in the table."""
        if function not in self._slots:
            self._slots.append(function)
        return _TABLE_BASE + _constant(self._slots.index(function)) + _ADD

    def _add_allocator(self) -> None:
        """`malloc`, `calloc`, `realloc` and `free` of the interpreter, each with a context first."""
        calloc, size = self._call("calloc"), self._call("malloc_usable_size")
        self._add("malloc", 2, True, 0, _constant(1) + _or_one(1) + calloc)
        self._add("calloc_", 3, True, 0, _or_one(1) + _or_one(2) + calloc)
        clear = _get(1) + _constant(0) + _get(1) + size + _FILL + _get(1) + self._call("free")
        self._add("free_", 2, False, 0, _get(1) + _IF + clear + _END)
        # 3 is the new block, 4 the size of the old one; the smaller size is copied.
        new = _constant(1) + _or_one(2) + calloc + b"\x22\3" + _IS_ZERO
        smaller = _get(2) + _get(4) + _get(2) + _get(4) + _LESS + _SELECT
        move = _get(1) + size + _set(4) + _get(3) + _get(1) + smaller + _COPY
        move += _constant(0) + _get(1) + self._call("free_")
        code = new + _IF + _constant(0) + _RETURN + _END + _get(1) + _IF + move + _END + _get(3)
        self._add("realloc", 3, True, 2, code)

    def _add_modules(self) -> None:
        dictionary = _get(0) + self._call("PyModule_GetDict") + b"\x22\1" + _get(1)
        run = self._address(self._source) + _constant(_FILE_INPUT) + dictionary + _constant(0)
        run += self._call("PyRun_StringFlags") + _IF_I32 + _constant(0) + _ELSE + _constant(-1) + _END
        self._add("run", 1, True, 1, run)
        first, last = (self._address(module) for module in self._modules)
        slots = self._address(self._module_slots)
        code = _store(first, self._address(self._encodings), _MODULE_NAME)
        code += _store(first, slots, _MODULE_SLOTS) + _store(slots, _constant(_SLOT_EXEC))
        code += _store(slots, self._slot("run"), 4) + first + self._call("PyModuleDef_Init")
        self._add("encodings", 0, True, 0, code)
        restore = [
            _constant(domain) + self._address(original) + self._call("PyMem_SetAllocator")
            for domain, original in zip(_DOMAINS, self._originals)
        ]
        code = b"".join(restore) + _store(last, self._address(self._start), _MODULE_NAME)
        self._add("start", 0, True, 0, code + last + self._call("PyModuleDef_Init"))

    def _add_constructor(self) -> None:
        seed = self._address(self._variable) + self._address(self._zero) + _constant(1)
        code = seed + self._call("setenv") + _DROP + _store(_GUARD, _constant(0))
        for domain, original in zip(_DOMAINS, self._originals):
            code += _constant(domain) + self._address(original) + self._call("PyMem_GetAllocator")
        wrapper = self._address(self._wrapper)
        for at, function in enumerate(["malloc", "calloc_", "realloc", "free_"]):
            code += _store(wrapper, self._slot(function), 4 + 4 * at)
        for domain in _DOMAINS:
            code += _constant(domain) + wrapper + self._call("PyMem_SetAllocator")
        for module, function in [(self._encodings, "encodings"), (self._start, "start")]:
            code += self._address(module) + self._slot(function)
            code += self._call("PyImport_AppendInittab") + _DROP
        self._add("__wasm_call_ctors", 0, False, 0, code)


def _start_source() -> bytes:
    return (Path(__file__).parent / "start.py").read_bytes()
