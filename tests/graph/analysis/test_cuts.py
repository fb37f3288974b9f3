"""Cut sets and exact probabilities are those of brute force over the reference."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.cuts import CutSets, cuts
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import Case, Model, World, closure, every_world, whatif_reference
from tests.strategies import described, frame, rows, scenarios
from tests.toys import dep, graph_of, group

CHANCES = (None, 0.5, 0.1, 1e-6, 1.0, 0.0)


@st.composite
def asked(draw: st.DrawFn) -> tuple[DependencyGraph, Scenario, str]:
    """Any small graph, cycles, groups, switches and modes in it; what failed; a target."""
    entities = draw(described(failure_probability=st.sampled_from(CHANCES)))
    found = frame(draw(rows(chances=4, most=14)))
    graph = DependencyGraph.from_polars(found, entities)
    modes = ("outage", "bad_update", "compromise", "withdrawal")
    scenario = draw(scenarios(graph, modes=modes, severities=(1.0,)))
    if draw(st.booleans()):
        scenario = Scenario.of(
            graph, (), mode=scenario.mode, protect=scenario.protect, assume=scenario.assume
        )
    target = draw(st.sampled_from(sorted(set(graph.ids) - set(scenario.origin_ids))))
    return graph, scenario, target


def fail(scenario: Scenario, members: tuple[str, ...]) -> Case:
    case = Case.of(scenario)
    return Case({**case.severity, **dict.fromkeys(members, 1.0)}, case.mode, case.assume,
                protect=case.protect, becomes=case.becomes)  # fmt: skip


def find_world(model: Model, strength: float) -> World:
    """Where just what transmits, or fails, with this probability does; unknown does."""
    live = [d.row for d in model.deps if d.probability is None or d.probability >= strength]
    switched = {d.key: d for d in model.deps if d.group is not None}
    failed = [k for k, d in switched.items() if 1 - d.switch_probability >= strength]
    return World(frozenset(live), frozenset(failed))


def list_by_force(
    graph: DependencyGraph, scenario: Scenario, target: str, most: int, strength: float
) -> set[frozenset[str]]:
    model = Model.of(graph)
    world = find_world(model, strength)
    safe = {*scenario.protect, *scenario.origin_ids, target}
    found: list[frozenset[str]] = []
    for size in range(most + 1):
        for members in combinations(sorted(set(graph.ids) - safe), size):
            inside = any(f <= set(members) for f in found)
            if not inside and target in closure(model, fail(scenario, members), world):
                found.append(frozenset(members))
    return set(found)


def list_members(answer: CutSets) -> set[frozenset[str]]:
    found = answer.rows["members"].to_list()
    assert len({frozenset(f) for f in found}) == len(found)
    assert [len(f) for f in found] == answer.rows["order"].to_list()
    return {frozenset(f) for f in found}


@settings(max_examples=180, deadline=None)
@given(asked(), st.sampled_from((1, 2, 3, "all")), st.sampled_from((None, 0.5, 1.0)))
def test_cut_sets_are_those_of_brute_force(
    case: tuple[DependencyGraph, Scenario, str], order: int | str, strength: float | None
) -> None:
    """With cycles, k of n, switches and modes; whatever has failed already, or is protected."""
    graph, scenario, target = case
    answer = cuts(graph, target, scenario, order=order, strength=strength)
    most = 7 if order == "all" else int(order)
    expected = list_by_force(graph, scenario, target, most, strength or math.ulp(0.0))
    assert list_members(answer) == expected
    assert dict(answer.counts.rows()) == {
        k: sum(len(f) == k for f in expected) for k in {len(f) for f in expected}
    }


def every_failing(
    graph: DependencyGraph, scenario: Scenario, target: str
) -> Iterator[tuple[Fraction, tuple[str, ...]]]:
    """Which of those that state a probability fail, and how probably just these do."""
    stated = graph.entities.select("id", "failure_probability").drop_nulls().rows()
    safe = {*scenario.protect, *scenario.origin_ids, target}
    coins = [(i, Fraction(p)) for i, p in stated if i not in safe]
    for faces in product((True, False), repeat=len(coins)):
        weight = math.prod(
            (p if face else 1 - p for face, (_, p) in zip(faces, coins, strict=True)),
            start=Fraction(1),
        )
        if weight:
            yield weight, tuple(i for face, (i, _) in zip(faces, coins, strict=True) if face)


def find_by_force(graph: DependencyGraph, scenario: Scenario, target: str) -> list[Fraction]:
    """The probability of the target in the three runs."""
    model = Model.of(graph)
    found = [Fraction(0)] * 3
    for weight, members in every_failing(graph, scenario, target):
        case = fail(scenario, members)
        if not case.severity:
            continue
        for three in every_world(model, case):
            for run, world in enumerate((three.low, three.middle, three.high)):
                if target in closure(model, case, world):
                    found[run] += weight * three.weight
    return found


@settings(max_examples=100, deadline=None)
@given(asked())
def test_the_probability_is_that_of_every_case(
    case: tuple[DependencyGraph, Scenario, str],
) -> None:
    """Entities fail, dependencies transmit, switches fail, each by itself."""
    graph, scenario, target = case
    answer = cuts(graph, target, scenario)
    found = answer.target_probability_low, answer.target_probability, answer.target_probability_high
    if found[1] is None:
        return
    for got, expected in zip(found, find_by_force(graph, scenario, target), strict=True):
        assert got == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


@settings(max_examples=60, deadline=None)
@given(asked())
def test_how_probably_a_set_hits_is_what_a_what_if_of_it_says(
    case: tuple[DependencyGraph, Scenario, str],
) -> None:
    """Low, middle and high, of just its members failing."""
    graph, scenario, target = case
    for row in cuts(graph, target, scenario, order="all").rows.to_dicts()[:6]:
        if not row["members"] and not scenario.origins:
            continue
        said = whatif_reference(Model.of(graph), fail(scenario, tuple(row["members"])))
        figures = [float(run[target]) for run in (said.low, said.middle, said.high)]
        assert [row["hits_low"], row["hits"], row["hits_high"]] == pytest.approx(figures)


@settings(max_examples=60, deadline=None)
@given(asked())
def test_importance_is_what_changing_a_probability_changes(
    case: tuple[DependencyGraph, Scenario, str],
) -> None:
    """Finite differences: probabilities are linear in each."""
    graph, scenario, target = case
    answer = cuts(graph, target, scenario)
    for row in answer.importance.to_dicts():
        sure, never, whole = (
            cuts(restate(graph, row["id"], p), target, scenario).target_probability or 0.0
            for p in (1.0, 0.0, row["probability"])
        )
        assert whole == answer.target_probability
        assert row["birnbaum"] == pytest.approx(sure - never, abs=1e-12)
        assert row["criticality"] == pytest.approx((whole - never) / whole, abs=1e-6)
        assert row["risk_achievement"] == pytest.approx(sure / whole)
        expected = None if not never else pytest.approx(whole / never)
        assert row["risk_reduction"] == expected


def restate(graph: DependencyGraph, identifier: str, p: float) -> DependencyGraph:
    changed = graph.entities.with_columns(
        pl.when(pl.col("id") == identifier)
        .then(p)
        .otherwise("failure_probability")
        .alias("failure_probability")
    )
    return DependencyGraph.from_polars(graph.dependencies, changed)


def entity(identifier: str, p: float | None = None, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "failure_probability": p, **more}


def test_a_spare_pair_on_one_host_has_a_single_point_of_failure() -> None:
    """Worked by hand: H alone, or P and Q."""
    graph = graph_of(
        *group("D", "PQ"), dep("P", "H"), dep("Q", "H"),
        entities=[entity("H", 1e-4), entity("P", 1e-3), entity("Q", 2e-3)],
    )  # fmt: skip
    answer = cuts(graph, "D")
    assert answer.rows["members"].to_list() == [["H"], ["P", "Q"]]
    assert answer.rows["probability"].to_list() == pytest.approx([1e-4, 2e-6])
    assert answer.target_probability == pytest.approx(1 - (1 - 1e-4) * (1 - 2e-6), rel=1e-9)
    assert answer.headline.startswith("1 single point of failure of D; 2 minimal cut sets")
    assert answer.importance["id"].to_list() == ["H", "P", "Q"]


def test_rare_targets_keep_their_digits() -> None:
    """Three of three at 1e-5 each: no drawing sees 1e-15."""
    graph = graph_of(*group("D", "PQR"), entities=[entity(i, 1e-5) for i in "PQR"])
    answer = cuts(graph, "D", order="all")
    assert answer.target_probability == pytest.approx(1e-15, rel=1e-12)
    assert answer.rows["members"].to_list() == [["P", "Q", "R"]]


def test_without_probabilities_there_is_none() -> None:
    """Nothing is made up: null, and how probably each set hits stands beside."""
    answer = cuts(graph_of(dep("B", "A", probability=None)), "B")
    assert answer.target_probability is None
    assert answer.rows.to_dicts() == [
        {"members": ["A"], "order": 1, "probability": None, "hits": 0.5, "hits_low": 0.0,
         "hits_high": 1.0}
    ]  # fmt: skip
    assert answer.importance.is_empty()


def test_dependencies_that_share_a_cause_have_no_figure_here() -> None:
    """They do not fall alone: nothing is claimed of them, and it is said."""
    graph = graph_of(
        *(dep("D", p, probability=0.5) for p in "PQ"), dep("P", "H"), dep("Q", "H"),
        entities=[entity("H", 1e-3)],
    )  # fmt: skip
    shared = graph.dependencies.with_columns(
        pl.lit(0.3).alias("rho"), pl.lit("c").alias("shared_cause")
    )
    answer = cuts(DependencyGraph.from_polars(shared, graph.entities), "D")
    assert answer.target_probability is None
    assert answer.rows.select("members", "hits").rows() == [
        (["P"], 0.5), (["Q"], 0.5), (["H"], None)
    ]  # fmt: skip
    assert any("share a cause" in note for note in answer.notes)


def test_the_candidates_may_be_named() -> None:
    """By kind, or by a list of names."""
    graph = graph_of(
        dep("C", "B"), dep("B", "A"), entities=[{"id": "A", "kind": "platform"}, {"id": "B"}]
    )
    assert cuts(graph, "C", among="platform").rows["members"].to_list() == [["A"]]
    assert cuts(graph, "C", among=["B"]).rows["members"].to_list() == [["B"]]


def test_what_has_failed_already_is_a_fact() -> None:
    """Of a spare pair with one gone, the other is a single point of failure."""
    graph = graph_of(*group("D", "PQ"))
    assert cuts(graph, "D", "P").rows["members"].to_list() == [["Q"]]
    gone = cuts(graph, "D", ["P", "Q"])
    assert gone.rows["members"].to_list() == [[]]
    assert gone.headline.startswith("D is hit already")
    with pytest.raises(ScenarioError, match="expected a target that has not failed, got 'D'"):
        cuts(graph, "D", "D")


@pytest.mark.parametrize("order", [0, 1001, "some", 2.5, True])
def test_an_order_is_a_number_or_all(order: Any) -> None:
    """Anything else is an error that says so."""
    with pytest.raises(ScenarioError, match="order: expected all, or a whole number from 1"):
        cuts(graph_of(dep("B", "A")), "B", order=order)


@pytest.mark.parametrize(
    ("strength", "said"),
    [(None, "can be hit already, but need not be,"), (0.5, "can be hit already"), (1.0, "is hit")],
)
def test_what_may_have_been_hit_already_is_not_said_to_be(strength: Any, said: str) -> None:
    """The headline claims no more than the strengths do."""
    answer = cuts(graph_of(dep("B", "A", probability=strength)), "B", ["A"])
    assert answer.rows["members"].to_list() == [[]]
    assert answer.headline.startswith(f"B {said}")


@pytest.mark.slow
def test_on_a_large_graph_nothing_is_said_of_what_was_not_looked_at() -> None:
    """A ring of 20,000, each resting on the one before: all are single points, found in one sweep;
    how probably each hits is open, but which do so for sure is known of all."""
    count = 20_000
    rows = [
        dep(f"n{i}", f"n{(i + 1) % count}", probability=1.0 if i < 9 else 0.999)
        for i in range(count)
    ]
    found = cuts(graph_of(*rows), "n0", order=1)
    assert found.counts.rows() == [(1, count - 1)]
    assert found.rows["hits"].null_count() > 19_000
    assert "19,999 single points of failure of n0, 9 of them for sure" in found.headline
    assert any("was not found for" in note for note in found.notes)
