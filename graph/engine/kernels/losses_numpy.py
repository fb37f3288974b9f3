"""The loss kernel: how much of each entity's function is lost, one number a world.

Over the same live members as the lane kernel, so that both agree, world by world, on who is hit.
"""

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, firsts
from knockon.graph.engine.circuit import Circuit


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
        new = np.maximum.reduceat(loss_of_group, first, axis=0)
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
    member = np.maximum.reduceat(down, first_arc, axis=0) * factor
    lost: Floats = np.maximum.reduceat(member, first, axis=0)
    shared = np.flatnonzero(circuit.threshold[groups] > 1)
    if shared.size:
        sizes = np.diff(np.append(first, len(members)))[shared]
        rank = circuit.threshold[groups[shared]]
        held = _select(member, first[shared], sizes, rank)
        lost[shared] = np.where(stuck[groups[shared]], lost[shared], held)
    foreign = circuit.foreign[arcs]
    if foreign.any():  # in no mode more than the members lost in it bring
        down[foreign] = 0.0
        own = np.maximum.reduceat(down, first_arc, axis=0) * factor
        lost = np.minimum(lost, np.maximum.reduceat(own, first, axis=0))
    return lost


def _select(member: Floats, first: Ints, sizes: Ints, rank: Ints) -> Floats:
    """The rank-th largest of the rows first..first + size of `member`, 0 where they are fewer."""
    found = np.zeros((len(first), member.shape[1]))
    for size, k in sorted(set(zip(sizes.tolist(), rank.tolist(), strict=True))):
        alike = np.flatnonzero((sizes == size) & (rank == k))
        if k <= size:
            rows = first[alike][:, None] + np.arange(size)[None, :]
            found[alike] = np.sort(member[rows], axis=1)[:, size - k]
    return found
