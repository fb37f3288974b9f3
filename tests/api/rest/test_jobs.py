"""Questions that take long: a job to look at, to follow, to stop; a server that is stopped."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.api.service.limits import LIMITS, Limits
from tests.api.faults.servers import serve
from tests.api.rest.rest_toys import market
from tests.paths import SAMPLES

G = "/v1/graphs/market"
LONG = "origin=cloud&hours=2..72&worlds=20000"
SERVED = "/v1/graphs/federal-cloud-2024"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app({"market": market()}, limits=Limits.of(wait=0))) as made:
        yield made


def wait_for_end(client: TestClient, job: str) -> dict[str, object]:
    for _ in range(600):
        found: dict[str, object] = client.get(job).json()
        if found["state"] in ("done", "failed", "cancelled"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_a_quick_question_is_answered_at_once() -> None:
    """Whoever asks plainly gets 200, and so does who would rather not wait."""
    plain = TestClient(create_app({"market": market()}))
    for prefer in ("", "respond-async", "wait=10", "respond-async, wait=10"):
        asked = plain.get(f"{G}/whatif?origin=cloud", headers={"prefer": prefer})
        assert asked.status_code == 200


def test_a_question_that_takes_longer_is_a_job(client: TestClient) -> None:
    """202 with its address; then its result is what the question would have given."""
    accepted = client.get(f"{G}/whatif?{LONG}")
    assert accepted.status_code == 202
    assert accepted.headers["retry-after"] == "1"
    job = accepted.headers["location"]
    assert accepted.json()["href"] == job
    assert (accepted.json()["graph"], accepted.json()["question"]) == ("market", "whatif")
    ended = wait_for_end(client, job)
    assert ended["state"] == "done"
    result = client.get(f"{job}/result")
    again = client.get(f"{G}/whatif?{LONG}")
    assert (result.status_code, again.status_code) == (200, 200)
    assert result.content == again.content
    assert result.headers["etag"] == again.headers["etag"]
    assert result.json()["scenario"]["worlds"] == 20_000


def test_the_events_of_a_job_end_with_its_end(client: TestClient) -> None:
    """Server-sent events, each with the whole job."""
    job = client.get(f"{G}/whatif?{LONG}&seed=2").headers["location"]
    with client.stream("GET", f"{job}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line.startswith("data: ")]
    told = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert told[-1]["state"] == "done"
    assert {t["id"] for t in told} == {job.rpartition("/")[2]}


def test_a_job_can_be_stopped(client: TestClient) -> None:
    """Its result is a problem then."""
    job = client.post(
        f"{G}/whatif", json={"origins": ["cloud"], "hours": "2..72", "worlds": 100_000, "seed": 3}
    ).headers["location"]
    assert client.delete(job).status_code == 204
    assert wait_for_end(client, job)["state"] == "cancelled"
    result = client.get(f"{job}/result")
    assert (result.status_code, result.json()["title"]) == (503, "The question was stopped")


def test_a_question_that_is_refused_is_a_job_that_failed(client: TestClient) -> None:
    """The problem is that of the question."""
    asked = client.get(f"{G}/whatif?origin=clod")
    if asked.status_code == 202:
        asked = client.get(wait_for_end(client, asked.headers["location"])["result"])
    assert (asked.status_code, asked.json()["title"]) == (404, "Unknown entity")


def test_an_app_can_be_started_again() -> None:
    """Two lifespans of one app; what is asked after the end is refused as such."""
    app = create_app({"market": market()})
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get(f"{G}/whatif?origin=cloud").status_code == 200
    refused = TestClient(app).get(f"{G}/whatif?origin=cloud&seed=5")
    assert (refused.status_code, refused.json()["limit"]) == (503, "drain")


def test_a_job_that_is_not_there_is_404(client: TestClient) -> None:
    for end in ("", "/events", "/result"):
        assert client.get(f"/v1/jobs/none{end}").status_code == 404
    assert client.delete("/v1/jobs/none").status_code == 404


def test_limits_are_listed(client: TestClient) -> None:
    """As set, with what to do beyond each."""
    listed = {limit["name"]: limit for limit in client.get("/v1/limits").json()["limits"]}
    assert set(listed) == {limit.name for limit in LIMITS}
    assert listed["wait"]["value"] == 0
    assert listed["queue"]["status"] == 503
    assert all(limit["advice"] for limit in listed.values() if limit["status"])


@pytest.mark.parametrize(
    ("limits", "address", "status"),
    [
        ({"worlds": 99}, "whatif?origin=cloud&worlds=100", 422),
        ({"origins": 1}, "whatif?origin=cloud&origin=shop", 422),
        ({"rows": 2}, "whatif?origin=vendor", 422),
        ({"rows": 2}, "whatif.csv?origin=vendor", 422),
        ({"rows": 2}, "rank.md?top=3", 422),
        ({"address": 30}, "whatif?origin=vendor", 414),
        ({"header": 60}, "whatif?origin=vendor", 431),
        ({"rate": 0.2}, "whatif?origin=cloud&seed={n}", 429),
    ],
)
def test_beyond_a_limit_is_a_problem_with_its_name(
    limits: dict[str, float], address: str, status: int
) -> None:
    """And its value, and what to do."""
    client = TestClient(create_app({"market": market()}, limits=Limits.of(**limits)))
    for number in range(12):
        found = client.get(f"{G}/{address.format(n=number)}")
        if found.status_code != 200:
            break
    (name, value), *_ = limits.items()
    assert found.status_code == status, found.text
    problem = found.json()
    assert (problem["limit"], problem["value"]) == (name, value)
    assert problem["title"] == "Beyond a limit"
    assert ("retry-after" in found.headers) == (status in (429, 503))


@pytest.mark.parametrize(
    ("limits", "body", "status"),
    [({"body": 20}, '{"origins": ["cloud"], "seed": 1}', 413),
     ({"nesting": 2}, '{"origins": [{"id": "cloud"}]}', 400)],
)  # fmt: skip
def test_a_body_beyond_a_limit_is_a_problem_with_its_name(
    limits: dict[str, float], body: str, status: int
) -> None:
    """Brackets in texts are no levels."""
    client = TestClient(create_app({"market": market()}, limits=Limits.of(**limits)))
    headers = {"content-type": "application/json"}
    found = client.post(f"{G}/whatif", content=body, headers=headers)
    assert (found.status_code, found.json()["limit"]) == (status, *limits)
    text = r'{"seed":7,"origins":["[[\"[["]}'
    assert client.post(f"{G}/whatif", content=text, headers=headers).status_code in (404, 413)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`knockon serve` as it is installed, with short limits."""
    limits = ("header_seconds=1", "body_seconds=1", "drain=2", "connections=40")
    words = [word for limit in limits for word in ("--limit", limit)]
    log = tmp_path_factory.mktemp("server") / "log"
    with serve(SAMPLES / "federal-cloud-2024", *words, log=log) as made:
        yield made.process, made.port


