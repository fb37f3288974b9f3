"""Why a target is hit: routes, what they share, what would save it, what each part carries."""

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.prepare import prepare
from knockon.graph.analysis.savers import Cutter
from knockon.graph.analysis.whatif import whatif
from knockon.graph.analysis.why import Explanation, why
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.strategies import rows as any_rows
from tests.toys import dep, graph_of, group

DIAMOND = graph_of(
    dep("B", "A", probability=0.5), dep("C", "A", probability=0.25), dep("D", "B"), dep("D", "C"),
    dep("E", "D"),
)  # fmt: skip


def probability(graph: DependencyGraph, target: str, origins: Any, **options: Any) -> float:
    found = whatif(graph, origins, **options).entities.filter(pl.col("id") == target)
    return float(found["probability"].sum())


def test_the_routes_with_their_steps_by_hand() -> None:
    """D falls by B with 1/2, by C with 1/4; E behind D."""
    found = why(DIAMOND, "E", "A")
    assert found.rows["route"].to_list() == [["A", "B", "D", "E"], ["A", "C", "D", "E"]]
    assert found.rows["probability"].to_list() == [0.5, 0.25]
    assert found.target["probability"] == 0.625
    first = found.rows["steps"][0].to_list()
    assert [(s["dependent"], s["provider"], s["strength"]) for s in first] == [
        ("B", "A", 0.5), ("D", "B", 1.0), ("E", "D", 1.0),
    ]  # fmt: skip
    assert [s["saves"] for s in first] == pytest.approx([0.375, 0.375, 0.625])
    assert found.rows["share"].to_list() == pytest.approx([0.8, 0.4])
    assert (
        not found.rows["share_std_error"].any()
        if False
        else set(found.rows["share_std_error"]) == {0.0}
    )
    assert found.dominators == ["D"]
    assert found.saved_by[0] == {"entities": ["D"]}
    assert {"dependencies": [["E", "D"]]} in found.saved_by
    assert "Every way needs D: it alone, made safe, would save it." in found.sentences


def test_a_group_that_was_lost_names_who_would_have_saved_it() -> None:
    """Both members hang on one cause; either would do."""
    graph = graph_of(*group("D", "PQ"), dep("P", "H"), dep("Q", "H"), *group("X", "PR", group="h"))
    found = why(graph, "D", "H")
    assert found.rows["groups"][0].to_list() == [
        {"dependent": "D", "group": "g", "needs": 1, "lost": ["P", "Q"], "left": []}
    ]
    assert found.dominators == ["P", "Q"]
    assert found.rows["route"].to_list() == [["H", "P", "D"], ["H", "Q", "D"]]


@pytest.mark.parametrize(
    ("rows", "origins", "options", "reason", "said"),
    [
        (group("D", "PQ"), "P", {}, "group", "D holds: 1 of its 2 g left (Q), it needs 1"),
        ([dep("D", "P", relation="runs")], "P", {}, "mode", "mode outage does not cross"),
        ([dep("D", "P", probability=0.0)], "P", {}, "strength", "stated as 0"),
        ([dep("D", "P")], "P", {"protect": ["D"]}, "protected", "D is protected"),
        ([dep("C", "P"), *group("D", "CQ")], "P", {}, "group", "1 of its 2 g left (Q)"),
    ],
)
def test_why_not(rows: Any, origins: str, options: dict[str, Any], reason: str, said: str) -> None:
    """What holds, where, and what is left."""
    found = why(graph_of(*rows), "D", origins, **options)
    assert found.target["probability_high"] == 0
    assert not found.rows.height
    assert [h["reason"] for h in found.held_by] == [reason]
    assert said in found.headline


def test_grace_over_the_outage_is_why_not() -> None:
    """It gets by for 8 h, and it is down for 4."""
    graph = DependencyGraph.from_polars(
        graph_of(dep("D", "P"), dep("E", "D")).dependencies.with_columns(
            pl.when(pl.col("dependent") == "D").then(8.0).otherwise(0.0).alias("grace_hours")
        )
    )
    found = why(graph, "E", "P", hours=4)
    assert [(h["dependent"], h["reason"]) for h in found.held_by] == [("D", "grace")]
    assert "D gets by without P for 8 h" in found.headline


