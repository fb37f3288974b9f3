"""From lanes to figures: the runs of a scenario over the same worlds, added up block by block."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.losses_numpy import spread_loss
from knockon.graph.engine.lanes import Lanes, add_up, weight_hit
from knockon.graph.engine.memory import hold
from knockon.graph.engine.routes import Routes
from knockon.graph.engine.wiring import WORDS, Drawing
from knockon.graph.engine.worlds import Block, Run, blocks_of
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import WORLDS, Scenario

Watch: TypeAlias = Callable[[int, int], bool]  # worlds done, worlds in all; False stops the run
T = TypeVar("T", bound=np.generic)
OF_A_WORLD = 48  # bytes: impact, hits and weight, and the same put together
_FIRST_LOOK = 16  # words drawn before precision is looked at; then after twice as many, and so on


@dataclass(frozen=True)
class Plan:
    """How many worlds are drawn: at most `worlds`; fewer where `precision` is reached before.

    exact: every case is looked at instead
    """

    worlds: int
    precision: float | None
    exact: bool

    @classmethod
    def of(cls, scenario: Scenario, exact: bool) -> "Plan":
        """What a scenario asks for. No probability needs more than (1/2 / precision)^2 worlds."""
        if exact or scenario.precision is None:
            return cls(64 if exact else scenario.worlds or WORLDS, None, exact)
        most = int(np.ceil((0.5 / scenario.precision) ** 2)) + 8  # that many for the guarded error
        return cls(64 * -(-most // 64), scenario.precision, exact)

    def blocks(self, run: Run, words: int) -> Iterator[Block]:
        """The worlds or cases of a run, `words` times 64 at a time."""
        return run.every_case(words) if self.exact else run.random_worlds(self.worlds, words)

    def stages(self) -> Iterator[int]:
        """How many words are drawn when precision is looked at."""
        words, every = _FIRST_LOOK, -(-self.worlds // 64)
        while self.precision is not None and words < every:
            yield words
            words *= 2
        yield every


class Ledger:
    """A circuit and its origins, and the way from lanes to figures of entities.

    circuit: as it is shown; kernel: as it runs, with the nodes of rings after all others
    entity: (E,) ascending numbers of the entities within reach
    """

    def __init__(
        self, graph: DependencyGraph, circuit: Circuit, origins: Ints, severity: Floats,
        kernel: Circuit | None = None,
    ) -> None:  # fmt: skip
        self.graph, self.circuit, self.origins, self.severity = graph, circuit, origins, severity
        self.kernel = kernel or circuit
        of_node = circuit.entity
        self.one_each = bool((of_node[1:] > of_node[:-1]).all())  # a node an entity, in order
        self.order = np.argsort(of_node, kind="stable")
        self.entity, self.first = np.unique(of_node[self.order], return_index=True)
        self.share = _shares(graph, self.kernel.dependency)
        self.whole = bool((self.share == 1).all() and (severity == 1).all())
        self.at_stake = graph.entities["weight"].to_numpy()[self.entity]
        self.others = (~np.isin(self.entity, circuit.entity[origins])).astype(float)

    def by_entity(self, of_nodes: npt.NDArray[T], how: np.ufunc) -> npt.NDArray[T]:
        """The values of an entity's nodes joined into one; those of rings are left out."""
        if self.one_each:
            return np.ascontiguousarray(of_nodes[: len(self.entity)])  # sums go by layout
        joined: npt.NDArray[T] = how.reduceat(of_nodes[self.order], self.first, axis=0)
        return joined

    def best_nodes(self, routes: Routes) -> Ints:
        """(E,) the node of each entity with the most probable chain."""
        if self.one_each:
            return np.arange(len(self.entity))
        rank = np.lexsort((routes.depth, routes.cost, routes.zeros, self.circuit.entity))
        return rank[np.unique(self.circuit.entity[rank], return_index=True)[1]]

    def losses(self, lanes: Lanes, run: Run, block: Block, drawing: Drawing | None) -> Floats:
        """(E, L) loss of each entity in each lane, in the form of the lanes."""
        if drawing is not None:
            x = self._compiled_losses(lanes, block, drawing)
        else:
            start = np.zeros((len(self.kernel.entity), len(block.weight)))
            start[self.origins] = self.severity[:, None]
            live, stuck = (unpack(w, len(block.weight)) for w in run.live_and_stuck(block))
            none = np.zeros(0, np.int64)
            x = spread_loss(self.kernel, self.share, live, stuck, start, none)
        return self.by_entity(x, np.maximum)

    def _compiled_losses(self, lanes: Lanes, block: Block, drawing: Drawing) -> Floats:
        from knockon.graph.engine.kernels.losses_numba import world_losses

        wiring, count = lanes.wiring(), len(block.weight)
        loss = self.share[self.kernel.member[wiring.arc]]
        given = np.zeros((0, WORDS), np.uint64) if block.cases is None else block.cases
        out = np.empty((count, len(self.kernel.entity)))
        cores = min(cpu_count() or 1, count)

        def work(part: Ints) -> None:
            world_losses(
                wiring, drawing, given, loss, block.first, part, self.origins, self.severity, out
            )

        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, np.array_split(np.arange(count), cores)))
        return np.ascontiguousarray(out.T)


