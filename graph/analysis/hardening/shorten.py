"""Which fixes are worth a run of the timeline each, where outages last and fixes are many."""

from dataclasses import replace

import numpy as np

from knockon.graph.analysis.hardening.bounds import share_out
from knockon.graph.analysis.hardening.fixes import WITH_HOURS, Fix
from knockon.graph.analysis.hardening.trial import Evaluator, Trial
from knockon.graph.arrays import Floats

MOST_TIMED_FIXES = 40  # tried with hours, where each set takes a run of its own


def shorten(evaluator: Evaluator, costs: Floats, budget: float) -> list[str]:
    """Where each set takes a run of the timeline, the fixes that promise most without hours; the
    others get a cost that nobody pays, and are named in a note."""
    able = np.flatnonzero(costs <= budget)
    if len(able) <= MOST_TIMED_FIXES:
        return []
    stand_ins = [_stand_in(evaluator.fixes[i]) for i in able.tolist()]
    trials = [
        Trial(t.graph, replace(t.scenario, hours=None), stand_ins, weight=t.weight)
        for t in evaluator.trials
    ]
    proxy = Evaluator(trials, stand_ins, coarse=True)
    alone = proxy.saved(np.eye(len(able), dtype=np.bool_))
    found = share_out(proxy, np.ones(len(able)), (), range(len(able)), budget)
    worth = alone if found is None else np.maximum(alone, found[1])
    order = np.argsort(-worth / np.maximum(costs[able], 1e-9), kind="stable")
    left = able[order[MOST_TIMED_FIXES:]]
    costs[left] = np.inf
    return [
        f"{len(left):,} of {len(able):,} candidates were not tried with hours: without hours they "
        "promise less than the others, or stand in the way of less"
    ]


def _stand_in(fix: Fix) -> Fix:
    """What does without hours at least what the fix does with them."""
    if fix.kind in WITH_HOURS:
        return Fix("safe", fix.dependent, None)
    return fix
