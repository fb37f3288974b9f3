"""Where the blocks of a question run: in threads of this process, or on a cluster, and by which
plan."""

from typing import TYPE_CHECKING, NamedTuple

from knockon.graph.engine.executor import Executor, Threads
from knockon.graph.engine.memory import SHARE, says
from knockon.graph.engine.wiring import measure_block
from knockon.graph.errors import ScenarioError

if TYPE_CHECKING:
    from knockon.graph.engine.cluster.blocks.executor import Blocks
    from knockon.graph.engine.cluster.executor import Cluster

WORLDS, BLOCKS = "worlds", "blocks"


class Asked(NamedTuple):
    """What a user says of where it runs, as `scenario.fields` has it."""

    on: str | None
    plan: str
    folder: str | None
    resume: bool
    memory: int | None


class Size(NamedTuple):
    """Of a circuit. runs: how many coupled runs there are"""

    arcs: int
    nodes: int
    runs: int


def choose_executor(asked: Asked, size: Size | None) -> Executor:
    """Threads; or, where an address is named, the workers behind it (`executor.Cluster`), which get
    the whole graph or parts of it.

    size: None: the question is none that plan "blocks" can answer
    """
    if asked.on is None:
        return Threads()
    if size is None and asked.plan == BLOCKS:
        raise ScenarioError(
            'plan: "blocks" answers whatif without hours, where all that is lost is lost whole; '
            'for anything else take plan "worlds"'
        )
    from knockon.graph.engine.cluster.executor import Cluster

    cluster = Cluster(asked.on, asked.folder, resume=asked.resume)
    if size is None or asked.plan == WORLDS:
        return cluster
    return _choose_plan(asked, size, cluster)


def _choose_plan(asked: Asked, size: Size, cluster: "Cluster") -> Executor:
    from knockon.graph.engine.cluster.blocks.executor import Blocks
    from knockon.graph.engine.cluster.blocks.rounds import Room
    from knockon.graph.engine.cluster.connect import ask_workers

    workers = ask_workers(cluster.address)
    memory = int(SHARE * workers.memory) if asked.memory is None else asked.memory
    whole = measure_whole(size, workers.cores)
    fits = f"a worker may take {says(memory)}, all of the graph takes {says(whole)}"
    if asked.plan != BLOCKS and whole <= memory:
        cluster.plan = fits
        return cluster
    room = Room(cluster.folder, memory, workers.cores, asked.resume)
    why = "as asked" if asked.plan == BLOCKS else fits
    return Blocks(cluster, room, why)


def measure_whole(size: Size, tasks: int) -> int:
    """Bytes of a graph in the work of a worker with so many tasks at a time."""
    return size.arcs * (16 + 8 * size.runs) + size.nodes * measure_block(1) * tasks


def cuts_graph(executor: Executor) -> "Blocks | None":
    """The executor, where it counts worlds by parts of the graph."""
    if type(executor) is Threads:
        return None
    from knockon.graph.engine.cluster.blocks.executor import Blocks

    return executor if isinstance(executor, Blocks) else None
