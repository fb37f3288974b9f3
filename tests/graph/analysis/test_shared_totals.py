"""What shared draws do to totals, held to formulas: the beta-binomial law of how many are hit, and
Oasis' acceptance tests for correlation."""

import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from knockon.graph.analysis.backtest.forecasts import count_chances
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from tests.paths import ROOT
from tests.toys import dep, graph_of, group

EXPOSED = 298  # customers of the vendor of July 2024 among the Fortune 500


def fail(q: float, rho: float, *, exposed: int = EXPOSED, **options: Any) -> Impact:
    """A bad update of one vendor, whose customers all run it."""
    rows = [
        dep(f"c{i:03}", "vendor", probability=q, rho=rho, relation="runs") for i in range(exposed)
    ]
    return whatif(graph_of(*rows), "vendor", mode="bad_update", **options)


@pytest.mark.parametrize(
    ("q", "rho", "p95"),
    [(0.416, 0.0, 138), (0.416, 0.1, 205), (0.416, 0.2, 239), (0.416, 0.3, 265), (0.25, 0.4, 248)],
)
def test_how_many_of_298_are_hit_one_time_in_twenty(q: float, rho: float, p95: int) -> None:
    """As 400,000 plain draws of the mixture have it, and the beta-binomial law; within two of the
    answer's own standard errors."""
    law = np.cumsum(count_chances(EXPOSED, q, rho))
    assert abs(int(np.searchsorted(law, 0.95)) - p95) <= 1
    totals = fail(q, rho, worlds=40_000).totals
    assert abs(totals.p95 - p95) <= max(2 * totals.p95_std_error, 1)
    assert abs(totals.hit - q * EXPOSED) <= 3 * totals.hit_std_error + 1e-9
    assert totals.p95_std_error < 4


@pytest.mark.parametrize(("q", "rho"), [(0.416, 0.3), (0.25, 0.4), (0.02, 0.1), (0.6, 0.55)])
def test_the_number_hit_is_beta_binomial(q: float, rho: float) -> None:
    """The whole distribution, within 1.63 / sqrt(worlds) everywhere (Kolmogorov, 1 %)."""
    worlds = 20_032
    hits = fail(q, rho, exposed=120, worlds=worlds).distribution["hit"].to_numpy()
    found = np.searchsorted(np.sort(hits), np.arange(121), side="right") / worlds
    law = np.cumsum(count_chances(120, q, rho))
    assert np.abs(found - law).max() < 1.63 / worlds**0.5


def test_the_shipped_strengths_have_their_mean_and_their_tail() -> None:
    """A bad update of one vendor, nothing stated: 0.25 of 298 in the middle, 248 in one of 20."""
    kinds = [{"id": f"c{i:03}", "kind": "enterprise"} for i in range(EXPOSED)]
    rows = [dep(f"c{i:03}", "vendor", probability=None, relation="runs") for i in range(EXPOSED)]
    graph = graph_of(*rows, entities=[{"id": "vendor", "kind": "security_vendor"}, *kinds])
    totals = whatif(graph, "vendor", mode="bad_update", strengths="incidents", worlds=40_000).totals
    assert abs(totals.hit - 0.25 * EXPOSED) <= 3 * totals.hit_std_error
    assert abs(totals.p95 - 248) <= max(2 * totals.p95_std_error, 1)
    assert totals.hit_low < totals.hit < totals.hit_high
    none = whatif(graph, "vendor", mode="bad_update", worlds=2048).totals
    assert (none.hit_low, none.hit_high) == (0, EXPOSED)


def test_rho_0_is_none() -> None:
    """Oasis 1: the same bits."""
    rows = [dep(f"c{i:03}", "vendor", probability=0.4) for i in range(60)]
    plain = whatif(graph_of(*rows), "vendor", worlds=1920)
    zero = whatif(graph_of(*({**r, "rho": 0.0} for r in rows)), "vendor", worlds=1920)
    assert plain.distribution.equals(zero.distribution)
    assert plain.entities.equals(zero.entities)
    assert plain.totals == zero.totals


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.5, 0.8, 1.0])
def test_the_sample_correlation_is_the_input(rho: float) -> None:
    """Oasis 2: of any two dependents over worlds, by the variance of the number hit."""
    n, q, worlds = 50, 0.3, 40_000
    hits = fail(q, rho, exposed=n, worlds=worlds).distribution["hit"].to_numpy()
    found = (hits.var() / (n * q * (1 - q)) - 1) / (n - 1)
    assert found == pytest.approx(rho, abs=0.02)


