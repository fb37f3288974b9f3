"""One origin of a ranking counted by parts of the graph (plan "blocks"), with the same bits.

Parts count whole numbers and stakes: who is hit at all and who of these directly go as one number,
and stakes that are as large as whole numbers get go in two halves.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from knockon.graph.analysis.place import choose_for, count_worlds
from knockon.graph.analysis.plan import Plan
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.cluster.choose import BLOCKS
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.draws import Strengths
from knockon.graph.engine.executor import Executor
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run
from knockon.graph.errors import ScenarioError
from knockon.graph.scenario.scenario import Scenario

MOST = 1_000  # origins, each a failure of its own in as many as twelve runs
_BITS = 26  # of a count beside another, and of the lower half of a stake


class Wanted(NamedTuple):
    """(E,) of the entities within reach: who counts, who of these is direct, what each stakes:
    whole numbers, or floats that have their order."""

    counts: Bools
    direct: Bools
    stake: Ints | Floats


def asks_parts(scenario: Scenario) -> bool:
    """Whether a ranking is asked of parts of the graph."""
    return scenario.on is not None and scenario.plan == BLOCKS


def check_parts(scenario: Scenario, origins: int, by: str | None) -> None:
    """Raises ScenarioError for rankings that parts cannot count, or not in any sensible time."""
    if not asks_parts(scenario):
        return
    if by is not None:
        raise ScenarioError(
            'plan: "blocks" counts entities, not values of a column (by): take plan "worlds"'
        )
    if origins > MOST:
        raise ScenarioError(
            f'plan: "blocks" asks about each origin by itself, {origins:,} are more than {MOST:,}: '
            'say by kind which may fail, or take plan "worlds"'
        )


def choose_parts(prepared: Prepared) -> Executor | None:
    """What counts the worlds of an origin by parts; None: they are counted here."""
    return choose_for(prepared.scenario, prepared) if asks_parts(prepared.scenario) else None


def count_parts(
    prepared: Prepared, lanes: Lanes, run: Run, plan: Plan, wanted: Wanted
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """(L,) of each block: how many are hit, how many of these directly, what is lost with them."""
    others = wanted.counts + 2.0**_BITS * wanted.direct
    found = [_count(prepared, lanes, run, plan, s, others) for s in _split(wanted.stake)]
    for halves in zip(*found, strict=True):
        hits, total = halves[0][1], halves[0][0]
        if len(halves) > 1:
            low, high = (half[0].astype(np.int64) for half in halves)
            total = ((high << _BITS) + low).astype(np.float64)
        direct = np.floor(hits / 2.0**_BITS)
        yield hits - 2.0**_BITS * direct, direct, total


def _split(stake: Ints | Floats) -> list[Floats]:
    """The stakes as floats whose sums are exact, the lower half first where that takes two."""
    if stake.dtype != np.int64 or stake.sum() <= 2**53:
        return [stake.astype(np.float64)]
    whole = stake.astype(np.int64)
    return [half.astype(np.float64) for half in (whole & ((1 << _BITS) - 1), whole >> _BITS)]


def _count(
    prepared: Prepared, lanes: Lanes, run: Run, plan: Plan, stake: Floats, others: Floats
) -> list[tuple[Floats, Floats]]:
    """Totals and counts of each block of worlds of a run, whose parts are laid out for it alone."""
    draws = replace(run.draws, strengths=Strengths.known(run.probability))
    alone = replace(run, draws=draws)
    stakes = Stakes(prepared.nodes, stake, others)
    blocks = plan.blocks(alone, lanes.words(fractional=False))
    counted = count_worlds(lanes, alone, blocks, stakes, prepared.origins)
    return [(counts.total, counts.hits) for _, counts in counted]
