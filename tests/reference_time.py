"""The naive twin of the timeline: intervals from the design, one world and one moment at a time.

Built on `tests.reference` (rows, draws, modes); nothing is shared with `knockon.graph` but the rows
of the checked tables. A node is a pair (entity, mode), an interval a pair of hours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf
from typing import Any

import networkx as nx

from tests.reference import (
    Case,
    Dep,
    GroupKey,
    Model,
    Pair,
    World,
    breaks,
    closure_pairs,
    dependency_key,
    drawn_world,
    identity_key,
    mix,
    text_key,
    uniform,
    widest_world,
)

Interval = tuple[float, float]
Node = tuple[str, str]  # entity, mode; a ring that waits is (entity, RING)
RING = "\x00ring"


@dataclass(frozen=True)
class Clock:
    """All hours of one world: by row of a dependency, by entity, of the origins and of rings.

    ring: the start of each dependent's ring, None where it never gets the update; empty without
    rollout
    """

    hours: float
    grace: Mapping[int, float]
    pause: Mapping[int, float]
    repair: Mapping[str, float]
    backlog: Mapping[str, float]
    ring: Mapping[str, float | None]


def drawn_clock(graph: Any, scenario: Any, number: int) -> Clock:
    """The hours of one world: those that are known, and those drawn from a range."""
    seed, model = scenario.seed, Model.of(graph)

    def value(low: float, high: float | None, key: int, column: str) -> float:
        if high is None or high == low:
            return low
        u = float(uniform(mix(key ^ text_key(f"\x00{column}")), seed, number))
        return float(low * (high / low) ** u)

    def column(name: str) -> dict[int, float]:
        rows = graph.dependencies.select(name, f"{name}_to").iter_rows()
        keys = [dependency_key(d) for d in model.deps]
        return {i: value(*row, keys[i], name) for i, row in enumerate(rows)}

    people = graph.entities.select("id", "repair_hours", "repair_hours_to", "backlog").to_dicts()
    repair = {
        p["id"]: value(p["repair_hours"], p["repair_hours_to"], identity_key(p["id"]),
                       "repair_hours")
        for p in people
    }  # fmt: skip
    hours = value(scenario.hours.low, scenario.hours.high, 0, "hours")
    backlog = {p["id"]: p["backlog"] for p in people}
    ring = {i: ring_start(scenario, i, number) for i in graph.ids} if scenario.rollout else {}
    return Clock(hours, column("grace_hours"), column("switch_hours"), repair, backlog, ring)


def ring_start(scenario: Any, entity: str, number: int) -> float | None:
    """When an entity gets the update: None where the rollout is stopped before its ring."""
    u = uniform(identity_key(entity, "\x00ring"), scenario.seed, number)
    reached = Fraction(0)
    for ring in scenario.rollout:
        reached += Fraction(ring.share).limit_denominator(10**12)
        if u < reached:
            stopped = scenario.halt is not None and ring.start_hours >= scenario.halt
            return None if stopped else float(ring.start_hours)
    raise AssertionError("the shares of rings add up to 1")


def by_ring(case: Case, dep: Dep, clock: Clock) -> bool:
    """Whether the update comes to the dependent with its ring."""
    return bool(clock.ring) and dep.provider in case.severity and dep.relation in (
        "runs", "contains")  # fmt: skip


@dataclass(frozen=True)
class Timed:
    """One world: intervals of nodes that are down, members that count, what groups became."""

    interval: dict[Node, Interval]
    counts: set[tuple[Node, int]]
    became: dict[tuple[Node, GroupKey], str]

    def down(self) -> dict[str, Interval]:
        """The hull of each entity."""
        found: dict[str, Interval] = {}
        for (entity, _), (begun, over) in self.interval.items():
            before = found.get(entity, (inf, -inf))
            found[entity] = (min(before[0], begun), max(before[1], over))
        return found


def ways(
    case: Case, dep: Dep, world: World, clock: Clock, known: Mapping[Node, Interval]
) -> list[tuple[str, Interval]]:
    """(mode of arrival, interval) of each way in which a member is lost."""
    if dep.row not in world.live:
        return []
    found = []
    for (entity, mode), (begun, over) in known.items():
        if entity != dep.provider or (to := case.arrives(mode, dep.relation)) is None:
            continue
        if by_ring(case, dep, clock) and mode == case.mode:
            start = clock.ring[dep.dependent]
            if start is None:
                continue
            begun += start
            if not begun < over:
                continue
        since = begun + clock.grace[dep.row]
        if since < over:
            found.append((to, (since, over)))
    return found


def hull(intervals: Iterable[Interval]) -> Interval | None:
    both = list(intervals)
    return (min(a for a, _ in both), max(b for _, b in both)) if both else None


def group_times(
    case: Case,
    node: Node,
    members: list[Dep],
    world: World,
    clock: Clock,
    known: Mapping[Node, Interval],
) -> tuple[Interval | None, Interval | None]:
    """The break of one group as seen from a node, and the outage that its switches cost."""
    mode, first = node[1], members[0]
    all_ways = {d.row: ways(case, d, world, clock, known) for d in members}
    own = {row: [i for to, i in found if to == mode] for row, found in all_ways.items()}
    spare = len(members) > first.needs and mode != "compromise"
    if not any(own.values()):
        return None, None
    if not spare:
        return hull(i for found in own.values() for i in found), None
    lost = {r: hull(i for _, i in found) for r, found in all_ways.items() if found}
    moments = sorted({t for i in lost.values() if i for t in i})
    broken: list[Interval] = []
    for a, b in pairwise(moments):
        gone = sum(1 for i in lost.values() if i and i[0] <= a and b <= i[1])
        if len(members) - gone < first.needs or (gone and first.key in world.failed):
            broken.append((a, b))
    pauses = []
    for row, found in lost.items():
        assert found is not None
        at = found[0]
        if own[row] and clock.pause[row] > 0 and not any(a <= at < b for a, b in broken):
            pauses.append((at, at + clock.pause[row]))
    within, of_own = hull(broken), hull(i for found in own.values() for i in found)
    assert of_own is not None
    if within is not None:
        within = (max(within[0], of_own[0]), min(within[1], of_own[1]))
        within = within if within[0] < within[1] else None
    return within, hull(pauses)


def node_times(
    model: Model,
    case: Case,
    node: Node,
    world: World,
    clock: Clock,
    known: Mapping[Node, Interval],
) -> tuple[Interval | None, dict[GroupKey, str]]:
    """The interval of a node, by what is known of others; what became of each of its groups."""
    entity, mode = node
    breaks_, pauses, became = [], [], {}
    for key, members in model.groups.items():
        if key[0] != entity:
            continue
        broken, pause = group_times(case, node, members, world, clock, known)
        breaks_ += [broken] if broken else []
        pauses += [pause] if pause else []
        became[key] = "broken" if broken else "switched" if pause else "nothing"
    parts = [*pauses]
    whole = hull(breaks_)
    if whole:
        lasted = whole[1] - whole[0]
        end = whole[1] + clock.repair[entity] + clock.backlog[entity] * lasted
        parts.append((whole[0], end))
    if entity in case.severity and mode == case.mode:
        parts.append((0.0, clock.hours))
    return hull(parts), became


def reach(model: Model, case: Case, clock: Clock) -> tuple[set[Pair], "nx.DiGraph[Pair]"]:
    """The pairs that some world can bring down, and the arcs that can carry it between them."""
    widest = widest_world(model)
    switching = {d.key for d in model.deps if clock.pause[d.row] > 0}
    wide = World(widest.live, widest.failed | switching)
    hit = closure_pairs(model, case, wide)
    arcs: nx.DiGraph[Pair] = nx.DiGraph()
    arcs.add_nodes_from(hit)
    for members in model.groups.values():
        for mode in breaks(case, members, wide, hit):
            target = (members[0].dependent, mode)
            spare = len(members) > members[0].needs and mode != "compromise"
            for dep in members:
                for pair in hit:
                    to = case.arrives(pair[1], dep.relation)
                    counts = dep.row in wide.live and to is not None and (to == mode or spare)
                    if pair[0] == dep.provider and counts and target in hit:
                        arcs.add_edge(pair, target)
    return hit, arcs


def timed_world(model: Model, case: Case, world: World, clock: Clock) -> Timed:
    """All intervals of one world."""
    model = model.without(case.severity)
    nodes, arcs = reach(model, case, clock)
    known: dict[Node, Interval] = {}
    became: dict[tuple[Node, GroupKey], str] = {}
    whole = nx.condensation(arcs)
    for c in nx.topological_sort(whole):
        open_ = set(whole.nodes[c]["members"])
        while open_:
            found = {v: node_times(model, case, v, world, clock, known) for v in open_}
            begun = [i[0] for i, _ in found.values() if i]
            if not begun:
                break
            wave = {v: x for v, x in found.items() if x[0] and x[0][0] == min(begun)}
            for v, (interval, groups) in wave.items():
                assert interval is not None
                known[v] = interval
                became |= {(v, key): word for key, word in groups.items()}
            open_ -= set(wave)
    counts = {
        (v, d.row)
        for v in nodes
        for d in model.deps
        if d.dependent == v[0] and ways(case, d, world, clock, known)
    }
    return Timed(known, counts, became)


def timed_losses(model: Model, case: Case, world: World, timed: Timed) -> dict[str, float]:
    """x of every entity: that of section 3 over the members that count, where a group has fallen.

    A group that has only switched loses what its largest member loss is, as after a failed switch.
    """
    x: dict[Node, float] = {(o, case.mode): s for o, s in case.severity.items()}
    model = model.without(case.severity)
    changed = True
    while changed:
        changed = False
        for v in timed.interval:
            for key, members in model.groups.items():
                loss = group_loss(case, v, members, world, timed, x) if key[0] == v[0] else 0.0
                if loss > x.get(v, 0.0):
                    x[v], changed = loss, True
    found: dict[str, float] = {}
    for (entity, _), loss in x.items():
        found[entity] = max(found.get(entity, 0.0), loss)
    return found


def group_loss(
    case: Case, node: Node, members: list[Dep], world: World, timed: Timed, x: Mapping[Node, float]
) -> float:
    spare = len(members) > members[0].needs and node[1] != "compromise"
    became = timed.became.get((node, members[0].key), "nothing")
    if spare and became == "nothing":
        return 0.0
    every, own = [], [0.0]
    for d in members:
        brings = [
            (case.arrives(mode, d.relation), d.loss * loss)
            for (entity, mode), loss in x.items()
            if entity == d.provider and (node, d.row) in timed.counts
        ]
        every.append(max((v for to, v in brings if to is not None), default=0.0))
        own += [v for to, v in brings if to == node[1]]
    if not spare:
        return max(own)
    failed = members[0].key in world.failed or became == "switched"
    together = max(every) if failed else sorted(every)[members[0].needs - 1]
    return min(together, max(own))


def world_of(graph: Any, scenario: Any, number: int, unknown: float | None = None) -> Any:
    """(intervals by entity, losses by entity) of one drawn world, and the world itself."""
    model, case = Model.of(graph), Case.of(scenario)
    world = drawn_world(model, case, number, case.assume if unknown is None else unknown)
    clock = drawn_clock(graph, scenario, number)
    timed = timed_world(model, case, world, clock)
    return timed.down(), timed_losses(model, case, world, timed), timed


def unordered(graph: Any, scenario: Any) -> set[str]:
    """Entities of which low and high runs say nothing: behind a cycle or a switch that costs hours,
    where something unknown is lost before it."""
    case = Case.of(scenario)
    model = Model.of(graph).without(case.severity)
    clock = drawn_clock(graph, scenario, 0)
    nodes, arcs = reach(model, case, clock)

    def behind(start: Iterable[Node]) -> set[Node]:
        found = set(start)
        return found.union(*(nx.descendants(arcs, v) for v in found))

    unsure: dict[Node, set[int]] = {v: set() for v in nodes}
    for d in model.deps:
        for pair in nodes:
            to = case.arrives(pair[1], d.relation)
            for v in (v for v in nodes if v[0] == d.dependent and arcs.has_edge(pair, v)):
                if pair[0] == d.provider and to is not None and d.probability is None:
                    unsure[v].add(d.row)
    touched = behind(v for v, rows in unsure.items() if rows)
    places = {v for c in nx.strongly_connected_components(arcs) if len(c) > 1 for v in c & touched}
    for v in nodes:
        for members in (m for key, m in model.groups.items() if key[0] == v[0]):
            spare = len(members) > members[0].needs and v[1] != "compromise"
            costs = any(clock.pause[d.row] > 0 for d in members)
            lost = any(
                d.row in unsure[v]
                or any(u[0] == d.provider and u in touched and arcs.has_edge(u, v) for u in nodes)
                for d in members
            )
            if spare and costs and lost:
                places.add(v)
    return {entity for entity, _ in behind(places)} - set(case.severity)
