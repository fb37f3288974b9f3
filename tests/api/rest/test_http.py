"""HTTP manners of the REST door."""

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app, serve
from knockon.api.rest.http import list_hosts
from knockon.api.rest.listen import open_port
from tests.api.rest.rest_toys import market

G = "/v1/graphs/market"
ASK = f"{G}/whatif?origin=cloud"
JSON, SVG, CSV = "application/json", "image/svg+xml", "text/csv; charset=utf-8"


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app({"market": market()})) as made:
        yield made


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", JSON),
        ("", JSON),
        ("text/html, application/xml;q=0.9, */*;q=0.8", JSON),
        ("image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8", SVG),
        ("image/*", SVG),
        ("text/*", CSV),
        ("application/json;q=0.5, text/csv", CSV),
        ("application/json;q=0.5, text/csv;q=0.4", JSON),
        ("*/*, application/json;q=0", SVG),
        ("TEXT/CSV ; Q=1.0", CSV),
        ("text/csv;q=nonsense, image/svg+xml;q=0.1", SVG),
    ],
)
def test_the_client_gets_what_it_likes_best(client, accept, media):
    """By quality, the more specific range first, and JSON among equals."""
    response = client.get(ASK, headers={"accept": accept})
    assert response.headers["content-type"] == media
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize("accept", ["application/json;q=0", "text/html", "image/png", "*/*;q=0"])
def test_nothing_acceptable_is_406(client, accept):
    """Also where the only fit is refused."""
    assert client.get(ASK, headers={"accept": accept}).status_code == 406


def test_a_suffix_overrides_the_header(client):
    """Links work whatever the browser says."""
    response = client.get(f"{G}/whatif.csv?origin=cloud", headers={"accept": "text/html"})
    assert response.headers["content-type"] == CSV


@pytest.mark.parametrize(
    "address", ["/", "/v1/graphs", f"{G}/entities.csv", ASK, "/v1/openapi.json"]
)
def test_head_is_get_without_the_body(client, address):
    """Same status, same length, nothing sent."""
    head, get = client.head(address), client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_head_of_a_wrong_address_is_404(client):
    """Without a body as well."""
    response = client.head("/nothing")
    assert (response.status_code, response.content) == (404, b"")


@pytest.mark.parametrize("address", ["/", "/app.js", G, ASK, f"{G}/whatif.svg?origin=cloud"])
def test_an_answer_that_the_client_has_is_304(client, address):
    """Tags hold from one server to the next, as the answers do."""
    tag = client.get(address).headers["etag"]
    for given in (tag, f'"other", W/{tag}', "*"):
        again = client.get(address, headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200
    restarted = TestClient(create_app({"market": market()}))
    assert restarted.get(address).headers["etag"] == tag


def test_representations_have_tags_of_their_own(client):
    """A cache cannot take a map for a table."""
    tags = {client.get(f"{G}/whatif{s}?origin=cloud").headers["etag"] for s in ("", ".svg", ".csv")}
    assert len(tags) == 3


def test_other_sites_are_not_let_in(client):
    """No CORS headers unless somebody adds them."""
    response = client.get(ASK, headers={"origin": "https://elsewhere.test"})
    assert not [h for h in response.headers if h.startswith("access-control")]


LOCAL = ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:81", "[::1]", "[::1]:8000"]
STRANGE = ["evil.test", "evil.test:8000", "localhost.evil.test", "127.0.0.1.evil.test", "",
           "localhost:evil", "[::1]evil", "evil.test@localhost", "10.0.0.5"]  # fmt: skip


@pytest.mark.parametrize("host", LOCAL)
def test_a_server_is_asked_by_its_own_names(host):
    """Whatever the port."""
    client = TestClient(create_app({"market": market()}, list_hosts("127.0.0.1")))
    for address in ("/", ASK, "/v1/openapi.json"):
        assert client.get(address, headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", STRANGE)
def test_a_name_that_somebody_made_lead_here_is_refused(host):
    """DNS rebinding: a page elsewhere could otherwise read the graphs."""
    client = TestClient(create_app({"market": market()}, list_hosts("127.0.0.1")))
    for address in ("/", ASK, "/v1/openapi.json", "/nothing"):
        response = client.get(address, headers={"host": host})
        assert (response.status_code, response.json()["title"]) == (421, "Misdirected Request")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
    assert client.head(ASK, headers={"host": host}).content == b""
    twice = [("host", "localhost"), ("host", host)]
    assert client.get(ASK, headers=twice).status_code == 421


def test_the_host_that_is_served_may_be_asked_and_an_unspecified_one_means_any():
    """Names regardless of case, addresses of version 6 in brackets."""
    assert list_hosts("Risk.Corp.test") == {"localhost", "127.0.0.1", "[::1]", "risk.corp.test"}
    assert list_hosts("10.0.0.5") >= {"10.0.0.5"}
    assert list_hosts("2001:DB8:0::5") >= {"[2001:db8::5]"}
    assert [list_hosts(h) for h in ("0.0.0.0", "::", "[::]", "0:0::0")] == [None] * 4
    client = TestClient(create_app({"market": market()}, list_hosts("0.0.0.0")))
    assert client.get(ASK, headers={"host": "anything.test"}).status_code == 200


def test_serve_guards_the_app_that_it_runs(monkeypatch):
    """The command line comes through here."""
    ran = {}
    run = lambda server, sockets: ran.update(config=server.config, sockets=sockets)  # noqa: E731
    monkeypatch.setattr("uvicorn.Server.run", run)
    listener = open_port("127.0.0.1", 0)
    serve({"market": market()}, host="127.0.0.1", port=0, listener=listener)
    client = TestClient(ran["config"].app)
    assert (ran["config"].host, ran["sockets"]) == ("127.0.0.1", [listener])
    listener.close()
    assert client.get("/v1/graphs", headers={"host": "localhost:1"}).status_code == 200
    assert client.get("/v1/graphs", headers={"host": "evil.test"}).status_code == 421


def test_every_answer_forbids_to_guess_its_type(client):
    """Problems and the page too."""
    for address in ("/", "/nothing", ASK, "/v1/openapi.json"):
        assert client.get(address).headers["x-content-type-options"] == "nosniff"


def test_what_a_question_will_take_is_told_before_it(client):
    """With the query of a what-if, whose errors it has."""
    told = client.get(f"{G}/plan?origin=Cloud&worlds=640").json()
    assert (told["schema"], told["plan"], told["scenario"]["origins"][0]["id"]) == (
        2, "local", "cloud",
    )  # fmt: skip
    assert told["size"] == {
        "dependencies": 6, "entities": 8, "counted": True, "alike": False, "whole": True,
    }  # fmt: skip
    assert 0 < told["seconds"]["all"]["low"] < told["seconds"]["all"]["high"]
    assert client.get(f"{G}/plan?origin=nobody").status_code == 404
    assert client.get(f"{G}/plan").status_code == 422