def test_nothing_leads_there() -> None:
    """No dependency, no reason but that."""
    graph = graph_of(dep("B", "A"), dep("D", "C"))
    assert "no dependency leads from what fails to it" in why(graph, "D", "A").headline


def test_what_fails_is_no_target() -> None:
    """An origin is a fact."""
    with pytest.raises(ScenarioError, match="is what fails"):
        why(DIAMOND, "A", "A")


def test_an_unknown_strength_is_counted_and_said() -> None:
    """Strength as counted, low and high, and that nobody stated it."""
    found = why(graph_of(dep("B", "A", probability=None)), "B", "A")
    step = found.rows["steps"][0][0]
    assert (step["strength"], step["strength_low"], step["strength_high"]) == (0.5, 0.0, 1.0)
    assert step["strength_source"] == "none"
    assert "0 to 100 %" in found.headline


def test_more_routes_than_asked_for_are_said() -> None:
    """`--top` shows more."""
    found = why(DIAMOND, "E", "A", top=1)
    assert found.rows.height == 1
    assert any("more routes" in note for note in found.notes)


GRAPHS = any_rows(relations=("uses",), chances=5, most=14, switches=False)


@settings(max_examples=40, deadline=None)
@given(rows=GRAPHS)
def test_the_first_route_is_that_of_a_what_if(rows: Any) -> None:
    """As probable, and its figures are the target's; every part is a finite difference."""
    graph = graph_of(*rows, dep("b", "a", probability=0.5))
    impact = whatif(graph, "a")
    for target, chance, route in (
        impact.entities.filter((pl.col("rank") > 0) & (pl.col("probability_high") > 0))
        .select("id", "probability", "route")
        .iter_rows()
    ):
        found = why(graph, target, "a", top=3)
        assert found.target["probability"] == pytest.approx(chance)
        strengths = {tuple(r): p for r, p in found.rows.select("route", "probability").iter_rows()}
        assert strengths[tuple(found.rows["route"][0])] == max(strengths.values())
        if len(route) == len(found.rows["route"][0]):
            assert found.rows["route"][0].to_list() == route
        for step in found.rows["steps"][0].to_list():
            ends = (
                (pl.col("dependent") == step["dependent"])
                & (pl.col("provider") == step["provider"])
                & (pl.col("relation") == step["relation"])
            )
            if graph.dependencies.filter(ends).height > 1:
                continue
            safe = graph.dependencies.with_columns(
                pl.when(ends).then(0.0).otherwise("probability").alias("probability")
            )
            without = probability(DependencyGraph.from_polars(safe), target, "a")
            assert step["saves"] == pytest.approx(chance - without)


@settings(max_examples=80, deadline=None)
@given(rows=any_rows(relations=("uses", "runs"), chances=12, most=14), by_entity=st.booleans())
def test_what_saves_is_what_brute_force_finds(rows: Any, by_entity: bool) -> None:
    """The smallest sets, by trying all; groups, switches and cycles included."""
    graph = graph_of(*rows, dep("b", "a", probability=0.5))
    impact = whatif(graph, "a")
    for target in impact.entities.filter((pl.col("rank") > 0) & (pl.col("probability_high") > 0))[
        "id"
    ].to_list()[:2]:
        number = graph.find(target)
        narrowed = prepare(graph, Scenario.of(graph, "a"), towards=number)
        cutter = Cutter(narrowed, number, by_entity=by_entity)
        wanted = _try_all(graph, target, cutter.candidates.tolist(), by_entity)
        found = cutter.find()
        assert found.smallest == (not wanted or len(found.sets[0]) == len(wanted[0]))
        if found.smallest and (not wanted or len(wanted[0]) <= 2):
            assert sorted(found.sets) == sorted(wanted)


