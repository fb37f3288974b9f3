"""Standard errors of what was drawn, and for whom nothing was.

Shares: sqrt(p (1 - p) / n), with two worlds more of either outcome where these are few (Agresti
and Coull 1998): that no world hit an entity does not make it certain. Differences of shares over
the same worlds likewise, by the worlds that went one way only. Whom the draws cannot matter to has
no error. Percentiles: by the totals so many places up and down as two standard errors of the number
of worlds below (order statistics).
"""

import math
from typing import Any

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run

GUARD = 2  # worlds more of either outcome
_FEW = 10  # worlds of the rarer outcome
_DIGITS = 15  # that a sum of products of floats is good for


def find_shares(mass: Floats, worlds: float, *, exact: bool) -> Floats:
    """(E,) shares of so much weight of worlds, 0 to 1. exact: these are sums over every case, whose
    last digit is that of the order of adding: one half is one half."""
    share: Floats = np.clip(mass / worlds, 0, 1)
    if not exact:
        return share
    rounded = np.round(share, _DIGITS)
    return np.where((share > 0) & (rounded == 0), share, rounded)


def find_error(mass: Any, worlds: Any, more: Any = GUARD) -> Any:
    """Standard error of a share. mass: worlds of `worlds` of one outcome; more: added to either."""
    n = worlds + 2 * more
    p = np.clip((mass + more) / n, 0, 1)
    return np.sqrt(p * (1 - p) / n)


def find_difference_error(first_only: Any, second_only: Any, worlds: float, more: Any = 1) -> Any:
    """Standard error of a difference of two shares over the same worlds: so many worlds went one
    way only. more: added to either of these."""
    n = worlds + 2 * more
    apart = (first_only + second_only + 2 * more) / n
    mean = (second_only - first_only) / n
    return np.sqrt(np.maximum(apart - mean * mean, 0) / n)


def find_share_errors(mass: Floats, worlds: float, drawn: Bools) -> Floats:
    """(E,) standard errors of shares. mass: (E,) worlds of `worlds` in which each is hit; drawn:
    (E,) whether draws can matter to it. Guarded where fewer than ten worlds went either way."""
    few = (np.minimum(mass, worlds - mass) < _FEW) & drawn
    errors: Floats = find_error(mass, worlds, np.where(few, GUARD, 0))
    return errors


def find_drawn(prepared: Prepared, lanes: Lanes, run: Run) -> Bools:
    """(E,) entities that draws can matter to: neither hit by what happens for sure, nor out of the
    reach of all that can happen."""
    likely, draws = run.probability, run.draws
    switched = draws.of_group >= 0

    def reach(live: Bools, works: Bools) -> Bools:
        stuck = np.where(switched, ~works[draws.of_group], False)
        found = lanes.reach(live[draws.of_member], stuck, prepared.origins)
        return prepared.nodes.join(found, np.logical_or)

    drawn: Bools = reach(likely > 0, likely >= 1) & ~reach(likely >= 1, likely > 0)
    return drawn & ~prepared.is_origin


def find_percentile_error(total: Floats, share: float) -> float:
    """Standard error of the total that this share of so many random worlds does not exceed; half
    of what two standard errors of that number of worlds come to, upwards or downwards."""
    n = len(total)
    order = np.sort(total)
    far = 2 * math.sqrt(n * share * (1 - share))
    places = [math.ceil(n * share + step) - 1 for step in (-far, 0.0, far)]
    low, middle, high = (float(order[min(max(p, 0), n - 1)]) for p in places)
    return max(high - middle, middle - low) / 2
