"""Pieces of the page, which the server builds: they say what the answers say, and run nothing."""

import json
import re
from html import unescape

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from tests.api.rest.rest_toys import HOSTILE, hostile, market

PARTS = (
    "start", "entities?kind=enterprise", "entity?id=bank&origin=vendor", "whatif?origin=vendor",
    "whatif?origin=vendor&hours=2..9&columns=tier", "rows?origin=vendor", "draft?origin=vendor",
    "why?target=shop&origin=vendor", "cuts?target=shop", "harden?origin=vendor", "rank",
    "rank.card", "concentration", "concentration.card", "strengths",
    "compare?origin=vendor&after=protect%3D%5B%22cloud%22%5D",
    "whatif?origin=vendor&mode=bad_update&rollout=10%25@0,100%25@24&halt=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"market": market(), "hostile": hostile()}))


def get(client: TestClient, part: str, graph: str = "market") -> str:
    answer = client.get(f"/v1/graphs/{graph}/page/{part}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_whole(client: TestClient, part: str) -> None:
    """Each element that is opened is closed, and none is a script, a style or a form."""
    text = get(client, part)
    opened = re.findall(r"<([a-z0-9]+)", text)
    closed = re.findall(r"</([a-z0-9]+)>", text)
    bare = [element for element in opened if element not in ("br", "img", "input")]
    assert sorted(bare) == sorted(closed)
    assert not {"script", "style", "iframe", "form"} & {*opened}
    assert not re.search(r"<[^>]* (on\w+|style)=", text)


@pytest.mark.parametrize("part", ["whatif?origin=hub", "rows?origin=hub&top=50", "rank",
                                  "entity?id=hub", "entities"])  # fmt: skip
def test_names_are_text(client: TestClient, part: str) -> None:
    text = get(client, part, "hostile")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert HOSTILE["日本:東京"] in text


def test_a_part_says_what_the_answer_says(client: TestClient) -> None:
    """Headline, assumption, names in the order of their ranks, and what the map needs."""
    answer = client.get("/v1/graphs/market/whatif?origin=vendor").json()
    text = unescape(get(client, "whatif?origin=vendor"))
    assert answer["headline"] in text
    assert answer["assumption"] in text
    facts = json.loads(unescape(get(client, "whatif?origin=vendor").split('data-facts="')[1]
                                .partition('"')[0]))  # fmt: skip
    rows = [row for row in answer["entities"] if row["rank"]]
    assert facts["rows"] == len(rows)
    assert facts["routes"] == {row["id"]: row["route"] for row in rows}
    assert facts["scenario"] == answer["scenario"]
    listed = re.findall(r'data-id="([^"]*)"', get(client, "rows?origin=vendor"))
    assert listed == [row["id"] for row in rows]


def test_a_question_of_a_part_is_checked_as_any(client: TestClient) -> None:
    at = "/v1/graphs/market/page"
    assert client.get(f"{at}/whatif?origin=vendr").json()["nearest"][0]["id"] == "vendor"
    assert client.get(f"{at}/rows?origin=vendor&sort=size").status_code == 422
    assert client.get(f"{at}/entity?id=nobody").status_code == 404
    assert client.get("/v1/graphs/other/page/start").status_code == 404
