"""Ends as numbers: in the order of their text, whatever they come as."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.model import ends
from knockon.graph.model.ends import number_ends

IDS = st.one_of(
    st.lists(st.tuples(*[st.integers(-9, 120)] * 2), max_size=30),
    st.lists(st.tuples(*[st.sampled_from([-(2**63), 2**63 - 1, 0, 7])] * 2), max_size=5),
    st.lists(st.tuples(*[st.text(min_size=1, max_size=3)] * 2), max_size=30),
)


def twin(pairs: list, entities: list[str]) -> tuple[list[str], list[int], list[int]]:
    ids = sorted({str(v) for pair in pairs for v in pair} | set(entities), key=str.encode)
    return ids, [ids.index(str(a)) for a, _ in pairs], [ids.index(str(b)) for _, b in pairs]


def numbered(pairs: list, entities: list[str]) -> tuple[list[str], list[int], list[int]]:
    dtype = pl.String if not pairs or isinstance(pairs[0][0], str) else pl.Int64
    frame = pl.DataFrame(pairs, {"dependent": dtype, "provider": dtype}, orient="row")
    ids, (dependent, provider) = number_ends(frame, pl.Series("id", entities, pl.String))
    return ids.to_list(), dependent.to_list(), provider.to_list()


@given(IDS, st.lists(st.sampled_from(["7", "x", "-1"]), max_size=3))
def test_numbers_are_places_among_sorted_ids(pairs: list, entities: list[str]) -> None:
    """The naive way gives the same: sort the distinct texts, look each end up."""
    assert numbered(pairs, entities) == twin(pairs, entities)


def test_texts_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two texts share a hash, the texts themselves are compared."""
    monkeypatch.setattr(pl.Series, "hash", lambda self: pl.Series([0] * len(self)))
    pairs = [("a", "b"), ("c", "a")]
    assert numbered(pairs, []) == twin(pairs, [])


def test_numbers_and_text_in_one_table() -> None:
    """An id is its text, whatever the type of the column."""
    frame = pl.DataFrame({"dependent": [10, 9], "provider": ["9", "x"]})
    ids, (dependent, provider) = number_ends(frame, pl.Series("id", [], pl.String))
    assert ids.to_list() == ["10", "9", "x"]
    assert (dependent.to_list(), provider.to_list()) == ([0, 1], [1, 2])


def test_a_table_of_far_numbers_is_not_spread_out() -> None:
    """The table of all values between is made only where it is about as long as the rows."""
    far = pl.Series([0, 2**62])
    assert ends._whole([far, far]) is None
