"""A pack of incidents: one YAML file each, knockon's own tables with a scenario and its tests.

Beside the head of an ordinary graph the file holds `scenario` (what failed: the same names as in
the body of a REST request, by the table of `graph.scenario.fields`), `paired` (who of two fared
worse), `counted` (how many were exposed, and how many of them hit), `assumed` (what the file
assumes, in words) and `date`; `hindsight` (why the graph knows the outcome, or `false`) is of any
graph.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from knockon.graph.analysis.backtest.incidents import (
    ATTRIBUTIONS,
    MEASURES,
    REPORTED,
    Incident,
    Pair,
)
from knockon.graph.errors import InputError, ScenarioError, clip, did_you_mean
from knockon.graph.model.tables import MOST, Tables, at
from knockon.graph.scenario.field import Field
from knockon.graph.scenario.fields import FIELDS, find_field
from knockon.graph.scenario.kinds import ENTITIES, ORIGINS
from knockon.loaders.native.counted import read_counted
from knockon.loaders.native.yaml import Document, build_tables, parse

_DATE = re.compile(r"\d{4}(-\d{2}){0,2}(T.*)?", re.ASCII)
_PAIR = ("name", "root", "worse", "better", "measure", "why", "source")


def read_incidents(folder: Path) -> list[Incident]:
    """Every .yaml file of a folder, by name. Raises InputError with all faults of all files."""
    if not folder.is_dir():
        what = "a file: name the folder around it" if folder.exists() else "none"
        raise InputError(f"{folder}: expected a folder of incidents, found {what}")
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))
    if not paths:
        raise InputError(f"{folder}: expected incidents as .yaml files, found none")
    found: list[Incident] = []
    faults: list[str] = []
    for path in paths:
        try:
            found.append(read_incident(path))
        except InputError as fault:
            faults.extend(fault.faults)
        except OSError as fault:
            faults.append(f"{path}: cannot be read: {fault.strerror or fault}")
    if faults:
        raise InputError.of(faults)
    return found


def read_incident(path: Path) -> Incident:
    """One incident. Raises InputError with every fault: a scenario without origins, a report
    without attribution, a test or a source that names what the file does not hold.
    """
    document = parse(path)
    tables = build_tables(document)
    faults: list[str] = []
    incident = Incident(
        name=path.stem,
        tables=tables,
        scenario=_read_scenario(document, faults),
        paired=_read_paired(document, faults),
        counted=read_counted(document, faults),
        assumed=_read_texts(document, "assumed", faults),
        hindsight=tables.hindsight,
        date=_read_date(document, faults),
    )
    _check_reports(tables, document.name, faults)
    _check_names(document, incident, faults)
    if faults:
        raise InputError.of(faults)
    return incident


def _read_scenario(document: Document, faults: list[str]) -> dict[str, Any]:
    """What the file states of the scenario, as plain JSON that `Scenario.from_dict` takes."""
    stated = document.values.get("scenario")
    place = f"{document.name}:{document.lines.get('scenario', 1)}: scenario"
    if not isinstance(stated, dict):
        faults.append(f"{place}: expected a mapping with `origins`")
        return {}
    options: dict[str, Any] = {}
    for key, value in stated.items():
        if key not in _FIELDS:
            faults.append(f"{place}: unknown key {clip(key)!r}{did_you_mean(key, _FIELDS)}")
            continue
        try:
            options[key] = _read_field(_FIELDS[key], value)
        except ScenarioError as fault:
            faults.append(f"{place}: {fault}")
    if not options.get("origins"):
        faults.append(f"{place}: expected `origins`, a list of what failed")
    return options


def _read_field(field: Field, value: Any) -> Any:
    """A value as plain JSON; the file holds texts, lists and mappings. Raises ScenarioError."""
    if field.kind is ORIGINS:
        return _read_origins(field, value)
    if field.kind is ENTITIES:
        return field.dump(field.check(_read_list(field, value)))
    if value is None:
        return field.dump(field.check(None))
    if not isinstance(value, str):
        raise field.refuse(value)
    return field.dump(field.parse(value))


def _read_origins(field: Field, value: Any) -> list[Any]:
    """Names, or mappings {id, severity}, as the file has them; severities as numbers."""
    origins = [
        {**item, "severity": _read_severity(item)}
        if isinstance(item, dict) and "severity" in item
        else item
        for item in _read_list(field, value)
    ]
    field.check(origins)
    return origins


def _read_severity(origin: dict[str, Any]) -> Any:
    stated = next((v for k, v in origin.items() if k != "severity"), None)
    name = f"severity of {clip(str(stated))!r}"
    return _read_field(replace(find_field("severity"), name=name), origin["severity"])


def _read_list(field: Field, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise field.refuse(value)
    return value


_FIELDS = {f.name: f.limit() for f in FIELDS if f.remote}


def _read_paired(document: Document, faults: list[str]) -> tuple[Pair, ...]:
    pairs = []
    for item, place in document.list_items("paired", faults):
        if not isinstance(item, dict) or not all(isinstance(v, str) for v in item.values()):
            faults.append(f"{place}: expected a mapping of texts")
            continue
        strange = [k for k in item if k not in _PAIR]
        absent = [k for k in _PAIR[:5] if k not in item]
        if strange:
            key = strange[0]
            faults.append(f"{place}: unknown key {clip(key)!r}{did_you_mean(key, _PAIR)}")
        elif absent:
            faults.append(f"{place}: expected `{absent[0]}`")
        elif item["measure"] not in MEASURES:
            hint = did_you_mean(item["measure"], MEASURES)
            faults.append(f"{place}: unknown measure {clip(item['measure'])!r}{hint}")
        else:
            pairs.append(Pair(**item))
    return tuple(pairs)


def _read_texts(document: Document, key: str, faults: list[str]) -> tuple[str, ...]:
    items = document.values.get(key) or []
    if not isinstance(items, list) or not all(isinstance(i, str) for i in items):
        faults.append(f"{document.name}:{document.lines[key]}: {key}: expected a list of texts")
        return ()
    return tuple(items)


def _read_text(document: Document, key: str, faults: list[str]) -> str | None:
    value = document.values.get(key)
    if value is not None and not isinstance(value, str):
        faults.append(f"{document.name}:{document.lines[key]}: {key}: expected text")
        return None
    return value


def _read_date(document: Document, faults: list[str]) -> str | None:
    """The day of the incident, or the month or year, as ISO 8601 has them."""
    value = _read_text(document, "date", faults)
    if value and not _DATE.fullmatch(value.strip()):
        faults.append(
            f"{document.name}:{document.lines['date']}: date: expected a day such as 2024-07-19, "
            f"got {clip(value, 40)!r}"
        )
    return value


def _check_reports(tables: Tables, name: str, faults: list[str]) -> None:
    """What is reported of each entity: words, figures in range, and who says so."""
    entities = tables.entities
    absent = [c for c in ("reported", "attribution") if c not in entities.columns]
    if absent:
        faults.append(f"{name}: expected entities with the key {absent[0]!r}")
        return
    place = entities.select(at(entities, "entities").alias("at"))["at"]
    columns = set(entities.columns)
    for row, where in zip(entities.iter_rows(named=True), place, strict=True):
        for column, known in (("reported", REPORTED), ("attribution", ATTRIBUTIONS)):
            if row[column] is not None and row[column] not in known:
                hint = did_you_mean(row[column], known)
                faults.append(f"{where}: {column}: unknown word {clip(row[column])!r}{hint}")
        if row["reported"] is not None and row["attribution"] is None:
            faults.append(f"{where}: reported {clip(row['reported'])!r}, but no attribution")
        for column, most in (("reported_impact", 4.0), ("reported_recovery_hours", MOST)):
            if column in columns and not _is_within(row[column], most):
                wanted = f"a number from 0 to {most:g}" if most < MOST else "a number of hours"
                faults.append(f"{where}: {column}: expected {wanted}, got {clip(row[column])!r}")


def _is_within(value: str | None, most: float) -> bool:
    try:
        return value is None or 0 <= float(value) <= most
    except ValueError:
        return False


def _check_names(document: Document, incident: Incident, faults: list[str]) -> None:
    """Tests name entities, rows and tests name sources that the file holds."""
    tables = incident.tables
    ids = set(tables.entities["id"]) if "id" in tables.entities.columns else set()
    for pair, line in zip(incident.paired, document.items.get("paired", []), strict=False):
        place = f"{document.name}:{line}: paired {clip(pair.name, 30)!r}"
        for role in ("root", "worse", "better"):
            asked = getattr(pair, role)
            if asked not in ids:
                faults.append(
                    f"{place}: {role}: no entity {clip(asked)!r}{_name_nearest(asked, ids)}"
                )
        if pair.source and pair.source not in tables.sources:
            faults.append(f"{place}: no source {clip(pair.source)!r}")
    for frame, name in ((tables.entities, "entities"), (tables.dependencies, "dependencies")):
        for column in {"source", "reported_source"} & set(frame.columns):
            unknown = frame.filter(
                pl.col(column).is_not_null() & ~pl.col(column).is_in(list(tables.sources))
            )
            for key, where in unknown.select(column, at(unknown, name).alias("at")).iter_rows():
                faults.append(f"{where}: {column} {clip(key)!r} is not among the `sources`")


def _name_nearest(asked: str, ids: set[str]) -> str:
    return did_you_mean(asked, sorted(ids)) if ids else ""
