"""A target as a formula: what has to happen for it to be hit.

Variables are entities that may fail by themselves in the mode of the scenario, dependencies that
may transmit or not, and switches that may fail. Nodes are entities in a mode, cycles and groups are
those of the circuit. What has failed already is true, what the scenario protects is false.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from knockon.graph.analysis.filled import count_sources
from knockon.graph.analysis.prepare import Whole, build_circuit_of
from knockon.graph.arrays import Bools, Floats, Ints, Words, distinct, ranges
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.formulas.formula import ALWAYS, Formula, Gate
from knockon.graph.engine.formulas.gates import GateWriter
from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import LINE
from knockon.graph.scenario.scenario import Scenario

ENTITY, TRANSMITS, STICKS = 0, 1, 2  # what a variable says: it fails, it transmits, a switch fails
GATE, HOUSE_EVENT = "gate", "house_event"  # kinds that do not fail by themselves


@dataclass(frozen=True, eq=False)
class Target:
    """What hits an entity. V variables.

    kind: (V,) ENTITY, TRANSMITS or STICKS
    number: (V,) the entity, or a dependency: the one that transmits, or one of the switched group
    low, middle, high: (V,) how probably each is true; of entities that state nothing, nan
    cause: (V,) identity of what makes several dependencies fall together, 0 where nothing does
    strength_sources: how many dependencies on the way have their strength from where
    own: what the target itself states as its probability to fail, nan where nothing
    """

    graph: DependencyGraph
    scenario: Scenario
    entity: int
    formula: Formula
    kind: Ints
    number: Ints
    low: Floats
    middle: Floats
    high: Floats
    cause: Words
    own: float
    notes: tuple[str, ...]
    strength_sources: dict[str, int]

    @cached_property
    def fails(self) -> Bools:
        """(V,) variables that are entities."""
        found: Bools = self.kind == ENTITY
        return found

    @cached_property
    def states(self) -> Bools:
        """(V,) entities that state how probably they fail."""
        found: Bools = self.fails & ~np.isnan(self.middle)
        return found

    def falls_together(self, formula: Formula) -> bool:
        """Whether two of a formula's dependencies share a cause, so that they do not fall alone."""
        used = [n for nodes in formula.components for n in nodes if n < formula.variables]
        causes = self.cause[used]
        causes = causes[causes > 0]
        return len(np.unique(causes)) < len(causes)

    def list_missing(self, strength: float | None) -> list[int]:
        """The dependencies and switches that do not count where so much strength is asked for."""
        weak = self.high < strength if strength is not None else self.high <= 0
        return np.flatnonzero(~self.fails & weak).tolist()

    def list_counting(self, strength: float | None) -> list[int]:
        """The others: those that count as if they transmitted, or failed, for sure."""
        left_out = np.ones(len(self.kind), np.bool_)
        left_out[self.list_missing(strength)] = False
        return np.flatnonzero(~self.fails & left_out).tolist()


def lay_out_target(graph: DependencyGraph, scenario: Scenario, name: str) -> Target:
    """The formula of an entity under a scenario. Raises UnknownEntityError, ScenarioError."""
    entity = graph.find(name)
    identifier = graph.id_of(entity)
    if identifier in scenario.origin_ids:
        raise ScenarioError(
            f"expected a target that has not failed, got {clip(identifier)!r}, which has"
        )
    whole = build_circuit_of(graph, scenario)
    failing = [graph.find(o.id) for o in scenario.origins]
    return _Writer(graph, scenario, whole, entity, failing).write()


