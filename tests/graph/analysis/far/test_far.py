"""A graph that the workers read gives the figures of one that is read here, bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import knockon as ko
from knockon.graph.analysis.far import adding
from knockon.graph.analysis.far.rows import join_sums, split_sum
from knockon.graph.analysis.far.whatif import whatif_far
from knockon.graph.engine import counting, sums
from knockon.graph.engine.cluster.blocks import loading
from knockon.graph.errors import (
    AmbiguousEntityError,
    InputError,
    ScenarioError,
    UnknownEntityError,
)
from knockon.graph.model.graph import DependencyGraph

pytest.importorskip("numba", reason="the compiled form wants knockon[fast]")

COLUMNS = ("id", "name", "kind", "sector", "probability", "probability_low", "probability_high",
           "std_error", "verdict", "loss", "impact", "impact_std_error")  # fmt: skip
ASKED: dict[str, dict[str, Any]] = {
    "outage": {"worlds": 700},
    "another mode on the way": {"worlds": 300, "mode": "bad_update"},
    "rings": {"worlds": 300, "mode": "bad_update", "rollout": "10%@0,60%@4,100%@9", "halt": 6},
    "protected": {"worlds": 300, "protect": ["1", "entity 3"]},
}


@pytest.fixture(scope="module")
def tables(graph: DependencyGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the graph as Parquet: shuffled, rows twice, loops, entities that none names."""
    folder = tmp_path_factory.mktemp("tables")
    kept = ("dependent", "provider", "probability", "group", "needs", "switch_probability",
            "shared_cause", "rho")  # fmt: skip
    rows = graph.dependencies.select(kept)
    loops = rows.filter(pl.col("group").is_null()).head(2).with_columns(provider="dependent")
    every = pl.concat([rows, rows.tail(7), loops]).sample(fraction=1, shuffle=True, seed=2)
    every.write_parquet(folder / "dependencies.parquet", row_group_size=2_000)
    ids = pl.Series("id", [str(i) for i in range(0, 4096, 3)])
    pl.DataFrame(ids).with_columns(
        name=pl.lit("Entity ") + pl.col("id"), kind=pl.lit("enterprise"), weight=pl.lit(3)
    ).write_parquet(folder / "entities.parquet", row_group_size=500)
    return folder


@pytest.fixture
def ask(tables: Path, ask_far: Callable[..., Any]) -> Callable[..., Any]:
    """Asks about these tables, or others."""

    def whatif(*origins: str, **options: Any) -> Any:
        return ask_far(options.pop("source", tables), *origins, **options)

    return whatif


@pytest.mark.parametrize("asked", [
    pytest.param(asked, id=name, marks=[pytest.mark.slow] if name == "rings" else [])
    for name, asked in ASKED.items()
])  # fmt: skip
def test_the_figures_are_those_of_a_graph_that_is_read_here(
    asked: dict[str, Any], tables: Path, hub: str, ask: Callable[..., Any], tmp_path: Path
) -> None:
    """Rows in files, totals, the first rows, the distribution, and what loading did."""
    here = ko.whatif(ko.load(tables), [hub, "entity 9"], **asked)
    there = ask(hub, "entity 9", out=tmp_path / "rows", **asked)
    rows = pl.read_parquet(tmp_path / "rows" / "*.parquet").sort("id").select(COLUMNS)
    within = here.entities.filter(pl.col("hops").is_not_null()).sort("id").select(COLUMNS)
    assert rows.equals(within)
    assert there.rows == rows.height
    assert len(list((tmp_path / "rows").iterdir())) > 3
    assert there.totals == here.totals
    assert there.distribution.equals(here.distribution)
    first = here.entities.head(22).select("rank", *COLUMNS)
    assert there.entities.select("rank", *COLUMNS).equals(first)
    assert sorted(there.graph.report) == sorted(here.graph.report)
    assert (there.graph.entities, there.graph.dependencies) == (
        here.graph.entities, here.graph.dependencies,
    )  # fmt: skip


