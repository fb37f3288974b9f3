"""The graph as a monotone boolean function: what is lost makes groups break, broken groups hit.

A node is an entity in one mode of failure. An arc carries a loss from a provider's node to a
member of a group of the dependent's node. Most members have one arc; a dependency that several
modes cross has one for each. A group counts its lost members whatever the mode in which their
loss arrives, but hits a node only in a mode in which one of them does: arcs that arrive in
another mode than their node's are foreign to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.arrays import (
    Bools,
    Ints,
    distinct,
    every,
    firsts,
    lean,
    narrow,
    pick,
    ranges,
)
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import UNAIDED, Rule, find_reachable_modes, index_rules


@dataclass(frozen=True, eq=False)
class Circuit:
    """Arcs, sorted by group; members, sorted by group; groups, sorted by node.

    entity:    (N,) entity of each node
    provider:  (A,) node at the provider's end of each arc
    member:    (A,) member that the arc leads to, ascending
    foreign:   (A,) arcs that count, but arrive in another mode than that of their group's node
    dependency: (M,) dependency behind each member, -1 where the member waits for a ring
    group:     (M,) group of each member, ascending
    node:      (G,) node that each group belongs to, ascending
    threshold: (G,) how many lost members break the group: n - needs + 1
    switch_of: (G,) a dependency of the group, whose switch it is; -1 where the group has no switch
    """

    entity: Ints
    provider: Ints
    member: Ints
    foreign: Bools
    dependency: Ints
    group: Ints
    node: Ints
    threshold: Ints
    switch_of: Ints

    @property
    def targets(self) -> Ints:
        """(A,) node at the dependent's end of each arc."""
        return pick(self.node, pick(self.group, self.member))

    @cached_property
    def arc_start(self) -> Ints:
        """(M + 1,) first arc of each member."""
        return _starts_of_runs(self.member, len(self.dependency))

    @cached_property
    def member_start(self) -> Ints:
        """(G + 1,) first member of each group."""
        return _starts_of_runs(self.group, len(self.node))

    @cached_property
    def groups_fed(self) -> tuple[Ints, Ints]:
        """CSR by provider: (N + 1,) starts and (A,) the groups that the arcs of a node lead to."""
        order = np.argsort(self.provider, kind="stable")
        return _starts(self.provider[order], len(self.entity)), self.group[self.member[order]]

    def groups_after(self, nodes: Ints) -> Ints:
        """The groups that the arcs of these nodes lead to, ascending."""
        starts, groups = self.groups_fed
        return distinct(groups[ranges(starts[nodes], starts[nodes + 1])[0]])

    def parts(self, groups: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Members of these groups and where each group's begin; their arcs, and where each's."""
        members, first = ranges(self.member_start[groups], self.member_start[groups + 1])
        arcs, first_arc = ranges(self.arc_start[members], self.arc_start[members + 1])
        return members, first, arcs, first_arc

    def within(self, reached: Bools, transmits: Bools) -> tuple["Circuit", Ints]:
        """The part between reached nodes (N,), and the (N',) old numbers of its nodes.

        transmits: (m,) dependencies of the graph that may transmit at all. Thresholds stay:
        members left out are members that are never lost, groups left out never break.
        """
        nodes = np.flatnonzero(reached)
        number = np.full(len(reached), -1, np.int32)
        number[nodes] = np.arange(len(nodes))
        kept = reached[self.provider]
        kept &= reached[self.targets]
        kept &= pick(pick(transmits, self.dependency), self.member)
        if (self.threshold > 1).any():
            losing = _number(self.member[kept])[0]
            lost = np.bincount(self.group[losing], minlength=len(self.node))
            breaks = (lost >= self.threshold) | (self.switch_of >= 0)
            kept &= breaks[self.group[self.member]]
        arcs = every(len(kept)) if kept.all() else narrow(np.flatnonzero(kept))
        members, member = _number(pick(self.member, arcs))
        groups, group = _number(pick(self.group, members))
        part = Circuit(
            pick(self.entity, nodes),
            number[pick(self.provider, arcs)],
            member,
            lean(pick(self.foreign, arcs)),
            pick(self.dependency, members),
            group,
            number[pick(self.node, groups)],
            lean(pick(self.threshold, groups)),
            lean(pick(self.switch_of, groups)),
        )
        return part, nodes


def note_unlisted(relations: Iterable[str], rules: Sequence[Rule]) -> list[str]:
    """Which of these relations no rule names."""
    listed = {r for _, r, _ in rules}
    unlisted = [w for w in relations if w not in listed]
    return [f"relation {w!r} has no rule: it crosses every mode" for w in unlisted]


def build_circuit(
    graph: DependencyGraph, mode: str, rules: Sequence[Rule]
) -> tuple[Circuit, list[str]]:
    """The circuit of all modes that `mode` can become, and notes on relations without a rule.

    Node k * n + i is entity i in the k-th reachable mode; the first n nodes are in `mode` itself.
    """
    n = graph.size
    modes = find_reachable_modes(mode, rules)
    table = index_rules(rules)
    words, code = _relations(graph)
    listed = {r for _, r, _ in rules}
    arcs: list[tuple[Ints, Ints, Ints]] = []  # layer of arrival, provider's node, dependency
    for k, current in enumerate(modes):
        becomes = [table.get((current, w)) if w in listed else current for w in words]
        lands = np.array([-1 if b is None else modes.index(b) for b in becomes], np.int32)
        layer = lean(lands[code]) if len(words) != 1 else np.broadcast_to(lands[0], code.shape)
        if len(layer) and layer.min() >= 0 and k == 0:  # all cross: the graph's own arrays serve
            arcs.append((lean(layer), graph.provider, every(len(layer))))
            continue
        crosses = narrow(np.flatnonzero(layer >= 0))
        arcs.append((layer[crosses], narrow(k * n + graph.provider[crosses]), crosses))
    found = _Arcs(*(_join(parts) for parts in zip(*arcs, strict=True)))
    notes = note_unlisted(words, rules)
    entity = narrow(np.tile(np.arange(n), len(modes)))
    aided = [k for k, m in enumerate(modes) if m not in UNAIDED]
    return _assemble(graph, aided, entity, found.with_foreign(graph, aided)), notes


def _relations(graph: DependencyGraph) -> tuple[list[str], Ints]:
    """The relations that occur, and (m,) the place of each dependency's among them."""
    words = graph.dependencies.select(pl.col("relation").unique().sort()).to_series().to_list()
    if len(words) < 2:  # one text for all rows, as it mostly is, is not spread out
        return words, np.broadcast_to(np.int32(0), len(graph.dependent))
    code = graph.dependencies["relation"].replace_strict(
        words, list(range(len(words))), return_dtype=pl.Int32
    )
    return words, code.to_numpy()


class _Arcs(NamedTuple):
    """(A,) the layer that each arc arrives in, its provider's node, its dependency."""

    layer: Ints
    provider: Ints
    dependency: Ints
    foreign: Bools | None = None

    def with_foreign(self, graph: DependencyGraph, aided: list[int]) -> "_Arcs":
        """These, and those that groups with a spare count though they arrive in another layer."""
        none = np.zeros(len(self.dependency), np.bool_)
        if len(aided) < 2 or not graph.has_groups:
            return self._replace(foreign=none)
        size = np.bincount(graph.group_of)
        group = graph.group_of[self.dependency]
        spare = size[group] > graph.dependencies["needs"].to_numpy()[self.dependency]
        parts = [self._replace(foreign=none)]
        for layer in aided if spare.any() else ():
            counted = np.zeros(len(size), np.bool_)  # groups with a loss that arrives in the layer
            counted[group[spare & (self.layer == layer)]] = True
            more = np.flatnonzero(counted[group] & (self.layer != layer))
            here = np.full(len(more), layer)
            strange = np.ones(len(more), np.bool_)
            parts.append(_Arcs(here, self.provider[more], self.dependency[more], strange))
        return _Arcs(*(_join(p) for p in zip(*parts, strict=True)))


def _assemble(graph: DependencyGraph, aided: list[int], entity: Ints, arcs: _Arcs) -> Circuit:
    n, group_of = graph.size, graph.group_of
    target = pick(graph.dependent, arcs.dependency)
    if len(arcs.layer) and arcs.layer.any():
        target = narrow(arcs.layer * n + target)
    layer, provider, dependency, foreign = (np.asarray(a) for a in arcs)
    if not _in_order(target, pick(group_of, dependency), dependency):
        # sorted by node, group, dependency; then runs of equal values become members and groups
        order = np.lexsort((provider, dependency, group_of[dependency], target))
        layer, provider, dependency, foreign, target = (
            a[order] for a in (layer, provider, dependency, foreign, target)
        )
    of_member, member = _runs(target, dependency)
    behind = pick(dependency, of_member)
    first, group = _runs(pick(target, of_member), pick(group_of, behind))
    lead = pick(of_member, first)  # the first arc of each group
    threshold, switch_of = _thresholds(graph, pick(dependency, lead), pick(layer, lead), aided)
    return Circuit(
        entity,
        narrow(provider),
        member,
        lean(foreign),
        behind,
        group,
        pick(target, lead),
        threshold,
        switch_of,
    )


def _thresholds(
    graph: DependencyGraph, head: Ints, layer: Ints, aided: list[int]
) -> tuple[Ints, Ints]:
    """(G,) lost members that break each group, and the dependency whose switch it has, or -1.

    head: (G,) a dependency of each group; layer: (G,) of each, and `aided` those in which the
    members of a group help one another
    """
    if not graph.has_groups:
        return np.broadcast_to(np.int32(1), len(head)), np.broadcast_to(np.int32(-1), len(head))
    size = np.bincount(graph.group_of)[graph.group_of[head]]
    needs = graph.dependencies["needs"].to_numpy()[head]
    switch = graph.dependencies["switch_probability"].to_numpy()[head]
    threshold = np.where(np.isin(layer, aided), size - needs + 1, 1)
    return narrow(threshold), narrow(np.where((threshold > 1) & (switch < 1), head, -1))


def _join(parts: Sequence[Any]) -> Any:
    """The arrays below each other, without a copy where there is one."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _in_order(*columns: Ints) -> bool:
    """Whether the rows ascend strictly."""
    tied = np.ones(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        if (tied & (column[1:] < column[:-1])).any():
            return False
        tied &= column[1:] == column[:-1]
    return not tied.any()


def _runs(*columns: Ints) -> tuple[Ints, Ints]:
    """Where runs of equal rows begin, and the number of the run of each row."""
    first = firsts(*columns)
    if first.all():
        return every(len(first)), every(len(first))
    number: Ints = np.cumsum(first, dtype=np.int32 if len(first) < 2**31 else np.int64)
    return narrow(np.flatnonzero(first)), number - 1


def _number(ascending: Ints) -> tuple[Ints, Ints]:
    """The distinct values of a row that ascends, and the number of each value among them."""
    first, number = _runs(ascending)
    return pick(ascending, first), number


def _starts_of_runs(ascending: Ints, n: int) -> Ints:
    """(n + 1,) where each of the numbers 0..n-1 begins in a row that ascends and has them all."""
    return np.arange(n + 1) if len(ascending) == n else _starts(ascending, n)


def _starts(sorted_numbers: Ints, n: int) -> Ints:
    counts = np.bincount(sorted_numbers, minlength=n)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
