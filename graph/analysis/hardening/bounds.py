"""What no set of fixes within the budget can exceed.

What all fixes together save is a bound, but a weak one. A better one looks at who needs whom: an
entity that all fixes save in a world, but all without r do not, is saved only by sets with r in
them. So what hangs on several fixes counts only where all of them are made: its value is shared
out among them evenly, what hangs on more than the budget buys is left out, and a knapsack of the
shares, the last item in part, bounds every set within the budget.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from knockon.graph.analysis.hardening.lanes import SetLanes, join_nodes, list_blocks
from knockon.graph.analysis.hardening.trial import Evaluator, Trial
from knockon.graph.arrays import Bools, Floats, Words
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.uniforms import ALL
from knockon.graph.engine.worlds import Block

EPSILON = 1e-9  # of what is saved: sums of floats
_DIGITS = 52  # binary, of the sum of all values


def bound_saved(
    evaluator: Evaluator, costs: Floats, chosen: Sequence[int], open_: Sequence[int], left: float
) -> float:
    """At most so much is saved by the chosen fixes and any of the open ones that cost no more.

    costs: (C,) of all fixes; left: of the budget
    """
    able = [i for i in open_ if costs[i] <= left + EPSILON]
    if not evaluator.monotone:
        return evaluator.base  # no more than all
    everything = evaluator.saved_by([*chosen, *able])
    if not able or costs[able].sum() <= left + EPSILON:
        return everything
    found = share_out(evaluator, costs, chosen, able, left)
    if found is None:
        return everything
    free, shares = found
    return min(everything, free + fill_knapsack(shares[able], costs[able], left))


def share_out(
    evaluator: Evaluator, costs: Floats, chosen: Sequence[int], able: Sequence[int], left: float
) -> tuple[float, Floats] | None:
    """What all these fixes save that hangs on no single able one, and (C,) the share of each in
    what hangs on some, no more than the budget buys; None where it cannot be told."""
    free, shares = 0.0, np.zeros(len(costs))
    for trial in evaluator.trials:
        found = _share_out(trial, costs, chosen, able, left, evaluator.coarse)
        if found is None:
            return None
        free += trial.weight * found[0]
        shares += trial.weight * found[1]
    return free, shares


def fill_knapsack(values: Floats, costs: Floats, budget: float) -> float:
    """The most value that the budget buys, the last item in part (Dantzig 1957)."""
    gratis = costs <= 0
    total, values, costs = float(values[gratis].sum()), values[~gratis], costs[~gratis]
    order = np.argsort(-(values / costs), kind="stable")
    spent = np.cumsum(costs[order])
    part = np.clip((budget - (spent - costs[order])) / costs[order], 0, 1)
    return total + float(values[order] @ part)


def _share_out(
    trial: Trial, costs: Floats, chosen: Sequence[int], able: Sequence[int], left: float,
    coarse: bool,
) -> tuple[float, Floats] | None:  # fmt: skip
    """What the set saves that hangs on no single open fix, and the share of each in the rest.

    None where it cannot be told: fractions, times, fixes made in the tables
    """
    if len(trial.tables) or not trial.base.whole or trial.scenario.hours is not None:
        return None
    fixes = [i for i in able if trial.matters[i]]
    lanes = trial.lanes(sets=len(fixes) + 2, coarse=coarse)
    sets = np.zeros((len(fixes) + 2, len(costs)), np.bool_)
    sets[1:, [*chosen, *fixes]] = True
    sets[np.arange(2, len(sets)), fixes] = False
    price = costs[fixes]
    most = int((np.cumsum(np.sort(price)) <= left + EPSILON).sum())  # that the budget buys
    shares, free = np.zeros(len(costs)), 0.0
    unit = _choose_unit(trial)
    for hit, value in _list_saved(lanes, sets[:, trial.gated], unit):
        count = np.bitwise_count(hit).sum(axis=1) - 1  # in lane 0 all are
        free += float(value[count == 0].sum())
        few = np.flatnonzero((count > 0) & (count <= most))
        needs = unpack(hit[few], len(sets))[:, 2:]
        bought = needs @ price <= left + EPSILON
        needs, worth = needs[bought], value[few][bought]
        shares[fixes] += np.rint(worth / count[few][bought]) @ needs
    return free * unit, shares * unit


def _choose_unit(trial: Trial) -> float:
    """What values are whole numbers of, so that they add up exactly, whatever is in a block."""
    total = float(trial.base.at_stake_of_others.sum())
    return float(2.0 ** (np.ceil(np.log2(total)) - _DIGITS)) if total else 1.0


def _list_saved(lanes: SetLanes, sets: Bools, unit: float) -> Iterator[tuple[Words, Floats]]:
    """Some worlds at a time, who is saved by set 1: the lanes in which each is hit, its value, a
    whole number of units.

    Lane 0: no fix; lane 1: all of them
    """
    prepared = lanes.gated.prepared
    stake = prepared.at_stake_of_others
    if not len(lanes.gated.circuit.node):
        return
    ranges: list[tuple[range, range]] = []
    beyond = np.uint64(ALL << np.uint64(len(sets) % 64)) if len(sets) % 64 else np.uint64(0)

    def feed() -> Iterator[Block]:
        for block, rows, worlds in list_blocks(lanes, sets, by_world=False):
            ranges.append((rows, worlds))
            yield block

    parts: list[Words] = []
    for _, nodes in lanes.lanes.close(lanes.run, feed()):
        rows, worlds = ranges.pop(0)
        parts.append(join_nodes(prepared, nodes))
        if rows.stop < len(sets):
            continue
        hit = np.concatenate(parts, axis=1).reshape(len(stake) * len(worlds), -1)
        parts = []
        hit[:, -1] &= ~beyond
        weight = lanes.cases.weight[worlds.start : worlds.stop]
        value = np.rint(np.outer(stake, weight / unit)).reshape(-1)
        saved = np.flatnonzero(((hit[:, 0] & np.uint64(3)) == 1) & (value > 0))
        yield hit[saved], value[saved]
