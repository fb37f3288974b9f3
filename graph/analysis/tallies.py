"""From lanes to figures: the runs of a scenario over the same worlds, added up block by block."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import cpu_count

import numpy as np

from knockon.graph.analysis.place import count_worlds
from knockon.graph.analysis.plan import BYTES_OF_A_WORLD, Plan, Watch, partial_note
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.sampling import (
    find_drawn,
    find_error,
    find_share_errors,
    find_shares,
)
from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.executor import Workspace
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.layout import Drawing, Worlds
from knockon.graph.engine.kernels.losses_numpy import spread_loss
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.memory import hold
from knockon.graph.engine.sums import add_up, weight_hit, weight_lanes, weight_rows
from knockon.graph.engine.worlds import Block, Run, blocks_of


def spread_losses(
    prepared: Prepared, lanes: Lanes, run: Run, block: Block, drawing: Drawing | None
) -> Floats:
    """(E, L) loss of each entity in each lane, in the form of the lanes."""
    if drawing is not None:
        x = _compiled_losses(prepared, lanes, run, block, drawing)
    else:
        start = np.zeros((len(prepared.kernel.entity), len(block.weight)))
        start[prepared.origins] = prepared.severity[:, None]
        live, stuck = (unpack(w, len(block.weight)) for w in run.live_and_stuck(block))
        none = np.zeros(0, np.int64)
        x = spread_loss(prepared.kernel, prepared.share, live, stuck, start, none)
    return prepared.nodes.join(x, np.maximum)


def _compiled_losses(
    prepared: Prepared, lanes: Lanes, run: Run, block: Block, drawing: Drawing
) -> Floats:
    from knockon.graph.engine.kernels import losses_numba as kernel

    wiring, count = lanes.wiring(), len(block.weight)
    share = prepared.share[prepared.kernel.member[wiring.arc]]
    stakes = kernel.Stakes.of(wiring, share, prepared.origins, prepared.severity)
    worlds = Worlds.of(block.first, block.given(run.sharing))
    shared = kernel.Shared(wiring, drawing, worlds, stakes)
    cores = min(cpu_count() or 1, count)
    kernel.losses_kernel.load()
    out = np.empty((len(prepared.kernel.entity), count))
    for part, x in lanes.executor.run(
        kernel.spread_loss, shared, np.array_split(np.arange(count), cores), workers=cores,
        workspace=Workspace(kernel.Scratch.of, kernel.size_scratch(wiring)),
    ):  # fmt: skip
        out[:, part] = x.T
    return out


class Mass:
    """In how many lanes, by weight, each entity is hit."""

    def __init__(self, prepared: Prepared, lanes: Lanes, run: Run) -> None:
        self.prepared, self.lanes, self.run = prepared, lanes, run
        self.mass = np.zeros(len(prepared.nodes.entity))

    def add(self, block: Block, nodes: Words) -> Words:
        """Count a block; the lanes (E, W) in which each entity is hit."""
        hit = self.prepared.nodes.join(nodes, np.bitwise_or)
        weight_hit(self.mass, hit, block.weight)
        return hit

    def probability(self, lanes: float, *, exact: bool) -> Floats:
        """(E,) the share of so much weight in which each entity is hit; exact: of every case."""
        return find_shares(self.mass, lanes, exact=exact)

    def worst_error(self, lanes: float) -> float:
        """The largest standard error of a probability after so many worlds, guarded for all: an
        entity that was never hit, or always, is not taken for certain."""
        return float(find_error(self.mass, lanes).max(initial=0.0))


class Tally(Mass):
    """All figures of a run: hits, loss and impact, and totals lane by lane, without origins."""

    def __init__(self, prepared: Prepared, lanes: Lanes, run: Run) -> None:
        super().__init__(prepared, lanes, run)
        self.lost, self.lost2 = np.zeros((2, len(prepared.nodes.entity)))
        self.parts: list[tuple[Floats, Floats, Floats]] = []
        self.drawing: Drawing | None = None

    def add(self, block: Block, nodes: Words) -> Words:
        """Count a block with all its figures."""
        hit, w, prepared = super().add(block, nodes), block.weight, self.prepared
        if prepared.whole:
            total = add_up(hit, prepared.at_stake_of_others, len(w))
        else:  # hits do not follow from losses, which may be too small for a float
            if self.drawing is None and self.lanes.compiled:
                self.drawing = self.lanes.drawing(self.run, given=block.cases is not None)
            x = spread_losses(prepared, self.lanes, self.run, block, self.drawing)
            weight_lanes(self.lost, x, w)
            weight_lanes(self.lost2, x * x, w)
            total = weight_rows(x, prepared.at_stake_of_others)
        self.parts.append((total, add_up(hit, prepared.others, len(w)), w))
        return hit

    def draw(self, blocks: Iterable[Block]) -> None:
        """Count blocks of random worlds; where all lose alike, where they run."""
        prepared, lanes = self.prepared, self.lanes
        if prepared.alike is None:
            for block, nodes in lanes.close(self.run, blocks, prepared.origins):
                self.add(block, nodes)
            return
        stakes = Stakes(
            prepared.nodes, prepared.at_stake_of_others, prepared.others, prepared.alike
        )  # fmt: skip
        for block, counts in count_worlds(lanes, self.run, blocks, stakes, prepared.origins):
            self.mass += counts.mass
            if counts.lost is not None:
                for word in range(counts.lost.shape[2]):  # in the order of `sums.weight_lanes`
                    self.lost += counts.lost[0, :, word]
                    self.lost2 += counts.lost[1, :, word]
            self.parts.append((counts.total, counts.hits, block.weight))

    def figures(self, lanes: float, drawn: Bools | None) -> "Figures":
        """The figures after so much weight of lanes. drawn: (E,) entities that draws matter to;
        None where every case was looked at."""
        whole = self.prepared.whole
        totals, hits, weights = (np.concatenate(p) for p in zip(*self.parts, strict=True))
        mass = self.probability(lanes, exact=drawn is None)
        lost, lost2 = (mass, mass) if whole else (self.lost / lanes, self.lost2 / lanes)
        stake = self.prepared.at_stake
        with np.errstate(invalid="ignore", divide="ignore"):
            loss = np.where(mass > 0, lost / mass, np.nan)
        error = impact_error = np.zeros(len(mass))
        if drawn is not None:
            error = find_share_errors(self.mass, lanes, drawn)
            spread = np.sqrt(np.maximum(lost2 - lost * lost, 0) / lanes)
            impact_error = stake * np.maximum(spread, error * np.where(mass > 0, loss, 1.0))
        return Figures(
            mass,
            error,
            loss,
            stake * lost,
            impact_error,
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

    def with_exact(self, rows: Ints, probability: Floats, prepared: Prepared) -> "Figures":
        """The same with exact probabilities of some entities; also their impact, where whatever is
        lost is lost whole."""
        middle, error = self.middle.copy(), self.std_error.copy()
        middle[rows], error[rows] = probability, 0.0
        if not prepared.whole:
            return replace(self, middle=middle, std_error=error)
        loss, impact, impact_error = (
            x.copy() for x in (self.loss, self.impact, self.impact_std_error)
        )
        impact[rows], impact_error[rows] = prepared.at_stake[rows] * probability, 0.0
        loss[rows] = np.where(probability > 0, 1.0, np.nan)
        return replace(
            self, middle=middle, std_error=error, loss=loss, impact=impact,
            impact_std_error=impact_error,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Counted:
    """The runs added up: figures at the assumed strengths, and at the outer ones.

    stopped: by the watch, before all worlds were drawn
    """

    tally: Figures
    low: Figures
    high: Figures
    stopped: bool
    notes: tuple[str, ...]
    form: str


def count(prepared: Prepared, lanes: Lanes, plan: Plan, watch: Watch | None) -> Counted:
    """Add up the runs, low, middle and high over the same worlds; or the middle one alone."""
    hold(BYTES_OF_A_WORLD * plan.worlds, lanes.memory)
    runs = prepared.runs
    middle = Tally(prepared, lanes, prepared.run)
    outer = [Tally(prepared, lanes, run) for run in (runs[0], runs[-1])] if len(runs) > 1 else []
    every = [middle, *outer]
    alike = prepared.whole or not (plan.exact or prepared.alike is None)
    words, at = lanes.words(fractional=not alike), prepared.origins
    if plan.exact:
        for tally in every:
            for block, nodes in lanes.close(tally.run, plan.blocks(tally.run, words), at):
                tally.add(block, nodes)
        done, stopped = 1, False
        notes: list[str] = []
    else:
        done, stopped, notes = _draw(lanes, every, plan, words, watch)
    drawn = None if plan.exact else find_drawn(prepared, lanes, prepared.run)
    figures = middle.figures(done, drawn)
    low, high = (t.figures(done, drawn) for t in outer) if outer else (figures, figures)
    return Counted(
        figures,
        low,
        high,
        stopped,
        (*notes, *lanes.notes, *lanes.executor.notes),
        lanes.form,
    )


def _draw(
    lanes: Lanes, every: Sequence[Tally], plan: Plan, words: int, watch: Watch | None
) -> tuple[int, bool, list[str]]:
    """Draw worlds until there are enough, or the watch stops it: how many, whether, notes."""
    done, step = 0, words * lanes.executor.at_a_time
    for stage in plan.stages():
        while 64 * done < min(64 * stage, plan.worlds):
            until = min(done + step, stage)
            for tally in every:
                tally.draw(blocks_of(min(64 * until, plan.worlds), words, done))
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
