"""Hostile inputs, generated: whatever comes, no answer is a fault of the server."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.api.rest.http import _count_levels
from knockon.api.rest.tokens import create_token, read_again, read_tokens
from knockon.api.service.limits import Limits
from knockon.graph.scenario.fields import FIELDS, LOOK, VIEW
from knockon.graph.scenario.questions import QUESTIONS
from tests.api.rest.rest_toys import HOSTILE, hostile, market

MANY = 1500
TEXTS = [
    "", " ", "\x00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "﻿", "‮", "🂡" * 50,
    "../../etc/passwd", "..%2f..%2fetc/passwd", "/etc/passwd", "C:\\x", "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data", "javascript:alert(1)", "<script>alert(1)</script>",
    "' OR 1=1 --", '"; DROP TABLE answers; --', "${jndi:ldap://x/y}", "{{7*7}}", "{0.__class__}",
    "%s%s%n", "=cmd|' /C calc'!A0", "a" * 5000, "(" * 3000, "[" * 3000, "1e400", "-1", "NaN",
    "Infinity", "9" * 400, "0x10", "1e-300", "2..1", "..", "1..1e9", "100%@0,1%@4", "true",
    "null", "[]", "{}", "cloud", "vendor", "market", "market+hostile", "market+market", "+",
    "a=b&c",
    "tier = '1'", "impact > 1 and (", "x" * 300 + " = 1 or " * 50, "\r\nSet-Cookie: x=1", *HOSTILE,
]  # fmt: skip
NAMES = [
    *(f.name for f in (*FIELDS, *VIEW, *LOOK)), "origin", "target", "other", "order", "by", "kind",
    "limit", "cursor", "q", "id", "sort", "find", "page", "exact", "precision", "__proto__", "x[]",
]  # fmt: skip
VERBS = ["whatif", *(q.name for q in QUESTIONS), "answers", "versions", "entities", "dependencies",
         "now", "whatif/timeline", "whatif/exceedance", "nothing"]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1, 4, 1e-300, 1e308, 2**53, 2**63, 2**70, -(2**70), [], {}, [[]], [None],
    {"id": "cloud"}, {"id": "cloud", "severity": 2}, ["cloud"] * 300, ["cloud", "cloud"], [{}],
    {"a": {"b": {"c": {}}}},
]  # fmt: skip


METHODS = ["GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"]
HEADERS = (
    *("accept", "prefer", "if-none-match", "accept-encoding", "range", "content-type"),
    *("x-request-id", "authorization", "expect"),
)


def make_requests(number: int, seed: int = 1) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, address and options of requests, the same ones each time."""
    chance = random.Random(seed)
    for _ in range(number):
        method, verb = chance.choice(METHODS), chance.choice(VERBS)
        query = [(chance.choice(NAMES), str(_choose(chance))) for _ in range(chance.randrange(4))]
        if chance.random() < 0.6:
            query.append(("origin", "cloud"))
        header = quote(chance.choice(TEXTS))[:2000]
        options: dict[str, Any] = {"params": query, "headers": {chance.choice(HEADERS): header}}
        if method == "POST":
            options["content"] = _make_body(chance, verb)
            options["headers"].setdefault("content-type", "application/json")
        yield method, _make_path(chance, verb), options


def _choose(chance: random.Random) -> Any:
    return chance.choice([*TEXTS, *VALUES])


def _make_path(chance: random.Random, verb: str) -> str:
    text = quote(chance.choice(TEXTS))
    names = ["market", "hostile", "market+hostile"] * 30 + TEXTS
    graph = quote(chance.choice(names), safe="+")
    if chance.random() < 0.8:
        return f"/v1/graphs/{graph}/{verb}{chance.choice(['', '', '.svg', '.csv', '.md', '.exe'])}"
    return chance.choice([
        f"/v1/jobs/{text}", f"/v1/jobs/{text}/events", f"/v1/answers/{text}/result", f"/a/{text}",
        f"/v1/graphs/{graph}/entities/{text}", "/v1/limits", "/metrics", "/v1/openapi.json",
        f"/{text}", "/v1/graphs//whatif", "//", "/docs", "/now",
    ])  # fmt: skip


