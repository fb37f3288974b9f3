"""Nodes and edges of a graph file as tables: what all readers of graph files share.

Ids are keys, labels are names only. An edge runs from the dependent to its provider; one without
direction is refused, or read both ways where the user says so. Parallel edges become rows of one
identity, which `check` merges and counts; what only one of them says is put together here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.model.tables import ENDS, FILE, IDENTITY, LINE, Finding, Tables
from knockon.loaders.assembling.columns import (
    DEPENDENCY_NAMES,
    ENTITY_NAMES,
    Direction,
    find_unknown_names,
    map_names,
    parse_mapping,
    settle_names,
)
from knockon.loaders.assembling.directions import DIRECTED, check_directions, turn_both_ways
from knockon.loaders.assembling.triples import find_words, list_words, read_words
from knockon.loaders.parsing.source import Source

_BETWEEN = " | "  # between values that parallel edges differ in
_BREAK = r"\s*[\r\n]\s*"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node or an edge stands: a line, or a path within the file such as `links[3]`."""

    line: int | None = None
    path: str = ""


@dataclass
class Drawn:
    """A graph as its file states it. Attributes are text, numbers, truths, lists or None.

    nodes: id, attributes, place; edges: source, target, attributes, place, directed?
    """

    title: str | None = None
    nodes: list[tuple[str, dict[str, Any], Place]] = field(default_factory=list)
    edges: list[tuple[str, str, dict[str, Any], Place, bool]] = field(default_factory=list)
    report: list[Finding] = field(default_factory=list)


def build_graph_tables(
    source: Source, drawn: Drawn, mapping: Mapping[str, str] | None = None, both_ways: bool = False
) -> Tables:
    """The tables of a graph. Raises InputError for edges without direction, unless `both_ways`.

    mapping: {their attribute: our column}; `source` and `target` stand for the ends of an edge
    """
    said = parse_mapping(mapping)
    direction = Direction.of(said.columns, source.name)
    report = [*drawn.report, *_check_directions(source, drawn, both_ways)]
    directed = sum(edge[4] for edge in drawn.edges)
    if directed:
        report.append(direction.note(directed))
    if not drawn.edges:
        reason = f"a graph of {len(drawn.nodes):,} nodes without edges: no dependency is stated"
        report.append(Finding("note", 0, reason))
    entities = _build_frame(source, [(attributes, place) for _, attributes, place in drawn.nodes])
    edges = _build_frame(source, [(e[2], e[3]) for e in drawn.edges])
    held = ("source", "target", *entities.columns, *edges.columns)
    attributes = {k: v for k, v in said.columns.items() if k not in ("source", "target")}
    entities = _use_labels(_name_columns(entities, attributes, source.name, ENTITY_NAMES, ("id",)))
    entities = entities.with_columns(pl.Series("id", [n[0] for n in drawn.nodes], pl.String))
    edges = _name_columns(edges, attributes, source.name, DEPENDENCY_NAMES, ENDS)
    first, second = direction.ends
    edges = edges.with_columns(
        pl.Series(first, [e[0] for e in drawn.edges], pl.String),
        pl.Series(second, [e[1] for e in drawn.edges], pl.String),
        pl.Series(DIRECTED, [e[4] for e in drawn.edges], pl.Boolean),
    )
    edges = turn_both_ways(edges)
    free = not {"source", "target"} & said.columns.keys()  # else --map says the direction
    column = find_words(edges, said, free)
    report += find_unknown_names(said.theirs, (*held, *list_words(edges, column, said)))
    if column is not None:
        edges = read_words(edges, column, said.relations, free, report)
    edges, notes = _join_attributes(edges)
    return Tables(
        entities=_order_columns(entities, ENTITY_NAMES),
        dependencies=_order_columns(edges, DEPENDENCY_NAMES),
        title=drawn.title, report=(*report, *notes),
    )  # fmt: skip


