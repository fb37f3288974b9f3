"""What a question about a graph far away gives: figures, the first rows, and where all rows are."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from knockon.graph.analysis.answer import GraphHead
from knockon.graph.analysis.impact import Totals, Within
from knockon.graph.scenario.scenario import Scenario

SCHEMA = 2  # of `api.schema`, whose keys these are


@dataclass(frozen=True, eq=False)
class FarImpact:
    """The answer to a what-if whose rows lie in files.

    entities: origins and the first rows, by the columns of `Impact.entities` that a part knows:
        `rank`, `id`, `name`, `kind`, `sector`, `weight`, `probability`, `probability_low`,
        `probability_high`, `std_error`, `verdict`, `loss`, `impact`, `impact_std_error`
    names: of those that fail, as the scenario orders them
    rows: how many entities are within reach, origins too; folder: of Parquet files with all their
        rows, in no order; None: they were not asked for
    distribution: a frame, a row per world: `impact`, `hit`, `weight`
    within, strengths: as of `Impact`, where tables fill strengths; else None, for nothing is
        counted then
    """

    graph: GraphHead
    scenario: Scenario
    headline: str
    entities: pl.DataFrame
    totals: Totals
    worlds: int
    distribution: pl.DataFrame
    rows: int
    folder: str | None
    notes: tuple[str, ...]
    names: tuple[str, ...] = ()
    within: Within | None = None
    strengths: pl.DataFrame | None = None

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data, in the shape of a what-if."""
        return {
            "schema": SCHEMA,
            "graph": {
                "title": self.graph.title, "entities": self.graph.entities,
                "dependencies": self.graph.dependencies,
            },
            "scenario": self.scenario.to_dict(),
            "headline": self.headline,
            "totals": asdict(self.totals),
            **self._describe_strengths(),
            "entities": self.entities.to_dicts(),
            "notes": list(self.notes),
            "more": self.rows - self.entities.height,
        }  # fmt: skip

    def _describe_strengths(self) -> dict[str, Any]:
        if self.within is None or self.strengths is None:
            return {}
        return {
            "strength_sources": dict(self.within.by_source),
            "strength_rows": self.strengths.to_dicts(),
        }

    def __repr__(self) -> str:
        return f"<FarImpact {self.headline}>"


def write_headline(failing: str, totals: Totals, others: int, unknown: int, middle: str) -> str:
    """`If A fails: on average 12.5 (3 to 40) of 1,000 others are hit, typical of past incidents`.

    failing: who, and how (`sentences.describe_failure`)
    middle: what the first figure rests on (`describe_middle`)
    """
    between = f" ({totals.hit_low:,.1f} to {totals.hit_high:,.1f})" if unknown else ""
    hit = f"on average {totals.hit:,.1f}{between} of {others:,} others are hit"
    return f"If {failing}: {hit}{f', {middle}' if middle else ''}"
