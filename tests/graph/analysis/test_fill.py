"""Strengths that nobody stated, filled from tables."""

import numpy as np
import polars as pl
import pytest

from knockon.graph.analysis.fill import fill_strengths
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.owned import find_between_owners
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

_KINDS = {"v": "security_vendor", "w": "cloud_provider"}


def _make(*rows: tuple[str, str, str, float | None], **kinds: str) -> DependencyGraph:
    """A graph of (dependent, provider, relation, probability); enterprises where not said."""
    ends = sorted({end for row in rows for end in row[:2]})
    entities = [{"id": e, "kind": {**_KINDS, **kinds}.get(e, "enterprise")} for e in ends]
    names = ("dependent", "provider", "relation", "probability")
    dependencies = pl.DataFrame(rows, schema=names, orient="row").cast({"probability": pl.Float64})
    return DependencyGraph.from_polars(dependencies, pl.DataFrame(entities))


def _row(low: float, mid: float, high: float, **speaks_for: str) -> dict[str, object]:
    return {"low": low, "mid": mid, "high": high, "source": "us", **speaks_for}


def _fill(graph: DependencyGraph, strengths: object, **options: str) -> list[tuple[float, ...]]:
    """(low, middle, high) of every dependency in its order."""
    scenario = Scenario.of(graph, "v", strengths=strengths, **options)  # type: ignore[arg-type]
    return [tuple(row) for row in np.column_stack(fill_strengths(graph, scenario).strengths)]


def test_the_most_specific_row_decides() -> None:
    """Dependent and provider, then provider, dependent, kind, relation, mode."""
    graph = _make(*(("a", p, r, None) for p in "vwx" for r in ("runs", "uses")), x="site", v="site")
    rows = [
        _row(0, 0.1, 1), _row(0, 0.2, 1, mode="outage"), _row(0, 0.3, 1, relation="runs"),
        _row(0, 0.4, 1, provider_kind="site"), _row(0, 0.5, 1, provider="x"),
        _row(0, 0.6, 1, dependent="a", provider="x", relation="runs"),
    ]  # fmt: skip
    found = [middle for _, middle, _ in _fill(graph, rows)]
    assert found == [0.4, 0.4, 0.3, 0.2, 0.6, 0.5]  # v runs, v uses, w runs, w uses, x ...


def test_the_first_table_that_fits_decides() -> None:
    """A later table fills only what the ones before leave open, however specific it is."""
    graph = _make(("a", "v", "uses", None), ("b", "w", "uses", None))
    tables = [
        {"name": "one", "rows": [_row(0, 0.1, 1, provider="w")]},
        {"name": "two", "rows": [_row(0, 0.2, 1, provider="w"), _row(0, 0.3, 1, provider="v")]},
    ]
    assert [middle for _, middle, _ in _fill(graph, tables)] == [0.3, 0.1]


def test_a_stated_strength_is_never_touched() -> None:
    graph = _make(("a", "v", "uses", 0.9), ("b", "v", "uses", None))
    assert _fill(graph, [_row(0.1, 0.2, 0.3)]) == [(0.9, 0.9, 0.9), (0.1, 0.2, 0.3)]


def test_what_no_row_fits_stays_unknown() -> None:
    graph = _make(("a", "v", "uses", None), ("b", "v", "runs", None))
    found = _fill(graph, [_row(0.1, 0.2, 0.3, relation="runs")])
    assert found == [(0, 0.5, 1), (0.1, 0.2, 0.3)]


def test_entities_may_be_named_in_a_row() -> None:
    """By id, or by name in any case where no other has it; what is not here is told."""
    entities = pl.DataFrame({"id": ["v", "a"], "name": ["Falcon", "Acme"]})
    dependencies = pl.DataFrame({"dependent": ["a"], "provider": ["v"]})
    graph = DependencyGraph.from_polars(dependencies, entities)
    rows = [_row(0.1, 0.2, 0.3, provider="falcon"), _row(0, 0, 0, provider="Okta")]
    answer = whatif(graph, "v", strengths=rows)
    assert answer.entities.filter(pl.col("id") == "a").item(0, "probability") == 0.2
    assert any("1 of 2 rows speak for no dependency of unknown" in note for note in answer.notes)
    assert any("not in the graph: entity 'Okta'" in note for note in answer.notes)