def _check_directions(source: Source, drawn: Drawn, both_ways: bool) -> list[Finding]:
    without = [edge for edge in drawn.edges if not edge[4]]
    place = without[0][3] if without else Place()
    at = f":{place.line}" if place.line is not None else f" {place.path}"
    loops = sum(edge[0] == edge[1] for edge in without)
    return check_directions(len(without), len(drawn.edges), f"{source.name}{at}", both_ways, loops)


def _build_frame(source: Source, rows: list[tuple[dict[str, Any], Place]]) -> pl.DataFrame:
    """Attributes as text columns, with file and line."""
    names = dict.fromkeys(name for attributes, _ in rows for name in attributes)
    series = [
        pl.Series(
            f"attribute{name}" if name in (FILE, LINE) else name,
            [_write_text(attributes.get(name)) for attributes, _ in rows],
            pl.String,
        )
        for name in names
    ]
    files = [f"{source.name}#{p.path}" if p.path else source.name for _, p in rows]
    places = [
        pl.Series(FILE, files, pl.String),
        pl.Series(LINE, [p.line for _, p in rows], pl.UInt32),
    ]
    return pl.DataFrame([*series, *places])


def _name_columns(
    frame: pl.DataFrame,
    mapping: Mapping[str, str],
    place: str,
    ours: tuple[str, ...],
    taken: tuple[str, ...],
) -> pl.DataFrame:
    """The frame with the names of the mapping, and the others out of the way of ours."""
    frame = frame.rename(map_names(frame.columns, mapping, place))
    theirs = [c for c in frame.columns if c not in (FILE, LINE)]
    return frame.rename(settle_names(theirs, ours, taken))


def _write_text(value: Any) -> str | None:
    """A value of an attribute as text; lists and mappings as JSON."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    return repr(value) if isinstance(value, float) else str(value)


def _use_labels(entities: pl.DataFrame) -> pl.DataFrame:
    """Where nodes have labels and no names, the labels are the names; a name is one line."""
    if "name" not in entities.columns and "label" in entities.columns:
        entities = entities.rename({"label": "name"})
    if entities.schema.get("name") != pl.String:
        return entities
    return entities.with_columns(pl.col("name").str.strip_chars().str.replace_all(_BREAK, " "))


def _join_attributes(edges: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Rows of one identity hold, in columns that are not ours, what any of them says."""
    keys = [c for c in IDENTITY if c in edges.columns]
    others = [c for c in edges.columns if c not in (*DEPENDENCY_NAMES, FILE, LINE)]
    again = edges.select(*keys).is_duplicated()
    if not others or not again.any():
        return edges, []
    number = pl.int_range(pl.len()).alias("_row")
    twice = edges.with_columns(number).filter(again)
    distinct = twice.group_by(keys).agg(
        pl.col(c).drop_nulls().unique(maintain_order=True) for c in others
    )
    differ = sum(distinct.select((pl.col(c).list.len() > 1).sum() for c in others).row(0))
    if not differ:
        return edges, []
    joined = twice.drop(others).join(distinct, on=keys, how="left", nulls_equal=True)
    joined = joined.with_columns(
        pl.when(pl.col(c).list.len() > 0).then(pl.col(c).list.join(_BETWEEN)).alias(c)
        for c in others
    )
    rest = edges.with_columns(number).filter(~again)
    whole = pl.concat([rest, joined.select(rest.columns)]).sort("_row").drop("_row")
    reason = f"values in which parallel edges differ are put together with {_BETWEEN.strip()!r}"
    return whole, [Finding("note", int(differ), reason)]


def _order_columns(frame: pl.DataFrame, first: tuple[str, ...]) -> pl.DataFrame:
    """Our columns first, then theirs, then the place."""
    ours = [c for c in first if c in frame.columns]
    theirs = [c for c in frame.columns if c not in (*ours, FILE, LINE)]
    return frame.select(*ours, *theirs, FILE, LINE)
