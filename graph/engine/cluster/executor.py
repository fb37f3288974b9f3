"""The executor whose blocks run on a cluster: the seam of `engine.executor`, with the same bits.

Blocks go out in waves, larger ones where the server says that it has many cores. What a worker
wrote is taken from the folder that both see; what is missing or torn after a wave is asked for
again, and after three times the question fails with the reason.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any, TypeAlias, TypeVar, get_origin, get_type_hints
from weakref import finalize

from knockon.graph.engine.cluster.connect import (
    Workers,
    ask_workers,
    connect,
    disconnect,
    parse_address,
)
from knockon.graph.engine.cluster.shipment import Array, digest, read_arrays, ship
from knockon.graph.engine.cluster.tasks import SCHEMA, Job, name_output, run_batches
from knockon.graph.engine.executor import Workspace
from knockon.graph.errors import ClusterError
from knockon.graph.scratch import Scratch

S = TypeVar("S")
B = TypeVar("B")
R = TypeVar("R")

Outputs: TypeAlias = tuple[Array | None, ...]

WAVE = 64  # blocks that go out together, at least
_TRIES = 3
_EACH = 3  # tasks for each that runs at a time: who is done early takes one more


class Cluster:
    """Runs blocks on the workers of a Spark Connect server.

    address: `sc://host:port`; folder: one that client and workers see under the same name; None: a
    temporary one, which does for workers on this machine
    resume: take what an earlier run of the same question left in the folder
    Raises ClusterError where the server, its workers or the folder are not as they should be.
    """

    def __init__(self, address: str, folder: str | None = None, *, resume: bool = False) -> None:
        self.address = parse_address(address)
        if folder is None and not self.address.is_here:
            raise ClusterError(
                f"on_folder: expected a folder that this machine and {self.address} see"
            )
        self.resume, self._folder = resume, folder
        self.plan = "as asked"  # why the whole graph goes to every worker
        self._answered = False

    @cached_property
    def folder(self) -> Path:
        """Where both lay files; made when it is first used, and taken away where it is our own."""
        if self._folder is None:
            scratch = Scratch("cluster")
            finalize(self, scratch.close)
            return scratch.path.resolve()
        folder = Path(self._folder).resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise ClusterError(f"on_folder: {folder}: {fault.strerror}") from None
        return folder

    @property
    def at_a_time(self) -> int:
        return WAVE

    @property
    def notes(self) -> tuple[str, ...]:
        """How the work was cut."""
        return (f"plan worlds: {self.plan}",)

    def run(
        self, work: Callable[[S, Any, B], R], shared: S, blocks: Iterable[B], *, workers: int,
        workspace: Workspace,
    ) -> Iterator[tuple[B, R]]:  # fmt: skip
        """As `Executor` has it; `workers` is for threads: a server has its own."""
        ahead = iter(blocks)
        most = max(WAVE, _EACH * self._connect().tasks)
        while wave := list(islice(ahead, most)):
            job = Job(work, shared, wave, workspace)
            shipment = ship(job, self.folder)
            question = digest(shipment.encode())
            if not self.resume:
                rmtree(self.folder / question, ignore_errors=True)
            outputs = self._run_wave(question, shipment, len(wave))
            for number, block in enumerate(wave):
                yield block, _rebuild(work, outputs.pop(number))
            rmtree(self.folder / question, ignore_errors=True)

    def _run_wave(self, question: str, shipment: str, count: int) -> dict[int, Outputs]:
        """The output of each block, read once. Raises ClusterError for what fails every time."""
        fault, outputs = "", self._find(question, range(count))
        for tried in range(_TRIES):
            missing = [n for n in range(count) if n not in outputs]
            if not missing:
                return outputs
            fault = self._ask(question, shipment, missing, together=not tried)
            outputs |= self._find(question, missing)
        missing = [n for n in range(count) if n not in outputs]
        if missing:
            raise ClusterError(
                f"on: {len(missing)} of {count} blocks failed on {self.address} {_TRIES} times: "
                f"{fault or 'nothing was written to ' + str(self.folder)}"
            )
        return outputs

    def _ask(self, question: str, shipment: str, missing: list[int], *, together: bool) -> str:
        """Run the blocks; what went wrong, empty where nothing did. together: several in a task
        of Apache Spark, which takes longer to start than many a block; one that fails ends it."""
        workers, self._answered = self._connect(), True
        session = connect(self.address)
        dealt = _EACH * workers.tasks if together else 0
        work = partial(run_batches, str(self.folder), question, shipment, missing)
        try:
            session.run(work, SCHEMA, len(missing), min(dealt or len(missing), len(missing)))
        except KeyboardInterrupt:
            session.interrupt()
            raise
        except ClusterError as fault:  # of a worker, of the server, of the wire
            disconnect(self.address)  # the next try begins anew
            return str(fault)
        return ""

    def _connect(self) -> Workers:
        """The workers. Raises ClusterError, which says how to go on where the server is gone in the
        middle of a question."""
        try:
            return ask_workers(self.address)
        except ClusterError as fault:
            if not self._answered or self._folder is None:
                raise
            raise ClusterError(
                f"{fault}; what it had done is in {self._folder}: --resume (resume=True) goes on "
                "from there"
            ) from None

    def _find(self, question: str, numbers: Iterable[int]) -> dict[int, Outputs]:
        """The outputs that are there and whole, of these blocks."""
        found = ((n, read_arrays(name_output(self.folder, question, n))) for n in numbers)
        return {number: arrays for number, arrays in found if arrays is not None}

    def release(self) -> None:
        """Workspaces are the workers' own."""


def _rebuild(work: Callable[..., R], arrays: tuple[Any, ...]) -> R:
    """What the work returned, by its type: an array, or a tuple or dataclass of arrays."""
    made: Any = get_type_hints(work)["return"]
    if is_dataclass(made) or hasattr(made, "_fields"):
        return made(*arrays)  # type: ignore[no-any-return]
    found: Any = arrays if get_origin(made) is tuple else arrays[0]
    return found  # type: ignore[no-any-return]