def test_what_a_row_names_that_the_graph_does_not_have_is_told_with_the_nearest() -> None:
    graph = _make(("a", "v", "uses", None))
    rows = [_row(0.1, 0.2, 0.3, relation="usess"), _row(0.1, 0.2, 0.3, provider_kind="platfrom")]
    (note,) = [n for n in whatif(graph, "v", strengths=rows).notes if "speak for no" in n]
    assert "relation 'usess' (nearest: 'uses')" in note
    assert "kind 'platfrom'" in note


def test_the_mode_of_a_row_is_that_in_which_the_failure_arrives() -> None:
    """A bad update reaches those who run it as one, and goes on from them as an outage."""
    graph = _make(("a", "v", "runs", None), ("b", "a", "uses", None))
    answer = whatif(graph, "v", mode="bad_update", strengths="incidents")
    shown = {row["mode"]: row for row in answer.strengths.iter_rows(named=True)}
    assert shown["bad_update"]["mid"] == 0.25
    assert shown["outage"]["mid"] == 0.6
    b = answer.entities.row(by_predicate=pl.col("id") == "b", named=True)
    ends = [b[f"probability{end}"] for end in ("_low", "", "_high")]
    assert ends == pytest.approx([0.05 * 0.3, 0.25 * 0.6, 0.45 * 0.75])


def _ask(graph: DependencyGraph, **options: object) -> Impact:
    return whatif(graph, "v", mode="bad_update", **options)  # type: ignore[arg-type]


def test_298_dependents_of_one_vendor_are_hit_as_the_table_says() -> None:
    """The middle total is the mean of the table times 298; its tail is that of a shared draw.

    248: the P95 of 400,000 plain draws of the Beta mixture at mean 0.25 and rho 0.4.
    """
    graph = _make(*((f"c{i:03}", "v", "runs", None) for i in range(298)))
    answer = _ask(graph, strengths="incidents", worlds=16_384)
    totals = answer.totals
    assert totals.hit == pytest.approx(0.25 * 298, abs=3 * totals.hit_std_error + 1e-9)
    assert totals.hit_low == pytest.approx(0.05 * 298, abs=3)
    assert totals.hit_high == pytest.approx(0.45 * 298, abs=4)
    assert totals.p95 == pytest.approx(248, abs=4)
    assert "Half of all cases: at most " in answer.assumption


def test_low_middle_and_high_hold_in_every_world() -> None:
    """The three runs are coupled: 64 worlds, each draw below the one of the next run."""
    graph = _make(
        ("a", "v", "runs", None), ("b", "v", "runs", None), ("c", "a", "uses", None),
        ("c", "b", "uses", None), ("d", "c", "uses", 0.5),
    )  # fmt: skip
    answer = _ask(graph, strengths="incidents", worlds=64)
    runs = [
        answer.outer.filter(pl.col("run") == run)["impact"].to_numpy() for run in ("low", "high")
    ]
    middle = answer.distribution["impact"].to_numpy()
    assert (runs[0] <= middle).all()
    assert (middle <= runs[1]).all()


def test_no_table_gives_the_answer_of_before() -> None:
    graph = _make(("a", "v", "runs", None), ("b", "a", "uses", 0.4))
    plain, none = _ask(graph), _ask(graph, strengths="none")
    assert plain == none
    assert plain.strengths.height == 0
    assert plain.within.by_source == {
        "stated": 1, "own table": 0, "register": 0, "incidents": 0, "none": 1,
    }  # fmt: skip


