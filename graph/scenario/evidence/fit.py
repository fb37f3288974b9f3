"""Strengths from counted incidents, by hierarchical beta-binomial fits on a grid.

    python -m knockon.graph.scenario.evidence.fit

One observation is one incident, seen through one relation: k of n exposed were hit. The share
differs by incident (a Beta), and all dependents of one provider share that draw, so that k follows
a beta-binomial distribution with mean m = a / (a + b) and intra-class correlation rho =
1 / (a + b + 1). Counts in the press are not exact: an incident speaks with at most so many voices
as its figures are solid (`VOICES`). For each mode:

    logit m of a relation ~ Normal(mu, tau), log (a + b) the same for all relations
    mu ~ Normal(0, 2), tau ~ half Normal(0, 1), log (a + b) ~ Normal(0.4, 1.2)

The posterior is summed over a grid, nothing is drawn: the same figures each time, from numpy alone.
The shipped rows are these in steps of 0.05 (`fit_shipped`): middles and rho to the nearest step,
ends within one: they were rounded from a sampled fit of the same model.
"""

import csv
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from knockon.graph.arrays import Floats

VOICES = {"A": 500, "B": 500, "C": 200, "D": 100, "F": 100, "E": 50}
"""Most voices by solidity: A measured, B official, C company, D survey, E press, F model."""
TOGETHER, ANOTHER = "together", "another"
_LOGITS = np.linspace(-9, 9, 181)  # of the mean of a relation
_SIZES = np.linspace(-4, 5, 61)  # log (a + b)
_MU = np.linspace(-7, 7, 57)
_TAU = np.exp(np.linspace(-4, 1.6, 41))
_ENDS = (0.05, 0.95)


@dataclass(frozen=True)
class Count:
    """An incident as seen through a relation: the share that was hit, and its voices."""

    mode: str
    relation: str
    event: str
    share: float
    voices: float


@dataclass(frozen=True)
class Fit:
    """The mean share of a new incident, the 5 % and 95 % ends of that mean, and rho.

    incidents: counts that it rests on
    """

    incidents: int
    mean: float
    low: float
    high: float
    rho: float


def read_evidence() -> list[dict[str, str]]:
    """The rows of the evidence, as they stand."""
    text = files(__package__).joinpath("evidence.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def read_counts(rows: Iterable[Mapping[str, str]]) -> list[Count]:
    """Those of whole vendors or products that say a share."""
    return [_read_count(r) for r in rows if r["fit"] == "whole" and r["share_low"]]


def _read_count(row: Mapping[str, str]) -> Count:
    low, high = float(row["share_low"]), float(row["share_high"])
    share, exposed = math.sqrt(low * high) if low > 0 else high / 2, math.inf
    if row["hit_low"] and row["exposed_low"]:
        hit = (float(row["hit_low"]) + float(row["hit_high"])) / 2
        exposed = (float(row["exposed_low"]) + float(row["exposed_high"])) / 2
        share = min(1.0, hit / exposed)
    voices = min(exposed, VOICES[row["solidity"][0]])
    return Count(row["mode"], row["relation"], row["event"], share, voices)


def fit_together(counts: Sequence[Count]) -> Fit:
    """The fit of all as one."""
    whole = _add_up(counts)
    joint = np.exp(whole - whole.max()) * _prior_of_size() * _bell(_LOGITS / 2)[:, None]
    return _describe(len(counts), joint.sum(1), joint.sum(0))


def fit_mode(counts: Sequence[Count]) -> dict[str, Fit]:
    """The fit of each relation of one mode, of all as one, and of a relation without counts."""
    relations = sorted({c.relation for c in counts})
    logs = {r: _add_up([c for c in counts if c.relation == r]) for r in relations}
    over_size, found = _prior_of_size(), {TOGETHER: fit_together(counts)}
    likely = {r: np.exp(log - log.max()) for r, log in logs.items()}
    spread = np.exp(-0.5 * ((_LOGITS - _MU[:, None, None]) / _TAU[:, None]) ** 2)
    spread /= spread.sum(2, keepdims=True)
    parts = {r: np.einsum("abt,tp->abp", spread, one) for r, one in likely.items()}
    prior = (_bell(_MU / 2)[:, None] * (np.exp(-(_TAU**2) / 2) * _TAU))[:, :, None] * over_size
    posterior = prior * np.prod(list(parts.values()), axis=0)
    sizes = posterior.sum((0, 1))
    anywhere = np.einsum("ab,abt->t", posterior.sum(2), spread)
    found[ANOTHER] = _describe(len(counts), anywhere, sizes)
    for relation in relations:
        others = [part for r, part in parts.items() if r != relation]
        rest = prior * np.prod(others, axis=0) if others else np.broadcast_to(
            prior, posterior.shape
        )  # fmt: skip
        mine = np.einsum("abp,abt,tp->t", rest, spread, likely[relation], optimize=True)
        number = sum(c.relation == relation for c in counts)
        found[relation] = _describe(number, mine, sizes)
    return found


def _prior_of_size() -> Floats:
    return _bell((_SIZES - 0.4) / 1.2)


def _add_up(counts: Sequence[Count]) -> Floats:
    found: Floats = np.sum([_log_likelihood(c.share, c.voices) for c in counts], axis=0)
    return found


@cache
def _log_likelihood(share: float, voices: float) -> Floats:
    """(logits, sizes) of a beta-binomial, whose counts may be fractions."""
    hit, missed = share * voices, (1 - share) * voices
    a, b = _betas()
    return _log_beta(hit + a, missed + b) - _log_beta(a, b)


@cache
def _betas() -> tuple[Floats, Floats]:
    mean = np.clip(1 / (1 + np.exp(-_LOGITS)), 1e-6, 1 - 1e-6)[:, None]
    size = np.exp(_SIZES)
    return mean * size, (1 - mean) * size


def _log_beta(a: Floats, b: Floats) -> Floats:
    log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])
    found: Floats = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
    return found


