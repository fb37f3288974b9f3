"""Ends as numbers: in the order of their text, whatever they come as."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.model import ends
from knockon.graph.model.ends import code_ends, number_ends

BARE = st.text(min_size=1, max_size=3).map(str.strip).filter(bool)  # blanks around are no part
IDS = st.one_of(
    st.lists(st.tuples(*[st.integers(-9, 120)] * 2), max_size=30),
    st.lists(st.tuples(*[st.sampled_from([-(2**63), 2**63 - 1, 0, 7])] * 2), max_size=5),
    st.lists(st.tuples(BARE, BARE), max_size=30),
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


@given(st.lists(st.tuples(*[st.one_of(st.none(), st.text(" ab\u2003", max_size=3))] * 2)))
def test_codes_stand_for_texts_without_blanks(pairs: list) -> None:
    """Blanks around an id are none of it, an empty cell has no code; no text stands twice."""
    if not pairs:
        return
    dependent, provider = (list(column) for column in zip(*pairs, strict=True))
    cells = {"dependent": dependent, "provider": provider}
    bare = [[(text or "").strip() or None for text in column] for column in cells.values()]
    frame, texts = code_ends(pl.DataFrame(cells, {"dependent": pl.String, "provider": pl.String}))
    assert texts is not None
    assert not texts.has_nulls()
    assert texts.is_unique().all()
    found = [[None if c is None else texts[c] for c in frame[end]] for end in cells]
    assert found == bare


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["a", "b ", "c"])])
def test_categories_are_texts(dtype: pl.DataType) -> None:
    """Ends may come as categories."""
    cells = {"dependent": ["a", "b ", None], "provider": ["c", "a", "b "]}
    frame, texts = code_ends(pl.DataFrame(cells, dict.fromkeys(cells, dtype)))
    assert texts is not None
    assert texts.gather(frame["provider"]).to_list() == ["c", "a", "b"]
    assert frame["dependent"].null_count() == 1


def test_other_ends_are_left_to_the_check_of_columns() -> None:
    """A number with an empty cell, a fraction, a missing column: nothing is coded."""
    for cells in (
        {"dependent": [1, None], "provider": [1, 2]},
        {"dependent": [1.5], "provider": ["a"]},
        {"dependent": ["a"]},
    ):
        frame = pl.DataFrame(cells)
        same, texts = code_ends(frame)
        assert same is frame
        assert texts is None


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
