"""The spread of one scenario: low, assumed and high runs over the same worlds, tallied."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from knockon.graph.arrays import Bools, Floats, Ints, Words, distinct
from knockon.graph.circuit import Circuit, build_circuit
from knockon.graph.closure import unpack
from knockon.graph.graph import DependencyGraph
from knockon.graph.lanes import Lanes, add_up, weight_hit
from knockon.graph.losses import spread_loss
from knockon.graph.rollout import covered, staged, staged_arcs
from knockon.graph.routes import Routes, find_routes
from knockon.graph.scenario import WORLDS, Scenario
from knockon.graph.worlds import EXACT, Block, Run

if TYPE_CHECKING:
    from knockon.graph.timed import TimedTally
    from knockon.graph.timeline import Timeline

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Spread:
    """What a scenario does, for the entities within its reach.

    entity: (E,) ascending numbers; origin: (E,) bool
    low, middle, high: (E,) probability with unknown strengths at 0, `assume`, 1
    loss: (E,) mean over the worlds that hit it (nan where none does); impact: (E,) mean of
    weight * loss over all worlds; the std_errors are 0 where nothing was drawn
    total, hits: (L,) impact and number of entities hit without origins, world by world, and
    weight (L,) of each world; lanes: worlds or cases of the middle run; exact: nothing was drawn
    touched: (T,) entities that depend on one within reach, but are themselves out of reach
    hours: what was found of times, where the scenario has hours; impact and total then are
    mean and sum of weight * loss * hours down, and hit means down at some time
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
    touched: Ints
    routes: Routes
    node_of: Ints  # (E,) the node on whose chain each entity is shown
    carries: Floats
    circuit: Circuit
    form: str  # of the lane kernel that ran: numpy or numba
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


def spread(graph: DependencyGraph, scenario: Scenario) -> Spread:
    """Spread the failure through the graph: the least fixpoint of every world."""
    whole, notes = build_circuit(graph, scenario.mode, scenario.rules)
    if scenario.hours is not None:
        from knockon.graph.timeline import with_switches

        whole = with_switches(graph, whole)
    n = len(graph.ids)
    stated = graph.dependencies["probability"].to_numpy()
    unknown = np.isnan(stated)
    low, middle, high = (np.where(unknown, q, stated) for q in (0.0, scenario.assume, 1.0))
    failing = np.array([graph.find(o.id) for o in scenario.origins], np.int64)
    safe = np.flatnonzero(np.isin(whole.entity, [graph.find(p) for p in scenario.protect]))
    reached = _reach(whole, high, failing, safe)
    circuit, nodes = whole.within(reached, high > 0)
    origins = np.searchsorted(nodes, failing)
    strength = middle[circuit.dependency[circuit.member]]
    kernel, share = circuit, covered(scenario.rollout, scenario.halt)
    if scenario.rollout:
        by_ring = staged_arcs(graph, circuit, origins)
        kernel = staged(graph, circuit, by_ring)
        strength = np.where(by_ring, strength * share, strength)
    draws = [np.append(q, np.full(n, share)) for q in (low, middle, high)]
    runs = [Run.of(graph, kernel, q, scenario.seed) for q in draws]
    severity = np.array([o.severity for o in scenario.origins])
    job = Job(graph, circuit, kernel, origins, severity, scenario, runs)
    same = not unknown[circuit.dependency].any()
    tally, found, hours, more = job.answer(runs[1:2] if same else runs)
    routes = find_routes(circuit, strength, origins)
    node_of = job.best_nodes(routes)
    is_origin = np.isin(job.entity, failing)
    mass = np.zeros(len(circuit.entity))
    mass[node_of] = np.where(is_origin, 0.0, tally.middle)
    return Spread(
        entity=job.entity,
        origin=is_origin,
        low=np.minimum(found[0], tally.middle),  # sums of floats may differ in the last digit
        middle=tally.middle,
        high=np.maximum(found[1], tally.middle),
        std_error=tally.std_error,
        loss=tally.loss,
        impact=tally.impact,
        impact_std_error=tally.impact_std_error,
        total=tally.total,
        hits=tally.hits,
        weight=tally.weight,
        exact=job.exact,
        touched=_touched(whole, reached, n),
        routes=routes,
        node_of=node_of,
        carries=job.by_entity(routes.carried(mass), np.add),
        circuit=circuit,
        form=tally.form,
        notes=(*notes, *(job.lanes.notes if hours is None else more)),
        hours=hours,
    )


