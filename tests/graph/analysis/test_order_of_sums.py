"""Sums of floats have one order: the same bits, whatever memory, threads, width of a block or form.

Only the means of running may differ: which form ran, in how much memory.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.analysis.impact import Impact
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


def run(graph: DependencyGraph, scenario: Scenario, means: Means) -> Impact:
    def words(*_: object, **__: object) -> int:
        return means.words

    enough = 0 if means.compiled else 1 << 62
    with ExitStack() as stack:
        for module in ("lanes", "times"):
            name = f"knockon.graph.engine.{module}"
            stack.enter_context(patch(f"{name}.COMPILED_FROM", enough))
            stack.enter_context(patch(f"{name}.cpu_count", lambda: means.cores))
        stack.enter_context(patch("knockon.graph.analysis.tallies.cpu_count", lambda: means.cores))
        stack.enter_context(patch.object(Lanes, "words", words))
        stack.enter_context(patch.object(Timeline, "words", property(words)))
        return whatif(graph, replace(scenario, memory=means.memory))


def hold_same(graph: DependencyGraph, scenario: Scenario, one: Means, other: Means) -> None:
    found, again = (run(graph, scenario, means) for means in (one, other))
    assert again == replace(found, scenario=again.scenario, work=again.work)


WORLDS = st.sampled_from((None, 64, 130, 700))  # every case where few, or some at random


@settings(deadline=None)
@given(case=cases(), worlds=WORLDS, one=MEANS, other=MEANS)
def test_without_hours(
    case: tuple[DependencyGraph, Scenario], worlds: int | None, one: Means, other: Means
) -> None:
    hold_same(case[0], replace(case[1], worlds=worlds), one, other)


@settings(deadline=None)
@given(case=timed_cases(RANGES, ("1..4", 3)), worlds=WORLDS, one=MEANS, other=MEANS)
def test_with_hours(
    case: tuple[DependencyGraph, Scenario], worlds: int | None, one: Means, other: Means
) -> None:
    hold_same(case[0], replace(case[1], worlds=worlds), one, other)
