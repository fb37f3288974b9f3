"""The ends of dependencies as numbers, from the first look on.

Text takes sixteen bytes a cell and compares slowly; a number takes four and sorts like the text,
because ids are numbered in the order of their text. Whole numbers as ids become text once for each
distinct one.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.model.tables import ENDS

_SPARSE = 8  # a table of all values between least and greatest pays up to so many per row


def code_ends(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series | None]:
    """The frame with `dependent` and `provider` as places among their distinct texts (UInt32, null
    where a cell is empty), and these texts, without blanks around them, in no order.

    The frame as it is, and None, where the ends are not both text, or both whole numbers.
    """
    if not set(ENDS) <= set(frame.columns):
        return frame, None
    columns = [frame[name] for name in ENDS]
    if all(c.dtype.is_integer() and not c.has_nulls() for c in columns):
        texts, codes = _whole(columns) or _text([c.cast(pl.String) for c in columns])
    elif all(isinstance(c.dtype, pl.String | pl.Categorical | pl.Enum) for c in columns):
        texts, codes = _text(columns)
    else:
        return frame, None
    return frame.with_columns(c.alias(name) for c, name in zip(codes, ENDS, strict=True)), texts


def number_ends(
    frame: pl.DataFrame, entities: pl.Series, texts: pl.Series | None = None
) -> tuple[pl.Series, list[pl.Series]]:
    """The distinct ids of ends and entities in the order of their text, and for `dependent` and
    `provider` their numbers among them (UInt32).

    frame: without empty ends; these are places among `texts`, or texts where that is None
    """
    columns = [frame[name] for name in ENDS]
    if texts is None:
        texts, columns = _text([c.cast(pl.String) for c in columns])
    others = entities.rename("id").to_frame().unique()
    more = others.join(texts.to_frame(), on="id", how="anti") if len(others) else others
    known = pl.concat([texts, more["id"]])
    order = known.arg_sort()
    number = np.empty(len(known), np.uint32)
    number[order.to_numpy()] = np.arange(len(known), dtype=np.uint32)
    numbers = [pl.Series(number).gather(c).alias(n) for c, n in zip(columns, ENDS, strict=True)]
    return known.gather(order), numbers


def numbers_among(texts: pl.Series, ids: pl.Series) -> pl.Series:
    """Where each text stands among the ids (UInt32), null where it does not."""
    found = texts.to_frame("id").join(
        ids.to_frame("id").with_row_index("number"), on="id", how="left", maintain_order="left"
    )
    return found["number"].cast(pl.UInt32)


def categorize(columns: Sequence[pl.Series]) -> list[pl.Series]:
    """Text columns as categories of one kind: told apart by polars, in its threads."""
    kind = pl.Categorical(pl.Categories.random())
    cells = pl.DataFrame([c.alias(str(i)) for i, c in enumerate(columns)])
    coded = cells.lazy().select(pl.all().cast(kind)).collect()
    return [found.alias(c.name) for found, c in zip(coded, columns, strict=True)]


def list_categories(columns: Sequence[pl.Series]) -> pl.Series:
    """The texts that the codes of these columns of one kind stand for: 0, 1, ... in a row."""
    codes = (column.to_physical().max() for column in columns)
    count = max((1 + most for most in codes if isinstance(most, int)), default=0)
    numbers = pl.int_range(count, dtype=pl.UInt32, eager=True).alias("id")
    return numbers.cat.to(columns[0].dtype).cast(pl.String)


def _text(columns: Sequence[pl.Series]) -> tuple[pl.Series, list[pl.Series]]:
    """The distinct texts without blanks around them, and where each cell's stands."""
    kinds = [c.dtype for c in columns]
    if not isinstance(kinds[0], pl.Categorical) or kinds[0] != kinds[1]:
        columns = categorize([c.cast(pl.String) for c in columns])
    codes, found = [c.to_physical() for c in columns], list_categories(columns)
    bare = found.str.strip_chars()
    bare = bare.set(bare == "", None)
    if (bare == found).all(ignore_nulls=False):
        return found, codes
    texts = bare.drop_nulls().unique()
    number = numbers_among(bare, texts)
    return texts, [number.gather(code) for code in codes]


def _whole(columns: Sequence[pl.Series]) -> tuple[pl.Series, list[pl.Series]] | None:
    """The distinct numbers as text, and where each stands; None where they lie too far apart."""
    if not len(columns[0]):
        return None
    least = min(int(c.min()) for c in columns)  # type: ignore[arg-type]
    span = max(int(c.max()) for c in columns) - least + 1  # type: ignore[arg-type]
    if span > _SPARSE * len(columns[0]) + 1024:
        return None
    places = [(c - least).cast(pl.UInt32).to_numpy() for c in columns]
    there = np.zeros(span, np.bool_)
    for place in places:
        there[place] = True
    values: Ints = np.flatnonzero(there)
    code = np.cumsum(there, dtype=np.uint32) - np.uint32(1)
    texts = (pl.Series("id", values) + least).cast(pl.String)
    return texts, [pl.Series(code[place]) for place in places]
