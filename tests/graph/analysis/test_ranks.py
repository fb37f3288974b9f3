"""Ranks within sampling error are ties; what is exact is ranked as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis import ranks
from knockon.graph.analysis.ranks import find_rank_ranges
from knockon.graph.analysis.whatif import whatif
from tests.toys import dep, graph_of

FIGURES = st.lists(
    st.tuples(st.sampled_from((0.0, 0.1, 0.5, 0.52, 1.0, 7.0)), st.sampled_from((0.0, 0.01, 0.2))),
    max_size=12,
)


def by_hand(figures: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Every pair compared, as the definition has it."""

    def beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
        return one[0] - other[0] > 2 * np.hypot(one[1], other[1]) + 1e-9

    return [
        (1 + sum(beats(o, f) for o in figures), len(figures) - sum(beats(f, o) for o in figures))
        for f in figures
    ]


@given(FIGURES)
def test_ranges_are_those_of_the_definition(figures: list[tuple[float, float]]) -> None:
    value, error = (np.array(x, np.float64) for x in zip(*figures, strict=True)) if figures else (
        np.zeros(0), np.zeros(0))  # fmt: skip
    best, worst = find_rank_ranges(value, error)
    assert list(zip(best.tolist(), worst.tolist(), strict=True)) == by_hand(figures)


@given(FIGURES)
def test_many_figures_have_wider_ranges_never_narrower(figures: list[tuple[float, float]]) -> None:
    """Beyond what is compared one by one, the largest error stands for all."""
    value, error = np.array(figures, np.float64).reshape(-1, 2).T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranks, "_COMPARED", 0)
        best, worst = find_rank_ranges(value, error)
    for b, w, (least, most) in zip(best, worst, by_hand(figures), strict=True):
        assert b <= least <= most <= w


def test_equal_rows_share_their_ranks_and_stand_by_name() -> None:
    """Three alike are 1 to 3, in the order of their names; the rest comes after."""
    rows = [dep(i, "A", probability=0.7) for i in "DCB"] + [dep("E", "A", probability=0.2)]
    found = whatif(graph_of(*rows), "A").entities
    assert found.select("id", "rank", "rank_best", "rank_worst").rows() == [
        ("A", 0, 0, 0), ("B", 1, 1, 3), ("C", 2, 1, 3), ("D", 3, 1, 3), ("E", 4, 4, 4),
    ]  # fmt: skip


def test_one_dependency_from_one_origin_needs_no_drawing() -> None:
    """However many others there are: exact, and so are chains of few."""
    rows = [dep(f"b{i:02}", "A", probability=0.3) for i in range(40)]
    rows += [dep("c", "b00", probability=0.5), dep("d", "c", probability=None)]
    found = {r["id"]: r for r in whatif(graph_of(*rows), "A").entities.to_dicts()}
    assert [found[i]["probability"] for i in ("b07", "c", "d")] == [0.3, 0.15, 0.075]
    assert (found["d"]["probability_low"], found["d"]["probability_high"]) == (0.0, 0.15)
    assert {r["std_error"] for r in found.values()} == {0.0}
    assert found["c"]["strength_source"] == "stated"
    assert found["d"]["strength_source"] == "none"


@given(st.integers(0, 2**32), st.integers(13, 40))
def test_what_hangs_on_many_draws_is_exact_where_its_diagram_is_small(
    seed: int, width: int
) -> None:
    """A dependent of many uncertain providers: no drawing, no standard error."""
    rows = [dep(f"b{i}", "A", probability=0.02) for i in range(width)]
    rows += [dep("c", f"b{i}") for i in range(width)]
    found = {r["id"]: r for r in whatif(graph_of(*rows), "A", seed=seed).entities.to_dicts()}
    assert found["b3"]["probability"] == 0.02
    truth = 1 - 0.98**width
    assert found["c"]["probability"] == pytest.approx(truth, rel=1e-12)
    assert found["c"]["std_error"] == 0


def test_totals_leave_origins_out_and_have_ranges() -> None:
    """An origin's own loss stands alone; mean and percentiles come at low, middle and high."""
    totals = whatif(graph_of(dep("B", "A"), dep("C", "B", probability=None)), "A").totals
    assert totals.impact_of_origins == 1
    assert (totals.impact_low, totals.impact, totals.impact_high) == (1, 1.5, 2)
    assert (totals.p95_low, totals.p95, totals.p95_high) == (1, 2, 2)
