"""The timeline kernel: who is down from when to when, in one world.

Python that `times_numba` compiles; `times_numpy` does the same
sums with numpy, and so gives the same bits. Times are hours since the origins failed; an entity
that never is down has the start INFINITE and the end -INFINITE, and so has what never breaks.

Components of the circuit are walked from the origins on: entities within reach, joined by what can
transmit. A node on no cycle is settled when all its providers are; inside a cycle nodes are settled
in the order in which they fail (Dijkstra 1959), those of one moment together: each sees the
providers that failed before it did.
"""

from heapq import heappop, heappush
from typing import Any, NamedTuple

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

    order: Any
    component: Any
    first: Any
    arc_start: Any
    arc_member: Any
    foreign: Any
    group_of: Any
    member_start: Any
    node_of: Any
    threshold: Any
    group_start: Any
    grace: Any
    grace_row: Any
    pause: Any
    pause_row: Any
    repair: Any
    repair_row: Any
    backlog: Any
    origin: Any


class Drawn(NamedTuple):
    """What is drawn in a world: live (A,), stuck (G,), hours that are ranges (R,), and the hours of
    the origins."""

    live: Any
    stuck: Any
    table: Any
    hours: Any


class Found(NamedTuple):
    """What is found: start, end (N,); and where losses are fractional, else empty: the members that
    count as lost (M,), what became of groups with a spare (G,)."""

    start: Any
    end: Any
    counts: Any
    state: Any


class Work(NamedTuple):
    """Scratch: whether nodes are settled, and told of a loss since they were judged; those told,
    and how many (1,); when they are due to fail, and their breaks by groups without a spare (N,).
    For groups with a spare, empty where there are none: when members are lost, and whether in the
    mode of their node (M,); when any is in that mode (G,).
    """

    settled: Any
    told: Any
    heard: Any
    count: Any
    due: Any
    broken_from: Any
    broken_to: Any
    lost_from: Any
    lost_to: Any
    own: Any
    own_from: Any
    own_to: Any


