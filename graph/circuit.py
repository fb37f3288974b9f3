"""The graph as a monotone boolean function: what is lost makes groups break, broken groups hit.

A node is an entity in one mode of failure. An arc carries a loss from a provider's node to a
member of a group of the dependent's node. Most members have one arc; a dependency that several
modes cross has one for each. A group counts its lost members whatever the mode in which their
loss arrives, but hits a node only in a mode in which one of them does: arcs that arrive in
another mode than their node's are foreign to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Ints, Words, distinct, firsts, ranges
from knockon.graph.draws import identity_keys, ring_keys, switch_keys, text_keys
from knockon.graph.graph import DependencyGraph
from knockon.graph.modes import UNAIDED, Rule, crossing, reachable_modes


@dataclass(frozen=True, eq=False)
class Circuit:
    """Arcs, sorted by group; members, sorted by group; groups, sorted by node.

    entity:    (N,) entity of each node
    provider:  (A,) node at the provider's end of each arc
    member:    (A,) member that the arc leads to, ascending
    foreign:   (A,) arcs that count, but arrive in another mode than that of their group's node
    dependency: (M,) dependency behind each member
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

    @cached_property
    def arc_start(self) -> Ints:
        """(M + 1,) first arc of each member."""
        return _starts(self.member, len(self.dependency))

    @cached_property
    def member_start(self) -> Ints:
        """(G + 1,) first member of each group."""
        return _starts(self.group, len(self.node))

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
        number = np.full(len(reached), -1)
        number[nodes] = np.arange(len(nodes))
        target = self.node[self.group]
        kept = reached[self.provider] & reached[target[self.member]]
        kept &= transmits[self.dependency[self.member]]
        lost = np.bincount(self.group[distinct(self.member[kept])], minlength=len(self.node))
        breaks = (lost >= self.threshold) | (self.switch_of >= 0)
        arcs = np.flatnonzero(kept & breaks[self.group[self.member]])
        members = distinct(self.member[arcs])
        groups = distinct(self.group[members])
        part = Circuit(
            self.entity[nodes],
            number[self.provider[arcs]],
            np.searchsorted(members, self.member[arcs]),
            self.foreign[arcs],
            self.dependency[members],
            np.searchsorted(groups, self.group[members]),
            number[self.node[groups]],
            self.threshold[groups],
            self.switch_of[groups],
        )
        return part, nodes


def build_circuit(
    graph: DependencyGraph, mode: str, rules: Sequence[Rule]
) -> tuple[Circuit, list[str]]:
    """The circuit of all modes that `mode` can become, and notes on relations without a rule.

    Node k * n + i is entity i in the k-th reachable mode; the first n nodes are in `mode` itself.
    """
    n = len(graph.ids)
    modes = reachable_modes(mode, rules)
    table = crossing(rules)
    relation = graph.dependencies["relation"]
    words = relation.unique().sort().to_list()
    listed = {r for _, r, _ in rules}
    code = relation.replace_strict(words, list(range(len(words))), return_dtype=pl.Int64).to_numpy()
    arcs: list[tuple[Ints, Ints, Ints]] = []  # layer of arrival, provider's node, dependency
    for k, current in enumerate(modes):
        becomes = [table.get((current, w)) if w in listed else current for w in words]
        lands = np.array([-1 if b is None else modes.index(b) for b in becomes], np.int64)
        layer = lands[code] if len(words) else np.zeros(0, np.int64)
        crosses = np.flatnonzero(layer >= 0)
        arcs.append((layer[crosses], k * n + graph.provider[crosses], crosses))
    found = _Arcs(*(np.concatenate(parts) for parts in zip(*arcs, strict=True)))
    notes = [f"relation {w!r} has no rule: it crosses every mode" for w in words if w not in listed]
    entity = np.tile(np.arange(n), len(modes))
    aided = [k for k, m in enumerate(modes) if m not in UNAIDED]
    return _assemble(graph, aided, entity, found.with_foreign(graph, aided)), notes