def _shares(graph: DependencyGraph, dependency: Ints) -> Floats:
    """(M,) share of the dependent's function that rides on each member."""
    if graph.dependencies.select((pl.col("loss") == 1).all()).item():
        return np.broadcast_to(1.0, dependency.shape)
    loss = graph.dependencies["loss"].to_numpy()
    if dependency.max(initial=0) >= len(loss):
        loss = np.append(loss, np.ones(graph.size))  # a ring passes on all of it
    return loss[dependency]


class Mass:
    """In how many lanes, by weight, each entity is hit."""

    def __init__(self, ledger: Ledger, lanes: Lanes, run: Run) -> None:
        self.ledger, self.lanes, self.run = ledger, lanes, run
        self.mass = np.zeros(len(ledger.entity))

    def add(self, block: Block, nodes: Words) -> Words:
        """Count a block; the lanes (E, W) in which each entity is hit."""
        hit = self.ledger.by_entity(nodes, np.bitwise_or)
        self.mass += weight_hit(hit, block.weight)
        return hit

    def probability(self, lanes: float) -> Floats:
        """(E,) the share of so much weight in which each entity is hit."""
        return np.clip(self.mass / lanes, 0, 1)

    def worst_error(self, lanes: float) -> float:
        """The largest standard error of a probability after so many worlds.

        With two worlds more of either outcome (Agresti and Coull 1998), so that an entity that
        was never hit, or always, is not taken for certain.
        """
        p = (self.mass + 2) / (lanes + 4)
        return float(np.sqrt(p * (1 - p) / (lanes + 4)).max(initial=0.0))