def walk(longest: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    """Find the times of one world. No interval ends after `longest`.

    Cost: the arcs of the nodes that are down, and n^2 for a group of n lost members.
    """
    w.count[0] = 0
    for v in range(len(w.settled)):
        w.settled[v] = w.told[v] = False
        w.broken_from[v], w.broken_to[v] = INFINITE, -INFINITE
        found.start[v], found.end[v] = INFINITE, -INFINITE
    for j in range(len(w.own)):
        w.own[j] = False
        w.lost_from[j], w.lost_to[j] = INFINITE, -INFINITE
    for g in range(len(w.own_from)):
        w.own_from[g], w.own_to[g] = INFINITE, -INFINITE
    for c in range(len(s.first) - 1):
        if s.first[c + 1] - s.first[c] > 1:
            circle(c, longest, s, drawn, found, w)
            continue
        v = s.order[s.first[c]]
        if begins(v, s, drawn, w) < INFINITE:
            settle(v, longest, s, drawn, found, w)
            push(v, s, drawn, found, w)


def circle(c: Any, longest: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    """Settle the nodes of a component with cycles, in the order in which they fail."""
    queue = [(INFINITE, s.order[s.first[c]])]
    for i in range(s.first[c], s.first[c + 1]):
        w.told[s.order[i]] = False
        moment = begins(s.order[i], s, drawn, w)
        w.due[s.order[i]] = moment
        if moment < INFINITE:
            heappush(queue, (moment, s.order[i]))
    while queue[0][0] < INFINITE:
        now = queue[0][0]
        wave = [s.order[s.first[c]]]
        wave.clear()
        while queue[0][0] == now:
            v = heappop(queue)[1]
            if not w.settled[v]:
                settle(v, longest, s, drawn, found, w)
                wave.append(v)
        w.count[0] = 0
        for v in wave:
            push(v, s, drawn, found, w)
        for i in range(w.count[0]):
            d = w.heard[i]
            if s.component[d] == c:
                w.told[d] = False
                moment = begins(d, s, drawn, w)
                if moment < w.due[d]:
                    w.due[d] = moment
                    heappush(queue, (moment, d))


def push(v: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    """Tell the dependents of a settled node when they lose it."""
    begun, mended = found.start[v], found.end[v]
    for a in range(s.arc_start[v], s.arc_start[v + 1]):
        if not drawn.live[a]:
            continue
        j = s.arc_member[a]
        row = s.grace_row[j]
        since = begun + (s.grace[j] if row < 0 else drawn.table[row])
        if not since < mended:
            continue
        if len(found.counts) > 0:
            found.counts[j] = True
        g = s.group_of[j]
        d = s.node_of[g]
        if w.settled[d]:
            continue
        if not w.told[d]:
            w.told[d] = True
            w.heard[w.count[0]] = d
            w.count[0] += 1
        if s.threshold[g] == 1:
            w.broken_from[d] = min(w.broken_from[d], since)
            w.broken_to[d] = max(w.broken_to[d], mended)
            continue
        w.lost_from[j] = min(w.lost_from[j], since)
        w.lost_to[j] = max(w.lost_to[j], mended)
        if not s.foreign[a]:
            w.own[j] = True
            w.own_from[g] = min(w.own_from[g], since)
            w.own_to[g] = max(w.own_to[g], mended)


def begins(v: Any, s: Any, drawn: Any, w: Any) -> Any:
    """When a node fails, by what its providers have told so far."""
    moment = 0.0 if s.origin[v] else w.broken_from[v]
    for g in range(s.group_start[v], s.group_start[v + 1]):
        if s.threshold[g] > 1:
            broken, _, switched, _ = judge(g, s, drawn, w)
            moment = min(moment, broken, switched)
    return moment


def settle(v: Any, longest: Any, s: Any, drawn: Any, found: Any, w: Any) -> None:
    """The interval of a node that fails: from its first break to its last mend, and what follows
    it of repair and backlog; and the outages of its switches."""
    broken_from, broken_to = w.broken_from[v], w.broken_to[v]
    begun, over = INFINITE, -INFINITE
    for g in range(s.group_start[v], s.group_start[v + 1]):
        if s.threshold[g] > 1:
            broken, mended, switched, back = judge(g, s, drawn, w)
            broken_from, broken_to = min(broken_from, broken), max(broken_to, mended)
            begun, over = min(begun, switched), max(over, back)
            if len(found.state) > 0:
                became = SWITCHED if switched < INFINITE else NOTHING
                found.state[g] = BROKEN if broken < INFINITE else became
    if broken_from < broken_to:
        row = s.repair_row[v]
        repair = s.repair[v] if row < 0 else drawn.table[row]
        begun = min(begun, broken_from)
        over = max(over, broken_to + repair + s.backlog[v] * (broken_to - broken_from))
    if s.origin[v]:
        begun, over = min(begun, 0.0), max(over, drawn.hours)
    found.start[v] = begun
    found.end[v] = min(over, longest)
    w.settled[v] = True


def judge(g: Any, s: Any, drawn: Any, w: Any) -> Any:
    """A group with a spare: its first break and last mend, and the start and end of the outages
    that its switches cost.

    Where a member is lost, the group breaks if too few are up then, else it switches. Intervals are
    [from, to): the number of lost members rises only where one begins, falls only where one ends.
    """
    broken, mended, switched, back = INFINITE, -INFINITE, INFINITE, -INFINITE
    if w.own_from[g] == INFINITE:
        return broken, mended, switched, back
    wanted = 1 if drawn.stuck[g] else s.threshold[g]
    one, last = s.member_start[g], s.member_start[g + 1]
    for j in range(one, last):
        since, until = w.lost_from[j], w.lost_to[j]
        if since == INFINITE:
            continue
        lost, still = 0, 0
        for i in range(one, last):
            if w.lost_from[i] <= since and since < w.lost_to[i]:
                lost += 1
            if w.lost_from[i] < until and until <= w.lost_to[i]:
                still += 1
        if lost >= wanted:
            broken = min(broken, since)
        elif w.own[j]:
            row = s.pause_row[j]
            pause = s.pause[j] if row < 0 else drawn.table[row]
            if pause > 0:
                switched, back = min(switched, since), max(back, since + pause)
        if still >= wanted:
            mended = max(mended, until)
    broken, mended = max(broken, w.own_from[g]), min(mended, w.own_to[g])
    if not broken < mended:
        broken, mended = INFINITE, -INFINITE
    return broken, mended, switched, back


def components(start: Any, target: Any, order: Any, first: Any, component: Any, work: Any) -> Any:
    """Strongly connected components, providers before dependents (Tarjan 1972, without recursion).

    start: (N + 1,), target: (A,) the node at the dependent's end of each arc, by provider; order
    (N,), first (N + 1,) and component (N,) are filled in; work: (5, N) flat. Returns their number.
    """
    n = len(order)
    seen, low, at, stack, path = 0, n, 2 * n, 3 * n, 4 * n
    for i in range(5 * n):
        work[i] = -1
    for v in range(n):
        component[v] = -1
    counter, count, filled, height = 0, 0, n, 0
    for root in range(n):
        if work[seen + root] >= 0:
            continue
        depth = 0
        work[path] = root
        while depth >= 0:
            v = work[path + depth]
            if work[seen + v] < 0:
                work[seen + v] = work[low + v] = counter
                work[at + v] = start[v]
                work[stack + height] = v
                counter, height = counter + 1, height + 1
            deeper = False
            while work[at + v] < start[v + 1]:
                t = target[work[at + v]]
                if work[seen + t] < 0:
                    depth += 1
                    work[path + depth] = t
                    deeper = True
                    break
                if component[t] < 0:
                    work[low + v] = min(work[low + v], work[low + t])
                work[at + v] += 1
            if deeper:
                continue
            depth -= 1
            if work[low + v] == work[seen + v]:
                t = -1
                while t != v:
                    height -= 1
                    t = work[stack + height]
                    component[t] = count
                    filled -= 1
                    order[filled] = t
                count += 1
                first[n - count] = filled
    return count
