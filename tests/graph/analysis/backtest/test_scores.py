"""Scores against hand-worked counts and a correlation computed the long way."""

import statistics
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.backtest.scores import TIE, Confusion, is_tied, spearman

RANKS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=4, max_size=12
)  # small ranges, so that there are ties


def test_counts_by_hand() -> None:
    """Six rows, each cell counted once or twice; precision 2/3, recall 2/4, spared 1/2."""
    predicted = [True, True, True, False, False, False]
    happened = [True, True, False, True, True, False]
    found = Confusion.of(predicted, happened)
    assert found == Confusion(hits=2, alarms=1, misses=2, quiet=1)
    assert (found.precision, found.recall, found.spared_right) == (2 / 3, 0.5, 0.5)
    assert (found + found).rows == 12


def test_nothing_to_divide_by_is_none() -> None:
    """Without predicted hits there is no precision, without hits no recall."""
    assert Confusion.of([False], [False]).precision is None
    assert Confusion.of([False], [False]).recall is None
    assert Confusion.of([True], [True]).spared_right is None


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0),
        ([1, 2, 3, 4], [40, 30, 20, 10], -1.0),
        # d = (0, 1, -1, 0): 1 - 6 * 2 / (4 * 15)
        ([1, 2, 3, 4], [1, 3, 2, 4], 0.8),
        # ranks (1, 2.5, 2.5, 4) against (1, 2, 3, 4): 4.5 / sqrt(4.5 * 5)
        ([1, 2, 2, 3], [1, 2, 3, 4], 4.5 / (4.5 * 5) ** 0.5),
        ([None, 1, 2, 3, 4], [9, 1, None, 2, 3], None),  # three pairs are too few
        ([5, 5, 5, 5], [1, 2, 3, 4], None),
        ([1, 2, 3, 4], [7, 7, 7, 7], None),
        # 20.3 and 20.4 tie: only the last is apart, and it is the highest
        ([20.3, 20.4, 20.35, 75.0], [24, 72, 60, 144], 0.7745966692414834),
    ],
)
def test_spearman_by_hand(
    left: list[float | None], right: list[float | None], expected: float | None
) -> None:
    """Without ties, with ties, with gaps, and where there is no order."""
    assert spearman(left, right) == (None if expected is None else pytest.approx(expected))


@given(RANKS)
def test_spearman_is_the_correlation_of_ranks(pairs: list[tuple[int, int]]) -> None:
    """As counted: a rank is one more than the smaller values and half the other equal ones."""
    left, right = [10.0**a for a, _ in pairs], [float(b) for _, b in pairs]
    found = spearman(left, right)
    if len(set(left)) < 2 or len(set(right)) < 2:
        assert found is None
    else:
        by_hand = statistics.correlation(_ranks(left), _ranks(right))
        assert found == pytest.approx(by_hand)


@given(RANKS)
def test_order_of_rows_changes_nothing(pairs: list[tuple[int, int]]) -> None:
    """The same pairs in another order have the same correlation."""
    once = spearman([a for a, _ in pairs], [b for _, b in pairs])
    again = spearman([a for a, _ in pairs[::-1]], [b for _, b in pairs[::-1]])
    assert once == (None if again is None else pytest.approx(again))


def test_ties_are_relative() -> None:
    """A tenth of the larger is a tie, in minutes as in days; only nothing ties with nothing."""
    assert is_tied(0.9, 1.0)
    assert is_tied(90, 100)
    assert not is_tied(0.89, 1.0)
    assert is_tied(0, 0)
    assert not is_tied(0, 1e-6)
    assert TIE == 0.1


def _ranks(values: Sequence[float]) -> list[float]:
    return [
        1 + sum(other < v for other in values) + (sum(other == v for other in values) - 1) / 2
        for v in values
    ]