def test_what_the_answer_rests_on_is_told_as_here(
    ask: Callable[..., Any], tmp_path: Path
) -> None:  # fmt: skip
    """Relations that the mode does not cross or that no rule names, what is unknown, who fails."""
    pl.DataFrame({
        "dependent": ["b", "c", "d", "e", "f"], "provider": ["a", "a", "a", "a", "b"],
        "relation": ["uses", "runs", "runs", "contains", "feeds"],
        "probability": [0.5, 0.5, 0.5, None, 0.5],
    }).write_parquet(tmp_path / "dependencies.parquet")  # fmt: skip
    pl.DataFrame({"id": ["a"], "name": ["Acme"]}).write_parquet(tmp_path / "entities.parquet")
    here = ko.whatif(ko.load(tmp_path), "acme", worlds=64, protect="d")
    there = ask("acme", source=tmp_path, worlds=64, protect="d")
    said = [note for note in here.notes if note.startswith(("mode outage", "relation"))]
    assert said == [
        "mode outage does not cross contains (1 direct), runs (2 direct)",
        "relation 'feeds' has no rule: it crosses every mode",
    ]
    assert {*said} <= {*there.notes}
    assert any(n.startswith("1 of the 5 dependencies has an unknown") for n in there.notes)
    assert there.headline.startswith("If Acme fails: on average ")
    for name in ("origins", "protect"):
        assert getattr(there.scenario, name) == getattr(here.scenario, name)
    with pytest.raises(ScenarioError, match="'a' is named twice among those that fail"):
        ask("acme", "a", source=tmp_path)


def test_where_all_is_stated_one_run_is_enough(
    ask: Callable[..., Any], tables: Path, hub: str, tmp_path: Path
) -> None:
    """Low and high are the middle."""
    rows = pl.read_parquet(tables / "dependencies.parquet").with_columns(
        pl.col("probability").fill_null(0.25)
    )
    rows.write_parquet(tmp_path / "dependencies.parquet")
    here = ko.whatif(ko.load(tmp_path), hub, worlds=200)
    there = ask(hub, worlds=200, source=tmp_path)
    assert there.totals == here.totals
    first = here.entities.head(21).select("rank", *COLUMNS)
    assert there.entities.select("rank", *COLUMNS).equals(first)
    assert there.folder is None


