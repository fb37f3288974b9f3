"""The client: every question of the server, typed; jobs, pages, and what goes wrong."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

import knockon
from knockon.api.rest.app import create_app
from knockon.api.rest.tokens import create_token, read_tokens
from knockon.api.schema import serialize_answer, serialize_whatif
from knockon.api.service.limits import Limits
from knockon.api.store.store import Store
from knockon.client import (
    AmbiguousError,
    AsyncClient,
    Client,
    InvalidError,
    JobError,
    LimitError,
    NotFoundError,
    ProblemError,
    UnauthorizedError,
    UnreachableError,
    WaitedError,
)
from knockon.graph.scenario.questions import QUESTIONS
from tests.api.rest.rest_toys import HOSTILE, hostile, market

ASKED: dict[str, dict[str, Any]] = {
    "rank": {"kind": "cloud_provider"},
    "why": {"target": "shop", "origins": ["vendor"]},
    "cuts": {"target": "shop", "order": 2},
    "harden": {"origins": ["cloud"], "budget": 1},
    "compare": {"other": None, "without": ["vendor"], "origins": ["cloud"]},
    "concentration": {},
    "strengths": {"origins": ["cloud"]},
}
LONG: dict[str, Any] = {"origins": ["cloud"], "hours": "2..72", "worlds": 20_000}


@pytest.fixture(scope="module")
def http() -> Iterator[TestClient]:
    with TestClient(create_app({"market": market(), "hostile": hostile()})) as made:
        yield made


@pytest.fixture
def client(http: TestClient) -> Client:
    return Client(http=http)


def test_a_whatif_is_that_of_python(client: Client) -> None:
    """The same figures by another way."""
    found = client.whatif("market", origins=["Cloud"], assume=0.25, top=3)
    wanted = serialize_whatif(knockon.whatif(market(), "Cloud", assume=0.25), top=3)
    assert found == json.loads(json.dumps(wanted))
    assert found["totals"]["hit"] > 0


@pytest.mark.parametrize("verb", [question.name for question in QUESTIONS])
def test_every_verb_has_a_method(client: Client, http: TestClient, verb: str) -> None:
    """And it answers what the server says to plain HTTP."""
    found = getattr(client, verb)("market", **ASKED[verb])
    assert found == http.post(f"/v1/graphs/market/{verb}", json=ASKED[verb]).json()
    assert found["rows"]


def test_a_verb_is_that_of_python(client: Client) -> None:
    found = client.rank("market", among="enterprise")
    wanted = serialize_answer(knockon.rank(market(), among="enterprise"), top=None)
    assert found["rows"] == json.loads(json.dumps(wanted["rows"]))


def test_graphs_and_their_entities(client: Client) -> None:
    assert [graph["name"] for graph in client.graphs()] == ["market", "hostile"]
    assert client.graph("market")["title"] == "A market"
    assert {"bad_update", "outage"} <= {rule["mode"] for rule in client.modes()["rules"]}
    kinds = [e["id"] for e in client.entities("market", kind="enterprise")]
    assert kinds == ["bank", "island", "shop", "twin:1", "twin:2"]


def test_pages_are_followed(client: Client, http: TestClient) -> None:
    """One entity a page, all of them, each once."""
    asked: list[str] = []
    http.event_hooks["request"] = [lambda request: asked.append(str(request.url))]
    try:
        found = [entity["id"] for entity in client.entities("market", limit=1)]
        many = [(d["dependent"], d["provider"]) for d in client.dependencies("market", limit=2)]
    finally:
        http.event_hooks["request"] = []
    assert found == sorted(market().ids)
    assert len(many) == len(set(many)) == 6
    assert len(asked) >= 8 + 3


def test_whatever_an_id_holds_it_is_found(http: TestClient) -> None:
    """Slashes, dots, percents, marks, line breaks. The test client of the library above reads
    percents twice, this one does not."""

    async def ask() -> list[str]:
        transport = httpx2.ASGITransport(app=http.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as inner:
            one = AsyncClient(http=inner)
            return [(await one.entity("hostile", i))["entity"]["id"] for i in ("hub", *HOSTILE)]

    assert asyncio.run(ask()) == ["hub", *HOSTILE]


def test_what_a_question_would_take(client: Client) -> None:
    found = client.plan("market", ["cloud", "shop"], worlds=100)
    assert found["worlds"] == 100
    assert [o["id"] for o in found["scenario"]["origins"]] == ["cloud", "shop"]


def test_pictures_and_tables(client: Client) -> None:
    assert client.draw("market", origins=["cloud"]).startswith("<svg") or "<svg" in client.draw(
        "market", origins=["cloud"]
    )
    lines = client.table("market", "rank", kind="cloud_provider").splitlines()
    assert lines[0].startswith("rank,")
    assert len(lines) == 3


def test_what_the_server_refuses_is_an_error_of_its_kind(client: Client) -> None:
    with pytest.raises(NotFoundError, match="404 Unknown entity") as unknown:
        client.whatif("market", origins=["Clod"])
    assert unknown.value.nearest[0]["id"] == "cloud"
    with pytest.raises(NotFoundError):
        client.graph("markt")
    with pytest.raises(AmbiguousError) as twins:
        client.whatif("market", origins=["Twin"])
    assert [m["id"] for m in twins.value.matches] == ["twin:1", "twin:2"]
    with pytest.raises(InvalidError) as invalid:
        client.whatif("market", origins=["cloud"], assume=2)
    assert invalid.value.errors[0]["pointer"] == "#/assume"
    with pytest.raises(InvalidError):
        client.draw("market", "whatif", originz=["cloud"])


@pytest.mark.parametrize(
    ("limits", "asked", "status"),
    [({"worlds": 10}, {"worlds": 11}, 422), ({"rows": 1}, {}, 422), ({"body": 20}, {}, 413)],
)
def test_limits_have_their_name(
    limits: dict[str, float], asked: dict[str, Any], status: int
) -> None:
    http = TestClient(create_app({"market": market()}, limits=Limits.of(**limits)))
    with pytest.raises(LimitError) as beyond:
        Client(http=http).whatif("market", origins=["vendor"], **asked)
    assert {beyond.value.limit: beyond.value.value} == limits
    assert (beyond.value.status, beyond.value.retry_after) == (status, None)
    shown = {limit["name"]: limit["value"] for limit in Client(http=http).limits()["limits"]}
    assert shown | limits == shown


def answer(*responses: httpx2.Response | Exception) -> tuple[httpx2.Client, list[httpx2.Request]]:
    """A server that answers these, one after the other, and what it was asked."""
    left, asked = list(responses), []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    transport = httpx2.MockTransport(handle)
    return httpx2.Client(transport=transport, base_url="http://s.example"), asked


def busy(status: int = 429, **headers: str) -> httpx2.Response:
    problem = {"title": "Beyond a limit", "detail": "slow", "limit": "rate", "value": 1.0}
    return httpx2.Response(status, json=problem, headers=headers)


def test_a_busy_server_is_asked_again_when_it_says() -> None:
    """429 and 503 with Retry-After, in all no longer than one is ready to wait."""
    slept: list[float] = []
    retry = {"retry-after": "7"}
    http, asked = answer(busy(**retry), busy(503, **retry), httpx2.Response(200, json={"a": 1}))
    assert Client(http=http, sleep=slept.append).limits() == {"a": 1}
    assert (slept, len(asked)) == ([7, 7], 3)
    http, asked = answer(busy(**retry), busy(**retry))
    with pytest.raises(LimitError) as beyond:
        Client(http=http, sleep=slept.append, patience=10).limits()
    assert (beyond.value.retry_after, beyond.value.limit, len(asked)) == (7, "rate", 2)
    http, asked = answer(busy(503))
    with pytest.raises(LimitError):
        Client(http=http, sleep=slept.append).limits()
    assert len(asked) == 1


def test_a_server_that_is_not_there_is_said() -> None:
    http, _ = answer(httpx2.ConnectError("refused"))
    with pytest.raises(UnreachableError, match=r"http://s\.example: refused"):
        Client(http=http).graphs()


def test_what_is_no_problem_of_ours_is_told_all_the_same() -> None:
    """A proxy's page."""
    http, _ = answer(httpx2.Response(502, text="<html>Bad gateway</html>"))
    with pytest.raises(ProblemError, match="Bad gateway") as bad:
        Client(http=http).graphs()
    assert bad.value.status == 502


