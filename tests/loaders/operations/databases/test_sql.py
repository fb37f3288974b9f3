"""Databases by a query: SQLite, DuckDB and a real PostgreSQL; passwords are never shown."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing.database import parse_address
from knockon.loaders.parsing.place import hide_password
from knockon.loaders.registry import find_format
from tests.loaders.operations.databases import postgres_server

SETUP = """
CREATE TABLE uses (consumer text, supplier text, chance numeric(3, 2), hours double precision);
INSERT INTO uses VALUES ('App', 'Database', 0.25, 4), ('Database', 'Disk', NULL, NULL),
  ('App', 'Dïsk "x"', 1, 0.5);
"""
QUERY = "SELECT consumer AS dependent, supplier AS provider, chance AS probability, hours AS " \
        "grace_hours FROM uses -- all of them\n;"  # fmt: skip
WANTED = [
    ("App", "Database", 0.25, 4.0), ("App", 'Dïsk "x"', 1.0, 0.5), ("Database", "Disk", None, 0.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """An address with a password in it, of a server that only this module knows."""
    reason = postgres_server.why_not()
    if reason:
        pytest.skip(reason)
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with postgres_server.server() as place:
        address = f"postgresql://reader:s3cr%3At@{place}/postgres"
        with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in [*SETUP.strip().split(";\n"), "CREATE SEQUENCE numbers"]:
                cursor.execute(statement)
        yield address


@pytest.fixture(params=["sqlite", "sqlite file", "duckdb", "duckdb file", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """The same table in each of the databases."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    path = tmp_path / "my base.db"
    if request.param.startswith("duckdb"):
        duckdb = pytest.importorskip("duckdb")
        with closing(duckdb.connect(str(path))) as connection:
            connection.execute(SETUP)
        return path if request.param.endswith("file") else f"duckdb:///{path}"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SETUP)
    return path if request.param.endswith("file") else f"sqlite:///{path}"


def rows(tables: Tables) -> list[tuple[str, str, float | None, float]]:
    columns = ("dependent", "provider", "probability", "grace_hours")
    return tables.dependencies.select(columns).rows()


def test_a_query_gives_the_same_dependencies_everywhere(address: str | Path) -> None:
    assert find_format(address).name == "sql"
    tables = load_tables([address], query=QUERY)
    assert rows(tables) == WANTED
    assert "s3cr" not in str(tables.dependencies.to_dicts()) + str(tables.report)
    assert set(tables.dependencies["_file"]) == {"query"}
    assert sorted(tables.dependencies["_line"]) == [1, 2, 3]


def test_columns_are_named_by_the_mapping(address: str | Path) -> None:
    mapping = {"consumer": "dependent", "supplier": "provider"}
    tables = load_tables([address], query="SELECT * FROM uses", mapping=mapping)
    assert [r[:2] for r in rows(tables)] == [w[:2] for w in WANTED]
    assert "chance" in tables.dependencies.columns


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (None, "expected --query with rows of dependencies"),
        ("  ", "expected --query with rows of dependencies"),
        ("SELECT consumer FROM uses", "needs a column 'dependent'; it gives 'consumer'"),
        ("SELECT * FROM nowhere", "nowhere"),
        ("DELETE FROM uses", "."),
        ("DROP TABLE uses", "."),
        ("SELECT 1) AS x; DELETE FROM uses; SELECT * FROM (SELECT 1", "."),
    ],
)
def test_bad_queries_are_one_line_and_change_nothing(
    address: str | Path, query: str | None, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_tables([address], query=query)
    assert "s3cr" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert rows(load_tables([address], query=QUERY)) == WANTED


def test_misspelt_mapping_names_the_nearest_column(address: str | Path) -> None:
    with pytest.raises(InputError, match="no column 'consumr'; did you mean 'consumer'"):
        load_tables([address], query="SELECT * FROM uses", mapping={"consumr": "dependent"})


def test_a_transaction_that_only_reads(postgresql: str) -> None:
    """A function that writes is refused by the server, not only by the shape of the query."""
    query = "SELECT 'a' AS dependent, 'b' AS provider, "
    tables = load_tables(
        [postgresql], query=query + "current_setting('transaction_read_only') AS r"
    )
    assert tables.dependencies["r"][0] == "on"
    with pytest.raises(InputError, match="read-only transaction"):
        load_tables([postgresql], query=query + "nextval('numbers') AS made")


def test_duckdb_reads_no_other_file(tmp_path: Path) -> None:
    """A query is about its database, not about the disk."""
    duckdb = pytest.importorskip("duckdb")
    path, other = tmp_path / "x.duckdb", tmp_path / "other.csv"
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(SETUP)
    other.write_text("dependent,provider\na,b\n")
    with pytest.raises(InputError, match="disabled"):
        load_tables([path], query=f"SELECT * FROM read_csv('{other}')")


def test_bytes_are_refused(postgresql: str) -> None:
    query = "SELECT 'a' AS dependent, gen_random_uuid() AS provider"
    with pytest.raises(InputError, match="column 'provider' holds bytes; cast it to text"):
        load_tables([postgresql], query=query)


@pytest.mark.parametrize(
    "bad",
    [
        "postgresql://reader:s3cr%3Bt@{place}/postgres",
        "postgresql://reader:s3cr%3At@{place}/nowhere",
        "postgresql://reader:s3cr@t@{place}/postgres",
        "postgresql://reader:s3cr%t@{place}/postgres",
        "postgresql://reader:s3cr/t@{place}/postgres",
        "postgresql://reader:s3cr%3At@{place}:port/postgres",
        "postgresql://{place}/postgres?user=reader&password=s3crxt",
        "postgresql://reader:s3cr@127.0.0.1:1/postgres",
    ],
)
def test_no_error_shows_a_password(postgresql: str, bad: str) -> None:
    place = postgresql.partition("@")[2].partition("/")[0]
    with pytest.raises(InputError) as caught:
        load_tables([bad.format(place=place)], query=QUERY)
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("postgresql://me:pa@ss@h/b", "postgresql://me:***@h/b"),
        ("postgresql://me:p/a@h/b", "postgresql://me:***@h/b"),
        ("postgresql://:pw@h", "postgresql://:***@h"),
        ("postgresql://me@h/b", "postgresql://me@h/b"),
        ("neo4j+s://h/b?password=x&a=1", "neo4j+s://h/b?password=***&a=1"),
        ("duckdb:///f?motherduck_token=x", "duckdb:///f?motherduck_token=***"),
        ("a/b:c@d", "a/b:c@d"),
    ],
)
def test_what_messages_show_of_an_address(address: str, safe: str) -> None:
    assert hide_password(address) == safe