def send(port: int, data: bytes) -> bytes:
    """What a server says to these bytes, until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(data)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_a_client_that_is_too_slow_is_408(server: tuple[subprocess.Popen[bytes], int]) -> None:
    """With half a head, and with half a body; others are not kept waiting."""
    _, port = server
    head = send(port, b"GET /v1/limits HTTP/1.1\r\nHost: localhost\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert b'"limit": "header_seconds"' in head
    body = send(
        port,
        f"POST {SERVED}/whatif HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
        "Content-Type: application/json\r\n\r\n{".encode(),
    )
    assert body.startswith(b"HTTP/1.1 408")
    assert b'"limit": "body_seconds"' in body


def test_what_is_no_http_is_400_as_a_problem(server: tuple[subprocess.Popen[bytes], int]) -> None:
    found = send(server[1], b"what\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"application/problem+json" in found


def test_more_connections_than_allowed_are_503(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    """Those that are open go on."""
    _, port = server
    opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    assert b'"limit": "connections"' in send(port, b"")
    for one in opened:
        one.close()
    time.sleep(0.2)
    assert urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/limits").status == 200


def test_a_server_that_is_stopped_ends_in_time(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    """While a long question runs: it has `drain` seconds, and then is a 503; no process is left."""
    process, port = server
    address = f"http://127.0.0.1:{port}{SERVED}/whatif?origin=Slack&hours=2..72&worlds=100000"
    asked = urllib.request.Request(address, headers={"Prefer": "respond-async"})
    job = json.load(urllib.request.urlopen(asked))
    assert job["state"] == "running"
    children = {int(line) for line in _list_children(process.pid)}
    assert len(children) >= 2
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    assert time.monotonic() - begun < 2 + 5 + 3
    for _ in range(50):  # what watches over their files ends a moment later
        left = [pid for pid in children if os.path.exists(f"/proc/{pid}")]
        if not left:
            break
        time.sleep(0.1)
    assert not left


def _list_children(pid: int) -> list[str]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        own = file.read().split()
    for entry in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{entry}/children") as file:
            own += file.read().split()
    return own
