"""How probably a target is hit, exactly, and what each entity does to that."""

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import polars as pl

from knockon.graph.analysis.cut_sets import CutSetsFound, Stated
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.target import Target
from knockon.graph.arrays import Floats
from knockon.graph.engine.formulas.algebra import Truth
from knockon.graph.engine.formulas.bounds import bound_above
from knockon.graph.engine.formulas.cases import Cases
from knockon.graph.engine.formulas.chances import Chances
from knockon.graph.engine.formulas.diagrams import Compiled, compile_formula
from knockon.graph.engine.formulas.formula import Formula, Gate
from knockon.graph.engine.formulas.reduce import find_single_causes, fold, join_cycles, reduce

_MOST_HITS = 2_000  # sets of which it is found how probably they hit: a few seconds
_MOST_STEPS = 2_000_000  # inputs of gates that are looked at for that: a few seconds, too
_MOST_GATES = 1 << 14, 1 << 12  # of a case, and of what is left of it, whose diagram is tried
_ROOMS_OF_A_HIT = (1 << 12, 1 << 16)
_MOST_SETS = 2_000  # of those found, whose union bounds a probability from below
_CLOSE = 1e-9  # of P(0) to P: below, a difference has no digits left


Hits: TypeAlias = dict[int, tuple[Floats, Floats, Floats]]
"""By order: (T,) how probably each set hits the target: middle, low, high."""


@dataclass(frozen=True, eq=False)
class TargetChance:
    """low, middle, high: of the target, None where nothing states a probability; middle alone is
    None where bounds were found
    of_sets: by order, (T,) that a set fails and hits; hits: by order, middle, low, high (T,)
    sure: how many single points of failure hit the target for sure
    """

    low: float | None
    middle: float | None
    high: float | None
    importance: pl.DataFrame
    of_sets: dict[int, Floats]
    hits: Hits
    sure: int
    notes: tuple[str, ...] = ()
    stopped: bool = False


@dataclass
class _Said:
    notes: list[str] = field(default_factory=list)
    stopped: bool = False


def compile_stated(laid: Target) -> Stated:
    """What the probability of the target is found from."""
    silent = np.flatnonzero(laid.fails & ~laid.states)
    formula = reduce(fold(laid.formula, silent.tolist()))
    needed = bool(laid.states.any() or laid.scenario.origins)
    return Stated(formula, compile_formula(formula, Truth, _keep) if needed else None, needed)


def _keep(compiled: Compiled) -> Compiled:
    return compiled


def find_target_chance(
    laid: Target, found: CutSetsFound, stated: Stated, watch: Watch | None = None
) -> TargetChance:
    """The probability of the target and of each set."""
    said = _Said()
    hits = _find_hits(laid, found, said, watch)
    of_sets = {}
    for size, sets in found.sets.items():
        chance = np.prod(laid.middle[sets], axis=1)
        of_sets[size] = chance * hits[size][0] if size in hits else np.full(len(sets), np.nan)
    low = middle = high = None
    importance = _no_importance()
    if stated.needed:
        low, middle, high, importance = _find_chance(laid, found, stated, hits, said)
    return TargetChance(
        low, middle, high, importance, of_sets, hits, _count_sure(laid, found), tuple(said.notes),
        said.stopped,
    )  # fmt: skip


def _count_sure(laid: Target, found: CutSetsFound) -> int:
    """How many of the single points of failure hit the target for sure: through what transmits for
    sure, whatever is left to chance. In one sweep, so that it is known of all."""
    if 1 not in found.sets:
        return 0
    chance = np.flatnonzero(~laid.fails)
    sure = laid.low[chance] >= 1
    formula = fold(laid.formula, chance[~sure].tolist(), chance[sure].tolist())
    if formula.constant is not None:
        return len(found.sets[1]) if formula.constant else 0
    return int(np.isin(found.sets[1], find_single_causes(join_cycles(formula))).sum())


def _find_hits(laid: Target, found: CutSetsFound, said: _Said, watch: Watch | None) -> Hits:
    """How probably each set hits the target where no other entity fails: middle, low, high; nan
    where that was not found."""
    chance = np.flatnonzero(~laid.fails)
    if not len(chance):
        return {k: (np.ones(len(s)),) * 3 for k, s in found.sets.items()}
    cases = Cases(fold(laid.formula), chance.tolist())
    strengths = np.stack([laid.middle, laid.low, laid.high], axis=1)
    strengths[laid.fails] = 0
    hits, left, total = {}, _MOST_HITS, sum(len(s) for s in found.sets.values())
    unknown = together = 0
    for size, sets in sorted(found.sets.items()):
        figures = np.full((len(sets), 3), np.nan)
        for row, members in enumerate(sets[:left].tolist()):
            if cases.steps > _MOST_STEPS:
                left = row
                break
            if watch is not None and row % 64 == 63 and not watch(_MOST_HITS - left + row, total):
                said.stopped, left = True, row
                break
            left_over = cases.find(members, _MOST_GATES[0])
            if left_over is None:
                continue
            if laid.falls_together(left_over):
                together += 1
                continue
            figures[row] = _find_hit(left_over, strengths)
        left -= min(left, len(sets))
        unknown += int(np.isnan(figures[:, 0]).sum())
        hits[size] = figures[:, 0], figures[:, 1], figures[:, 2]
    if together:
        said.notes.append(
            f"{together:,} sets hit the target through dependencies that share a cause and fall "
            "together (rho): how probably is not found here; ask whatif of their members"
        )
    if unknown > together:
        said.notes.append(
            f"how probably they hit the target was not found for {unknown - together:,} sets"
        )
    return hits


