"""One row of entities out of several of the same id: stated values win, conflicts are said."""

import json
from collections.abc import Sequence

import polars as pl

from knockon.graph.errors import clip, some
from knockon.graph.model.tables import (
    ALSO_KNOWN_AS,
    ENTITY_COLUMNS,
    FILE,
    LINE,
    Finding,
    list_names,
)

SOURCE = "_source"  # which of the rows of one id comes first: a number, lowest first
_DEFAULTS = {c.name: c.default for c in ENTITY_COLUMNS if c.default is not None}


def merge_rows(
    frame: pl.DataFrame, quiet: Sequence[str] = (FILE, LINE)
) -> tuple[pl.DataFrame, list[Finding]]:
    """One row per id of those that several values of `_source` share; conflicts are reported.

    What a row states beats what another leaves out or leaves at the default; of two stated
    values the one of the lowest `_source` is kept; of `also_known_as` all names are. Columns in
    `quiet` may differ in silence. An id that stands twice in one source is left alone: `check`
    refuses it, with both lines.
    """
    if "id" not in frame.columns:
        return frame.drop(SOURCE, strict=False), []
    frame = frame.with_columns(trim("id"))
    sources = pl.col(SOURCE).n_unique().over("id")
    shared = pl.col("id").is_not_null() & (sources > 1) & (sources == pl.len().over("id"))
    again = frame.filter(shared).sort(SOURCE, maintain_order=True)
    rest = frame.filter(~shared).drop(SOURCE)
    if not again.height:
        return rest, []
    columns = [c for c in rest.columns if c != "id"]
    stated = again.with_columns(_drop_unstated(c) for c in columns)
    groups = stated.group_by("id", maintain_order=True)
    merged = groups.agg(pl.col(c).drop_nulls().first() for c in columns)
    fewer = again.height - merged.height
    report = [Finding("merged", fewer, "an entity that several sources hold")]
    if ALSO_KNOWN_AS in columns:
        merged = _keep_all_names(merged, again)
    for column in (c for c in columns if c not in (*quiet, ALSO_KNOWN_AS)):
        differ = groups.agg(pl.col(column).drop_nulls().unique(maintain_order=True))
        report += _find_conflicts(differ.filter(pl.col(column).list.len() > 1), column)
    return pl.concat([rest, merged.select(rest.columns)]), report


def trim(column: str) -> pl.Expr:
    """The column as text without blanks around it, null where nothing is left."""
    text = pl.col(column).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text).alias(column)


def _keep_all_names(merged: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The merged rows, each with every name that one of its rows goes by."""
    cells = pl.col(ALSO_KNOWN_AS).drop_nulls().unique(maintain_order=True)
    several = rows.group_by("id").agg(cells).filter(pl.col(ALSO_KNOWN_AS).list.len() > 1)
    names = {
        identifier: json.dumps(
            list(dict.fromkeys(n for cell in told for n in list_names(cell))), ensure_ascii=False
        )
        for identifier, told in several.iter_rows()
    }
    all_names = pl.col("id").replace_strict(names, default=None, return_dtype=pl.String)
    return merged.with_columns(pl.coalesce(all_names, ALSO_KNOWN_AS).alias(ALSO_KNOWN_AS))


def _find_conflicts(differ: pl.DataFrame, column: str) -> list[Finding]:
    if not differ.height:
        return []
    examples = tuple(
        f"{clip(i, 60)}: {some(clip(str(v), 40) for v in values)}"
        for i, values in differ.head(5).iter_rows()
    )
    reason = f"sources differ on {column}; the first is kept"
    return [Finding("note", differ.height, reason, examples)]


def _drop_unstated(column: str) -> pl.Expr:
    """The column, null where it only says what leaving it out would say."""
    value = pl.col(column)
    default = _DEFAULTS.get(column)
    if isinstance(default, float):
        idle = value.cast(pl.Float64, strict=False) == default
    elif column == "name":
        idle = value.cast(pl.String) == pl.col("id")
    elif default is not None:
        idle = value.cast(pl.String) == str(default)
    else:
        return value
    return pl.when(idle).then(None).otherwise(value).alias(column)
