"""What the times of all worlds come to: how likely, from when, for how long, and at what cost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.down_curves import Curves
from knockon.graph.analysis.plan import BYTES_OF_A_WORLD, Plan, Watch, partial_note
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.sampling import find_drawn, find_share_errors, find_shares
from knockon.graph.analysis.tallies import Figures
from knockon.graph.analysis.unordered import find_unordered
from knockon.graph.arrays import Bools, Floats
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.kernels.losses_numpy import spread_loss
from knockon.graph.engine.kernels.times_shape import NOTHING, SWITCHED
from knockon.graph.engine.lanes import MISSED, Lanes
from knockon.graph.engine.memory import hold
from knockon.graph.engine.sums import weight_lanes, weight_rows
from knockon.graph.engine.times import Timeline, Times
from knockon.graph.engine.worlds import Block, Run
from knockon.graph.errors import clip, some
from knockon.graph.model.hours import LONGEST

_KEPT = 1 << 25  # intervals kept for percentiles: 256 MiB


@dataclass(frozen=True, eq=False)
class TimedTally(Figures):
    """The figures of a run with times: those of a run without, and more.

    low, high: (E,) probability with unknown strengths at 0 and 1; outer_totals: (L,) of these runs
    start, down: (E,) mean hours over the worlds that hit it, down_p50, down_p95: percentiles of
    the same; nan where none does. curve: frame `hours`, `kind`, `down`, `down_low`, `down_high`
    """

    low: Floats
    high: Floats
    outer_totals: tuple[Floats, Floats]
    start: Floats
    down: Floats
    down_p50: Floats
    down_p95: Floats
    curve: pl.DataFrame
    notes: tuple[str, ...]
    form: str = "numpy"
    stopped: bool = False


def count_times(
    prepared: Prepared, plan: Plan, timeline: Timeline, watch: Watch | None = None
) -> TimedTally:
    """All figures of a question with hours.

    Entities behind a place that keeps no order (`unordered`) get the range from 0 to 1: nothing
    narrower is known of them, and they are named in a note.
    """
    hold(BYTES_OF_A_WORLD * plan.worlds, prepared.scenario.memory)
    sums, runs, base = _Sums(prepared), prepared.runs, prepared.run
    paying = timeline.pays(1 << len(base.uncertain) if plan.exact else plan.worlds)
    compiled = (paying or prepared.scenario.on is not None) and compiled_form_is_there()

    def times(run: Run) -> Iterator[tuple[Block, Times]]:
        blocks = (_seen_by(run, base, b) for b in plan.blocks(base, timeline.words))
        return timeline.times(run, blocks, compiled=compiled)

    unordered = find_unordered(prepared, timeline) if len(runs) > 1 else prepared.is_origin & False
    done = 0
    for parts in zip(*map(times, runs), strict=True):
        block = parts[len(parts) // 2][0]
        harms = [
            _find_harm(prepared, times, losses(prepared, timeline, run, part, times))
            for (part, times), run in zip(parts, runs, strict=True)
        ]
        sums.add(block, harms[len(harms) // 2])
        if len(parts) > 1:
            sums.bound(block, harms, unordered)
            sums.curves.bound(block.weight, [times for _, times in parts], unordered)
        done += len(block.weight)
        if watch and not plan.exact and not watch(done, plan.worlds) and done < plan.worlds:
            break
    stopped = not plan.exact and done < plan.worlds
    drawn = None
    if not plan.exact:
        drawn = find_drawn(prepared, Lanes(prepared.kernel, 1), base)
        if not timeline.drawn.certain:  # whether it is down at all may hang on hours
            drawn |= ~prepared.is_origin
    figures = sums.figures(1.0 if plan.exact else float(done), drawn, both=len(runs) > 1)
    notes = [*figures.notes, *([MISSED] if paying and not compiled else [])]
    notes += timeline.executor.notes if compiled else ()
    if unordered.any():
        figures = replace(
            figures,
            low=np.where(unordered, 0.0, figures.low),
            high=np.where(unordered, 1.0, figures.high),
        )
        notes.append(_name_unordered(prepared, unordered))
    if stopped:
        notes.append(partial_note(done, plan.worlds))
    elif plan.precision is not None:
        notes.append(f"precision {plan.precision:g}: {done:,} random worlds, enough for any chance")
    form = "numba" if compiled else "numpy"
    return replace(figures, form=form, stopped=stopped, notes=tuple(notes))


def find_harms(
    prepared: Prepared, timeline: Timeline, runs: Sequence[Run], base: Run, plan: Plan, *,
    compiled: bool,
) -> Iterator[tuple[Floats, list[tuple[Bools, Floats]]]]:  # fmt: skip
    """The weights (L,) of each block, and for each run who is hit, (E, L), and its loss times the
    hours that it is down; the worlds or cases are those of the base run."""

    def times(run: Run) -> Iterator[tuple[Block, Times]]:
        blocks = (_seen_by(run, base, b) for b in plan.blocks(base, timeline.words))
        return timeline.times(run, blocks, compiled=compiled)

    for parts in zip(*map(times, runs), strict=True):
        yield (
            parts[0][0].weight,
            [
                (harm.hit, harm.harm)
                for (part, times), run in zip(parts, runs, strict=True)
                for harm in [
                    _find_harm(prepared, times, losses(prepared, timeline, run, part, times))
                ]
            ],
        )


def _name_unordered(prepared: Prepared, unordered: Bools) -> str:
    names = prepared.graph.entities["name"].gather(prepared.nodes.entity[unordered])
    return (
        "outages in cycles and of switches can be shorter where more fails: what an unknown "
        f"strength does there is not known, and the range is 0 to 1, for {len(names):,}: "
        f"{some(clip(n, 60) for n in names)}"
    )


def _seen_by(run: Run, middle: Run, block: Block) -> Block:
    """The cases of the middle run for one with fewer uncertain draws."""
    if block.cases is None:
        return block
    rows = np.searchsorted(middle.uncertain, run.uncertain)
    return replace(block, cases=block.cases[rows])


def losses(
    prepared: Prepared, timeline: Timeline, run: Run, block: Block, times: Times
) -> Floats | None:
    """(E, L) loss of each entity, None where all that is down is lost whole.

    As in a world without times, but that a member is lost where it counts, and a group that no
    break and no switch has brought down takes nothing.
    """
    if times.counts is None or times.state is None:
        return None
    c, lanes = timeline.circuit, len(block.weight)
    _, stuck = (unpack(words, lanes) for words in run.live_and_stuck(block))
    takes = (c.threshold == 1)[:, None] | (times.state != NOTHING)
    start = np.zeros((len(c.entity), lanes))
    start[prepared.origins] = prepared.severity[:, None]
    live = times.counts & takes[c.group]
    stuck = stuck | (times.state == SWITCHED)
    x = spread_loss(c, prepared.share, live, stuck, start, np.zeros(0, np.int64))
    return prepared.nodes.join(x, np.maximum)


class _Harm(NamedTuple):
    """(E, L) who is hit; from when and for how long, in hours; the share lost, and that times the
    hours down. All but the first are 0 where it is not hit."""

    hit: Bools
    start: Floats
    down: Floats
    loss: Floats | Bools
    harm: Floats


def _find_harm(prepared: Prepared, times: Times, loss: Floats | None) -> _Harm:
    start = prepared.nodes.join(times.start, np.minimum)
    hit = start < np.inf
    start = np.where(hit, start, 0.0)
    down = np.where(hit, prepared.nodes.join(times.end, np.maximum), 0.0) - start
    if loss is None:
        return _Harm(hit, start, down, hit, down)
    lost = np.where(hit, loss, 0.0)
    return _Harm(hit, start, down, lost, lost * down)


class _Sums:
    """Sums over worlds, block by block."""

    def __init__(self, prepared: Prepared) -> None:
        e = len(prepared.nodes.entity)
        self.prepared = prepared
        self.low, self.hit, self.high = np.zeros(e), np.zeros(e), np.zeros(e)
        self.x, self.harm, self.harm2 = np.zeros(e), np.zeros(e), np.zeros(e)
        self.start, self.down = np.zeros(e), np.zeros(e)
        self.worlds: list[tuple[Floats, Floats, Floats]] = []
        self.kept: list[tuple[Floats, Floats]] = []
        self.outer: list[tuple[Floats, Floats]] = []
        self.held = 0
        self.cut = False
        self.curves = Curves(prepared)

    def add(self, block: Block, found: _Harm) -> None:
        """The middle run of a block."""
        (hit, start, down, loss, harm), w = found, block.weight
        self.cut |= bool((hit & (start + down >= LONGEST)).any())
        for total, values in (
            (self.hit, hit), (self.x, loss), (self.harm, harm), (self.harm2, harm * harm),
            (self.start, start), (self.down, down),
        ):  # fmt: skip
            weight_lanes(total, values, w)
        prepared = self.prepared
        total = weight_rows(harm, prepared.at_stake_of_others)
        self.worlds.append((total, weight_rows(hit, prepared.others), w))
        room = max(1, _KEPT // max(len(prepared.nodes.entity), 1)) - self.held
        if room > 0:
            self.kept.append((np.where(hit, down, np.nan)[:, :room], w[:room]))
            self.held += min(room, len(w))
        self.curves.middle.add(hit, start, start + down, w)

    def bound(self, block: Block, runs: Sequence[_Harm], unordered: Bools) -> None:
        """The low and high runs of a block: who is hit, and what comes of it in all.

        What is unordered counts nothing in the low total, and its worst in the high one.
        """
        low, middle, high = runs
        weight_lanes(self.low, low.hit, block.weight)
        weight_lanes(self.high, high.hit, block.weight)
        least, most = low.harm, high.harm
        if unordered.any():
            between = unordered[:, None]
            worst = np.maximum(np.maximum(least, middle.harm), most)
            least, most = np.where(between, 0.0, least), np.where(between, worst, most)
        stake = self.prepared.at_stake_of_others
        self.outer.append((weight_rows(least, stake), weight_rows(most, stake)))

    def figures(self, mass: float, chance: Bools | None, *, both: bool) -> TimedTally:
        """The figures after so much weight of worlds. chance: (E,) entities that draws matter to;
        None where every case was looked at."""
        at_stake = self.prepared.at_stake
        totals, hits, weights = (np.concatenate(p) for p in zip(*self.worlds, strict=True))
        exact = chance is None
        hit, harm = find_shares(self.hit, mass, exact=exact), self.harm / mass
        spread2 = np.maximum(self.harm2 / mass - harm * harm, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = [np.where(self.hit > 0, s / self.hit, np.nan)
                     for s in (self.x, self.start, self.down)]  # fmt: skip
        error = spread = np.zeros(len(hit))
        if chance is not None:
            error = find_share_errors(self.hit, mass, chance)
            with np.errstate(invalid="ignore", divide="ignore"):
                each = np.where(self.hit > 0, self.harm / self.hit, 1.0)
            spread = np.maximum(np.sqrt(spread2 / mass), error * each)
        down, weight = (np.concatenate(p, axis=-1) for p in zip(*self.kept, strict=True))
        p50, p95 = percentiles(down, weight, (0.50, 0.95))
        return TimedTally(
            middle=hit,
            std_error=error,
            loss=means[0],
            impact=at_stake * harm,
            impact_std_error=at_stake * spread,
            total=totals,
            hits=hits,
            weight=weights / mass,
            low=find_shares(self.low, mass, exact=exact) if both else hit,
            high=find_shares(self.high, mass, exact=exact) if both else hit,
            outer_totals=self._outer_totals(totals),
            start=means[1],
            down=means[2],
            down_p50=p50,
            down_p95=p95,
            curve=self.curves.frame(mass),
            notes=tuple(self._notes(len(totals))),
        )

    def _outer_totals(self, totals: Floats) -> tuple[Floats, Floats]:
        if not self.outer:
            return totals, totals
        low, high = (np.concatenate(p) for p in zip(*self.outer, strict=True))
        return low, high

    def _notes(self, worlds: int) -> Iterator[str]:
        if self.held < worlds:
            yield f"percentiles of hours are those of the first {self.held:,} worlds"
        if self.cut:
            yield f"outages are cut at {LONGEST:,.0f} hours after the origins failed"
        if self.curves.rounded:
            yield "the timeline has its moments rounded to three digits"


def percentiles(values: Floats, weight: Floats, shares: tuple[float, ...]) -> list[Floats]:
    """For each share the least value of each row (E, L) that at least this share of the row's
    weight does not exceed; cells of nan have no weight, rows of them the percentile nan."""
    order = np.argsort(values, axis=1, kind="stable")  # nan comes last
    ordered = np.take_along_axis(values, order, axis=1)
    mass = np.cumsum(np.where(np.isnan(ordered), 0.0, weight[order]), axis=1)
    whole = mass[:, -1:]
    found = []
    for share in shares:
        at = (mass >= share * whole * (1 - 1e-12)).argmax(axis=1)
        found.append(np.take_along_axis(ordered, at[:, None], axis=1)[:, 0])
    return found
