"""Minimal cut sets: the least sets of the diagrams, joined over modules, counted and listed.

For a monotone f = x f1 or f0, in the order of the diagram, the least sets of f are those of f0, and
{x} with those of f1 that do not make f0 true already: the least sets of f1 minus the sets of f0, one
operation of the library a node. Source: A. Rauzy, New algorithms for fault trees analysis, 1993.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.formulas.diagrams import Compiled, Function, list_all_sets


@dataclass(frozen=True, eq=False)
class Family:
    """Sets of variables as a diagram in arrays, K nodes; inputs come before what leads to them.

    Node 0 is the family without a set, node 1 that of the empty set alone.
    variable: (K,) of each node; level: (K,) in the order; with_it, without: (K,) nodes that follow
    """

    variable: Ints
    level: Ints
    with_it: Ints
    without: Ints
    root: int

    def count(self) -> list[int]:
        """How many sets of 0, 1, 2, ... members there are, in whole numbers of any size."""
        tallies: list[list[int]] = [[], [1]]
        hi, lo = self.with_it.tolist(), self.without.tolist()
        for node in range(2, len(hi)):
            with_it, without = [0, *tallies[hi[node]]], tallies[lo[node]]
            longer, shorter = sorted((with_it, without), key=len, reverse=True)
            tallies.append([a + b for a, b in zip(longer, shorter, strict=False)] + longer[len(shorter):])
        return tallies[self.root]


def find_least_sets(compiled: Compiled, most: int | None) -> Family:
    """The minimal cut sets of at most so many members (all: None)."""
    manager, order = compiled.manager, compiled.order
    memo: dict[Function, Function] = {}
    least = {m: _find_least(f, manager, memo) for m, f in compiled.functions.items()}
    whole = _join_modules(compiled, least)
    if most is not None:
        flat = sorted(level for node, level in order.level.items() if node < compiled.formula.variables)
        whole = whole & list_all_sets(manager, flat, most)
    return _lay_out(whole, manager, order.node_at)


def _find_least(function: Function, manager: Any, memo: dict[Function, Function]) -> Function:
    """The sets of a monotone family that have no other of it inside."""
    empty, base = manager.empty(), manager.base()
    memo[empty], memo[base] = empty, base
    stack = [function]
    while stack:
        f = stack[-1]
        if f in memo:
            stack.pop()
            continue
        hi, lo = f.cofactors()
        missing = [g for g in (hi, lo) if g not in memo]
        if missing:
            stack += missing
            continue
        added = memo[hi] - lo if hi != lo else empty
        memo[f] = manager.singleton(f.node_var()).make_node(added, memo[lo])
        stack.pop()
    return memo[function]


def _join_modules(compiled: Compiled, least: dict[int, Function]) -> Function:
    """The sets of the root with the sets of modules in the place of the variables that these are."""
    manager, order, variables = compiled.manager, compiled.order, compiled.formula.variables
    node_at = order.node_at
    empty, base = manager.empty(), manager.base()
    whole: dict[int, Function] = {}
    for module in order.modules:
        memo: dict[Function, Function] = {empty: empty, base: base}
        stack = [least[module]]
        while stack:
            f = stack[-1]
            if f in memo:
                stack.pop()
                continue
            hi, lo = f.cofactors()
            missing = [g for g in (hi, lo) if g not in memo]
            if missing:
                stack += missing
                continue
            node = node_at[f.node_var()]
            if node < variables:
                memo[f] = manager.singleton(f.node_var()).make_node(memo[hi], memo[lo])
            else:
                memo[f] = _follow(whole[node], memo[hi], manager) | memo[lo]
            stack.pop()
        whole[module] = memo[least[module]]
    return whole[compiled.formula.root]


def _follow(family: Function, after: Function, manager: Any) -> Function:
    """Each set of the family with each set of another, whose levels come after all of its own."""
    empty = manager.empty()
    memo: dict[Function, Function] = {empty: empty, manager.base(): after}
    if after == empty:
        return empty
    stack = [family]
    while stack:
        f = stack[-1]
        if f in memo:
            stack.pop()
            continue
        hi, lo = f.cofactors()
        missing = [g for g in (hi, lo) if g not in memo]
        if missing:
            stack += missing
            continue
        memo[f] = manager.singleton(f.node_var()).make_node(memo[hi], memo[lo])
        stack.pop()
    return memo[family]


def _lay_out(function: Function, manager: Any, node_at: dict[int, int]) -> Family:
    number: dict[Function, int] = {manager.empty(): 0, manager.base(): 1}
    levels, hi_of, lo_of = [-1, -1], [0, 0], [0, 0]
    stack = [function]
    while stack:
        f = stack[-1]
        if f in number:
            stack.pop()
            continue
        hi, lo = f.cofactors()
        missing = [g for g in (hi, lo) if g not in number]
        if missing:
            stack += missing
            continue
        number[f] = len(levels)
        levels.append(f.node_var())
        hi_of.append(number[hi])
        lo_of.append(number[lo])
        stack.pop()
    variable = [node_at.get(level, -1) for level in levels]
    arrays = (np.array(a, np.int64) for a in (variable, levels, hi_of, lo_of))
    return Family(*arrays, root=number[function])


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


def chances_of(sets: Ints, probability: Floats) -> Floats:
    """(T,) the probability that all members of each set (T, k) are true."""
    product: Floats = np.prod(probability[sets], axis=1)
    return product
