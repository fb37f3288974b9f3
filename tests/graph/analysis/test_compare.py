"""Two failures side by side: what moves, by how much, with the error of common worlds."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.compare import compare
from knockon.graph.analysis.comparison import Comparison
from knockon.graph.analysis.differences import find_differences
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import ScenarioError, UnknownEntityError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import ENDS
from tests.reference import Case, Model, closure, drawn_world
from tests.strategies import rows as any_rows
from tests.toys import dep, graph_of, group


def rows_of(found: Comparison, *columns: str) -> dict[str, Any]:
    """The wanted columns of each row, by id."""
    wanted = found.rows.select("id", *columns)
    return {i: rest[0] if len(rest) == 1 else tuple(rest) for i, *rest in wanted.iter_rows()}


def test_a_new_dependency_moves_those_behind_it_and_is_named() -> None:
    """By hand: C comes under the failure with 0.5, D behind it; B stays."""
    before = graph_of(dep("B", "A"), dep("D", "C"))
    after = graph_of(dep("B", "A"), dep("D", "C"), dep("C", "A", probability=0.5))
    found = compare(before, after, "A")
    assert rows_of(found, "before", "after", "change", "std_error", "because") == {
        "C": (0.0, 0.5, 0.5, 0.0, "C on A came"),
        "D": (0.0, 0.5, 0.5, 0.0, "C on A came"),
        "B": (1.0, 1.0, 0.0, 0.0, None),
    }
    assert (found.newly_hit, found.saved, found.worlds) == (["C", "D"], [], None)
    assert found.headline.startswith(
        "If A fails: 1 hit before, 2 hit after".replace(" hit after", " after")
    )


def test_an_entity_that_one_graph_lacks_is_null_there() -> None:
    """Absent is not spared."""
    found = compare(graph_of(dep("B", "A")), graph_of(dep("B", "A"), dep("N", "A")), "A")
    assert rows_of(found, "before", "after")["N"] == (None, 1.0)


def test_a_spare_that_went_explains_the_move() -> None:
    """The route passes through the member that stays; what changed is the one that went."""
    before, after = graph_of(*group("D", "PQ")), graph_of(*group("D", "P"))
    found = compare(before, after, "P")
    assert rows_of(found, "change", "because") == {"D": (1.0, "D on Q went")}


@given(
    one=any_rows(chances=0, most=10), other=any_rows(chances=0, most=10), share=st.integers(1, 9)
)
def test_what_is_named_is_a_difference_that_can_have_made_the_move(
    one: Any, other: Any, share: int
) -> None:
    """Each difference undone alone: where one of them alone, undone, takes a whole rise or fall
    back, and no other does anything at all to that entity, it is the one that is named."""
    kept, more = (
        {(r["dependent"], r["provider"]): {e: r[e] for e in ENDS} | _SURE for r in rows}
        for rows in (one, other[:share])
    )
    assume(kept)
    first, second = list(kept.values()), list((kept | more).values())
    graphs = [DependencyGraph.from_polars(pl.DataFrame(r)) for r in (first, second)]
    origin = first[0]["provider"]
    found = compare(*graphs, origin)
    came = [key for key in more if key not in kept]
    undone = {}
    for key in came:
        rows = [r for k, r in (kept | more).items() if k != key]
        graph = DependencyGraph.from_polars(pl.DataFrame(rows))
        undone[key] = set(whatif(graph, origin).entities.filter(pl.col("probability") == 1)["id"])
    for i, change, because in found.rows.select("id", "change", "because").iter_rows():
        if not change:
            assert because is None
            continue
        assert change == 1
        assert because is not None
        assert because.removesuffix(" came") in {" on ".join(key) for key in came}
        alone = [key for key in came if i not in undone[key]]
        if len(alone) == 1 and len(_list_behind(came, second, i)) == 1:
            assert because == f"{' on '.join(alone[0])} came"


_SURE = {
    "relation": "uses", "probability": 1.0, "group": None, "needs": 1, "loss": 1.0,
    "grace_hours": 0.0, "switch_hours": 0.0, "switch_probability": 1.0,
}  # fmt: skip


def _list_behind(came: list[tuple[str, str]], rows: list[dict[str, Any]], i: str) -> set[Any]:
    """Those that came on any chain to an entity."""
    behind, size = {i}, 0
    while len(behind) > size:
        size = len(behind)
        behind |= {r["provider"] for r in rows if r["dependent"] in behind}
    return {key for key in came if key[0] in behind}


def test_two_scenarios_on_one_graph() -> None:
    """The fields that differ are said; the rest is the same."""
    graph = graph_of(dep("B", "A"), dep("C", "B"))
    found = compare(graph, None, "A", after={"protect": ["B"]})
    assert rows_of(found, "before", "after") == {"B": (1.0, 0.0), "C": (1.0, 0.0)}
    assert found.saved == ["B", "C"]
    assert found.scenario_after["protect"] == ["B"]


def test_a_name_of_one_edition_finds_the_id_in_the_other() -> None:
    """Products are renamed between editions."""
    old = graph_of(dep("B", "a"), entities=[{"id": "a", "name": "Old name"}, {"id": "B"}])
    new = graph_of(dep("B", "a"), entities=[{"id": "a", "name": "New name"}, {"id": "B"}])
    assert rows_of(compare(old, new, "Old name"), "change") == {"B": 0.0}
    with pytest.raises(UnknownEntityError, match="Other"):
        compare(old, new, "Other")


def test_what_fails_in_one_graph_only_is_said() -> None:
    """It is left out there, and a note says so."""
    found = compare(graph_of(dep("B", "A")), graph_of(dep("B", "A"), dep("B", "Z")), ["A", "Z"])
    assert "not in the first graph: Z" in found.notes


def test_a_scenario_and_options_together_are_refused() -> None:
    """As everywhere."""
    graph = graph_of(dep("B", "A"))
    scenario = whatif(graph, "A").scenario
    with pytest.raises(ScenarioError, match="got both a scenario and options"):
        compare(graph, None, scenario, seed=1)


def test_differences_are_those_that_the_engine_reads() -> None:
    """A strength counts, a source does not."""
    first = graph_of(dep("B", "A"), dep("C", "A"), dep("D", "A"))
    second = DependencyGraph.from_polars(
        first.dependencies.filter(pl.col("dependent") != "D").with_columns(
            pl.when(pl.col("dependent") == "B")
            .then(0.5)
            .otherwise("probability")
            .alias("probability"),
            source=pl.lit("elsewhere"),
        )
    )
    rows = find_differences(first, second).dependencies
    assert rows.select("dependent", "what", "columns").rows() == [
        ("B", "changed", "probability"), ("D", "went", None),
    ]  # fmt: skip


def many_draws(spare: bool) -> DependencyGraph:
    """More draws behind D than are enumerated; with or without a second way to it."""
    rows = [dep(f"m{i}", "A", probability=0.3) for i in range(16)]
    rows += [dep("D", f"m{i}", group="g", needs=12) for i in range(16)]
    return graph_of(*rows, *([dep("D", "A", probability=0.1)] if spare else []))


def test_drawn_changes_have_the_error_of_the_worlds_in_which_the_two_disagree() -> None:
    """Counted world by world by the naive twin."""
    worlds, first, second = 640, many_draws(False), many_draws(True)
    found = compare(first, second, "A", worlds=worlds)
    before, after, change, error = rows_of(found, "before", "after", "change", "std_error")["D"]
    case = Case({"A": 1.0})
    hits = [
        ["D" in closure(model, case, drawn_world(model, case, w, 0.5)) for w in range(worlds)]
        for model in (Model.of(first), Model.of(second))
    ]
    pairs = list(zip(*hits, strict=True))
    only = sum(b and not a for a, b in pairs), sum(a and not b for a, b in pairs)
    assert (before, after) == (sum(hits[0]) / worlds, sum(hits[1]) / worlds)
    assert change == pytest.approx((only[0] - only[1]) / worlds)
    n = worlds + 2
    apart, mean = (sum(only) + 2) / n, (only[0] - only[1]) / n
    assert error == pytest.approx(math.sqrt((apart - mean**2) / n))
    unpaired = whatif(first, "A", worlds=worlds).entities.filter(pl.col("id") == "D")
    assert error < 1.5 * float(unpaired["std_error"][0])
    assert rows_of(found, "change")["m0"] == 0.0


@settings(max_examples=60, deadline=None)
@given(
    one=any_rows(), other=any_rows(), options=st.sampled_from([{}, {"hours": 3}, {"worlds": 64}])
)
def test_both_sides_are_those_of_a_what_if(one: Any, other: Any, options: dict[str, Any]) -> None:
    """Each figure; and a graph compared with itself does not move."""
    graphs = [graph_of(*one, dep("b", "a", probability=0.5)), graph_of(*other, dep("b", "a"))]
    found = compare(*graphs, "a", **options)
    for side, graph in zip(("before", "after"), graphs, strict=True):
        stated = {
            i: p for i, p, r in whatif(graph, "a", **options).entities.select(
                "id", "probability", "rank"
            ).iter_rows() if r > 0
        }  # fmt: skip
        for identifier, value in rows_of(found, side).items():
            known = identifier in graph.ids
            assert value == (pytest.approx(stated.get(identifier, 0.0)) if known else None)
    still = compare(graphs[0], None, "a", **options)
    assert set(still.rows["change"]) | set(still.rows["std_error"]) <= {0.0}


def test_errors_hold() -> None:
    """Over 60 seeds the true change lies within two standard errors in nine cases of ten."""
    truth = 0.1 * (1 - float(_tail(16, 5, 0.3)))
    inside = 0
    for seed in range(60):
        found = compare(many_draws(False), many_draws(True), "A", worlds=512, seed=seed)
        change, error = rows_of(found, "change", "std_error")["D"]
        inside += abs(change - truth) <= 2 * error
    assert inside >= 54


def _tail(n: int, least: int, p: float) -> float:
    return sum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(least, n + 1))


def test_an_answer_is_data() -> None:
    """It goes to plain dictionaries and back."""
    found = compare(many_draws(False), many_draws(True), "A", worlds=64)
    assert Comparison.from_dict(found.to_dict()) == found
    assert np.isfinite(found.rows["std_error"].to_numpy()).all()
