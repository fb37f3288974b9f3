"""How much narrower the range of an answer would be if one strength were known.

The range is that of the mean impact between the low and the high run. In each run the impact is
linear in the strength of one dependency, so that a strength known to be its middle takes from the
high end what it carries there, and adds to the low end what it would carry there. Both ends are
looked at with the dependency never live and always live, as lanes: the same 64 worlds, or a few
times as many, for each dependency, over the same draws, so that differences are its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.draws import TRANSMITS
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sums import weight_rows
from knockon.graph.engine.uniforms import ALL
from knockon.graph.engine.worlds import Block, Run

_WORDS = 4  # of 64 worlds for each dependency, where worlds differ
_SHARED = 64  # the same where draws are shared
_TOGETHER = 64  # the same of a range that is said
_WORK = 4e9  # arcs by words that are looked at
_CASES = 1 << 26  # bytes of draws at a time


def find_open(prepared: Prepared) -> Ints:
    """(k,) rows of draws of dependencies whose strength is a range."""
    low, _, high = prepared.draws.strengths
    ranged: Ints = np.flatnonzero((low < high) & (prepared.draws.kind == TRANSMITS))
    return ranged


def measure_narrowing(
    prepared: Prepared, rows: Ints, watch: Watch | None = None
) -> tuple[Floats, tuple[float, float], bool]:
    """(k,) what knowing each strength takes off the range; the range; whether it was stopped.

    rows: of draws, as `find_open` gives them; nan for those that were not looked at
    """
    low, middle, high = (q[rows] for q in prepared.draws.strengths)
    runs = prepared.runs
    words = _count_words(runs[-1]) * (len(rows) + 1)
    lanes = Lanes(prepared.kernel, words, memory=prepared.scenario.memory)
    least, without, stopped = _run_each(prepared, runs[-1], lanes, rows, np.uint64(0), watch)
    most, within, again = (
        _run_each(prepared, runs[0], lanes, rows, ALL, watch) if not stopped
        else (0.0, np.full(len(rows), np.nan), True)
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        off_top = (least - without) * np.where(high > 0, (high - middle) / high, 0.0)
        on_bottom = (within - most) * np.where(low < 1, (middle - low) / (1 - low), 0.0)
    lanes.release()
    return off_top + on_bottom, (most, least), stopped or again


def count_worlds(prepared: Prepared) -> int:
    """Over how many worlds each strength is looked at; 1 where all are alike."""
    words = max(_count_words(run) for run in (prepared.runs[0], prepared.runs[-1]))
    return 64 * words if words > 1 else 1


def _count_words(run: Run, most: int = _WORDS) -> int:
    """How many words of worlds are looked at: one where all are alike."""
    return _SHARED if run.sharing is not None else most if len(run.uncertain) else 1


def _run_each(
    prepared: Prepared, run: Run, lanes: Lanes, rows: Ints, forced: np.uint64, watch: Watch | None
) -> tuple[float, Floats, bool]:
    """The mean impact of a run; (k,) the same with each of the draws forced; whether stopped."""
    chance = run.probability.copy()
    words = _count_words(run)
    base = np.zeros((len(chance), words), np.uint64)
    base[chance >= 1] = ALL
    base[run.uncertain] = run.draw(0, words)
    chance[rows] = 0.5  # so that they are among the draws that cases decide
    decided = Run(prepared.draws, prepared.scenario.seed, chance)
    place = np.full(len(chance), -1)
    place[decided.uncertain] = np.arange(len(decided.uncertain))
    plain = base[decided.uncertain]
    step = max(_CASES // max(plain.nbytes, 1), 1)
    (whole,) = _add_up(prepared, lanes, decided, plain, 1)
    found = np.full(len(rows), np.nan)
    arcs = max(len(prepared.kernel.provider), 1)
    for first in range(0, min(len(rows), int(_WORK / (arcs * words)) + 1), step):
        part = rows[first : first + step]
        cases = np.tile(plain, len(part))
        for k, row in enumerate(part.tolist()):
            cases[place[row], k * words : (k + 1) * words] = forced
        found[first : first + len(part)] = _add_up(prepared, lanes, decided, cases, len(part))
        if watch is not None and watch(first + len(part), len(rows)) is False:
            return float(whole), found, True
    return float(whole), found, False


def _add_up(prepared: Prepared, lanes: Lanes, run: Run, cases: Words, parts: int) -> Floats:
    """(parts,) the mean impact over the words of each part."""
    words, most = cases.shape[1], lanes.words(fractional=False)
    blocks = (
        Block(first, np.ones(64 * part.shape[1]), np.ascontiguousarray(part))
        for first in range(0, words, most)
        for part in (cases[:, first : first + most],)
    )
    bits = [
        np.bitwise_count(prepared.nodes.join(nodes, np.bitwise_or))
        for _, nodes in lanes.close(run, blocks, prepared.origins)
    ]
    counted = np.concatenate(bits, axis=1)
    counts = counted.reshape(len(counted), parts, words // parts).sum(axis=2, dtype=np.int64)
    mean: Floats = weight_rows(counts.astype(np.float64), prepared.at_stake_of_others)
    mean /= 64 * words / parts
    return mean


@dataclass(frozen=True)
class Ends:
    """The mean impact at the low and at the high strengths, and the standard error of each.

    Errors are those of the words of 64 worlds, as if these were independent: where draws are
    shared and spread evenly over words, at most that. 0: nothing was drawn.
    """

    low: float
    high: float
    low_std_error: float
    high_std_error: float


def measure_together(prepared: Prepared, rows: Sequence[int]) -> Ends:
    """The range if the strengths of these draws were all known to be their middles."""
    ends, errors = [], []
    for run in (prepared.runs[0], prepared.runs[-1]):
        chance = run.probability.copy()
        chance[list(rows)] = prepared.draws.strengths.middle[list(rows)]
        known = Run(prepared.draws, prepared.scenario.seed, chance)
        words = _count_words(known, _TOGETHER)
        lanes = Lanes(prepared.kernel, words, memory=prepared.scenario.memory)
        worlds, counts = 0.0, np.zeros((len(prepared.nodes.entity), 1), np.int64)
        of_words = []
        blocks = known.random_worlds(64 * words, lanes.words(fractional=False))
        for block, nodes in lanes.close(known, blocks, prepared.origins):
            hit = prepared.nodes.join(nodes, np.bitwise_or)
            bits = np.bitwise_count(hit)
            counts += bits.sum(axis=1, keepdims=True, dtype=np.int64)
            of_words.append(weight_rows(bits.astype(np.float64), prepared.at_stake_of_others) / 64)
            worlds += len(block.weight)
        total = float(weight_rows(counts.astype(np.float64), prepared.at_stake_of_others)[0])
        ends.append(total / worlds)
        means = np.concatenate(of_words)
        errors.append(float(means.std(ddof=1) / np.sqrt(len(means))) if len(means) > 1 else 0.0)
        lanes.release()
    return Ends(ends[0], ends[1], errors[0], errors[1])