class _Writer:
    """Writes gates from the part of a circuit that leads to one entity."""

    def __init__(
        self,
        graph: DependencyGraph,
        scenario: Scenario,
        whole: Whole,
        entity: int,
        failing: list[int],
    ) -> None:
        self.graph, self.scenario, self.entity, self.failing = graph, scenario, entity, failing
        self.notes = whole.notes
        self.circuit, self.old = self._cut(whole)
        self.safe = set(np.flatnonzero(np.isin(self.old, whole.safe)).tolist())
        self.probability = _find_probability(graph)
        self.kinds = graph.entities["kind"]
        places = _find_places(graph)[self.circuit.dependency].tolist()
        self.gates = GateWriter(self.circuit, places)
        self.variables: dict[tuple[int, int], int] = {}  # by kind and number

    def _cut(self, whole: Whole) -> tuple[Circuit, Ints]:
        circuit, graph = whole.circuit, self.graph
        roots = np.flatnonzero(circuit.entity == self.entity)
        fails = np.isin(np.arange(graph.size), self.failing)
        ends = fails[circuit.entity]
        ends[whole.safe] = True
        cone = find_cone(circuit, roots, ends)
        filled = whole.filled.arriving(circuit, cone, graph.size, self.scenario.assume)
        self.strengths, self.rho = filled.strengths, filled.rho
        transmits = (self.strengths.high > 0) & ~fails[graph.dependent]
        part, old = circuit.within(cone, transmits)
        self.sources = count_sources(whole.filled, distinct(part.dependency))
        return part, old

    def _find_causes(self, kind: Ints, at: Ints) -> Words:
        """(V,) the shared cause of each dependency, 0 where it falls by itself."""
        found = np.zeros(len(kind), np.uint64)
        if self.rho is None or not (self.rho > 0).any():
            return found
        draws = Draws.lay_out(
            self.graph, self.circuit, self.strengths, mode=self.scenario.mode, rho=self.rho
        )
        by_dependency = np.zeros(len(self.graph.dependent), np.uint64)
        by_dependency[self.circuit.dependency] = draws.cause_key[draws.of_member]
        transmits = kind == TRANSMITS
        found[transmits] = by_dependency[at[transmits]]
        return found

    def write(self) -> Target:
        """The formula, with what is known of its variables."""
        low, switch_of = self.strengths.low, self.circuit.switch_of.tolist()
        behind = self.circuit.dependency.tolist()

        def transmits(member: int) -> int | None:
            open_ = low[behind[member]] < 1
            return self._variable(TRANSMITS, behind[member]) if open_ else None

        def sticks(group: int) -> int | None:
            switched = switch_of[group] >= 0
            return self._variable(STICKS, self._head_of(switch_of[group])) if switched else None

        self._write_nodes(self.gates.write_groups(transmits, sticks))
        roots = np.flatnonzero(self.circuit.entity == self.entity).tolist()
        return self._finish(self.gates.add(1, roots))

    def _variable(self, kind: int, number: int) -> int:
        return self.variables.setdefault((kind, number), len(self.variables))

    def _head_of(self, dependency: int) -> int:
        """One dependency for each group with a switch, the same in all modes."""
        group = int(self.graph.group_of[dependency])
        return self._heads.setdefault(group, dependency)

    @cached_property
    def _heads(self) -> dict[int, int]:
        return {}

    def _write_nodes(self, broken: dict[int, list[int]]) -> None:
        """Of each node what hits it: its own failing, or a group of it."""
        failing, gates = set(self.failing), self.gates.gates
        for node, (old, entity) in enumerate(
            zip(self.old.tolist(), self.circuit.entity.tolist(), strict=True)
        ):
            if node in self.safe:
                continue
            inputs = broken.get(node, [])
            if old < self.graph.size:  # in the mode of the scenario
                if entity in failing:
                    gates[node] = Gate(ALWAYS, ())
                    continue
                inputs = [*inputs, *self._fail_alone(entity)]
            gates[node] = Gate(1, tuple(inputs))

    def _fail_alone(self, entity: int) -> list[int]:
        """The variable of an entity that can fail by itself."""
        kind = self.kinds[entity]
        if entity == self.entity or kind == GATE:
            return []
        if kind == HOUSE_EVENT:
            return [self.gates.add(ALWAYS, [])] if self.probability[entity] == 1 else []
        return [-1 - self._variable(ENTITY, entity)]

    def _finish(self, root: int) -> Target:
        kind, at = np.array(list(self.variables), np.int64).reshape(-1, 2).T
        low, middle, high = self._find_chances(kind, at)
        return Target(
            self.graph, self.scenario, self.entity,
            self.gates.finish(len(self.variables), root), kind, at,
            low, middle, high, self._find_causes(kind, at),
            float(self.probability[self.entity]), tuple(self.notes), self.sources,
        )  # fmt: skip

    def _find_chances(self, kind: Ints, at: Ints) -> list[Floats]:
        works = self.graph.dependencies["switch_probability"].to_numpy()
        found = []
        for strength in self.strengths:
            chance = np.zeros(len(kind))
            for what, values in (
                (ENTITY, self.probability),
                (TRANSMITS, strength),
                (STICKS, 1 - works),
            ):
                chance[kind == what] = values[at[kind == what]]
            found.append(chance)
        return found


def _find_probability(graph: DependencyGraph) -> Floats:
    """(n,) what each entity states as its probability to fail, nan where nothing."""
    column = graph.entities["failure_probability"]
    found: Floats = column.cast(float).fill_null(float("nan")).to_numpy()
    return found


def _find_places(graph: DependencyGraph) -> Ints:
    """(m,) the line of the source that states each dependency: whoever wrote a model put together
    what belongs together, which keeps diagrams small. No figure hangs on it."""
    if LINE not in graph.dependencies.columns:
        return np.zeros(len(graph.dependent), np.int64)
    lines = graph.dependencies[LINE].cast(pl.Int64, strict=False).fill_null(0)
    return lines.to_numpy()


def find_cone(circuit: Circuit, roots: Ints, ends: Bools) -> Bools:
    """(N,) nodes on which the roots rest; what stands behind `ends` (N,) does not count."""
    seen = np.zeros(len(circuit.entity), np.bool_)
    seen[roots] = True
    frontier = roots[~ends[roots]]
    while len(frontier):
        first, last = (np.searchsorted(circuit.node, frontier, side) for side in ("left", "right"))
        arcs = circuit.parts(ranges(first, last)[0])[2]
        before = distinct(circuit.provider[arcs])
        new = before[~seen[before]]
        seen[new] = True
        frontier = new[~ends[new]]
    return seen
