"""The shipped strengths come out of the counts that ship with them."""

import math

import numpy as np
import pytest

from knockon.graph.scenario.evidence.fit import (
    ANOTHER,
    TOGETHER,
    Count,
    Fit,
    fit_mode,
    fit_shipped,
    read_counts,
    read_evidence,
)
from knockon.graph.scenario.strengths import load_shipped_strengths

# means of a Metropolis sampler of the same model (scipy, 6,000 draws), with the 5 % and 95 % ends
_SAMPLED = {
    ("outage", "hosted_on"): (0.537, 0.291, 0.748), ("outage", "uses"): (0.575, 0.389, 0.746),
    ("outage", "operated_by"): (0.793, 0.536, 0.976), ("outage", ANOTHER): (0.612, 0.237, 0.917),
    ("bad_update", "runs"): (0.228, 0.09, 0.437), ("bad_update", ANOTHER): (0.287, 0.037, 0.742),
    ("compromise", "runs"): (0.133, 0.064, 0.23), ("compromise", "uses"): (0.185, 0.09, 0.327),
    ("compromise", ANOTHER): (0.183, 0.054, 0.418),
}  # fmt: skip


@pytest.fixture(scope="module")
def counts() -> list[Count]:
    return read_counts(read_evidence())


def test_every_shipped_row_comes_out_of_the_counts(counts: list[Count]) -> None:
    """Middles and rho are the figures in steps of 0.05; ends lie within one step."""
    fits = fit_shipped(counts)
    rows = load_shipped_strengths().rows
    assert {(r.mode, r.relation) for r in rows} == set(fits)
    for row in rows:
        fit = fits[row.mode, row.relation]
        assert round(fit.mean * 20) / 20 == pytest.approx(row.mid)
        assert round(fit.rho * 20) / 20 == pytest.approx(row.rho)
        assert fit.low == pytest.approx(row.low, abs=0.05)
        assert fit.high == pytest.approx(row.high, abs=0.05)
        assert row.incidents == fit.incidents


def test_the_grid_agrees_with_a_sampler(counts: list[Count]) -> None:
    """Another way to the same posterior, within what its draws can tell."""
    fits: dict[tuple[str, str], Fit] = {}
    for mode in {c.mode for c in counts}:
        of_mode = fit_mode([c for c in counts if c.mode == mode])
        fits |= {(mode, relation): fit for relation, fit in of_mode.items()}
    for key, (mean, low, high) in _SAMPLED.items():
        loose = 0.075 if key[1] == ANOTHER else 0.035
        assert fits[key].mean == pytest.approx(mean, abs=0.02)
        assert fits[key].low == pytest.approx(low, abs=0.02)
        assert fits[key].high == pytest.approx(high, abs=loose)


def test_many_equal_incidents_fit_their_share() -> None:
    """A hundred incidents of 30 % each leave little room for anything else."""
    fit = fit_mode([Count("m", "r", str(i), 0.3, 500.0) for i in range(100)])[TOGETHER]
    assert fit.mean == pytest.approx(0.3, abs=0.01)
    assert fit.high - fit.low < 0.05
    assert fit.rho < 0.03


def test_counts_of_all_or_nothing_fit_a_high_rho() -> None:
    rng = np.random.default_rng(3)
    counts = [Count("m", "r", str(i), float(x), 200.0) for i, x in enumerate(rng.random(60) < 0.4)]
    fit = fit_mode(counts)[TOGETHER]
    assert fit.rho > 0.8
    assert fit.mean == pytest.approx(np.mean([c.share for c in counts]), abs=0.1)


def test_every_count_has_its_source_and_says_whether_it_was_looked_up_again() -> None:
    for row in read_evidence():
        assert row["source_title"]
        assert row["source_url"].startswith("http")
        assert row["solidity"][:1] in "ABCDEF"
        assert row["looked_up"]
        if row["share_low"]:
            assert 0 <= float(row["share_low"]) <= float(row["share_high"]) <= 1


def test_every_count_that_is_shipped_was_looked_up_again() -> None:
    """With what was read and where; what was not found is said to be so."""
    found = {"confirmed": 0, "in part": 0, "not found again": 0}
    for row in read_evidence():
        if row["looked_up"] == "not looked up again":
            assert row["fit"] != "whole"
            assert not row["seen_again"]
            continue
        day, how, what = row["looked_up"].split(": ", 2)
        assert day == "2026-11-28"
        assert what
        assert all(page.startswith("http") for page in row["seen_again"].split())
        assert row["seen_again"]
        if row["fit"] == "whole":
            found[how] += 1
    assert found == {"confirmed": 34, "in part": 4, "not found again": 1}


_ELSEWHERE: dict[str, dict[str, str]] = {
    "o21": {"share_low": "0.0034", "share_high": "0.0034", "hit_low": "775", "hit_high": "775"},
    "c14": {"exposed_low": "27000", "exposed_high": "27000", "hit_low": "396", "hit_high": "396"},
    "c07": {"exposed_low": "23000", "exposed_high": "23000"},
    "b05": {"share_low": "0.01", "share_high": "0.01"},
}


def test_what_other_pages_count_would_ship_the_same_table() -> None:
    """The figures that the looking up found beside ours, in their place, all at once."""
    other = fit_shipped(read_counts([r | _ELSEWHERE.get(r["id"], {}) for r in read_evidence()]))
    for row in load_shipped_strengths().rows:
        fit = other[row.mode, row.relation]
        assert round(fit.mean * 20) / 20 == pytest.approx(row.mid)
        assert round(fit.rho * 20) / 20 == pytest.approx(row.rho)
        assert fit.low == pytest.approx(row.low, abs=0.05)
        assert fit.high == pytest.approx(row.high, abs=0.05)


def test_shares_without_counts_are_taken_in_the_middle(counts: list[Count]) -> None:
    """Half a per cent to 5 %: the geometric middle."""
    (mcafee,) = (c for c in counts if c.event == "mcafee-2010")
    assert mcafee.share == pytest.approx(math.sqrt(0.005 * 0.05))
