"""How probably a target is hit, exactly, and what each entity does to that."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from knockon.graph.analysis.cut_sets import CutSetsFound
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.target import Target
from knockon.graph.arrays import Floats, Ints
from knockon.graph.engine.formulas.bounds import bound_above
from knockon.graph.engine.formulas.chances import Chances
from knockon.graph.engine.formulas.diagrams import Compiled, Truth, compile_formula
from knockon.graph.engine.formulas.formula import Formula, Gate
from knockon.graph.engine.formulas.reduce import fold, reduce

_CELLS = 1 << 22  # nodes times sets that are worked on at a time
_MOST_CELLS = 1 << 31  # and in all: a few seconds
_MOST_SETS = 2_000  # of those found, whose union bounds a probability from below
_CLOSE = 1e-9  # of P(0) to P: below, a difference has no digits left


@dataclass(frozen=True, eq=False)
class TargetChance:
    """low, middle, high: of the target, None where nothing states a probability; middle alone is
    None where bounds were found
    of_sets: by order, (T,) that a set fails and hits; hits: by order, middle, low, high (T,)
    """

    low: float | None
    middle: float | None
    high: float | None
    importance: pl.DataFrame
    of_sets: dict[int, Floats]
    hits: dict[int, tuple[Floats, Floats, Floats]]
    notes: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, eq=False)
class Stated:
    """The target's formula where those that state no probability never fail, and its diagrams;
    None where these are too large. needed: somebody states one, or something has failed"""

    formula: Formula
    compiled: Compiled | None
    needed: bool


@dataclass
class _Said:
    notes: list[str] = field(default_factory=list)


def compile_stated(laid: Target) -> Stated:
    """What the probability of the target is found from."""
    silent = np.flatnonzero(laid.fails & ~laid.states)
    formula = reduce(fold(laid.formula, silent.tolist()))
    needed = bool(laid.states.any() or laid.scenario.origins)
    return Stated(formula, compile_formula(formula, Truth) if needed else None, needed)


def find_target_chance(
    laid: Target, found: CutSetsFound, stated: Stated, watch: Watch | None = None
) -> TargetChance:
    """The probability of the target and of each set."""
    said = _Said()
    hits = _find_hits(laid, found, said)
    of_sets = {}
    for size, sets in found.sets.items():
        chance = np.prod(laid.middle[sets], axis=1)
        of_sets[size] = chance * hits[size][0] if size in hits else np.full(len(sets), np.nan)
    low = middle = high = None
    importance = _no_importance()
    if stated.needed:
        low, middle, high, importance = _find_chance(laid, found, stated, said)
    return TargetChance(low, middle, high, importance, of_sets, hits, tuple(said.notes))


def _find_hits(
    laid: Target, found: CutSetsFound, said: _Said
) -> dict[int, tuple[Floats, Floats, Floats]]:
    """How probably each set hits the target where no other entity fails."""
    total = sum(len(sets) for sets in found.sets.values())
    draws = np.flatnonzero(~laid.fails)
    sure = {k: (np.ones(len(s)),) * 3 for k, s in found.sets.items()}
    if not total or not len(draws):
        return sure
    members = np.unique(np.concatenate([s.ravel() for s in found.sets.values()]))
    others = np.setdiff1d(np.flatnonzero(laid.fails), members)
    formula = reduce(fold(laid.formula, others.tolist()))
    compiled = compile_formula(formula, Truth)
    chances = None if compiled is None else Chances.of(compiled)
    if chances is None or 3 * total * chances.nodes > _MOST_CELLS:
        said.notes.append(
            "how probably each set hits the target was not found: too many sets, or too large a "
            "diagram"
        )
        return {}
    step = max(1, _CELLS // chances.nodes)
    return {k: _hit(laid, chances, sets, step) for k, sets in found.sets.items()}


def _hit(laid: Target, chances: Chances, sets: Ints, step: int) -> tuple[Floats, Floats, Floats]:
    found = []
    for strength in (laid.middle, laid.low, laid.high):
        parts = []
        for first in range(0, len(sets), step):
            some = sets[first : first + step]
            case = np.repeat(np.where(laid.fails, 0.0, strength)[:, None], len(some), axis=1)
            np.put_along_axis(case, some.T, 1.0, axis=0)
            parts.append(chances.find(case))
        found.append(np.concatenate(parts))
    return found[0], found[1], found[2]


def _find_chance(
    laid: Target, found: CutSetsFound, stated: Stated, said: _Said
) -> tuple[float, float | None, float, pl.DataFrame]:
    silent = int((laid.fails & ~laid.states).sum())
    if silent and laid.states.any():
        said.notes.append(
            f"{silent:,} entities state no failure_probability: in the probability of the "
            "target they do not fail by themselves"
        )
    chance = [np.nan_to_num(q, nan=0.0) for q in (laid.low, laid.middle, laid.high)]
    if stated.compiled is None:
        below = _bound_below(laid, found, chance[0])
        above = bound_above(stated.formula, chance[2])
        said.notes.append(
            "the probability of the target is bounded, not exact: its diagram is too large; from "
            "below by the cut sets listed, from above gate by gate"
        )
        return below, None, max(above, below), _no_importance()
    chances = Chances.of(stated.compiled)
    low, middle, high = chances.find(np.stack(chance, axis=1)).tolist()
    return min(low, middle), middle, max(high, middle), _measure(laid, chances, chance[1], middle)


def _bound_below(laid: Target, found: CutSetsFound, chance: Floats) -> float:
    """The probability that one of the likeliest cut sets listed happens, its dependencies apart."""
    if (~laid.fails).any():
        return 0.0
    listed = [(float(np.prod(chance[s])), s) for sets in found.sets.values() for s in sets]
    listed = [pair for pair in listed if pair[0] > 0]
    best = sorted(listed, key=lambda pair: -pair[0])[:_MOST_SETS]
    if not best:
        return 0.0
    count = len(laid.kind)
    gates = [Gate(len(s), tuple(s.tolist())) for _, s in best]
    root = Gate(1, tuple(range(count, count + len(gates))))
    union = reduce(Formula(count, (*gates, root), count + len(gates)))
    compiled = compile_formula(union, Truth)
    if compiled is None:
        return best[0][0]
    return float(Chances.of(compiled).find(chance))


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
