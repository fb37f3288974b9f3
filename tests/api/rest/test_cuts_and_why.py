"""`cuts` and `why` over REST: one answer by GET and POST, every form, every fault by name."""

from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from tests.toys import dep, graph_of, group

# Shop needs 1 of {Cloud 1, Cloud 2}, both on Grid; and Login, by itself
GRAPH = graph_of(
    *group("Shop", ["Cloud 1", "Cloud 2"], group="clouds"), dep("Cloud 1", "Grid"),
    dep("Cloud 2", "Grid"), dep("Shop", "Login", probability=0.25),
)  # fmt: skip
CUTS = "/v1/graphs/toy/cuts"
WHY = "/v1/graphs/toy/why"


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"toy": GRAPH}))


def test_cuts_by_get_and_post_are_one_answer(client: TestClient) -> None:
    """Two single points and the pair of clouds; how probably each hits stands beside it."""
    by_get = client.get(f"{CUTS}?target=shop&order=2")
    by_post = client.post(CUTS, json={"target": "Shop", "order": 2})
    assert by_get.status_code == by_post.status_code == 200, by_post.text
    assert by_get.json() == by_post.json()
    rows = by_get.json()["rows"]
    assert [(r["members"], r["order"], r["hits"]) for r in rows] == [
        (["Grid"], 1, 1.0), (["Login"], 1, 0.25), (["Cloud 1", "Cloud 2"], 2, 1.0),
    ]  # fmt: skip
    assert {"target_probability", "importance", "schema", "graph", "scenario", "notes", "more"} <= (
        set(by_get.json())
    )


def test_cuts_take_candidates_what_has_failed_and_all_orders(client: TestClient) -> None:
    """Once a cloud has failed, the other is a single point; candidates are a list or a kind."""
    body: dict[str, Any] = {
        "target": "Shop", "order": "all", "origins": ["Cloud 1"], "among": ["Cloud 2", "Grid"],
    }  # fmt: skip
    got = client.post(CUTS, json=body)
    assert [r["members"] for r in got.json()["rows"]] == [["Cloud 2"], ["Grid"]]
    asked = f"{CUTS}?target=Shop&order=all&origin=Cloud%201&among=unknown"
    assert [r["members"] for r in client.get(asked).json()["rows"]] == [
        ["Cloud 2"], ["Grid"], ["Login"],
    ]  # fmt: skip
    unknown = client.post(CUTS, json=body | {"among": ["Gird"]})
    assert (unknown.status_code, "Grid" in unknown.text) == (404, True)


def test_hours_are_taken_and_said_to_be_left_out(client: TestClient) -> None:
    """The sets are those without hours."""
    timed, plain = (client.get(f"{CUTS}?target=Shop{more}").json() for more in ("&hours=4", ""))
    assert timed["rows"] == plain["rows"]
    assert any("cuts leave hours out" in note for note in timed["notes"])
    assert not any("leave hours out" in note for note in plain["notes"])


@pytest.mark.parametrize(
    ("path", "asked", "first", "inside"),
    [
        (CUTS, "target=Shop", "members,order,probability", "Cloud 1 + Cloud 2"),
        (WHY, "target=Shop&origin=Grid", "route,probability", "Grid > Cloud 1 > Shop"),
    ],
)
def test_an_answer_has_every_form(
    client: TestClient, path: str, asked: str, first: str, inside: str
) -> None:
    """By suffix and by what is accepted, the same bytes."""
    forms = {".svg": "image/svg+xml", ".csv": "text/csv", ".md": "text/markdown"}
    said = {}
    for suffix, media in forms.items():
        by_suffix = client.get(f"{path}{suffix}?{asked}")
        by_accept = client.get(f"{path}?{asked}", headers={"Accept": media})
        assert by_suffix.status_code == by_accept.status_code == 200, by_suffix.text
        assert by_suffix.headers["content-type"].startswith(media)
        assert by_suffix.content == by_accept.content
        said[suffix] = by_suffix.text
    assert ElementTree.fromstring(said[".svg"]).tag.endswith("svg")
    assert "Shop" in said[".svg"]
    assert said[".csv"].startswith(first)
    assert said[".md"].startswith("**")
    assert inside in said[".csv"]


def test_why_by_get_and_post_are_one_answer(client: TestClient) -> None:
    """Routes, groups lost, and what alone would save it."""
    by_get = client.get(f"{WHY}?target=Shop&origin=Grid&top=5")
    by_post = client.post(WHY, json={"target": "Shop", "origins": ["Grid"], "top": 5})
    assert by_get.json() == by_post.json()
    answer = by_get.json()
    assert [r["route"] for r in answer["rows"]] == [
        ["Grid", "Cloud 1", "Shop"], ["Grid", "Cloud 2", "Shop"],
    ]  # fmt: skip
    assert answer["rows"][0]["groups"] == [
        {"dependent": "Shop", "group": "clouds", "needs": 1, "lost": ["Cloud 1", "Cloud 2"],
         "left": []},
    ]  # fmt: skip
    assert answer["dominators"] == ["Cloud 1", "Cloud 2"]
    assert answer["saved_by"][0] == {"entities": ["Cloud 1"]}
    assert answer["held_by"] == []


def test_why_not_names_what_holds(client: TestClient) -> None:
    """One cloud of two is left."""
    held = client.get(f"{WHY}?target=Shop&origin=Cloud%201").json()["held_by"]
    assert [(h["dependent"], h["reason"], h["left"]) for h in held] == [
        ("Shop", "group", ["Cloud 2"]),
    ]


@pytest.mark.parametrize(
    ("path", "asked", "code", "said"),
    [
        (CUTS, "target=Shopp", 404, "Shop"),
        (CUTS, "target=Shop&origin=Gird", 404, "Grid"),
        (CUTS, "target=Shop&among=clouds", 422, "known: unknown"),
        (CUTS, "target=Shop&origin=Shop", 422, "has not failed"),
        (CUTS, "target=Shop&order=0", 422, "order"),
        (CUTS, "target=Shop&order=most", 422, "order"),
        (CUTS, "target=Shop&strength=2", 422, "strength"),
        (CUTS, "", 422, "target"),
        (CUTS, "target=Shop&mode=weird", 422, "mode"),
        (CUTS, "target=Shop&seed=1", 422, "seed"),
        (WHY, "target=Shopp&origin=Grid", 404, "Shop"),
        (WHY, "target=Shop&origin=Gird", 404, "Grid"),
        (WHY, "target=Shop", 422, "origin"),
        (WHY, "target=Shop&origin=Shop", 422, "is what fails"),
        (WHY, "target=Shop&origin=Grid&top=-1", 422, "top"),
        (WHY, "target=Shop&origin=Grid&hours=-1", 422, "hours"),
    ],
)
def test_what_cannot_be_is_a_problem_with_the_nearest_name(
    client: TestClient, path: str, asked: str, code: int, said: str
) -> None:
    """404 for whom nobody knows, 422 for what means nothing; never a fault of the server."""
    got = client.get(f"{path}?{asked}")
    assert got.status_code == code, got.text
    assert got.headers["content-type"].startswith("application/problem+json")
    assert said in got.text
