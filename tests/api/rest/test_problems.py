"""Every refusal is a problem (RFC 9457) that says how to mend the request."""

import json
import logging

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.api.rest.problems import MEDIA_TYPE
from knockon.graph.analysis.impact import Impact
from knockon.graph.errors import RenderError
from tests.api.rest.rest_toys import hostile, market

G = "/v1/graphs/market"


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app({"market": market(), "hostile": hostile()})) as made:
        yield made


def problem_of(response, status):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    body = response.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    assert "Traceback" not in response.text
    return body


def test_an_unknown_entity_is_404_with_the_nearest(client):
    """In the query, in the body, in the path, and among the protected."""
    body = {"origins": ["cloud"], "protect": ["Shopp"]}
    for response in (
        client.get(f"{G}/whatif", params={"origin": "Vendr"}),
        client.post(f"{G}/whatif", json={"origins": [{"id": "Vendr"}]}),
        client.get(f"{G}/entities/Vendr"),
    ):
        assert {"id": "vendor", "name": "Vendor"} in problem_of(response, 404)["nearest"]
    found = problem_of(client.post(f"{G}/whatif", json=body), 404)
    assert found["nearest"][0] == {"id": "shop", "name": "Shop"}


def test_an_ambiguous_name_is_409_with_the_matches(client):
    """The ids to choose from are given."""
    body = problem_of(client.get(f"{G}/whatif", params={"origin": "TWIN"}), 409)
    assert [m["id"] for m in body["matches"]] == ["twin:1", "twin:2"]


def test_an_unknown_graph_is_404_with_the_nearest(client):
    """For each resource of it."""
    for rest in ("", "/entities", "/entities.csv", "/entities/x", "/whatif?origin=x"):
        body = problem_of(client.get(f"/v1/graphs/markt{rest}"), 404)
        assert body["nearest"][0] == {"id": "market", "name": "A market"}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("hours", "72..2", "a range such as 2..72, got '72..2'"),
        ("hours", "0", "expected a number above 0"),
        ("rollout", "1%@0,99%@4", "rise to 100%, got '1%@0,99%@4'"),
        ("rollout", "x", "such as 1%@0,10%@4,100%@24, got 'x'"),
    ],
)
def test_times_that_cannot_be_are_422(client, key, value, expected):
    """In the query string and in the body, with the key and what was expected."""
    asked = problem_of(client.get(f"{G}/whatif", params={"origin": "cloud", key: value}), 422)
    posted = problem_of(client.post(f"{G}/whatif", json={"origins": ["cloud"], key: value}), 422)
    assert expected in asked["detail"]
    assert asked["errors"] == [{"detail": asked["detail"], "parameter": key}]
    assert posted["errors"] == [{"detail": asked["detail"], "pointer": f"#/{key}"}]


@pytest.mark.parametrize("value", [True, [4], [2, 72], {"low": 2}, -1, "nan", 10**400, "1e999"])
def test_hours_of_the_wrong_kind_are_422(client, value):
    """Whatever JSON holds there."""
    problem_of(client.post(f"{G}/whatif", json={"origins": ["cloud"], "hours": value}), 422)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"halt": 2}, "expected a rollout that it stops at 2 hours"),
        ({"rollout": "100%@0"}, "expected the mode bad_update, got 'outage'"),
    ],
)
def test_a_rollout_wants_a_bad_update_and_a_halt_a_rollout(client, asked, expected):
    """Each key can be, but not together."""
    problem = problem_of(client.post(f"{G}/whatif", json={"origins": ["cloud"], **asked}), 422)
    assert expected in problem["detail"]


