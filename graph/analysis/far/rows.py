"""The rows of a part: written as Parquet where they are, with what they add up to."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.far.making import Asked, folder_of
from knockon.graph.analysis.sampling import find_share_errors, find_shares
from knockon.graph.arrays import Floats
from knockon.graph.engine.cluster.blocks.loading import to_array
from knockon.graph.engine.cluster.blocks.part import HIGH, LOW, MIDDLE, POSSIBLE, SURE, WITHIN
from knockon.graph.engine.cluster.shipment import Array, make_beside, open_shipment

ORDER = ("impact", "probability", "probability_high", "name", "id")
DESCENDING = (True, True, True, False, False)
SURE_LOW, SURE_HIGH = "sure low", "sure high"  # without shipped strengths, for verdicts
SUMS = ("hit", "hit_low", "hit_high", "impact", "impact_low", "impact_high", "impact_of_origins")
_BITS = 26


class Writing(NamedTuple):
    """What the writing of all rows shares.

    mass: by run, by part, the shipments to be added up (`adding.add_part`); `SURE_LOW` and
        `SURE_HIGH` where shipped strengths are used
    worlds: drawn in each run; out: folder of the rows; top: of a part that are given back
    """

    asked: Asked
    mass: Mapping[str, Sequence[Sequence[str]]]
    worlds: int
    out: str | None
    top: int


def write_rows(shared: Writing, scratch: Any, part: int) -> tuple[Array, Array, Array]:
    """The first rows of a part as a frame; its sums, exact (`split_sum`), a row of three for each
    power of two that occurs in one of `SUMS`, with its place there; and how many rows and others
    there are, how many others within reach, and the largest errors of a probability and an impact.
    """
    frame = find_rows(shared, part)
    if shared.out is not None:
        path = Path(shared.out) / f"part-{part:05d}.parquet"
        with make_beside(path) as beside:
            frame.write_parquet(beside)
            beside.replace(path)
    others = frame.filter(~pl.col("origin"))
    weight = others["weight"].to_numpy()
    summed = {
        "hit": others["probability"], "hit_low": others["probability_low"],
        "hit_high": others["probability_high"], "impact": others["impact"],
        "impact_low": weight * others["probability_low"].to_numpy(),
        "impact_high": weight * others["probability_high"].to_numpy(),
        "impact_of_origins": frame.filter("origin")["impact"],
    }  # fmt: skip
    split = [
        [place, *each]
        for place, name in enumerate(SUMS)
        for each in split_sum(np.asarray(summed[name], np.float64))
    ]
    most = [float(others[c].max() or 0.0) for c in ("std_error", "impact_std_error")]  # type: ignore[arg-type]
    top = others.sort(ORDER, descending=DESCENDING).head(shared.top)
    counts = np.array([frame.height, others.height, *most], np.float64)
    return (
        to_array(pl.concat([frame.filter("origin"), top])),
        np.array(split, np.int64).reshape(-1, 4),
        counts,
    )


def find_rows(shared: Writing, part: int) -> pl.DataFrame:
    """The entities of a part that the failure can reach, with their figures (`tallies`)."""
    asked = shared.asked
    own = asked.own(part)
    runs = {kind: _add(shared, kind, part, own.height) for kind in shared.mass}
    origin = own["id"].is_in(asked.failing).to_numpy()
    worlds, stake = float(shared.worlds), own["weight"].to_numpy()
    drawn = (runs[POSSIBLE] > 0) & (runs[SURE] == 0) & ~origin
    middle = find_shares(runs[MIDDLE], worlds, exact=False)
    low, high = (find_shares(runs.get(k, runs[MIDDLE]), worlds, exact=False) for k in (LOW, HIGH))
    error = find_share_errors(runs[MIDDLE], worlds, drawn)
    spread = np.sqrt(np.maximum(middle - middle * middle, 0) / worlds)
    low, high = np.minimum(low, middle), np.maximum(high, middle)
    sure_low, sure_high = low, high
    if SURE_LOW in runs:
        sure_low, sure_high = (
            find_shares(runs[k], worlds, exact=False) for k in (SURE_LOW, SURE_HIGH)
        )
    verdict = np.where(sure_low >= 0.5, "hit", np.where(sure_high < 0.5, "spared", "unknown"))
    frame = own.select("id", "name", "kind", "sector", "weight").with_columns(
        pl.Series("probability", middle),
        pl.Series("probability_low", low),
        pl.Series("probability_high", high),
        pl.Series("std_error", error),
        pl.Series("verdict", verdict, pl.String),
        pl.when(pl.Series(middle > 0)).then(1.0).alias("loss"),  # all that is lost is lost whole
        pl.Series("impact", stake * middle),
        pl.Series("impact_std_error", stake * np.maximum(spread, error)),
        pl.Series("origin", origin),
    )
    return frame.filter(pl.Series(runs.get(WITHIN, runs[POSSIBLE]) > 0))


def _add(shared: Writing, kind: str, part: int, entities: int) -> Floats:
    """(E,) in how many worlds of a run each entity is hit."""
    mass = np.zeros(entities)
    for name in shared.mass[kind][part]:
        mass += open_shipment(name, folder_of(shared.asked))
    return mass


def split_sum(values: Floats) -> list[tuple[int, int, int]]:
    """A sum of floats, exactly: for each exponent e that occurs, whole numbers high and low with
    (high 2^26 + low) 2^e. Sums of parts add up to that of the whole, in whatever order."""
    mantissa, exponent = np.frexp(values)
    digits = (mantissa * 2.0**53).astype(np.int64)
    found = []
    for e in np.unique(exponent).tolist():
        of = digits[exponent == e]
        found.append((e - 53, int((of >> _BITS).sum()), int((of & ((1 << _BITS) - 1)).sum())))
    return found


def join_sums(split: Sequence[tuple[int, int, int]]) -> float:
    """The float nearest to the sum, as `math.fsum` finds it of all values together."""
    total = sum(
        (Fraction(2) ** e * ((high << _BITS) + low) for e, high, low in split), Fraction(0)
    )  # fmt: skip
    return float(total)
