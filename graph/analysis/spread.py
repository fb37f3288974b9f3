"""The spread of one scenario: low, assumed and high runs over the same worlds, tallied."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from knockon.graph.analysis.tallies import Counted, Ledger, Plan, Watch, count
from knockon.graph.arrays import Bools, Floats, Ints, distinct
from knockon.graph.engine.circuit import Circuit, build_circuit
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.routes import Routes, find_routes
from knockon.graph.engine.wiring import Wiring
from knockon.graph.engine.worlds import EXACT, Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.rollout import covered, staged, staged_arcs
from knockon.graph.scenario.scenario import Scenario

if TYPE_CHECKING:
    from knockon.graph.engine.times import Timeline


@dataclass(frozen=True, eq=False)
class Spread:
    """What a scenario does, for the entities within its reach.

    entity: (E,) ascending numbers; origin: (E,) bool
    low, middle, high: (E,) probability with unknown strengths at 0, `assume`, 1
    loss: (E,) mean over the worlds that hit it (nan where none does); impact: (E,) mean of
    weight * loss over all worlds; the std_errors are 0 where nothing was drawn
    total, hits: (L,) impact and number of entities hit without origins, world by world, and
    weight (L,) of each world; exact: nothing was drawn; stopped: before all worlds were drawn
    sure: low and high rest on no draw
    touched: (T,) entities that depend on one within reach, but are themselves out of reach
    hours: what was found of times, where the scenario has hours; impact and total then are
    mean and sum of weight * loss * hours down, and hit means down at some time
    form: of the kernel that ran, `numpy` or `numba`
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
    sure: bool
    touched: Ints
    routes: Routes
    node_of: Ints  # (E,) the node on whose chain each entity is shown
    carries: Floats
    circuit: Circuit
    lanes: Lanes
    form: str
    notes: tuple[str, ...]
    hours: "HoursDown | None" = None


@dataclass(frozen=True, eq=False)
class HoursDown:
    """start, mean, p50, p95: (E,) hours until it is down, and hours down, over the worlds that hit
    it (nan where none does); curve: frame `hours`, `kind`, `down`."""

    start: Floats
    mean: Floats
    p50: Floats
    p95: Floats
    curve: pl.DataFrame


def spread(graph: DependencyGraph, scenario: Scenario, watch: Watch | None = None) -> Spread:
    """Spread the failure through the graph: the least fixpoint of every world.

    watch: told after each block how many worlds are done and how many there will be; the spread
    stops where it answers False
    """
    whole, notes = build_circuit(graph, scenario.mode, scenario.rules)
    if scenario.hours is not None:
        from knockon.graph.engine.times import with_switches

        whole = with_switches(graph, whole)
    strengths = _strengths(graph, scenario.assume)
    low, middle, high = strengths
    failing = np.array([graph.find(o.id) for o in scenario.origins], np.int64)
    safe = np.flatnonzero(np.isin(whole.entity, [graph.find(p) for p in scenario.protect]))
    reached = _reach(whole, high, failing, safe)
    touched = _touched(whole, reached)
    circuit, nodes = whole.within(reached, high > 0)
    del whole  # as large as the graph
    origins = np.searchsorted(nodes, failing)
    same = middle is low or not (low != high)[circuit.dependency].any()
    kernel, by_ring = circuit, None
    share = covered(scenario.rollout, scenario.halt)
    if scenario.rollout:
        by_ring = staged_arcs(graph, circuit, origins)
        kernel = staged(graph, circuit, by_ring)
        rings = np.full(graph.size, share)
        strengths = np.append(low, rings), np.append(middle, rings), np.append(high, rings)
    severity = np.array([o.severity for o in scenario.origins])
    ledger = Ledger(graph, circuit, origins, severity, None if kernel is circuit else kernel)
    drawn = Run.of(graph, kernel, strengths[1], scenario.seed)
    runs = [drawn]
    if not same:
        runs = [drawn.with_strengths(strengths[0]), drawn, drawn.with_strengths(strengths[2])]
    timeline = _timeline(ledger, scenario)
    drew_no_hours = timeline is None or timeline.drawn.certain
    counted, lanes, exact, hours = _answer(ledger, runs, scenario, timeline, watch)
    tally = counted.tally
    on_route = middle[circuit.dependency[circuit.member]]
    if by_ring is not None:
        on_route = np.where(by_ring, on_route * share, on_route)
    routes = _routes(circuit, on_route, origins, lanes)
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
        sure=exact or (drew_no_hours and not any(len(runs[i].uncertain) for i in (0, -1))),
        touched=touched,
        routes=routes,
        node_of=node_of,
        carries=ledger.by_entity(routes.carried(mass, circuit.entity), np.add),
        circuit=circuit,
        lanes=lanes,
        form=counted.form,
        notes=(*notes, *counted.notes),
        hours=hours,
    )


def _answer(
    ledger: Ledger,
    runs: list[Run],
    scenario: Scenario,
    timeline: "Timeline | None",
    watch: Watch | None,
) -> "tuple[Counted, Lanes, bool, HoursDown | None]":
    """The runs added up, the lanes that did it, whether nothing was drawn, and the hours found.

    runs: low, middle and high, or the middle one alone where all are alike
    """
    uncertain = max(len(run.uncertain) for run in runs)
    few = uncertain == 0 or (not scenario.sampled and uncertain <= EXACT)
    exact = few and (timeline is None or timeline.drawn.certain)
    plan = Plan.of(scenario, exact)
    lanes = Lanes(ledger.kernel, -(-plan.worlds // 64), memory=scenario.memory)
    if timeline is None:
        counted = count(ledger, lanes, runs, plan, watch)
        lanes.release(wiring=False)
        return counted, lanes, exact, None
    from knockon.graph.analysis.timed_tallies import tally

    timed = tally(ledger, plan, timeline, runs, watch, scenario.memory)
    counted = Counted(timed, timed.low, timed.high, timed.stopped, timed.notes, timed.form)
    hours = HoursDown(timed.start, timed.down, timed.down_p50, timed.down_p95, timed.curve)
    return counted, lanes, exact, hours


def _timeline(ledger: Ledger, scenario: Scenario) -> "Timeline | None":
    if scenario.hours is None:
        return None
    from knockon.graph.engine.times import Timeline

    return Timeline(
        ledger.graph, ledger.kernel, ledger.origins, scenario.hours, scenario.seed,
        rings=scenario.rollout, halt=scenario.halt, fractional=not ledger.whole,
    )  # fmt: skip


def _routes(circuit: Circuit, strength: Floats, origins: Ints, lanes: Lanes) -> Routes:
    """The routes over a circuit, in the form of the lanes; what these held is let go."""
    wiring = None
    if lanes.compiled:
        wiring = lanes.wiring() if lanes.circuit is circuit else Wiring.of(circuit)
    lanes.release()
    return find_routes(circuit, strength, origins, wiring)


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
