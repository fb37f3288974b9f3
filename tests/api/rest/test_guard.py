"""What surrounds requests: who is let in, ids, compression, other sites, what is counted."""

import gzip
import json
import logging
import re
from pathlib import Path

import pytest
from backports import zstd
from fastapi.testclient import TestClient

from knockon.api.command import main
from knockon.api.rest.app import create_app
from knockon.api.rest.tokens import create_token, find_token, read_tokens
from knockon.graph.errors import InputError
from tests.api.rest.rest_toys import hostile, market

G = "/v1/graphs/market"
ASK = f"{G}/whatif?origin=cloud"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"market": market(), "hostile": hostile()}))


@pytest.fixture
def tokens(tmp_path: Path) -> tuple[TestClient, dict[str, str]]:
    """A server with two tokens, by name."""
    made = {
        name: create_token(name, scopes)
        for name, scopes in (("reader", ["read"]), ("ops", ["read", "compute"]))
    }
    path = tmp_path / "tokens"
    path.write_text("# who may\n" + "\n".join(line for _, line in made.values()) + "\n")
    app = create_app({"market": market()}, tokens=read_tokens(path))
    return TestClient(app), {name: token for name, (token, _) in made.items()}


@pytest.mark.parametrize(
    ("method", "address", "reader", "stranger"),
    [
        ("GET", "/healthz", 200, 200), ("GET", "/readyz", 200, 200), ("GET", "/", 200, 200),
        ("GET", "/app.js", 200, 200), ("GET", "/v1/graphs", 200, 401), ("GET", G, 200, 401),
        ("GET", "/v1/openapi.json", 200, 401), ("GET", "/metrics", 200, 401),
        ("GET", f"{G}/entities/whatif", 404, 401), ("GET", "/a/x", 404, 401),
        ("GET", "/docs", 200, 401), ("GET", ASK, 403, 401), ("HEAD", ASK, 403, 401),
        ("GET", f"{G}/whatif.svg?origin=cloud", 403, 401), ("GET", f"{G}/rank", 403, 401),
        ("GET", f"{G}/whatif/exceedance.svg?origin=cloud", 403, 401),
        ("POST", f"{G}/whatif", 403, 401), ("POST", f"{G}/answers", 403, 401),
        ("GET", "/v1/jobs/x", 403, 401), ("DELETE", "/v1/jobs/x", 403, 401),
    ],
)  # fmt: skip
def test_who_is_let_in(
    tokens: tuple[TestClient, dict[str, str]], method: str, address: str, reader: int, stranger: int
) -> None:
    """Who may only read does not compute; a stranger sees the page and whether the server lives."""
    client, known = tokens
    plain = client.request(method, address)
    assert plain.status_code == stranger
    assert ("www-authenticate" in plain.headers) == (stranger == 401)
    wrong = client.request(method, address, headers={"authorization": "Bearer nonsense"})
    assert wrong.status_code == stranger
    read = client.request(method, address, headers={"authorization": f"Bearer {known['reader']}"})
    assert read.status_code == reader
    ops = client.request(method, address, headers={"authorization": f"bearer {known['ops']}"})
    assert ops.status_code not in (401, 403)


def test_a_file_of_tokens_holds_no_token(tmp_path: Path) -> None:
    """Hashes only; a wrong line is named; a name is no way to write a second line."""
    token, line = create_token("me", ["read"])
    assert token not in line
    path = tmp_path / "tokens"
    path.write_text(f"{line}  # mine\n")
    (found,) = read_tokens(path)
    assert find_token([found], f"Bearer {token}") == found
    for header in (
        "",
        "Bearer",
        f"Basic {token}",
        token,
        f"Bearer {token}x",
        "Bearer " + found.hash,
    ):
        assert find_token([found], header) is None
    path.write_text(f"{line}\nyou write sha256:00\n")
    with pytest.raises(InputError, match="tokens:2: expected NAME read,compute sha256:HEX"):
        read_tokens(path)
    path.write_text("")
    with pytest.raises(InputError, match="found none"):
        read_tokens(path)
    with pytest.raises(InputError):
        create_token("a\nb", ["read"])
    with pytest.raises(InputError, match="got 'write'"):
        create_token("me", ["write"])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "some.host.test"])
