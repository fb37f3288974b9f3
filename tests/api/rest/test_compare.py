"""`compare` over REST: two served graphs, a change of the scenario, a picture."""

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.client import Client, NotFoundError
from tests.toys import dep, graph_of

BEFORE = graph_of(dep("B", "A"), dep("D", "C"))
AFTER = graph_of(dep("B", "A"), dep("D", "C"), dep("C", "A", probability=0.5))


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"before": BEFORE, "after": AFTER}))


def test_two_served_graphs(client: TestClient) -> None:
    """By link and by body alike."""
    got = client.get("/v1/graphs/before/compare?origin=A&other=after")
    assert got.status_code == 200, got.text
    assert [(r["id"], r["change"]) for r in got.json()["rows"]] == [
        ("C", 0.5), ("D", 0.5), ("B", 0.0),
    ]  # fmt: skip
    body = {"origins": ["A"], "other": "after"}
    assert client.post("/v1/graphs/before/compare", json=body).json() == got.json()
    assert Client(http=client).compare("before", origins=["A"], other="after") == got.json()


def test_a_change_of_the_scenario_and_of_the_graph(client: TestClient) -> None:
    """`after` as NAME=VALUE in a link, as an object in a body; `without`."""
    got = client.get("/v1/graphs/after/compare?origin=A&after=protect=C")
    body = {"origins": ["A"], "after": {"protect": ["C"]}}
    assert got.json()["saved"] == ["C", "D"]
    assert client.post("/v1/graphs/after/compare", json=body).json() == got.json()
    cut = client.get("/v1/graphs/after/compare?origin=A&without=C -> A").json()
    assert cut["saved"] == ["C", "D"]


def test_an_unknown_graph_is_a_404_with_the_nearest(client: TestClient) -> None:
    """As in a path."""
    with pytest.raises(NotFoundError, match="after"):
        Client(http=client).compare("before", origins=["A"], other="aftr")


def test_the_chart(client: TestClient) -> None:
    """SVG by suffix."""
    got = client.get("/v1/graphs/before/compare.svg?origin=A&other=after")
    assert got.headers["content-type"] == "image/svg+xml"
    assert "C on A came" in got.text