@pytest.mark.parametrize(
    ("key", "near"), [("origin", "origins"), ("wolrds", "worlds"), ("Protect", "protect")]
)
def test_an_unknown_key_names_the_nearest(client, key, near):
    """In the body."""
    body = problem_of(client.post(f"{G}/whatif", json={"origins": ["cloud"], key: 1}), 422)
    assert body["detail"] == f"unknown key {key!r}; did you mean {near!r}?"
    assert body["errors"][0]["pointer"] == f"#/{key}"


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("whatif?origins=cloud", "origin"),
        ("whatif.svg?origin=cloud&sed=1", "seed"),
        ("entities?limits=1", "limit"),
        ("entities/cloud?limits=1", "limit"),
    ],
)
def test_an_unknown_parameter_names_the_nearest(client, address, near):
    """In any query string."""
    body = problem_of(client.get(f"{G}/{address}"), 422)
    assert f"did you mean {near!r}?" in body["detail"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"origins": []}, "origins"),
        ({"origins": "cloud"}, "origins"),
        ({"origins": [7]}, "origins[0]: expected text, got 7"),
        ({"origins": [""]}, "origins[0]: expected some text, got ''"),
        (
            {"origins": [{"id": "cloud", "severity": 0}]},
            "severity: expected a number above 0",
        ),
        ({"origins": [{"id": "cloud", "sevrity": 1}]}, "did you mean 'severity'?"),
        ({"origins": [{"severity": 1}]}, "id: expected, but missing"),
        ({"origins": ["cloud", "Cloud"]}, "named twice"),
        ({"origins": ["cloud"] * 201}, "at most 200 entities, got 201"),
        ({"protect": ["x"] * 201}, "at most 200 entities, got 201"),
        ({"protect": ["cloud"]}, "cannot both fail and be protected"),
        ({"mode": "outrage"}, "did you mean 'outage'?"),
        ({"assume": 1.5}, "assume: expected a number from 0 to 1, got 1.5"),
        ({"assume": "0.5"}, "assume: expected a number from 0 to 1, got '0.5'"),
        ({"worlds": 0}, "worlds: expected a whole number from 1 to 100,000, got 0"),
        ({"worlds": True}, "worlds: expected a whole number from 1 to 100,000, got true"),
        ({"seed": None}, "9,007,199,254,740,991, got null"),
        ({"mode": None}, "mode: expected outage, bad_update, compromise or withdrawal, got null"),
        ({"precision": 0.0015}, "a standard error from 0.0016 to 1, 1 excluded, got 0.0015"),
        ({"precision": 1}, "a standard error from 0.0016 to 1, 1 excluded, got 1"),
        ({"precision": True}, "precision: expected a standard error from 0.0016"),
        ({"precision": 0.01, "worlds": 100}, "expected either worlds or precision, got both"),
        ({"origins": [{"id": "cloud", "name": 7}]}, "name: expected text, got 7"),
        ({"exact": "yes"}, "exact"),
        ({"worlds": 100_001}, "to 100,000, got 100001; the command line goes further"),
        ({"worlds": 10**30}, "to 100,000, got 1000"),
        ({"seed": 2**70}, "seed"),
        ({"top": -1}, "top: expected a whole number from 0 to 2,147,483,647, got -1"),
        ({"kind": "enterprises"}, "did you mean 'enterprise'?"),
        ({"origins": ["\ud800"]}, "half of a surrogate pair"),
    ],
)
def test_a_scenario_that_cannot_be_is_422(client, change, words):
    """The detail says what was expected and what came."""
    text = json.dumps({"origins": ["cloud"], **change})
    headers = {"content-type": "application/json"}
    body = problem_of(client.post(f"{G}/whatif", content=text, headers=headers), 422)
    assert words in body["detail"]


@pytest.mark.parametrize(
    "query",
    ["", "origin=", "origin=cloud&worlds=many", "origin=cloud&worlds=100001",
     "origin=cloud&precision=0.001",
     "origin=cloud&assume=nan", "origin=cloud&seed=1.5", "origin=cloud&top=-1"],
)  # fmt: skip
def test_a_query_that_cannot_be_is_422(client, query):
    """The same limits hold in links."""
    assert problem_of(client.get(f"{G}/whatif?{query}"), 422)["errors"]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("whatif?origin=cloud&top=1&top=2", "top"),
        ("whatif.csv?origin=cloud&seed=1&seed=1", "seed"),
        ("whatif/timeline.svg?origin=cloud&hours=2&hours=3", "hours"),
        ("entities?id=cloud&id=shop&q=&q=", "q"),
        ("entities.csv?limit=1&limit=2", "limit"),
        ("entities/cloud?limit=1&limit=2", "limit"),
    ],
)
def test_a_parameter_that_is_no_list_is_given_once(client, address, key):
    """None of two values is silently dropped."""
    body = problem_of(client.get(f"{G}/{address}"), 422)
    detail = f"{key}: expected once, got 2 times"
    assert (body["detail"], body["errors"]) == (detail, [{"detail": detail, "parameter": key}])


@pytest.mark.parametrize("query", ["cursor=zz", "limit=0", "limit=1001", "limit=x", "kind=shop"])
def test_a_list_that_cannot_be_is_422(client, query):
    """A cursor that nobody gave, a limit out of range, a kind that is not there."""
    problem_of(client.get(f"{G}/entities?{query}"), 422)


