"""What stands in a cell that names an end: one thing, several, or nothing.

A list (of JSON, Parquet, a database or a spreadsheet) becomes one row for each of its items; `N/A`
and an empty list name nothing. Commas part a list only where something says that they do: names of
companies hold them, too.
"""

import math
import re
from collections.abc import Collection, Mapping
from functools import partial

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Finding, at
from knockon.loaders.assembling.coded import ask, is_text, spell_out
from knockon.loaders.assembling.ends import spell
from knockon.loaders.assembling.lists import (
    BLANKS,
    MARKS,
    WEAK_MARKS,
    Listed,
    join_forms,
    parse_literal,
    split_items,
    split_weakly,
)

MAX_PRODUCT = 1_000_000  # rows out of lists at both ends of rows: one may be as long as the file
_LISTED = re.compile(  # heads of columns that hold lists: of several, or of what is needed
    r"(?:.+_)?(?:depends_?on|dependencies|requires|relies_on|uses|used_by|providers|vendors"
    r"|suppliers|consumers|customers|clients|dependents|subprocessors|sub_processors"
    r"|third_parties|(?:up|down)stream(?:s|_\w+s))"
)


def cast_ends(frame: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """The frame with text where a format has categories, bytes or single values of other types."""
    odd = (pl.Categorical, pl.Enum, pl.Binary, pl.Null)
    made = [pl.col(c).cast(pl.String) for c in columns if isinstance(frame.schema[c], odd)]
    return frame.with_columns(made)


def clear_blanks(
    frame: pl.DataFrame, columns: Collection[str], report: list[Finding]
) -> pl.DataFrame:
    """The frame with cells that are blank, or say that there is nothing (`N/A`), empty."""
    for column in (c for c in columns if is_text(frame[c])):
        none = ask(frame[column], _say_nothing)
        if not none.any():
            continue
        blank = frame[column].filter(none).cast(pl.String).str.strip_chars()
        says = blank.filter(blank != "")
        if len(says):
            shown = tuple(map(repr, dict.fromkeys(says.to_list())))
            reason = f"a cell of {clip(column, 40)!r} that says that there is none"
            report.append(Finding("note", len(says), reason, shown[:5]))
        frame = frame.with_columns(pl.when(~none).then(column).alias(column))
    return frame


def _say_nothing(texts: pl.Series) -> pl.Series:
    return texts.str.strip_chars().str.to_lowercase().is_in([*BLANKS, ""])


def split_lists(
    frame: pl.DataFrame, listed: Mapping[str, bool], place: str, report: list[Finding]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame with one row for each item of a list in a cell that names an end; names of items.

    listed: {end: whether the head of its column says that it holds lists} (`holds_lists`)
    Raises InputError for items that name nothing, and where lists at both ends multiply beyond
    MAX_PRODUCT.
    """
    marked, weak = _mark_lists(frame, listed), _find_weak(frame, listed)
    for end, texts in weak.items():
        marked |= ask(frame[end], partial(_are_among, [*texts]))
    if not marked.any():
        return frame, {}
    frame = spell_out(frame, listed)
    seen, alone = Listed(), _find_single(frame, listed)
    numbered = frame.with_row_index("_order")
    some, rest = numbered.filter(marked), numbered.filter(~marked)
    lists: dict[str, list[list[str] | None]] = {}
    faults: list[str] = []
    for end, sure in listed.items():
        lists[end] = []
        for row, value in enumerate(some[end].to_list()):
            try:
                parts = weak.get(end, {}).get(value) if isinstance(value, str) else None
                lists[end].append(parts or split_items(value, sure, alone, seen))
            except ValueError as error:
                where = some.select(at(some, "dependencies")).item(row, 0)
                faults.append(f"{where}: {end}: {error}")
    if faults:
        raise InputError.of(faults)
    lengths = [[len(cell or ()) for cell in cells] for cells in lists.values()]
    _check_product(lengths, place)
    several = pl.Series("_several", [max(row) > 1 for row in zip(*lengths, strict=True)])
    some = some.with_columns(
        several, *(pl.Series(end, cells, pl.List(pl.String)) for end, cells in lists.items())
    )
    for end in lists:
        some = some.explode(end)
    seen.tell(report, int(several.sum()), int(some["_several"].sum()))
    plain = rest.with_columns(pl.col(end).cast(pl.String, strict=False) for end in listed)
    both = pl.concat([plain, some.drop("_several")])
    return both.sort("_order", maintain_order=True).drop("_order"), seen.names


def tell_lists(frame: pl.DataFrame, ends: Collection[str], report: list[Finding]) -> None:
    """Add a note on cells that are read as one id, and look like a list of others.

    For our own tables, in which an id may hold anything.
    """
    texts = [frame[end] for end in ends if frame.schema.get(end) == pl.String]
    marked = [t.str.contains_any([*MARKS]).fill_null(False) for t in texts]
    cells = [t.filter(m) for t, m in zip(texts, marked, strict=True)]
    if not any(map(len, cells)):
        return
    alone = {id_ for t, m in zip(texts, marked, strict=True) for id_ in t.filter(~m).unique()}
    found = []
    for cell in (c for column in cells for c in column.unique(maintain_order=True).to_list()):
        parts = parse_literal(cell.strip()) if cell.strip()[:1] in ("[", "{") else None
        parts = parts if isinstance(parts, list) else re.split(r"[;,|\n]", cell)
        if len(parts) > 1 and any(str(part).strip() in alone for part in parts):
            found.append(repr(clip(cell, 60)))
    if found:
        reason = "a cell of our own tables that looks like a list, and is one id"
        report.append(Finding("note", len(found), reason, tuple(found[:5])))


def holds_lists(head: str) -> bool:
    """Whether the head of a column says that its cells may hold several: `depends_on`, `vendors`"""
    return _LISTED.fullmatch(spell(head)) is not None


def _check_product(lengths: list[list[int]], place: str) -> None:
    """Raise InputError where lists at both ends of rows multiply."""
    rows = sum(
        math.prod(pair) for pair in zip(*lengths, strict=True) if all(length > 1 for length in pair)
    )
    if len(lengths) > 1 and rows > MAX_PRODUCT:
        raise InputError(
            f"{place}: lists at both ends of rows make {rows:,} dependencies; at most "
            f"{MAX_PRODUCT:,} are read"
        )


def _mark_lists(frame: pl.DataFrame, ends: Collection[str]) -> pl.Series:
    """The rows in which an end may be a list."""
    found = pl.repeat(False, frame.height, eager=True)
    for end in ends:
        dtype = frame.schema[end]
        if dtype.is_nested():
            found |= frame[end].is_not_null()
        elif is_text(frame[end]):
            found |= ask(frame[end], lambda texts: texts.str.contains_any([*MARKS]))
    return found


def _are_among(known: list[str], texts: pl.Series) -> pl.Series:
    return texts.is_in(known)


def _find_weak(frame: pl.DataFrame, listed: Mapping[str, bool]) -> dict[str, dict[str, list[str]]]:
    """The texts of each end that are lists because each of their parts stands alone elsewhere, and
    they themselves at no other end.
    """
    ends = [end for end in listed if is_text(frame[end])]
    found: dict[str, dict[str, list[str]]] = {}
    for end in ends:
        if not ask(frame[end], lambda texts: texts.str.contains_any([*WEAK_MARKS])).any():
            continue
        spelled = spell_out(frame.select(ends), ends)
        alone = _find_single(spelled, ends)
        others = {text for other in ends if other != end for text in spelled[other].unique()}
        texts = spelled[end].drop_nulls().unique()
        texts = texts.filter(
            texts.str.contains_any([*WEAK_MARKS]) & ~texts.str.contains_any([*MARKS])
        )
        made = {
            text: split_weakly(text, listed[end], alone) for text in texts if text not in others
        }
        found[end] = {text: parts for text, parts in made.items() if parts is not None}
    return found


def _find_single(frame: pl.DataFrame, ends: Collection[str]) -> set[str]:
    """The texts that surely name one thing: they fill a cell, or a part between semicolons."""
    texts = [frame[e].rename("v") for e in ends if frame.schema[e] == pl.String]
    if not texts:
        return set()
    every = pl.concat(texts).drop_nulls().str.strip_chars().unique()
    marked = every.str.contains_any([*MARKS])
    parts = (part.strip() for text in every.filter(marked) for part in re.split(r"[;\n]", text))
    return {*every.filter(~marked), *(p for p in parts if len(join_forms(p.split(","))) == 1)}
