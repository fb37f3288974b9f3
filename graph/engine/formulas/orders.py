"""In which order the variables of a formula are looked at: what a diagram's size hangs on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from knockon.graph.engine.formulas.formula import Formula
from knockon.graph.engine.formulas.reduce import find_modules

Heuristic: TypeAlias = Callable[[Sequence[int]], Sequence[int]]


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


def list_orders(formula: Formula) -> Iterator[Order]:
    """Depth-first orders: inputs as they come; those that rest on few first; the most used first;
    those that stand near to variables first."""
    modules, weight, depth, used = (
        find_modules(formula), _weigh(formula), _measure_depth(formula), formula.used
    )  # fmt: skip
    heuristics: tuple[Heuristic, ...] = (
        lambda inputs: inputs,
        lambda inputs: sorted(inputs, key=lambda i: (weight[i], -used[i])),
        lambda inputs: sorted(inputs, key=lambda i: -used[i]),
        lambda inputs: sorted(inputs, key=lambda i: depth[i]),
    )
    for heuristic in heuristics:
        yield _order(formula, modules, heuristic)


def _weigh(formula: Formula) -> dict[int, int]:
    """How many variables stand below each node, counted once for each way; capped."""
    weight: dict[int, int] = {}
    for nodes in formula.components:
        below = sum(weight.get(i, 0) for n in nodes for i in formula.inputs(n))
        for node in nodes:
            weight[node] = min(below, 1 << 60) or 1
    return weight


def _measure_depth(formula: Formula) -> dict[int, int]:
    """The longest way from each node down to a variable, a cycle counted once."""
    depth: dict[int, int] = {}
    for nodes in formula.components:
        below = max((depth.get(i, 0) for n in nodes for i in formula.inputs(n)), default=-1)
        depth.update(dict.fromkeys(nodes, below + 1))
    return depth


def _order(formula: Formula, modules: list[int], heuristic: Heuristic) -> Order:
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
        stack += [(i, inner) for i in reversed(heuristic(formula.inputs(node)))]
    return Order(level, of_module, modules)


def order_outwards(formula: Formula) -> Order:
    """Variables in the order of how deep what they decide on stands: stage by stage."""
    depth = _measure_depth(formula)
    first: dict[int, int] = {}
    for node in (n for nodes in formula.components for n in nodes):
        for i in formula.inputs(node):
            if i < formula.variables:
                first[i] = min(depth[node], first.get(i, depth[node]))
    ordered = sorted(first, key=lambda v: (first[v], v))
    level = {variable: place for place, variable in enumerate(ordered)}
    return Order(level, {formula.root: list(range(len(ordered)))}, [formula.root])
