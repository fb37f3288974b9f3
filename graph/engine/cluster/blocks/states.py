"""What workers keep between rounds: the fixpoint that a part is at, in memory, else in a file.

A file of a state is there for speed only: who finds none, or a torn one, goes through the news
again. Only rows in which anything is hit are written.
"""

import math
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np

from knockon.graph.engine.cluster.shipment import Array, make_beside

_ENDING = ".state"
_ARRAYS = ("hit", "lost", "counter", "state")


class Place(NamedTuple):
    """Of a state. folder: of its files; round: after whose news it is"""

    folder: Path
    round: int


class _State(NamedTuple):
    scratch: Any
    place: Place
    bytes: int


_LOCK = Lock()
_STATES: dict[Path, _State] = {}


def keep_state(place: Place, scratch: Any, memory: int) -> None:
    """Keep the scratch of a kernel, in a file where memory is full.

    Rounds ask for states in turn, so that to let go of the oldest would be to let go of what is
    asked for next. Those of other questions are forgotten.
    """
    size = sum(int(x.nbytes) for x in scratch if isinstance(x, np.ndarray))
    with _LOCK:
        for folder in [f for f in _STATES if f.parent != place.folder.parent]:
            if sum(s.bytes for s in _STATES.values()) + size > memory:
                del _STATES[folder]
        fits = sum(s.bytes for s in _STATES.values()) + size <= memory
        if fits:
            _STATES[place.folder] = _State(scratch, place, size)
    if not fits:
        _write(place, [getattr(scratch, name) for name in _ARRAYS])


def take_state(place: Place, scratch: Any) -> Any | None:
    """The scratch as it was kept: whoever works on it has it alone. None where there is none.

    scratch: makes a clean one, to read a file into
    """
    with _LOCK:
        kept = _STATES.pop(place.folder, None)
    if kept is not None and kept.place == place:
        return kept.scratch
    for path in place.folder.glob(f"{place.round}.*{_ENDING}"):
        made = scratch()
        if _read(path, [getattr(made, name) for name in _ARRAYS]):
            return made
    return None


def _write(place: Place, arrays: list[Array]) -> None:
    """Write the rows that hold anything, beside and renamed; older files go."""
    older = list(place.folder.glob(f"*{_ENDING}"))
    check = 0
    with make_beside(place.folder / str(place.round)) as beside:
        with beside.open("wb") as file:
            for array in arrays:
                rows = np.flatnonzero(array.reshape(len(array), _width(array)).any(axis=1))
                for part in (np.array([len(rows)]), rows, array[rows]):
                    check = crc32(part.data, check)
                    file.write(part.data)
        beside.replace(place.folder / f"{place.round}.{check:08x}{_ENDING}")
    for path in older:
        path.unlink(missing_ok=True)


def _width(array: Array) -> int:
    return math.prod(array.shape[1:])


def _read(path: Path, arrays: list[Array]) -> bool:
    """Read a file into these arrays; whether it is whole."""
    check = 0
    try:
        with path.open("rb") as file:
            for array in arrays:
                flat = array.reshape(len(array), _width(array))
                count = np.fromfile(file, np.int64, 1)
                rows = np.fromfile(file, np.int64, int(count[0]))
                values = np.fromfile(file, flat.dtype, len(rows) * flat.shape[1])
                for part in (count, rows, values):
                    check = crc32(part.data, check)
                flat[:] = 0
                flat[rows] = values.reshape(len(rows), flat.shape[1])
    except (OSError, IndexError, ValueError, MemoryError):
        return False
    return path.name.split(".")[1] == f"{check:08x}"
