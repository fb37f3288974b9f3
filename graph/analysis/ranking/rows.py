"""The rows of a ranking: figures of every origin, places, and how far these may move."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import polars as pl

from knockon.graph.analysis.ranking.runs import MIDDLE, Figures, Swept
from knockon.graph.analysis.ranking.swept import Field
from knockon.graph.analysis.ranks import find_rank_ranges
from knockon.graph.arrays import Floats, Ints
from knockon.graph.model.graph import DependencyGraph

HIT, IMPACT = "hit", "impact"
_EVEN = 1e-12  # of the largest figure: what sums of floats may differ by


@dataclass(frozen=True, eq=False)
class Places:
    """The figures of all F that may fail, those on whom nobody depends included.

    failing: (F,) their numbers; runs: by name, (F,) figures each; ordered_by: HIT or IMPACT
    """

    graph: DependencyGraph
    failing: Ints
    runs: dict[str, Figures]
    low: Figures
    high: Figures
    ordered_by: str

    @classmethod
    def of(cls, graph: DependencyGraph, failing: Ints, field: Field, swept: Swept) -> "Places":
        at = np.searchsorted(failing, field.origins)

        def spread(figures: Figures) -> Figures:
            parts = []
            for name in (f.name for f in fields(figures)):
                values = np.zeros(len(failing))
                values[at] = getattr(figures, name)
                parts.append(values)
            return Figures(*parts)

        runs = {name: spread(figures) for name, figures in swept.runs.items()}
        ordered_by = IMPACT if field.counting.by is None else HIT
        return cls(graph, failing, runs, spread(swept.low), spread(swept.high), ordered_by)

    @property
    def middle(self) -> Figures:
        return self.runs[MIDDLE]

    def figure(self, figures: Figures) -> tuple[Floats, Floats]:
        """(F,) what is ranked by, and its standard error."""
        if self.ordered_by == HIT:
            return figures.hit, figures.hit_error
        return figures.impact, figures.impact_error

    @cached_property
    def silent(self) -> tuple[str, ...]:
        """The runs in which all figures are alike, so that they put nobody first."""
        return tuple(name for name, figures in self.runs.items() if _are_even(self.figure(figures)))

    @cached_property
    def ranges(self) -> tuple[Ints, Ints]:
        """(F,) best and worst place over the runs that put somebody first."""
        speaking = [name for name in self.runs if name not in self.silent] or [MIDDLE]
        ranges = [find_rank_ranges(*self.figure(self.runs[name])) for name in speaking]
        best, worst = (np.stack(part) for part in zip(*ranges, strict=True))
        return best.min(axis=0), worst.max(axis=0)


def _are_even(figure: tuple[Floats, Floats]) -> bool:
    values = figure[0]
    most = float(np.abs(values).max(initial=0.0))
    return bool((np.abs(values - values[:1]) <= _EVEN * most).all())


def make_rows(places: Places) -> pl.DataFrame:
    """The ranked rows, `Ranking.rows`."""
    middle, low, high = places.middle, places.low, places.high
    best, worst = places.ranges
    chosen = places.graph.entities[places.failing]
    rows = chosen.select("id", "name", "kind", "failures_per_year").with_columns(
        rank_best=pl.Series(best, dtype=pl.Int64),
        rank_worst=pl.Series(worst, dtype=pl.Int64),
        hit=middle.hit,
        hit_direct=middle.direct,
        hit_indirect=np.maximum(middle.hit - middle.direct, 0.0),
        hit_low=np.minimum(low.hit, middle.hit),
        hit_high=np.maximum(high.hit, middle.hit),
        std_error=middle.hit_error,
        impact=middle.impact,
        impact_low=np.minimum(low.impact, middle.impact),
        impact_high=np.maximum(high.impact, middle.impact),
        impact_std_error=middle.impact_error,
        order=_round(places.figure(middle)[0]),
    )
    ordered = rows.sort(
        ["order", "hit", "hit_high", "name", "id"], descending=[True, True, True, False, False]
    )
    return ordered.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        impact_per_year=pl.col("failures_per_year") * pl.col("impact"),
    ).with_columns(
        # a row lies between its ends, whichever way a tie was put in order
        rank_best=pl.min_horizontal("rank", "rank_best"),
        rank_worst=pl.max_horizontal("rank", "rank_worst"),
    ).select(list_columns())  # fmt: skip


def list_columns() -> Iterator[str]:
    """The columns of a ranking, in order."""
    yield from ("rank", "rank_best", "rank_worst", "id", "name", "kind")
    yield from ("hit_direct", "hit_indirect", "hit_low", "hit_high", "std_error")
    yield from ("impact", "impact_low", "impact_high", "impact_std_error")
    yield from ("failures_per_year", "impact_per_year")


def _round(values: Floats) -> Floats:
    """Figures that differ by rounding only, alike: names then put them in order."""
    most = float(np.abs(values).max(initial=0.0))
    if not most:
        return values
    step = most * _EVEN
    rounded: Floats = np.round(values / step)
    return rounded
