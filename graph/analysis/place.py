"""Where the blocks of a scenario run."""

from collections.abc import Iterable, Iterator

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Ints
from knockon.graph.engine.cluster.choose import Asked, Size, choose_executor, cuts_graph
from knockon.graph.engine.counting import Counts, Stakes, count_blocks
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Block, Run
from knockon.graph.scenario.scenario import Scenario


def choose_for(scenario: Scenario, prepared: Prepared | None = None) -> Executor:
    """Threads of this process, or the cluster that the scenario names (`on`).

    prepared: what lies before the lanes of a what-if, which may be cut
    """
    asked = Asked(
        scenario.on, scenario.plan, scenario.on_folder, scenario.resume, scenario.memory
    )  # fmt: skip
    size = None
    if prepared is not None and prepared.alike is not None and scenario.hours is None:
        kernel = prepared.kernel
        size = Size(len(kernel.provider), len(kernel.entity), len(prepared.runs))
    return choose_executor(asked, size)


def count_worlds(
    lanes: Lanes, run: Run, blocks: Iterable[Block], stakes: Stakes, origins: Ints
) -> Iterator[tuple[Block, Counts]]:
    """Each block of random worlds with its counts, in the order of blocks: by the whole graph, or
    by parts of it, as the executor of the lanes has it."""
    cutting = cuts_graph(lanes.executor)
    if cutting is None or not lanes.compiled or not len(run.uncertain):
        return count_blocks(lanes, run, blocks, stakes, origins)
    return cutting.count(lanes, run, blocks, stakes, origins)
