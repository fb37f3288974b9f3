"""Formulas as decision diagrams: one for each module, over one order of the variables.

Two kinds from one walk: a binary decision diagram (BDD) for probabilities, and the family of all
sets that make a module true, at most so many members each, as a zero-suppressed one (ZBDD) for cut
sets. A module stands for a variable in the diagram of what is around it. How large a diagram
becomes hangs on the order, and nobody knows the best: several are tried with little room, then with
more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any, TypeVar

from knockon.graph.engine.formulas.algebra import Algebra, Function, Truth
from knockon.graph.engine.formulas.formula import Formula
from knockon.graph.engine.formulas.orders import Order, list_orders, order_outwards

# nodes that a diagram may be made of, one after the other
ROOMS = tuple(1 << n for n in (14, 16, 18, 20, 22, 23))
_NARROWED_FROM = 1 << 16  # of room, from which on half of the orders stay: those that got farthest

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Compiled:
    """A formula as diagrams. manager: theirs, which has to live as long as they do; number: of the
    order among those that were tried."""

    formula: Formula
    order: Order
    number: int
    manager: Any
    functions: dict[int, Function] = field(repr=False)


def compile_formula(
    formula: Formula,
    kind: Callable[[int, int], Algebra],
    read: Callable[[Compiled], T],
    like: Compiled | None = None,
    rooms: Sequence[int] = ROOMS,
) -> T | None:
    """What is read from the diagrams of a formula's modules; None where they, and what reading
    makes of them, fit into the largest room in no order.

    kind: makes an algebra for so many levels, with room for so many nodes
    like: another kind of diagram of this formula: its order is tried first, with as much room
    """
    from oxidd.util import DDMemoryError

    orders = list(enumerate(list_orders(formula)))
    size = 0
    if like is not None:
        size = sum(f.node_count() for f in like.functions.values())
        orders.sort(key=lambda pair: pair[0] != like.number)
    for room in [r for r in rooms if r >= 2 * size] or rooms[-1:]:
        reached: list[tuple[int, int]] = []
        for number, order in orders:
            algebra = kind(len(order.level), room + room // 2)
            compiled = Compiled(formula, order, number, algebra.manager, {})
            done: list[int] = []
            try:
                _compile(compiled, algebra, room, done)
                found = read(compiled)
                check_room(algebra.manager, room)
            except (DDMemoryError, FullError):
                reached.append((len(done), -number))
                continue
            return found
        if room >= _NARROWED_FROM:
            kept = [-number for _, number in sorted(reached, reverse=True)[: -(-len(orders) // 2)]]
            orders = [pair for pair in orders if pair[0] in kept]
    return None


class FullError(Exception):
    """More nodes were made than there is room for."""


def check_room(manager: Any, room: int) -> None:
    """Raise FullError where more nodes were made. The library frees some, in a thread of its own,
    when a third more than the room is nearly taken: whether it came to that must not decide."""
    if manager.gc_count() or manager.num_inner_nodes() > room:
        raise FullError


def _compile(compiled: Compiled, algebra: Algebra, room: int, done: list[int]) -> None:
    """Add the function of each module, by a walk over components, inputs first; and a node of each
    component that is done."""
    formula, order = compiled.formula, compiled.order
    inner = set(order.modules) - {formula.root}
    module_of = _find_enclosing(formula, order)
    by_module: dict[int, list[list[int]]] = {m: [] for m in order.modules}
    for nodes in formula.components:
        if nodes[0] >= formula.variables:
            by_module[module_of[nodes[0]]].append(nodes)
    for module in order.modules:
        algebra.open(order.of_module[module])
        known: dict[int, Function] = {}

        def find(node: int, known: dict[int, Function] = known) -> Function:
            if node not in known:
                known[node] = algebra.variable(order.level[node])
            return known[node]

        for nodes in by_module[module]:
            _settle(formula, nodes, known, find, order.level, algebra)
            check_room(algebra.manager, room)
            done.append(nodes[0])
        compiled.functions[module] = find(module) if module not in inner else known[module]


def _find_enclosing(formula: Formula, order: Order) -> dict[int, int]:
    """The module in which each gate is compiled: itself where it is one."""
    inside = set(order.modules)
    found = {formula.root: formula.root}
    for nodes in reversed(formula.components):  # what needs them comes first
        for node in nodes:
            module = node if node in inside else found[node]
            found[node] = module
            for i in formula.inputs(node):
                found.setdefault(i, module)
    return found


def _settle(
    formula: Formula,
    nodes: list[int],
    known: dict[int, Function],
    find: Callable[[int], Function],
    level: dict[int, int],
    algebra: Algebra,
) -> None:
    """The functions of one component: of a cycle, from never up until nothing changes."""
    cycle = formula.is_cycle(nodes)
    if cycle:
        known.update(dict.fromkeys(nodes, algebra.never))
    moved = True
    while moved:
        moved = False
        for node in nodes:
            gate = formula.gates[node - formula.variables]
            leaves = [i for i in gate.inputs if i not in known and i in level]
            if gate.at_least == 1 and len(leaves) > 1:  # alternatives that are looked at once
                rest = [find(i) for i in gate.inputs if i in known or i not in level]
                both = [algebra.any_of(sorted(level[i] for i in leaves)), *rest]
                function = join_inputs(1, both, algebra)
            else:
                function = join_inputs(gate.at_least, [find(i) for i in gate.inputs], algebra)
            moved |= cycle and function != known[node]
            known[node] = function


def join_inputs(at_least: int, functions: list[Function], algebra: Algebra) -> Function:
    """True where at least so many of the functions are."""
    if not functions or at_least > len(functions):
        return algebra.always if at_least <= 0 else algebra.never
    functions = functions[::-1]  # from the last in the order up, so that what is made stays
    if at_least == 1:
        return reduce(or_, functions)
    if at_least == len(functions):
        return reduce(and_, functions)
    rows = [algebra.always] + [algebra.never] * at_least
    for f in functions:
        rows = [rows[0], *(f.ite(rows[j - 1], rows[j]) for j in range(1, at_least + 1))]
    return rows[at_least]


def list_nodes(*functions: Function) -> list[tuple[int, Function, Function, Function]]:
    """The inner nodes of diagrams, the lowest first: level, node, and what follows with it and
    without."""
    seen = set(functions)
    found = []
    stack = list(dict.fromkeys(functions))
    while stack:
        f = stack.pop()
        both = f.cofactors()
        if both is None:
            continue
        found.append((f.node_var(), f, *both))
        for g in both:
            if g not in seen:
                seen.add(g)
                stack.append(g)
    found.sort(key=lambda node: -node[0])
    return found


def number_nodes(
    functions: Sequence[Function], ends: Sequence[Function]
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Diagrams as lists: of each node its level (-1 of the ends, which come first), the numbers of
    what follows with it and without; and the numbers of the functions themselves."""
    nodes = list_nodes(*functions)
    number = {f: i for i, f in enumerate([*ends, *(f for _, f, _, _ in nodes)])}
    levels = [-1] * len(ends) + [level for level, _, _, _ in nodes]
    hi = [*range(len(ends)), *(number[g] for _, _, g, _ in nodes)]
    lo = [*range(len(ends)), *(number[g] for _, _, _, g in nodes)]
    return levels, hi, lo, [number[f] for f in functions]


def compile_nodes(formula: Formula, room: int) -> Compiled:
    """The diagrams of the nodes of a formula, all over one order: of those that were made, inputs
    first, before there was no more room."""
    from oxidd.util import DDMemoryError

    order = order_outwards(formula)
    algebra = Truth(len(order.level), room + room // 2)
    known: dict[int, Function] = {}

    def find(node: int) -> Function:
        if node not in known:
            known[node] = algebra.variable(order.level[node])
        return known[node]

    for nodes in formula.components:
        try:
            if nodes[0] >= formula.variables:
                _settle(formula, nodes, known, find, order.level, algebra)
            check_room(algebra.manager, room)
        except (DDMemoryError, FullError):
            for node in nodes:  # of a cycle they may be half done
                known.pop(node, None)
            break
    return Compiled(formula, order, 0, algebra.manager, known)
