"""Sources that change, are deleted, or are half-written while a server answers."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.faults.servers import Server, serve, wait_for

pytest.importorskip("alembic", reason="knockon[service] is not installed")
pytestmark = pytest.mark.slow
FIRST = "dependent,provider,probability\nshop,cloud,1\nbank,cloud,1\n"
SECOND = FIRST + "till,shop,1\n"
ASK = "/v1/graphs/ours/whatif?origin=cloud"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ours.csv"
    path.write_text(FIRST)
    return path


@pytest.fixture
def server(source: Path, tmp_path: Path) -> Iterator[Server]:
    """Looks at its source all the time, and keeps answers."""
    store = f"sqlite:///{tmp_path / 'kept.sqlite'}"
    with serve(source, "--reload", "0.1", "--store", store, "--limit", "workers=2",
               log=tmp_path / "log") as made:  # fmt: skip
        yield made


def count_hit(server: Server) -> float:
    found = server.get(ASK)
    assert found.status_code == 200, found.text
    return float(found.json()["totals"]["hit"])


def test_a_source_that_changes_is_read_while_questions_are_answered(
    server: Server, source: Path
) -> None:
    """No question fails meanwhile; what was saved stays, with the version it was about."""
    saved = server.save("ours", origins=["cloud"]).json()
    before = server.get(saved["result"]).content
    assert count_hit(server) == 2
    found, ended = [], threading.Event()

    def ask() -> None:
        with server.client.__class__(base_url=server.base, timeout=60) as client:
            while not ended.is_set():
                found.append(client.get(f"{ASK}&seed={len(found)}"))

    asking = threading.Thread(target=ask)
    asking.start()
    source.write_text(SECOND)
    wait_for(lambda: count_hit(server) == 3)
    ended.set()
    asking.join()
    assert {answer.status_code for answer in found} == {200}
    assert {answer.json()["totals"]["hit"] for answer in found} <= {2.0, 3.0}
    assert server.get(saved["result"]).content == before
    versions = wait_for(
        lambda: (v := server.get("/v1/graphs/ours/versions").json()["versions"])[1:] and v
    )
    assert [(v["version"], v["dependencies"]) for v in versions] == [(2, 3), (1, 2)]
    assert server.save("ours", origins=["cloud"]).json()["graph"]["version"] == 2
    assert server.get("/v1/graphs/ours/entities/till").status_code == 200
    assert server.count('knockon_reads_total{result="done"}') == 1


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "it is gone"),
        (lambda path: path.write_text(SECOND[:-4] + ",x\n"), "expected"),
        (lambda path: path.write_text(""), "expected"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(40)), "expected"),
    ],
    ids=["deleted", "half-written", "empty", "half a ZIP"],
)
def test_a_source_that_cannot_be_read_leaves_the_old_graph(
    server: Server,
    source: Path,
    harm,
    said: str,  # type: ignore[no-untyped-def]
) -> None:
    """It says so in /readyz, in metrics and in the log; once it is sound again, all is well."""
    harm(source)
    wait_for(lambda: server.get("/readyz").json()["stale_graphs"] == 1)
    assert server.get("/readyz").status_code == 200
    assert count_hit(server) == 2
    assert server.count('knockon_graph_stale{graph="ours"}') == 1
    (line,) = [x for x in server.log.read_text().splitlines() if "the old one stays" in x]
    assert "graph ours" in line
    source.write_text(SECOND)
    wait_for(lambda: count_hit(server) == 3)
    assert server.get("/readyz").json()["stale_graphs"] == 0
    assert server.count('knockon_graph_stale{graph="ours"}') == 0


def test_a_signal_reads_what_has_no_time_of_its_own(source: Path, tmp_path: Path) -> None:
    """With --reload 0 nothing is looked at until SIGHUP."""
    with serve(source, "--reload", "0", "--limit", "workers=1", log=tmp_path / "log") as server:
        source.write_text(SECOND)
        assert count_hit(server) == 2
        server.process.send_signal(signal.SIGHUP)
        wait_for(lambda: count_hit(server) == 3)
