"""Compiled sweeps give the bits of one what-if after the other."""

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.rank import lay_out
from knockon.graph.analysis.ranking.bracket import _count_all
from knockon.graph.analysis.ranking.each import ask_each
from knockon.graph.analysis.ranking.runs import Swept
from knockon.graph.analysis.ranking.swept import Field, sweep_lanes
from knockon.graph.analysis.ranking.swept import lay_out as lay_out_lanes
from knockon.graph.engine.counts import Counts
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.strategies import MODES, described, frame
from tests.strategies import rows as random_rows

pytest.importorskip("numba")
FIGURES = ("hit", "direct", "impact", "hit_error", "impact_error")


def make_field(graph: DependencyGraph, own: dict[str, Any], **options: Any) -> Field:
    asked = {"kind": None, "among": None, "by": None, "weight": None} | own
    return lay_out(graph, Scenario.of(graph, (), **options), asked)[0]


def same(one: Swept, other: Swept) -> None:
    assert [*one.runs] == [*other.runs]
    assert (one.exact == other.exact).all()
    for name, figures in one.runs.items():
        for which in FIGURES:
            mine, theirs = (getattr(x, which) for x in (figures, other.runs[name]))
            assert np.array_equal(mine, theirs), (name, which)


@settings(max_examples=200)
@given(
    found=random_rows(chances=30, most=24),
    entities=described(),
    mode=st.sampled_from(MODES),
    assume=st.sampled_from((0.5, 0.0, 1.0, 0.3)),
    worlds=st.sampled_from((None, 1, 70, 600)),
    by=st.sampled_from((None, "sector")),
)
def test_sweeps_and_what_ifs_have_the_same_bits(
    found: Any, entities: Any, mode: str, assume: float, worlds: int | None, by: str | None
) -> None:
    """Groups, switches, modes, cycles, few and many draws, whatever is counted."""
    whole = [row | {"loss": 1.0} for row in found]
    weights = entities.with_columns(pl.col("weight") * 0.1)  # whose sums no float has exactly
    graph = DependencyGraph.from_polars(frame(whole), weights)
    field = make_field(graph, {"by": by}, mode=mode, assume=assume, worlds=worlds)
    if len(field.origins):
        asked = (field.graph, field.scenario, field.everybody, field.counting, field.origins)
        swept = sweep_lanes(field)
        same(swept, ask_each(*asked, whole=True))
        sweeps, runs = lay_out_lanes(field)
        if (counts := Counts(sweeps)).one_mode:
            same(swept, _count_all(field, counts, runs).swept)
