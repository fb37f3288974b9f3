"""Formulas as decision diagrams: one for each module, over one order of the variables.

Two kinds from one walk: a binary decision diagram (BDD) for probabilities, and the family of all
sets that make a module true, at most so many members each, as a zero-suppressed one (ZBDD) for cut
sets. A module stands for a variable in the diagram of what is around it. How large a diagram
becomes hangs on the order, and nobody knows the best: several are tried with little room, then with
more.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any, Protocol, TypeAlias

from knockon.graph.engine.formulas.formula import Formula, Gate
from knockon.graph.engine.formulas.reduce import find_modules

ROOMS = (1 << 16, 1 << 19, 1 << 22)  # nodes that a diagram may take, one after the other
_CACHE = 4  # nodes of room for each entry of the cache of operations

Function: TypeAlias = Any  # of oxidd: a BDD or a ZBDD, with &, |, - and ite
Heuristic: TypeAlias = Callable[[Sequence[int], dict[int, int]], Sequence[int]]


class Algebra(Protocol):
    """What a compiler asks of a kind of diagram, within one module."""

    def open(self, levels: Sequence[int]) -> None:
        """The module of these levels comes next."""

    @property
    def never(self) -> Function: ...

    @property
    def always(self) -> Function: ...

    def variable(self, level: int) -> Function: ...


@dataclass(frozen=True, eq=False)
class Order:
    """Which variable is looked at when. A module has the levels right after its own.

    level: of each variable and each module but the root; of_module: levels inside each module;
    modules: inner ones first, the root last
    """

    level: dict[int, int]
    of_module: dict[int, list[int]]
    modules: list[int]

    @property
    def node_at(self) -> dict[int, int]:
        return {level: node for node, level in self.level.items()}


@dataclass(frozen=True, eq=False)
class Compiled:
    """A formula as diagrams. manager: theirs, which has to live as long as they do."""

    formula: Formula
    order: Order
    manager: Any
    functions: dict[int, Function] = field(repr=False)


def list_orders(formula: Formula) -> Iterator[Order]:
    """Depth-first orders: inputs as they come, those that rest on few first, on many first."""
    modules = find_modules(formula)
    weight = _weigh(formula)
    heuristics: tuple[Heuristic, ...] = (
        lambda inputs, _: inputs,
        lambda inputs, w: sorted(inputs, key=w.__getitem__),
        lambda inputs, w: sorted(inputs, key=w.__getitem__, reverse=True),
    )
    for heuristic in heuristics:
        yield _order(formula, modules, weight, heuristic)


def _weigh(formula: Formula) -> dict[int, int]:
    """How many variables stand below each node, counted once for each way; capped."""
    weight: dict[int, int] = {}
    for nodes in formula.components:
        below = sum(weight.get(i, 0) for n in nodes for i in formula.inputs(n))
        for node in nodes:
            weight[node] = min(below, 1 << 60) or 1
    return weight


def _order(
    formula: Formula, modules: list[int], weight: dict[int, int], heuristic: Heuristic
) -> Order:
    inside = set(modules)
    level: dict[int, int] = {}
    of_module: dict[int, list[int]] = {formula.root: []}
    seen: set[int] = set()
    stack = [(formula.root, formula.root)]  # a node, and the module in which it is met
    while stack:
        node, module = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        inner = module
        if node < formula.variables or (node in inside and node != formula.root):
            of_module[module].append(len(level))
            level[node] = len(level)
            if node >= formula.variables:
                inner = node
                of_module[node] = []
        stack += [(i, inner) for i in reversed(heuristic(formula.inputs(node), weight))]
    return Order(level, of_module, modules)


def compile_formula(
    formula: Formula, kind: Callable[[int, int], tuple[Any, Algebra]], rooms: Sequence[int] = ROOMS
) -> Compiled | None:
    """The diagrams of a formula's modules; None where no order fits into the largest room.

    kind: makes a manager and its algebra for so many levels, with room for so many nodes
    """
    from oxidd.util import DDMemoryError

    orders = list(list_orders(formula))
    for room in rooms:
        for order in orders:
            manager, algebra = kind(len(order.level), room)
            try:
                functions = _compile(formula, order, algebra)
            except DDMemoryError:
                continue
            return Compiled(formula, order, manager, functions)
    return None


def _compile(formula: Formula, order: Order, algebra: Algebra) -> dict[int, Function]:
    """The function of each module, by a walk over components: inputs come first."""
    functions: dict[int, Function] = {}
    inner = set(order.modules) - {formula.root}
    module_of = _find_enclosing(formula, order)
    by_module: dict[int, list[list[int]]] = {m: [] for m in order.modules}
    for nodes in formula.components:
        if nodes[0] >= formula.variables:
            by_module[module_of[nodes[0]]].append(nodes)
    for module in order.modules:
        algebra.open(order.of_module[module])
        known: dict[int, Function] = {}

        def find(node: int, known: dict[int, Function] = known, module: int = module) -> Function:
            if node not in known:
                known[node] = algebra.variable(order.level[node])
            return known[node]

        for nodes in by_module[module]:
            _settle(formula, nodes, known, find, algebra)
        functions[module] = find(module) if module not in inner else known[module]
    return functions


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


class Truth:
    """Binary decision diagrams: which values of the variables make a node true."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self.never, self.always = manager.false(), manager.true()

    @classmethod
    def of(cls, levels: int, room: int) -> "tuple[Any, Truth]":
        from oxidd.bdd import BDDManager

        manager = BDDManager(room, max(room // _CACHE, 1 << 12), 1)
        manager.add_vars(levels)
        return manager, cls(manager)

    def open(self, levels: Sequence[int]) -> None:
        """All modules share one algebra."""

    def variable(self, level: int) -> Function:
        return self._manager.var(level)


class Sets:
    """Families of sets of a module's variables, at most so many members each (all: None)."""

    def __init__(self, manager: Any, most: int | None) -> None:
        self._manager, self._most = manager, most
        self.never = manager.empty()
        self.always = manager.base()

    @classmethod
    def within(cls, most: int | None) -> "Callable[[int, int], tuple[Any, Sets]]":
        """The kind of families of sets of at most so many members."""

        def make(levels: int, room: int) -> "tuple[Any, Sets]":
            from oxidd.zbdd import ZBDDManager

            manager = ZBDDManager(room, max(room // _CACHE, 1 << 12), 1)
            manager.add_vars(levels)
            return manager, cls(manager, most)

        return make

    def open(self, levels: Sequence[int]) -> None:
        self.always = list_all_sets(self._manager, levels, self._most)

    def variable(self, level: int) -> Function:
        return self.always - self.always.subset0(level)


def list_all_sets(manager: Any, levels: Sequence[int], most: int | None) -> Function:
    """The family of all sets of these levels, ascending, of at most so many members."""
    base = manager.base()
    size = len(levels) if most is None else min(most, len(levels))
    if size == len(levels):
        family = base
        for level in reversed(levels):
            family = manager.singleton(level).make_node(family, family)
        return family
    rows = [base] * (size + 1)
    for level in reversed(levels):
        one = manager.singleton(level)
        rows = [base, *(one.make_node(rows[k - 1], rows[k]) for k in range(1, size + 1))]
    return rows[size]


__all__ = ["Compiled", "Gate", "Order", "Sets", "Truth", "compile_formula", "list_all_sets"]
