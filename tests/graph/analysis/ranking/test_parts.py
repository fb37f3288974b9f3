"""A ranking whose worlds are counted by parts of the graph is that of the whole, bit for bit."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis.ranking import parts, swept
from knockon.graph.engine.cluster.blocks.executor import Blocks
from knockon.graph.engine.cluster.blocks.rounds import Room
from knockon.graph.engine.executor import Threads
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph

pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")

BY_PARTS = {"on": "sc://localhost:1", "plan": "blocks"}  # nobody is there: who counts is put in


@pytest.fixture
def some(graph: DependencyGraph, hub: str) -> DependencyGraph:
    """Two that may fail, of fractions of a weight and whole ones, thousands that depend on them."""
    known = graph.dependencies.filter(pl.col("group").is_null())["provider"].value_counts(sort=True)
    failing = [hub, known["provider"].drop_nulls()[40]]
    kinds = pl.when(pl.col("id").is_in(failing)).then(pl.lit("platform"))
    return DependencyGraph.from_polars(
        graph.dependencies, graph.entities.with_columns(kind=kinds.otherwise(pl.lit("enterprise")))
    )


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Blocks:
    """Counts in the place of a server, for workers of two mebibytes."""
    counting = Blocks(Threads(), Room(tmp_path, 2 << 20, 2), "of a test")
    monkeypatch.setattr(parts, "choose_for", lambda *_: counting)
    return counting


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"mode": "bad_update", "rollout": "20%@0,100%@4", "halt": 2},
        pytest.param({"among": "enterprise"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.parametrize("weight", ["alike", pytest.param("fractions", marks=pytest.mark.slow)])
def test_parts_count_what_the_whole_does(
    asked: dict[str, Any], weight: str, some: DependencyGraph, blocks: Blocks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every column of every row, and the range of its rank, over all assumptions."""
    if weight == "fractions":
        several = some.entities.with_columns(weight=1 / (pl.int_range(pl.len()) + 3))
        some = DependencyGraph.from_polars(some.dependencies, several)
    monkeypatch.setattr(swept, "_ASKED_FROM", 0)  # the whole is swept where it can be
    here = ko.rank(some, kind="platform", worlds=200, **asked)
    there = ko.rank(some, kind="platform", worlds=200, **asked, **BY_PARTS)
    assert there.rows.equals(here.rows)
    assert (there.headline, there.certificate) == (here.headline, here.certificate)
    assert blocks.parts > 1
    assert any(n.startswith("plan blocks: of a test; ") for n in there.notes)


def test_rankings_that_parts_cannot_count_are_refused(
    some: DependencyGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in a line, with what can."""
    monkeypatch.setattr(parts, "MOST", 1)
    for asked, said in (
        ({"by": "sector"}, "counts entities, not values of a column"),
        ({}, "2 are more than 1: say by kind which may fail"),
        ({"hours": 4, "kind": "enterprise"}, "by kind which may fail"),
    ):
        with pytest.raises(ScenarioError, match=said):
            ko.rank(some, **{"kind": "platform"} | asked, **BY_PARTS)  # type: ignore[arg-type]
    monkeypatch.setattr(parts, "MOST", 5)
    with pytest.raises(ScenarioError, match='for anything else take plan "worlds"'):
        ko.rank(some, kind="platform", hours=4, **BY_PARTS)
