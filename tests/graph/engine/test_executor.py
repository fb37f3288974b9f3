"""Where blocks run: in order, few ahead, and on nothing but arrays."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from knockon.graph.analysis.prepare import prepare
from knockon.graph.analysis.tallies import spread_losses
from knockon.graph.engine.circuit import build_circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.executor import Threads, Workspace
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run, each_alone
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.graph.scenario.scenario import Scenario
from tests.processes import Processes
from tests.timed import prepared_with, timed_graph
from tests.toys import dep, graph_of, group


def test_results_come_in_the_order_of_blocks_and_few_are_drawn_ahead() -> None:
    """Not more blocks are asked for than there are workers."""
    asked = []

    def blocks() -> Iterator[int]:
        for block in range(20):
            asked.append(block)
            yield block

    results = []
    made = Workspace(list)
    for block, found in Threads().run(
        lambda a, _, b: a * b, 3, blocks(), workers=4, workspace=made
    ):
        assert len(asked) - len(results) <= 4
        results.append((block, found))
    assert results == [(i, 3 * i) for i in range(20)]


def test_a_worker_has_a_workspace_of_its_own_and_they_are_made_once() -> None:
    """Two blocks at work at a time have two, which later runs of the same sizes find again."""
    executor, made, both = Threads(), [], threading.Barrier(2, timeout=20)

    def make(size: int) -> list[int]:
        made.append([0] * size)
        return made[-1]

    def work(_: None, mine: list[int], block: int) -> int:
        both.wait()
        assert mine[0] == 0
        mine[0] = block
        both.wait()
        assert mine[0] == block
        mine[0] = 0
        return len(mine)

    for size in (5, 5, 7):
        run = executor.run(work, None, range(1, 9), workers=2, workspace=Workspace(make, (size,)))
        assert [found for _, found in run] == [size] * 8
    assert [len(m) for m in made] == [5, 5, 7, 7]
    executor.release()
    list(executor.run(work, None, [1, 2], workers=2, workspace=Workspace(make, (7,))))
    assert len(made) == 6


def test_an_error_in_a_block_is_raised_and_its_workspace_is_not_used_again() -> None:
    """What a block that failed has left behind is nobody's clean workspace."""
    executor, made = Threads(), []

    def make() -> list[int]:
        made.append([0])
        return made[-1]

    def work(_: None, mine: list[int], block: int) -> int:
        mine[0] += block
        if block > 1:
            raise ValueError("no")
        mine[0] = 0
        return block

    with pytest.raises(ValueError, match="no"):
        list(executor.run(work, None, [1, 2], workers=1, workspace=Workspace(make)))
    assert list(executor.run(work, None, [1], workers=1, workspace=Workspace(make))) == [(1, 1)]
    assert len(made) == 2


def test_ctrl_c_does_not_wait_for_the_blocks_at_work() -> None:
    """Which can take a minute; an error does wait, so that no more run than there is memory for."""
    over, begun = threading.Event(), threading.Semaphore(0)

    def work(_: None, mine: list[int], block: int) -> int:
        if block:
            begun.release()
            assert over.wait(20)
        return block

    run = Threads().run(work, None, [0, 1, 2, 3], workers=3, workspace=Workspace(list))
    assert next(run) == (0, 0)
    begun.acquire()
    with pytest.raises(KeyboardInterrupt):
        run.throw(KeyboardInterrupt)
    over.set()


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    executor = Processes()
    yield executor
    executor.pool.shutdown()


def some_graph() -> DependencyGraph:
    """40 entities in two layers, with groups, switches and losses."""
    rows = [row for i in range(20) for row in group(f"s{i}", f"{'abc'[i % 3]}d", probability=0.6)]
    for row in rows:
        row["switch_probability"] = 0.9
    rows += [
        dep(f"t{i}", f"s{(7 * i) % 20}", probability=0.7, loss=0.5 + i / 80) for i in range(40)
    ]
    return graph_of(*rows)


def test_closures_in_other_processes_are_the_same_bits(processes: Processes) -> None:
    """The lane kernel gets nothing but arrays, hashed draws and enumerated cases alike."""
    pytest.importorskip("numba")
    graph = some_graph()
    circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
    strengths = Strengths.known(graph.dependencies["probability"].to_numpy())
    run = Run.of(Draws.lay_out(graph, circuit, strengths), 7)
    origins = np.array([graph.find("a"), graph.find("d")])
    found = []
    for executor in (Threads(), processes):
        lanes = Lanes(circuit, 1, compiled=True, executor=executor)
        worlds = lanes.close(run, run.random_worlds(64 * 20, 8), origins)
        alone = lanes.close(run, each_alone(np.arange(3), 8))
        found.append([hit for blocks in (worlds, alone) for _, hit in blocks])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    assert 0 < np.bitwise_count(found[0][0]).sum() < found[0][0].size * 64


def test_losses_in_other_processes_are_the_same_bits(processes: Processes) -> None:
    """So does the loss kernel, one part of the lanes for each process."""
    pytest.importorskip("numba")
    graph = some_graph()
    origins = [{"id": "a", "severity": 1.0}, {"id": "d", "severity": 0.75}]
    whole = prepare(graph, Scenario.of(graph, origins, seed=7))
    found = []
    for executor in (Threads(), processes):
        lanes = Lanes(whole.kernel, 1, compiled=True, executor=executor)
        (block,) = whole.run.random_worlds(500, 8)
        drawing = lanes.drawing(whole.run, given=False)
        found.append(spread_losses(whole, lanes, whole.run, block, drawing))
    assert np.array_equal(*found)
    assert len(np.unique(found[0])) > 20


def test_times_in_other_processes_are_the_same_bits(processes: Processes) -> None:
    """And the times kernel, with hours that are drawn and a rollout in rings."""
    pytest.importorskip("numba")
    rows = [dep(f"s{i}", "a", probability=0.8, grace_hours="1..9") for i in range(20)]
    rows += [
        dep(f"t{i}", f"s{s}", group="g", switch_hours="2")
        for i in range(30)
        for s in ((7 * i) % 20, (3 * i + 1) % 20)
    ]
    graph = timed_graph(*rows, a={"repair_hours": "1..3"})
    asked = Scenario.of(graph, "a", hours="4..30", mode="bad_update", rollout="50%@0,100%@3")
    _, run, timeline = prepared_with(graph, asked, 0.5)
    found = []
    for executor in (Threads(), processes):
        timeline.executor = executor
        times = [t for _, t in timeline.times(run, run.random_worlds(900, 2), compiled=True)]
        found.append([np.concatenate((t.start, t.end)) for t in times])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    assert len(np.unique(found[0][0])) > 1000
