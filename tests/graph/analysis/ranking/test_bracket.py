"""Two graphs without groups hold every world, and who is left out of the first k is not of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.rank import rank
from knockon.graph.analysis.ranking import backwards, bracket
from knockon.graph.analysis.ranking.swept import lay_out, sweep_lanes
from knockon.graph.engine import counts as engine
from knockon.graph.engine.counts import Counts
from knockon.graph.model.graph import DependencyGraph
from tests.graph.analysis.ranking.test_swept import make_field
from tests.strategies import MODES, described, frame
from tests.strategies import rows as random_rows

pytest.importorskip("numba")
K = 2


@st.composite
def fields(draw: st.DrawFn, **options: Any) -> Any:
    """A small graph whose losses are whole, laid out for a ranking."""
    found = [r | {"loss": 1.0} for r in draw(random_rows(chances=30, most=24, **options))]
    graph = DependencyGraph.from_polars(frame(found), draw(described()))
    by = draw(st.sampled_from((None, "sector")))
    mode, assume = draw(st.sampled_from(MODES)), draw(st.sampled_from((0.5, 1.0)))
    field = make_field(graph, {"by": by}, mode=mode, assume=assume, worlds=200)
    return field, {"by": by, "mode": mode, "assume": assume, "worlds": 200}


@given(asked=fields())
def test_every_origin_lies_between_both_sides(asked: Any) -> None:
    """In the mean of every run, of hits and of what is lost; the sides are one without groups."""
    field, _ = asked
    if not len(field.origins):
        return
    sweeps, runs = lay_out(field)
    counts = Counts(sweeps)
    swept = sweep_lanes(field)
    for name, run in runs.items():
        figures = swept.runs[name]
        worlds = 200 if len(run.uncertain) else 1
        low, high = (counts.count(run, worlds, s) / worlds for s in (counts.lower, counts.upper))
        lost = figures.impact / field.counting.scale
        weighted = field.counting.tallied.weighted
        for column, truth in ((0, figures.hit), (2, figures.direct), (3, lost))[: 2 + weighted]:
            assert (low[:, column] <= truth * (1 + 1e-12) + 1e-9).all()
            assert (truth <= high[:, column] * (1 + 1e-12) + 1e-9).all()
        if counts.tight:
            assert np.allclose(low[:, 0], figures.hit, rtol=1e-12)
            assert np.array_equal(low, high)
        if counts.one_mode:
            found = counts.count(run, worlds, counts.exact) / worlds
            for column, truth in ((0, figures.hit), (2, figures.direct), (3, lost))[: 2 + weighted]:
                assert np.allclose(found[:, column], truth, rtol=1e-12)
            assert np.allclose(np.sqrt((found[:, 1] - found[:, 0] ** 2).clip(0) / worlds),
                               figures.hit_error, atol=1e-6)  # fmt: skip


@given(asked=fields(), method=st.sampled_from(("counted", "brackets", "searches backwards")))
def test_the_first_rows_are_those_of_a_full_sweep(asked: Any, method: str) -> None:
    """Whichever way the others are left out; what was swept has all its figures."""
    field, options = asked
    whole = rank(field.graph, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bracket, "WORK", 0)
        if method == "searches backwards":
            patch.setattr(engine, "MOST_STEPS", -1)
        if method == "brackets":
            patch.setattr(Counts, "one_mode", False)
        some = rank(field.graph, top=K, **options)
    assert some.swept <= whole.swept
    n = min(K, some.rows.height)
    wanted = whole.rows.head(n)
    hit = wanted["hit_high"].max() if n else 0
    if hit and some.certificate["k"] == K:
        assert some.rows["rank"].to_list() == [*range(1, n + 1)]
    figure = "impact" if whole.by is None else "hit_direct"
    positive = wanted.filter(wanted["hit_direct"] + wanted["hit_indirect"] > 0)
    same = some.rows.head(positive.height)
    assert same["id"].to_list() == positive["id"].to_list()
    assert same[figure].to_list() == pytest.approx(positive[figure].to_list(), rel=1e-12)


@pytest.mark.parametrize("searches", [1 << 12, 1 << 16])
def test_bounds_of_searches_hold(searches: int) -> None:
    """Of shares that are known, with a hundred origins and ten thousand trials at 5 %."""
    random = np.random.default_rng(1)
    share = random.uniform(0, 1, 100) ** 3
    wrong = 0
    for _ in range(100):
        hits = random.binomial(searches, share).astype(float)
        low, high = backwards.bound(hits, searches, 50.0, 0.05, len(share))
        wrong += bool(((low > 50 * share) | (high < 50 * share)).any())
    assert wrong <= 5
    assert (high - low).max() < 50 * 12 / searches**0.5


def test_a_certificate_says_how_many_were_swept() -> None:
    """A star of stars with spares: the small ones are left out, and it is said."""
    rows = [{"dependent": f"d{i}", "provider": "hub", "probability": 0.5} for i in range(60)]
    rows += [{"dependent": f"d{i}", "provider": f"p{i}", "probability": 0.5} for i in range(60)]
    grouped = [
        {"dependent": f"e{i}", "provider": p, "probability": 0.5, "group": "g", "needs": 1}
        for i in range(20) for p in ("hub", f"p{i}")
    ]  # fmt: skip
    import polars as pl

    graph = DependencyGraph.from_polars(pl.DataFrame([*rows, *grouped], infer_schema_length=None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bracket, "WORK", 0)
        patch.setattr(Counts, "one_mode", False)
        answer = rank(graph, top=1)
    assert answer.rows["id"].to_list() == ["hub"]
    assert (answer.swept, answer.origins) == (1, 141)
    assert answer.certificate["certainty"] == 1
    assert answer.certificate["method"] == "brackets"
    assert any("1 of the 141 that may fail were swept" in note for note in answer.notes)
