"""Pages of the rows of a what-if and of entities, which the server filters and orders."""

import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from tests.api.rest.rest_toys import hostile, market

W = "/v1/graphs/market/whatif"
VENDOR = {"origin": "vendor"}


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"market": market(), "hostile": hostile()}))


def ask(client: TestClient, **stated: object) -> dict:
    answer = client.get(W, params={**VENDOR, **stated})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("sort", ["rank", "name", "probability", "impact", "carries"])
def test_pages_hold_every_row_once_in_order(client: TestClient, sort: str) -> None:
    """What fails stands on the first page; the figures of all rows stay the same."""
    whole = ask(client, top=1000)
    rows, cursor, origins = [], 0, []
    while cursor is not None:
        page = ask(client, sort=sort, top=2, cursor=cursor)
        assert page["totals"] == whole["totals"]
        assert page["page"]["rows"] == 5
        origins += [row["id"] for row in page["entities"] if not row["rank"]]
        rows += [row for row in page["entities"] if row["rank"]]
        assert page["more"] == 5 - len(rows)
        cursor = page["page"]["next_cursor"]
    assert origins == ["vendor"]
    assert sorted(row["rank"] for row in rows) == [1, 2, 3, 4, 5]
    keys = [row["name"].lower() if sort == "name" else row[sort] for row in rows]
    assert keys == sorted(keys, reverse=sort in ("probability", "impact", "carries"))
    assert {row["id"]: row for row in rows} == {
        row["id"]: row for row in whole["entities"] if row["rank"]
    }


def test_words_sector_and_kind_choose_rows(client: TestClient) -> None:
    """Each word in name, id or kind; a letter that means something in a pattern means itself."""
    found = {
        "two": ask(client, find="TWIN enter"), "none": ask(client, find="."),
        "one": ask(client, sector="finance", find=""), "kind": ask(client, kind="cloud_provider",
                                                                   sort="name"),
    }  # fmt: skip
    names = {
        key: sorted(row["id"] for row in answer["entities"] if row["rank"])
        for key, answer in found.items()
    }
    assert names == {"two": ["twin:1", "twin:2"], "none": [], "one": ["bank"],
                     "kind": ["cloud"]}  # fmt: skip
    assert found["two"]["page"] == {"rows": 2, "cursor": 0, "next_cursor": None}
    assert ask(client, find="shop", where="tier = '9'")["page"]["rows"] == 0
    assert "page" not in ask(client)


def test_other_forms_have_the_same_rows(client: TestClient) -> None:
    asked = {**VENDOR, "sort": "name", "find": "enterprise", "top": 2}
    csv = client.get(f"{W}.csv", params=asked)
    assert [line.split(",")[3] for line in csv.text.splitlines()[1:]] == ["vendor", "bank", "shop"]
    assert csv.headers["knockon-more"] == "2"
    text = client.get(f"{W}.md", params=asked).text
    assert text.index("Bank") < text.index("Shop")
    assert "twin" not in text.partition("Bank")[2].partition("more rows")[0].lower()
    body = {"origins": ["vendor"], "sort": "name", "cursor": 4, "top": 9}
    rows = client.post(W, json=body).json()["entities"]
    assert len(rows) == 1


def test_a_wrong_page_is_refused(client: TestClient) -> None:
    for wrong in ({"sort": "size"}, {"cursor": -1}, {"cursor": "x"}):
        assert client.get(W, params={**VENDOR, **wrong}).status_code == 422
    assert ask(client, cursor=99)["page"] == {"rows": 5, "cursor": 99, "next_cursor": None}


@pytest.mark.parametrize("sort", ["id", "name", "kind", "weight", "dependents"])
@pytest.mark.parametrize("graph", ["market", "hostile"])
def test_entities_stand_in_any_order(client: TestClient, graph: str, sort: str) -> None:
    """On pages, each once."""
    at, found = f"/v1/graphs/{graph}/entities?sort={sort}&limit=3", []
    while at:
        page = client.get(at).json()
        found += [row["id"] for row in page["entities"]]
        at = page["next"]
    assert len(found) == len({*found}) == page["total"]
    if (graph, sort) == ("market", "dependents"):
        assert found[0] == "cloud"