def member_keys(graph: DependencyGraph, dependencies: Ints) -> Words:
    """The identity keys of the given dependencies; number m + i is the ring draw of entity i."""
    rings = dependencies >= len(graph.dependent)
    if rings.any():
        entities = dependencies[rings] - len(graph.dependent)
        found = np.empty(len(dependencies), np.uint64)
        found[rings] = ring_keys(text_keys(graph.entities["id"].gather(entities)))
        found[~rings] = member_keys(graph, dependencies[~rings])
        return found
    ends = [graph.dependent[dependencies], graph.provider[dependencies]]
    named = distinct(np.concatenate(ends))
    keys = text_keys(graph.entities["id"].gather(named))
    rows = graph.dependencies.select("relation", "group")[dependencies]
    return identity_keys(
        *(keys[np.searchsorted(named, end)] for end in ends),
        *(_column_keys(rows[name]) for name in rows.columns),
    )


def group_switch_keys(graph: DependencyGraph, dependencies: Ints) -> Words:
    """The keys of the switches of the groups that the given dependencies are members of."""
    rows = graph.dependencies.select("dependent", "group")[dependencies]
    return switch_keys(_column_keys(rows["dependent"]), _column_keys(rows["group"]))


def _column_keys(column: pl.Series) -> Words:
    """The key of each text, hashed once for each distinct one."""
    words = column.unique().sort(nulls_last=True)
    number = {word: i for i, word in enumerate(words)}
    where = column.replace_strict(
        list(number), list(number.values()), default=len(words) - 1, return_dtype=pl.Int64
    )
    keys: Words = text_keys(words)[where.to_numpy()]
    return keys


class _Arcs(NamedTuple):
    """(A,) the layer that each arc arrives in, its provider's node, its dependency."""

    layer: Ints
    provider: Ints
    dependency: Ints
    foreign: Bools | None = None

    def with_foreign(self, graph: DependencyGraph, aided: list[int]) -> "_Arcs":
        """These, and those that groups with a spare count though they arrive in another layer."""
        group = graph.group_of[self.dependency]
        size = np.bincount(graph.group_of)
        spare = size[group] > graph.dependencies["needs"].to_numpy()[self.dependency]
        parts = [self._replace(foreign=np.zeros(len(group), np.bool_))]
        for layer in aided if len(aided) > 1 and spare.any() else ():
            counted = np.zeros(len(size), np.bool_)  # groups with a loss that arrives in the layer
            counted[group[spare & (self.layer == layer)]] = True
            more = np.flatnonzero(counted[group] & (self.layer != layer))
            here = np.full(len(more), layer)
            strange = np.ones(len(more), np.bool_)
            parts.append(_Arcs(here, self.provider[more], self.dependency[more], strange))
        return _Arcs(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def _assemble(graph: DependencyGraph, aided: list[int], entity: Ints, arcs: _Arcs) -> Circuit:
    n, group_of = len(graph.ids), graph.group_of
    groups_all = int(group_of.max()) + 1 if len(group_of) else 0
    target = arcs.layer * n + graph.dependent[arcs.dependency]
    # sorted by node, group, dependency; then runs of equal values become members and groups
    order = np.lexsort((arcs.provider, arcs.dependency, group_of[arcs.dependency], target))
    layer, provider, dependency, foreign = (np.asarray(a)[order] for a in arcs)
    target = target[order]
    member_first = firsts(target, dependency)
    member = np.cumsum(member_first) - 1
    of_member = np.flatnonzero(member_first)
    group_first = firsts(target[of_member], group_of[dependency[of_member]])
    group = np.cumsum(group_first) - 1
    lead = of_member[np.flatnonzero(group_first)]  # the first arc of each group
    head = dependency[lead]  # and its dependency
    size = np.bincount(group_of, minlength=groups_all)[group_of[head]]
    needs = graph.dependencies["needs"].to_numpy()[head]
    switch = graph.dependencies["switch_probability"].to_numpy()[head]
    threshold = np.where(np.isin(layer[lead], aided), size - needs + 1, 1)
    return Circuit(
        entity,
        provider,
        member,
        foreign,
        dependency[of_member],
        group,
        target[lead],
        threshold,
        np.where((threshold > 1) & (switch < 1), head, -1),
    )


def _starts(sorted_numbers: Ints, n: int) -> Ints:
    return np.searchsorted(sorted_numbers, np.arange(n + 1)).astype(np.int64)
