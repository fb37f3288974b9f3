"""Fixes as switches of the circuit, so that a lane can have any set of them.

A fix that was not made is a node hit from the start, a failure like others; a fix that was made is
a node that nothing hits. What it stands for hangs on it:

- an ideal second provider of d beside p: the dependency becomes a group of two, of which one is
  lost where the fix is missing. With the fix, one of two always works.
- an ideal member more: the group of n has a member more, lost where the fix is missing. A switch
  counts the true members only: such a group has a twin, the true members with the switch.
- an entity made safe: its node is fed by a copy of itself and breaks only where both that and the
  fix are lost.

So closures stay monotone and kernels stay as they are. Members that stand for fixes arrive as
foreign ones: they count, but by themselves they bring no mode.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from knockon.graph.analysis.hardening.fixes import Fix, find_number, find_rows
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.worlds import Run
from knockon.graph.scenario.modes import UNAIDED, find_reachable_modes


@dataclass(frozen=True, eq=False)
class Gated:
    """A failure laid out with fixes as switches.

    circuit, draws, runs: as of `Prepared`, with more nodes after all others
    node: (C,) the node of each fix, hit where it is missing; -1 where the fix means nothing here
    """

    prepared: Prepared
    circuit: Circuit
    draws: Draws
    runs: tuple[Run, ...]
    node: Ints


class Reached:
    """What fixes change among what fails: looked up by dependency and by entity."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        circuit, graph = prepared.kernel, prepared.graph
        stands = np.flatnonzero(circuit.dependency >= 0)
        of_member = graph.group_of[circuit.dependency[stands]]
        order = np.argsort(of_member, kind="stable")
        self._of, self._group = of_member[order], circuit.group[stands[order]]
        shown = prepared.circuit.entity
        self._by_entity = np.argsort(shown, kind="stable")
        self._entity = shown[self._by_entity]
        self._fails = np.zeros(len(shown), np.bool_)
        self._fails[prepared.origins] = True

    def find_groups(self, number: int) -> Ints:
        """The groups of the circuit in which a dependency, or another of its group, is a member."""
        of = self.prepared.graph.group_of[number]
        groups: Ints = np.unique(self._group[slice(*_span(self._of, of))])
        return groups

    def find_nodes(self, entity: int) -> Ints:
        """The nodes of an entity that are no origins."""
        nodes = self._by_entity[slice(*_span(self._entity, entity))]
        return nodes[~self._fails[nodes]]

    def find_touched(self, fix: Fix) -> Ints:
        """What a fix changes: nodes of `safe` and `repair`, groups of the other kinds."""
        graph = self.prepared.graph
        if fix.provider is None:
            return self.find_nodes(find_number(graph, fix.dependent))
        parts = [self.find_groups(number) for number in find_rows(graph, fix)]
        return np.unique(np.concatenate(parts))

    def can_gate(self, fix: Fix) -> bool:
        """Whether a fix can be a switch here, or else has to be made in the tables."""
        if fix.spare is not None or fix.kind not in ("second_provider", "group_member", "safe"):
            return False
        if fix.kind == "safe":
            return True
        if self.unaided:
            return False  # which of the nodes it helps is not known here
        if fix.kind == "second_provider":
            return True
        graph, circuit = self.prepared.graph, self.prepared.kernel
        for number in find_rows(graph, fix):
            groups = self.find_groups(number)
            plain = graph.dependencies["switch_probability"][number] == 1
            spare = bool((circuit.threshold[groups] > 1).all())
            if not spare and (len(groups) > 1 or not plain):
                return False  # with a spare it would count across modes, or would have a switch
        return True

    @cached_property
    def unaided(self) -> bool:
        """Whether the failure can come in a mode against which groups do not help."""
        scenario = self.prepared.scenario
        return bool(set(find_reachable_modes(scenario.mode, scenario.rules)) & set(UNAIDED))


def _span(ascending: Ints, value: int) -> tuple[int, int]:
    first, last = (np.searchsorted(ascending, value, side=side) for side in ("left", "right"))
    return int(first), int(last)