def test_a_token_is_sent(tmp_path: Path) -> None:
    secret, line = create_token("ops", ["read"])
    (tmp_path / "tokens").write_text(line)
    app = create_app({"market": market()}, tokens=read_tokens(tmp_path / "tokens"))
    assert Client(http=TestClient(app), token=secret).graphs()
    with pytest.raises(UnauthorizedError):
        Client(http=TestClient(app)).graphs()
    with pytest.raises(UnauthorizedError):
        Client(http=TestClient(app), token=secret).whatif("market", origins=["cloud"])


@pytest.fixture
def waiting() -> Iterator[Client]:
    """A client of a server that makes a job of whatever is not answered at once."""
    with TestClient(create_app({"market": market()}, limits=Limits.of(wait=0))) as http:
        yield Client(http=http, sleep=lambda _: time.sleep(0.02))


def test_a_long_question_is_waited_for(waiting: Client) -> None:
    """As if it were a short one."""
    found = waiting.whatif("market", **LONG)
    assert found["scenario"]["worlds"] == 20_000
    assert "<svg" in waiting.draw("market", **LONG)


def test_a_job_tells_its_progress(waiting: Client) -> None:
    seen: list[str] = []
    job = waiting.submit("market", **LONG, seed=3)
    found = job.wait(on_progress=lambda one: seen.append(one.state))
    assert found == waiting.whatif("market", **LONG, seed=3)
    assert (job.state, seen[-1]) == ("done", "done")
    assert job.progress is None or job.progress[0] <= job.progress[1]
    assert job.id is not None
    assert waiting.job(job.id).wait() == found