class Tally(Mass):
    """All figures of the middle run: hits, loss and impact, and totals lane by lane."""

    def __init__(self, ledger: Ledger, lanes: Lanes, run: Run) -> None:
        super().__init__(ledger, lanes, run)
        self.lost, self.lost2 = np.zeros((2, len(ledger.entity)))
        self.parts: list[tuple[Floats, Floats, Floats]] = []
        self.drawing: Drawing | None = None

    def add(self, block: Block, nodes: Words) -> Words:
        """Count a block with all its figures."""
        hit, w, ledger = super().add(block, nodes), block.weight, self.ledger
        if ledger.whole:
            total = add_up(hit, ledger.at_stake, len(w))
        else:  # hits do not follow from losses, which may be too small for a float
            if self.drawing is None and self.lanes.compiled:
                self.drawing = self.lanes.drawing(self.run, given=block.cases is not None)
            x = ledger.losses(self.lanes, self.run, block, self.drawing)
            self.lost += x @ w
            self.lost2 += (x * x) @ w
            total = ledger.at_stake @ x
        self.parts.append((total, add_up(hit, ledger.others, len(w)), w))
        return hit

    def figures(self, lanes: float, exact: bool) -> "Figures":
        """The figures after so much weight of lanes."""
        whole = self.ledger.whole
        totals, hits, weights = (np.concatenate(p) for p in zip(*self.parts, strict=True))
        mass = self.probability(lanes)
        lost, lost2 = (mass, mass) if whole else (self.lost / lanes, self.lost2 / lanes)
        drawn = 0.0 if exact else 1 / lanes
        spread2 = np.maximum(lost2 - lost * lost, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            loss = np.where(mass > 0, lost / mass, np.nan)
        stake = self.ledger.at_stake
        return Figures(
            mass,
            np.sqrt(mass * (1 - mass) * drawn),
            loss,
            stake * lost,
            stake * np.sqrt(spread2 * drawn),
            totals,
            hits,
            weights / lanes,
        )


@dataclass(frozen=True, eq=False)
class Figures:
    """(E,) by entity, and (L,) by lane: what `Spread` says of them."""

    middle: Floats
    std_error: Floats
    loss: Floats
    impact: Floats
    impact_std_error: Floats
    total: Floats
    hits: Floats
    weight: Floats


@dataclass(frozen=True, eq=False)
class Counted:
    """The runs added up: figures at the assumed strengths, probabilities at the outer ones.

    stopped: by the watch, before all worlds were drawn
    """

    tally: Figures
    low: Floats
    high: Floats
    stopped: bool
    notes: tuple[str, ...]
    form: str


def partial_note(drawn: int, asked: int) -> str:
    """What an answer says that was stopped before all worlds were drawn."""
    return f"partial: stopped after {drawn:,} of {asked:,} random worlds"


def count(
    ledger: Ledger, lanes: Lanes, runs: Sequence[Run], plan: Plan, watch: Watch | None
) -> Counted:
    """Add up the runs, low, middle and high over the same worlds; or the middle one alone."""
    hold(OF_A_WORLD * plan.worlds, lanes.memory)
    middle = Tally(ledger, lanes, runs[len(runs) // 2])
    outer = [Mass(ledger, lanes, run) for run in (runs[0], runs[-1])] if len(runs) > 1 else []
    every: list[Mass] = [middle, *outer]
    words, at = lanes.words(fractional=not ledger.whole), ledger.origins
    if plan.exact:
        for tally in every:
            for block, nodes in lanes.close(tally.run, plan.blocks(tally.run, words), at):
                tally.add(block, nodes)
        done, stopped = 1, False
        notes: list[str] = []
    else:
        done, stopped, notes = _draw(ledger, lanes, every, plan, words, watch)
    figures = middle.figures(done, plan.exact)
    low, high = (m.probability(done) for m in outer) if outer else (figures.middle,) * 2
    return Counted(figures, low, high, stopped, (*notes, *lanes.notes), lanes.form)


def _draw(
    ledger: Ledger, lanes: Lanes, every: Sequence[Mass], plan: Plan, words: int,
    watch: Watch | None,
) -> tuple[int, bool, list[str]]:  # fmt: skip
    """Draw worlds until there are enough, or the watch stops it: how many, whether, notes."""
    done, step = 0, words * (cpu_count() or 1)
    for stage in plan.stages():
        while 64 * done < min(64 * stage, plan.worlds):
            until = min(done + step, stage)
            for tally in every:
                part = blocks_of(min(64 * until, plan.worlds), words, done)
                for block, nodes in lanes.close(tally.run, part, ledger.origins):
                    tally.add(block, nodes)
            done = until
            drawn = min(64 * done, plan.worlds)
            if watch and not watch(drawn, plan.worlds) and drawn < plan.worlds:
                return drawn, True, [partial_note(drawn, plan.worlds)]
        drawn = min(64 * done, plan.worlds)
        error = max(tally.worst_error(drawn) for tally in every)
        if plan.precision is not None and error <= plan.precision:
            return drawn, False, [
                f"precision {plan.precision:g}: {drawn:,} random worlds were enough, the largest "
                f"standard error of a probability is {error:.2g}"
            ]  # fmt: skip
    return plan.worlds, False, []
