"""The tables of a DORA register of information, out of a package or a workbook.

A package is a ZIP archive or a folder with `reports/b_05.02.csv` and so on. It comes in two forms:
with a column per item (`c0010,c0020,...`), or with a row per datapoint (`datapoint,factValue` and
the keys). For workbooks see `workbook.py`.
"""

import io
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.csv_text import parse_csv
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.unpack import walk_zip
from knockon.loaders.registers.dora.formats import SHEET, TABLE, find_tables
from knockon.loaders.registers.dora.workbook import column_of, tables_of_workbook

MAX_BYTES = 512 * 1024 * 1024  # of all tables of one register, unpacked
_LATE = ("c0120",)
_PARAMETERS, _INDICATORS = "parameters.csv", "filingindicators.csv"


@dataclass
class Package:
    """Tables by name (`b_05.02`) with text columns `c0010`...; what the package says of itself."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


def open_package(source: Source, findings: RowFindings) -> Package:
    """Every table of the register. Raises InputError where one cannot be read, or stands twice."""
    if source.is_folder:
        path = source.path
        found = list(find_tables(path))
        folders = {p.parent for p in found}
        beside = (p for folder in folders for p in folder.iterdir() if _is_extra(p.name))
        found += sorted(p for p in beside if p.is_file())
        members = {p.relative_to(path).as_posix(): _bytes(p) for p in found}
        return _from_members(members, "", findings)
    if "xl/workbook.xml" in source.zip_names:
        return Package(tables_of_workbook(source, findings))
    members = dict(walk_zip(source.file, source.name, MAX_BYTES))
    return _from_members(members, f"{source.name}/", findings)


@cache
def _points() -> dict[str, dict[str, str]]:
    """Table -> datapoint or key -> column, of the taxonomies of 2024-07, 4.0 and 4.2."""
    found: dict[str, dict[str, str]] = {}
    text = files("knockon.loaders.registers.dora").joinpath("datapoints.csv").read_bytes()
    for table, key, column in pl.read_csv(io.BytesIO(text), infer_schema=False).iter_rows():
        found.setdefault(table, {})[key] = column
    return found


def _bytes(path: Path) -> bytes:
    if not path.is_file():  # a pipe would be waited for
        raise InputError(f"{path.name}: expected a file, found a pipe or device")
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(f"{path.name}: {size:,} bytes; at most {MAX_BYTES:,} are read")
    return path.read_bytes()


def _from_members(members: dict[str, bytes], prefix: str, findings: RowFindings) -> Package:
    package = Package()
    indicated: dict[str, str] = {}
    places: dict[str, str] = {}
    for member, data in members.items():
        name = member.replace("\\", "/")
        found = TABLE.search(name)
        place = prefix + clip(name.rpartition("/")[2], 120)
        if found and data.strip():
            table = f"b_{found[1]}.{found[2]}"
            if table in places:
                raise InputError(f"{place}: stands twice, in {places[table]} and in {name}")
            places[table] = name
            frame = parse_csv(data, place, unnamed=True)
            package.tables[table] = _columns(frame, table, place, findings)
        elif name.lower().endswith(_PARAMETERS):
            package.parameters = _pairs(data, place)
        elif name.lower().endswith(_INDICATORS):
            indicated = _pairs(data, place)
    for template, reported in indicated.items():
        match = SHEET.match(template.strip())
        table = f"b_{match[1]}.{match[2]}" if match else template.lower()
        if reported.lower() != "true" and package.tables.get(table, pl.DataFrame()).height:
            findings.add("note", "a table that the filing indicators call not reported", table)
        elif reported.lower() == "true" and table not in package.tables:
            findings.add("note", "a table that the filing indicators promise is missing", table)
    return package


def _is_extra(name: str) -> bool:
    return name.lower() in (_PARAMETERS, _INDICATORS)


def _pairs(data: bytes, place: str) -> dict[str, str]:
    frame = parse_csv(data, place, unnamed=True)
    if frame.width < 4:  # two columns, file and line
        raise InputError(f"{place}:1: expected two columns, got {frame.width - 2}")
    return {str(k): str(v or "") for k, v in frame.select(frame.columns[:2]).iter_rows() if k}


def _columns(frame: pl.DataFrame, table: str, place: str, findings: RowFindings) -> pl.DataFrame:
    """The table with a column per item, whatever form it came in."""
    names = {c.lower(): c for c in frame.columns}
    if {"datapoint", "factvalue"} <= names.keys():
        return _pivot(frame, names, table, place, findings)
    theirs = [c for c in frame.columns if c not in (FILE, LINE)]
    codes = {c: code for c in theirs if (code := column_of(c, table))}
    if not codes:
        held = some(repr(clip(c, 30)) for c in theirs)
        raise InputError(f"{place}:1: expected columns c0010... or datapoint,factValue, got {held}")
    if len(set(codes.values())) < len(codes):
        raise InputError(f"{place}:1: a column stands twice")
    for column in theirs:
        if column not in codes and not frame[column].is_null().all():
            findings.add("note", f"a column of {table} that is not read", f"{clip(column, 40)!r}")
    return frame.select(*(pl.col(c).alias(code) for c, code in codes.items()), FILE, LINE)


def _pivot(
    frame: pl.DataFrame, names: dict[str, str], table: str, place: str, findings: RowFindings
) -> pl.DataFrame:
    """One row per set of keys, out of one row per datapoint."""
    points = _points().get(table, {})
    keys = {c: points.get(c.rpartition(":")[2]) for n, c in names.items()
            if n not in ("datapoint", "factvalue", FILE, LINE, "unit", "decimals")}  # fmt: skip
    strange = [c for c, code in keys.items() if code is None]
    if strange:
        wanted = some(k for k in points if not k.isdigit()) or "none"
        raise InputError(
            f"{place}:1: expected keys of {table} ({wanted}), got {clip(strange[0])!r}"
        )
    point = pl.col(names["datapoint"]).str.strip_prefix("dp")
    facts = frame.select(
        point.replace_strict(points, default=None, return_dtype=pl.String).alias("column"),
        pl.col(names["datapoint"]).alias("point"),
        pl.col(names["factvalue"]).alias("value"),
        *(pl.col(c).alias(str(code)) for c, code in keys.items()), FILE, LINE,
    )  # fmt: skip
    findings.read(f"datapoints of {table}", facts.height)
    for name, line in facts.filter(pl.col("column").is_null()).select("point", LINE).iter_rows():
        what = "a datapoint that the table does not know"
        shown = f"{clip(str(name), 30)} at {place}:{line}"
        findings.lose(f"datapoints of {table}", "dropped", what, shown)
    facts = facts.filter(pl.col("column").is_not_null())
    by = [str(code) for code in keys.values()]
    again = facts.select(*by, "column").is_duplicated()
    for line in facts.filter(again)[LINE][:5]:
        raise InputError(f"{place}:{line}: the same datapoint stands twice for the same keys")
    columns = sorted(set(facts["column"]))
    cells = [pl.col("value").filter(pl.col("column") == c).first().alias(c) for c in columns]
    # b_05.01 has other columns since 4.0, where the type of code is no key: facts do not show it
    late = [pl.lit(None, pl.String).alias(c) for c in _LATE if c not in columns]
    added = late if table == "b_05.01" and "c0020" not in by else []
    # a table without keys, such as b_99.01, is one row
    return (
        facts.group_by([*(pl.col(c) for c in by), pl.lit(0).alias("one")], maintain_order=True)
        .agg(*cells, pl.col(FILE).first(), pl.col(LINE).min())
        .drop("one")
        .with_columns(added)
    )