def _reach(circuit: Circuit, high: Floats, failing: Ints, safe: Ints) -> Bools:
    """(N,) nodes that some world can hit: one lane in which all that can transmit does."""
    live, stuck = high[circuit.dependency] > 0, circuit.switch_of >= 0
    # node numbers of the scenario's own mode are entity numbers
    return Lanes(circuit, 1).reach(live, stuck, failing, safe)


def _touched(circuit: Circuit, reached: Bools, n: int) -> Ints:
    target = circuit.node[circuit.group[circuit.member]]
    beside = distinct(circuit.entity[target[reached[circuit.provider]]])
    return np.setdiff1d(beside, circuit.entity[reached])


@dataclass(frozen=True, eq=False)
class _Tally:
    middle: Floats
    std_error: Floats
    loss: Floats
    impact: Floats
    impact_std_error: Floats
    total: Floats
    hits: Floats
    weight: Floats
    form: str


class Job:
    """One circuit, its origins, and the way from lanes to figures.

    circuit: as it is shown; kernel: as it runs, with the nodes of rings after all others
    """

    def __init__(
        self, graph: DependencyGraph, circuit: Circuit, kernel: Circuit, origins: Ints,
        severity: Floats, scenario: Scenario, runs: list[Run],
    ) -> None:  # fmt: skip
        self.graph, self.circuit, self.kernel, self.scenario = graph, circuit, kernel, scenario
        self.origins, self.severity = origins, severity
        self.order = np.argsort(circuit.entity, kind="stable")
        self.entity, self.first = np.unique(circuit.entity[self.order], return_index=True)
        loss = np.append(graph.dependencies["loss"].to_numpy(), np.ones(len(graph.ids)))
        self.share = loss[kernel.dependency]
        self.whole = bool((self.share == 1).all() and (severity == 1).all())
        self.at_stake = graph.entities["weight"].to_numpy()[self.entity]
        self.others = ~np.isin(self.entity, circuit.entity[origins])
        self.timeline = self._timeline()
        uncertain = max(len(r.uncertain) for r in runs)
        self.exact = (self.timeline is None or self.timeline.drawn.certain) and (
            uncertain == 0 or (scenario.worlds is None and uncertain <= EXACT)
        )
        self.lanes = Lanes(kernel, 1 if self.exact else -(-self.worlds // 64))

    def _timeline(self) -> "Timeline | None":
        if self.scenario.hours is None:
            return None
        from knockon.graph.timeline import Timeline

        return Timeline(
            self.graph, self.kernel, self.origins, self.scenario.hours, self.scenario.seed,
            rings=self.scenario.rollout, halt=self.scenario.halt, fractional=not self.whole,
        )  # fmt: skip

    def answer(
        self, runs: list[Run]
    ) -> "tuple[_Tally | TimedTally, list[Floats], HoursDown | None, tuple[str, ...]]":
        """Figures of the middle run, probabilities of the low and the high one, hours, notes.

        runs: low, middle and high, or the middle one alone where all are alike
        """
        middle = runs[len(runs) // 2]
        if self.timeline is None:
            tally = self.tally(middle)
            others = [self.probability(run) for run in (runs[0], runs[-1]) if run is not middle]
            return tally, others or [tally.middle, tally.middle], None, ()
        from knockon.graph.timed import tally as tally_times

        timed = tally_times(self, self.timeline, runs)
        hours = HoursDown(timed.start, timed.down, timed.down_p50, timed.down_p95, timed.curve)
        return timed, [timed.low, timed.high], hours, timed.notes

    @property
    def worlds(self) -> int:
        return self.scenario.worlds or WORLDS

    @property
    def mass(self) -> float:
        """What the weights of all lanes of a run sum to."""
        return 1.0 if self.exact else float(self.worlds)

    def by_entity(self, of_nodes: npt.NDArray[T], how: np.ufunc) -> npt.NDArray[T]:
        """The values of an entity's nodes joined into one."""
        joined: npt.NDArray[T] = how.reduceat(of_nodes[self.order], self.first, axis=0)
        return joined

    def best_nodes(self, routes: Routes) -> Ints:
        """(E,) the node of each entity with the most probable chain."""
        rank = np.lexsort((routes.depth, routes.cost, routes.zeros, self.circuit.entity))
        return rank[np.unique(self.circuit.entity[rank], return_index=True)[1]]

    def closed(self, run: Run) -> Iterator[tuple[Block, Words]]:
        """Every block of the run, with the (N, W) worlds in which each node is hit."""
        blocks = self.blocks(run, self.lanes.words(fractional=not self.whole))
        return self.lanes.close(run, blocks, self.origins)

    def blocks(self, run: Run, words: int) -> Iterator[Block]:
        """The worlds or cases of the run, `words` times 64 at a time."""
        return run.every_case(words) if self.exact else run.random_worlds(self.worlds, words)

    def probability(self, run: Run) -> Floats:
        """(E,) share of the lanes' weight in which each entity is hit."""
        found = np.zeros(len(self.entity))
        for block, nodes in self.closed(run):
            found += weight_hit(self.by_entity(nodes, np.bitwise_or), block.weight)
        return np.clip(found / self.mass, 0, 1)

    def losses(self, run: Run, block: Block) -> Floats:
        """(E, L) loss of each entity in each lane."""
        lanes = len(block.weight)
        start = np.zeros((len(self.kernel.entity), lanes))
        start[self.origins] = self.severity[:, None]
        live, stuck = (unpack(words, lanes) for words in run.live_and_stuck(block))
        none = np.zeros(0, np.int64)
        x = spread_loss(self.kernel, self.share, live, stuck, start, none)
        return self.by_entity(x, np.maximum)

    def tally(self, run: Run) -> _Tally:
        """All figures of the middle run: probability, loss and impact, and totals lane by lane."""
        e, parts = len(self.entity), []
        mass, lost, lost2 = np.zeros(e), np.zeros(e), np.zeros(e)
        others = self.others.astype(float)
        for block, nodes in self.closed(run):
            hit, w = self.by_entity(nodes, np.bitwise_or), block.weight
            mass += weight_hit(hit, w)
            if self.whole:
                total = add_up(hit, self.at_stake, len(w))
            else:  # hits do not follow from losses, which may be too small for a float
                x = self.losses(run, block)
                lost += x @ w
                lost2 += (x * x) @ w
                total = self.at_stake @ x
            parts.append((total, add_up(hit, others, len(w)), w))
        if self.whole:
            lost, lost2 = mass, mass
        totals, hits, weights = (np.concatenate(p) for p in zip(*parts, strict=True))
        mass, lost, lost2 = np.clip(mass / self.mass, 0, 1), lost / self.mass, lost2 / self.mass
        drawn = 0.0 if self.exact else 1 / self.worlds
        spread2 = np.maximum(lost2 - lost * lost, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            loss = np.where(mass > 0, lost / mass, np.nan)
        return _Tally(
            mass,
            np.sqrt(mass * (1 - mass) * drawn),
            loss,
            self.at_stake * lost,
            self.at_stake * np.sqrt(spread2 * drawn),
            totals,
            hits,
            weights / self.mass,
            self.lanes.form,
        )
