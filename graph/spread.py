"""The spread of one scenario: low, assumed and high runs over the same worlds, tallied."""

from dataclasses import dataclass

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, distinct
from knockon.graph.circuit import Circuit, build_circuit
from knockon.graph.graph import DependencyGraph
from knockon.graph.lanes import Lanes
from knockon.graph.routes import Routes, find_routes
from knockon.graph.scenario import Scenario
from knockon.graph.tallies import Ledger, Plan, Watch, count
from knockon.graph.worlds import EXACT, Run


@dataclass(frozen=True, eq=False)
class Spread:
    """What a scenario does, for the entities within its reach.

    entity: (E,) ascending numbers; origin: (E,) bool
    low, middle, high: (E,) probability with unknown strengths at 0, `assume`, 1
    loss: (E,) mean over the worlds that hit it (nan where none does); impact: (E,) mean of
    weight * loss over all worlds; the std_errors are 0 where nothing was drawn
    total, hits: (L,) impact and number of entities hit without origins, world by world, and
    weight (L,) of each world; exact: nothing was drawn; stopped: before all worlds were drawn
    touched: (T,) entities that depend on one within reach, but are themselves out of reach
    """

    entity: Ints
    origin: Bools
    low: Floats
    middle: Floats
    high: Floats
    std_error: Floats
    loss: Floats
    impact: Floats
    impact_std_error: Floats
    total: Floats
    hits: Floats
    weight: Floats
    exact: bool
    stopped: bool
    touched: Ints
    routes: Routes
    node_of: Ints  # (E,) the node on whose chain each entity is shown
    carries: Floats
    circuit: Circuit
    lanes: Lanes
    notes: tuple[str, ...]


def spread(graph: DependencyGraph, scenario: Scenario, watch: Watch | None = None) -> Spread:
    """Spread the failure through the graph: the least fixpoint of every world.

    watch: told after each block how many worlds are done and how many there will be; the spread
    stops where it answers False
    """
    whole, notes = build_circuit(graph, scenario.mode, scenario.rules)
    low, middle, high = _strengths(graph, scenario.assume)
    failing = np.array([graph.find(o.id) for o in scenario.origins], np.int64)
    safe = np.flatnonzero(np.isin(whole.entity, [graph.find(p) for p in scenario.protect]))
    reached = _reach(whole, high, failing, safe)
    touched = _touched(whole, reached)
    circuit, nodes = whole.within(reached, high > 0)
    del whole  # as large as the graph
    origins = np.searchsorted(nodes, failing)
    drawn = Run.of(graph, circuit, middle, scenario.seed)
    same = middle is low or not (low != high)[circuit.dependency].any()
    runs = [drawn] if same else [drawn.with_strengths(low), drawn, drawn.with_strengths(high)]
    uncertain = max(len(r.uncertain) for r in runs)
    exact = uncertain == 0 or (not scenario.sampled and uncertain <= EXACT)
    plan = Plan.of(scenario, exact)
    lanes = Lanes(circuit, -(-plan.worlds // 64), memory=scenario.memory)
    severity = np.array([o.severity for o in scenario.origins])
    ledger = Ledger(graph, circuit, origins, severity)
    counted = count(ledger, lanes, runs, plan, watch)
    lanes.release(wiring=False)
    tally = counted.tally
    wiring = lanes.wiring() if lanes.compiled else None
    routes = find_routes(circuit, middle[circuit.dependency[circuit.member]], origins, wiring)
    lanes.release()
    node_of = ledger.best_nodes(routes)
    is_origin = np.isin(ledger.entity, failing)
    mass = np.zeros(len(circuit.entity))
    mass[node_of] = np.where(is_origin, 0.0, tally.middle)
    return Spread(
        entity=ledger.entity,
        origin=is_origin,
        low=np.minimum(counted.low, tally.middle),  # sums of floats may differ in the last digit
        middle=tally.middle,
        high=np.maximum(counted.high, tally.middle),
        std_error=tally.std_error,
        loss=tally.loss,
        impact=tally.impact,
        impact_std_error=tally.impact_std_error,
        total=tally.total,
        hits=tally.hits,
        weight=tally.weight,
        exact=exact,
        stopped=counted.stopped,
        touched=touched,
        routes=routes,
        node_of=node_of,
        carries=ledger.by_entity(routes.carried(mass, circuit.entity), np.add),
        circuit=circuit,
        lanes=lanes,
        notes=(*notes, *counted.notes, *lanes.notes),
    )


def _strengths(graph: DependencyGraph, assume: float) -> tuple[Floats, Floats, Floats]:
    """(m,) with unknown strengths at 0, `assume`, 1; one array thrice where none is unknown."""
    stated = graph.dependencies["probability"].to_numpy()
    unknown = np.isnan(stated)
    if not unknown.any():
        return stated, stated, stated
    low, middle, high = (np.where(unknown, q, stated) for q in (0.0, assume, 1.0))
    return low, middle, high


def _reach(circuit: Circuit, high: Floats, failing: Ints, safe: Ints) -> Bools:
    """(N,) nodes that some world can hit: one lane in which all that can transmit does."""
    live, stuck = high[circuit.dependency] > 0, circuit.switch_of >= 0
    # node numbers of the scenario's own mode are entity numbers
    return Lanes(circuit, 1).reach(live, stuck, failing, safe)


def _touched(circuit: Circuit, reached: Bools) -> Ints:
    beside = distinct(circuit.entity[circuit.targets[reached[circuit.provider]]])
    return np.setdiff1d(beside, circuit.entity[reached])
