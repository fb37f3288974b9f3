"""Who is down when: expected numbers over time, with unknown strengths at low, middle and high."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats
from knockon.graph.engine.times import Times

_MOMENTS = 200_000  # distinct moments of a kind that a curve keeps exactly


class Curves:
    """The curves of the three runs."""

    def __init__(self, prepared: Prepared) -> None:
        self._nodes = prepared.nodes
        self.middle, self._low, self._high = (Curve(prepared) for _ in range(3))
        self._bounded = False

    @property
    def rounded(self) -> bool:
        """Whether there were too many moments to keep them exactly."""
        return any(curve.rounded for curve in (self.middle, self._low, self._high))

    def bound(self, weight: Floats, runs: Sequence[Times], unordered: Bools) -> None:
        """The low, middle and high runs of a block of worlds.

        unordered: (E,) where more failures may mean less outage: never down in the low curve; in
        the high one from its first start in any run to its last end
        """
        starts = [self._nodes.join(run.start, np.minimum) for run in runs]
        hit = [start < np.inf for start in starts]
        ends = [
            np.where(h, self._nodes.join(run.end, np.maximum), -np.inf)
            for h, run in zip(hit, runs, strict=True)
        ]
        if unordered.any():
            starts[-1][unordered] = np.minimum.reduce([s[unordered] for s in starts])
            ends[-1][unordered] = np.maximum.reduce([e[unordered] for e in ends])
            hit[-1] = starts[-1] < np.inf
            hit[0] = hit[0] & ~unordered[:, None]
        for curve, place in ((self._low, 0), (self._high, -1)):
            curve.add(hit[place], starts[place], ends[place], weight)
        self._bounded = True

    def frame(self, mass: float) -> pl.DataFrame:
        """Columns `hours`, ascending; `kind`; `down`, `down_low`, `down_high`: expected number down
        from then on; all the same where nothing is unknown.

        mass: what the weights of all worlds sum to
        """
        several = (self.middle, self._low, self._high) if self._bounded else (self.middle,)
        moments = np.unique(np.concatenate([np.zeros(0), *(c.moments() for c in several)]))
        middle, *ends = (curve.frame(mass, moments) for curve in several)
        low, high = ends or (middle, middle)
        return middle.with_columns(  # sums of floats may differ in the last digit
            pl.min_horizontal(low["down"], middle["down"]).alias("down_low"),
            pl.max_horizontal(high["down"], middle["down"]).alias("down_high"),
        )


class Curve:
    """How many entities of each kind are down at each moment, summed over worlds."""

    def __init__(self, prepared: Prepared) -> None:
        kinds = prepared.graph.entities["kind"].gather(prepared.nodes.entity)
        self.kinds = sorted(kinds.unique().to_list())
        self.of = [
            np.flatnonzero((kinds == k).to_numpy() & (prepared.others > 0)) for k in self.kinds
        ]
        self.rounded = False
        self.steps = [(np.zeros(0), np.zeros(0)) for _ in self.kinds]

    def add(self, hit: Bools, start: Floats, end: Floats, weight: Floats) -> None:
        """Worlds that weigh 1 are counted; others go 64 at a time, so that their sums do not
        hang on how many a block holds."""
        step = max(len(weight), 1) if (weight == 1).all() else 64
        for first in range(0, len(weight), step):
            lanes = slice(first, first + step)
            self._add(hit[:, lanes], start[:, lanes], end[:, lanes], weight[lanes])

    def _add(self, hit: Bools, start: Floats, end: Floats, weight: Floats) -> None:
        for i, rows in enumerate(self.of):
            down = hit[rows]
            each = np.broadcast_to(weight, down.shape)[down]
            moments = np.concatenate([self.steps[i][0], start[rows][down], end[rows][down]])
            change = np.concatenate([self.steps[i][1], each, -each])
            self.steps[i] = self._merge(moments, change)

    def _merge(self, moments: Floats, change: Floats) -> tuple[Floats, Floats]:
        if self.rounded:
            moments = _three_digits(moments)
        found, of = np.unique(moments, return_inverse=True)
        if len(found) > _MOMENTS and not self.rounded:
            self.rounded = True
            self.steps = [self._merge(*step) for step in self.steps]
            return self._merge(moments, change)
        level: Floats = np.bincount(of, weights=change, minlength=len(found)).astype(np.float64)
        return found, level

    def moments(self) -> Floats:
        """When anything changes, ascending."""
        return np.unique(np.concatenate([np.zeros(0), *(m for m, _ in self.steps)]))

    def frame(self, mass: float, moments: Floats) -> pl.DataFrame:
        """Columns `hours`, these moments; `kind`; `down`: expected number down from then on."""
        parts = []
        for kind, rows, (own, change) in zip(self.kinds, self.of, self.steps, strict=True):
            if not len(rows):
                continue
            level = np.append(0.0, np.cumsum(change))[np.searchsorted(own, moments, side="right")]
            down = np.maximum(level, 0.0) / mass
            down[moments >= own[-1] if len(own) else np.ones(len(moments), np.bool_)] = 0.0
            parts.append(pl.DataFrame({"hours": moments, "kind": [kind] * len(moments),
                                       "down": down}))  # fmt: skip
        empty = pl.DataFrame(schema={"hours": pl.Float64, "kind": pl.String, "down": pl.Float64})
        return pl.concat([empty, *parts]).sort("hours", "kind")


def _three_digits(values: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):  # of 0, which has no digits
        scale = 10.0 ** (2 - np.floor(np.log10(values)))
        return np.where(values > 0, np.round(values * scale) / scale, 0.0)
