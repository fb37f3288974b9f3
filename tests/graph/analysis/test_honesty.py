"""What a sampled answer does not know, it does not claim; what is too much, it says."""

import numpy as np
import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, MemoryLimitError
from knockon.graph.model.graph import DependencyGraph
from tests.toys import dep, graph_of


def test_what_no_world_hit_is_still_within_reach() -> None:
    """Rare failures that none of the worlds showed are not called impossible."""
    rare = graph_of(*(dep(f"b{i}", "A", probability=1e-6) for i in range(20)))
    impact = whatif(rare, "A", worlds=1999)
    assert not impact.exact
    assert impact.by_kind["within_reach"].sum() == 20
    assert impact.headline == (
        "If A fails, nobody else is hit in 1,999 random worlds (20 entities within reach)"
    )
    assert "No dependency carries" not in impact.assumption


def test_one_world_is_no_certainty() -> None:
    """A hit in the only world drawn is expected, not sure."""
    impact = whatif(graph_of(dep("B", "A", probability=0.9)), "A", worlds=1)
    assert impact.entities["probability"].to_list() == [1.0, 1.0]
    assert "expected to be hit" in impact.headline


def test_unknown_strengths_alone_leave_the_ends_of_the_range_sure() -> None:
    """With all strengths unknown nothing is drawn at 0 and at 1: up to 20 are hit."""
    rows = [dep(f"b{i}", "A", probability=None) for i in range(20)]
    assert whatif(graph_of(*rows), "A").headline == "If A fails: up to 20 of 20 entities are hit"


def test_a_long_ring_with_hours_is_walked_in_the_end() -> None:
    """A cycle of 300 entities: each falls when the one before it does, in both forms."""
    graph = graph_of(*(dep(f"n{(i + 1) % 300:03}", f"n{i:03}") for i in range(300)))
    found = whatif(graph, "n000", hours=4).entities
    assert found["probability"].to_list() == [1.0] * 300
    assert set(found["down_hours"].to_list()) == {4.0}


@pytest.mark.parametrize("column", ["weight", "backlog"])
def test_amounts_that_break_arithmetic_are_refused(column: str) -> None:
    """A weight whose square is no number any more is a fault of its cell."""
    rows = pl.DataFrame({"dependent": ["B"], "provider": ["A"]})
    with pytest.raises(InputError, match=f"{column}: expected a number of at least 0, at most"):
        DependencyGraph.from_polars(rows, pl.DataFrame({"id": ["A"], column: [1e200]}))


def test_contradictions_are_collected_then_raised_once() -> None:
    """A negative weight and two `needs` in one group are told together."""
    rows = pl.DataFrame(
        {"dependent": ["B", "B"], "provider": ["C", "A"], "group": ["g", "g"], "needs": [1, 2]}
    )
    with pytest.raises(InputError) as caught:
        DependencyGraph.from_polars(rows, pl.DataFrame({"id": ["A"], "weight": [-1.0]}))
    assert len(caught.value.faults) == 2
    assert "weight" in caught.value.faults[0]
    assert "one value of needs" in caught.value.faults[1]


@pytest.mark.parametrize("hours", [None, 4])
def test_more_worlds_than_memory_holds_are_refused(hours: float | None) -> None:
    """The figures of each world are kept; where they do not fit, the answer says so at once."""
    graph = graph_of(*(dep(f"b{i}", "A", probability=0.5) for i in range(14)))
    with pytest.raises(MemoryLimitError, match="figures of so many worlds need"):
        whatif(graph, "A", precision=1e-5, memory=2**28, hours=hours)
    assert np.isfinite(whatif(graph, "A", worlds=100, hours=hours).totals.impact)
