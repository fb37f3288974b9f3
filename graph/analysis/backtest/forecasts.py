"""How many of those exposed would have been hit, said before: forecasts of counted incidents.

Each is what the shipped table of strengths (`graph.scenario.evidence`) would say had the incident
not been in it: the mean and the rho of all other counts of its mode, in steps of 0.05 as the table
has them, so that the number hit is beta-binomial, as it comes out of worlds with shared draws. It
is held against what was counted, by the continuous ranked probability score (Gneiting and Raftery
2007): the area between the forecast's distribution and the step at what happened, here of the share
that was hit, so that 0 is best and 1 worst. Three simple forecasts stand beside it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from knockon.graph.analysis.backtest.incidents import Counted, Incident
from knockon.graph.arrays import Floats
from knockon.graph.scenario.evidence.fit import Count, fit_together, read_counts, read_evidence

INTERVAL = (0.05, 0.95)
RULES = {
    "table": "the shipped table without this incident, dependents falling together",
    "anything": "0 to 100 %, all alike: what can be said without a table",
    "independent": "the same mean, each dependent by itself",
    "one_figure": "one mean and one rho for all modes, from all other incidents",
}
_OF_A_SHARE = 10_000  # a share without counts is taken as of so many
_STEPS = 20  # of the shipped table in 0..1

SCHEMA = {
    **dict.fromkeys(("incident", "event", "mode", "relation"), pl.String),
    **dict.fromkeys(("exposed", "hit", "share", "mean", "rho", "low", "high"), pl.Float64),
    "inside": pl.Boolean,
    **{f"crps_{rule}": pl.Float64 for rule in RULES},
    "independent_low": pl.Float64, "independent_high": pl.Float64,
    "inside_independent": pl.Boolean, "what": pl.String, "source": pl.String,
}  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """The mean share hit of a forecast, and how strongly dependents fall together."""

    mean: float
    rho: float


def tabulate_forecasts(incidents: Iterable[Incident]) -> pl.DataFrame:
    """A row for each count of an incident whose mode has counts elsewhere, by SCHEMA.

    low, high: of the share, 90 % of the forecast; inside: whether what happened lies there; crps_:
    scores by RULES; null for exposed and hit where only a share was reported
    """
    rows = [
        {"incident": incident.name, **row}
        for incident in incidents
        for counted in incident.counted
        if (row := _forecast(counted)) is not None
    ]
    return pl.DataFrame(rows, schema=SCHEMA)


@dataclass(frozen=True)
class Summary:
    """Of all forecasts: how many, in how many the share lies inside the interval, the same if each
    dependent fell by itself, and the mean score by RULES (empty where there is none)."""

    counted: int
    inside: int
    inside_independent: int
    scores: dict[str, float]


def sum_up(forecasts: pl.DataFrame) -> Summary:
    """forecasts: by `tabulate_forecasts`."""
    n = forecasts.height
    scores = {r: math.fsum(forecasts[f"crps_{r}"].to_list()) / n for r in RULES} if n else {}
    inside, alone = (int(forecasts[c].sum()) for c in ("inside", "inside_independent"))
    return Summary(n, inside, alone, scores)


def _forecast(counted: Counted) -> dict[str, object] | None:
    others = [c for c in _evidence() if c.event != counted.event]
    of_mode = [c for c in others if c.mode == counted.mode]
    if not of_mode:
        return None
    table, figure = _fit(of_mode), _fit(others)
    n = round(counted.exposed or _OF_A_SHARE)
    chances = {
        "table": count_chances(n, table.mean, table.rho),
        "anything": np.full(n + 1, 1 / (n + 1)),
        "independent": count_chances(n, table.mean, 0.0),
        "one_figure": count_chances(n, figure.mean, figure.rho),
    }
    low, high = find_interval(chances["table"])
    alone_low, alone_high = find_interval(chances["independent"])
    return {
        "event": counted.event, "mode": counted.mode, "relation": counted.relation,
        "exposed": counted.exposed, "hit": counted.hit, "share": counted.share,
        "mean": table.mean, "rho": table.rho, "low": low, "high": high,
        "inside": low <= counted.share <= high,
        **{f"crps_{rule}": score_share(p, counted.share) for rule, p in chances.items()},
        "independent_low": alone_low, "independent_high": alone_high,
        "inside_independent": alone_low <= counted.share <= alone_high,
        "what": counted.what, "source": counted.source,
    }  # fmt: skip


@cache
def _evidence() -> tuple[Count, ...]:
    return tuple(read_counts(read_evidence()))


def _fit(counts: Sequence[Count]) -> Figures:
    """In the steps of the shipped table."""
    fit = fit_together([replace(c, mode="", relation="") for c in counts])
    return Figures(round(fit.mean * _STEPS) / _STEPS, round(fit.rho * _STEPS) / _STEPS)


def count_chances(exposed: int, mean: float, rho: float) -> Floats:
    """(n + 1,) how likely each number hit of n is: beta-binomial, at rho 0 binomial.

    By the ratios of neighbours, added up as logarithms; mean above 0, below 1, rho below 1
    """
    k = np.arange(exposed)
    if rho > 0:
        size = 1 / rho - 1
        a, b = mean * size, (1 - mean) * size
        odds = np.log(k + a) - np.log(exposed - k - 1 + b)
    else:
        odds = np.full(exposed, np.log(mean) - np.log1p(-mean))
    steps = odds + np.log(exposed - k) - np.log(k + 1)
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    weight = np.exp(logs - logs.max())
    chances: Floats = weight / weight.sum()
    return chances


def find_interval(chances: Floats) -> tuple[float, float]:
    """The shares below which 5 % and 95 % of the forecast lie."""
    reached = np.cumsum(chances)
    low, high = (int(np.searchsorted(reached, q - 1e-12)) for q in INTERVAL)
    n = len(chances) - 1
    return min(low, n) / n, min(high, n) / n


def score_share(chances: Floats, share: float) -> float:
    """The continuous ranked probability score of a forecast of k of n, by the share that was hit:
    the integral over x in 0..1 of (P(k / n <= x) - 1 [x >= share])^2."""
    n = len(chances) - 1
    reached = np.cumsum(chances)[:-1]  # on [k, k + 1) / n
    past = np.clip(np.arange(1, n + 1) - share * n, 0, 1)  # how much of it lies past the share
    return float((past * (reached - 1) ** 2 + (1 - past) * reached**2).sum() / n)