@pytest.mark.slow
@pytest.mark.parametrize("asked", [{}, {"strengths": "incidents", "mode": "bad_update"}], ids=str)
def test_weights_that_are_fractions_are_added_up_in_order(
    asked: dict[str, Any], ask: Callable[..., Any], tables: Path, hub: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Piece by piece of the rows within reach, of which parts share some, or have a part of one."""
    source = tmp_path / "fractions"
    source.mkdir()
    pl.read_parquet(tables / "dependencies.parquet").write_parquet(source / "dependencies.parquet")
    ids = pl.Series("id", [str(i) for i in range(0, 4096, 3)])
    weight = 1 / (pl.int_range(pl.len()) + 3)
    pl.DataFrame(ids).with_columns(weight=weight).write_parquet(source / "entities.parquet")
    graph = ko.load(source)
    here = ko.whatif(graph, hub, worlds=700, **asked)
    there = ask(hub, worlds=700, source=source, out=tmp_path / "rows", **asked)
    assert there.totals == here.totals
    assert there.distribution.equals(here.distribution)
    first = here.entities.head(21).select("rank", *COLUMNS)
    assert there.entities.select("rank", *COLUMNS).equals(first)
    for module in (adding, sums, counting):  # pieces so small that parts have whole ones
        monkeypatch.setattr(module, "ROWS", 16)
    finer = ko.whatif(graph, hub, worlds=700, **asked)
    assert ask(hub, worlds=700, source=source, **asked).distribution.equals(finer.distribution)
    assert not finer.distribution.equals(here.distribution)  # else the order would not matter


def test_what_cannot_be_is_one_error(
    ask: Callable[..., Any], hub: str, tmp_path: Path
) -> None:  # fmt: skip
    """Names, tables and questions; each says what was expected."""
    with pytest.raises(UnknownEntityError, match="no entity has the id or name 'nobody'"):
        ask("nobody", worlds=64)
    with pytest.raises(ScenarioError, match="asked without hours: load it here"):
        ask(hub, hours=4)
    with pytest.raises(ScenarioError, match="on: expected the address of a server"):
        whatif_far(tmp_path, hub)
    rows = pl.DataFrame({"dependent": ["a", "b", "c"], "provider": ["b", "c", "a"]})

    def refused(entities: pl.DataFrame | None = None, **columns: Any) -> Path:
        rows.with_columns(**columns).write_parquet(tmp_path / "dependencies.parquet")
        if entities is not None:
            entities.write_parquet(tmp_path / "entities.parquet")
        return tmp_path

    with pytest.raises(ScenarioError, match="dependencies with a loss below 1"):
        ask("a", source=refused(loss=pl.lit(0.5)))
    with pytest.raises(InputError, match=r"dependencies.parquet:2: probability: expected a number"):
        ask("a", source=refused(probability=pl.Series([0.5, 7.0, 0.5])))
    causes = {"shared_cause": pl.lit("c"), "rho": pl.Series([0.5, 0.5, 0.25])}
    with pytest.raises(InputError, match="shared cause 'c': expected one value of rho"):
        ask("a", source=refused(**causes))
    named = pl.DataFrame({"id": ["a", "b"], "name": ["one", "One"]})
    with pytest.raises(AmbiguousEntityError, match="2 entities have the name 'one'"):
        ask("one", source=refused(named))
    (tmp_path / "dependencies.parquet").unlink()
    with pytest.raises(InputError, match="expected a table of dependencies as Parquet"):
        ask("a", source=tmp_path)


def test_a_load_is_made_once(ask: Callable[..., Any], hub: str, monkeypatch: Any) -> None:
    """The next question about the same files takes what is there."""
    first = ask(hub, worlds=64)
    read: list[Any] = []
    monkeypatch.setattr(loading, "write_sections", lambda *of: read.append(of))
    assert ask(hub, worlds=64).entities.equals(first.entities)
    assert not read


def test_sums_of_parts_are_sums_of_all() -> None:
    """To the last digit, as `math.fsum` has it."""
    import math

    import numpy as np

    values = np.random.default_rng(5).random(10_000) ** 9 * 1e5
    parts = [split_sum(part) for part in np.array_split(values, 7)]
    assert join_sums([each for part in parts for each in part]) == math.fsum(values.tolist())
    assert join_sums([]) == 0


def test_the_door(server: str, tables: Path, hub: str, tmp_path: Path) -> None:
    """`whatif --out FOLDER` on a server."""
    import json

    from click.testing import CliRunner

    from knockon.api.cli.verbs import cli

    out = tmp_path / "rows"
    asked = ["whatif", str(tables), hub, "--on", server, "--out", str(out), "--worlds", "300",
             "--strengths", "incidents"]  # fmt: skip
    found = CliRunner().invoke(cli, [*asked, "--format", "json", "--top", "5"])
    assert found.exit_code == 0, found.output
    answer = json.loads(found.stdout)
    here = ko.whatif(ko.load(tables), hub, worlds=300, strengths="incidents")
    assert answer["totals"]["hit"] == here.totals.hit
    assert answer["strength_sources"] == here.within.by_source
    assert [r["id"] for r in answer["entities"]] == here.entities["id"].head(6).to_list()
    assert answer["more"] == pl.read_parquet(out / "*.parquet").height - 6
    again = CliRunner().invoke(cli, asked)
    assert again.exit_code != 0
    for more in (["--svg", "x.svg"], ["--plan", "worlds"], ["--with", str(tables)]):
        refused = CliRunner().invoke(cli, [*asked, *more])
        assert refused.exit_code == 2
        assert "the workers read SOURCE" in refused.output