def test_parts_of_an_address() -> None:
    found = parse_address("neo4j://us%40er:p%3Aw@h:7687/base")
    assert (found.user, found.password, found.place) == ("us@er", "p:w", "h:7687/base")
    assert parse_address("sqlite:////tmp/x@y.db").place == "//tmp/x@y.db"


def test_missing_files_and_drivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database is not created by looking; an absent driver is named with its pip line."""
    missing = tmp_path / "none.db"
    for scheme in ("sqlite", "duckdb"):
        with pytest.raises(InputError, match="no such file"):
            load_tables([f"{scheme}:///{missing}"], query=QUERY)
    assert not missing.exists()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    missing.write_bytes(b"x")
    with pytest.raises(InputError, match=r"pip install 'knockon\[duckdb\]'"):
        load_tables([f"duckdb:///{missing}"], query=QUERY)
    with pytest.raises(InputError, match=r"pip install 'knockon\[postgres\]'"):
        load_tables(["postgresql://h/b"], query=QUERY)


def test_cells_of_sqlite_may_be_of_any_type(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a, b, c)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(1, "x", 1), ("y", 2.5, 0.5)])
        connection.commit()
    query = "SELECT a AS dependent, b AS provider, c AS probability FROM t"
    tables = load_tables([path], query=query)
    assert tables.dependencies.select("dependent", "provider", "probability").rows() == [
        ("1", "x", 1.0), ("y", "2.5", 0.5),
    ]  # fmt: skip
    none = load_tables([path], query=f"SELECT * FROM ({query}) WHERE dependent = 'no'")
    assert none.dependencies.height == 0


def test_more_rows_than_the_limit_are_refused(
    address: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an inventory would look like a whole one: it is an error, not a cut."""
    monkeypatch.setattr("knockon.loaders.operations.databases.sql.MAX_ROWS", 2)
    monkeypatch.setattr("knockon.loaders.parsing.database.MAX_ROWS", 2)
    with pytest.raises(InputError, match="more than 2 rows; narrow the query"):
        load_tables([address], query=QUERY)


def test_a_query_joins_with_other_sources(address: str | Path, tmp_path: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_text("dependent,provider\nDisk,Power\n")
    tables = load_tables([address, other], query=QUERY)
    assert tables.dependencies.height == 4
    assert not [p for p in tables.dependencies["_file"] if "s3cr" in p]
    assert tables.dependencies.filter(pl.col("_file").str.ends_with("query")).height == 3


def test_cells_of_a_query_are_read_as_in_any_table(tmp_path: Path) -> None:
    """Lists are several dependencies, NULL is none, and the direction of --map is told."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (app, needs)")
        rows = [("shop", '["db", "cache"]'), ("wiki", None), ("fax", "N/A")]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
        connection.commit()
    mapping = {"app": "dependent", "needs": "provider"}
    tables = load_tables([f"sqlite:///{path}"], query="SELECT * FROM t", mapping=mapping)
    assert tables.dependencies.select("dependent", "provider").rows() == [
        ("shop", "cache"), ("shop", "db")
    ]  # fmt: skip
    assert set(tables.entities["id"]) == {"shop", "db", "cache", "wiki", "fax"}
    told = "\n".join(map(str, tables.report))
    assert "note 3: each row is read as: 'app' depends on 'needs'" in told
    assert "note 2: a row without a provider" in told