def _find_hit(formula: Formula, strengths: Floats) -> Floats:
    """(3,) the probability of a formula at each of the strengths."""
    if formula.constant is not None:
        return np.full(3, float(formula.constant))
    if len(formula.gates) > _MOST_GATES[1]:
        return np.full(3, np.nan)
    chances = compile_formula(reduce(formula), Truth, Chances.of, rooms=_ROOMS_OF_A_HIT)
    return np.full(3, np.nan) if chances is None else chances.find(strengths)


def _find_chance(
    laid: Target, found: CutSetsFound, stated: Stated, hits: Hits, said: _Said
) -> tuple[float | None, float | None, float | None, pl.DataFrame]:
    silent = int((laid.fails & ~laid.states).sum())
    if silent and laid.states.any():
        said.notes.append(
            f"{silent:,} {'entity states' if silent == 1 else 'entities state'} no "
            "failure_probability: in the probability of the target "
            f"{'it does not fail by itself' if silent == 1 else 'they do not fail by themselves'}"
        )
    if laid.falls_together(stated.formula):
        said.notes.append(
            "the probability of the target is not found: dependencies that share a cause fall "
            "together (rho)"
        )
        return None, None, None, _no_importance()
    chance = [np.nan_to_num(q, nan=0.0) for q in (laid.low, laid.middle, laid.high)]
    if stated.compiled is None:
        below = _bound_below(laid, found, chance[0], hits)
        above = bound_above(stated.formula, chance[2])
        said.notes.append(
            "the probability of the target is bounded, not exact: its diagram is too large; from "
            "below by the cut sets listed, from above gate by gate"
        )
        return below, None, max(above, below), _no_importance()
    chances = Chances.of(stated.compiled)
    low, middle, high = chances.find(np.stack(chance, axis=1)).tolist()
    return min(low, middle), middle, max(high, middle), _measure(laid, chances, chance[1], middle)


def _bound_below(laid: Target, found: CutSetsFound, chance: Floats, hits: Hits) -> float:
    """The probability that one of the likeliest cut sets listed happens; where dependencies may
    hold, that of the likeliest one."""
    if (~laid.fails).any():
        return max(
            (float(np.nanmax(np.prod(chance[s], axis=1) * hits[k][1], initial=0.0))
             for k, s in found.sets.items() if k in hits),
            default=0.0,
        )  # fmt: skip
    listed = [(float(np.prod(chance[s])), s) for sets in found.sets.values() for s in sets]
    listed = [pair for pair in listed if pair[0] > 0]
    best = sorted(listed, key=lambda pair: -pair[0])[:_MOST_SETS]
    if not best:
        return 0.0
    count = len(laid.kind)
    gates = [Gate(len(s), tuple(s.tolist())) for _, s in best]
    root = Gate(1, tuple(range(count, count + len(gates))))
    union = reduce(Formula(count, (*gates, root), count + len(gates)))
    chances = compile_formula(union, Truth, Chances.of)
    return best[0][0] if chances is None else float(chances.find(chance))


def _measure(laid: Target, chances: Chances, chance: Floats, whole: float) -> pl.DataFrame:
    """What each entity that states a probability does to that of the target."""
    entities = np.flatnonzero(laid.states)
    if not len(entities) or not whole > 0:
        return _no_importance()
    _, slope = chances.differentiate(chance)
    p, slope = chance[entities], slope[entities]
    never = whole - p * slope
    for i in np.flatnonzero(never < _CLOSE * whole):  # a difference of equals: look again
        without = chance.copy()
        without[entities[i]] = 0.0
        never[i] = chances.find(without)
    figures = pl.DataFrame(
        {
            "id": laid.graph.entities["id"].gather(laid.number[entities]),
            "probability": p,
            "birnbaum": slope,
            "criticality": slope * p / whole,
            "fussell_vesely": slope * p / whole,
            "risk_achievement": (never + slope) / whole,
            "risk_reduction": np.divide(whole, never, out=np.full(len(p), np.nan), where=never > 0),
        }
    )
    return figures.with_columns(pl.col("risk_reduction").fill_nan(None)).sort(
        ["criticality", "birnbaum", "id"], descending=[True, True, False]
    )


def _no_importance() -> pl.DataFrame:
    names = (
        "probability", "birnbaum", "criticality", "fussell_vesely", "risk_achievement",
        "risk_reduction",
    )  # fmt: skip
    return pl.DataFrame(schema={"id": pl.String, **dict.fromkeys(names, pl.Float64)})
