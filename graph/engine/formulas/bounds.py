"""What a probability cannot exceed, gate by gate, where a diagram is too large."""

from collections.abc import Sequence

import numpy as np

from knockon.graph.arrays import Floats
from knockon.graph.engine.formulas.formula import Formula


def bound_above(formula: Formula, probability: Floats) -> float:
    """An upper bound of the probability that the formula is true.

    Truths of a monotone formula of independent variables are associated (Esary, Proschan, 1963), so
    that alternatives are at most as likely as if they were independent; what needs several inputs
    is at most as likely as the least likely that it cannot do without, and as their sum divided by
    how many are needed (Markov). A cycle is at most as likely as any variable below it.
    """
    above = np.zeros(formula.size)
    above[: formula.variables] = probability
    for nodes in formula.components:
        if nodes[0] < formula.variables:
            continue
        if formula.is_cycle(nodes):
            inside = set(nodes)
            outside = {i for n in nodes for i in formula.inputs(n)} - inside
            above[nodes] = _any(above[sorted(outside)])
            continue
        gate = formula.gates[nodes[0] - formula.variables]
        above[nodes[0]] = _bound(gate.at_least, above[list(gate.inputs)])
    return float(above[formula.root])


def _bound(at_least: int, inputs: Floats) -> float:
    if at_least <= 0:
        return 1.0
    if at_least == 1:
        return _any(inputs)
    if len(inputs) < at_least:
        return 0.0
    needed = np.sort(inputs)[::-1][at_least - 1 :]  # one of these has to be true
    return min(1.0, float(np.sum(inputs)) / at_least, _any(needed))


def _any(inputs: Floats | Sequence[float]) -> float:
    """As if independent; 1 where one is sure."""
    values = np.minimum(np.asarray(inputs), 1.0)
    if (values >= 1).any():
        return 1.0
    return float(-np.expm1(np.sum(np.log1p(-values))))