def _try_all(
    graph: DependencyGraph, target: str, things: list[int], by_entity: bool
) -> list[tuple[int, ...]]:
    for size in range(1, 5):
        found = [s for s in combinations(things, size) if not _hit(graph, target, s, by_entity)]
        if found:
            return found
    return []


def _hit(graph: DependencyGraph, target: str, safe: tuple[int, ...], by_entity: bool) -> bool:
    if by_entity:
        answer = whatif(graph, "a", protect=[graph.ids[i] for i in safe])
    else:
        never = np.isin(np.arange(len(graph.dependent)), safe)
        rows = graph.dependencies.with_columns(
            pl.when(pl.Series(never)).then(0.0).otherwise("probability").alias("probability")
        )
        answer = whatif(DependencyGraph.from_polars(rows), "a")
    return bool((answer.entities.filter(pl.col("id") == target)["probability_high"] > 0).any())


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_dominators_and_minimum_cuts_are_those_of_networkx(data: st.DataObject) -> None:
    """Where nothing has alternatives."""
    n = data.draw(st.integers(4, 12))
    ends = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1])
    edges = data.draw(st.lists(ends, min_size=n, max_size=4 * n, unique=True))
    ways = nx.DiGraph(edges)  # from provider to dependent
    assume(0 in ways and n - 1 in ways and nx.has_path(ways, 0, n - 1))
    assume(not ways.has_edge(0, n - 1))
    ways.remove_edges_from([*ways.in_edges(0), *ways.out_edges(n - 1)])  # they lead nowhere
    graph = graph_of(*(dep(f"n{d:02}", f"n{p:02}") for p, d in edges))
    found = why(graph, f"n{n - 1:02}", "n00")
    over = nx.immediate_dominators(ways, 0)
    chain, at = set(), n - 1
    while over[at] not in (0, at):
        at = over[at]
        chain.add(f"n{at:02}")
    assert set(found.dominators) == chain
    cut = nx.minimum_node_cut(ways, 0, n - 1)
    sizes = [len(s["entities"]) for s in found.saved_by if "entities" in s]
    assert min(sizes) == len(cut)
    cut_edges = nx.minimum_edge_cut(ways, 0, n - 1)
    assert min(len(s["dependencies"]) for s in found.saved_by if "dependencies" in s) == len(
        cut_edges
    )


def test_an_answer_is_data() -> None:
    """Nested columns and all."""
    found = why(DIAMOND, "E", "A")
    assert Explanation.from_dict(found.to_dict()) == found


def test_no_routes_may_be_asked_for() -> None:
    """`top` 0: the headline and what would save it, no row."""
    found = why(DIAMOND, "E", "A", top=0)
    assert found.rows.height == 0
    assert found.headline.endswith(", by ways that are not shown")
    assert found.dominators == ["D"]


@pytest.mark.parametrize("rollout", ["100%@4", "10%@2,100%@4"])
def test_a_rollout_that_was_stopped_in_time_is_why_not(rollout: str) -> None:
    """No ring had begun; that a dependency leads there is not denied."""
    graph = graph_of(dep("D", "A", relation="runs"), dep("E", "D"))
    found = why(graph, "E", "A", mode="bad_update", rollout=rollout, halt=2)
    assert [(h["dependent"], h["reason"]) for h in found.held_by] == [("D", "protected")]
    assert "no ring of the rollout begins at D before it is stopped" in found.headline


def test_a_table_that_says_0_is_why_not() -> None:
    """What fills the strength is named, not the row of the graph, which states none."""
    graph = graph_of(dep("D", "A", probability=None), dep("E", "D"))
    table = [{"relation": "uses", "low": 0, "mid": 0, "high": 0, "source": "a survey"}]
    found = why(graph, "E", "A", strengths=table)
    assert [(h["dependent"], h["reason"]) for h in found.held_by] == [("D", "strength")]
    assert "is 0 by the table of strengths" in found.headline
