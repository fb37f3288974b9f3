"""The ends of dependencies as numbers, from the first look on.

Text takes sixteen bytes a cell and compares slowly; a number takes four and sorts like the text,
because ids are numbered in the order of their text. Whole numbers as ids become text once for each
distinct one.
"""

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.model.tables import ENDS

_SPARSE = 8  # a table of all values between least and greatest pays up to so many per row


def number_ends(frame: pl.DataFrame, entities: pl.Series) -> tuple[pl.Series, list[pl.Series]]:
    """The distinct ids of ends and entities in the order of their text, and for `dependent` and
    `provider` their numbers among them (UInt32).

    frame: without empty ends; these are text without blanks around it, or whole numbers
    """
    columns = [frame[name] for name in ENDS]
    coded = _whole(columns) if all(c.dtype.is_integer() for c in columns) else None
    texts, codes = coded or _text([c.cast(pl.String) for c in columns])
    ids = pl.concat([texts, entities.rename("id")]).unique().sort()
    number = numbers_among(texts, ids)
    return ids, [number.gather(c).alias(name) for c, name in zip(codes, ENDS, strict=True)]


def numbers_among(texts: pl.Series, ids: pl.Series) -> pl.Series:
    """Where each text stands among the ids (UInt32), null where it does not."""
    found = texts.to_frame("id").join(
        ids.to_frame("id").with_row_index("number"), on="id", how="left", maintain_order="left"
    )
    return found["number"].cast(pl.UInt32)


def _text(columns: list[pl.Series]) -> tuple[pl.Series, list[pl.Series]]:
    """The distinct texts, and where each stands: told apart by hashes, which compare faster."""
    both = [pl.DataFrame({"hash": c.hash(), "id": c}) for c in columns]
    firsts = pl.concat([b.unique("hash", keep="any") for b in both]).unique("hash", keep="any")
    numbered = firsts.select("hash", pl.int_range(pl.len(), dtype=pl.UInt32).alias("number"))
    codes = [b.join(numbered, on="hash", how="left", maintain_order="left")["number"] for b in both]
    texts = firsts["id"]
    if all((texts.gather(c) == b["id"]).all() for b, c in zip(both, codes, strict=True)):
        return texts, codes
    texts = pl.concat([c.rename("id").unique() for c in columns]).unique()  # two of one hash
    return texts, [numbers_among(c, texts) for c in columns]


def _whole(columns: list[pl.Series]) -> tuple[pl.Series, list[pl.Series]] | None:
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
