"""Lanes added up: by counting bits where that is exact, else as floats; held to a naive twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.engine import sums
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.sums import (
    add_up,
    count_lanes,
    weight_hit,
    weight_lanes,
    weight_rows,
)

SHAPES = st.tuples(st.integers(0, 70), st.integers(1, 9), st.integers(0, 2**32))


def some_hits(shape: tuple[int, int, int]) -> np.ndarray:
    rows, words, seed = shape
    random = np.random.default_rng(seed)
    return random.integers(0, 2**64, (rows, words), np.uint64) & random.integers(
        0, 2**64, (rows, words), np.uint64
    )


@given(SHAPES, st.sampled_from([3, 7, 1 << 16]))
def test_lanes_are_counted(shape: tuple[int, int, int], at_a_time: int) -> None:
    """As many as there are rows with the bit set, however many rows are taken at a time."""
    hit = some_hits(shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "_COUNTED", at_a_time)
        assert (count_lanes(hit) == unpack(hit, 64 * shape[1]).sum(axis=0)).all()


@given(
    SHAPES,
    st.sampled_from([[1.0], [0.0, 1.0], [0.0, 3.0, 2.0**40], [2.0**53], [0.1, 0.7], [-1.0, 2.0]]),
)
def test_stakes_of_those_hit(shape: tuple[int, int, int], stakes: list[float]) -> None:
    """Whole stakes give the exact sum in each lane, others the sum but for rounding."""
    hit = some_hits(shape)
    lanes = 64 * shape[1] - shape[2] % 64
    stake = np.random.default_rng(1).choice(stakes, len(hit))
    found = add_up(hit, stake, lanes)
    exact = [
        sum(int(s) for s, h in zip(stake, lane, strict=True) if h) for lane in unpack(hit, lanes).T
    ]
    if all(float(s).is_integer() for s in stakes) and sum(map(int, stake)) <= 2**53:
        assert found.tolist() == exact
    else:
        assert found == pytest.approx(stake @ unpack(hit, lanes))


@given(SHAPES)
def test_weight_of_the_lanes_of_a_row(shape: tuple[int, int, int]) -> None:
    """A count where all lanes weigh 1, else a sum."""
    hit = some_hits(shape)
    lanes = 64 * shape[1]
    counted, weighed = np.zeros((2, len(hit)))
    weight_hit(counted, hit, np.ones(lanes))
    assert (counted == unpack(hit, lanes).sum(axis=1)).all()
    weight = np.random.default_rng(2).random(lanes)
    weight_hit(weighed, hit, weight)
    assert weighed == pytest.approx(unpack(hit, lanes) @ weight)


@given(SHAPES, st.integers(1, 9), st.sampled_from([3, 64]))
def test_sums_hang_on_no_width(shape: tuple[int, int, int], width: int, at_a_time: int) -> None:
    """The same bits, in however many words, and whatever part of the rows, they are added up."""
    random = np.random.default_rng(shape[2])
    lanes = 64 * shape[1] - shape[2] % 64
    values, weight, stake = (
        random.random((shape[0], lanes)),
        random.random(lanes),
        random.random(shape[0]),
    )
    blocks = [slice(i, i + 64 * width) for i in range(0, lanes, 64 * width)]
    whole, parts = np.zeros((2, len(values)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sums, "ROWS", at_a_time)
        weight_lanes(whole, values, weight)
        lane_by_lane = weight_rows(values, stake)
        for b in blocks:
            weight_lanes(parts, np.asfortranarray(values[:, b]), weight[b])
            assert (weight_rows(np.asfortranarray(values[:, b]), stake) == lane_by_lane[b]).all()
    assert (whole == parts).all()
    assert whole == pytest.approx(values @ weight)
    assert lane_by_lane == pytest.approx(stake @ values)
