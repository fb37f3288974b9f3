"""Who is down from when to when, in one world: what both forms of the kernel are given.

Times are hours since the origins failed; an entity that never is down has the start INFINITE and
the end -INFINITE, and so has what never breaks.

Components of the circuit are walked from the origins on: entities within reach, joined by what can
transmit. A node on no cycle is settled when all its providers are; inside a cycle nodes are settled
in the order in which they fail (Dijkstra 1959), those of one moment together: each sees the
providers that failed before it did.
"""

from typing import NamedTuple

from knockon.graph.engine.kernels.layout import B1, F8, I8, B1Table, F8Table, U1Table

INFINITE = float("inf")
NOTHING, SWITCHED, BROKEN = 0, 1, 2  # what became of a group


class Shape(NamedTuple):
    """What is the same in all worlds. N nodes, A arcs by provider, M members, G groups.

    order: (N,) nodes by component; component: (N,) of each node; first: (C + 1,) of each component
    arc_start: (N + 1,); arc_member, foreign: (A,)
    group_of: (M,); member_start: (G + 1,); node_of, threshold: (G,); group_start: (N + 1,)
    grace, pause: (M,) hours of grace and of switching; repair, backlog: (N,); origin: (N,) bool
    *_row: the row of the drawn hours where they are a range, else -1
    """

    order: I8
    component: I8
    first: I8
    arc_start: I8
    arc_member: I8
    foreign: B1
    group_of: I8
    member_start: I8
    node_of: I8
    threshold: I8
    group_start: I8
    grace: F8
    grace_row: I8
    pause: F8
    pause_row: I8
    repair: F8
    repair_row: I8
    backlog: F8
    origin: B1


class Found(NamedTuple):
    """What is found in L worlds, a row each in the compiled kernel and a column outside.

    start, end: (N, L); where losses are fractional, else empty: the members that count as lost
    (M, L), what became of groups with a spare (G, L)
    """

    start: F8Table
    end: F8Table
    lost: B1Table
    state: U1Table
