"""Any rows of an SQL database: SQLite, DuckDB and PostgreSQL, by a query of the user.

`sqlite:///relative.db` or `sqlite:////absolute.db` (and the file itself), `duckdb:///file`,
`postgresql://user:password@host/base`. The query gives one dependency per row, in columns with our
names or with names that `--map` gives them. It runs as a subquery on a connection that can only
read, so it can change nothing. PostgreSQL is read over ADBC (https://arrow.apache.org/adbc).
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.databases.query_rows import read_rows
from knockon.loaders.parsing.database import (
    MAX_ROWS,
    Address,
    hide_secrets,
    need_query,
    parse_address,
    refuse_missing_extra,
)
from knockon.loaders.parsing.place import hide_password
from knockon.loaders.parsing.source import Source, SourceLike

EXAMPLE = "'SELECT consumer AS dependent, supplier AS provider FROM uses'"


def read_sql(
    source: SourceLike, query: str | None = None, mapping: Mapping[str, str] | None = None
) -> Tables:
    """The dependencies that a query gives, one per row.

    mapping: their name of a column -> ours
    Raises InputError for a query or database that cannot be read; never with a password in it.
    """
    source = Source.of(source)
    text = source.address or _address_of_file(source)
    address = parse_address(text)
    statement = need_query(query, text, EXAMPLE)
    statement = f"SELECT * FROM (\n{statement}\n) AS knockon_rows LIMIT {MAX_ROWS + 1}"
    scheme = text.partition("://")[0].lower()
    reader = {"sqlite": _sqlite, "duckdb": _duckdb}.get(scheme, _postgresql)
    with hide_secrets(address):
        frame = reader(address, statement)
    place = hide_password(text)
    tables = read_rows(source, frame, mapping, text)
    return replace(tables, title=f"Query of {place}", sources={place: "--query"})


def _address_of_file(source: Source) -> str:
    kind = "sqlite" if source.head.startswith(b"SQLite") else "duckdb"
    return f"{kind}:///{source.path}"


def _file(address: Address) -> Path:
    place = address.place
    if not place.startswith("/") or len(place) < 2:
        raise InputError(f"{address.shown}: expected a path after ///, such as sqlite:///my.db")
    path = Path(place[1:])
    if not path.is_file():
        raise InputError(
            f"{address.shown}: no such file: {path} (an absolute path has four slashes)"
        )
    return path


def _sqlite(address: Address, statement: str) -> pl.DataFrame:
    location = f"file:{quote(str(_file(address).absolute()))}?mode=ro"
    with closing(sqlite3.connect(location, uri=True)) as connection:
        connection.execute("PRAGMA query_only = ON")
        cursor = connection.execute(statement)
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame([_series(n, c) for n, c in zip(names, map(list, columns), strict=True)])


def _series(name: str, values: list[object]) -> pl.Series:
    """A column of SQLite, whose cells may each be of another type: then all are text."""
    types = {type(v) for v in values if v is not None}
    if len(types) > 1 and not types <= {int, float}:
        values = [None if v is None else str(v) for v in values]
    return pl.Series(name, values, strict=False)


def _duckdb(address: Address, statement: str) -> pl.DataFrame:
    try:
        import duckdb
    except ImportError:
        refuse_missing_extra(address.text, "duckdb")
    path = str(_file(address))
    with closing(duckdb.connect(path, read_only=True)) as connection:
        connection.execute("SET enable_external_access = false")
        return pl.DataFrame(connection.sql(statement))


def _postgresql(address: Address, statement: str) -> pl.DataFrame:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        refuse_missing_extra(address.text, "postgres")
    with dbapi.connect(address.text) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(statement)
        return _plain(pl.DataFrame(cursor.fetch_arrow()))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Types that only PostgreSQL has (numeric, json) as the text in which they arrive."""
    return frame.with_columns(
        series.ext.storage() for series in frame if isinstance(series.dtype, pl.BaseExtension)
    )
