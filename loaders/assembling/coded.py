"""Text columns of many rows as categories, so that each distinct text is looked at once.

Ids of ten million rows are some hundred thousand texts. What reads such columns asks them through
`ask`; what changes their texts spells them out before.
"""

from collections.abc import Callable, Collection, Sequence
from secrets import randbits

import polars as pl

from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.model.ends import categorize, list_categories

_MANY = 1 << 17  # rows from which on it pays
COMPILED_FROM = 1 << 19  # rows from which on the kernel pays
_PIECE = 1 << 20  # rows compared at a time


def code(frame: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The frame with those of these columns that are text as categories, where it has many rows."""
    texts = [frame[c] for c in columns if frame.schema[c] == pl.String]
    if not texts or frame.height < _MANY:
        return frame
    found = None
    if frame.height >= COMPILED_FROM and compiled_form_is_there():
        found = _code_hashes(texts)
    return frame.with_columns(found or categorize(texts))


def _code_hashes(columns: Sequence[pl.Series]) -> list[pl.Series] | None:
    """The columns as categories of one kind: texts of one hash are taken for one, and compared.

    None where a cell is empty, or two texts have one hash: then it is done the long way.
    """
    if any(c.has_nulls() for c in columns):
        return None
    from knockon.graph.engine.kernels.codes_numba import number_hashes

    seed = randbits(64)  # nobody can write texts that all fall into one place of the table
    codes, first = number_hashes([c.hash(seed).to_numpy() for c in columns])
    cells, before = [], 0
    for column in columns:
        here = first[(first >= before) & (first < before + len(column))] - before
        cells.append(column.gather(here))
        before += len(column)
    texts = pl.concat([c.alias("text") for c in cells]).rechunk()
    categories = texts.cast(pl.Categorical(pl.Categories.random()))
    found = []
    for column, code in zip(columns, codes, strict=True):
        for i in range(0, len(code), _PIECE):
            same = texts.gather(code[i : i + _PIECE]) == column[i : i + _PIECE]
            if not same.all():
                return None
        found.append(categories.gather(code).alias(column.name))
    return found


def spell_out(frame: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The frame with those of these columns that are categories as text."""
    coded = [c for c in columns if isinstance(frame.schema[c], pl.Categorical)]
    return frame.with_columns(pl.col(c).cast(pl.String) for c in coded)


def is_text(column: pl.Series) -> bool:
    return isinstance(column.dtype, pl.String | pl.Categorical)


def ask(column: pl.Series, question: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Whether it is so of each cell of a column of text; an empty one is not.

    question: gives a Boolean for each of some texts
    """
    if not isinstance(column.dtype, pl.Categorical):
        return question(column).fill_null(False)
    answers = question(list_categories([column]))
    if not answers.any():
        return pl.repeat(False, len(column), eager=True)
    return answers.gather(column.to_physical()).fill_null(False)
