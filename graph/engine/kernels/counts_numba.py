"""All origins of a world at once: by its largest circle, with groups; and backwards, without.

Who reaches a node by dependencies that stand alone loses all that the node takes with it. Of each
world most that reach much reach its largest strongly connected component of such dependencies:
what that takes with it is found once, groups and all, and of each origin only what it adds is, and
is taken back after (without groups: N. Ohsaka, T. Akiba, Y. Yoshida, K. Kawarabayashi, "Fast and
accurate influence maximization on large networks with pruned Monte-Carlo simulations", AAAI 2014).
Where that is still too much, who reaches a few random entities is found backwards.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.components import find_components
from knockon.graph.engine.kernels.late import inlined
from knockon.graph.engine.kernels.layout import (
    B1,
    I4,
    I8,
    U8,
    B1Table,
    F8Table,
    I8Table,
)
from knockon.graph.engine.kernels.sweeps_numba import Counted

_find = inlined(find_components)


class Ways(NamedTuple):
    """What may happen in the worlds of a word.

    start: (N + 1,), target: (A,) arcs by provider; slot: (A,) slot of each, -1 where it stands
    alone; empty where all do; live: (A,) worlds in which each is live
    of_slot: (S,) group of each slot; threshold: (K,) lost slots that break each group
    works: (K,) worlds in which its switch works
    """

    start: I8
    target: I4
    slot: I4
    live: U8
    of_slot: I4
    threshold: I8
    works: U8


class World(NamedTuple):
    """What one worker needs for a world of N rows, A arcs, U values, S slots and K groups.

    start: (N + 1,), target: (A,) live arcs that stand alone; spare_start, spare_target, spare_slot:
    the others; breaks_at: (K,) lost slots; order, first, component, work: as of `components`
    place: (N,) of each row among the origins, -1; inside: (N,) hit with the hub; towards: (N,)
    reaches it; known: (U,) values inside; lost: (2, S), number: (2, K) slots lost with nothing, and
    with the hub; seen, met: (N,), (U,) the last search in which each was; queue: (N,), undo: (S,)
    """

    start: I8
    target: I4
    spare_start: I8
    spare_target: I4
    spare_slot: I4
    breaks_at: I8
    order: I8
    first: I8
    component: I8
    work: I8
    place: I4
    inside: B1
    towards: B1
    known: B1
    lost: B1Table
    number: I8Table
    seen: I8
    met: I8
    queue: I4
    undo: I4

    @classmethod
    def of(cls, nodes: int, arcs: int, units: int, slots: int, groups: int) -> "World":
        """So many of each."""

        def numbers(n: int) -> I8:
            return np.zeros(n, np.int64)

        def rows(n: int) -> I4:
            return np.zeros(n, np.int32)

        def flags(n: int) -> B1:
            return np.zeros(n, np.bool_)

        return cls(
            numbers(nodes + 1), rows(arcs), numbers(nodes + 1), rows(arcs), rows(arcs),
            numbers(groups), numbers(nodes), numbers(nodes), numbers(nodes), numbers(5 * nodes + 1),
            rows(nodes), flags(nodes), flags(nodes), flags(units), np.zeros((2, slots), np.bool_),
            np.zeros((2, groups), np.int64), numbers(nodes), numbers(units), rows(nodes),
            rows(slots),
        )  # fmt: skip


@inlined
def _keep_live(ways: Any, bit: Any, w: Any) -> Any:
    """The arcs that are live in a world, by provider, and what breaks its groups."""
    alone = spare = 0
    n = len(w.order)
    for v in range(n):
        w.start[v], w.spare_start[v] = alone, spare
        for a in range(ways.start[v], ways.start[v + 1]):
            if (ways.live[a] >> bit) & np.uint64(1) == 0:
                continue
            if len(ways.slot) > 0 and ways.slot[a] >= 0:
                w.spare_target[spare] = ways.target[a]
                w.spare_slot[spare] = ways.slot[a]
                spare += 1
            else:
                w.target[alone] = ways.target[a]
                alone += 1
    w.start[n], w.spare_start[n] = alone, spare
    for g in range(len(w.breaks_at)):
        works = (ways.works[g] >> bit) & np.uint64(1) != 0
        w.breaks_at[g] = ways.threshold[g] if works else 1
    for s in range(w.lost.shape[1]):
        w.lost[0, s] = w.lost[1, s] = False
    for g in range(w.number.shape[1]):
        w.number[0, g] = w.number[1, g] = 0


@inlined
def _spread(tail: Any, search: Any, base: Any, hub: Any, of_slot: Any, counted: Any, w: Any) -> Any:
    """What the first `tail` of the queue take with them: values, stakes, arcs, slots, rows.

    base: 1: beside all that the hub takes with it, 0: beside nothing; hub: it is the hub itself
    """
    head = values = arcs = lost = 0
    stakes = np.int64(0)
    while head < tail:
        v = w.queue[head]
        head += 1
        x = counted.value[v]
        if x >= 0 and w.met[x] != search and not (base == 1 and w.known[x]):
            w.met[x] = search
            values += 1
            if hub:
                w.known[x] = True
        stakes += counted.stake[counted.entity[v]]
        arcs += w.start[v + 1] - w.start[v] + w.spare_start[v + 1] - w.spare_start[v]
        for a in range(w.start[v], w.start[v + 1]):
            t = w.target[a]
            if w.seen[t] != search and not (base == 1 and w.inside[t]):
                w.seen[t] = search
                w.queue[tail] = t
                tail += 1
        for a in range(w.spare_start[v], w.spare_start[v + 1]):
            s = w.spare_slot[a]
            if w.lost[base, s]:
                continue
            w.lost[base, s] = True
            w.undo[lost] = s
            lost += 1
            g, t = of_slot[s], w.spare_target[a]
            w.number[base, g] += 1
            if w.number[base, g] < w.breaks_at[g] or w.seen[t] == search:
                continue
            if not (base == 1 and w.inside[t]):
                w.seen[t] = search
                w.queue[tail] = t
                tail += 1
    return values, stakes, arcs, lost, tail


@inlined
def _take_back(lost: Any, base: Any, of_slot: Any, w: Any) -> Any:
    for i in range(lost):
        s = w.undo[i]
        w.lost[base, s] = False
        w.number[base, of_slot[s]] -= 1


@inlined
def _find_hub(search: Any, of_slot: Any, counted: Any, w: Any) -> Any:
    """The largest component, and what it takes with it: values and stakes."""
    n = len(w.order)
    number = w.work[0]
    hub, most = n - 1, 0
    for j in range(n - number, n):
        end = w.first[j + 1] if j + 1 < n else n
        if end - w.first[j] > most:
            hub, most = j, end - w.first[j]
    for v in range(n):
        w.inside[v] = False
    for x in range(len(w.known)):
        w.known[x] = False
    for i in range(most):
        v = w.order[w.first[hub] + i]
        w.queue[i] = v
        w.seen[v] = search
    values, stakes, _, lost, reached = _spread(most, search, 0, True, of_slot, counted, w)
    for i in range(reached):
        w.inside[w.queue[i]] = True
    for i in range(lost):
        w.lost[1, w.undo[i]] = True
        w.number[1, of_slot[w.undo[i]]] += 1
    _take_back(lost, 0, of_slot, w)
    for j in range(n - 1, n - number - 1, -1):  # dependents first
        end = w.first[j + 1] if j + 1 < n else n
        leads = j == hub
        for i in range(w.first[j], end):
            v = w.order[i]
            for a in range(w.start[v], w.start[v + 1]):
                leads = leads or w.towards[w.target[a]]
        for i in range(w.first[j], end):
            w.towards[w.order[i]] = leads
    return values, stakes


@inlined
def _add_origin(
    v: Any, search: Any, values: Any, stakes: Any, counted: Any, w: Any, sums: Any
) -> Any:
    """One origin of a component, of which so many values and stakes are hit, into its sums."""
    i = w.place[v]
    own, leads = counted.own[i], w.towards[v]
    direct = 0
    for k in range(counted.first[i], counted.first[i + 1]):
        x = counted.direct[k]
        if x != own and (w.met[x] == search or (leads and w.known[x])):
            direct += 1
    hits = float(values - 1 if own >= 0 else values)
    lost = float(stakes - counted.stake[counted.entity[v]])
    sums[i, 0] += hits
    sums[i, 1] += hits * hits
    sums[i, 2] += float(direct)
    sums[i, 3] += lost
    sums[i, 4] += lost * lost


@kernel("the kernel of counts", 4)
def count_kernel(
    ways: Ways, worlds: int, most: int, counted: Counted, w: World, sums: F8Table, steps: I8
) -> None:
    """Count what every origin hits in the first `worlds` worlds of a word.

    counted: as of sweeps, its rows those of the arcs
    Filled in: sums (k, 5), added to; steps: arcs looked at beside the hub's, and whether they were
    too many. Ends early where a world takes more than `most` of these. Cost: some 20 steps an arc,
    and the searches.
    """
    n = len(w.order)
    of_slot = ways.of_slot
    for v in range(n):
        w.place[v] = -1
        w.seen[v] = 0
    for x in range(len(w.met)):
        w.met[x] = 0
    for i in range(len(counted.origin)):
        w.place[counted.origin[i]] = i
    search = np.int64(0)
    for world in range(worlds):
        _keep_live(ways, np.uint64(world), w)
        _find(w.start, w.target, w.order, w.first, w.component, w.work)
        search += 1
        known, staked = _find_hub(search, of_slot, counted, w)
        taken = np.int64(0)
        for j in range(n - w.work[0], n):
            end = w.first[j + 1] if j + 1 < n else n
            v = w.order[w.first[j]]
            silent = w.start[v] == w.start[v + 1] and w.spare_start[v] == w.spare_start[v + 1]
            if end - w.first[j] == 1 and (w.place[v] < 0 or silent):
                continue  # it hits nobody else, or it is not asked about
            search += 1
            base = 1 if w.towards[v] else 0
            tail = 0
            for i in range(w.first[j], end):
                if not (base == 1 and w.inside[w.order[i]]):
                    w.seen[w.order[i]] = search
                    w.queue[tail] = w.order[i]
                    tail += 1
            values, stakes, arcs, lost, _ = _spread(tail, search, base, False, of_slot, counted, w)
            _take_back(lost, base, of_slot, w)
            if base == 1:
                values += known
                stakes += staked
            taken += arcs
            for i in range(w.first[j], end):
                if w.place[w.order[i]] >= 0:
                    _add_origin(w.order[i], search, values, stakes, counted, w, sums)
            if taken > most:
                break
        steps[0] += taken
        if taken > most:
            steps[1] = 1
            break


@kernel("the kernel of searches backwards", 2)
def reverse_kernel(
    start: I8, source: I4, arc: I4, live: U8, world: I4, first: I8, rows: I4, own: I4, value: I4,
    seen: I8, queue: I4, hits: I8, budget: I8,
) -> None:  # fmt: skip
    """Who hits each of some targets, each in one world: how often each row does.

    start, source, arc: arcs by dependent, the provider's row of each and its place; live: (A,)
    worlds in which each is live; world: (T,) of each target, first (T + 1,) and rows: the rows that
    it is, own: (T,) its value; value: (N,) of rows: one that is the target does not hit it
    seen: (N,) all -1; filled in: hits (N,), added to; budget: arcs looked at, taken off
    """
    for i in range(len(world)):
        bit = np.uint64(world[i])
        head = tail = 0
        for k in range(first[i], first[i + 1]):
            seen[rows[k]] = i
            queue[tail] = rows[k]
            tail += 1
        while head < tail:
            v = queue[head]
            head += 1
            if value[v] != own[i]:
                hits[v] += 1
            budget[0] -= start[v + 1] - start[v]
            for a in range(start[v], start[v + 1]):
                u = source[a]
                if seen[u] != i and (live[arc[a]] >> bit) & np.uint64(1) != 0:
                    seen[u] = i
                    queue[tail] = u
                    tail += 1
