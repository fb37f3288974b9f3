"""Forecasts of counted incidents: the law of the number hit, the score, what is left out."""

from fractions import Fraction
from math import comb

import numpy as np
import polars as pl
import pytest

from knockon.graph.analysis.backtest.forecasts import (
    RULES,
    count_chances,
    find_interval,
    score_share,
    sum_up,
    tabulate_forecasts,
)
from knockon.graph.analysis.backtest.incidents import Counted, Incident
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.tables import Tables
from knockon.graph.scenario.evidence.fit import fit_shipped, read_counts, read_evidence
from tests.toys import dep, graph_of


def incident(*counted: Counted) -> Incident:
    return Incident("i", Tables(pl.DataFrame(), pl.DataFrame()), {}, counted=counted)


def rising(x: Fraction, n: int) -> Fraction:
    """x (x + 1) ... (x + n - 1)"""
    found = Fraction(1)
    for i in range(n):
        found *= x + i
    return found


@pytest.mark.parametrize(("n", "mean", "rho"), [(7, "1/4", "2/5"), (12, "3/5", "11/20")])
def test_the_law_is_the_beta_binomial(n: int, mean: str, rho: str) -> None:
    """By rising factorials, in whole numbers."""
    q, size = Fraction(mean), 1 / Fraction(rho) - 1
    a, b = q * size, (1 - q) * size
    wanted = [comb(n, k) * rising(a, k) * rising(b, n - k) / rising(a + b, n) for k in range(n + 1)]
    found = count_chances(n, float(q), float(Fraction(rho)))
    assert found == pytest.approx([float(w) for w in wanted])


def test_without_rho_it_is_the_binomial() -> None:
    wanted = [comb(9, k) * 0.3**k * 0.7 ** (9 - k) for k in range(10)]
    assert count_chances(9, 0.3, 0.0) == pytest.approx(wanted)


def test_it_is_what_worlds_with_shared_draws_come_to() -> None:
    """The engine on 60 dependents of one provider."""
    rows = [dep(f"d{i}", "A", probability=0.25, rho=0.4) for i in range(60)]
    hits = whatif(graph_of(*rows), "A", worlds=40_000).distribution["hit"].to_numpy()
    found = np.bincount(hits.astype(int), minlength=61) / 40_000
    wanted = count_chances(60, 0.25, 0.4)
    assert (np.abs(found - wanted) <= 5 * np.sqrt(wanted / 40_000) + 1e-4).all()


def test_the_score_is_the_area_between_forecast_and_truth() -> None:
    """By a plain sum over a fine grid; a sure forecast scores how far it is off."""
    chances = count_chances(20, 0.4, 0.3)
    grid = (np.arange(200_000) + 0.5) / 200_000
    reached = np.cumsum(chances)[np.minimum((grid * 20).astype(int), 20)]
    for share in (0.0, 0.12, 0.5, 1.0):
        wanted = ((reached - (grid >= share)) ** 2).mean()
        assert score_share(chances, share) == pytest.approx(wanted, abs=1e-4)
    sure = np.zeros(11)
    sure[3] = 1
    assert score_share(sure, 0.7) == pytest.approx(0.4)
    assert score_share(sure, 0.3) == pytest.approx(0)


def test_the_interval_holds_nine_tenths() -> None:
    chances = np.full(101, 1 / 101)
    assert find_interval(chances) == pytest.approx((0.05, 0.95), abs=0.011)


def test_the_incident_is_left_out_of_its_own_forecast() -> None:
    """With nothing left out it is the shipped row; without itself the mean moves away from it."""
    whole = fit_shipped(read_counts(read_evidence()))["bad_update", "runs"]
    counts = (
        Counted("nowhere", "bad_update", "runs", 0.4178, 298, 124.5),
        Counted("crowdstrike-2024", "bad_update", "runs", 0.4178, 298, 124.5),
    )
    stranger, own = tabulate_forecasts([incident(*counts)]).to_dicts()
    assert stranger["mean"] == pytest.approx(whole.mean, abs=0.025)
    assert (stranger["mean"], stranger["rho"]) == (0.25, 0.4)
    assert own["mean"] < stranger["mean"]  # the share was above the mean of the others


def test_a_mode_without_counts_is_not_forecast() -> None:
    found = tabulate_forecasts([incident(Counted("", "withdrawal", "uses", 0.5, 10, 5))])
    assert found.height == 0
    summary = sum_up(found)
    assert (summary.counted, summary.scores) == (0, {})


def test_independence_is_sure_and_wrong() -> None:
    """The figures that the README gives of July 2024."""
    (row,) = tabulate_forecasts(
        [incident(Counted("crowdstrike-2024", "bad_update", "runs", 124.5 / 298, 298, 124.5))]
    ).to_dicts()
    assert row["inside"]
    assert not row["inside_independent"]
    assert row["independent_high"] < 0.25
    assert row["high"] > 0.8
    assert set(RULES) == {c.removeprefix("crps_") for c in row if c.startswith("crps_")}
