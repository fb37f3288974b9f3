"""The compiled form of the lane kernel: bit for bit the numpy form, and chosen by work alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.fill import fill_strengths
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.tallies import spread_losses
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine import lanes as lanes_module
from knockon.graph.engine.circuit import Circuit, build_circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.nodes import Nodes
from knockon.graph.engine.routes import find_routes
from knockon.graph.engine.wiring import wire
from knockon.graph.engine.worlds import EXACT, Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.strategies import cases
from tests.toys import dep, graph_of, group

pytest.importorskip("numba")
Asked = tuple[DependencyGraph, Scenario]


def laid_out(graph: DependencyGraph, scenario: Scenario) -> tuple[Circuit, Run, np.ndarray]:
    circuit, _ = build_circuit(graph, scenario.mode, scenario.rules)
    stated = graph.dependencies["probability"].fill_null(scenario.assume).to_numpy()
    origins = np.array([graph.find(o.id) for o in scenario.origins])
    draws = Draws.lay_out(graph, circuit, Strengths.known(stated))
    return circuit, Run.of(draws, scenario.seed), origins


@settings(max_examples=150, deadline=None)
@given(cases(most=30, chances=30), st.integers(1, 700))
def test_random_worlds_are_the_same_in_both_forms(case: Asked, worlds: int) -> None:
    """Groups, switches, modes and strengths of any kind: the same bits from both forms."""
    circuit, run, origins = laid_out(*case)
    found = []
    for compiled in (False, True):
        lanes = Lanes(circuit, 1, compiled=compiled)
        found.append([hit for _, hit in lanes.close(run, run.random_worlds(worlds, 8), origins)])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))


@settings(max_examples=100, deadline=None)
@given(cases(chances=8))
def test_enumerated_cases_are_the_same_in_both_forms(case: Asked) -> None:
    """Every case of few draws, given as words and not hashed: the same bits."""
    circuit, run, origins = laid_out(*case)
    if len(run.uncertain) > EXACT:
        return
    numpy, numba = (
        [h for _, h in Lanes(circuit, 1, compiled=c).close(run, run.every_case(8), origins)]
        for c in (False, True)
    )
    assert all(np.array_equal(a, b) for a, b in zip(numpy, numba, strict=True))


@settings(max_examples=100, deadline=None)
@given(cases(most=30), st.data())
def test_one_lane_reaches_the_same_in_both_forms(case: Asked, data: st.DataObject) -> None:
    """The closure of a single lane, with members, switches and protected nodes of any kind."""
    circuit, _, origins = laid_out(*case)
    flags = st.lists(st.booleans(), min_size=1000, max_size=1000)
    bits = np.array(data.draw(flags), np.bool_)
    live, stuck = np.resize(bits, len(circuit.dependency)), np.resize(bits[::-1], len(circuit.node))
    stuck &= circuit.switch_of >= 0
    barred = np.setdiff1d(np.flatnonzero(np.resize(bits[1:], len(circuit.entity))), origins)[:2]
    numpy, numba = (
        Lanes(circuit, 1, compiled=c).reach(live, stuck, origins, barred) for c in (False, True)
    )
    assert np.array_equal(numpy, numba)


@settings(max_examples=40, deadline=None)
@given(cases({"worlds": 700, "seed": 3}, most=20, chances=20))
def test_an_answer_does_not_depend_on_the_form(case: Asked) -> None:
    """A what-if forced into the compiled form gives the frame of the numpy form, to the bit."""
    graph, scenario = case
    plain = whatif(graph, scenario)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes_module, "COMPILED_FROM", 0)
        compiled = whatif(graph, scenario)
    assert (plain.form, compiled.form) == ("numpy", "numba")
    assert compiled.entities.equals(plain.entities)
    assert compiled.distribution.equals(plain.distribution)


@settings(max_examples=150, deadline=None)
@given(cases(most=30, chances=30), st.integers(1, 200))
def test_losses_are_the_same_in_both_forms(case: Asked, worlds: int) -> None:
    """Shares, severities, groups, switches and modes of any kind: the same floats to the bit."""
    graph, scenario = case
    circuit, run, origins = laid_out(graph, scenario)
    whole = Prepared(
        graph, scenario, circuit, circuit, None, Nodes.of(circuit.entity), origins, run.draws,
        (run,), origins[:0], fill_strengths(graph, scenario), (),
    )  # fmt: skip
    lanes = Lanes(circuit, 1, compiled=True)
    exact = len(run.uncertain) <= EXACT
    for block in run.every_case(8) if exact else run.random_worlds(worlds, 2):
        drawing = lanes.drawing(run, given=exact)
        compiled = spread_losses(whole, lanes, run, block, drawing)
        assert np.array_equal(compiled, spread_losses(whole, lanes, run, block, None))


@settings(max_examples=150, deadline=None)
@given(cases(most=30, chances=30), st.sampled_from([None, 0.3, 0.0]))
def test_routes_are_the_same_in_both_forms(case: Asked, alike: float | None) -> None:
    """The same forest, ties and unknown strengths of 0 included, and where all are alike."""
    graph, scenario = case
    circuit, _, origins = laid_out(graph, scenario)
    live = np.ones(len(circuit.dependency), np.bool_)
    stuck = circuit.switch_of >= 0  # as `within` takes it: what is reached has a chain
    reached = Lanes(circuit, 1).reach(live, stuck, origins)
    part, nodes = circuit.within(reached, np.ones(len(graph.dependent), np.bool_))
    strength = graph.dependencies["probability"].fill_null(0.0).to_numpy()
    of_arc = strength[part.dependency[part.member]]
    if alike is not None:
        of_arc = np.full(len(of_arc), alike)
    at = np.searchsorted(nodes, origins)
    numpy, numba = (find_routes(part, of_arc, at, w) for w in (None, wire(part)))
    for name in ("hops", "zeros", "cost", "depth", "before", "arc"):
        assert np.array_equal(getattr(numpy, name), getattr(numba, name)), name


def test_more_members_than_a_word_has_bits_are_counted() -> None:
    """A group of 100 that needs 40 breaks at the 61st lost member, in both forms."""
    members = [f"m{i:03}" for i in range(100)]
    rows = [dep(m, "O") for m in members] + group("D", members, needs=40)
    graph = graph_of(*rows)
    circuit, _, origins = laid_out(graph, Scenario.of(graph, "O"))
    for compiled in (False, True):
        lanes = Lanes(circuit, 1, compiled=compiled)
        for lost, broken in ((60, False), (61, True)):
            barred = np.array([graph.find(m) for m in members[lost:]])
            live = np.ones(len(circuit.dependency), np.bool_)
            stuck = np.zeros(len(circuit.node), np.bool_)
            assert lanes.reach(live, stuck, origins, barred)[graph.find("D")] == broken


def test_small_work_keeps_the_numpy_form() -> None:
    """The form goes by arcs times words, and the answer says which one ran."""
    graph = graph_of(dep("B", "A", probability=0.5), dep("C", "B"))
    assert whatif(graph, "A").form == "numpy"


def test_without_numba_large_work_runs_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The absence of the compiled form is a note in the answer, not hidden."""
    monkeypatch.setattr(lanes_module, "COMPILED_FROM", 0)
    monkeypatch.setattr(lanes_module, "compiled_form_is_there", lambda: False)
    impact = whatif(graph_of(dep("B", "A", probability=0.5)), "A", worlds=100)
    assert impact.form == "numpy"
    assert any("pip install 'knockon[fast]'" in note for note in impact.notes)
