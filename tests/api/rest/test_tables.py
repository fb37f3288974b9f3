"""Dependencies in pages, and the rules of modes."""

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.graph.scenario.modes import load_shipped_rules
from tests.api.rest.rest_toys import market

G = "/v1/graphs/market/dependencies"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"market": market()}))


def test_pages_hold_every_dependency_once(client: TestClient) -> None:
    """In the order of the graph, as its table has them."""
    found, cursor = [], 0
    while cursor is not None:
        page = client.get(G, params={"limit": 4, "cursor": cursor}).json()
        assert page["total"] == 6
        found += page["dependencies"]
        cursor = page["next_cursor"]
    table = market().dependencies
    assert [(d["dependent"], d["provider"]) for d in found] == list(
        table.select("dependent", "provider").iter_rows()
    )
    assert found[0]["group"] == "clouds"


def test_of_whom_on_whom_and_how(client: TestClient) -> None:
    """By id or name; an unknown one is told with the nearest."""
    on_cloud = client.get(G, params={"provider": "Cloud", "relation": "uses"}).json()
    assert {d["dependent"] for d in on_cloud["dependencies"]} == {"twin:1", "twin:2"}
    assert client.get(G, params={"dependent": "bank"}).json()["total"] == 2
    assert client.get(G, params={"dependent": "bnk"}).json()["nearest"][0]["id"] == "bank"
    assert client.get(G, params={"cursor": 99}).json()["dependencies"] == []
    assert client.get(G, params={"limit": 0}).status_code == 422


def test_modes_are_those_that_come_with_it(client: TestClient) -> None:
    rules = client.get("/v1/modes").json()["rules"]
    assert [(r["mode"], r["relation"], r["becomes"]) for r in rules] == [*load_shipped_rules()]