def _bell(x: Floats) -> Floats:
    found: Floats = np.exp(-0.5 * x * x)
    return found


def _describe(incidents: int, of_logits: Floats, of_sizes: Floats) -> Fit:
    """The fit of weights over the grid of logits and of sizes."""
    mean = 1 / (1 + np.exp(-_LOGITS))
    reached = (np.cumsum(of_logits) - of_logits / 2) / of_logits.sum()
    low, high = np.interp(_ENDS, reached, mean)
    rho = (of_sizes / (1 + np.exp(_SIZES))).sum() / of_sizes.sum()
    middle = (of_logits * mean).sum() / of_logits.sum()
    return Fit(incidents, float(middle), float(low), float(high), float(rho))


def fit_shipped(counts: Sequence[Count]) -> dict[tuple[str, str], Fit]:
    """What the shipped rows round, by (mode, relation); relation `` stands for any other.

    A relation with counts has the middle and the rho of its mode, and the range of the relation
    whose range lies lowest: no figure of one relation alone is solid enough to stand out.
    """
    found: dict[tuple[str, str], Fit] = {}
    for mode in dict.fromkeys(c.mode for c in counts):
        fits = fit_mode([c for c in counts if c.mode == mode])
        together, another = fits.pop(TOGETHER), fits.pop(ANOTHER)
        low, high = (min(getattr(f, end) for f in fits.values()) for end in ("low", "high"))
        for relation in fits:
            found[mode, relation] = Fit(
                together.incidents, together.mean, low, high, together.rho
            )  # fmt: skip
        found[mode, ""] = Fit(
            another.incidents, another.mean, another.low, another.high, together.rho
        )  # fmt: skip
    return found


def list_fits() -> list[str]:
    """The fits beside the shipped rows, as lines of CSV."""
    from knockon.graph.scenario.strengths import load_shipped_strengths

    fits = fit_shipped(read_counts(read_evidence()))
    lines = ["mode,relation,incidents,low,mid,high,rho,shipped_low,shipped_mid,shipped_high"]
    for row in load_shipped_strengths().rows:
        fit = fits[row.mode, row.relation]
        shown = [f"{value:.3f}" for value in (fit.low, fit.mean, fit.high, fit.rho)]
        shipped = [f"{value:g}" for value in (row.low, row.mid, row.high)]
        lines.append(",".join([row.mode, row.relation, str(fit.incidents), *shown, *shipped]))
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(list_fits()) + "\n")
