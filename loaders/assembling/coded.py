"""Text columns of many rows as categories, so that each distinct text is looked at once.

Ids of ten million rows are some hundred thousand texts. What reads such columns asks them through
`ask`; what changes their texts spells them out before.
"""

from collections.abc import Callable, Collection

import polars as pl

from knockon.graph.model.ends import categorize, list_categories

_MANY = 1 << 17  # rows from which on it pays


def code(frame: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The frame with those of these columns that are text as categories, where it has many rows."""
    texts = [frame[c] for c in columns if frame.schema[c] == pl.String]
    return frame.with_columns(categorize(texts)) if texts and frame.height >= _MANY else frame


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
