"""What is down now over REST: as JSON, as history, as a page."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.watch import build_watch
from knockon.api.rest.app import create_app
from knockon.api.rest.tokens import create_token, read_tokens
from knockon.api.service.limits import Limits
from knockon.client import Client
from tests.api.live.pages import Site, open_site, page
from tests.api.rest.rest_toys import hostile, market

G = "/v1/graphs/market"
PAGING = {"every": 5.0, "private": (), "placing": None}


@pytest.fixture(scope="module")
def status(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "status.json"
    path.write_text(json.dumps(page(Cloud="major_outage", Nobody="major_outage")))
    return path


@pytest.fixture(scope="module")
def client(status: Path) -> Iterator[TestClient]:
    graphs = {"market": market(), "hostile": hostile()}
    watch = build_watch(graphs, [str(status)], (), None, PAGING)
    with TestClient(create_app(graphs, watch=watch)) as made:
        for _ in range(10_000):  # each takes a while: the watch reads beside it
            if watch.live.sources[0].read_at is not None:
                break
            made.get("/healthz")
        yield made


def test_now_is_the_whatif_of_all_that_is_down(client: TestClient) -> None:
    """The same as one would ask for by hand."""
    found = client.get(f"{G}/now")
    assert (found.status_code, found.headers["cache-control"]) == (200, "no-store")
    now = found.json()
    assert [(d["id"], d["severity"]) for d in now["down"]] == [("cloud", 1.0)]
    assert now["impact"] == client.get(f"{G}/whatif?origin=cloud&top=20").json()
    assert now["complete"] is True
    assert now["headline"].startswith("Down now: Cloud. If Cloud fails")
    assert "Down, but fits no entity: Nobody." in now["headline"]
    assert [s["source"] for s in now["sources"]] == ["status.json"]
    fewer = Client(http=client).now("market", top=1)["impact"]
    assert fewer is not None
    assert (len(fewer["entities"]), fewer["more"]) == (2, now["impact"]["more"] + 3)


def test_metrics_count_what_is_down(client: TestClient) -> None:
    lines = client.get("/metrics").text.splitlines()
    assert 'knockon_status_page_fresh{source="status.json"} 1' in lines
    assert 'knockon_down_now{graph="market"} 1' in lines
    assert 'knockon_down_now{graph="hostile"} 0' in lines


def test_what_was_down_is_listed(client: TestClient) -> None:
    found = Client(http=client).history("market")
    assert [s["id"] for s in found["spells"]] == ["cloud"]
    assert found["forgotten"] == 0


def test_the_page_says_the_same_without_a_script(client: TestClient) -> None:
    found = client.get("/now")
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in found.headers["content-security-policy"]
    text = found.text
    assert "<script" not in text
    assert "Down now: Cloud. If Cloud fails" in text
    assert "Cloud: major outage" in text
    assert 'href="/?graph=market&amp;origin=cloud"' in text
    rows = client.get(f"{G}/now").json()["impact"]["entities"][1:]
    ties = [(r["rank_best"], r["rank_worst"], r["name"]) for r in rows]
    assert any(best < worst for best, worst, _ in ties)
    for best, worst, name in ties:
        assert f"<td>{best}{'' if best == worst else f' to {worst}'}</td><td>{name}<" in text
    assert "<title>(1) down now</title>" in text


def test_hostile_names_are_text_on_the_page(tmp_path: Path) -> None:
    status = tmp_path / "s.json"
    name = '<script>alert("x")</script>'
    status.write_text(json.dumps(page("<b>Page</b>", **{name: "major_outage"})))
    graphs = {"h": hostile()}
    watch = build_watch(graphs, [str(status)], (), None, PAGING)
    app = create_app(graphs, watch=watch)
    with TestClient(app) as client:
        while watch.live.sources[0].read_at is None:
            client.get("/healthz")
        text = client.get("/now").text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert "<b>Page" not in text


def test_a_server_that_watches_nothing_says_so() -> None:
    client = TestClient(create_app({"market": market()}))
    for path in (f"{G}/now", f"{G}/now/history", "/now"):
        found = client.get(path)
        assert (found.status_code, found.json()["detail"].split(":")[0]) == (
            404, "this server watches no status pages",
        )  # fmt: skip


def test_before_the_first_look_nothing_is_known(status: Path) -> None:
    """Without the server's lifespan nobody reads."""
    graphs = {"market": market()}
    watch = build_watch(graphs, [str(status)], (), None, PAGING)
    client = TestClient(create_app(graphs, watch=watch))
    now = client.get(f"{G}/now").json()
    assert (now["complete"], now["sources"][0]["state"]) == (False, "waiting")
    assert now["headline"].startswith("Not known whether anything")


