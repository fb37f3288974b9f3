"""The waist of every question: a graph and a scenario laid out for the lanes.

`build_circuit_of` makes the circuit of everybody under a scenario's mode, rules and assumptions:
questions about every entity (which one would hurt most?) start there. `prepare` cuts it to what
the origins can reach and adds the draws, the runs and the stakes: questions about one failure go
on from there. Whatever joins nodes to entities is `Prepared.nodes`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from knockon.graph.analysis.fill import Beyond, Filled, fill_strengths
from knockon.graph.analysis.filled import describe_filled
from knockon.graph.arrays import Bools, Floats, Ints, distinct, pick
from knockon.graph.engine.circuit import Circuit, build_circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.nodes import Nodes
from knockon.graph.engine.staging import add_rings, find_staged_arcs
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.rollout import find_share_reached
from knockon.graph.scenario.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Whole:
    """The circuit of all entities under a scenario's mode, rules and assumptions.

    The first n nodes are the entities in the scenario's own mode: node numbers there are entity
    numbers. filled: the strengths, by dependency; safe: nodes of what the scenario protects;
    of_circuit: notes on relations
    """

    circuit: Circuit
    filled: Filled
    safe: Ints
    of_circuit: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assumed of relations and strengths, of the whole graph."""
        every = np.arange(len(self.filled.source))
        return (*self.of_circuit, *describe_filled(self.filled, every, "in the graph"))

    @property
    def strengths(self) -> Strengths:
        """(m,) by dependency, in the three runs."""
        return self.filled.strengths


