"""A table of any column names as dependencies: by mapping, by guess, or one clear error.

All readers of tables (CSV, Parquet, Excel, JSON) end here. A row is read in one order: which
columns are its ends, what stands in their cells, what is said of the things at the ends, and which
of them needs the other. What of it is not read is told in the report.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ENDS, FILE, LINE, Finding, Tables
from knockon.loaders.assembling import cmdb
from knockon.loaders.assembling.asides import drop_asides, drop_halves
from knockon.loaders.assembling.beside import add_entities, describe
from knockon.loaders.assembling.cells import cast_ends, clear_blanks, holds_lists, split_lists
from knockon.loaders.assembling.coded import code
from knockon.loaders.assembling.columns import (
    DEPENDENCY_NAMES,
    ENTITY_NAMES,
    Meaning,
    Said,
    find_unknown_names,
    map_names,
    parse_mapping,
    settle_names,
)
from knockon.loaders.assembling.ends import Ends, find_ends, tell_ends
from knockon.loaders.assembling.entity_files import read_entities, settle_entities
from knockon.loaders.assembling.neo4j_csv import END, START, TYPE, name_edges, split_export
from knockon.loaders.assembling.relation_words import TURN, orient, tell_lost
from knockon.loaders.assembling.triples import find_words, list_words, read_directions, read_words
from knockon.loaders.parsing.source import Source

_NEO4J = {"RUNS": Meaning("runs")}  # a host runs software, as in Neo4j's other exports
_ROW = "_row"


class TableOptions(TypedDict, total=False):
    """How a table may be read.

    mapping:   {their column: ours}, {their word: our relation}, {"dependent:": a constant}
    both_ways: edges without direction are read both ways
    company:   the dependent of all rows
    entities:  CSV files that describe the entities
    """

    mapping: Mapping[str, str] | None
    both_ways: bool
    company: str | None
    entities: Sequence[Path | str]


def settle_tables(
    source: Source,
    dependencies: pl.DataFrame,
    described: pl.DataFrame | None = None,
    **options: Unpack[TableOptions],
) -> Tables:
    """The tables of one or two frames as they were read, with the names of their columns settled.

    described: of the entities. Raises InputError with the --map line that would help, where it is
    not plain which columns are the two ends, and for cells that cannot be read.
    """
    said = parse_mapping(options.get("mapping"), options.get("company"))
    report: list[Finding] = []
    frame, nodes = split_export(dependencies)
    frame, spaced = name_edges(frame, source.name)
    entities = nodes if described is None else described
    if entities.width:
        entities = settle_entities(entities, said, source.name, report)
    more = read_entities(options.get("entities") or (), said, spaced, report)
    entities = pl.concat([entities, more], how="diagonal_relaxed") if more.width else entities
    if not frame.width:
        return Tables(entities=entities, dependencies=frame, report=tuple(report))
    ends = _find_ends(frame, said, source.name)
    held = (*_list_theirs(frame), *_list_theirs(entities), *_find_words(frame, ends, said))
    report += find_unknown_names(said.theirs, held)
    report += _tell_idle(frame, said)
    if ends is None:
        return Tables(entities=entities, dependencies=frame, report=tuple(report))
    native = set(ENDS) <= set(frame.columns)  # then a slip in another column is a fault
    frame, found, alone = _read(frame, ends, said, source, report)
    frame, lost = _direct(frame, ends, said, bool(options.get("both_ways")), report)
    if found.width or len(alone) or lost.height:
        named = [part[end].cast(pl.String).rename("id") for part in (frame, lost) for end in ENDS]
        entities = add_entities(entities, found, pl.concat([alone, *named]))
    if not native:
        theirs = [c for c in _list_theirs(frame) if c not in (*ENDS, "relation")]
        frame = frame.rename(settle_names(theirs, DEPENDENCY_NAMES))
    return Tables(entities=entities, dependencies=frame, report=tuple(report))


def _tell_idle(frame: pl.DataFrame, said: Said) -> list[Finding]:
    """A note on columns that --map makes such of entities: a row has two, so none is described."""
    idle = [c for c in frame.columns if said.columns.get(c) in ENTITY_NAMES]
    reason = (
        "a column that --map makes one of entities, kept with the dependencies (--entities FILE)"
    )
    return [Finding("note", len(idle), reason, tuple(repr(clip(c)) for c in idle))] if idle else []


def _list_theirs(frame: pl.DataFrame) -> list[str]:
    return [c for c in frame.columns if c not in (FILE, LINE)]


def _find_ends(frame: pl.DataFrame, said: Said, place: str) -> Ends | None:
    """The ends of relationships of Neo4j, of relations of a CMDB, or by name, mapping and guess."""
    mapped = [c for c in frame.columns if said.columns.get(c) in ENDS]
    if {START, END} <= set(frame.columns) and not mapped:
        if TYPE not in frame.columns:
            raise InputError(
                f"{place}: relationships of Neo4j without a {TYPE}: it is not said who needs whom; "
                f"--map '{START}=dependent' --map '{END}=provider' says that all starts need their "
                "ends"
            )
        return Ends(START, ((END, None),), "relationships", TYPE)
    found = None if mapped else cmdb.find_columns(frame, said)
    if found is not None:
        parent, child, kind = found
        return Ends(parent, ((child, None),), "relations", kind)
    return find_ends(frame, said, place)


def _find_words(frame: pl.DataFrame, ends: Ends | None, said: Said) -> list[str]:
    """The names in --map that are words between the ends."""
    if ends is None:
        return []
    return list_words(frame, ends.kind or find_words(frame, said, ends.how == "pair"), said)


def _read(
    frame: pl.DataFrame, ends: Ends, said: Said, source: Source, report: list[Finding]
) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """The rows of two ends each, the first thing as `dependent`, the second as `provider`; what
    they say of these things; and the ids of rows of one end.
    """
    columns = _list_theirs(frame)
    if not frame.height:
        report.append(Finding("note", 0, "a table without rows below its heads"))
    report += tell_ends(ends, said, columns, frame.height)
    frame = code(cast_ends(frame, ends.columns), ends.columns)
    frame = clear_blanks(frame, ends.columns, report)
    frame = drop_asides(frame, ends, columns, report)
    frame, found = describe(frame, ends.columns, report)
    frame = _flatten(_name_columns(frame, ends, said, source.name))
    listed = {
        "dependent": ends.dependent is not None and holds_lists(ends.dependent),
        "provider": any(holds_lists(c) for c, _ in ends.providers),
    }
    frame, names = split_lists(frame, listed, source.name, report)
    frame, halves = drop_halves(frame, source.name, report)
    if names:
        more = pl.DataFrame({"id": [*names], "name": [*names.values()]})
        found = pl.concat([found, more], how="diagonal_relaxed") if found.width else more
        found = found.unique("id", keep="first", maintain_order=True)
    return frame.drop(_ROW, strict=False), found, halves


def _name_columns(frame: pl.DataFrame, ends: Ends, said: Said, place: str) -> pl.DataFrame:
    """The frame with our names; each column of providers gives rows of its own."""
    names = {c: ours for c, ours in said.columns.items() if ours not in ENDS}
    held = [c for c in frame.columns if c not in ends.columns]
    frame = frame.rename(map_names(held, names, place))
    taken = [c for c in frame.columns if c in ENDS and c not in ends.columns]
    frame = frame.rename({c: f"attribute_{c}" for c in taken})
    for column, value in said.constants.items():
        cell = pl.lit(value)
        known = column in frame.columns and column not in ENDS
        frame = frame.with_columns(
            (pl.coalesce(pl.col(column).cast(pl.String), cell) if known else cell).alias(column)
        )
    if ends.dependent is not None:
        frame = frame.rename({ends.dependent: "dependent"})
    if len(ends.providers) < 2:
        column, relation = ends.providers[0] if ends.providers else ("provider", None)
        frame = frame.rename({column: "provider"})
        return (
            frame if "relation" in frame.columns or not relation else _add_relation(frame, relation)
        )
    others = [c for c, _ in ends.providers]
    frame = frame.with_row_index(_ROW)
    parts = [
        _add_relation(frame.rename({c: "\0"}).drop(others, strict=False), relation or "uses")
        .rename({"\0": "provider"}).with_columns(pl.col("provider").cast(pl.String))
        for c, relation in ends.providers
    ]  # fmt: skip
    return pl.concat(parts, how="diagonal").sort(_ROW, maintain_order=True)


def _add_relation(frame: pl.DataFrame, relation: str) -> pl.DataFrame:
    return frame.with_columns(pl.lit(relation).alias("relation"))


def _flatten(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with nested cells, other than those of the ends, as JSON text."""
    nested = [c for c, t in frame.schema.items() if t.is_nested() and c not in ENDS]
    return frame.with_columns(
        pl.when(pl.col(c).is_not_null())
        .then(pl.struct(pl.col(c).alias("v")).struct.json_encode().str.slice(5).str.head(-1))
        .alias(c)
        for c in nested
    )


def _direct(
    frame: pl.DataFrame, ends: Ends, said: Said, both_ways: bool, report: list[Finding]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as dependencies: what stands between two things says who needs whom; and the rows
    whose word does not.
    """
    if ends.kind is None:
        pair = ends.how == "pair"
        column = find_words(frame, said, pair)
        if column is not None:
            frame = read_words(frame, column, said.relations, pair, report)
        return read_directions(frame, both_ways, report), frame.head(0)
    cmdb_like = ends.how == "relations"
    meant = said.relations if cmdb_like else {**_NEO4J, **said.relations}
    total = frame.height
    kept, lost = orient(frame, ends.kind, meant, both_ways=both_ways)
    what, home = ("a relation", "ServiceNow") if cmdb_like else ("a relationship", "Neo4j")
    report.append(Finding("note", kept.height, f"{what} of {home}, its direction told by its type"))
    if lost.height:
        report.append(tell_lost(lost, ends.kind, total, what))
    return kept.drop(TURN), lost
