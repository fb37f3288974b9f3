"""All origins counted at once, or who can belong to the first k, where sweeping is too much.

With one mode all origins are counted together, world by world (`engine.counts`). Else two graphs
without groups hold every world between them: an origin whose upper figure is below the k-th largest
lower figure is not among the first k of these worlds, whatever the groups do. Where even counting
is too much, both figures are estimated from random entities that are searched backwards
(`backwards`).
"""

from dataclasses import dataclass, replace

import numpy as np

from knockon.graph.analysis.plan import Plan, Watch
from knockon.graph.analysis.ranking.backwards import estimate_sides, may_belong
from knockon.graph.analysis.ranking.parts import asks_parts
from knockon.graph.analysis.ranking.runs import MIDDLE, Swept
from knockon.graph.analysis.ranking.swept import Field, Looks, lay_out, summarize, sweep_lanes
from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.counts import Counts, TooFarError
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.worlds import Run

WORK = 4e9  # arcs times words of 512 worlds that sweeping every origin may take: some half a minute
COUNTED = "counted"  # the method that leaves nobody out
_CERTAINTY = 0.999


@dataclass(frozen=True, eq=False)
class Chosen:
    """The origins that may belong to the first k of some run, with their figures.

    origins: (c,) places among those of the field; swept: how many were looked at in every world
    certainty: that no other belongs there, given the worlds; method: how it is known
    """

    origins: Ints
    swept: Swept
    looked_at: int
    certainty: float
    method: str


def choose(field: Field, k: int | None, watch: Watch | None = None) -> Chosen | None:
    """The first k and who may be among them; None where every origin had better be swept."""
    if k is None or not (field.whole and field.common) or not compiled_form_is_there():
        return None
    if asks_parts(field.scenario):  # which count worlds of one origin
        return None
    if len(field.origins) * len(field.graph.dependent) * _count_blocks(field) < WORK:
        return None
    sweeps, runs = lay_out(field)
    counts = Counts(sweeps)
    able = sweeps.draws.strengths.high > 0
    arcs = len(sweeps.wiring.arcs.target) / max(1, len(field.graph.entities))
    try:
        reached = counts.measure(able)
        if reached * arcs * _count_blocks(field) * len(runs) < WORK:
            return None
        if counts.one_mode:
            return _count_all(field, counts, runs)
    except TooFarError:
        pass
    return _sweep_some(field, counts, runs, k, watch)


def _count_blocks(field: Field) -> int:
    return -(-Plan.of(field.scenario, exact=False).worlds // 512)


def _count_all(field: Field, counts: Counts, runs: dict[str, Run]) -> Chosen:
    """Every origin, in every world."""
    looks = Looks(counts.sweeps, sampled=field.scenario.sampled)
    worlds = field.plan_worlds(runs)
    figures, every = {}, np.arange(len(field.origins))
    exact = np.ones(len(every), np.bool_)
    for name, run in runs.items():
        looked, few = looks.find(run, runs)
        drawn = np.flatnonzero(~looked)
        sums = counts.count(run, worlds[name] if len(drawn) else 1, counts.exact)
        if looked.any() and len(run.uncertain):
            cases = np.flatnonzero(looked)
            sums[cases] = counts.sweeps.look_at_cases(run, few, cases)
        figures[name] = summarize(field, counts.sweeps, run, sums, drawn, worlds[name])
        if name == MIDDLE:
            exact = looked
    swept = Swept(figures, exact, 0 if exact.all() else worlds[MIDDLE])
    return Chosen(every, swept, len(every), 1.0, COUNTED)


def _sweep_some(
    field: Field, counts: Counts, runs: dict[str, Run], k: int, watch: Watch | None
) -> Chosen | None:
    """Sweep those that may belong to the first k of some run."""
    worlds = field.plan_worlds(runs)
    wanted, method, certainty = np.zeros(len(field.origins), np.bool_), "brackets", 1.0
    for name, run in runs.items():
        drawn = worlds[name] if len(run.uncertain) else 1
        try:
            low, high = (
                _read_figure(field, counts.count(run, drawn, side) / drawn)
                for side in (counts.lower, counts.upper)
            )
        except TooFarError:
            method, certainty = "searches backwards", _CERTAINTY
            low, high = estimate_sides(field, counts, run, drawn, k, (1 - _CERTAINTY) / len(runs))
        wanted |= may_belong(low, high, k)
    places = np.flatnonzero(wanted)
    some = replace(field, origins=field.origins[places])
    return Chosen(places, sweep_lanes(some, watch), len(places), certainty, method)


def _read_figure(field: Field, means: Floats) -> Floats:
    """What is ranked by, from the means of sums."""
    of_each = field.counting.of_each
    if field.counting.by is not None or of_each is not None:
        return means[:, 0]
    return means[:, 3]
