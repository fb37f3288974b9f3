"""Sums of floats have one order: the same bits, whatever memory, threads, width of a block or form.

Only the means of running may differ: which form ran, in how much memory.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.compare import compare
from knockon.graph.analysis.harden import harden
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.rank import rank
from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.times import Timeline
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.strategies import cases
from tests.timed import RANGES, timed_cases

pytest.importorskip("numba")


@dataclass(frozen=True)
class Means:
    """How a question is run. words: of 64 worlds in a block; cells: of memory"""

    words: int
    cores: int
    compiled: bool
    memory: int | None


MEANS = st.builds(
    Means, words=st.integers(1, 8), cores=st.integers(1, 3), compiled=st.booleans(),
    memory=st.sampled_from((None, 2**22, 2**26)),
)  # fmt: skip


Ask = Callable[[DependencyGraph, Scenario], Impact | Answer]


def run(ask: Ask, graph: DependencyGraph, scenario: Scenario, means: Means) -> dict[str, Any]:
    """The answer, but for what says how it was computed."""

    def words(*_: object, **__: object) -> int:
        return means.words

    enough = 0 if means.compiled else 1 << 62
    with ExitStack() as stack:
        stack.enter_context(patch("knockon.graph.analysis.ranking.swept._ASKED_FROM", enough))
        for module in ("lanes", "times"):
            home = f"knockon.graph.engine.{module}"
            stack.enter_context(patch(f"{home}.COMPILED_FROM", enough))
        for module in ("engine.lanes", "engine.times", "engine.sweeps", "engine.counts",
                       "analysis.tallies"):  # fmt: skip
            stack.enter_context(patch(f"knockon.graph.{module}.cpu_count", lambda: means.cores))
        stack.enter_context(patch.object(Lanes, "words", words))
        stack.enter_context(patch.object(Timeline, "words", property(words)))
        found = ask(graph, replace(scenario, memory=means.memory)).to_dict()
    for told in ("scenario", "scenario_after"):
        found.get(told, {}).pop("memory", None)
    return {name: value for name, value in found.items() if name != "work"}


def weigh(graph: DependencyGraph) -> DependencyGraph:
    """The graph with weights that no sum of floats has exactly."""
    weights = graph.entities.select("id", "kind", "sector", pl.col("weight") * 0.1)
    others = [c for c in ("repair_hours", "backlog") if c in graph.entities.columns]
    described = weights.with_columns(graph.entities.select(others))
    return DependencyGraph.from_polars(graph.dependencies, described)


def hold_same(
    ask: Ask, graph: DependencyGraph, scenario: Scenario, one: Means, other: Means
) -> None:
    found, again = (run(ask, graph, scenario, means) for means in (one, other))
    for name in found:
        assert found[name] == again[name], name
    assert len(found) == len(again)


def rank_all(graph: DependencyGraph, scenario: Scenario) -> Answer:
    return rank(graph, replace(scenario, origins=(), protect=()))


def harden_some(graph: DependencyGraph, scenario: Scenario) -> Answer:
    return harden(graph, scenario, budget=2)


def compare_assumed(graph: DependencyGraph, scenario: Scenario) -> Answer:
    return compare(graph, None, scenario, after={"assume": 0.3})


ASKED = st.sampled_from((whatif, whatif, rank_all, harden_some, compare_assumed))


WORLDS = st.sampled_from((None, 64, 130, 700))  # every case where few, or some at random


@pytest.fixture(scope="module", params=(False, True), ids=("whole", "fractions"))
def dense(request: pytest.FixtureRequest) -> DependencyGraph:
    """60 entities, 150 dependencies, weights and losses that no sum of floats has exactly."""
    random = np.random.default_rng(7)
    ends = np.unique(random.integers(0, 60, (150, 2)), axis=0)
    dependent, provider = ends[ends[:, 0] != ends[:, 1]].T
    size = len(dependent)
    rows = pl.DataFrame({"dependent": dependent.astype(str), "provider": provider.astype(str)})
    grouped = pl.Series(dependent % 4 == 0)
    weights = pl.DataFrame({"id": [str(i) for i in range(60)], "weight": random.random(60)})
    return DependencyGraph.from_polars(
        rows.with_columns(
            probability=pl.Series(random.random(size)),
            loss=pl.Series(random.random(size)) if request.param else pl.lit(1.0),
            group=pl.when(grouped).then(pl.lit("g")),
            switch_probability=pl.when(grouped).then(pl.lit(0.7)),
        ),
        weights,
    )


@pytest.mark.parametrize(
    ("ask", "hours"),
    [(whatif, None), (whatif, "1..4"), (rank_all, None), (compare_assumed, None)],
)
def test_many_draws(ask: Ask, hours: str | None, dense: DependencyGraph) -> None:
    """Worlds of several blocks, the last one not full."""
    scenario = Scenario.of(dense, ["1", "2"], worlds=700, hours=hours)
    base = run(ask, dense, scenario, Means(8, 2, True, None))
    for means in (Means(3, 1, True, 2**22), Means(1, 1, False, None), Means(8, 2, False, 2**22)):
        assert run(ask, dense, scenario, means) == base


@settings(deadline=None)
@given(ask=ASKED, case=cases(), worlds=WORLDS, one=MEANS, other=MEANS)
def test_without_hours(
    ask: Ask, case: tuple[DependencyGraph, Scenario], worlds: int | None, one: Means, other: Means
) -> None:
    hold_same(ask, weigh(case[0]), replace(case[1], worlds=worlds), one, other)


@settings(max_examples=50, deadline=None)
@given(ask=ASKED, case=timed_cases(RANGES, ("1..4", 3)), worlds=WORLDS, one=MEANS, other=MEANS)
def test_with_hours(
    ask: Ask, case: tuple[DependencyGraph, Scenario], worlds: int | None, one: Means, other: Means
) -> None:
    hold_same(ask, weigh(case[0]), replace(case[1], worlds=worlds), one, other)