def test_where_a_strength_comes_from_is_counted_and_shown_by_route() -> None:
    """The weakest on the route: what is typical is weaker than what the user knows."""
    graph = _make(
        ("a", "v", "runs", 0.9), ("b", "a", "uses", None), ("c", "a", "hosted_on", None),
        ("d", "b", "uses", 0.5), ("e", "w", "uses", None),
    )  # fmt: skip
    own = [_row(0.2, 0.3, 0.4, dependent="b")]
    answer = _ask(graph, strengths=["incidents", own])
    shown = dict(answer.entities.select("id", "strength_source").iter_rows())
    assert shown == {"v": None, "a": "stated", "b": "own table", "c": "incidents", "d": "own table"}
    assert answer.within.by_source["incidents"] == 1
    assert answer.within.by_source["own table"] == 1


def test_a_verdict_that_would_rest_on_past_incidents_stays_unknown() -> None:
    """What is typical decides nothing; what is stated, or in a table of one's own, does."""
    graph = _make(
        ("typical", "v", "runs", None), ("sure", "v", "runs", 1.0), ("rare", "v", "runs", 0.1),
        ("own", "v", "uses", None), ("both", "v", "runs", 0.9), ("both", "typical", "uses", None),
    )  # fmt: skip
    own = [_row(0.6, 0.7, 0.8, dependent="own")]
    answer = _ask(graph, strengths=["incidents", own])
    verdicts = dict(answer.entities.select("id", "verdict").iter_rows())
    assert verdicts == {
        "v": "hit", "typical": "unknown", "sure": "hit", "rare": "spared", "own": "hit",
        "both": "hit",
    }  # fmt: skip
    high = answer.entities.filter(pl.col("id") == "typical").item(0, "probability_high")
    assert high == 0.45  # below a half, and no verdict


def test_the_words_claim_no_more_than_past_incidents_show() -> None:
    graph = _make(*((f"c{i}", "v", "runs", None) for i in range(20)))
    answer = _ask(graph, strengths="incidents")
    said = " ".join([answer.headline, answer.assumption, *answer.notes])
    for words in ("typical of past incidents", "5 counted incidents of bad_update", "hit meant any",
                  "the true average is lower", "stays unknown"):  # fmt: skip
        assert words in said
    assert "risk" not in said
    assert "likelihood" not in said


def _between(dependent: str, provider: str, parents: dict[str, str] | None = None) -> bool:
    entities = pl.DataFrame({
        "id": ["a", "p", "owner of a", "owner of p"],
        "kind": [dependent, provider, "enterprise", "cloud_provider"],
        "parent": [(parents or {}).get(i) for i in ("a", "p", "-", "-")],
    })  # fmt: skip
    rows = pl.DataFrame({"dependent": ["a"], "provider": ["p"]})
    graph = DependencyGraph.from_polars(rows, entities)
    return bool(find_between_owners(graph, np.arange(1))[0])


@pytest.mark.parametrize(
    ("dependent", "provider", "parents", "between"),
    [
        ("enterprise", "security_vendor", {}, True),
        ("site", "dns_provider", {}, True),
        ("unknown", "unknown", {}, True),
        ("enterprise", "service", {}, True),
        ("service", "service", {}, False),
        ("component", "component", {}, False),
        ("component", "cloud_provider", {}, False),
        ("service", "data_store", {}, False),
        ("enterprise", "component", {"p": "owner of p"}, True),
        ("service", "service", {"a": "owner of a", "p": "owner of p"}, True),
        ("service", "service", {"a": "owner of a", "p": "owner of a"}, False),
    ],
)
def test_what_lies_between_owners(
    dependent: str, provider: str, parents: dict[str, str], between: bool
) -> None:
    assert _between(dependent, provider, parents) is between


def test_a_product_and_its_own_owner_are_one() -> None:
    entities = pl.DataFrame(
        {"id": ["o", "p"], "kind": ["platform", "service"], "parent": [None, "o"]}
    )
    rows = pl.DataFrame({"dependent": ["p"], "provider": ["o"], "relation": ["operated_by"]})
    graph = DependencyGraph.from_polars(rows, entities)
    assert not find_between_owners(graph, np.arange(1)).any()
