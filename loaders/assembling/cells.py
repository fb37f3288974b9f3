"""What stands in a cell that names an end: one thing, several, or nothing.

A list (of JSON, Parquet, a database or a spreadsheet) becomes one row for each of its items; `N/A`
and an empty list name nothing. Commas part a list only where something says that they do: names of
companies hold them, too.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Finding, at
from knockon.loaders.assembling.coded import ask, is_text, spell_out
from knockon.loaders.assembling.ends import spell

MAX_PRODUCT = 1_000_000  # rows out of lists at both ends of rows: one may be as long as the file
_BLANKS = (
    "n/a", "#n/a", "n.a.", "n.a", "not applicable", "none", "null", "nil", "-", "--", "---",
    "–", "—", "tbd", "?", "nan",
)  # fmt: skip
_MARKS = (";", "\n", "|", ",", "[", "{")
_ENTITY = re.compile(r"&#?\w{1,10};")  # of HTML: its semicolon parts nothing
_LEGAL = re.compile(
    r"(?:inc|incorporated|llc|l\.l\.c|ltd|limited|corp|corporation|co|company|plc|llp|lp|l\.p|gmbh"
    r"|ag|kg|se|s\.?a|sas|s\.?a\.?s|sarl|s\.?r\.?l|s\.?p\.?a|b\.?v|n\.?v|ab|as|asa|aps|oy|oyj|pty"
    r"|pte|kk|k\.k|pbc|jr|sr)\.?(?:\s.*)?",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[\[{]([^\[\]{}]*)[\]}]")
_LISTED = re.compile(  # heads of columns that hold lists: of several, or of what is needed
    r"(?:.+_)?(?:depends_?on|dependencies|requires|relies_on|uses|used_by|providers|vendors"
    r"|suppliers|consumers|customers|clients|dependents|subprocessors|sub_processors"
    r"|third_parties|(?:up|down)stream(?:s|_\w+s))"
)
_KEYS = ("id", "ref", "key", "sys_id", "value", "entity", "name", "service", "target", "provider")
_NAMES = ("name", "display_value", "displayName", "title", "label")


@dataclass
class Listed:
    """What was met in lists: names beside ids, and cells that were left whole."""

    names: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def tell(self, report: list[Finding], cells: int, rows: int) -> None:
        """Add to the report how many cells became how many rows, and what was left whole."""
        if cells:
            reason = f"a row with a list in a cell: {rows:,} dependencies, one for each item"
            report.append(Finding("note", cells, reason))
        if self.kept:
            reason = "a cell with a separator is read as one name (a JSON list is read as several)"
            shown = tuple(dict.fromkeys(self.kept))
            report.append(Finding("note", len(self.kept), reason, shown[:5]))


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
    return texts.str.strip_chars().str.to_lowercase().is_in([*_BLANKS, ""])


def split_lists(
    frame: pl.DataFrame, listed: Mapping[str, bool], place: str, report: list[Finding]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame with one row for each item of a list in a cell that names an end; names of items.

    listed: {end: whether the head of its column says that it holds lists} (`holds_lists`)
    Raises InputError for items that name nothing, and where lists at both ends multiply beyond
    MAX_PRODUCT.
    """
    marked = _mark_lists(frame, listed)
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
                lists[end].append(_split_items(value, sure, alone, seen))
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
    marked = [t.str.contains_any([*_MARKS]).fill_null(False) for t in texts]
    cells = [t.filter(m) for t, m in zip(texts, marked, strict=True)]
    if not any(map(len, cells)):
        return
    alone = {id_ for t, m in zip(texts, marked, strict=True) for id_ in t.filter(~m).unique()}
    found = []
    for cell in (c for column in cells for c in column.unique().to_list()):
        parts = _parse_literal(cell.strip()) if cell.strip()[:1] in ("[", "{") else None
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
            found |= ask(frame[end], lambda texts: texts.str.contains_any([*_MARKS]))
    return found