def _make_body(chance: random.Random, verb: str) -> bytes:
    body: dict[str, Any] = {
        chance.choice(NAMES): _choose(chance) for _ in range(chance.randrange(4))
    }
    if chance.random() < 0.7:
        body |= {"origins": ["cloud"]}
    if verb == "answers":
        body = {"question": chance.choice(VERBS), "asked": body}
    text = json.dumps(body, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.15:
        cut = chance.randrange(len(text) + 1)
        harm = chance.choice(["\\ud800", "]" * 99, '"', "NaN", ""])
        text = text[:cut] + harm + text[cut:]
    return text.encode("utf-8", "replace")


@pytest.mark.slow
def test_no_hostile_input_is_a_fault_of_the_server(tmp_path: Path) -> None:
    """Thousands of requests: every answer is one that the document has, none a 500; refusals of
    the server name their limit; afterwards it answers as before."""
    pytest.importorskip("alembic", reason="knockon[service] is not installed")
    from knockon.api.store.store import Store

    limits = Limits.of(time=5, worlds=2000, per_client=1000, rate=1e6, saves=1e6)
    store = Store.open(f"sqlite:///{tmp_path / 'kept.sqlite'}")
    app = create_app({"market": market(), "hostile": hostile()}, limits=limits, store=store)
    seen: Counter[int] = Counter()
    with TestClient(app, raise_server_exceptions=False) as client:
        ask = "/v1/graphs/market/whatif?origin=cloud"
        before = client.get(ask).content
        for number, (method, path, options) in enumerate(make_requests(MANY)):
            found = client.request(method, path, **options)
            seen[found.status_code] += 1
            told = (number, method, path, options, found.text[:300])
            assert found.status_code < 500 or found.status_code == 503, told
            if found.status_code >= 400 and method != "HEAD":
                assert found.headers["content-type"] == "application/problem+json", told
                assert "Traceback" not in found.text, told
            if found.status_code == 503:
                assert "limit" in found.json() or "draw" in found.json()["title"], told
        assert client.get(ask).content == before
    assert seen[200] > 50
    assert {400, 404, 405, 422} <= {*seen}


@pytest.mark.parametrize(
    "text", [b'\\"' * 200_000, b'"' * 400_001, b"[" * 400_000, b'"\\' * 200_000]
)
def test_counting_levels_looks_at_each_byte_once(text: bytes) -> None:
    """Texts that never end took the square of their length: minutes for 100 KiB, with the lock of
    the interpreter held, so that nobody else was answered."""
    begun = time.perf_counter()
    assert _count_levels(b'{"a":"' + text) <= 400_001
    assert time.perf_counter() - begun < 20


def test_who_is_not_in_the_file_any_more_is_out(tmp_path: Path) -> None:
    """Tokens are read again; a file that cannot be read leaves those known."""
    made = [create_token(name, ["read"]) for name in ("a", "b")]
    file = tmp_path / "tokens"
    file.write_text("\n".join(line for _, line in made))
    known = [*read_tokens(file)]
    client = TestClient(create_app({"market": market()}, tokens=known))

    def list_statuses() -> list[int]:
        heads = [{"authorization": f"Bearer {secret}"} for secret, _ in made]
        return [client.get("/v1/graphs", headers=head).status_code for head in heads]

    assert list_statuses() == [200, 200]
    file.write_text(made[1][1])
    read_again(file, known)
    assert list_statuses() == [401, 200]
    file.write_text("")
    read_again(file, known)
    assert list_statuses() == [401, 200]


def test_what_is_not_known_to_be_open_needs_a_token(tmp_path: Path) -> None:
    """A route that is added tomorrow is closed until somebody opens it."""
    _, line = create_token("a", ["read"])
    file = tmp_path / "tokens"
    file.write_text(line)
    client = TestClient(create_app({"market": market()}, tokens=read_tokens(file)))
    opened = {"/", "/healthz", "/readyz", "/app.js", "/style.css"}
    for route in client.app.router.routes:  # type: ignore[attr-defined]
        path = getattr(route, "path", "")
        if "{" not in path:
            wanted = 200 if path in opened or path.endswith((".js", ".css")) else 401
            assert client.get(path).status_code == wanted, path
    assert client.get("/tomorrow").status_code == 401


def test_where_sources_lie_is_nobodys_business(tmp_path: Path) -> None:
    """Their names and digests are shown, not their folders; one client cannot fill the store."""
    pytest.importorskip("alembic", reason="knockon[service] is not installed")
    from knockon.api.store.store import Store

    source = tmp_path / "ours.csv"
    source.write_text("x")
    app = create_app(
        {"market": market()}, store=Store.open(f"sqlite:///{tmp_path / 'kept.sqlite'}"),
        sources={"market": [str(source)]}, limits=Limits.of(saves=0.1),
    )  # fmt: skip
    client = TestClient(app)
    body = {"asked": {"origins": ["cloud"]}}
    saved = client.post("/v1/graphs/market/answers", json=body)
    assert [*saved.json()["graph"]["sources"]] == ["ours.csv"]
    assert str(tmp_path) not in client.get("/v1/graphs/market/versions").text
    found = [client.post("/v1/graphs/market/answers", json=body) for _ in range(4)]
    assert found[-1].status_code == 429
    assert found[-1].json()["limit"] == "saves"
    assert int(found[-1].headers["retry-after"]) >= 1
