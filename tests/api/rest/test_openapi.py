"""The OpenAPI document is true: what it says is what the app does."""

import re

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from knockon.api.rest.app import create_app
from knockon.api.rest.resources import EntitiesJson, EntityDetailJson, GraphJson, GraphsJson
from knockon.api.schema import WhatifJson
from tests.api.rest.rest_toys import hostile, market

G = "/v1/graphs/market"


@pytest.fixture(scope="module")
def app():
    return create_app({"market": market(), "hostile": hostile()})


@pytest.fixture(scope="module")
def document(app):
    return TestClient(app).get("/v1/openapi.json").json()


@pytest.mark.parametrize(
    ("address", "shape"),
    [
        ("/v1/graphs", GraphsJson),
        (G, GraphJson),
        (f"{G}/entities?limit=2", EntitiesJson),
        (f"{G}/entities/cloud", EntityDetailJson),
        (f"{G}/whatif?origin=cloud&protect=shop", WhatifJson),
    ],
)
def test_answers_have_the_documented_shape(app, address, shape):
    """Every key, of its type, and no other."""
    answer = TestClient(app).get(address).json()
    checked = TypeAdapter(shape).validate_python(answer, strict=True)
    assert TypeAdapter(shape).dump_python(checked) == answer


def test_all_representations_and_problems_are_documented(document):
    """Media types of 200, and problem details for whatever goes wrong."""
    whatif = document["paths"]["/v1/graphs/{graph}/whatif"]
    for operation in whatif.values():
        content = operation["responses"]["200"]["content"]
        types = {"application/json", "image/svg+xml", "text/csv", "text/markdown"}
        assert set(content) == types
    for path in document["paths"].values():
        for operation in path.values():
            problems = {c: r for c, r in operation["responses"].items() if c[0] not in "23"}
            assert "default" in problems
            for response in problems.values():
                assert list(response["content"]) == ["application/problem+json"]


def test_the_examples_are_real(app, document):
    """The example of a what-if is what the app answers to the example of a question."""
    asked = document["paths"]["/v1/graphs/{graph}/whatif"]["post"]
    body = asked["requestBody"]["content"]["application/json"]["example"]
    answer = TestClient(app).post(f"{G}/whatif", json={**body, "top": 2}).json()
    assert asked["responses"]["200"]["content"]["application/json"]["example"] == answer
    assert body == {"origins": ["cloud"]}


def test_graphs_modes_and_kinds_are_named(document):
    """Clients can choose from what there is."""
    parameters = document["paths"]["/v1/graphs/{graph}/whatif"]["get"]["parameters"]
    choices = {p["name"]: p["schema"].get("enum") for p in parameters}
    (graph,) = (p["schema"] for p in parameters if p["name"] == "graph")
    assert graph["examples"] == ["market", "hostile"]
    assert all(re.fullmatch(graph["pattern"], n) for n in ("market", "market+hostile"))
    assert not any(re.fullmatch(graph["pattern"], n) for n in ("x", "market+x", "market+"))
    assert choices["mode"] == ["outage", "bad_update", "compromise", "withdrawal"]
    assert choices["kind"] == ["cloud_provider", "enterprise", "security_vendor", "unknown"]
    assert all(p.get("description") for p in parameters)


def test_links_lead_to_operations_that_there_are(document):
    """From each 202 to its job, from each 201 to the answer, with a parameter that it has."""
    operations = {o["operationId"]: o for p in document["paths"].values() for o in p.values()}
    linked = 0
    for operation in operations.values():
        for status, response in operation["responses"].items():
            assert ("links" in response) == (status in ("201", "202")), operation["operationId"]
            for link in response.get("links", {}).values():
                known = {p["name"] for p in operations[link["operationId"]]["parameters"]}
                assert {*link["parameters"]} <= known
                linked += 1
    assert linked > 50


def test_title_and_version_are_those_of_the_package(document):
    """No page that needs the network is linked."""
    from importlib.metadata import version

    assert document["info"]["title"] == "knockon"
    assert document["info"]["version"] == version("knockon")
