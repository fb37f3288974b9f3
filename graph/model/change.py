"""A change to a graph: rows that come on top, cells that change, entities that nothing hits.

What a plan of hardening is, and what two graphs may differ by: data that applies to a graph and
gives a new one, and that goes to plain JSON and back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import DEPENDENCY_COLUMNS, ENDS, ENTITY_COLUMNS, FILE, LINE

_TABLES = {"entities": ENTITY_COLUMNS, "dependencies": DEPENDENCY_COLUMNS}


@dataclass(frozen=True)
class Edit:
    """New values for all rows of a table in which these columns hold these values.

    table: `entities` or `dependencies`; null is a value like others
    """

    table: str
    where: Mapping[str, Any]
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What is different: applied to a graph, it gives another one.

    entities, dependencies: new rows, columns by name; edits: of rows that are there
    safe: ids that nothing hits, and halt: the hour at which a rollout stops; both are for the
    scenario that is asked on the new graph
    """

    entities: tuple[Mapping[str, Any], ...] = ()
    dependencies: tuple[Mapping[str, Any], ...] = ()
    edits: tuple[Edit, ...] = ()
    safe: tuple[str, ...] = ()
    halt: float | None = None

    def apply(self, graph: DependencyGraph) -> DependencyGraph:
        """The graph with this change, checked anew. Raises InputError."""
        if not (self.entities or self.dependencies or self.edits):
            return graph
        tables = graph.tables
        frames = {"entities": tables.entities, "dependencies": _as_text(tables.dependencies)}
        for name, frame in frames.items():
            edits = [e for e in self.edits if e.table == name]
            frames[name] = _add(name, _edit(name, frame, edits), getattr(self, name))
        changed = replace(
            tables, report=(), numbers=None,
            entities=frames["entities"], dependencies=frames["dependencies"],
        )  # fmt: skip
        done = DependencyGraph.from_tables(changed)
        return replace(done, tables=replace(done.tables, report=tables.report))

    def to_dict(self) -> dict[str, Any]:
        """The change as plain JSON; `from_dict` reads it."""
        return {
            "entities": [dict(row) for row in self.entities],
            "dependencies": [dict(row) for row in self.dependencies],
            "edits": [
                {"table": e.table, "where": dict(e.where), "values": dict(e.values)}
                for e in self.edits
            ],
            "safe": list(self.safe),
            "halt": self.halt,
        }

    @classmethod
    def from_dict(cls, data: object) -> "Change":
        """The change that `to_dict` wrote, or that somebody wrote in the same words.

        Raises InputError.
        """
        found = _read_object("change", data, [f.name for f in fields(cls)])
        safe, halt = found.get("safe") or (), found.get("halt")
        if not _is_list(safe) or not all(isinstance(i, str) for i in safe):
            raise InputError(f"change: safe: expected ids, got {clip(repr(safe))}")
        if halt is not None and (isinstance(halt, bool) or not isinstance(halt, int | float)):
            raise InputError(f"change: halt: expected a number of hours, got {clip(repr(halt))}")
        rows = {name: _read_rows(name, found.get(name) or ()) for name in _TABLES}
        edits = [_read_edit(e) for e in _read_rows("edits", found.get("edits") or ())]
        return cls(**rows, edits=tuple(edits), safe=tuple(safe), halt=halt)


def _edit(name: str, frame: pl.DataFrame, edits: Sequence[Edit]) -> pl.DataFrame:
    """The frame with all edits of its table: rows are found by hash, not one by one."""
    changed: dict[str, dict[int, Any]] = {}
    index: dict[tuple[str, ...], dict[tuple[Any, ...], list[int]]] = {}
    for edit in edits:
        _check_columns(name, frame, [*edit.where, *edit.values])
        keys = tuple(sorted(edit.where))
        if keys not in index:
            index[keys] = {}
            for row, values in enumerate(frame.select(keys).iter_rows()):
                index[keys].setdefault(values, []).append(row)
        rows = index[keys].get(tuple(edit.where[k] for k in keys), [])
        if not rows:
            said = ", ".join(f"{k} {clip(repr(v), 40)}" for k, v in edit.where.items())
            raise InputError(f"change: no row of {name} has {said}")
        for column, value in edit.values.items():
            changed.setdefault(column, {}).update(dict.fromkeys(rows, value))
    for column, cells in changed.items():
        new = pl.Series(list(cells.values()), dtype=frame.schema[column], strict=False)
        places = pl.Series(list(cells), dtype=pl.UInt32)
        frame = frame.with_columns(frame[column].clone().scatter(places, new))
    return frame


def _add(name: str, frame: pl.DataFrame, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    if not rows:
        return frame
    for row in rows:
        _check_columns(name, frame, row)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    schema = {c: frame.schema[c] for c in columns}
    new = pl.DataFrame([dict(row) for row in rows], schema=schema, strict=False)
    bare = {c.name: c.default for c in _TABLES[name] if c.default is not None}
    new = new.with_columns(
        pl.col(c).fill_null(v) if c in columns else pl.lit(v, frame.schema[c]).alias(c)
        for c, v in bare.items()
    )
    return pl.concat([frame, new], how="diagonal")


def _check_columns(
    name: str, frame: pl.DataFrame, columns: Sequence[str] | Mapping[str, Any]
) -> None:
    for column in columns:
        if column not in frame.columns:
            hint = did_you_mean(str(column), frame.columns)
            raise InputError(f"change: {name} has no column {clip(str(column))!r}{hint}")


def _as_text(dependencies: pl.DataFrame) -> pl.DataFrame:
    """The ends as texts: those of a large table are an Enum, which new ids do not fit."""
    return dependencies.with_columns(pl.col(name).cast(pl.String) for name in ENDS)


def copy_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the tables to make a new one of: without the place where it was read."""
    return {name: value for name, value in row.items() if name not in (FILE, LINE)}


def _read_rows(name: str, given: object) -> tuple[dict[str, Any], ...]:
    if not _is_list(given) or not all(isinstance(row, Mapping) for row in given):  # type: ignore[attr-defined]
        raise InputError(f"change: {name}: expected a list of rows, got {clip(repr(given))}")
    return tuple({str(k): v for k, v in row.items()} for row in given)  # type: ignore[attr-defined]


def _read_edit(given: Mapping[str, Any]) -> Edit:
    found = _read_object("change: edits", given, ["table", "where", "values"])
    table, where, values = (found.get(key) for key in ("table", "where", "values"))
    if table not in _TABLES or not isinstance(where, Mapping) or not isinstance(values, Mapping):
        raise InputError(
            "change: edits: expected table (entities or dependencies), where and values, got "
            f"{clip(repr(dict(given)))}"
        )
    return Edit(table, dict(where), dict(values))


def _read_object(what: str, given: object, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(f"{what}: expected an object, got {clip(repr(given))}")
    for key in given:
        if key not in known:
            raise InputError(
                f"{what}: unknown key {clip(str(key))!r}{did_you_mean(str(key), known)}"
            )
    return given


def _is_list(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str | bytes)
