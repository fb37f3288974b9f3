"""Minimal cut sets: the least sets of the diagrams, joined over modules, counted and listed.

For a monotone f = x f1 or f0, in the order of the diagram, the least sets of f are those of f0, and
{x} with those of f1 that do not make f0 true already: the least sets of f1 minus the sets of f0, an
operation of the library for each node. Source: A. Rauzy, New algorithms for fault trees analysis,
1993.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from knockon.graph.arrays import Ints
from knockon.graph.engine.formulas.algebra import Function, list_all_sets
from knockon.graph.engine.formulas.diagrams import Compiled, list_nodes, number_nodes


@dataclass(frozen=True, eq=False)
class Family:
    """Sets of variables as a diagram in arrays, K nodes; inputs come before what leads to them.

    Node 0 is the family without a set, node 1 that of the empty set alone.
    variable: (K,) of each node; level: (K,) in the order; with_it, without: (K,) nodes that follow
    """

    root: int
    variable: Ints
    level: Ints
    with_it: Ints
    without: Ints

    def count(self) -> list[int]:
        """How many sets of 0, 1, 2, ... members there are, in whole numbers of any size."""
        tallies: list[list[int]] = [[], [1]]
        hi, lo = self.with_it.tolist(), self.without.tolist()
        for node in range(2, len(hi)):
            with_it, without = [0, *tallies[hi[node]]], tallies[lo[node]]
            longer, shorter = sorted((with_it, without), key=len, reverse=True)
            tallies.append(
                [a + b for a, b in zip(longer, shorter, strict=False)] + longer[len(shorter) :]
            )
        return tallies[self.root]

    def within(self, most: int) -> "Family":
        """The sets of at most so many members."""
        number: dict[tuple[int, int], int] = {}
        rows: list[tuple[int, int, int, int]] = [(-1, -1, 0, 0), (-1, -1, 0, 0)]
        hi, lo = self.with_it.tolist(), self.without.tolist()
        stack = [(self.root, most)]
        while stack:
            node, left = state = stack[-1]
            if node < 2 or state in number:
                number.setdefault(state, node)
                stack.pop()
                continue
            with_it, without = (hi[node], left - 1), (lo[node], left)
            if left == 0:
                with_it = (0, 0)
            missing = [s for s in (with_it, without) if s not in number]
            if missing:
                stack += missing
                continue
            stack.pop()
            if number[with_it] == 0:
                number[state] = number[without]
                continue
            number[state] = len(rows)
            rows.append(
                (int(self.variable[node]), int(self.level[node]), number[with_it], number[without])
            )
        return Family(number[self.root, most], *np.array(rows, np.int64).T)


def find_least_sets(compiled: Compiled, most: int | None) -> Family:
    """The minimal cut sets of at most so many members (all: None)."""
    manager, order = compiled.manager, compiled.order
    memo: dict[Function, Function] = {}
    least = {m: _find_least(f, manager, memo) for m, f in compiled.functions.items()}
    whole = _join_modules(compiled, least)
    if most is not None:
        flat = sorted(
            level for node, level in order.level.items() if node < compiled.formula.variables
        )
        whole = whole & list_all_sets(manager, flat, most)
    return _lay_out(whole, manager, order.node_at)


def _find_least(function: Function, manager: Any, memo: dict[Function, Function]) -> Function:
    """The sets of a monotone family that have no other of it inside."""
    empty, base = manager.empty(), manager.base()
    memo[empty], memo[base] = empty, base
    for level, f, hi, lo in list_nodes(function):
        if f not in memo:
            added = memo[hi] - lo if hi != lo else empty
            memo[f] = manager.singleton(level).make_node(added, memo[lo])
    return memo[function]


def _join_modules(compiled: Compiled, least: dict[int, Function]) -> Function:
    """The sets of the root, with those of modules in the place of the variables for these."""
    manager, order, variables = compiled.manager, compiled.order, compiled.formula.variables
    node_at = order.node_at
    whole: dict[int, Function] = {}
    for module in order.modules:
        memo = {end: end for end in (manager.empty(), manager.base())}
        for level, f, hi, lo in list_nodes(least[module]):
            node = node_at[level]
            if node < variables:
                memo[f] = manager.singleton(level).make_node(memo[hi], memo[lo])
            else:
                memo[f] = _follow(whole[node], memo[hi], manager) | memo[lo]
        whole[module] = memo[least[module]]
    return whole[compiled.formula.root]


def _follow(family: Function, after: Function, manager: Any) -> Function:
    """Each set of the family with each set of another, whose levels come after all of its own."""
    empty = manager.empty()
    memo: dict[Function, Function] = {empty: empty, manager.base(): after}
    if after == empty:
        return empty
    for level, f, hi, lo in list_nodes(family):
        memo[f] = manager.singleton(level).make_node(memo[hi], memo[lo])
    return memo[family]


def _lay_out(function: Function, manager: Any, node_at: dict[int, int]) -> Family:
    levels, hi, lo, (root,) = number_nodes((function,), (manager.empty(), manager.base()))
    variable = [node_at.get(level, -1) for level in levels]
    hi[:2], lo[:2] = [0, 0], [0, 0]
    arrays = (np.array(a, np.int64) for a in (variable, levels, hi, lo))
    return Family(root, *arrays)


def list_sets(family: Family) -> dict[int, Ints]:
    """The sets by how many members they have: (T, k) variables, in the order of the diagram."""
    sizes = _count_paths(family)
    total = int(sizes[family.root])
    sets, members = _walk_down(family, sizes)
    order = np.argsort(sets, kind="stable")
    sets, members = sets[order], members[order]
    size = np.bincount(sets, minlength=total)
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    found = {}
    for k in np.unique(size).tolist():
        rows = np.flatnonzero(size == k)
        found[k] = members[first[rows][:, None] + np.arange(k)]
    return found


def _count_paths(family: Family) -> Ints:
    """(K,) how many sets each node stands for."""
    sizes = [0, 1]
    hi, lo = family.with_it.tolist(), family.without.tolist()
    for node in range(2, len(hi)):
        sizes.append(sizes[hi[node]] + sizes[lo[node]])
    return np.array(sizes, np.int64)


def _walk_down(family: Family, sizes: Ints) -> tuple[Ints, Ints]:
    """Pairs of a set's number and a member, all sets of all nodes at a level at a time.

    The sets of a node have numbers in a row: first those without its variable, then those with it.
    """
    waiting: dict[int, list[tuple[Ints, Ints]]] = {}
    sets: list[Ints] = [np.zeros(0, np.int64)]
    members: list[Ints] = [np.zeros(0, np.int64)]

    def send(nodes: Ints, first: Ints) -> None:
        inner = nodes > 1
        nodes, first = nodes[inner], first[inner]
        if len(nodes):
            level = family.level[nodes]
            for at in np.unique(level).tolist():
                here = level == at
                waiting.setdefault(at, []).append((nodes[here], first[here]))

    send(np.array([family.root]), np.array([0]))
    while waiting:
        parts = waiting.pop(min(waiting))
        nodes = np.concatenate([p[0] for p in parts])
        first = np.concatenate([p[1] for p in parts])
        hi, lo = family.with_it[nodes], family.without[nodes]
        begin, count = first + sizes[lo], sizes[hi]
        total = int(count.sum())
        offset = np.arange(total) - np.repeat(np.cumsum(count) - count, count)
        sets.append(np.repeat(begin, count) + offset)
        members.append(np.full(total, family.variable[nodes[0]]))
        send(hi, begin)
        send(lo, first)
    return np.concatenate(sets), np.concatenate(members)
