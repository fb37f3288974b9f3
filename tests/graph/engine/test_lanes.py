"""One call, three meanings of a lane: worlds, origins, sets of entities that fail together."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine.circuit import Circuit, build_circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.memory import workers
from knockon.graph.engine.worlds import Block, Run, each_alone, each_set
from knockon.graph.errors import MemoryLimitError, ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import Case, Model, World, closure
from tests.strategies import cases
from tests.toys import dep, graph_of, group

Asked = tuple[DependencyGraph, Scenario]
FORMS = pytest.mark.parametrize("compiled", [False, True])


def sure_run(graph: DependencyGraph, scenario: Scenario, world: int) -> tuple[Lanes, Run]:
    """The lanes of a graph under one world of its draws."""
    circuit, _ = build_circuit(graph, scenario.mode, scenario.rules)
    strength = graph.dependencies["probability"].fill_null(scenario.assume).to_numpy()
    draws = Draws.lay_out(graph, circuit, Strengths.known(strength))
    run = Run.of(draws, scenario.seed).in_world(world)
    return Lanes(circuit, 1), run


def hit_sets(
    graph: DependencyGraph, lanes: Lanes, run: Run, blocks: Iterator[Block]
) -> list[set[str]]:
    found: list[set[str]] = []
    for block, nodes in lanes.close(run, blocks):
        hit = unpack(nodes, len(block.weight)).reshape(-1, len(graph.ids), len(block.weight))
        found += [{graph.ids[i] for i in np.flatnonzero(lane)} for lane in hit.any(axis=0).T]
    return found


def world_of(graph: DependencyGraph, circuit: Circuit, run: Run) -> World:
    """What the run decides, in the words of the reference."""
    model, numbers = Model.of(graph), graph.group_of.tolist()
    sure = run.probability >= 1
    live = set(circuit.dependency[sure[run.draws.of_member]].tolist())
    switched = np.flatnonzero(circuit.switch_of >= 0)
    fails = ~sure[run.draws.of_group[switched]]
    stuck = {numbers[d] for d in circuit.switch_of[switched][fails]}
    return World(frozenset(live), frozenset(d.key for d in model.deps if numbers[d.row] in stuck))


@FORMS
@settings(max_examples=60, deadline=None)
@given(cases(most=20), st.integers(0, 5000), st.data())
def test_a_lane_is_a_set_of_entities_that_fail_together(
    compiled: bool, case: Asked, world: int, data: st.DataObject
) -> None:
    """Each origin alone and any sets of them: the closures of the twin, lane by lane."""
    graph, scenario = case
    lanes, run = sure_run(graph, scenario, world)
    lanes.compiled = compiled
    everybody = np.arange(len(graph.ids))
    sets = [[i] for i in everybody.tolist()] + data.draw(
        st.lists(
            st.lists(st.sampled_from(everybody.tolist()), max_size=4, unique=True), max_size=90
        )
    )
    alone = hit_sets(graph, lanes, run, each_alone(everybody, 1))
    members = np.array([i for s in sets for i in s], np.int64)
    starts = np.cumsum([0, *(len(s) for s in sets)])
    found = hit_sets(graph, lanes, run, each_set(members, starts, 1))
    model, fixed = Model.of(graph), world_of(graph, lanes.circuit, run)
    for origins, hit in zip(sets, found, strict=True):
        asked = Case({graph.ids[i]: 1.0 for i in origins}, scenario.mode, ())
        assert hit == (closure(model, asked, fixed) if origins else set())
    assert alone == found[: len(everybody)]


@FORMS
def test_a_world_of_a_run_is_that_world(compiled: bool) -> None:
    """What happens in world w is what lane w of the random worlds shows."""
    graph = graph_of(dep("B", "A", probability=0.4), dep("C", "B"), *group("D", "BC", needs=1))
    circuit, _ = build_circuit(graph, "outage", Scenario.of(graph, "A").rules)
    strength = graph.dependencies["probability"].fill_null(0.6).to_numpy()
    run = Run.of(Draws.lay_out(graph, circuit, Strengths.known(strength)), 3)
    lanes = Lanes(circuit, 1, compiled=compiled)
    origin = np.array([0])
    ((_, drawn),) = lanes.close(run, run.random_worlds(200, 8), origin)
    for world in (0, 63, 64, 199):
        ((_, fixed),) = lanes.close(run.in_world(world), each_alone(origin, 1))
        assert np.array_equal(unpack(fixed, 1)[:, 0], unpack(drawn, 200)[:, world])


def fan(width: int, probability: float = 0.5) -> DependencyGraph:
    return graph_of(*(dep(f"b{i}", "A", probability=probability) for i in range(width)))


def test_precision_draws_until_the_errors_are_small_enough() -> None:
    """Fair coins need the most worlds, rare ones a look at the first 1,024; errors are below."""
    for probability, worlds in ((0.5, 3968), (0.05, 1024)):
        impact = whatif(fan(30, probability), "A", precision=0.008)
        assert impact.worlds == worlds
        assert impact.entities["std_error"].max() <= 0.008
        assert any(f"precision 0.008: {worlds:,} random worlds" in n for n in impact.notes)
        fixed = whatif(fan(30, probability), "A", worlds=worlds)
        assert impact.distribution.equals(fixed.distribution)


def test_precision_is_kept_for_the_outer_runs_too() -> None:
    """A figure that is sure in the middle may be unsure where unknown strengths count as 1."""
    rows = [
        dep("B", "A", probability=None),
        *(dep(f"c{i}", "B", probability=0.5) for i in range(13)),
    ]
    assert whatif(graph_of(*rows), "A", assume=0.0, precision=0.01).worlds == 2560


def test_precision_that_asks_too_much_is_refused() -> None:
    """No number of worlds makes an error 0; worlds and precision answer one question."""
    with pytest.raises(ScenarioError, match="precision: expected a standard error from 1e-05 to 1"):
        whatif(fan(2), "A", precision=0)
    with pytest.raises(ScenarioError, match="either worlds or precision, got both"):
        whatif(fan(2), "A", precision=0.1, worlds=5)


def test_a_run_that_is_stopped_answers_with_what_it_knows() -> None:
    """After the watch says stop, the worlds done are the answer, marked as partial."""
    graph, seen = fan(30), []

    def watch(done: int, total: int) -> bool:
        seen.append((done, total))
        return done < 2000

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knockon.graph.engine.lanes._CELLS", 64 * 8)  # small blocks
        impact = whatif(graph, "A", worlds=100_000, watch=watch)
    done = seen[-1][0]
    assert impact.partial
    assert impact.worlds == done
    assert 2000 <= done < 100_000 == seen[-1][1]
    assert f"partial: stopped after {done:,} of 100,000 random worlds" in impact.notes
    assert impact.entities.equals(whatif(graph, "A", worlds=done).entities)


def test_more_worlds_than_fit_run_in_blocks() -> None:
    """A limit on memory changes neither worlds nor figures."""
    graph = fan(40)
    wide, narrow = (whatif(graph, "A", worlds=5000, memory=m) for m in (None, 60_000))
    assert wide.entities.equals(narrow.entities)
    assert wide.distribution.equals(narrow.distribution)


def test_too_little_memory_is_said() -> None:
    """Where not even one block fits, the error says what is needed and how to give it."""
    with pytest.raises(MemoryLimitError, match=r"needs 3.0 GiB .*--memory allows 2.0 GiB"):
        workers(2**30, 2 * 2**30, 4, 2 * 2**30)
    assert workers(2**30, 2**30, 8, 4 * 2**30) == 3
    assert workers(0, 1, 8, None) == 8


def test_what_the_lanes_took_does_not_count_against_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free memory is looked at before the lanes take theirs: a run does not stop on its way."""
    left = iter([2**30])  # asked a second time, there is nothing to say
    monkeypatch.setattr("knockon.graph.engine.lanes.free_bytes", lambda: next(left))
    monkeypatch.setattr("knockon.graph.engine.lanes.COMPILED_FROM", 0)
    graph, worlds = fan(20), 100_000  # several chunks, each a call of its own
    impact = whatif(graph, "A", worlds=worlds, assume=0.5)
    assert (impact.form, impact.worlds) == ("numba", worlds)
