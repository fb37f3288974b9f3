"""The one door to what is kept: opened by address, brought up to date, asked and added to."""

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version as find_version
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from typing import Any, Self

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from knockon.api.store.pack import digest_sources, pack_graph
from knockon.api.store.schema import ANSWERS, GRAPHS, HEAD, SCENARIOS
from knockon.graph.errors import InputError, StoreError, StoreTimeoutError, clip
from knockon.graph.model.graph import DependencyGraph

DEFAULT = "sqlite:///knockon.sqlite"
_STEPS = Path(__file__).parent / "migrations"
_WAIT = 20.0  # seconds that a writer waits for another one, or the store may take to answer
_MIGRATION = 600.0  # seconds of silence while tables are brought up to date
_AWAY = ("connection refused", "starting up", "resolve host", "translate host", "shutting down")
_SILENCES = ("SilenceError", "ConnectionTimeout", "QueryCanceled", "TimeoutError")
_KINDS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


@dataclass(frozen=True)
class Version:
    """A graph as it once was; report, sources: as JSON says them."""

    number: int
    name: str
    version: int
    digest: str
    title: str
    entities: int
    dependencies: int
    report: Sequence[Mapping[str, Any]]
    sources: Mapping[str, str]
    who: str
    program: str
    created: str
    answers: int = 0


@dataclass(frozen=True)
class Saved:
    """An answer: the bytes that were shown, and all that they came from.

    door: `command` or `rest`; asked: the arguments of the command, or the work, as JSON
    """

    id: str
    graph: Version
    scenario: str
    door: str
    question: str
    asked: str
    title: str
    media: str
    digest: str
    body: bytes
    picture: bytes | None
    seed: int | None
    who: str
    program: str
    created: str