class _Parts:
    """A circuit in the making: groups and members by number, in no order."""

    def __init__(self, prepared: Prepared, fixes: int) -> None:
        c = prepared.kernel
        self.kernel = c
        self.threshold = np.array(c.threshold, np.int64)
        self.switch_of = np.array(c.switch_of, np.int64)
        self.node = np.array(c.node, np.int64)
        self.first = len(c.entity)  # node of the first fix
        self.nodes = self.first + fixes
        self.draw_of_group = np.array(prepared.draws.of_group, np.int64)
        self.new_groups: list[tuple[int, int, int, int]] = []  # node, threshold, switch, draw
        self.new_members: list[tuple[int, int, int]] = []  # group, dependency, draw
        self.new_arcs: list[tuple[int, int, bool]] = []  # member, provider, foreign
        self.certain = len(prepared.draws.key)  # the row of a draw that always happens
        self.draw_of_member = np.asarray(prepared.draws.of_member)

    def add_group(self, node: int, threshold: int, switch: int = -1, draw: int = -1) -> int:
        self.new_groups.append((node, threshold, switch, draw))
        return len(self.node) + len(self.new_groups) - 1

    def add_member(self, group: int, dependency: int = -1, draw: int | None = None) -> int:
        self.new_members.append((group, dependency, self.certain if draw is None else draw))
        return len(self.kernel.dependency) + len(self.new_members) - 1

    def guard_node(self, node: int, fix: int) -> None:
        """A node that breaks only where a copy of it and the fix are lost."""
        copy = self.nodes
        self.nodes += 1
        self.node[self.node == node] = copy
        gate = self.add_group(node, 2)
        self.new_arcs.append((self.add_member(gate), copy, False))
        self.new_arcs.append((self.add_member(gate), fix, True))

    def widen_group(self, group: int, fix: int) -> None:
        """A group with a member more, lost where the fix is missing."""
        if self.switch_of[group] >= 0:
            self._split_switch(group)
        self.threshold[group] += 1
        self.new_arcs.append((self.add_member(group), fix, True))

    def _split_switch(self, group: int) -> None:
        """A twin of the group's true members with its switch; the group goes on without."""
        c = self.kernel
        twin = self.add_group(
            int(self.node[group]), int(c.member_start[group + 1] - c.member_start[group]) + 1,
            int(self.switch_of[group]), int(self.draw_of_group[group]),
        )  # fmt: skip
        for member in range(c.member_start[group], c.member_start[group + 1]):
            copy = self.add_member(
                twin, int(c.dependency[member]), int(self.draw_of_member[member])
            )
            for arc in range(c.arc_start[member], c.arc_start[member + 1]):
                self.new_arcs.append((copy, int(c.provider[arc]), bool(c.foreign[arc])))
        self.switch_of[group] = self.draw_of_group[group] = -1

    def build(self) -> tuple[Circuit, Ints, Ints]:
        """The circuit in order, and the draws of its members and groups."""
        c = self.kernel
        entity = np.concatenate([c.entity, np.full(self.nodes - self.first, -1)])
        groups = np.array(self.new_groups, np.int64).reshape(-1, 4).T
        members = np.array(self.new_members, np.int64).reshape(-1, 3).T
        arcs = np.array(self.new_arcs, np.int64).reshape(-1, 3).T
        old_groups = (self.node, self.threshold, self.switch_of, self.draw_of_group)
        node, threshold, switch, draw = _append(old_groups, groups)
        old_members = (c.group, c.dependency, self.draw_of_member)
        group, dependency, of_member = _append(old_members, members)
        member, provider, foreign = _append((c.member, c.provider, c.foreign), arcs)
        by_node = np.argsort(node, kind="stable")
        group = _invert(by_node)[group]
        by_group = np.argsort(group, kind="stable")
        member = _invert(by_group)[member]
        by_member = np.argsort(member, kind="stable")
        circuit = Circuit(
            entity, provider[by_member], member[by_member], foreign[by_member].astype(np.bool_),
            dependency[by_group], group[by_group], node[by_node], threshold[by_node],
            switch[by_node],
        )  # fmt: skip
        return circuit, of_member[by_group], draw[by_node]


def _append(old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
    """Columns with rows below them."""
    return [np.concatenate(pair) for pair in zip(old, new, strict=True)]


def _invert(order: Ints) -> Ints:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def gate(prepared: Prepared, fixes: Sequence[Fix]) -> Gated:
    """The failure with these fixes as switches; each of them `can_gate`."""
    parts, reached = _Parts(prepared, len(fixes)), Reached(prepared)
    node = np.full(len(fixes), -1)
    order = sorted(range(len(fixes)), key=lambda i: fixes[i].kind != "safe")  # groups move first
    for number, fix in ((i, fixes[i]) for i in order):
        touched = reached.find_touched(fix)
        if len(touched):
            node[number] = parts.first + number
        widen = parts.guard_node if fix.kind == "safe" else parts.widen_group
        for place in touched.tolist():
            widen(place, parts.first + number)
    circuit, of_member, of_group = parts.build()
    draws = _add_certain(prepared.draws, of_member, of_group)
    runs = tuple(
        Run(draws, run.seed, np.append(run.probability, 1.0)) for run in prepared.runs
    )  # fmt: skip
    return Gated(prepared, circuit, draws, runs, node)


def _add_certain(draws: Draws, of_member: Ints, of_group: Ints) -> Draws:
    """The draws with one more row, which always happens."""
    added: dict[str, Any] = {
        "kind": np.append(draws.kind, np.zeros(1, draws.kind.dtype)),
        "entity": np.append(draws.entity, np.zeros(1, draws.entity.dtype)),
        "key": np.append(draws.key, np.uint64(0)),
        "rho": np.append(draws.rho, 0.0),
        "cause_key": np.append(draws.cause_key, np.uint64(0)),
        "strengths": Strengths(*(np.append(q, 1.0) for q in draws.strengths)),
    }
    if draws.strengths.alike:
        added["strengths"] = Strengths.known(added["strengths"].low)
    return replace(draws, of_member=of_member, of_group=of_group, **added)
