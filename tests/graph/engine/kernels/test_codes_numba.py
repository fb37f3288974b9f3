"""Numbers of hashes: those of a dictionary, however small the first table is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

HASHES = st.integers(0, 2**64 - 1) | st.sampled_from([0, 1, 2, 16, 32, 2**63, 2**64 - 1])


@given(columns=st.lists(st.lists(HASHES, max_size=60), min_size=1, max_size=3))
def test_hashes_are_numbered_as_they_come(columns: list[list[int]]) -> None:
    from knockon.graph.engine.kernels.codes_numba import number_hashes

    numbers, first = number_hashes([np.array(c, np.uint64) for c in columns], slots=2)
    cells = [cell for column in columns for cell in column]
    known: dict[int, int] = {}
    for cell in cells:
        known.setdefault(cell, len(known))
    assert [n.tolist() for n in numbers] == [[known[cell] for cell in c] for c in columns]
    assert [cells[i] for i in first] == list(known)
