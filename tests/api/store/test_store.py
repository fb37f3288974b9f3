"""What is kept, in SQLite and in PostgreSQL: the same bytes, versions, nothing in part."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

sa = pytest.importorskip("sqlalchemy", reason="knockon[service] is not installed")
pytest.importorskip("alembic", reason="knockon[service] is not installed")

from knockon.api.store.letters import Letters  # noqa: E402
from knockon.api.store.pack import pack_graph, unpack_graph  # noqa: E402
from knockon.api.store.schema import METADATA  # noqa: E402
from knockon.api.store.spells import Spells  # noqa: E402
from knockon.api.store.store import Store, Version  # noqa: E402
from knockon.graph.errors import InputError, StoreError  # noqa: E402
from tests.api.rest.rest_toys import hostile, market  # noqa: E402
from tests.toys import dep, graph_of  # noqa: E402

BODY = json.dumps({"schema": 2, "name": "Größe \u0000 ‮"}).encode()


@pytest.fixture(scope="module")
def postgres_address(postgres: str) -> str:
    """The address of a PostgreSQL server of these tests."""
    return f"postgresql://reader:s3cr%3At@{postgres}/postgres"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.sqlite'}"
    found: str = request.getfixturevalue("postgres_address")
    store = Store.open(found, migrate=False)
    with store.engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    store.close()
    return found


def save(store: Store, graph: Version, title: str = "a title", body: bytes = BODY) -> str:
    return store.save_answer(
        graph, door="command", question="whatif", asked='["whatif"]', scenario='{"seed": 7}',
        title=title, media="application/json", body=body, picture=b"<svg/>", seed=2**53, who="me",
    ).id  # fmt: skip


def test_an_answer_comes_back_with_the_same_bytes(address: str) -> None:
    """From another program, too: with who, when, program, seed and scenario."""
    store = Store.open(address)
    identifier = save(store, store.save_graph("market", market(), ["none.csv"], "me"))
    store.close()
    assert identifier.isalnum(), "one that begins with a dash would be an option: 1 in 64 did"
    found = Store.open(address).find_answer(identifier)
    assert found is not None
    assert (found.body, found.picture, found.seed) == (BODY, b"<svg/>", 2**53)
    assert (found.who, found.question, found.scenario) == ("me", "whatif", '{"seed": 7}')
    assert found.program
    assert found.created.endswith("+00:00")
    assert found.graph.sources == {"none.csv": "gone"}
    assert found.graph.report[0]["reason"] == "a row without an id"
    assert Store.open(address).find_answer("other") is None


def test_a_graph_has_a_version_for_each_content(address: str) -> None:
    """The same content is the same version, whoever saves it."""
    store = Store.open(address)
    first, other = market(), graph_of(dep("a", "b"))
    assert store.save_graph("g", first, [], "me").version == 1
    assert store.save_graph("g", other, [], "me").version == 2
    again = store.save_graph("g", first, [], "you")
    assert (again.version, again.who) == (1, "me")
    save(store, again)
    assert [(v.version, v.answers) for v in store.list_versions("g")] == [(2, 0), (1, 1)]
    assert store.list_versions("none") == []


def test_answers_are_listed_in_pages_by_place_not_by_clock(address: str) -> None:
    """The latest first; a clock that was moved changes nothing."""
    store = Store.open(address)
    graph = store.save_graph("g", market(), [], "me")
    for number in range(5):
        save(store, graph, f"title {number}")
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE answers SET created = '1970' WHERE title = 'title 4'"))
    page = store.list_answers("g", 3)
    rest = store.list_answers("g", 3, page[-1][0])
    assert [row["title"] for _, row in [*page, *rest]] == [f"title {n}" for n in (4, 3, 2, 1, 0)]


def test_two_servers_on_one_store(address: str) -> None:
    """Both open it at once, both save the same graphs and answers; nothing is lost or double."""

    def work(number: int) -> list[str]:
        store = Store.open(address)
        made = [store.save_graph("g", graph_of(dep("a", f"p{n}")), [], "me") for n in range(4)]
        return [save(store, graph, f"{number}") for graph in made for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        saved = [identifier for found in pool.map(work, range(4)) for identifier in found]
    store = Store.open(address)
    assert sorted(v.version for v in store.list_versions("g")) == [1, 2, 3, 4]
    assert {row["id"] for _, row in store.list_answers("g", 100)} == set(saved)
    assert len(set(saved)) == 48


def test_letters_wait_until_they_are_taken(address: str) -> None:
    """In order, each once, so many at most; another receiver has its own; a newer body counts."""
    letters = Letters(Store.open(address))
    for n in range(5):
        letters.save("a", f"evt_{n}", b"draft", 3)
        letters.save("b", f"evt_{n}", b"other", 10)
    letters.save("a", "evt_3", b"\x00 whole", 3)
    again = Letters(Store.open(address))
    assert again.load("a") == [("evt_2", b"draft"), ("evt_3", b"\x00 whole"), ("evt_4", b"draft")]
    again.drop("a", ["evt_2", "evt_4", "evt_9"])
    assert [event for event, _ in letters.load("a")] == ["evt_3"]
    assert len(letters.load("b")) == 5


def test_a_database_of_plain_bytes_keeps_texts(postgres_address: str) -> None:
    """SQL_ASCII, as a server is set up that knows no locale."""
    plain = postgres_address.rpartition("/")[0] + "/plain"
    store = Store.open(postgres_address, migrate=False)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            sa.text("CREATE DATABASE plain ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
        )
    found = Store.open(plain)
    identifier = save(found, found.save_graph("g", market(), [], "Jürgen"), "Größe")
    kept = found.find_answer(identifier)
    assert kept is not None
    assert (kept.title, kept.graph.who, kept.body) == ("Größe", "Jürgen", BODY)


def test_migrations_go_up_and_down(address: str) -> None:
    """Up they make what the program expects; down nothing is left; up again it works."""
    store = Store.open(address)
    inspector = sa.inspect(store.engine)
    for table in METADATA.tables.values():
        made = {column["name"] for column in inspector.get_columns(table.name)}
        assert made == {column.name for column in table.columns}
    store.migrate("base")
    assert set(sa.inspect(store.engine).get_table_names()) == {"alembic_version"}
    store.migrate()
    save(store, store.save_graph("g", market(), [], "me"))


def test_what_is_kept_survives_a_step_down_and_up(address: str) -> None:
    """From the tables of the first program to those of today."""
    store = Store.open(address)
    identifier = save(store, store.save_graph("g", market(), [], "me"))
    store.migrate("0001")
    assert "spells" not in sa.inspect(store.engine).get_table_names()
    store.migrate()
    assert Store.open(address).find_answer(identifier) is not None


def spell(entity: str, ended: str | None = None, **more: object) -> dict[str, object]:
    return {
        "source": "s", "entity": entity, "name": entity, "kind": "k", "severity": 1.0,
        "component": "c", "key": "1", "status": "major_outage",
        "began": "2026-11-28T10:00:00+00:00", "ended": ended, **more,
    }  # fmt: skip


def test_spells_are_kept(address: str) -> None:
    """What goes on is one spell, whichever server saw it first, and it ends once."""
    kept, other = Spells(Store.open(address)), Spells(Store.open(address))
    kept.save("g", [spell("a"), spell("b")])
    other.save("g", [spell("a", began="2026-11-28T10:00:05+00:00"), spell("b", severity=0.3)])
    other.save("h", [spell("a")])
    assert other.load("g", 9) == ([spell("a"), spell("b", severity=0.3)], 0)
    for one in (kept, other):
        one.save("g", [spell("a", ended="2026-11-28T11:00:00+00:00")])
    kept.save("g", [spell("c", ended="2026-11-28T11:00:00+00:00")])  # begun before it was kept
    rows, older = other.load("g", 9)
    assert [(r["entity"], r["ended"]) for r in rows] == [
        ("a", "2026-11-28T11:00:00+00:00"), ("b", None)
    ]  # fmt: skip
    assert older == 0


def test_the_latest_spells_come_first_into_memory(address: str) -> None:
    """Of what is over only so many; what goes on is always there."""
    kept = Spells(Store.open(address))
    for hour in range(11, 16):
        began = spell("a", began=f"2026-11-28T{hour}:00:00+00:00")
        kept.save("g", [began, began | {"ended": f"2026-11-28T{hour}:30:00+00:00"}])
    kept.save("g", [spell("b")])
    rows, older = kept.load("g", 2)
    assert [r["began"][11:13] for r in rows] == ["14", "15", "10"]
    assert older == 3


def test_a_store_of_a_later_program_is_refused(address: str) -> None:
    """Nothing is changed in it."""
    store = Store.open(address)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="a later program made this store"):
        Store.open(address)


def test_a_damaged_answer_is_not_shown(address: str) -> None:
    """Its bytes must be those that were saved."""
    store = Store.open(address)
    identifier = save(store, store.save_graph("g", market(), [], "me"))
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE answers SET digest = 'x'"))
    with pytest.raises(StoreError, match="is damaged"):
        store.find_answer(identifier)


def test_a_graph_comes_back_as_it_was() -> None:
    """With hostile names, groups, other columns, its report; the same digest."""
    for graph in (market(), hostile()):
        packed = pack_graph(graph)
        assert packed.content is not None
        again = unpack_graph(packed.content, packed.report)
        assert pack_graph(again) == packed
        assert again.report == graph.report
        names = [name for name in graph.entities.columns if not name.startswith("_")]
        assert again.entities.select(names).equals(graph.entities.select(names))
    other = replace(market().tables, title="Another")
    assert pack_graph(type(graph).from_tables(other)).digest != pack_graph(market()).digest


@pytest.mark.parametrize("text", ["", "store", "mysql://x/y", "sqlite", "http://x"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected an address such as sqlite:///"):
        Store.open(text)


def test_a_store_that_cannot_be_opened_says_why_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        Store.open(f"sqlite:///{tmp_path}/none/kept.sqlite")
    pytest.importorskip("psycopg", reason="knockon[service] is not installed")
    with pytest.raises(StoreError) as met:
        Store.open("postgresql://me:s3cret@127.0.0.1:9/none")
    assert "s3cret" not in str(met.value)


KILLED = """
    import sys
    from knockon.api.store.store import Store
    from tests.api.store.test_store import market, save
    store = Store.open(sys.argv[1])
    graph = store.save_graph("g", market(), [], "me")
    while True:
        print(save(store, graph, body=bytes(range(256)) * 2000), flush=True)
