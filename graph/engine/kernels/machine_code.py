"""Machine code of kernels: where it is kept, how it is read again, and how it is called.

numba compiles a kernel once (`translator`); what comes of it is an object file, as of any compiler,
that refers to nothing outside. It is kept, and later linked by LLVM's own linker in memory: that
takes a few milliseconds, and numba, whose import takes longer than most questions, is not needed.

It is kept in NUMBA_CACHE_DIR, else beside the kernels, else in the user's folder of caches. Its
name holds digests of all files of kernels and of the machine with its Python, numba and LLVM, so
that no old or foreign code is run. Processes that compile at a time write the same name with the
same content. A damaged file is one that is not there: its first line is a digest of the rest.
"""

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from pickle import loads
from typing import Any, NamedTuple
from uuid import uuid4

from knockon.graph.engine.kernels.arguments import Kind, flatten, list_c_types

_DONE = 0, -2  # what a kernel returns that returns None


class Code(NamedTuple):
    """An object file, and the name of the function in it."""

    symbol: str
    object: bytes


def find_code(function: Callable[..., None]) -> Code | None:
    """What was kept of this kernel for this machine; None where there is nothing whole."""
    name = _name(function)
    for folder in _folders():
        with suppress(OSError, ValueError):
            digest, rest = (folder / name).read_bytes().split(b"\n", 1)
            if digest == _seal(name, rest):
                symbol, code = rest.split(b"\n", 1)
                return Code(symbol.decode(), code)
    return None


def keep_code(function: Callable[..., None], code: Code, folder: Path) -> None:
    """Keep what was compiled, and remove what other sources than these left for this kernel and
    machine. Raises OSError where the folder takes nothing."""
    name = _name(function)
    rest = code.symbol.encode() + b"\n" + code.object
    made = folder / f"{name}.{uuid4().hex}"
    try:
        made.write_bytes(_seal(name, rest) + b"\n" + rest)
        made.replace(folder / name)
    finally:
        made.unlink(missing_ok=True)
    common = name.rpartition("-")[0]
    for old in folder.glob(f"{common}-*.o"):
        if old.name != name:
            old.unlink(missing_ok=True)


def find_folder() -> Path | None:
    """The first folder that can be written to."""
    for folder in _folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / uuid4().hex
            probe.touch(exist_ok=False)
            probe.unlink()
            return folder
    return None


def _folders() -> Iterator[Path]:
    own = Path(__file__).parent
    subfolder = f"knockon-{sha256(str(own).encode()).hexdigest()[:16]}"  # of each installation
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen) / subfolder
        return
    yield own / "__pycache__"
    with suppress(RuntimeError):  # nobody's home
        home = {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
        chosen = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        yield Path(chosen or Path.home() / home) / "knockon" / subfolder


def _name(function: Callable[..., None]) -> str:
    sources, machine = _digests()
    return f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-{machine}-{sources}.o"


def _seal(name: str, rest: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + rest).hexdigest().encode()


@cache
def _digests() -> tuple[str, str]:
    """Of the sources that make up the kernels, and of the machine with what compiles for it."""
    import llvmlite
    from llvmlite import binding as llvm

    own = Path(__file__).parent
    sources = sha256()
    for file in (own.parent / "uniforms.py", *sorted(own.glob("*.py"))):  # kernels hold its numbers
        sources.update(file.read_bytes())
    numba = find_spec("numba")
    machine = (
        sys.implementation.cache_tag,
        Path(numba.origin).with_name("_version.py").read_bytes() if numba and numba.origin else b"",
        llvmlite.__version__, llvm.get_process_triple(), llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
        # what numba is told of how to compile
        sorted(i for i in os.environ.items() if i[0][:6] == "NUMBA_" and i[0] != "NUMBA_CACHE_DIR"),
    )  # fmt: skip
    return sources.hexdigest()[:16], sha256(repr(machine).encode()).hexdigest()[:16]


class _Fault(ctypes.Structure):
    """What numba's code leaves of an exception: pickled, and the bytes of that."""

    _fields_ = (("pickled", ctypes.c_void_p), ("size", ctypes.c_int32))


class Linked:
    """A kernel as machine code in memory; calls let go of the GIL."""

    def __init__(self, code: Code, kinds: Sequence[Kind]) -> None:
        from llvmlite import binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
            codemodel="jitdefault", jit=True
        )
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)  # it owns both
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code.object))
        self._engine.finalize_object()
        address = self._engine.get_function_address(code.symbol)
        places = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.POINTER(_Fault))
        kind = ctypes.CFUNCTYPE(ctypes.c_int32, *places, *list_c_types(kinds))
        self._function, self.kinds = kind(address), kinds

    def __call__(self, *values: Any) -> None:
        """Run it. Raises TypeError for values of other kinds, and what the kernel raises."""
        result, fault = ctypes.c_void_p(), ctypes.POINTER(_Fault)()
        flat: list[Any] = [result, fault]
        flatten(self.kinds, values, flat)
        status = self._function(*flat)
        if status not in _DONE:
            raise _read_fault(fault)


def _read_fault(fault: Any) -> BaseException:
    if not fault:
        return SystemError("a kernel failed without a word")
    left = fault.contents
    kind, arguments, _ = loads(ctypes.string_at(left.pickled, left.size))  # from our own code
    raised: BaseException = kind(*(arguments or ()))
    return raised
