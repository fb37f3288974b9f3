"""Workers, servers, disks and databases that fail: nothing that was told to be saved is lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.faults.servers import Server, serve, wait_for
from tests.loaders.operations.databases import postgres_server
from tests.paths import SAMPLES

pytest.importorskip("alembic", reason="knockon[service] is not installed")
pytestmark = pytest.mark.slow
SAMPLE = "crowdstrike-2024"
ORIGIN = "CrowdStrike"
FEW = ("--limit", "workers=2", "--limit", "saves=1000", "--reload", "0")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.sqlite'}"
    return f"postgresql://reader:s3cr%3At@{request.getfixturevalue('postgres')}/postgres"


def check_saved(server: Server, told: list[dict[str, Any]]) -> None:
    """Every answer that was told to be saved is there with its bytes, and its picture."""
    for saved in told:
        found = server.get(saved["result"])
        assert found.status_code == 200, found.text
        assert sha256(found.content).hexdigest() == saved["sha256"]
        assert server.get(saved["picture"]).status_code == 200


def save_all_the_time(server: Server, told: list[dict[str, Any]], seeds: Iterator[int]) -> None:
    """Save until the server is gone; keep what it told to have saved."""
    with httpx2.Client(base_url=server.base, timeout=60) as client:
        for seed in seeds:
            body = {"asked": {"origins": [ORIGIN], "seed": seed, "top": 3}}
            try:
                made = client.post(f"/v1/graphs/{SAMPLE}/answers", json=body)
            except httpx2.TransportError:
                return
            if made.status_code == 201:
                told.append(made.json())


def find_ended(server: Server, job: str) -> Any:
    """The job, once it has ended."""
    found = server.get(job).json()
    return found["state"] in ("done", "failed", "cancelled") and found


def test_a_worker_that_is_killed_in_the_middle_of_a_job(tmp_path: Path) -> None:
    """Lost: the work so far. The job is begun once more, and ends with the same bytes."""
    large = "federal-cloud-2024"
    with serve(SAMPLES / large, *FEW, "--limit", "workers=1", log=tmp_path / "log") as server:
        at = f"/v1/graphs/{large}/whatif?hours=2..72&worlds=40000&origin=Slack"
        job = server.get(at, headers={"prefer": "respond-async"}).json()
        assert "href" in job, job
        workers = server.list_workers()
        wait_for(lambda: server.get(job["href"]).json()["done"])
        os.kill(workers[0], signal.SIGKILL)
        ended = wait_for(lambda: find_ended(server, job["href"]))
        assert (ended["state"], ended["attempts"]) == ("done", 2)
        assert not {*server.list_workers()} & {*workers}
        again = server.get(ended["result"]).content
        assert json.loads(again)["scenario"]["worlds"] == 40_000
        assert server.count("knockon_worker_deaths") >= 1


def test_a_server_that_is_killed_while_it_saves(store: str, tmp_path: Path) -> None:
    """Lost: what was not answered yet. Everything that was told is there after a restart; the
    workers of the dead server end by themselves."""
    words = (SAMPLES / SAMPLE, *FEW, "--store", store)
    told: list[dict[str, Any]] = []
    with serve(*words, log=tmp_path / "log") as server:
        workers = server.list_workers()
        asking = [
            threading.Thread(
                target=save_all_the_time, args=(server, told, iter(range(n, 10**6, 3)))
            )
            for n in range(3)
        ]
        for one in asking:
            one.start()
        wait_for(lambda: len(told) >= 12)
        server.kill()
        for one in asking:
            one.join()
    wait_for(lambda: not [pid for pid in workers if os.path.exists(f"/proc/{pid}")])
    with serve(*words, log=tmp_path / "log2") as server:
        check_saved(server, told)
        listed = server.get(f"/v1/graphs/{SAMPLE}/answers?limit=1000").json()["answers"]
        assert {saved["id"] for saved in told} <= {row["id"] for row in listed}
        for row in listed:  # one that was saved but not told is whole, too
            assert server.get(row["result"]).status_code == 200
        assert server.save(SAMPLE, origins=[ORIGIN]).status_code == 201


def test_two_servers_on_one_store(store: str, tmp_path: Path) -> None:
    """Lost: nothing. Both save at once, each shows what the other saved; one is killed, the other
    goes on; there is one version of the graph."""
    words = (SAMPLES / SAMPLE, *FEW, "--store", store)
    told: list[dict[str, Any]] = []
    with serve(*words, log=tmp_path / "1") as one, serve(*words, log=tmp_path / "2") as other:
        asking = [
            threading.Thread(target=save_all_the_time, args=(s, told, iter(range(n, n + 6))))
            for n, s in ((100, one), (200, other), (300, one), (400, other))
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert len({saved["id"] for saved in told}) == 24
        for server in (one, other):
            check_saved(server, told)
        one.kill()
        assert other.save(SAMPLE, origins=[ORIGIN], seed=7).status_code == 201
        check_saved(other, told)
        versions = other.get(f"/v1/graphs/{SAMPLE}/versions").json()["versions"]
        assert [v["version"] for v in versions] == [1]


@contextmanager
def fill(how: str, folder: Path) -> Iterator[dict[str, Any]]:
    """A folder with little room: a small disk of its own, or small files; options of a process."""
    if how == "small files":
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))}
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield {}
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("how", ["small disk", "small files"])
def test_a_disk_that_is_full(how: str, tmp_path: Path) -> None:
    """Lost: the answer that found no room, which is refused. Those before it stay, questions are
    answered, and with room again it goes on."""
    folder = tmp_path / "disk"
    folder.mkdir()
    words = (SAMPLES / SAMPLE, *FEW, "--store", f"sqlite:///{folder / 'kept.sqlite'}")
    told: list[dict[str, Any]] = []
    with fill(how, folder) as options:
        with serve(*words, log=tmp_path / "log", **options) as server:
            for seed in range(400):
                made = server.save(SAMPLE, origins=[ORIGIN], seed=seed)
                if made.status_code != 201:
                    break
                told.append(made.json())
            assert (made.status_code, made.json()["title"]) == (503, "The store does not answer")
            assert len(told) >= 3
            asked = server.get(f"/v1/graphs/{SAMPLE}/whatif?origin={ORIGIN}&seed=999")
            assert asked.status_code == 200
            check_saved(server, told)
        if how == "small disk":
            subprocess.run(["mount", "-o", "remount,size=20m", str(folder)], check=True)
        with serve(*words, log=tmp_path / "log2") as server:
            check_saved(server, told)
            assert server.save(SAMPLE, origins=[ORIGIN], seed=5000).status_code == 201


def test_a_database_that_is_restarted(postgres: str, tmp_path: Path) -> None:
    """Lost: nothing. While it is away saving is refused and the server is not ready, questions are
    answered; once it is back, the first thing asked of it is answered."""
    store = f"postgresql://reader:s3cr%3At@{postgres}/postgres"
    with serve(SAMPLES / SAMPLE, *FEW, "--store", store, log=tmp_path / "log") as server:
        told = [server.save(SAMPLE, origins=[ORIGIN], seed=n).json() for n in range(3)]
        postgres_server.stop(postgres)
        try:
            ready = server.get("/readyz")
            assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
            refused = server.save(SAMPLE, origins=[ORIGIN], seed=9)
            assert (refused.status_code, refused.json()["title"]) == (
                503, "The store does not answer",
            )  # fmt: skip
            assert "s3cr" not in refused.text + ready.text + server.log.read_text()
            asked = server.get(f"/v1/graphs/{SAMPLE}/whatif?origin={ORIGIN}&seed=999")
            assert asked.status_code == 200
        finally:
            postgres_server.start_again(postgres)
        check_saved(server, told)
        assert server.save(SAMPLE, origins=[ORIGIN], seed=9).status_code == 201
        assert server.get("/readyz").status_code == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a process the first of its own")
def test_a_server_that_is_ended_while_it_starts(tmp_path: Path) -> None:
    """As the first process of a container, for which the system itself ends nobody on SIGTERM,
    while it waits for a database that is not there."""
    main = "from knockon.api.start import main; main()"
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", main, "serve",
               str(SAMPLES / SAMPLE), "--port", "0", "--store",
               "postgresql://me@nobody.invalid/x"]  # fmt: skip
    log = tmp_path / "log"
    with log.open("wb") as file, subprocess.Popen(command, stderr=file) as process:
        try:
            wait_for(lambda: "waiting for it" in log.read_text() or process.poll() is not None)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            if process.poll() is not None or not children:
                pytest.skip(f"no namespace of processes here: {log.read_text()[:200]}")
            os.kill(int(children[0]), signal.SIGTERM)
            assert process.wait(60) == 128 + signal.SIGTERM
        finally:
            process.kill()
