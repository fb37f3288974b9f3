"""`harden` over REST: the same JSON by GET and POST, and the curve as a picture."""

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.client import Client
from tests.toys import dep, graph_of

GRAPH = graph_of(dep("B", "A"), dep("C", "A"), dep("D", "B"), dep("D", "C"))


@pytest.fixture
def client() -> TestClient:
    return TestClient(create_app({"toy": GRAPH}))


def test_get_and_post_say_the_same(client: TestClient) -> None:
    """Kinds as words in a query string, as a list in a body."""
    by_get = client.get("/v1/graphs/toy/harden?origin=A&budget=2&changeable=second_provider,safe")
    body = {"origins": ["A"], "budget": 2, "changeable": ["second_provider", "safe"]}
    by_post = client.post("/v1/graphs/toy/harden", json=body)
    assert by_get.status_code == by_post.status_code == 200, by_post.text
    assert by_get.json()["rows"] == by_post.json()["rows"]
    assert by_get.json()["saves"] == 3


def test_rows_and_scenarios_stand_in_a_body(client: TestClient) -> None:
    """Fixes with costs, and failures with weights."""
    answer = Client(http=client).harden(
        "toy", budget=4, against=[{"origins": ["A"], "weight": 2}, {"origins": ["B"]}],
        changeable=[
            {"fix": "safe", "dependent": "D", "cost": 4}, {"fix": "safe", "dependent": "C"},
        ],
    )  # fmt: skip
    assert [(r["dependent"], r["cost"], r["saves"]) for r in answer["rows"]] == [("D", 4, 3)]


def test_the_curve_and_the_rows_have_addresses(client: TestClient) -> None:
    """By suffix, as SVG, CSV and Markdown."""
    picture = client.get("/v1/graphs/toy/harden.svg?origin=A")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert client.get("/v1/graphs/toy/harden.csv?origin=A").text.startswith("step,fix,dependent")
    assert client.get("/v1/graphs/toy/harden.md?origin=A").text.startswith("**")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"origins": ["A"], "budget": -1}, "budget"),
        ({"origins": ["A"], "changeable": ["save"]}, "unknown fix 'save'"),
        ({"origins": ["A"], "changeable": [{"fix": "safe", "dependent": "Z"}]}, "no entity"),
        ({"origins": ["A"], "changeable": [3]}, "changeable row 1: expected fix"),
        ({}, "at least one entity that fails"),
        ({"against": [{"origins": []}]}, "at least one entity that fails"),
        ({"against": [{"origins": ["A"], "weight": "x"}]}, "weight: expected a number"),
        ({"against": "most"}, "against: expected scenario, all"),
        ({"against": [3]}, "scenario 1"),
    ],
)
def test_what_cannot_be_is_a_problem(
    client: TestClient, body: dict[str, object], said: str
) -> None:
    """Never a fault of the server."""
    got = client.post("/v1/graphs/toy/harden", json=body)
    assert got.status_code in (404, 422), got.text
    assert said in got.text
