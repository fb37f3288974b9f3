"""What a worker runs: one block of a shipment, its output written by rename.

A task is pure: run again, by whomever, it writes the same bytes. Workers keep the shipment that
they opened last, for the next task of the same question.
"""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from importlib.metadata import version
from os import cpu_count
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from knockon.graph.engine.cluster.shipment import open_shipment, read_arrays, write_arrays
from knockon.graph.engine.executor import Workspace
from knockon.graph.engine.memory import free_bytes

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "id long, done boolean"
HOST_SCHEMA = (
    "id long, knockon string, python string, numpy string, form string, memory long, cores long, "
    "shares boolean"
)


class Job(NamedTuple):
    """What all blocks of a run share. work: `module:name` of a function of (shared, workspace,
    block), which returns an array, or a tuple or dataclass of arrays (some None)."""

    work: Callable[[Any, Any, Any], Any]
    shared: Any
    blocks: Sequence[Any]
    workspace: Workspace


def run_block(folder: Path, question: str, shipment: str, number: int) -> None:
    """Run one block of the shipment, unless its output is there."""
    stem = name_output(folder, question, number)
    if read_arrays(stem) is not None:
        return
    with _SLOTS:
        with _OPENING:  # else each of the tasks that begin together reads all of it
            job, free = _open(shipment, str(folder))
        with _LOCK:
            mine = free.pop() if free else job.workspace.make(*job.workspace.sizes)
        found = job.work(job.shared, mine, job.blocks[number])
        with _LOCK:
            free.append(mine)  # not after an error, which leaves it dirty
        write_arrays(_flatten(found), stem)


def _flatten(found: Any) -> tuple[Any, ...]:
    """The arrays of a result: itself, or those of a tuple or of a dataclass."""
    if is_dataclass(found):
        return tuple(getattr(found, f.name) for f in fields(found))
    return found if isinstance(found, tuple) else (found,)


def name_output(folder: Path, question: str, number: int) -> Path:
    """The name of the output of a block, but for its digest."""
    return folder / question / f"{number:08d}"


def run_batches(
    folder: str, question: str, shipment: str, numbers: Sequence[int],
    batches: "Iterable[pa.RecordBatch]",
) -> "Iterator[pa.RecordBatch]":  # fmt: skip
    """Run the blocks at the places in the numbers that batches of Arrow have, as `mapInArrow`."""
    import pyarrow as pa

    for batch in batches:
        places = batch.column(0).to_pylist()
        for place in places:
            run_block(Path(folder), question, shipment, numbers[place])
        yield pa.RecordBatch.from_pydict({"id": places, "done": [True] * len(places)})


def make_struct(columns: str) -> Any:
    """Columns, as `name type, ...`, as workers of Spark have them."""
    from pyspark.sql import types

    kinds = {"boolean": types.BooleanType, "long": types.LongType, "string": types.StringType}
    pairs = (each.split() for each in columns.split(","))
    return types.StructType([types.StructField(name, kinds[kind]()) for name, kind in pairs])


def describe_host(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    """For `mapInArrow`, a row for each partition: which versions a worker has, how much memory and
    how many cores, and whether its tasks are threads of one process: those of Apache Spark have a
    process each."""
    import pyarrow as pa

    own = getattr(sys.modules["__main__"], "__spec__", None)
    shares = own is None or not own.name.startswith("pyspark.")
    said = {
        **describe_versions(), "memory": free_bytes(), "cores": cpu_count() or 1, "shares": shares
    }  # fmt: skip
    if (first := next(iter(batches), None)) is not None:
        columns = {name: [value] for name, value in said.items()}
        yield pa.RecordBatch.from_pydict({"id": [first.column(0)[0].as_py()], **columns})
        deque(batches, maxlen=0)


def describe_versions() -> dict[str, str]:
    """What must be the same on client and workers, so that all give the same bits."""
    from knockon.graph.engine.kernels import compiled_form_is_there

    return {
        "knockon": version("knockon"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "numpy": np.__version__,
        "form": "numba" if compiled_form_is_there() else "numpy",
    }


_LOCK, _OPENING = Lock(), Lock()
_SLOTS = BoundedSemaphore(cpu_count() or 1)  # a server may start all tasks of a wave at once


@lru_cache(maxsize=1)
def _open(shipment: str, folder: str) -> tuple[Job, list[Any]]:
    """The job of this shipment, and the workspaces that are free."""
    return open_shipment(shipment, Path(folder), copied=True), []