"""


def test_killed_while_saving_loses_nothing_that_was_told(address: str) -> None:
    """kill -9 in the middle of saving: every id that was told is there whole."""
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", textwrap.dedent(KILLED), address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(15)]
        os.kill(process.pid, signal.SIGKILL)
        told += [line.strip() for line in process.stdout if len(line) == len(told[0]) + 1]
    store = Store.open(address)
    for identifier in told:
        found = store.find_answer(identifier)
        assert found is not None
        assert found.body == bytes(range(256)) * 2000
    for _, row in store.list_answers("g", 1000):
        assert store.find_answer(row["id"]) is not None
    save(store, store.save_graph("g", market(), [], "me"))


def test_a_full_disk_is_an_error_and_keeps_what_was_saved(tmp_path: Path) -> None:
    """Nothing is there in part; afterwards it goes on."""
    store = Store.open(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    graph = store.save_graph("g", market(), [], "me")
    first = save(store, graph)

    sa.event.listen(store.engine, "begin", lambda c: c.exec_driver_sql("PRAGMA max_page_count=1"))
    with pytest.raises(StoreError, match="full"):
        save(store, graph, body=os.urandom(2_000_000))
    sa.event.listen(
        store.engine, "begin", lambda c: c.exec_driver_sql("PRAGMA max_page_count=1000000")
    )
    assert [row["id"] for _, row in store.list_answers("g", 9)] == [first]
    save(store, graph)
