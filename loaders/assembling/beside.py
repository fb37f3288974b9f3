"""Columns beside the ends of dependencies that describe these ends: names, kinds, countries.

`supplier, supplierLabel`, `vendor_id, vendor` and `service, service_name` are an id and its name.
"""

from collections.abc import Sequence

import polars as pl

from knockon.graph.errors import clip, some
from knockon.graph.model.tables import FILE, LINE, Finding
from knockon.loaders.assembling.ends import find_stem, spell

_ABOUT = {  # our column: endings of theirs
    "name": ("_name", "name", "_label", "label", "_title", "_display_name", "_display_value"),
    "kind": ("_kind", "_class", "_sys_class_name", "_entity_type"),
    "sector": ("_sector",),
    "country": ("_country",),
}
_BARE = ("id", "key", "code", "sys_id")  # of what a row is about, as is its name
_FOUND = "\0found"


def find_beside(columns: Sequence[str], end: str) -> dict[str, str]:
    """The columns that describe what a column identifies: {theirs: our column of entities}."""
    words = {spell(c): c for c in columns if c != end}
    word, plain = spell(end), find_stem(end)
    found: dict[str, str] = {}
    for ours, endings in _ABOUT.items():
        wanted = [w + ending for w in dict.fromkeys((word, plain)) for ending in endings]
        if ours == "name" and not word.endswith(("_name", "_label", "_title")):
            wanted.append(plain)  # `vendor` beside `vendor_id`
        if ours == "name" and word in _BARE:
            wanted += ("name", "label", "title", "display_name")
        column = next((words[w] for w in wanted if w in words), None)
        if column is not None and column not in found:
            found[column] = ours
    return found


def describe(
    frame: pl.DataFrame, ends: Sequence[str], report: list[Finding]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The frame without the columns that describe its ends, and what these say of each id.

    ends: columns that hold ids; a cell of several ids describes none of them, and is no id later
    """
    parts: list[pl.DataFrame] = []
    used: dict[str, None] = {}
    for column in ends:
        about = find_beside([c for c in frame.columns if c not in ends], column)
        if not about or frame.schema[column].is_nested():
            continue
        used |= dict.fromkeys(about)
        parts.append(
            frame.filter(pl.col(column).is_not_null()).select(
                pl.col(column).cast(pl.String).str.strip_chars().alias("id"),
                *(pl.col(c).cast(pl.String, strict=False).alias(ours) for c, ours in about.items()),
                *(pl.col(c) for c in (FILE, LINE) if c in frame.columns),
            )
        )
    if not parts:
        return frame, pl.DataFrame()
    told = ", ".join(repr(clip(c, 40)) for c in used)
    report.append(Finding("note", len(used), f"a column that describes an end: {told}"))
    return frame.drop(used), _keep_one_row_each(pl.concat(parts, how="diagonal_relaxed"), report)


def _keep_one_row_each(every: pl.DataFrame, report: list[Finding]) -> pl.DataFrame:
    """One row per id; where several say different things, the first is kept and the rest told."""
    columns = [c for c in every.columns if c != "id"]
    groups = every.group_by("id", maintain_order=True)
    for ours in (c for c in columns if c not in (FILE, LINE)):
        values = groups.agg(pl.col(ours).drop_nulls().unique(maintain_order=True))
        differ = values.filter(pl.col(ours).list.len() > 1)
        if differ.height:
            shown = tuple(
                f"{clip(i, 40)}: {some((clip(v, 40) for v in found), 3)}"
                for i, found in differ.head(5).iter_rows()
            )
            reason = f"rows differ on the {ours} of an entity; the first is kept"
            report.append(Finding("note", differ.height, reason, shown))
    return groups.agg(pl.col(c).drop_nulls().first() for c in columns)


def add_entities(known: pl.DataFrame, found: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The entities that a source describes, filled and added to by what its rows say.

    known: with `id` where it has columns; found: one row per id; ids: of all that must be there
    """
    wanted = pl.DataFrame({"id": ids.cast(pl.String).str.strip_chars()}).drop_nulls().unique()
    if found.width:
        wanted = wanted.join(found, on="id", how="left")
    wanted = wanted.sort("id")
    if "id" not in known.columns:
        return wanted
    filled = known.with_columns(pl.col("id").cast(pl.String).str.strip_chars())
    more = [c for c in wanted.columns if c not in ("id", FILE, LINE)]
    filled = filled.join(wanted.select("id", *more), on="id", how="left", suffix=_FOUND,
                         maintain_order="left")  # fmt: skip
    for column in (c for c in more if c in known.columns):
        held = pl.col(column).cast(pl.String)
        filled = filled.with_columns(pl.coalesce(held, column + _FOUND).alias(column))
    filled = filled.drop(c for c in filled.columns if c.endswith(_FOUND))
    new = wanted.join(filled, on="id", how="anti", maintain_order="left")
    return pl.concat([filled, new], how="diagonal_relaxed")
