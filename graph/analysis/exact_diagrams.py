"""Exact probabilities of those that hang on many draws, where one diagram of them stays small.

What can be hit is a formula of the draws; it is compiled from the origins outwards, into one binary
decision diagram for all, until so many nodes are made. Whoever is reached by then is exact: a long
chain of uncertain dependencies needs no drawing, however many there are.
"""

import numpy as np

from knockon.graph.analysis.exact import Exact
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats
from knockon.graph.engine.formulas.chances import find_each
from knockon.graph.engine.formulas.diagrams import compile_nodes
from knockon.graph.engine.formulas.formula import ALWAYS, Formula, Gate
from knockon.graph.engine.formulas.gates import GateWriter

_ARCS = 4_000  # of a circuit that is written as gates: some hundredths of a second
_ROOM = 1 << 14  # nodes that are made
_ALMOST = 1 - 2.0**-53  # what is not sure is not 1


def add_by_diagram(prepared: Prepared, exact: Exact | None) -> Exact | None:
    """The same with those others whose diagram is small; as it is where the circuit is too large,
    or draws share causes."""
    wanted = np.ones(len(prepared.nodes.entity), np.bool_)
    if exact is not None:
        wanted[exact.rows] = False
    draws = prepared.draws
    if len(prepared.kernel.provider) > _ARCS or (draws.rho > 0).any() or not wanted.any():
        return exact
    formula, of_entity, chances = _write(prepared)
    compiled = compile_nodes(formula, _ROOM)
    rows = [row for row in np.flatnonzero(wanted).tolist() if of_entity[row] in compiled.functions]
    if not rows:
        return exact
    found, spared = find_each(compiled, [of_entity[row] for row in rows], chances)
    found = np.where(spared > 0, np.minimum(found, _ALMOST), found)
    more = Exact(np.array(rows, np.int64), *found.T)
    return more if exact is None else Exact(
        *(np.concatenate([getattr(exact, f), getattr(more, f)])
          for f in ("rows", "low", "middle", "high"))
    )  # fmt: skip


def _write(prepared: Prepared) -> tuple[Formula, list[int], Floats]:
    """Who is hit as a formula of draws; the node of each entity; (variables, 3) how probable each
    variable is in the three runs."""
    circuit, draws = prepared.kernel, prepared.draws
    variables: dict[int, int] = {}  # by row of the draws
    open_: Bools = np.minimum(draws.strengths.low, draws.strengths.middle) < 1
    of_member, of_group = draws.of_member.tolist(), draws.of_group.tolist()

    def transmits(member: int) -> int | None:
        row = of_member[member]
        return variables.setdefault(row, len(variables)) if open_[row] else None

    def sticks(group: int) -> int | None:
        row = of_group[group]
        return variables.setdefault(row, len(variables)) if row >= 0 else None

    writer = GateWriter(circuit, range(len(circuit.dependency)))
    for node, groups in writer.write_groups(transmits, sticks).items():
        writer.gates[node] = Gate(1, tuple(groups))
    for origin in prepared.origins.tolist():
        writer.gates[origin] = Gate(ALWAYS, ())
    inside: list[list[int]] = [[] for _ in prepared.nodes.entity]
    place = np.searchsorted(prepared.nodes.entity, prepared.nodes.of_node)
    for node, entity in enumerate(place.tolist()):
        inside[entity].append(node)
    entities = [writer.add(1, nodes) for nodes in inside]
    formula = writer.finish(len(variables), writer.add(1, entities))
    rows = list(variables)
    chances = np.stack([q[rows] for q in draws.strengths], axis=1)
    fails = np.isin(rows, draws.of_group)
    chances[fails] = 1 - chances[fails]
    return formula, [len(variables) + e for e in entities], chances
