"""Charts through the doors: the command and REST, with a clear word where something is missing."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.graph.analysis.whatif import whatif
from tests.api.cli.test_cli import run
from tests.api.rest.rest_toys import hostile, market

G = "/v1/graphs/market/whatif"
TIMED = {"origins": ["cloud"], "hours": 4}
ROLLED = {"origins": ["vendor"], "mode": "bad_update", "rollout": "1%@0,10%@4,100%@24", "halt": 2}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app({"market": market(), "hostile": hostile()})) as made:
        yield made


@pytest.fixture
def chain(tmp_path: Path) -> str:
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / "dependencies.csv").write_text(
        "dependent,provider,relation,probability\nB,A,runs,1\nC,B,uses,0.5\n"
    )
    return str(folder)


def test_the_command_draws_each_chart(chain: str, tmp_path: Path) -> None:
    """Three files, each the chart of this answer."""
    files = {what: tmp_path / f"{what}.svg" for what in ("exceedance", "timeline", "detection")}
    options = [word for what, path in files.items() for word in (f"--{what}", str(path))]
    rollout = ["--mode", "bad_update", "--rollout", "10%@0,100%@8", "--halt", "2"]
    assert run("whatif", chain, "A", "--hours", "4", *rollout, *options) == 0
    titles = {what: ET.parse(path).getroot()[0].text or "" for what, path in files.items()}
    assert "the impact is at most" in titles["exceedance"]
    assert "expected to be down" in titles["timeline"]
    assert "if it is stopped after 2 h" in titles["detection"]


@pytest.mark.parametrize(
    ("chart", "needs"), [("--timeline", "--hours"), ("--detection", "--rollout")]
)
def test_a_chart_that_needs_more_says_so(
    chain: str, chart: str, needs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit code 2, and no file."""
    file = tmp_path / "chart.svg"
    assert run("whatif", chain, "A", chart, str(file)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{chart}: expected {needs}" in said
    assert not file.exists()


def test_rest_draws_what_python_draws(client: TestClient) -> None:
    """By GET and by POST, the same bytes as the methods of an answer."""
    timed = whatif(market(), "cloud", hours=4)
    rolled = whatif(market(), "vendor", **{k: v for k, v in ROLLED.items() if k != "origins"})
    query = "origin=cloud&hours=4"
    staged = "origin=vendor&mode=bad_update&rollout=1%25@0,10%25@4,100%25@24&halt=2"
    for name, asked, body, drawn in (
        ("exceedance", query, TIMED, timed.exceedance_svg()),
        ("timeline", query, TIMED, timed.timeline_svg()),
        ("detection", staged, ROLLED, rolled.detection_svg()),
    ):
        for response in (
            client.get(f"{G}/{name}.svg?{asked}"),
            client.post(f"{G}/{name}.svg", json=body),
        ):
            assert response.status_code == 200, response.text
            assert response.headers["content-type"] == "image/svg+xml"
            assert "default-src 'none'" in response.headers["content-security-policy"]
            assert response.text == drawn


@pytest.mark.parametrize(("chart", "key"), [("timeline", "hours"), ("detection", "rollout")])
@pytest.mark.parametrize("given", [{}, "null"])
def test_what_is_missing_is_named(client: TestClient, chart: str, key: str, given: object) -> None:
    """Problem details that point at the key, whether it is left out or empty."""
    body = {"origins": ["cloud"], **({key: None} if given else {})}
    by_post = client.post(f"{G}/{chart}.svg", json=body)
    by_get = client.get(f"{G}/{chart}.svg?origin=cloud" + (f"&{key}=" if given else ""))
    for response in (by_get, by_post):
        assert response.status_code == 422
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == f"{key}: expected, but missing"
    assert by_get.json()["errors"][0]["parameter"] == key
    assert by_post.json()["errors"][0]["pointer"] == f"#/{key}"


def test_an_unknown_entity_is_a_404_here_too(client: TestClient) -> None:
    """With the nearest names, as everywhere."""
    response = client.get(f"{G}/exceedance.svg?origin=Vendr")
    assert (response.status_code, response.json()["nearest"][0]["name"]) == (404, "Vendor")


@pytest.mark.parametrize("chart", ["exceedance", "timeline", "detection"])
def test_the_examples_of_the_document_work(client: TestClient, chart: str) -> None:
    """What OpenAPI shows as a question is one, in both forms."""
    document = client.get("/v1/openapi.json").json()
    operations = document["paths"][f"/v1/graphs/{{graph}}/whatif/{chart}.svg"]
    assert list(operations["get"]["responses"]["200"]["content"]) == ["image/svg+xml"]
    query = {p["name"]: p["example"] for p in operations["get"]["parameters"] if "example" in p}
    name = query.pop("graph")
    address = f"/v1/graphs/{name}/whatif/{chart}.svg"
    assert client.get(address, params=query).status_code == 200
    body = operations["post"]["requestBody"]["content"]["application/json"]["example"]
    assert client.post(address, json=body).status_code == 200
    needed = {p["name"] for p in operations["get"]["parameters"] if p.get("required")}
    more = {"timeline": {"hours"}, "detection": {"rollout"}}.get(chart, set())
    assert needed == {"graph", "origin", *more}