@pytest.mark.parametrize("cursor", ["ff", "00", "7a7a7a"])
def test_any_cursor_is_a_place_in_the_order_of_ids(client, cursor):
    """A page may be empty, but never fails."""
    assert client.get(f"{G}/entities?cursor={cursor}").status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"origins": ["cloud"], "assume": NaN}', "application/json", 422),
        (b'{"origins": ["cloud"]}', "text/plain", 422),
        (b"[" * 200_000, "application/json", 400),
        (b'{"seed": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b"\xff\xfe{", "application/json", 400),
    ],
)
def test_a_body_that_is_no_scenario_is_refused(client, content, kind, status):
    """Broken JSON, another type, or too deep to read."""
    problem_of(client.post(f"{G}/whatif", content=content, headers={"content-type": kind}), status)


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ('{"origins": ["cloud"], "seed": 1, "seed": 2}', "seed: expected once, got 2 times"),
        ('{"origins": ["cloud"], "origins": ["shop"]}', "origins: expected once, got 2 times"),
        ('{"origins": [{"id": "cloud", "id": "shop"}]}', "id: expected once, got 2 times"),
        ('{"hours": 1, "hours": null, "hours": 2}', "hours: expected once, got 3 times"),
        ('{"a\\ud800": 1, "a\\ud800": 1}', "a\ud800: expected once, got 2 times"),
    ],
)
def test_a_key_that_is_repeated_is_400(client, content, detail):
    """In the body and in what it holds: none of two values is silently dropped."""
    headers = {"content-type": "application/json"}
    for address in (f"{G}/whatif", f"{G}/whatif.svg", f"{G}/whatif/timeline.svg"):
        response = client.post(address, content=content, headers=headers)
        assert problem_of(response, 400)["detail"] == detail


def test_a_large_body_is_413(client):
    """Whether its length is stated or it comes in pieces."""
    large = b'{"origins": ["' + b"x" * 2**20 + b'"]}'
    headers = {"content-type": "application/json"}
    stated = client.post(f"{G}/whatif", content=large, headers=headers)
    pieces = client.post(f"{G}/whatif", content=iter([large[:9], large[9:]]), headers=headers)
    for response in (stated, pieces):
        assert "1,048,576 bytes" in problem_of(response, 413)["detail"]


def test_an_address_that_leads_nowhere_is_404(client):
    """Under the API and beside it; a file of the server is never reached."""
    for address in (
        "/v1",
        "/v1/graphs/",
        "/nothing",
        "/redoc",
        "/..%2f..%2fetc%2fpasswd",
        "/rest.py",
    ):
        problem_of(client.get(address), 404)


def test_a_wrong_method_is_405_with_all_that_are_allowed(client):
    """Allow names the methods of every route at this address."""
    response = client.delete(f"{G}/whatif")
    assert "only GET and HEAD and POST" in problem_of(response, 405)["detail"]
    assert response.headers["allow"] == "GET, HEAD, POST"
    assert client.post("/v1/graphs").headers["allow"] == "GET, HEAD"


def test_a_type_that_is_not_offered_is_406(client):
    """The detail names those that are."""
    asked = client.get(f"{G}/whatif?origin=cloud", headers={"accept": "text/html"})
    assert "image/svg+xml" in problem_of(asked, 406)["detail"]
    problem_of(client.get("/v1/graphs", headers={"accept": "text/csv"}), 406)


def test_a_map_that_cannot_be_drawn_is_503(monkeypatch):
    """The figures still come."""

    def fail(_, **look):
        raise RenderError("the picture took longer than 5 s")

    monkeypatch.setattr(Impact, "to_svg", fail)
    client = TestClient(create_app({"market": market()}))
    body = problem_of(client.get(f"{G}/whatif.svg?origin=cloud"), 503)
    assert body["detail"] == "the picture took longer than 5 s"
    assert client.get(f"{G}/whatif?origin=cloud").status_code == 200


def test_a_fault_of_ours_is_500_without_its_words(monkeypatch, caplog):
    """It is logged with its traceback; the client learns nothing of the inside."""

    def fail(_, **look):
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(Impact, "to_svg", fail)
    client = TestClient(create_app({"market": market()}))
    with caplog.at_level(logging.ERROR, "knockon.rest"):
        response = client.get(f"{G}/whatif.svg?origin=cloud")
    assert "secret" not in json.dumps(problem_of(response, 500))
    assert "ZeroDivisionError" in caplog.text
