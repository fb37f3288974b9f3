"""Heads of the CSV files that Neo4j imports in bulk: `:START_ID(Service)`, `name:string`, `:LABEL`.

Source: https://neo4j.com/docs/operations-manual/current/import/ ("CSV header format"). Ids belong
to the id space in brackets; where relationships join several, ids of each carry its name: `Host/7`.
Also the one file of `apoc.export.csv.all` (https://neo4j.com/docs/apoc/current/export/csv/).
"""

import re
from collections.abc import Sequence

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.tables import FILE, LINE

_HEAD = re.compile(
    r"(?P<name>[^:]*):(?P<role>ID|START_ID|END_ID|TYPE|LABEL|IGNORE)(?:\((?P<space>[^)]*)\))?"
    r"(?:\{[^}]*\})?",
    re.IGNORECASE,
)
_TYPED = re.compile(
    r"(?P<name>[^:]+):(?:int|integer|long|float|double|boolean|byte|short|char|string|point|date"
    r"|localtime|time|localdatetime|datetime|duration|vector)(?:\{[^}]*\})?(?:\[\])?(?:\{[^}]*\})?",
    re.IGNORECASE,
)
START, END, TYPE, ID = ":START_ID", ":END_ID", ":TYPE", ":ID"
_OURS = {ID: "id", ":LABEL": "kind"}
_KEPT = (START, END, TYPE, "id", "kind")
_EXPORT = ("_id", "_labels", "_start", "_end", "_type")
_IDS = ("id", "arn", "uri", "name")


def split_export(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The relationships and the nodes of an export of both (`apoc.export.csv.all`), or of
    relationships alone; any other frame as it is, and none.

    Nodes go by their first property of _IDS, or by the number that Neo4j gave them.
    """
    number, labels, *ends, kind = _EXPORT
    if {*ends, kind} <= set(frame.columns) and number not in frame.columns:
        return frame.rename({ends[0]: START, ends[1]: END, kind: TYPE}), pl.DataFrame()
    if not set(_EXPORT) <= set(frame.columns):
        return frame, pl.DataFrame()
    properties = [c for c in _IDS if c in frame.columns]
    plain = pl.concat_str(pl.lit("node "), pl.col(number).cast(pl.String))
    nodes = frame.filter(pl.col(number).is_not_null())
    ids = nodes.select(pl.coalesce(*(pl.col(c).cast(pl.String) for c in properties), plain))
    first = pl.col(labels).cast(pl.String).str.strip_chars_start(":").str.split(":").list.first()
    nodes = nodes.with_columns(ids.to_series().alias("id"), _make_snake(first).alias("kind"))
    known = dict(zip(nodes[number].cast(pl.String), nodes["id"], strict=True))
    edges = frame.filter(pl.col(kind).is_not_null())
    edges = edges.with_columns(
        pl.col(c).cast(pl.String).replace(known).alias(new)
        for c, new in zip(ends, (START, END), strict=True)
    )
    edges = edges.drop(number, labels, *ends).rename({kind: TYPE})
    return _drop_empty(edges), _drop_empty(nodes.drop(number, *ends, kind))


def _drop_empty(frame: pl.DataFrame) -> pl.DataFrame:
    kept = [c for c in frame.columns if c in _KEPT or not frame[c].is_null().all()]
    return frame.select(kept)


def _make_snake(label: pl.Expr) -> pl.Expr:
    """`business_service` of `BusinessService`."""
    return label.str.replace_all(r"([a-z0-9])([A-Z])", "${1}_${2}").str.to_lowercase()


def name_edges(frame: pl.DataFrame, place: str) -> tuple[pl.DataFrame, bool]:
    """A frame of relationships with plain heads, and whether ids carry their space; any other frame
    as it is. Raises InputError for nodes.
    """
    roles = {_find_role(column) for column in frame.columns}
    if ID in roles and not {START, END} & roles:
        raise InputError(
            f"{place}: these are nodes for Neo4j; expected their relationships (:START_ID, :END_ID)"
            ", and the nodes by --entities FILE"
        )
    if not {START, END} <= roles:
        return frame, False
    frame, spaces = _strip_heads(frame)
    spaced = len({spaces[START], spaces[END]} - {""}) > 1
    return _prefix_spaces(frame, spaces if spaced else {}), spaced


def name_nodes(frame: pl.DataFrame, spaced: bool) -> pl.DataFrame:
    """A frame of nodes with `id` and `kind`, the first label in small letters; any other frame as
    it is.
    """
    if ID not in {_find_role(column) for column in frame.columns}:
        return frame
    frame, spaces = _strip_heads(frame)
    frame = _prefix_spaces(frame, spaces if spaced else {})
    if "kind" not in frame.columns:
        return frame
    first = pl.col("kind").cast(pl.String).str.split(";").list.first().str.strip_chars()
    return frame.with_columns(pl.col("kind").alias("labels"), _make_snake(first).alias("kind"))


def _find_role(column: str) -> str:
    found = _HEAD.fullmatch(column.strip())
    return f":{found['role'].upper()}" if found else ""


def _strip_heads(frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame without types in its heads and columns to be ignored; the id space of each column
    of ids.
    """
    names: dict[str, str] = {}
    spaces: dict[str, str] = {}
    for column in (c for c in frame.columns if c not in (FILE, LINE)):
        found, typed = _HEAD.fullmatch(column.strip()), _TYPED.fullmatch(column.strip())
        role = _find_role(column)
        if found and role != ":IGNORE":
            names[column] = _OURS.get(role, role)
            spaces[names[column]] = found["space"] or ""
        elif typed:
            names[column] = typed["name"].strip()
    frame = frame.drop(c for c in frame.columns if _find_role(c) == ":IGNORE")
    return frame.rename(_drop_clashes(names, frame.columns)), spaces


def _drop_clashes(names: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """The new names that no other column has."""
    held = [names.get(c, c) for c in columns]
    return {theirs: new for theirs, new in names.items() if held.count(new) == 1 or new in _KEPT}


def _prefix_spaces(frame: pl.DataFrame, spaces: dict[str, str]) -> pl.DataFrame:
    """The frame with the name of its space before each id."""
    held = {c: space for c, space in spaces.items() if space and c in (START, END, "id")}
    return frame.with_columns(
        (pl.lit(f"{space}/") + pl.col(column).cast(pl.String)).alias(column)
        for column, space in held.items()
    )
