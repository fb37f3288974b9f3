"""Which strengths would be worth asking for: held to what knowing each of them does."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.strengths import strengths
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.strengths import StrengthTable


def _make(rows: list[tuple[str, str, float | None]]) -> DependencyGraph:
    names = ("dependent", "provider", "probability")
    frame = pl.DataFrame(rows, schema=names, orient="row").cast({"probability": pl.Float64})
    return DependencyGraph.from_polars(frame)


def _measure_range(rows: list[tuple[str, str, float | None]]) -> float:
    totals = whatif(_make(rows), "0").totals
    return totals.impact_high - totals.impact_low


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.tuples(st.integers(1, 5), st.integers(0, 4)), min_size=1, max_size=7),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
)
def test_what_a_strength_narrows_is_what_stating_it_takes_off(
    pairs: set[tuple[int, int]], assume: float
) -> None:
    """Of unknown strengths alone, nothing is drawn: exactly."""
    rows = [(str(d), str(p), None) for d, p in sorted(pairs) if d != p]
    if not any(p == "0" for _, p, _ in rows):
        return
    answer = strengths(_make(rows), "0", assume=assume)
    whole = _measure_range(rows)
    for row in answer.rows.iter_rows(named=True):
        known = [
            (d, p, assume if (d, p) == (row["dependent"], row["provider"]) else q)
            for d, p, q in rows
        ]
        assert row["narrows"] == pytest.approx(whole - _measure_range(known), abs=1e-9)
    assert answer.rows["narrows"].is_sorted(descending=True)


def test_where_worlds_differ_it_is_what_the_same_worlds_say() -> None:
    """A stated half on the way to three: what is behind it counts half."""
    rows = [("a", "0", None), ("b", "a", 0.5), *((c, "b", 1.0) for c in "cde")]
    answer = strengths(_make(rows), "0")
    assert answer.rows.item(0, "narrows") == pytest.approx(1 + 4 * 0.5, abs=0.3)
    assert answer.rows.height == 1


def test_the_table_can_be_filled_in_and_given_back() -> None:
    """Its rows are a table of strengths: empty ones say nothing yet."""
    graph = _make([("a", "0", None), ("b", "a", None)])
    asked = strengths(graph, "0").rows
    table = StrengthTable.of("filled.csv", asked.to_dicts())
    assert (len(table.rows), table.empty) == (0, 2)
    known = asked.with_columns(
        low=pl.lit(0.2), mid=pl.lit(0.2), high=pl.lit(0.2), source=pl.lit("asked")
    )
    answer = whatif(graph, "0", strengths=known)
    assert answer.within.by_source["own table"] == 2
    assert answer.totals.impact_high == pytest.approx(0.2 + 0.04)


def test_relations_say_what_is_stated_and_what_fills_the_rest() -> None:
    entities = pl.DataFrame(
        {"id": ["v", "a", "b"], "kind": ["platform", "enterprise", "component"]}
    )
    rows = pl.DataFrame(
        {"dependent": ["a", "b"], "provider": ["v", "v"], "relation": ["uses", "hosted_on"]}
    )
    graph = DependencyGraph.from_polars(rows, entities)
    answer = strengths(graph, "v", strengths="incidents")
    assert answer.relations.sort("relation").rows() == [
        ("hosted_on", 1, 0, 0, 0, 0, 1, 0), ("uses", 1, 0, 0, 0, 1, 0, 1),
    ]  # fmt: skip
    assert "1 typical of past incidents and 1 unknown" in answer.headline


def test_without_a_failure_those_that_most_depend_on_come_first() -> None:
    graph = _make([("a", "v", None), ("b", "v", None), ("c", "w", None), ("d", "w", 0.5)])
    answer = strengths(graph)
    assert answer.rows.select("provider", "dependencies").rows() == [("v", 2), ("w", 1)]
    assert answer.range is None


def test_knowing_the_first_ten_narrows_the_range() -> None:
    graph = _make([(f"c{i}", "0", None) for i in range(20)])
    found = strengths(graph, "0").range
    assert found is not None
    assert (found["low"], found["high"]) == (0, 20)
    assert found["low_if_known"] == pytest.approx(5, abs=0.5)
    assert found["high_if_known"] == pytest.approx(15, abs=0.5)


def test_where_all_is_stated_nothing_is_asked_for() -> None:
    answer = strengths(_make([("a", "0", 0.5)]), "0")
    assert answer.rows.height == 0
    assert "nothing is worth asking for" in " ".join(answer.sentences)


def test_the_ten_worth_asking_for_are_those_that_narrow_most_when_they_are_known() -> None:
    """A market filled from past incidents, with shared draws: each strength stated in turn."""
    rng = np.random.default_rng(5)
    names = [f"c{i:02}" for i in range(24)]
    pairs = [(c, "v" if i < 5 or rng.random() < 0.3 else names[rng.integers(0, i)])
             for i, c in enumerate(names)]  # fmt: skip
    rows = pl.DataFrame(pairs, schema=["dependent", "provider"], orient="row")
    rows = rows.with_columns(relation=pl.lit("uses"))
    entities = pl.DataFrame({"id": ["v", *names], "kind": ["platform", *["enterprise"] * 24]})
    graph = DependencyGraph.from_polars(rows, entities)
    asked = strengths(graph, "v", strengths="incidents").rows

    def measure(own: dict[str, object] | None) -> float:
        tables = ["incidents"] if own is None else [pl.DataFrame([own]), "incidents"]
        totals = whatif(graph, "v", strengths=tables, worlds=4096).totals
        return totals.impact_high - totals.impact_low

    whole, known = measure(None), []
    for row in asked.iter_rows(named=True):
        speaks_for = {c: row[c] for c in ("mode", "relation", "dependent", "provider")}
        figures = dict.fromkeys(("low", "mid", "high"), row["now_mid"])
        known.append(whole - measure(speaks_for | figures | {"rho": 0.55, "source": "asked"}))
    assert len(known) == 24
    assert sum(known[:10]) >= 0.95 * sum(sorted(known, reverse=True)[:10])
    assert np.corrcoef(known, asked["narrows"])[0, 1] > 0.98


def test_the_range_said_is_that_of_an_answer() -> None:
    """Over as many worlds as an answer takes, not over the few of each row."""
    rows = [("a", "0", None), ("b", "0", 0.3), ("c", "a", 0.3)]
    answer = strengths(_make(rows), "0")
    assert answer.range is not None
    wanted = {"low": 0.3, "high": 1.6, "low_if_known": 0.95, "high_if_known": 0.95}
    found = {end: answer.range[end] for end in wanted}
    assert found == pytest.approx(wanted, abs=0.04)
    errors = {end: answer.range[f"{end}_std_error"] for end in wanted}
    assert 0 < errors["low"] < errors["high"] < 0.02  # of 4,096 worlds, at most 0.9 deviations
    (said,) = [s for s in answer.sentences if s.startswith("Mean impact 0.3")]
    assert "± two standard errors" in said


@pytest.mark.parametrize("rho", [0.0, 0.4])
def test_the_errors_of_the_range_hold(rho: float) -> None:
    """In 60 seeds the truth lies within two standard errors in about 95 of 100; never far off."""
    graph = DependencyGraph.from_polars(
        pl.DataFrame({
            "dependent": [f"c{i}" for i in range(12)] + ["x"], "provider": ["0"] * 13,
            "probability": [0.3] * 12 + [None], "rho": [rho] * 13,
        })
    )  # fmt: skip
    inside = 0
    for seed in range(60):
        found = strengths(graph, "0", seed=seed).range
        assert found is not None
        for end, truth in (("low", 3.6), ("high", 4.6)):
            assert found[f"{end}_std_error"] > 0
            inside += abs(found[end] - truth) <= 2 * found[f"{end}_std_error"]
    assert inside >= 0.88 * 120
