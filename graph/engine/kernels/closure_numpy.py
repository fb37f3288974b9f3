"""The lane kernel, numpy form: who is hit, in 64 worlds a word.

A lane is one evaluation of the circuit: a world, a case, an origin, a set of failed entities.
Members are lost where their provider is hit and they are live; groups break by bit-sliced
counting; nodes are hit where a group breaks. The least fixpoint is reached by a worklist over
the nodes that changed, so that only what is hit is touched.
"""

import numpy as np

from knockon.graph.arrays import Bools, Ints, Words, firsts
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.uniforms import ALL


def close(circuit: Circuit, live: Words, stuck: Words, hit: Words, barred: Ints) -> Words:
    """Spread `hit` to its least fixpoint; changes and returns `hit`.

    live:   (M, W) worlds in which each member transmits
    stuck:  (G, W) worlds in which the switch of each group fails
    hit:    (N, W) worlds in which each node is hit from the start
    barred: nodes that are never hit
    """
    if not len(circuit.node):
        return hit
    frontier = np.flatnonzero(hit.any(axis=1))
    while frontier.size:
        groups = circuit.groups_after(frontier)
        if not groups.size:
            break
        broken = _break_groups(circuit, groups, live, stuck, hit)
        node = circuit.node[groups]
        first = np.flatnonzero(firsts(node))
        nodes = node[first]
        new = np.bitwise_or.reduceat(broken, first, axis=0)
        new[np.isin(nodes, barred)] = 0
        changed = (new & ~hit[nodes]).any(axis=1)
        hit[nodes] |= new
        frontier = nodes[changed]
    return hit


def _break_groups(circuit: Circuit, groups: Ints, live: Words, stuck: Words, hit: Words) -> Words:
    """(len(groups), W) worlds in which each group breaks."""
    members, first, arcs, first_arc = circuit.parts(groups)
    down = hit[circuit.provider[arcs]]
    lost = np.bitwise_or.reduceat(down, first_arc, axis=0) & live[members]
    broken = np.bitwise_or.reduceat(lost, first, axis=0)
    shared = np.flatnonzero(circuit.threshold[groups] > 1)
    if shared.size:
        sizes = np.diff(np.append(first, len(members)))
        enough = reach_threshold(
            lost, first[shared], sizes[shared], circuit.threshold[groups[shared]]
        )
        broken[shared] = enough | (broken[shared] & stuck[groups[shared]])
    foreign = circuit.foreign[arcs]
    if foreign.any():
        down[foreign] = 0
        own = np.bitwise_or.reduceat(down, first_arc, axis=0) & live[members]
        broken &= np.bitwise_or.reduceat(own, first, axis=0)
    return broken


def reach_threshold(lost: Words, first: Ints, sizes: Ints, threshold: Ints) -> Words:
    """Worlds in which at least `threshold` of the rows first..first + size of `lost` are set.

    Bit-sliced counting: each counter starts at 2^P - threshold, so that reaching the threshold
    is a carry out of its P planes. Cost: size * P word operations a group.
    """
    planes = int(max(sizes.max(), threshold.max())).bit_length()
    start = (1 << planes) - threshold
    count = [
        np.where((start >> p & 1).astype(bool)[:, None], ALL, np.uint64(0))
        | np.zeros_like(lost[:1])
        for p in range(planes)
    ]
    reached = np.zeros_like(count[0])
    for rank in range(int(sizes.max())):
        rows = np.flatnonzero(sizes > rank)
        carry = lost[first[rows] + rank]
        for plane in count:
            plane[rows], carry = plane[rows] ^ carry, plane[rows] & carry
        reached[rows] |= carry
    return reached


def unpack(words: Words, lanes: int) -> Bools:
    """(rows, W) words as (rows, lanes) booleans."""
    as_bytes = words.astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(as_bytes, axis=1, count=lanes, bitorder="little").view(bool)
