"""The loss kernel: how much of each entity's function is lost, one number a world.

Over the same live members as the lane kernel, so that both agree, world by world, on who is hit.
"""

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, firsts
from knockon.graph.engine.circuit import Circuit

_SHORT = 8  # rows of a part


def spread_loss(
    circuit: Circuit, loss: Floats, live: Bools, stuck: Bools, start: Floats, barred: Ints
) -> Floats:
    """(N, L) loss of each node in each lane: the least fixpoint above `start`.

    loss:   (M,) share of the dependent's function that rides on each member, in (0, 1]
    live:   (M, L) lanes in which each member transmits
    stuck:  (G, L) lanes in which the switch of each group fails
    start:  (N, L) severity of the origins, 0 elsewhere
    barred: nodes that lose nothing

    A lost member loses loss * x(provider); a group loses its needs-th smallest member loss, that
    is its threshold-th largest, or the largest after a failed switch; a node the largest of its
    groups. No factor is above 1, so a circle never adds, and the worklist of nodes that changed
    runs dry after at most N rounds.
    """
    x = start.copy()
    frontier = np.flatnonzero((x > 0).any(axis=1))
    while frontier.size and len(circuit.node):
        groups = circuit.groups_after(frontier)
        if not groups.size:
            break
        loss_of_group = _find_group_losses(circuit, groups, loss, live, stuck, x)
        node = circuit.node[groups]
        first = np.flatnonzero(firsts(node))
        nodes = node[first]
        new = _find_largest(loss_of_group, first)
        new[np.isin(nodes, barred)] = 0.0
        changed = (new > x[nodes]).any(axis=1)
        x[nodes] = np.maximum(new, x[nodes])
        frontier = nodes[changed]
    return x


def _find_group_losses(
    circuit: Circuit, groups: Ints, loss: Floats, live: Bools, stuck: Bools, x: Floats
) -> Floats:
    """(len(groups), L) what each group takes from its node."""
    members, first, arcs, first_arc = circuit.parts(groups)
    factor = np.where(live[members], loss[members, None], 0.0)
    down = x[circuit.provider[arcs]]
    member = _find_largest(down, first_arc) * factor
    lost = _find_largest(member, first)
    shared = np.flatnonzero(circuit.threshold[groups] > 1)
    if shared.size:
        sizes = np.diff(np.append(first, len(members)))[shared]
        rank = circuit.threshold[groups[shared]]
        held = _select(member, first[shared], sizes, rank)
        lost = lost.copy()
        lost[shared] = np.where(stuck[groups[shared]], lost[shared], held)
    foreign = circuit.foreign[arcs]
    if foreign.any():  # in no mode more than the members lost in it bring
        down[foreign] = 0.0
        own = _find_largest(down, first_arc) * factor
        lost = np.minimum(lost, _find_largest(own, first))
    return lost


def _find_largest(rows: Floats, first: Ints) -> Floats:
    """(len(first), L) the largest of the rows from each first up to the next.

    Parts are short, mostly one row: place by place over all of them is several times as fast as
    `reduceat`, which goes part by part.
    """
    if len(first) == len(rows):
        return rows
    sizes = np.diff(np.append(first, len(rows)))
    if sizes.max() > _SHORT:
        found: Floats = np.maximum.reduceat(rows, first, axis=0)
        return found
    found = rows[first]
    for place in range(1, int(sizes.max())):
        longer = np.flatnonzero(sizes > place)
        found[longer] = np.maximum(found[longer], rows[first[longer] + place])
    return found


def _select(member: Floats, first: Ints, sizes: Ints, rank: Ints) -> Floats:
    """The rank-th largest of the rows first..first + size of `member`, 0 where they are fewer."""
    found = np.zeros((len(first), member.shape[1]))
    for size, k in sorted(set(zip(sizes.tolist(), rank.tolist(), strict=True))):
        alike = np.flatnonzero((sizes == size) & (rank == k))
        rows = first[alike][:, None] + np.arange(size)[None, :]
        if k == size:
            found[alike] = member[rows].min(axis=1)
        elif k < size:
            found[alike] = np.sort(member[rows], axis=1)[:, size - k]
    return found
