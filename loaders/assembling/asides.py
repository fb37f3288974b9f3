"""Rows that are no rows of a table: titles of sections, totals, footnotes; and rows of one end."""

import re
from collections.abc import Sequence

import polars as pl

from knockon.graph.errors import clip
from knockon.graph.model.tables import ENDS, Finding, at
from knockon.loaders.assembling.coded import spell_out
from knockon.loaders.assembling.ends import Ends

_NOTE = re.compile(
    r"(?is)\s*(?:[*†‡§¹²³⁴⁵]|\(?\d{1,2}\)\s|\[\d{1,2}\]|(?:foot)?notes?\s*:|sources?\s*:|legend\s*:"
    r"|as of\b|(?:last )?updated\b|(?:grand |sub)?total\b).*|.*:\s*"
)
_MARK = re.compile(r"\s*([*†‡§¹²³⁴⁵]|\(\d{1,2}\)|\[\d{1,2}\])")


def reads_like_note(text: str) -> bool:
    """Whether a text that fills a row alone is a footnote, a total, or a title with a colon."""
    return _NOTE.fullmatch(text) is not None


def drop_asides(
    frame: pl.DataFrame, ends: Ends, columns: Sequence[str], report: list[Finding]
) -> pl.DataFrame:
    """The frame without empty rows, and without rows of one cell that are no rows of the table.

    columns: theirs. A row that fills its dependent alone is one, unless it reads like a note; one
    that fills another cell alone is a section where most rows say more. Marks of footnotes are
    taken from the ends of names, where there is a footnote.
    """
    if len(ends.columns) > 1 and not any(frame[c].has_nulls() for c in ends.columns):
        return frame
    filled = frame.select(
        pl.sum_horizontal(pl.col(c).is_not_null().cast(pl.UInt32) for c in columns).alias("n")
    )["n"]
    frame, filled = frame.filter(filled > 0), filled.filter(filled > 0)
    lone = filled == 1
    if len(columns) < 2 or not lone.any():
        return frame
    frame = spell_out(frame, ends.columns)
    flat = [c for c in columns if not frame.schema[c].is_nested()]
    texts = frame.select(
        pl.coalesce(pl.lit(None, pl.String), *(pl.col(c).cast(pl.String) for c in flat)).alias("t")
    )["t"].fill_null("")
    section = pl.repeat(
        len(columns) > 2 and _find_median(filled.filter(~lone)) > 2, frame.height, eager=True
    )
    if ends.dependent is not None:
        section &= frame[ends.dependent].is_null()
    notes = pl.Series([reads_like_note(t or "") for t in texts.filter(lone)], dtype=pl.Boolean)
    aside = pl.repeat(False, frame.height, eager=True)
    aside = aside.scatter(lone.arg_true(), notes) | (lone & section)
    lost = frame.filter(aside)
    if not lost.height:
        return frame
    places = lost.select(at(lost, "row"))[:, 0].to_list()
    named = texts.filter(aside).to_list()
    shown = [f"{clip(t, 50)!r} at {p}" for t, p in zip(named, places, strict=True)][:5]
    reason = "a row of one cell that reads like a section, a total or a note"
    report.append(Finding("dropped", lost.height, reason, tuple(shown)))
    marks = {found[1] for t in named if (found := _MARK.match(t))}
    return _drop_marks(frame.filter(~aside), columns, marks, report)


def _find_median(counts: pl.Series) -> float:
    middle = counts.cast(pl.Float64).median()
    return middle if isinstance(middle, float) else 0.0


def _drop_marks(
    frame: pl.DataFrame, columns: Sequence[str], marks: set[str], report: list[Finding]
) -> pl.DataFrame:
    """The frame without the marks of these footnotes at the ends of its texts."""
    pattern = rf"\s*(?:{'|'.join(re.escape(mark) for mark in sorted(marks))})+\s*$"
    for column in (c for c in columns if marks and frame.schema[c] == pl.String):
        bare = frame[column].str.replace(pattern, "")
        held = frame[column].filter((bare != frame[column]) & (bare != ""))
        if len(held):
            reason = f"a cell of {clip(column, 40)!r} with the mark of a footnote, read without it"
            shown = tuple(clip(text, 40) for text in held.head(5).to_list())
            report.append(Finding("changed", len(held), reason, shown))
            frame = frame.with_columns(
                pl.when(bare != "").then(bare).otherwise(column).alias(column)
            )
    return frame


def drop_halves(
    frame: pl.DataFrame, place: str, report: list[Finding]
) -> tuple[pl.DataFrame, pl.Series]:
    """The rows with both ends, and what the others name at one: these are entities all the same.

    frame: with `_row`, the number of the row that it came from, where one row may give several
    """
    whole = pl.all_horizontal(pl.col(end).is_not_null() for end in ENDS)
    halves = frame.filter(~whole)
    kept = frame.filter(whole) if halves.height else frame
    if "_row" in frame.columns:  # one with a provider in another column is not without any
        halves = halves.join(kept.select("_row"), on="_row", how="anti", maintain_order="left")
        halves = halves.unique("_row", maintain_order=True)
    if not halves.height:
        return kept, pl.Series("id", [], pl.String)
    for end, other in (ENDS, ENDS[::-1]):
        alone = halves.filter(pl.col(end).is_not_null())
        if alone.height:
            shown = alone.select(pl.col(end).cast(pl.String) + pl.lit(" at ") + at(alone, place))
            reason = f"a row without a {other}: its {end} is kept, without a dependency"
            report.append(
                Finding("note", alone.height, reason, tuple(clip(t, 80) for t in shown[:5, 0]))
            )
    ids = pl.concat([halves[end].cast(pl.String).rename("id") for end in ENDS]).drop_nulls()
    return kept, ids.unique(maintain_order=True)
