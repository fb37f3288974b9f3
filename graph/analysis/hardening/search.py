"""Which set of fixes within the budget saves most.

No rule of thumb is safe here: a perfect pair may hide behind two fixes that save nothing alone.
Where the sets within the budget are few, all are looked at. Up to 40 fixes branch and bound finds
the best set (Land and Doig 1960). Else the best found is what survives three searches: forward
(the fix that adds most, again and again), backward (from all fixes the least missed left out, which
keeps pairs together), and pairs among those that these two put first; then fixes are swapped as
long as that helps. The first two look at some of the worlds only. How far the best found may be
from the best is bounded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import combinations, count
from math import comb, isqrt

import numpy as np

from knockon.graph.analysis.hardening.bounds import EPSILON, bound_saved, share_out
from knockon.graph.analysis.hardening.trial import Evaluator, make_sets
from knockon.graph.arrays import Floats

MOST_SETS = 10_000  # looked at one and all
MOST_TIMED = 150  # of them where each takes a run of the timeline
MOST_FIXES = 40  # for branch and bound
MOST_NODES = 4_000  # of it
SHORTLIST = 60  # fixes whose pairs are looked at
PAIRS = 100_000  # of them times failures: of many failures the shortlist is shorter
WORK = 2e10  # fixes times worlds times arcs that bounds of many fixes are worth

Goes = Callable[[], bool]  # False: enough, the best found by now is the answer


@dataclass(frozen=True)
class Plan:
    """The best set found. bound: what no set within the budget exceeds; proven: it is the best."""

    chosen: tuple[int, ...]
    saved: float
    bound: float
    method: str

    @property
    def proven(self) -> bool:
        return self.bound <= self.saved + EPSILON * max(1.0, abs(self.bound))


class _Search:
    def __init__(self, evaluator: Evaluator, costs: Floats, budget: float, goes: Goes) -> None:
        self.evaluator, self.costs, self.budget, self.goes = evaluator, costs, budget, goes
        self.able = [i for i in range(len(costs)) if costs[i] <= budget + EPSILON]
        several = max(1, len(evaluator.trials))
        self.shortlist = min(SHORTLIST, max(12, isqrt(2 * PAIRS // several)))
        self.best: tuple[int, ...] = ()
        self.saved = 0.0

    def price(self, chosen: Sequence[int]) -> float:
        return float(self.costs[list(chosen)].sum())

    def fits(self, chosen: Sequence[int]) -> bool:
        return self.price(chosen) <= self.budget + EPSILON

    def look(self, sets: Sequence[Sequence[int]]) -> Floats:
        """What each of these sets saves; the best within the budget is kept."""
        if not sets:
            return np.zeros(0)
        saved = self.evaluator.saved(make_sets(len(self.costs), sets))
        for chosen, value in zip(sets, saved.tolist(), strict=True):
            self.keep(chosen, value)
        return saved

    def keep(self, chosen: Sequence[int], saved: float) -> None:
        """The better of what is known and this: the one that costs less where they save alike."""
        if not self.fits(chosen):
            return
        rank = (self.price(chosen), len(chosen), sorted(chosen))
        own = (self.price(self.best), len(self.best), sorted(self.best))
        near = EPSILON * max(1.0, abs(self.saved))
        if saved > self.saved + near or (saved >= self.saved - near and rank < own):
            self.best, self.saved = tuple(sorted(chosen)), saved

    def list_sets(self) -> Iterator[tuple[int, ...]]:
        """Every set within the budget to which no more fits that is worth a look."""
        for size in range(len(self.able) + 1):
            fitting = [s for s in combinations(self.able, size) if self.fits(s)]
            if not fitting:
                return
            yield from fitting

    def count_sets(self) -> int:
        """At most so many sets lie within the budget."""
        prices = np.sort(self.costs[self.able])
        largest = int((np.cumsum(prices) <= self.budget + EPSILON).sum())
        return sum(comb(len(self.able), size) for size in range(largest + 1))

    # searches

    def go_forward(self) -> None:
        """The fix that adds most for its cost, again and again."""
        chosen: list[int] = []
        while self.goes():
            open_ = [i for i in self.able if i not in chosen and self.fits([*chosen, i])]
            if not open_:
                return
            saved = self.look([[*chosen, i] for i in open_])
            now = self.evaluator.saved_by(chosen)
            worth = (saved - now) / np.maximum(self.costs[open_], 1e-9)
            chosen.append(open_[int(np.argmax(worth))])

    def go_backward(self, alone: Floats) -> list[int]:
        """From all fixes, those on which least hangs left out, round by round; the last that were
        left. alone: (able,) what each saves alone, which decides between equals"""
        kept, by = list(self.able), dict(zip(self.able, alone.tolist(), strict=True))
        while len(kept) > self.shortlist // 2 and self.goes():
            missed = self.find_missed(kept)
            order = sorted(kept, key=lambda i: (missed[i], by[i], -i))
            idle = [i for i in order if missed[i] <= EPSILON]
            gone = self._find_idle(kept, idle)
            if len(gone) < len(kept) // 8:
                hanging = [i for i in order if missed[i] > EPSILON] or order
                gone = gone + hanging[: max(1, len(kept) // 4)]
            kept = [i for i in kept if i not in set(gone)]
        return kept

    def _find_idle(self, kept: list[int], idle: list[int]) -> list[int]:
        """The most of those on which nothing hangs that can be left out together without a loss:
        of two that stand in for one another only one, and then much hangs on the other."""
        now = self.evaluator.saved_by(kept)
        low, high = 0, len(idle)
        while low < high:
            some = (low + high + 1) // 2
            gone = set(idle[:some])
            rest = self.evaluator.saved_by([i for i in kept if i not in gone])
            low, high = (some, high) if rest >= now - EPSILON * max(1.0, now) else (low, some - 1)
        return idle[:low]

    def find_missed(self, kept: Sequence[int]) -> dict[int, float]:
        """What hangs on each of these, where all of them are made."""
        found = share_out(self.evaluator, self.costs, (), kept, self.budget)
        if found is not None:
            return {i: float(found[1][i]) for i in kept}
        without = [[j for j in kept if j != i] for i in kept]
        saved = self.evaluator.saved(make_sets(len(self.costs), without))
        now = self.evaluator.saved_by(kept)
        return {i: now - s for i, s in zip(kept, saved.tolist(), strict=True)}

    def look_at_pairs(self, shortlist: Sequence[int]) -> None:
        """Pairs of the shortlist as a start, each then filled up by what adds most."""
        pairs = [p for p in combinations(shortlist, 2) if self.fits(p)]
        saved = self.look(pairs)
        for place in np.argsort(-saved, kind="stable")[:3]:
            self.fill_up(list(pairs[place]))

    def fill_up(self, chosen: list[int]) -> None:
        """More fixes, as long as some fits and adds."""
        while self.goes():
            open_ = [i for i in self.able if i not in chosen and self.fits([*chosen, i])]
            if not open_:
                return
            saved = self.look([[*chosen, i] for i in open_])
            chosen.append(open_[int(np.argmax(saved / np.maximum(self.costs[open_], 1e-9) ** 0.5))])

    def swap(self, among: Sequence[int]) -> None:
        """One fix, or where that helps nothing two of the shortlist, for one of the best set."""
        while self.goes():
            before, saved = self.best, self.saved
            rests = [[i for i in before if i != out] for out in before]
            sets = [[*rest, i] for rest in rests for i in among if i not in before]
            self.look([s for s in sets if self.fits(s)])
            if self.best == before:
                pairs = [p for p in combinations(among, 2) if not set(p) & set(before)]
                twos = [[i for i in before if i not in out] for out in combinations(before, 2)]
                sets = [[*rest, *p] for rest in twos[:8] for p in pairs]
                self.look([s for s in sets if self.fits(s)])
            if self.best == before or self.saved <= saved + EPSILON:
                return

    def branch(self, order: Sequence[int], nodes: int) -> tuple[float, bool]:
        """The best set by branch and bound: what none exceeds, and whether it ended."""
        number = count()
        root = bound_saved(self.evaluator, self.costs, (), self.able, self.budget)
        heap: list[tuple[float, int, tuple[int, ...], tuple[int, ...]]] = []
        heappush(heap, (-root, next(number), (), tuple(order)))
        for _ in range(nodes):
            if not heap or -heap[0][0] <= self._enough or not self.goes():
                break
            bound, _, chosen, open_ = heappop(heap)
            left = self.budget - self.price(chosen)
            open_ = tuple(i for i in open_ if self.costs[i] <= left + EPSILON)
            if not open_:
                continue
            self.look([(*chosen, i) for i in open_])
            first, rest = open_[0], open_[1:]
            for taken, others in (((*chosen, first), rest), (chosen, rest)):
                room = self.budget - self.price(taken)
                upper = bound_saved(self.evaluator, self.costs, taken, others, room)
                upper = min(upper, -bound)
                if upper > self._enough:
                    heappush(heap, (-upper, next(number), taken, others))
        upper = -heap[0][0] if heap else self.saved
        return max(self.saved, upper), upper <= self._enough

    @property
    def _enough(self) -> float:
        """What no set need exceed by to be no better than the best known."""
        return self.saved + EPSILON * max(1.0, self.saved)


def find_plan(
    evaluator: Evaluator, costs: Floats, budget: float, goes: Goes = lambda: True
) -> Plan:
    """The best set of fixes within the budget, or the best found and how far it may be from it."""
    search = _Search(evaluator, costs, budget, goes)
    if search.count_sets() <= (MOST_TIMED if evaluator.timed else MOST_SETS) and goes():
        sets = list(search.list_sets())
        search.look(sets)
        return Plan(search.best, search.saved, search.saved, f"all {len(sets):,} sets")
    few = len(search.able) <= MOST_FIXES
    coarse = evaluator if few else Evaluator(evaluator.trials, evaluator.fixes, coarse=True)
    shortlist = _shorten(_Search(coarse, costs, budget, goes))
    evaluator.asked += coarse.asked if coarse is not evaluator else 0
    search.look([shortlist[0]])
    among = [*shortlist[0], *(i for i in shortlist[1] if i not in shortlist[0])]
    search.look_at_pairs(among)
    search.swap(among)
    order = [*search.best, *(i for i in among if i not in search.best)]
    order += [i for i in search.able if i not in set(order)]
    nodes = MOST_NODES if few and not evaluator.timed else _afford(evaluator, len(order))
    bound, ended = search.branch(order, nodes)
    method = "branch and bound" if ended else "search"
    return Plan(search.best, search.saved, bound, method)


def _shorten(search: _Search) -> tuple[tuple[int, ...], list[int]]:
    """The best set of a first look, and the fixes that are worth a second one."""
    search.go_forward()
    alone = search.look([[i] for i in search.able])
    survivors = [] if search.evaluator.timed else search.go_backward(alone)
    most = 10 if search.evaluator.timed else search.shortlist // 2
    first = [search.able[i] for i in np.argsort(-alone, kind="stable")[:most]]
    return search.best, list(dict.fromkeys([*first, *survivors[:most]]))


def _afford(evaluator: Evaluator, fixes: int) -> int:
    """So many nodes of branch and bound are worth their time where fixes are many."""
    steps = 1.0
    for trial in evaluator.trials:
        timed = trial.scenario.hours is not None
        worlds = 1e5 if timed else float(len(trial.lanes().cases.weight))
        steps += fixes * worlds * max(1, len(trial.base.kernel.provider))
    return int(min(MOST_NODES, WORK / steps))


def order_steps(evaluator: Evaluator, costs: Floats, chosen: Sequence[int]) -> list[int]:
    """The fixes of a set in the order in which each adds most for its cost."""
    done: list[int] = []
    left = sorted(chosen)
    while left:
        saved = evaluator.saved(make_sets(len(costs), [[*done, i] for i in left]))
        now = evaluator.saved_by(done)
        worth = (saved - now) / np.maximum(costs[left], 1e-9)
        done.append(left.pop(int(np.argmax(worth))))
    return done