def test_a_higher_rho_never_thins_the_tail_and_moves_no_mean() -> None:
    """Oasis 3 and 4: expected excess over every level from the mean on; the mean total."""
    levels = np.arange(40, 101, 5)
    excesses = []
    for rho in (0.0, 0.05, 0.2, 0.5, 0.9):
        answer = fail(0.4, rho, exposed=100, worlds=20_032)
        hits = answer.distribution["hit"].to_numpy()
        assert abs(answer.totals.hit - 40) <= 4 * answer.totals.hit_std_error
        excesses.append(np.maximum(hits[:, None] - levels, 0).mean(axis=0))
    for less, more in pairwise(excesses):
        assert (more >= less - 0.02).all()
        assert more[0] > less[0]


def test_the_beta_factor_model_comes_out() -> None:
    """Reliability engineering's: each of two pumps fails by itself with (1 - beta) q, or both do by
    a common cause with beta q; by hand."""
    q, beta = 0.2, 0.25
    rows = []
    for pump in ("P1", "P2"):
        rows += [
            dep(pump, "power", probability=beta * q, rho=1.0, shared_cause="common", relation="a"),
            dep(pump, "power", probability=(1 - beta) * q, relation="b"),
        ]
    graph = graph_of(*rows, *group("cooling", ["P1", "P2"]))
    answer = whatif(graph, "power", worlds=200_000)
    found = {
        i: (p, e) for i, p, e in answer.entities.select("id", "probability", "std_error").rows()
    }
    common, own = beta * q, (1 - beta) * q
    one = 1 - (1 - common) * (1 - own)
    both = common + (1 - common) * own**2
    for entity, truth in (("P1", one), ("P2", one), ("cooling", both)):
        assert abs(found[entity][0] - truth) <= 3 * found[entity][1]


def test_two_causes_meet_by_chance_and_one_cause_together() -> None:
    """A spare of another cause helps by q squared, one of the same by rho less."""
    rows = [
        dep("one", "A", probability=0.3, rho=0.5), dep("two", "A", probability=0.3, rho=0.5),
        dep("other", "B", probability=0.3, rho=0.5),
        *group("apart", ["one", "other"]), *group("together", ["one", "two"]),
    ]  # fmt: skip
    answer = whatif(graph_of(*rows), ["A", "B"], worlds=100_000)
    found = {
        i: (p, e) for i, p, e in answer.entities.select("id", "probability", "std_error").rows()
    }
    for entity, truth in (("apart", 0.09), ("together", 0.09 + 0.5 * 0.21)):
        assert abs(found[entity][0] - truth) <= 3 * found[entity][1]


def test_a_share_that_was_drawn_is_never_certain() -> None:
    """Nobody hit in 640 worlds, or everybody: the error says how far that can be off. What no draw
    decides has none."""
    graph = graph_of(
        dep("rare", "A", probability=1e-5), dep("often", "A", probability=1 - 1e-5),
        dep("sure", "A", probability=1.0), dep("after", "rare", probability=1.0),
    )  # fmt: skip
    rows = whatif(graph, "A", worlds=640).entities
    found = {i: (p, e) for i, p, e in rows.select("id", "probability", "std_error").rows()}
    assert (
        found["rare"] == found["after"] == (0.0, pytest.approx((2 / 644 * 642 / 644 / 644) ** 0.5))
    )
    assert found["often"][0] == 1
    assert found["often"][1] == pytest.approx(found["rare"][1])
    assert found["sure"] == (1, 0)
    assert found["A"] == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.3])
def test_two_standard_errors_hold_the_truth_in_95_of_100(rho: float) -> None:
    """Probabilities, totals and percentiles, over 300 seeds; the share itself has an error of
    0.013."""
    sys.path.insert(0, str(ROOT / "tests" / "bench"))
    from coverage_of_errors import measure  # type: ignore[import-not-found]

    for name, held, _ in measure(rho, 300, 1920):
        assert held >= 0.92, name
