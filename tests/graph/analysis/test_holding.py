"""Who stands although a provider falls, and why: counted from the words of the definitions."""

import json

import polars as pl
import pytest

from knockon.graph.analysis.holding import describe_holding
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph

ROWS = [
    ("Bank", "One", "dns", 1, 0.0), ("Bank", "Two", "dns", 1, 0.0),
    ("Exchange", "One", "dns", 2, 0.0), ("Exchange", "Two", "dns", 2, 0.0),
    ("Exchange", "Three", "dns", 2, 0.0),
    ("Shop", "One", None, 1, 0.0), ("Archive", "Shop", None, 1, 48.0),
    ("Clinic", "One", None, 1, 0.0),
]  # fmt: skip


@pytest.fixture
def graph() -> DependencyGraph:
    schema = ["dependent", "provider", "group", "needs", "grace_hours"]
    rows = pl.DataFrame(ROWS, schema=schema, orient="row")
    return DependencyGraph.from_polars(rows.with_columns(probability=pl.lit(1.0)))


def test_what_holds_is_told_with_its_reason(graph: DependencyGraph) -> None:
    """Two by redundancy, one by grace, one by protection; Shop is hit and has no row."""
    found = whatif(graph, "One", hours=4, protect=["Clinic"])
    rows = {r["id"]: r for r in found.holding.iter_rows(named=True)}
    assert {i: r["reason"] for i, r in rows.items()} == {
        "Bank": "group", "Exchange": "group", "Archive": "grace", "Clinic": "protected",
    }  # fmt: skip
    assert [rows["Exchange"][c] for c in ("members", "left", "needs")] == [3, 2, 2]
    assert rows["Bank"]["lost"] == ["One"]
    assert describe_holding(found.holding) == "Held by redundancy 2, by grace 1, by protection 1."
    assert Impact.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_group_that_may_break_does_not_hold(graph: DependencyGraph) -> None:
    """Without its second member Bank is hit; against a compromise no group helps."""
    both = whatif(graph, ["One", "Two"])
    assert both.holding["id"].to_list() == []
    assert whatif(graph, "One", mode="compromise").holding["id"].to_list() == []


def test_what_holds_stands_on_the_map(graph: DependencyGraph) -> None:
    """The line under the headline, and a row with a brace for each that holds."""
    svg = whatif(graph, "One", hours=4, protect=["Clinic"]).to_svg()
    for words in ("Held by redundancy 2, by grace 1", "what holds", ">1 of 2 left<",
                  ">2 of 3 left, needs 2<", ">gets by for the time<"):  # fmt: skip
        assert words in svg
    assert "what holds" not in whatif(graph, "Shop").to_svg()
