"""Exact probabilities from decision diagrams, and what each variable does to them.

P(node) = p P(with) + (1 - p) P(without), from the leaves up: sums of what is positive, so that
figures of 1e-13 keep their digits. Derivatives come down from the root the same way. A module is a
variable of its own probability in the diagram around it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.formulas.algebra import Function
from knockon.graph.engine.formulas.diagrams import Compiled, number_nodes


@dataclass(frozen=True, eq=False)
class Diagram:
    """A BDD in arrays, K nodes, inputs first; node 0 is false, node 1 true.

    node: (K,) the variable, or module, that each asks for; with_it, without: (K,) what follows
    steps: nodes of one level each, those that follow first
    """

    node: Ints
    with_it: Ints
    without: Ints
    root: int
    steps: tuple[Ints, ...]


@dataclass(frozen=True, eq=False)
class Chances:
    """A formula ready for any probabilities of its variables.

    modules, diagrams: of each module, inner ones first, the root last
    """

    variables: int
    size: int
    modules: tuple[int, ...]
    diagrams: tuple[Diagram, ...]

    @classmethod
    def of(cls, compiled: Compiled) -> "Chances":
        manager, order = compiled.manager, compiled.order
        diagrams = [_lay_out(compiled.functions[m], manager, order.node_at) for m in order.modules]
        formula = compiled.formula
        return cls(formula.variables, formula.size, tuple(order.modules), tuple(diagrams))

    @property
    def nodes(self) -> int:
        """Of all diagrams together."""
        return sum(len(d.node) for d in self.diagrams)

    def find(self, probability: Floats) -> Floats:
        """(...,) the probability that the formula is true.

        probability: (variables, ...) of each variable to be true, independent of all others
        """
        return self._climb(probability)[1][-1]

    def _climb(self, probability: Floats) -> tuple[Floats, list[Floats]]:
        shape = probability.shape[1:]
        chance = np.zeros((self.size, *shape))
        chance[: self.variables] = probability
        found = []
        for module, diagram in zip(self.modules, self.diagrams, strict=True):
            values = _climb(diagram, chance)
            chance[module] = values[diagram.root]
            found.append(values[diagram.root])
        return chance, found

    def differentiate(self, probability: Floats) -> tuple[float, Floats]:
        """The probability, and (variables,) its derivative by that of each variable: how much more
        likely the formula is where that one is true than where it is not (Birnbaum, 1969)."""
        chance, found = self._climb(probability)
        slope = np.zeros(self.size)
        slope[self.modules[-1]] = 1.0
        for module, diagram in reversed(list(zip(self.modules, self.diagrams, strict=True))):
            weight, slope[module] = slope[module], 0.0  # a root may be a variable itself
            _descend(diagram, chance, slope, weight)
        return float(found[-1]), slope[: self.variables]


def find_each(compiled: Compiled, nodes: list[int], probability: Floats) -> tuple[Floats, Floats]:
    """(k, ...) the probability of each of these nodes, by diagrams of all of them; and that it does
    not happen, which keeps its digits where the former is next to 1.

    probability: (variables, ...) of each variable to be true
    """
    functions = [compiled.functions[node] for node in nodes]
    manager = compiled.manager
    diagram, roots = _lay_out_all(functions, manager, compiled.order.node_at)
    return _climb(diagram, probability)[roots], _climb(diagram, probability, (1.0, 0.0))[roots]


def _lay_out(function: Function, manager: Any, node_at: dict[int, int]) -> Diagram:
    return _lay_out_all([function], manager, node_at)[0]


def _lay_out_all(
    functions: list[Function], manager: Any, node_at: dict[int, int]
) -> tuple[Diagram, list[int]]:
    levels, hi, lo, roots = number_nodes(functions, (manager.false(), manager.true()))
    inner = np.arange(2, len(levels))
    cuts = np.flatnonzero(np.diff(levels[2:])) + 1
    steps = tuple(np.split(inner, cuts)) if len(inner) else ()
    node = np.array([node_at.get(at, -1) for at in levels])
    return Diagram(node, np.array(hi), np.array(lo), roots[0], steps), roots


def _climb(diagram: Diagram, chance: Floats, ends: tuple[float, float] = (0.0, 1.0)) -> Floats:
    """The value of each node; ends: of what never happens, and of what always does."""
    values = np.zeros((len(diagram.node), *chance.shape[1:]))
    values[:2].T[...] = ends
    for step in diagram.steps:
        p = chance[diagram.node[step[0]]]
        values[step] = p * values[diagram.with_it[step]] + (1 - p) * values[diagram.without[step]]
    return values


def _descend(diagram: Diagram, chance: Floats, slope: Floats, weight: float) -> None:
    """Add to the slope of each variable what it does to this diagram, times a weight."""
    values = _climb(diagram, chance)
    reach = np.zeros(len(values))
    reach[diagram.root] = weight
    for step in reversed(diagram.steps):
        node = diagram.node[step[0]]
        hi, lo, p = diagram.with_it[step], diagram.without[step], chance[node]
        slope[node] += float(np.dot(reach[step], values[hi] - values[lo]))
        np.add.at(reach, hi, p * reach[step])
        np.add.at(reach, lo, (1 - p) * reach[step])