class Store:
    """A database of versions, scenarios and answers. Safe to use from several threads and
    processes at once."""

    def __init__(self, engine: sa.Engine, seconds: float = _WAIT) -> None:
        self.engine, self.seconds = engine, seconds
        self.reading = engine.execution_options(reads=True)

    @classmethod
    def open(cls, address: str, *, migrate: bool = True, seconds: float = _WAIT) -> Self:
        """The store at an address such as sqlite:///FILE or postgresql://USER@HOST/NAME.

        Its tables are made, or brought up to date. seconds: how long it may take to answer.
        Raises InputError for an address that is none, StoreError where it cannot be opened, or
        where a later program made it.
        """
        store = cls(_connect(address, seconds), seconds)
        if migrate:
            with store.telling():
                store.migrate()
        return store

    def migrate(self, target: str = "head") -> None:
        """Bring the tables up, or down, to a step of `migrations`."""
        config = Config()
        config.set_main_option("script_location", str(_STEPS))
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                _wait_longer(connection)
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(1802399343)"))
            now = MigrationContext.configure(connection).get_current_revision()
            if now is not None and now > HEAD:
                raise StoreError(
                    f"a later program made this store (step {now}, this one knows {HEAD}): "
                    "use that program"
                )
            config.attributes["connection"] = connection
            if target in ("head", HEAD):
                command.upgrade(config, target)
            else:
                command.downgrade(config, target)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Faults of a database as one error in words, without the address, which may hold a
        password."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, SQLAlchemyError, OSError) as fault:
            cause = getattr(fault, "orig", None) or fault
            if type(cause).__name__ in _SILENCES:
                raise StoreTimeoutError(self.seconds) from fault
            told = StoreError(f"the store: {clip(str(cause), 300)}")
            told.away = any(words in str(cause).lower() for words in _AWAY)
            raise told from fault

    def check(self) -> None:
        """Raise StoreError where the store does not answer."""
        with self.telling(), self.reading.connect() as connection:
            connection.execute(sa.select(sa.literal(1)))

    def close(self) -> None:
        self.engine.dispose()

    def save_graph(
        self, name: str, graph: DependencyGraph, sources: Sequence[str], who: str
    ) -> Version:
        """The version of this graph, a new one where it is none of those that are there."""
        packed = pack_graph(graph)
        found = self._find_version(name, packed.digest)
        if found is not None:
            return found
        row: dict[str, Any] = {
            "name": name, "digest": packed.digest, "title": graph.title, "entities": graph.size,
            "dependencies": len(graph.dependent), "report": packed.report,
            "sources": json.dumps(digest_sources(sources)), "packed": packed.content, "who": who,
            "program": find_version("knockon"), "created": tell_time(),
        }  # fmt: skip
        latest = sa.func.coalesce(sa.func.max(GRAPHS.c.version), 0)
        for _ in range(5):  # another process may take the next version
            try:
                with self.telling(), self.engine.begin() as connection:
                    of_name = sa.select(latest + 1).where(GRAPHS.c.name == name)
                    row["version"] = connection.execute(of_name).scalar_one()
                    connection.execute(GRAPHS.insert().values(row))
            except IntegrityError:
                pass
            if (made := self._find_version(name, packed.digest)) is not None:
                return made
        raise StoreError(f"the graph {clip(name)!r} cannot be saved: others write it all the time")

    def _find_version(self, name: str, digest: str) -> Version | None:
        chosen = _select_graphs().where(GRAPHS.c.name == name, GRAPHS.c.digest == digest)
        with self.telling(), self.reading.connect() as connection:
            row = connection.execute(chosen).mappings().first()
        return None if row is None else _read_version(row)

    def list_versions(self, name: str) -> list[Version]:
        """The versions of a graph, the latest first."""
        count = sa.func.count(ANSWERS.c.number).label("answers")
        chosen = (
            sa.select(*_shown(), count)
            .select_from(GRAPHS.outerjoin(ANSWERS, ANSWERS.c.graph == GRAPHS.c.number))
            .where(GRAPHS.c.name == name)
            .group_by(*_shown())
            .order_by(GRAPHS.c.version.desc())
        )
        with self.telling(), self.reading.connect() as connection:
            return [_read_version(row) for row in connection.execute(chosen).mappings()]

    def list_names(self) -> list[str]:
        """The names of all graphs."""
        with self.telling(), self.reading.connect() as connection:
            return list(connection.execute(sa.select(GRAPHS.c.name).distinct()).scalars())

    def read_packed(self, version: Version) -> bytes | None:
        """The graph of a version, packed; None where it was too large to keep."""
        chosen = sa.select(GRAPHS.c.packed).where(GRAPHS.c.number == version.number)
        with self.telling(), self.reading.connect() as connection:
            packed = connection.execute(chosen).scalar_one()
        return None if packed is None else bytes(packed)

    def save_answer(
        self, graph: Version, *, door: str, question: str, asked: str, scenario: str, title: str,
        media: str, body: bytes, picture: bytes | None, seed: int | None, who: str,
    ) -> Saved:  # fmt: skip
        """The answer, saved whole or not at all. Raises StoreError."""
        of_scenario = sha256(scenario.encode()).hexdigest()
        row: dict[str, Any] = {
            "id": token_hex(9), "graph": graph.number, "scenario": of_scenario, "door": door,
            "question": question, "asked": asked, "title": title, "media": media,
            "digest": sha256(body).hexdigest(), "body": zlib.compress(body),
            "picture": None if picture is None else zlib.compress(picture), "seed": seed,
            "who": who, "program": find_version("knockon"), "created": tell_time(),
        }  # fmt: skip
        with self.telling(), self.engine.begin() as connection:
            self._add_scenario(connection, of_scenario, scenario)
            connection.execute(ANSWERS.insert().values(row))
        found = self.find_answer(row["id"])
        assert found is not None
        return found

    def _add_scenario(self, connection: sa.Connection, digest: str, body: str) -> None:
        insert: Any
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert
        else:
            from sqlalchemy.dialects.sqlite import insert
        values = {"digest": digest, "body": body}
        connection.execute(insert(SCENARIOS).values(values).on_conflict_do_nothing())

    def find_answer(self, identifier: str) -> Saved | None:
        """The answer of this id. Raises StoreError where its bytes are not those that were
        saved."""
        chosen = _select_answers().where(ANSWERS.c.id == identifier)
        with self.telling(), self.reading.connect() as connection:
            row = connection.execute(chosen).mappings().first()
            if row is None:
                return None
            of_graph = _select_graphs().where(GRAPHS.c.number == row["graph"])
            graph = _read_version(connection.execute(of_graph).mappings().one())
        return _read_answer(row, graph)

    def list_answers(
        self, name: str, limit: int, before: int | None = None
    ) -> list[tuple[int, dict[str, Any]]]:
        """The answers about a graph, the latest first, without their bytes, each after its place;
        before: only those of earlier places."""
        names = ("id", "question", "title", "who", "program", "created", "door", "asked")
        shown = [ANSWERS.c[name] for name in names]
        chosen = (
            sa.select(ANSWERS.c.number, GRAPHS.c.version, GRAPHS.c.name.label("graph"), *shown)
            .join(GRAPHS, ANSWERS.c.graph == GRAPHS.c.number)
            .where(GRAPHS.c.name == name)
            .order_by(ANSWERS.c.number.desc())
            .limit(limit)
        )
        if before is not None:
            chosen = chosen.where(ANSWERS.c.number < before)
        with self.telling(), self.reading.connect() as connection:
            rows = [dict(row) for row in connection.execute(chosen).mappings()]
        return [(row.pop("number"), row) for row in rows]


