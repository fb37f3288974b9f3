"""Arrays in files named by their content: what a client ships, and what workers give back.

A shipment is a value of arrays, numbers and frozen values of them. Its arrays are files of their
own, which workers map into memory and share; what holds them together is a pickle, which a worker
opens only if its digest is the one that the client said over the wire. What comes back is arrays
and nothing else: the client opens no pickle.
"""

import mmap
import os
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from knockon.graph.errors import ClusterError

Array: TypeAlias = np.ndarray[Any, Any]
_ENDING, _COUNT = ".npz", "count"
_SMALL = 1 << 16  # bytes of an array that stays within the pickle


def ship(value: Any, folder: Path) -> str:
    """Lay the value into the folder; the name, which is its digest. What is there stays there."""
    names: list[str] = []

    def put_aside(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _SMALL:
            return True  # stays in the pickle
        names.append(_write(raw, folder))
        return False

    body = pickle.dumps(value, protocol=5, buffer_callback=put_aside)
    head = pickle.dumps((names, body), protocol=5)
    return _write(memoryview(head), folder)


def open_shipment(name: str, folder: Path, *, copied: bool = False) -> Any:
    """The value of this name. Raises ClusterError where a file is missing or not what it was.

    copied: into memory of our own, which has large pages: kernels that go to and fro in it take a
        tenth less. Else files are mapped, and what they take can be had back at any time
    """
    names, body = pickle.loads(_read(name, folder, copied=False))
    return pickle.loads(body, buffers=[_read(part, folder, copied=copied) for part in names])


def write_arrays(arrays: "Sequence[Array | None]", stem: Path) -> Path:
    """Write the arrays as one file, whole or not at all; its name ends in its digest."""
    out = BytesIO()
    there = {str(i): array for i, array in enumerate(arrays) if array is not None}
    np.savez(out, allow_pickle=False, **{_COUNT: np.array(len(arrays))}, **there)
    data = out.getvalue()
    path = stem.with_name(f"{stem.name}.{digest(data)}{_ENDING}")
    rename_into(data, path)
    return path


def read_arrays(stem: Path) -> "tuple[Array | None, ...] | None":
    """The arrays that were written under this name; None where there are none, or only torn ones,
    which are taken away."""
    for path in stem.parent.glob(f"{stem.name}.*{_ENDING}"):
        data = path.read_bytes()
        if path.name == f"{stem.name}.{digest(data)}{_ENDING}":
            with np.load(BytesIO(data), allow_pickle=False) as held:
                count = int(held[_COUNT])
                return tuple(held.get(str(i)) for i in range(count))
        path.unlink(missing_ok=True)
    return None


def digest(data: bytes | memoryview) -> str:
    """The name of so many bytes: BLAKE3, 160 bits, in hexadecimal. As strong as BLAKE2b, at a
    sixth of the time, which for the arrays of a large graph is that of many worlds."""
    try:
        from blake3 import blake3
    except ImportError as fault:
        raise ClusterError(f"on: needs pip install 'knockon[cluster]' ({fault.name})") from None
    return blake3(data).hexdigest(length=20)


def _write(data: memoryview, folder: Path) -> str:
    name = digest(data)
    path = folder / name
    if not path.exists() or path.stat().st_size != data.nbytes:
        rename_into(data, path)
    return name


def rename_into(data: bytes | memoryview, path: Path) -> None:
    """Write a file whole or not at all."""
    with make_beside(path) as beside:
        beside.write_bytes(data)
        beside.replace(path)


@contextmanager
def make_beside(path: Path) -> Iterator[Path]:
    """A name that nobody else has, in the folder of the path, which is made: for what is written
    there, then renamed. What is not renamed is taken away."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _read(name: str, folder: Path, *, copied: bool) -> memoryview:
    """The bytes of this name. Mapped ones are shared by all who only read them, as kernels do;
    these are compiled for arrays that may be written to, so these may, each worker's own copy."""
    path = folder / name
    try:
        with path.open("rb") as file:
            if copied:
                data = np.fromfile(file, np.uint8).data
            else:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    except (OSError, ValueError) as fault:
        raise ClusterError(f"{path}: a part of the shipment cannot be read: {fault}") from None
    if digest(data) != name:
        raise ClusterError(f"{path}: a part of the shipment is torn")
    return data
