"""Where the blocks of a question run: in threads of this process, or on a cluster, and by which
plan."""

from typing import TYPE_CHECKING, NamedTuple

from knockon.graph.engine.executor import Executor, Threads
from knockon.graph.engine.memory import find_allowed, says
from knockon.graph.engine.wiring import measure_arcs, measure_block
from knockon.graph.errors import ScenarioError

if TYPE_CHECKING:
    from knockon.graph.engine.cluster.blocks.executor import Blocks
    from knockon.graph.engine.cluster.connect import Workers
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
        if asked.plan in (WORLDS, BLOCKS):
            raise ScenarioError(
                f'plan: "{asked.plan}" says how workers share the work: expected --on (on) with '
                "the address of their server, such as sc://localhost:50051"
            )
        return Threads()
    if size is None and asked.plan == BLOCKS:
        raise ScenarioError(
            'plan: "blocks" answers whatif and rank without hours, where dependencies pass on all '
            'that is lost and all that fails loses alike; for anything else take plan "worlds"'
        )
    from knockon.graph.engine.cluster.executor import Cluster

    cluster = Cluster(asked.on, asked.folder, resume=asked.resume)
    if size is None or asked.plan == WORLDS:
        if asked.plan != WORLDS:
            cluster.plan = "what this question takes if nothing else is asked for"
        return cluster
    return _choose_plan(asked, size, cluster)


def _choose_plan(asked: Asked, size: Size, cluster: "Cluster") -> Executor:
    from knockon.graph.engine.cluster.blocks.executor import Blocks
    from knockon.graph.engine.cluster.blocks.rounds import Room
    from knockon.graph.engine.cluster.connect import ask_workers

    workers = ask_workers(cluster.address)
    fit = weigh(size, workers, asked.memory)
    if asked.plan != BLOCKS and fit.fits:
        cluster.plan = fit.why
        return cluster
    room = Room(cluster.folder, fit.memory, workers.cores, asked.resume, workers.shares)
    why = "as asked" if asked.plan == BLOCKS else fit.why
    return Blocks(cluster, room, why)


class Fit(NamedTuple):
    """Of a graph and a worker. memory: bytes that it may take; fits: all of the graph; why: both,
    in words"""

    memory: int
    fits: bool
    why: str


def weigh(size: Size, workers: "Workers", limit: int | None) -> Fit:
    """Whether a worker may take all of the graph; limit: of its memory, where there is one."""
    memory, whole = find_allowed(limit, workers.memory), measure_whole(size, workers.cores)
    why = f"a worker may take {says(memory)}, all of the graph takes {says(whole)}"
    return Fit(memory, whole <= memory, why)


def measure_whole(size: Size, tasks: int) -> int:
    """Bytes of a graph in the work of a worker with so many tasks at a time."""
    return measure_arcs(size.arcs, size.runs) + size.nodes * measure_block(1) * tasks


def cuts_graph(executor: Executor) -> "Blocks | None":
    """The executor, where it counts worlds by parts of the graph."""
    if type(executor) is Threads:
        return None
    from knockon.graph.engine.cluster.blocks.executor import Blocks

    return executor if isinstance(executor, Blocks) else None