def _connect(address: str, seconds: float) -> sa.Engine:
    try:
        url = sa.make_url(address)
    except SQLAlchemyError:
        url = None
    driver = _KINDS.get(url.drivername) if url is not None else None
    if url is None or driver is None:
        raise InputError(
            "--store: expected an address such as sqlite:///knockon.sqlite or "
            "postgresql://user@host/name"
        )
    url = url.set(drivername=driver)
    if driver == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _WAIT})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = sa.create_engine(url, pool_pre_ping=True, pool_timeout=seconds)
        from knockon.api.store.patience import connect
    except ImportError as fault:
        raise StoreError(
            f"PostgreSQL needs a driver: pip install 'knockon[service]' ({fault})"
        ) from None

    def patiently(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
        return connect(parameters, seconds)

    sa.event.listen(engine, "do_connect", patiently)
    return engine


def _wait_longer(connection: sa.Connection) -> None:
    """Steps of a migration may take their time; the connection is not used for anything else."""
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    raw = connection.connection.dbapi_connection
    raw.patience = _MIGRATION  # type: ignore[union-attr]
    connection.detach()


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Readers beside one writer; nothing is lost when the machine stops; links hold."""
    connection.isolation_level = None  # transactions begin where SQLAlchemy says
    end = monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:  # another process changes the same: it does not wait
            if monotonic() > end:
                raise
            sleep(0.05)
    for setting in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Who writes waits for its turn at once, not in the middle, where it could only fail."""
    reads = connection.get_execution_options().get("reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _shown() -> list[sa.Column[Any]]:
    return [column for column in GRAPHS.c if column.name != "packed"]


def _select_graphs() -> sa.Select[Any]:
    return sa.select(*_shown())


def _select_answers() -> sa.Select[Any]:
    return sa.select(ANSWERS, SCENARIOS.c.body.label("of_scenario")).join(SCENARIOS)


def _read_version(row: Mapping[Any, Any]) -> Version:
    values = dict(row)
    values |= {name: json.loads(values[name]) for name in ("report", "sources")}
    return Version(**values)


def _read_answer(row: Mapping[Any, Any], graph: Version) -> Saved:
    values = {name: row[name] for name in row if name not in ("number", "of_scenario")}
    values |= {"graph": graph, "scenario": row["of_scenario"]}
    try:
        body = zlib.decompress(bytes(row["body"]))
        picture = None if row["picture"] is None else zlib.decompress(bytes(row["picture"]))
    except zlib.error:
        body, picture = b"", None
    if sha256(body).hexdigest() != row["digest"]:
        raise StoreError(f"the answer {row['id']} is damaged: its bytes are not those saved")
    return Saved(**values | {"body": body, "picture": picture})


def tell_time() -> str:
    """The time, as the store writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