def _find_single(frame: pl.DataFrame, ends: Collection[str]) -> set[str]:
    """The texts that surely name one thing: they fill a cell, or a part between semicolons."""
    texts = [frame[e].rename("v") for e in ends if frame.schema[e] == pl.String]
    if not texts:
        return set()
    every = pl.concat(texts).drop_nulls().str.strip_chars().unique()
    marked = every.str.contains_any([*_MARKS])
    parts = (part.strip() for text in every.filter(marked) for part in re.split(r"[;\n]", text))
    return {*every.filter(~marked), *(p for p in parts if len(_join_forms(p.split(","))) == 1)}


def _split_items(value: Any, listed: bool, alone: set[str], seen: Listed) -> list[str] | None:
    """The things that a cell names, None where it names none. Raises ValueError with the reason."""
    if value is None:
        return None
    if isinstance(value, list):
        found = [text for item in value for text in [_name_item(item, seen)] if text]
        return found or None
    if isinstance(value, dict):
        text = _name_item(value, seen)
        return [text] if text else None
    if not isinstance(value, str):
        return [str(value)]
    text = value.strip()
    if text[:1] in ("[", "{"):
        parsed = _parse_literal(text)
        if parsed is not None:
            return _split_items(parsed, True, alone, seen)
    return _split_parts(text, listed, alone, seen)


def _parse_literal(text: str) -> Any:
    """The list or object that a text holds: JSON, or as Python, YAML and PostgreSQL write lists."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        inside = _BRACKETS.fullmatch(text)
        if not inside or ("," not in text and "'" not in text and '"' not in text):
            return None
        return [part.strip().strip("'\"") for part in inside[1].split(",")]
    return value if isinstance(value, list | dict) else None


def _name_item(item: Any, seen: Listed) -> str | None:
    """The id that an item of a list stands for."""
    if isinstance(item, dict):
        key = next((k for k in _KEYS if isinstance(item.get(k), str | int) and item[k] != ""), None)
        if key is None:
            known = ", ".join(_KEYS[:4])
            raise ValueError(
                f"expected an id, found an object without one ({known}): "
                f"{clip(json.dumps(item, ensure_ascii=False), 60)}"
            )
        identifier = str(item[key]).strip()
        name = next((item[k] for k in _NAMES if isinstance(item.get(k), str)), None)
        if name and name != identifier:
            seen.names.setdefault(identifier, name)
        return identifier
    if isinstance(item, list):
        raise ValueError(f"expected a list of ids, found a list in it: {clip(str(item), 60)}")
    text = None if item is None else str(item).strip()
    return text if text and text.lower() not in _BLANKS else None


def _split_parts(text: str, listed: bool, alone: set[str], seen: Listed) -> list[str] | None:
    """The parts of a text between separators, where these part a list."""
    for mark in ("\n", ";", "|", ","):
        if mark not in text or (mark == ";" and _ENTITY.search(text)):
            continue
        parts = [p.strip().lstrip("•·*").strip() for p in text.split(mark)]
        parts = _join_forms(parts) if mark == "," else [p for p in parts if p]
        if len(parts) < 2:
            if mark != ",":
                text = parts[0] if parts else ""
            continue
        sure = mark in ("\n", ";") or listed or (mark == "|" and (" | " in text or "||" in text))
        sure |= any("," in part for part in parts[:-1])  # a legal form, and more behind it
        if not sure and not any(part in alone for part in parts):
            seen.kept.append(repr(clip(text, 60)))
            return [text]
        inner = (
            [_split_parts(part, listed, alone, seen) for part in parts] if mark != "," else [parts]
        )
        return [p for ps in inner for p in ps or [] if p.lower() not in _BLANKS] or None
    return [text] if text else None


def _join_forms(parts: list[str]) -> list[str]:
    """The parts, each with the legal form that a comma parted from it: `Stripe, Inc.`"""
    whole: list[str] = []
    for part in (p.strip() for p in parts):
        if whole and _LEGAL.fullmatch(part):
            whole[-1] += f", {part}"
        elif part:
            whole.append(part)
    return whole