def test_a_job_can_be_stopped(waiting: Client) -> None:
    job = waiting.submit("market", origins=["cloud"], hours="2..72", worlds=100_000, seed=4)
    with pytest.raises(WaitedError):
        job.wait(timeout=0.05)
    job.cancel()
    with pytest.raises(JobError, match="stopped"):
        job.wait()
    assert job.state == "cancelled"


def test_a_job_that_fails_says_why(waiting: Client) -> None:
    job = waiting.submit("market", origins=["clod"])
    with pytest.raises((JobError, NotFoundError), match="no entity has the id or name 'clod'"):
        job.wait()


def test_a_quick_question_is_a_job_that_has_ended(client: Client) -> None:
    """It is answered before anybody could ask how it stands, or soon after."""
    assert client.submit("market", origins=["cloud"]).wait()["headline"].startswith("If Cloud")


def test_answers_are_kept(tmp_path: Path) -> None:
    """Saved, listed, and shown again as bytes."""
    store = Store.open(f"sqlite:///{tmp_path / 's.sqlite'}")
    with TestClient(create_app({"market": market()}, store=store)) as http:
        client = Client(http=http)
        saved = client.save("market", "whatif", {"origins": ["cloud"]}, title="July")
        assert client.answer(saved["id"])["title"] == "July"
        assert json.loads(client.answer_bytes(saved["id"])) == client.whatif(
            "market", origins=["cloud"]
        )
        assert [a["id"] for a in client.answers("market")] == [saved["id"]]
        assert client.versions("market")[0]["entities"] == 8
        with pytest.raises(NotFoundError):
            client.answer("none")


def test_several_at_once(http: TestClient, client: Client) -> None:
    """The asynchronous client answers the same, to several questions that wait together."""

    async def ask() -> tuple[list[Any], list[str], str]:
        transport = httpx2.ASGITransport(app=http.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as inner:
            one = AsyncClient(http=inner)
            answers = await asyncio.gather(
                *(one.whatif("market", origins=[origin]) for origin in ("cloud", "vendor"))
            )
            listed = [e["id"] async for e in one.entities("market", limit=3)]
            job = await one.submit("market", origins=["spare"])
            return answers, listed, (await job.wait())["headline"]

    answers, listed, headline = asyncio.run(ask())
    assert answers == [client.whatif("market", origins=[o]) for o in ("cloud", "vendor")]
    assert listed == sorted(market().ids)
    assert headline.startswith("If Spare")


def test_connections_of_ones_own_are_closed() -> None:
    """Those that were given are not."""
    with Client("http://127.0.0.1:9") as client, pytest.raises(UnreachableError):
        client.graphs()
    assert client._http.is_closed
    http, _ = answer()
    with Client(http=http):
        pass
    assert not http.is_closed


@pytest.fixture
def importing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def fail() -> None:
        import importlib
        import sys

        monkeypatch.setitem(sys.modules, "httpx2", None)
        monkeypatch.delitem(sys.modules, "knockon.client")
        importlib.import_module("knockon.client")

    return fail


def test_what_is_missing_is_said(importing: Callable[[], None]) -> None:
    with pytest.raises(ImportError, match=r"pip install 'knockon\[client\]'"):
        importing()
