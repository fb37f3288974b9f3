"""The coupled runs of a ranking, and what each says of all origins."""

from dataclasses import dataclass, fields, replace

import numpy as np

from knockon.graph.analysis.fill import Filled
from knockon.graph.analysis.prepare import Whole
from knockon.graph.analysis.sampling import find_error
from knockon.graph.arrays import Bools, Floats, Ints, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import UNFILLED

ASSUMED = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))  # ranks hold over all of these
MIDDLE, LOW, HIGH = "middle", "low", "high"
_NOISE = 1e-12  # of a mean of squares: below, figures do not vary


@dataclass(frozen=True, eq=False)
class Figures:
    """(k,) by origin: expected counts of others, direct and in all, what is lost with them, and
    standard errors; 0 where exact."""

    hit: Floats
    direct: Floats
    impact: Floats
    hit_error: Floats
    impact_error: Floats

    @classmethod
    def of(
        cls, sums: Floats, lanes: Floats, exact: Bools, unit: float | None, scale: float = 1.0,
        apart: Floats | None = None,
    ) -> "Figures":  # fmt: skip
        """From sums (k, 5) over so much weight of lanes (k,).

        unit: what one hit costs, where impact follows from hits; None: it is among the sums, in
        units of `scale`; apart: (k, 5) by how much draws can change these in a lane, looked at for
        those of `find_steady`: their errors are not less than that of one who was never hit
        """
        hit, hit2, direct, impact, impact2 = (sums / lanes[:, None]).T
        drawn = np.where(exact, 0.0, 1 / lanes)
        hit_error = np.sqrt(_vary(hit, hit2) * drawn)
        least = np.zeros(len(sums))
        if apart is not None:
            least = np.where((apart[:, 0] > 0) & ~exact, find_error(0.0, lanes), 0.0)
            hit_error = np.maximum(hit_error, least)
        if unit is not None:
            return cls(hit, direct, hit * unit, hit_error, hit_error * unit)
        impact_error = np.sqrt(_vary(impact, impact2) * drawn)
        if apart is not None:  # as if it were one of those who can be hit or spared
            each = apart[:, 3] / np.maximum(apart[:, 0], 1.0)
            impact_error = np.maximum(impact_error, least * each)
        return cls(hit, direct, impact * scale, hit_error, impact_error * scale)


def find_steady(sums: Floats, lanes: Floats, exact: Bools, unit: float | None) -> Bools:
    """(k,) origins whose sums hardly vary over the worlds drawn, which does not make them certain.

    As of `Figures.of`: their error would be less than that of one who was never hit.
    """
    hit, hit2, _, impact, impact2 = (sums / lanes[:, None]).T
    least = find_error(0.0, lanes)
    steady = _vary(hit, hit2) / lanes < least * least
    if unit is None:
        steady |= _vary(impact, impact2) == 0
    found: Bools = steady & ~exact
    return found


@dataclass(frozen=True, eq=False)
class Swept:
    """What all runs say. runs: by name, the middle one first; `0.1` to `0.9` by what is assumed.

    low, high: those with unknown strengths at 0 and at 1: the middle one where all is stated
    exact: (k,) origins for which nothing was drawn; worlds: drawn for the others
    """

    runs: dict[str, Figures]
    exact: Bools
    worlds: int
    stopped: bool = False
    notes: tuple[str, ...] = ()

    @property
    def middle(self) -> Figures:
        return self.runs[MIDDLE]

    @property
    def low(self) -> Figures:
        return self.runs.get(LOW, self.middle)

    @property
    def high(self) -> Figures:
        return self.runs.get(HIGH, self.middle)


def leave_open(scenario: Scenario) -> Scenario:
    """The same with a middle strength for what is unknown that is drawn, so that every other
    assumption finds its draws."""
    return scenario if 0 < scenario.assume < 1 else replace(scenario, assume=0.5)


def find_unknown(circuit: Circuit, draws: Draws, filled: Filled) -> Bools:
    """(V,) draws whose strengths nobody states and no table fills."""
    found = np.zeros(len(draws.key), np.bool_)
    stands = circuit.dependency >= 0  # not for a ring
    source = filled.source[circuit.dependency[stands]]
    found[draws.of_member[stands]] = source == UNFILLED
    return found


def list_runs(draws: Draws, seed: int, assume: float, unknown: Bools) -> dict[str, Run]:
    """Middle, low and high, and one for each strength assumed; the middle one alone where all is
    stated. unknown: (V,) of a circuit whose scenario leaves them open"""
    low, middle, high = draws.strengths
    if draws.strengths.alike:
        return {MIDDLE: Run(draws, seed, middle)}

    def at(strength: float) -> Run:
        return Run(draws, seed, np.where(unknown, strength, middle))

    runs = {MIDDLE: at(assume), LOW: Run(draws, seed, low), HIGH: Run(draws, seed, high)}
    if unknown.any():
        runs |= {f"{a:g}": at(a) for a in ASSUMED if a != assume}
    return runs


def list_names(whole: Whole, assume: float) -> list[str]:
    """The names of the runs, in order: of `list_runs` over the draws of the whole circuit."""
    dependency = whole.circuit.dependency
    low, _, high = (pick(q, dependency) for q in whole.strengths)
    if not (low != high).any():
        return [MIDDLE]
    unknown = (pick(whole.filled.source, dependency) == UNFILLED).any()
    assumed = (f"{a:g}" for a in ASSUMED if a != assume)
    return [MIDDLE, LOW, HIGH, *(assumed if unknown else ())]


def list_certain(graph: DependencyGraph, whole: Whole) -> set[str]:
    """Which of the low and the high run draw nothing anywhere, so that one look at each is exact;
    as `swept.Looks` finds it from their draws."""
    circuit, (low, _, high) = whole.circuit, whole.strengths
    switch = circuit.switch_of[circuit.switch_of >= 0]
    works = graph.dependencies["switch_probability"].to_numpy()[switch]
    ends = {LOW: pick(low, circuit.dependency), HIGH: pick(high, circuit.dependency)}
    return {n for n, q in ends.items() if not any(((p > 0) & (p < 1)).any() for p in (q, works))}


def count_uncertain(run: Run) -> Bools:
    """(V,) draws that may fall either way in the run."""
    found: Bools = (run.probability > 0) & (run.probability < 1)
    return found


def take(figures: Figures, rows: Ints) -> Figures:
    """The figures of some origins."""
    return Figures(*(getattr(figures, name)[rows] for name in (f.name for f in fields(figures))))


def _vary(mean: Floats, square: Floats) -> Floats:
    spread = square - mean * mean
    return np.where(spread > _NOISE * square, spread, 0.0)