def test_what_is_beyond_a_limit_is_not_called_safe(status: Path) -> None:
    """What is down is told; what that hits is not known, and why."""
    graphs = {"market": market()}
    watch = build_watch(graphs, [str(status)], (), None, PAGING)
    with TestClient(create_app(graphs, watch=watch, limits=Limits.of(rows=1))) as client:
        while watch.live.sources[0].read_at is None:
            client.get("/healthz")
        now = client.get(f"{G}/now").json()
    assert now["impact"] is None
    assert "What that hits is not known." in now["headline"]
    assert "this server allows 1 rows" in now["notes"][0]


def test_now_needs_a_token_that_reads(status: Path, tmp_path: Path) -> None:
    secret, line = create_token("dash", ["read"])
    file = tmp_path / "tokens"
    file.write_text(line)
    graphs = {"market": market()}
    watch = build_watch(graphs, [str(status)], (), None, PAGING)
    client = TestClient(create_app(graphs, watch=watch, tokens=read_tokens(file)))
    for path in ("/now", f"{G}/now", f"{G}/now/history"):
        assert client.get(path).status_code == 401
        head = {"authorization": f"Bearer {secret}"}
        assert client.get(path, headers=head).status_code == 200


def test_keys_of_the_query_are_checked(client: TestClient) -> None:
    assert client.get(f"{G}/now?tip=1").status_code == 422
    assert client.get("/v1/graphs/none/now").status_code == 404
    document = client.get("/v1/openapi.json").json()
    assert "NowJson" in document["components"]["schemas"]


def test_a_server_tells_a_webhook_of_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a real page over real connections: down, recovered, and the page gone."""
    monkeypatch.setenv("KNOCKON_WEBHOOK_SECRET", "a secret of some length")
    graphs = {"market": market()}
    with open_site() as site:
        address = site.put("/s", page(Cloud="operational"), ETag='"1"')
        hook = site.put("/in", b"", 204)
        watch = build_watch(graphs, [address], [hook], None, PAGING | {"every": 0.1})
        with TestClient(create_app(graphs, watch=watch)) as client:
            events = wait_for_events(client, site, 1)
            site.put("/s", page(Cloud="major_outage"), ETag='"2"')
            events = wait_for_events(client, site, 2)
            site.put("/s", page(Cloud="operational"))
            events = wait_for_events(client, site, 3)
    assert [e["type"] for e in events] == ["start", "change", "change"]
    assert [[c["what"] for c in e["changes"]] for e in events] == [[], ["down"], ["recovered"]]
    assert events[1]["now"]["impact"]["headline"].startswith("If Cloud fails")
    assert events[1]["changes"][0]["source"] == address


def wait_for_events(client: TestClient, site: Site, number: int) -> list[dict[str, Any]]:
    for _ in range(20_000):
        bodies = [body for method, _, _, body in site.asked if method == "POST"]
        if len(bodies) >= number:
            return [json.loads(body) for body in bodies]
        client.get("/healthz")
    raise AssertionError(bodies)


def test_a_restart_of_the_server_keeps_since_when(status: Path, tmp_path: Path) -> None:
    """By the store that keeps its answers, too."""
    pytest.importorskip("alembic", reason="knockon[service] is not installed")
    from knockon.api.store.spells import Spells
    from knockon.api.store.store import Store

    graphs = {"market": market()}
    since = []
    for _ in range(2):
        store = Store.open(f"sqlite:///{tmp_path / 'kept.sqlite'}")
        watch = build_watch(graphs, [str(status)], (), None, PAGING)
        assert watch is not None
        watch.memory = Spells(store)
        with TestClient(create_app(graphs, watch=watch, store=store)) as client:
            while not Spells(store).load("market", 9)[0] or watch.live.sources[0].read_at is None:
                client.get("/healthz")
            since.append(client.get(f"{G}/now").json()["down"][0]["since"])
            began = Spells(store).load("market", 9)[0][0]["began"]
            store.engine.dispose()
    assert since[0] == since[1]
    assert began.startswith(since[0].removesuffix("Z"))
