"""Strengths that tables fill where the rows lie are those of a graph that is read here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import knockon as ko
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph

pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")

COLUMNS = ("id", "name", "kind", "sector", "probability", "probability_low", "probability_high",
           "std_error", "verdict", "loss", "impact", "impact_std_error")  # fmt: skip
OWN = [
    {"mode": "outage", "provider": "One Hub", "low": 0.2, "mid": 0.4, "high": 0.6, "rho": 0.4},
    {"relation": "runs", "low": 0.1, "mid": 0.2, "high": 0.9, "rho": 0.2},
    {"provider_kind": "service", "dependent_kind": "enterprise", "low": 0, "mid": 0, "high": 0.5},
    {"dependent": "7", "provider": "ONE HUB", "low": 0.9, "mid": 0.95, "high": 1},
    {"dependent": "entity", "low": 1, "mid": 1, "high": 1},
    {"dependent": "no such entity at all", "low": 0, "mid": 0, "high": 0},
    {"relation": "runz", "low": 0, "mid": 0, "high": 0},
]
TABLE = [{"source": "interviews", "remark": "none", **row} for row in OWN]
ASKED: dict[str, dict[str, Any]] = {
    "incidents": {"strengths": "incidents"},
    "incidents, another mode on the way": {"strengths": "incidents", "mode": "bad_update"},
    "a table of one's own": {"strengths": TABLE},
    "several": {"strengths": ["incidents", TABLE], "mode": "bad_update", "protect": ["3"]},
    "rings": {"strengths": "incidents", "mode": "bad_update", "rollout": "20%@0,100%@9", "halt": 3},
    "words": {"strengths": "register", "trust_register": True},
    "compromise": {"strengths": "incidents", "mode": "compromise"},
}


@pytest.fixture(scope="module")
def inventory(graph: DependencyGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hardly a strength stated; services and parts of them, whose owners lie anywhere; a scope of
    some providers, a reliance of some dependencies; names that several have."""
    folder = tmp_path_factory.mktemp("inventory")
    random = np.random.default_rng(11)
    rows = graph.dependencies.select("dependent", "provider", "group", "needs", "probability")
    size = rows.height
    relations = np.array(["uses", "runs", "operated_by", "hosted_on"])
    words = np.array(["Full reliance", "Low reliance", "nothing of the kind"])
    rows.with_columns(
        probability=pl.when(pl.Series(random.random(size) < 0.1)).then("probability"),
        relation=pl.Series(relations[random.integers(0, 4, size)]),
        reliance=pl.when(pl.Series(random.random(size) < 0.3)).then(
            pl.Series(words[random.integers(0, 3, size)])
        ),
        inside=pl.when(pl.Series(random.random(size) < 0.05)).then(pl.lit("True")),
    ).write_parquet(folder / "dependencies.parquet", row_group_size=2_000)
    ids = graph.entities["id"]
    count = len(ids)
    kinds = np.array(["enterprise", "service", "component", "unknown", "platform"])
    above = ids.gather(random.integers(0, count, count))
    hub = graph.dependencies.group_by("provider").len().sort("len", "provider")["provider"][-1]
    pl.DataFrame(ids).with_columns(
        name=pl.when(ids == hub).then(pl.lit("One Hub"))
        .when(pl.Series(random.random(count) < 0.3)).then(pl.lit("Entity"))
        .otherwise(pl.lit("Entity ") + ids),
        kind=pl.Series(kinds[random.integers(0, 5, count)]),
        parent=pl.when(pl.Series(random.random(count) < 0.6)).then(above),
        scope=pl.when(pl.Series(random.random(count) < 0.1)).then(pl.lit("required")),
    ).filter(random.random(count) < 0.9).write_parquet(folder / "entities.parquet")  # fmt: skip
    return folder


@pytest.mark.parametrize("asked", [
    pytest.param(asked, id=name, marks=[] if name == "several" else pytest.mark.slow)
    for name, asked in ASKED.items()
])  # fmt: skip
def test_filled_where_the_rows_lie(
    asked: dict[str, Any], inventory: Path, hub: str, ask_far: Callable[..., Any], tmp_path: Path
) -> None:
    """Rows, totals, how many strengths come from where, the rows that filled them, and notes."""
    here = ko.whatif(ko.load(inventory), hub, worlds=300, **asked)
    there = ask_far(inventory, hub, out=tmp_path / "rows", worlds=300, **asked)
    rows = pl.read_parquet(tmp_path / "rows" / "*.parquet").sort("id").select(COLUMNS)
    within = here.entities.filter(pl.col("hops").is_not_null()).sort("id").select(COLUMNS)
    assert rows.equals(within)
    assert there.totals == here.totals
    assert there.distribution.equals(here.distribution)
    assert there.within == here.within
    assert there.strengths.equals(here.strengths)
    assert there.to_dict()["strength_sources"] == here.within.by_source
    filled = here.within.by_source
    assert sum(filled.values()) - filled["stated"] - filled["none"] > 500
    assert [n for n in there.notes if "ring" in n] == [n for n in here.notes if "ring" in n]
    said = [n.replace(" (nearest: 'Entity')", "") for n in here.notes if "strength" in n]
    assert said  # among how many names the nearest would be looked for is not known
    assert [n for n in there.notes if "strength" in n] == said
    if filled["incidents"]:
        assert "typical of past incidents" in there.headline


@pytest.mark.slow
def test_verdicts_do_not_rest_on_past_incidents(
    inventory: Path, hub: str, ask_far: Callable[..., Any]
) -> None:
    """They would without the runs that leave these out."""
    found = ask_far(inventory, hub, worlds=300, strengths="incidents", top=5000).entities
    spared = (pl.col("probability_high") < 0.5) & (pl.col("rank") > 0)
    assert found.filter(spared, verdict="unknown").height > 5


def test_shares_of_calls_are_refused(inventory: Path, hub: str, ask_far: Any) -> None:
    """They are of all rows that call one, wherever these lie."""
    with pytest.raises(ScenarioError, match="asked without the table of strengths `calls`"):
        ask_far(inventory, hub, strengths="calls")
