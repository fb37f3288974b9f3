"""Probabilities by a diagram are those of every case, however many draws there are."""

import numpy as np
import pytest
from hypothesis import given, settings

from knockon.graph.analysis.exact_diagrams import add_by_diagram
from knockon.graph.analysis.prepare import prepare
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import Case, Model, whatif_reference
from tests.strategies import cases
from tests.toys import dep, graph_of


@settings(max_examples=100, deadline=None)
@given(cases())
def test_a_diagram_gives_low_middle_and_high(case: tuple[DependencyGraph, Scenario]) -> None:
    """Of everybody within reach, with cycles, groups, switches and modes."""
    graph, scenario = case
    prepared = prepare(graph, scenario)
    found = add_by_diagram(prepared, None)
    assert found is not None
    assert sorted(found.rows.tolist()) == list(range(len(prepared.nodes.entity)))
    said = whatif_reference(Model.of(graph), Case.of(scenario))
    for row, *chances in zip(found.rows, found.low, found.middle, found.high, strict=True):
        identifier = graph.id_of(int(prepared.nodes.entity[row]))
        expected = [float(run[identifier]) for run in (said.low, said.middle, said.high)]
        assert chances == pytest.approx(expected, rel=1e-12, abs=1e-300)
        assert [c == 0 for c in chances] == [e == 0 for e in expected]


def build_ladder(stages: int) -> DependencyGraph:
    """Each stage needs two of the stage before, each by a chain of its own: 4 draws a stage."""
    rows = []
    for i in range(stages):
        rows += [
            dep(f"n{i + 1}", f"a{i}", probability=0.9), dep(f"n{i + 1}", f"b{i}", probability=0.8),
            dep(f"a{i}", f"n{i}", probability=0.7), dep(f"b{i}", f"n{i}", probability=0.6),
        ]  # fmt: skip
    return graph_of(*rows)


def test_eighty_draws_behind_a_target_are_no_reason_to_draw() -> None:
    """Worked by hand: each stage passes 1 - (1 - 0.9 x 0.7)(1 - 0.8 x 0.6)."""
    entities = whatif(build_ladder(20), "n0").entities
    end = entities.filter(id="n20").row(0, named=True)
    assert end["probability"] == pytest.approx((1 - 0.37 * 0.52) ** 20, rel=1e-12)
    assert (end["std_error"], end["probability_low"]) == (0.0, end["probability"])


def test_a_rare_end_keeps_its_digits() -> None:
    """A chain of 15 at 0.1: 1e-15, which no drawing sees."""
    chain = graph_of(*(dep(f"n{i + 1}", f"n{i}", probability=0.1) for i in range(15)))
    end = whatif(chain, "n0").entities.filter(id="n15")
    assert end["probability"].item() == pytest.approx(1e-15, rel=1e-9)
    assert np.isclose(end["impact"].item(), 1e-15, rtol=1e-9)


def test_whoever_asks_for_worlds_gets_worlds() -> None:
    """A number of worlds is asked for: all is drawn."""
    end = whatif(build_ladder(20), "n0", worlds=500).entities.filter(id="n20")
    assert end["std_error"].item() > 0


def test_what_is_sure_is_1_and_nothing_else() -> None:
    """Unknown strengths at 1 make a sure thing; stated ones that round to 1 do not."""
    unknown = whatif(graph_of(*(dep(f"n{i + 1}", f"n{i}") for i in range(20))), "n0").entities
    assert unknown["probability_high"].unique().to_list() == [1.0]
    many = [dep("b", f"a{i}", probability=1 - 1e-9) for i in range(7)]
    many += [dep(f"a{i}", "o", probability=1 - 1e-9) for i in range(7)]
    end = whatif(graph_of(*many), "o").entities.filter(id="b")
    assert 1 - 1e-14 < end["probability"].item() < 1