@dataclass(frozen=True, eq=False)
class Prepared:
    """A failure laid out: what the lanes run on, and the way back to entities.

    circuit: what the origins can reach, as it is shown
    kernel: the same as it runs: with a node for each entity that waits for its ring, after the rest
    by_ring: (A,) arcs of the circuit by which a staged update comes; None without a rollout
    nodes: of the circuit; origins: (k,) nodes that fail, in the order of the scenario
    draws: of the kernel; runs: low, middle and high, or the middle one alone where all are alike
    touched: (T,) entities that depend on one within reach, but are themselves out of reach
    filled: (m,) the strengths of the graph's dependencies, and where each comes from
    """

    graph: DependencyGraph
    scenario: Scenario
    circuit: Circuit
    kernel: Circuit
    by_ring: Bools | None
    nodes: Nodes
    origins: Ints
    draws: Draws
    runs: tuple[Run, ...]
    touched: Ints
    filled: Filled
    notes: tuple[str, ...]

    @property
    def run(self) -> Run:
        """The run at the assumed strengths."""
        return self.runs[len(self.runs) // 2]

    @cached_property
    def severity(self) -> Floats:
        """(k,) share of its function that each origin loses."""
        return np.array([o.severity for o in self.scenario.origins])

    @cached_property
    def share(self) -> Floats:
        """(M,) share of the dependent's function that rides on each member of the kernel."""
        dependency = self.kernel.dependency
        if self.graph.dependencies.select((pl.col("loss") == 1).all()).item():
            return np.broadcast_to(1.0, dependency.shape)
        loss = self.graph.dependencies["loss"].to_numpy()
        return np.where(dependency < 0, 1.0, loss[dependency])  # a ring passes on all of it

    @cached_property
    def whole(self) -> bool:
        """Whether whatever is lost is lost whole."""
        return bool((self.share == 1).all() and (self.severity == 1).all())

    @cached_property
    def alike(self) -> float | None:
        """What share of its function whoever is hit loses, where that is the same for all: where
        dependencies pass on all of it, and the origins lose alike. None: it differs.

        A loss is the largest, smallest or so-manieth of others then, so never another number.
        """
        most = self.severity.max(initial=0.0)
        same = (self.share == 1).all() and (self.severity == most).all()
        return float(most) if same else None

    @cached_property
    def is_origin(self) -> Bools:
        """(E,) whether each entity within reach is one that fails by itself."""
        return self.nodes.among(self.circuit.entity[self.origins])

    @cached_property
    def at_stake(self) -> Floats:
        """(E,) weight of each entity within reach."""
        weight: Floats = self.graph.entities["weight"].to_numpy()[self.nodes.entity]
        return weight

    @cached_property
    def at_stake_of_others(self) -> Floats:
        """(E,) the same, and 0 for origins: totals leave them out."""
        stake: Floats = self.at_stake * self.others
        return stake

    @cached_property
    def others(self) -> Floats:
        """(E,) 1 for each entity that is no origin, else 0."""
        return (~self.is_origin).astype(np.float64)

    @cached_property
    def on_route(self) -> Floats:
        """(A,) strength of each arc of the circuit, for routes: at the assumption, and for a
        staged update times the share that its rings ever reach."""
        strength = pick(self.draws.strengths.middle, self.draws.of_member)
        strength = pick(strength, self.circuit.member)
        if self.by_ring is None:
            return strength
        share = find_share_reached(self.scenario.rollout, self.scenario.halt)
        return np.where(self.by_ring, strength * share, strength)


def build_circuit_of(
    graph: DependencyGraph, scenario: Scenario, beyond: Beyond | None = None
) -> Whole:
    """The circuit of everybody under the scenario; who fails does not enter.

    beyond: where the graph is a part of another
    """
    circuit, notes = build_circuit(graph, scenario.mode, scenario.rules)
    if scenario.hours is not None:
        from knockon.graph.engine.times import with_switches

        circuit = with_switches(graph, circuit)
    protected = graph.find_all(scenario.protect)
    safe = np.flatnonzero(np.isin(circuit.entity, protected))
    filled = fill_strengths(graph, scenario, beyond)
    return Whole(circuit, filled, safe, tuple(notes))


def prepare(
    graph: DependencyGraph, scenario: Scenario, whole: Whole | None = None, *,
    towards: int | None = None,
) -> Prepared:  # fmt: skip
    """The scenario laid out on the part of the graph that it can reach.

    whole: the circuit of everybody, where several failures of one graph are asked about
    towards: an entity; then only on what of that can reach it, itself and what fails included
    Raises ScenarioError where nothing fails.
    """
    scenario.check_failing()
    whole = whole or build_circuit_of(graph, scenario)
    failing = graph.find_all(scenario.origin_ids)
    reached, notes = reach(whole, failing), whole.of_circuit
    filled = whole.filled.arriving(whole.circuit, reached, graph.size, scenario.assume)
    strengths = filled.strengths
    touched = _touched(whole.circuit, reached)
    if towards is not None:
        reached &= lead_to(whole.circuit, reached, whole.circuit.entity == towards)
        reached[failing] = True
    fails = np.isin(np.arange(graph.size), failing)
    transmits = (strengths.high > 0) & ~fails[graph.dependent]
    circuit, nodes = whole.circuit.within(reached, transmits)
    del whole  # as large as the graph
    origins = np.searchsorted(nodes, failing)
    kernel, by_ring, share = circuit, None, 1.0
    if scenario.rollout:
        by_ring = find_staged_arcs(graph, circuit, origins)
        kernel = add_rings(graph, circuit, by_ring)
        share = find_share_reached(scenario.rollout, scenario.halt)
    draws = Draws.lay_out(graph, kernel, strengths, share, mode=scenario.mode, rho=filled.rho)
    return Prepared(
        graph=graph,
        scenario=scenario,
        circuit=circuit,
        kernel=kernel,
        by_ring=by_ring,
        nodes=Nodes.of(circuit.entity),
        origins=origins,
        draws=draws,
        runs=Run.each(draws, scenario.seed),
        touched=touched,
        filled=filled,
        notes=(*notes, *describe_filled(filled, distinct(circuit.dependency))),
    )


def reach(whole: Whole, failing: Ints) -> Bools:
    """(N,) nodes that some world can hit: one lane in which all that can transmit does."""
    circuit = whole.circuit
    live = pick(whole.filled.most, circuit.dependency) > 0
    fails = np.isin(circuit.entity, failing)
    if fails.sum() > len(failing):  # origins have nodes in other modes, too
        # an origin is a fact: what it depends on counts for nothing
        live &= ~fails[pick(circuit.node, circuit.group)]
    stuck = circuit.switch_of >= 0
    return Lanes(circuit, 1).reach(live, stuck, failing, whole.safe)


def lead_to(circuit: Circuit, reached: Bools, ends: Bools) -> Bools:
    """(N,) the reached nodes from which arcs between reached nodes lead to one of the ends."""
    found: Bools = ends & reached
    provider, target = circuit.provider, circuit.targets
    arcs = np.flatnonzero(reached[provider] & reached[target])
    while len(arcs):
        leads = found[target[arcs]]
        new = provider[arcs[leads]]
        if found[new].all():
            break
        found[new] = True
        arcs = arcs[~found[provider[arcs]]]
    return found


def _touched(circuit: Circuit, reached: Bools) -> Ints:
    beside = np.zeros(int(circuit.entity.max(initial=-1)) + 1, np.bool_)
    beside[circuit.entity[circuit.targets[reached[circuit.provider]]]] = True
    beside[circuit.entity[reached]] = False
    return np.flatnonzero(beside)
