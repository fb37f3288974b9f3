"""The known formats, in the order in which they are tried. A reader is imported when chosen.

That order is of families, as FAMILIES lists them, and of the formats of each; those with a sign
that others may bear, too (`Format.general`), come after all others, in the same order.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import INSIDE, Finding, Tables
from knockon.loaders.formats import Format
from knockon.loaders.graphfiles import formats as graphfiles
from knockon.loaders.native import formats as native
from knockon.loaders.operations import formats as operations
from knockon.loaders.operations.databases import formats as databases
from knockon.loaders.operations.status import formats as status
from knockon.loaders.operations.traces import formats as traces
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.text import name_binary
from knockon.loaders.registers import formats as registers
from knockon.loaders.registers.dora import formats as dora
from knockon.loaders.reliability import formats as reliability
from knockon.loaders.software import formats as software
from knockon.loaders.tabular import formats as tabular

# families that know few and certain signs come before those that know many and plain ones
FAMILIES = (
    native,
    dora,
    registers,
    software,
    reliability,
    operations,
    traces,
    status,
    databases,
    graphfiles,
    tabular,
)
_ALL: tuple[Format, ...] = tuple(known for family in FAMILIES for known in family.FORMATS)
_SURE = (".csv", ".parquet")  # suffixes of files that are nothing else
_FORMATS = (*(f for f in _ALL if not f.general), *(f for f in _ALL if f.general))
_STORES = ("s3", "gs", "gcs", "hdfs", "viewfs", "abfs", "abfss")  # of objects, and of Hadoop


def formats() -> tuple[Format, ...]:
    """Every known format, in the order in which they are tried."""
    return _FORMATS


def find_format(source: SourceLike) -> Format:
    """The format of a file, a folder or an address (`postgresql://...`), told from its content.

    Raises InputError where nothing is there, it cannot be read, or no format fits.
    """
    source = Source.of(source)
    binary = not source.is_parquet and name_binary(source.head) is not None
    early = not binary and not source.is_folder and source.suffix not in _SURE
    if early:
        _refuse_stranger(source)
    for known in _FORMATS:
        if known.binary >= binary and known.matches(source):
            return known
    if source.scheme in _STORES:
        raise InputError(
            f"{source.place}: tables in a store are read by the workers of a server: "
            "`knockon whatif SOURCE ENTITY --on sc://HOST:PORT --out FOLDER`; for anything else "
            "copy them to a folder here"
        )
    source.refuse_binary()
    if not early:
        _refuse_stranger(source)
    if source.looks_like_json and not source.first_record:
        _ = source.json  # which says what is wrong with it
    raise InputError(f"{source.place}: {_describe(source)}; known: {_list_signs(source)}")


def _refuse_stranger(source: Source) -> None:
    """Raise InputError for what is known not to be read, with what to give instead."""
    from knockon.loaders.strangers import name_stranger  # late: small tables need it not

    stranger = name_stranger(source)
    if stranger:
        raise InputError(f"{source.place}: {stranger}")


def read(source: SourceLike, options: Mapping[str, Any] | None = None) -> Tables:
    """The tables of one source, as its reader gives them: not checked yet.

    options: of these, the reader gets those that its format takes (`Format.options`)
    Raises InputError, and nothing else, where the source cannot be read.
    """
    source = Source.of(source)
    chosen = find_format(source)
    reader = getattr(import_module(chosen.module), f"read_{chosen.name}")
    given = {name: value for name, value in (options or {}).items() if name in chosen.options}
    with one_error(source.place):
        tables: Tables = reader(source, **given)
        if chosen.inside and tables.dependencies.height:
            tables = _mark_inside(tables)
        tables = tables if _says_enough(tables) else _say_empty(tables, chosen, source)
        return _name_strange(tables, source) if source.is_folder else tables
    raise AssertionError("unreachable")


def _mark_inside(tables: Tables) -> Tables:
    """The same with every dependency marked as one between parts of one system."""
    rows = tables.dependencies
    return replace(tables, dependencies=rows.with_columns(pl.lit(True).alias(INSIDE)))


def _says_enough(tables: Tables) -> bool:
    """Whether there are dependencies, or a line on what stands there instead."""
    said = {f.action for f in tables.report} - {"read", "merged"}
    return tables.dependencies.height > 0 or bool(
        said if tables.entities.height else "dropped" in said
    )


def _say_empty(tables: Tables, chosen: Format, source: Source) -> Tables:
    """The same with a line on what would have been read: nothing read is not nothing there."""
    reason = f"no dependency is read from it; of `{chosen.name}`: {chosen.dependencies}"
    return replace(tables, report=(*tables.report, Finding("note", 1, reason, (source.outline,))))


def _name_strange(tables: Tables, source: Source) -> Tables:
    """The same with a line on what in the folder can be no part of it, where there is anything."""
    with os.scandir(source.path) as inside:
        strange = sorted(e.name for e in inside if not (e.is_file() or e.is_dir()))
    if not strange:
        return tables
    reason = "neither a file nor a folder (a pipe, a socket, a link to nothing): not read"
    found = Finding("note", len(strange), reason, tuple(clip(n, 80) for n in strange))
    return replace(tables, report=(*tables.report, found))


def _describe(source: Source) -> str:
    if source.address:
        return "an address of no known kind"
    if source.is_folder:
        held = some((repr(clip(n)) for n in sorted(source.names)), 5) or "nothing"
        return f"a folder of no known format; it holds {held}"
    if source.looks_like_json:
        keys = some((repr(clip(k, 40)) for k in source.json_keys), 8) or "none"
        return f"JSON of no known format; its keys are {keys}"
    return f"text of no known format; it starts with {clip(source.first_line, 60)!r}"


def _list_signs(source: Source) -> str:
    """The names of the formats that it might have been: those in JSON where JSON came."""
    near = [f.name for f in _FORMATS if "JSON" in f.sign or not source.looks_like_json]
    return f"{', '.join(near)} (`knockon sources` tells what each looks like)"
