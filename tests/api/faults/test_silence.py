"""A database that hangs, not one that refuses: nobody waits for ever, and who does not need it
does not wait at all."""

import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.api.service.limits import Limits
from knockon.graph.errors import StoreError, StoreTimeoutError
from tests.api.faults.proxies import Proxy, open_proxy
from tests.api.faults.servers import wait_for
from tests.api.rest.rest_toys import market
from tests.loaders.operations.databases import postgres_server

pytest.importorskip("alembic", reason="knockon[service] is not installed")
from knockon.api.store.store import Store

ASK = "/v1/graphs/market/whatif?origin=cloud&seed={}"
SAVE = {"asked": {"origins": ["cloud"]}}
LONG = 60.0  # seconds within which what is bounded has ended, on a machine that does much else


class HangingStore:
    """Answers when it is let go."""

    def __init__(self) -> None:
        self.let = Event()

    def check(self) -> None:
        self.let.wait(LONG)

    def find_answer(self, identifier: str) -> Any:
        self.let.wait(LONG)

    def list_answers(self, *asked: Any) -> list[Any]:
        self.let.wait(LONG)
        return []


def test_who_does_not_need_the_store_does_not_wait_for_it() -> None:
    """More wait for it than there are threads: what-ifs, lists of entities and the page are
    answered meanwhile; those that wait get a 503 that names the limit."""
    store = HangingStore()
    limits = Limits.of(store_seconds=2)
    with TestClient(create_app({"market": market()}, store=store, limits=limits)) as client:
        with ThreadPoolExecutor(60) as threads:
            waiting = [threads.submit(client.get, "/v1/answers/x") for _ in range(30)]
            waiting += [threads.submit(client.get, "/v1/graphs/market/answers") for _ in range(30)]
            for n in range(5):
                assert client.get(ASK.format(n)).status_code == 200
                assert client.get("/v1/graphs/market/entities").status_code == 200
            ready = client.get("/readyz")
            assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
            assert ready.json()["detail"] == "the store did not answer within 2 seconds"
            for one in waiting:
                refused = one.result()
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
                assert (refused.json()["limit"], refused.json()["value"]) == ("store_seconds", 2)
        store.let.set()
        wait_for(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/v1/answers/x").status_code == 404


def test_a_server_that_takes_connections_and_says_nothing() -> None:
    pytest.importorskip("psycopg", reason="knockon[service] is not installed")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://me:s3cret@127.0.0.1:{silent.getsockname()[1]}/x"
        begun = time.monotonic()
        with pytest.raises(StoreTimeoutError, match="did not answer within 2 seconds") as told:
            Store.open(address, seconds=2)
        assert time.monotonic() - begun < LONG
        assert "s3cret" not in str(told.value)


def open_client(place: str) -> TestClient:
    store = Store.open(f"postgresql://reader:s3cr%3At@{place}/postgres", seconds=2)
    limits = Limits.of(store_seconds=2)
    return TestClient(create_app({"market": market()}, store=store, limits=limits))


def check_it_hangs(client: TestClient, saved: str) -> None:
    """Each use of the store is refused by name, nothing else is."""
    for refused in (client.get(saved), client.post("/v1/graphs/market/answers", json=SAVE)):
        assert refused.status_code == 503, refused.text
        assert refused.json()["limit"] == "store_seconds"
        assert "s3cr" not in refused.text
    assert client.get("/readyz").status_code == 503
    for _ in range(3):
        assert client.get(ASK.format(f"{time.monotonic_ns()}")).status_code == 200
        assert client.get("/v1/graphs/market/entities").status_code == 200


def check_it_is_back(client: TestClient, saved: str, body: bytes) -> None:
    wait_for(lambda: client.get("/readyz").status_code == 200)
    assert client.get(saved).content == body
    assert client.post("/v1/graphs/market/answers", json=SAVE).status_code == 201


@pytest.mark.slow
def test_a_way_to_the_database_that_goes_silent(postgres: str) -> None:
    """Lost: nothing that was told; what was refused meanwhile may be there or not."""
    with open_proxy(postgres) as proxy, open_client(f"127.0.0.1:{proxy.port}") as client:
        saved = client.post("/v1/graphs/market/answers", json=SAVE).json()["result"]
        body = client.get(saved).content
        _break_and_mend(proxy, client, saved, body)
        _break_and_mend(proxy, client, saved, body)


def _break_and_mend(proxy: Proxy, client: TestClient, saved: str, body: bytes) -> None:
    proxy.speaks.clear()
    check_it_hangs(client, saved)
    proxy.speaks.set()
    check_it_is_back(client, saved, body)


@pytest.mark.slow
def test_a_database_whose_processes_are_stopped(postgres: str) -> None:
    """SIGSTOP: its machine still takes connections and acknowledges, nobody answers."""
    with open_client(postgres) as client:
        saved = client.post("/v1/graphs/market/answers", json=SAVE).json()["result"]
        body = client.get(saved).content
        stopped = list_processes(postgres)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            check_it_hangs(client, saved)
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        check_it_is_back(client, saved, body)


def list_processes(place: str) -> list[int]:
    """The server of this place with all its children."""
    import psutil

    data = Path(str(postgres_server.data_of(place)))
    first = int((data / "postmaster.pid").read_text().split()[0])
    return [first, *(child.pid for child in psutil.Process(first).children(recursive=True))]


def test_a_start_waits_for_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that refuses connections may be starting; one that refuses the password is not."""
    from knockon.api import command

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    asked: list[float] = []
    monkeypatch.setattr(command, "sleep", asked.append)
    monkeypatch.setattr(command, "_PATIENCE", 0.0)
    with pytest.raises(StoreError, match="onnection refused"):
        command._open_kept(f"postgresql://me@127.0.0.1:{port}/x", 2)
    tries = iter([StoreTimeoutError(2), StoreTimeoutError(2), None])

    def open_store(address: str, seconds: float) -> str:
        if (fault := next(tries)) is not None:
            raise fault
        return address

    monkeypatch.setattr(command, "_PATIENCE", LONG)
    monkeypatch.setattr(command, "open_store", open_store)
    assert command._open_kept("there", 2) == "there"
    assert len(asked) == 2


@pytest.mark.slow
def test_a_wrong_password_is_told_at_once(postgres: str) -> None:
    with pytest.raises(StoreError, match="password") as told:
        Store.open(f"postgresql://reader:wrong@{postgres}/postgres", seconds=2)
    assert not told.value.away