def test_no_server_beyond_this_machine_without_tokens(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless somebody says so; nothing is read and nothing listens before."""
    with pytest.raises(SystemExit) as left:
        main(["serve", str(tmp_path / "none.csv"), "--host", host, "--port", "0"])
    assert left.value.code == 2
    assert "--tokens FILE, or --open" in capsys.readouterr().err


def test_a_request_has_an_id(client: TestClient) -> None:
    """That of the client where it is sound, also for problems."""
    given = client.get("/v1/limits", headers={"x-request-id": "abc-1.2"})
    assert given.headers["x-request-id"] == "abc-1.2"
    for strange in ("", "a b", "x" * 65, '"'):
        made = client.get("/nothing", headers={"x-request-id": strange}).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", made)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip", "gzip"), ("gzip, zstd", "zstd"), ("gzip;q=0.5, zstd;q=0", "gzip"), ("br", None),
     ("identity", None), ("gzip;q=0", None)],
)  # fmt: skip
def test_texts_are_compressed_for_who_takes_it(
    client: TestClient, accepted: str, encoding: str | None
) -> None:
    """The same bytes behind it, under the same tag; what is small is sent as it is."""
    large = "/v1/graphs/hostile/whatif.svg?origin=hub"
    plain = client.get(large, headers={"accept-encoding": "identity"})
    with client.stream("GET", large, headers={"accept-encoding": accepted}) as stream:
        sent = b"".join(stream.iter_raw())
        headers = stream.headers
    assert headers.get("content-encoding") == encoding
    assert int(headers["content-length"]) == len(sent)
    unpack = {"gzip": gzip.decompress, "zstd": zstd.decompress, None: bytes}[encoding]
    assert unpack(sent) == plain.content
    if encoding:
        assert len(sent) < len(plain.content) / 2
        assert "Accept-Encoding" in headers["vary"]
    assert headers["etag"] == plain.headers["etag"]
    tag = {"accept-encoding": accepted, "if-none-match": headers["etag"]}
    again = client.get(large, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    small = client.get(ASK, headers={"accept-encoding": accepted})
    assert "content-encoding" not in small.headers


def test_options_tell_the_methods(client: TestClient) -> None:
    """Nothing is at an address that leads nowhere."""
    found = client.options(f"{G}/whatif")
    assert (found.status_code, found.content) == (204, b"")
    assert found.headers["allow"] == "GET, HEAD, POST"
    assert client.options("/nothing").status_code == 404


def test_other_sites_are_let_in_only_where_asked() -> None:
    """The site that was named, no other."""
    client = TestClient(create_app({"market": market()}, cors=["https://ours.test"]))
    ours = client.get(ASK, headers={"origin": "https://ours.test"})
    assert ours.headers["access-control-allow-origin"] == "https://ours.test"
    theirs = client.get(ASK, headers={"origin": "https://theirs.test"})
    assert "access-control-allow-origin" not in theirs.headers
    asks = {"origin": "https://ours.test", "access-control-request-method": "POST"}
    assert client.options(f"{G}/whatif", headers=asks).status_code == 200


def test_health_and_metrics(client: TestClient) -> None:
    """What was counted has the route's own spelling, never what clients sent."""
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["status"] == "ready"
    client.get(ASK)
    client.get("/v1/graphs/secret/whatif?origin=hidden")
    client.get("/secret")
    text = client.get("/metrics").text
    assert re.search(r'requests_total{method="GET",route="[^"]*whatif",status="200"} \d', text)
    assert "knockon_jobs_queued 0" in text
    assert "secret" not in text
    assert "hidden" not in text
    for line in text.splitlines():
        assert re.fullmatch(r"# TYPE \S+ \w+|knockon_\w+({.*})? [\d.e+-]+", line), line


def test_a_server_that_stops_is_not_ready() -> None:
    app = create_app({"market": market()})
    app.state.service.jobs.close()
    found = TestClient(app).get("/readyz")
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")


def test_what_is_written_down_holds_no_secrets(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A line of JSON each: no query, no header, no body."""
    with caplog.at_level(logging.INFO, "knockon.access"):
        client.get(f"{ASK}&seed=424242", headers={"authorization": "Bearer s3cret"})
    line = json.loads(caplog.messages[-1])
    assert (line["method"], line["path"], line["status"]) == ("GET", f"{G}/whatif", 200)
    assert line["bytes"] > 0
    assert "424242" not in caplog.text
    assert "s3cret" not in caplog.text


def test_the_docs_are_a_page_of_their_own(client: TestClient) -> None:
    """Every address of the document; nothing from elsewhere, no script."""
    page = client.get("/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for path in client.get("/v1/openapi.json").json()["paths"]:
        assert path in page.text
    assert "<script" not in page.text
