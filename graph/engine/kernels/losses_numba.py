"""The loss kernel, compiled form: the fixpoint of `losses_numpy`, one world at a time.

Nodes leave a heap in falling order of loss. No factor is above 1 and no group brings more than its
largest member, so a node that leaves the heap keeps its loss (Knuth 1977, a generalization of
Dijkstra's algorithm). Only what is hit is touched.
"""

from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import lives
from knockon.graph.engine.kernels.heap_numba import Heap, put, take
from knockon.graph.engine.kernels.late import helper
from knockon.graph.engine.kernels.layout import (
    F8,
    I1,
    I4,
    I8,
    Arcs,
    Drawing,
    F8Table,
    Groups,
    Wiring,
    Worlds,
)


class Stakes(NamedTuple):
    """What is lost along the way, the same in all worlds.

    row: (N,) place of each node; share: (A,) of the dependent's function that rides on each arc
    origin: (k,) rows of the origins; severity: (k,) what each of them loses
    """

    row: I4
    share: F8
    origin: I4
    severity: F8

    @classmethod
    def of(cls, wiring: Wiring, share: Floats, nodes: Ints, severity: Floats) -> "Stakes":
        """share: (A,) of each arc as wired; nodes, severity: (k,) the origins."""
        return cls(wiring.row, share, wiring.row[nodes], severity.astype(np.float64))


class Scratch(NamedTuple):
    """What one worker needs for N nodes, S slots and K groups.

    loss: (N,) so far; heap: of the nodes by loss; member: (S,) loss of each slot
    own, broken: (K,) largest loss of a slot in the node's mode; loss of the group
    switch: (K,) 0 not drawn yet, 1 works, 2 fails; largest: some of the largest losses of a group
    """

    loss: F8
    heap: Heap
    member: F8
    own: F8
    broken: F8
    switch: I1
    largest: F8

    @classmethod
    def of(cls, nodes: int, slots: int, groups: int) -> "Scratch":
        """So many of each."""
        return cls(
            np.zeros(nodes), Heap.of(nodes), np.zeros(slots), np.zeros(groups), np.zeros(groups),
            np.zeros(groups, np.int8), np.empty(slots + 1),
        )  # fmt: skip


class Shared(NamedTuple):
    """What is the same for all lanes of a block."""

    wiring: Wiring
    drawing: Drawing
    worlds: Worlds
    stakes: Stakes


def size_scratch(wiring: Wiring) -> tuple[int, int, int]:
    """Of the scratch for a wiring."""
    return len(wiring.row), len(wiring.groups.of_slot), len(wiring.group)


def spread_loss(shared: Shared, scratch: Scratch, lanes: Ints) -> Floats:
    """(len(lanes), N) loss of each node in these lanes of a block."""
    wiring, drawing, worlds, stakes = shared
    out = np.empty((len(lanes), len(wiring.row)))
    losses_kernel(
        wiring.arcs, wiring.groups, drawing, worlds, stakes, lanes.astype(np.int64), scratch, out
    )
    return out


@helper
def _select(values: Any, rank: Any, largest: Any) -> Any:
    """The rank-th largest of the values, 0 where they are fewer."""
    if rank > len(values):
        return 0.0
    kept = 0
    for value in values:  # the `rank` largest so far, ascending
        if kept < rank:
            i = kept
            kept += 1
        elif value > largest[0]:
            i = 0
            while i + 1 < kept and largest[i + 1] < value:
                largest[i] = largest[i + 1]
                i += 1
            largest[i] = value
            continue
        else:
            continue
        while i > 0 and largest[i - 1] > value:
            largest[i] = largest[i - 1]
            i -= 1
        largest[i] = value
    return largest[0]


@kernel("the loss kernel", 2)
def losses_kernel(
    arcs: Arcs, groups: Groups, drawing: Drawing, worlds: Worlds, stakes: Stakes, lanes: I8,
    scratch: Scratch, out: F8Table,
) -> None:  # fmt: skip
    """Find the losses in each lane: a row of `out` (len(lanes), N).

    Cost of a world: the arcs of hit nodes, each with about 2 digits of its draw, and a heap of the
    hit nodes.
    """
    start, target, slot, foreign = arcs.start, arcs.target, arcs.slot, arcs.foreign
    key, limit, given, counter = drawing.key, drawing.limit, worlds.given, worlds.counter
    x, heap, member, share = scratch.loss, scratch.heap, scratch.member, stakes.share
    own, broken, switch = scratch.own, scratch.broken, scratch.switch
    spare, strange = len(slot) > 0, len(foreign) > 0
    for i in range(len(lanes)):
        word, bit = lanes[i] >> 6, np.uint64(1) << np.uint64(lanes[i] & 63)
        x[:] = 0.0
        member[:] = 0.0
        own[:] = 0.0
        broken[:] = 0.0
        switch[:] = 0
        size = np.int64(0)  # a literal would have the heap compiled once more
        for k in range(len(stakes.origin)):
            t = stakes.origin[k]
            x[t] = max(x[t], stakes.severity[k])
            size = put(heap, size, t, x, x, x)
        while size > 0:
            v = take(heap, size, x, x, x)
            size -= 1
            for a in range(start[v], start[v + 1]):
                t, value = target[a], x[v] * share[a]
                s = slot[a] if spare else -1
                if s < 0 and value <= x[t]:
                    continue
                if not lives(key[a], limit[a], given, counter, word, bit):
                    continue
                if s >= 0:
                    g = groups.of_slot[s]
                    member[s] = max(member[s], value)
                    if not (strange and foreign[a]):
                        own[g] = max(own[g], value)
                    if switch[g] == 0:
                        works = lives(
                            drawing.switch_key[g], drawing.switch_limit[g], given, counter, word,
                            bit,
                        )  # fmt: skip
                        switch[g] = 1 if works else 2
                    if switch[g] == 2:
                        broken[g] = max(broken[g], value)
                    elif value > broken[g]:
                        of_group = member[groups.first_slot[g] : groups.first_slot[g + 1]]
                        broken[g] = _select(of_group, groups.threshold[g], scratch.largest)
                    value = min(broken[g], own[g])
                    if value <= x[t]:
                        continue
                x[t] = value
                size = put(heap, size, t, x, x, x)
        for v in range(len(x)):
            out[i, v] = x[stakes.row[v]]
