"""Ids that people take for one and the graph for two: they differ in capitals, blanks or marks.

A failure that ends at `Acme Cloud` with another blank between its words does not reach who depends
on the one with the usual blank, and nothing on a screen tells them apart. They are not joined
unasked, since ids are what they are; they are told.
"""

import re
import unicodedata

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import Finding, Tables

MOST = 100_000  # entities; of more only ids with letters beyond ASCII, of these as many at most
_NAMED = ("pkg:", "urn:", "http:", "https:", "spdx:")  # names of which capitals are a part
_SHOWN = 5


def find_lookalikes(tables: Tables) -> list[Finding]:
    """A note on ids that are equal but for capitals, blanks, marks that nobody sees, and the way in
    which accents are written; none where there are none."""
    ids = tables.entities["id"]
    beyond = ids.str.len_bytes() != ids.str.len_chars()
    odd = ids.filter(beyond)
    if len(ids) > MOST and not 0 < odd.len() <= MOST:
        return []
    plain = ids.filter(~beyond) if len(ids) <= MOST else ids.filter(ids.is_in(_spell(odd)))
    folded = pl.concat([plain.str.to_lowercase().str.replace_all(r"\s+", " "), _fold(odd)])
    keys = pl.DataFrame({"id": pl.concat([plain, odd]), "key": folded})
    keys = keys.filter(~pl.any_horizontal(pl.col("key").str.starts_with(n) for n in _NAMED))
    several = (
        keys.filter(pl.col("key").is_duplicated())
        .group_by("key").agg(pl.col("id").unique().sort()).sort("key")
    )  # fmt: skip
    if not several.height:
        return []
    reason = (
        "ids that differ only in capitals, blanks or marks that nobody sees are different entities "
        "(--join-above 0.97 joins such names)"
    )
    shown = (" and ".join(_show(i) for i in same[:3]) for same in several["id"].head(_SHOWN))
    return [Finding("note", several.height, reason, tuple(shown))]


def _spell(ids: pl.Series) -> list[str]:
    """What ids beyond ASCII would be with common blanks and no marks: as others may have them."""
    return [" ".join(_drop_marks(text).split()) for text in ids]


def _fold(ids: pl.Series) -> pl.Series:
    folded = (" ".join(_drop_marks(text).casefold().split()) for text in ids)
    return pl.Series("id", [*folded], pl.String)


def _drop_marks(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf")


def _show(text: str) -> str:
    """The id, with what is not seen written out."""
    if text.isascii():
        return clip(text, 40)
    told = re.sub(r"[^\S ]", lambda blank: f"\\u{ord(blank[0]):04x}", text)
    marks = (f"\\u{ord(c):04x}" if unicodedata.category(c) in ("Cf", "Mn") else c for c in told)
    return clip("".join(marks), 60)
