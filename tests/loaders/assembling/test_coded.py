"""Columns of text as categories: what comes back is what went in, whichever way it was coded."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.model.ends import list_categories
from knockon.loaders.assembling import coded

CELLS = st.text(max_size=20) | st.sampled_from(["a", "b", "\x00", "a ", "ä" * 9])
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=40)


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    monkeypatch.setattr(coded, "_MANY", 0)
    monkeypatch.setattr(coded, "COMPILED_FROM", 0)
    monkeypatch.setattr(coded, "_PIECE", 7)


@given(rows=ROWS, pieces=st.integers(1, 3))
def test_hashed_texts_come_back(rows: list[tuple[str, str]], pieces: int) -> None:
    """Of both columns, in several chunks, by one kind of categories: one for each distinct text."""
    frame = _frame(rows)
    part = -(-len(rows) // pieces)
    chunks = [frame[i : i + part] for i in range(0, len(rows), max(part, 1))]
    chunked = pl.concat(chunks, rechunk=False) if chunks else frame
    found = coded.code(chunked, ["a", "b"])
    assert found.schema["a"] == found.schema["b"]
    assert isinstance(found.schema["a"], pl.Categorical)
    assert coded.spell_out(found, ["a", "b"]).equals(frame)
    texts = list_categories([found["a"], found["b"]]).to_list()
    assert len(texts) == len({t for row in rows for t in row})
    assert {t for row in rows for t in row} == set(texts)


@given(rows=ROWS)
def test_texts_of_one_hash_are_told_apart(rows: list[tuple[str, str]]) -> None:
    """Whatever the hash makes one: then all is coded by the texts themselves."""
    frame = _frame(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pl.Series, "hash", lambda self, seed: self.str.len_bytes().cast(pl.UInt64))
        found = coded.code(frame, ["a", "b"])
    assert coded.spell_out(found, ["a", "b"]).equals(frame)


def test_empty_cells_stay_empty() -> None:
    frame = pl.DataFrame({"a": ["x", None, "y"], "b": [None, "x", "x"]})
    found = coded.code(frame, ["a", "b"])
    assert isinstance(found.schema["a"], pl.Categorical)
    assert coded.spell_out(found, ["a", "b"]).equals(frame)


def _frame(rows: list[tuple[str, str]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([], [])
    return pl.DataFrame(
        dict(zip("ab", columns, strict=True)), schema={"a": pl.String, "b": pl.String}
    )
