"""The resources of the REST door, each in every representation."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import polars as pl
import pytest
from fastapi.testclient import TestClient

from knockon.api.rest.app import create_app
from knockon.api.schema import serialize_whatif
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.scenario.fields import MOST_WORLDS, find_field
from tests.api.rest.rest_toys import HOSTILE, hostile, market

G = "/v1/graphs/market"
H = "/v1/graphs/hostile"
FINEST = find_field("precision").limits.low


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app({"market": market(), "hostile": hostile()})) as made:
        yield made


def test_graphs_are_listed_in_the_order_given(client):
    """The list has name, title, counts, and where to read on."""
    listed = client.get("/v1/graphs").json()
    assert listed["schema"] == 2
    assert listed["graphs"][0] == {
        "name": "market", "title": "A market", "entities": 8, "dependencies": 6, "href": G,
    }  # fmt: skip
    assert [g["name"] for g in listed["graphs"]] == ["market", "hostile"]


def test_a_graph_tells_its_counts_sources_and_findings(client):
    """Counts by kind and relation, the unit, the sources, and what was dropped."""
    about = client.get(G).json()
    assert (about["title"], about["entities"], about["dependencies"]) == ("A market", 8, 6)
    assert about["groups"] == 1
    assert about["kinds"][0] == {"kind": "enterprise", "entities": 5}
    assert about["relations"] == [
        {"relation": "hosted_on", "dependencies": 3, "unknown": 0},
        {"relation": "uses", "dependencies": 3, "unknown": 2},
    ]
    assert (about["weight_unit"], about["sources"]) == ("euros", {"survey": "https://x.test"})
    assert about["report"] == [
        {"action": "dropped", "count": 2, "reason": "a row without an id",
         "examples": ["market.csv:7"]}
    ]  # fmt: skip


def test_a_graph_without_dependencies_is_served():
    """An empty graph has counts of zero, not a failure, and an OpenAPI document."""
    empty = market().from_polars(
        pl.DataFrame(schema={"dependent": pl.String, "provider": pl.String})
    )
    client = TestClient(create_app({"empty": empty}))
    about = client.get("/v1/graphs/empty").json()
    assert (about["entities"], about["kinds"], about["groups"]) == (0, [], 0)
    assert client.get("/v1/graphs/empty/entities").json()["entities"] == []
    assert client.get("/v1/openapi.json").status_code == 200


@pytest.mark.parametrize("name", ["", "a/b", "..", "line\nbreak"])
def test_a_graph_needs_a_name_that_can_stand_in_an_address(name):
    """The fault shows when the app is made, not at the first request."""
    with pytest.raises(InputError, match="name of a graph"):
        create_app({name: market()})


def test_pages_of_entities_cover_each_once_by_id(client):
    """Following `next` visits all, in order of their ids, and the totals agree."""
    seen, address, rest = [], f"{G}/entities?limit=3", None
    while address:
        response = client.get(address)
        page = response.json()
        assert page["total"] == 8
        seen += [e["id"] for e in page["entities"]]
        assert page["more"] == 8 - len(seen)
        link = response.headers.get("link")
        assert link == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        address, rest = page["next"], page["next_cursor"]
    assert seen == sorted(market().ids)
    assert rest is None


def test_entities_are_searched_by_id_and_name_in_any_case(client):
    """`q` and `kind` narrow the list together, and `next` keeps them."""
    found = client.get(f"{G}/entities", params={"q": "TWIN", "limit": 1}).json()
    assert [e["id"] for e in found["entities"]] == ["twin:1"]
    assert found["total"] == 2
    assert client.get(found["next"]).json()["entities"][0]["id"] == "twin:2"
    of_kind = client.get(f"{G}/entities", params={"q": "o", "kind": "cloud_provider"}).json()
    assert [e["id"] for e in of_kind["entities"]] == ["cloud"]


def test_an_entity_row_has_all_columns(client):
    """Columns of the contract by name, the source's own under `other`."""
    (row,) = client.get(f"{G}/entities", params={"id": "vendor"}).json()["entities"]
    assert row == {
        "id": "vendor", "name": "Vendor", "kind": "security_vendor", "parent": None,
        "sector": None, "country": None, "weight": 1.0, "repair_hours": 0.0,
        "repair_hours_to": None, "backlog": 0.0, "failure_probability": None,
        "failures_per_year": None, "other": {"tier": "1"},
    }  # fmt: skip


def test_an_entity_tells_what_it_needs_and_who_needs_it(client):
    """Both directions, each with strength, group and provenance."""
    cloud = client.get(f"{G}/entities/cloud").json()
    assert [(d["id"], d["source"]) for d in cloud["dependencies"]["rows"]] == [("vendor", "a list")]
    rows = cloud["dependents"]["rows"]
    assert [d["name"] for d in rows] == ["Bank", "Shop", "Twin", "twin"]
    assert [d["group"] for d in rows] == ["clouds", None, None, None]
    assert [d["probability"] for d in rows] == [1.0, 0.5, None, None]


def test_lists_of_an_entity_are_capped_and_say_so(client):
    """`limit` cuts each list, `more` counts the others."""
    cut = client.get(f"{G}/entities/cloud", params={"limit": 1}).json()["dependents"]
    assert (cut["total"], cut["more"], len(cut["rows"])) == (4, 3, 1)
    alone = client.get(f"{G}/entities/island").json()
    assert alone["dependents"] == {"total": 0, "more": 0, "rows": []}


@pytest.mark.parametrize("identifier", [i for i in HOSTILE if "%" not in i and i != ".."])
def test_any_id_can_be_asked_for(client, identifier):
    """Slashes, quotes, line breaks and other scripts survive the path.

    Percent signs too, but the test client decodes them twice: `test_page.py` asks a real server.
    """
    detail = client.get(f"{H}/entities/{quote(identifier, safe='')}").json()
    assert detail["entity"]["id"] == identifier
    assert detail["entity"]["name"] == HOSTILE[identifier]


@pytest.mark.parametrize("identifier", HOSTILE)
def test_any_id_can_be_listed_and_fail(client, identifier):
    """The same in a query string, where dots are safe as well."""
    listed = client.get(f"{H}/entities", params={"id": identifier}).json()
    assert [e["name"] for e in listed["entities"]] == [HOSTILE[identifier]]
    answer = client.get(f"{H}/whatif", params={"origin": identifier}).json()
    assert answer["scenario"]["origins"][0]["id"] == identifier


def test_whatif_is_the_one_json_shape(client):
    """GET, POST and the function behind the command line say the same."""
    expected = json.loads(json.dumps(serialize_whatif(whatif(market(), ["vendor"]), top=20)))
    assert client.get(f"{G}/whatif", params={"origin": "Vendor"}).json() == expected
    assert client.post(f"{G}/whatif", json={"origins": ["vendor"]}).json() == expected
    assert expected["totals"]["hit"] == 2.5  # cloud, half the shop, half of each twin; no bank


def test_a_scenario_is_taken_whole(client):
    """Each key of the body arrives in the scenario as run."""
    body = {
        "origins": [{"id": "cloud", "severity": 0.5}, "SPARE"], "mode": "bad_update",
        "hours": None, "rollout": None, "halt": None, "assume": 0.25, "worlds": 64, "seed": 7,
        "protect": ["Shop"], "top": 1, "kind": "enterprise", "severity": 0.75,
        "strengths": "incidents", "trust_register": False,
    }  # fmt: skip
    answer = client.post(f"{G}/whatif", json=body).json()
    assert answer["scenario"] == {
        "origins": [{"id": "cloud", "name": "Cloud", "severity": 0.5},
                    {"id": "spare", "name": "Spare", "severity": 0.75}],
        "mode": "bad_update", "hours": None, "rollout": None, "halt": None, "assume": 0.25,
        "strengths": ["incidents"], "trust_register": False, "worlds": 64, "exact": False,
        "precision": None, "seed": 7,
        "protect": ["shop"],
    }  # fmt: skip
    assert [e["name"] for e in answer["entities"] if e["rank"]] == ["Bank"]
    assert answer["more"] == 3


@pytest.mark.parametrize(
    "more",
    [{}, {"worlds": 64}, {"precision": 0.02}, {"mode": "bad_update", "protect": ["Shop"]},
     {"mode": "bad_update", "rollout": "1%@0,100%@4", "halt": 2, "hours": "2..72", "worlds": 64}],
)  # fmt: skip
@pytest.mark.parametrize("size", ["few cases", "many cases"])
def test_the_scenario_of_an_answer_can_be_asked_again(more, size):
    """As it is: exact or drawn, with worlds or with a precision, and the answer is the same."""
    rows = pl.DataFrame({"dependent": [f"d{i:02}" for i in range(30)], "provider": ["cloud"] * 30})
    many = market().from_polars(rows.with_columns(probability=0.5))
    client = TestClient(create_app({"g": many if size == "many cases" else market()}))
    protect = {"protect": ["d07"]} if "protect" in more and size == "many cases" else {}
    body = {"origins": [{"id": "cloud", "severity": 0.5}], **more, **protect}
    first = client.post("/v1/graphs/g/whatif", json=body)
    assert first.status_code == 200, first.text
    again = client.post("/v1/graphs/g/whatif", json=first.json()["scenario"])
    assert again.json() == first.json()
    assert first.json()["scenario"]["precision"] == more.get("precision")


def test_precision_draws_as_many_worlds_as_it_needs(client):
    """In the body and in a link; the finest that is allowed stays below the limit of worlds."""
    many = market().from_polars(
        pl.DataFrame({"dependent": [f"d{i:02}" for i in range(30)], "provider": ["p"] * 30})
    )
    client = TestClient(create_app({"many": many}))
    rough = client.get("/v1/graphs/many/whatif?origin=p&precision=0.02").json()
    assert rough["scenario"]["precision"] == 0.02
    assert all(e["std_error"] <= 0.02 for e in rough["entities"])
    finest = client.post(
        "/v1/graphs/many/whatif", json={"origins": ["p"], "precision": FINEST}
    ).json()
    assert rough["scenario"]["worlds"] < finest["scenario"]["worlds"] <= MOST_WORLDS
    assert all(e["std_error"] <= FINEST for e in finest["entities"])


def test_a_kind_that_only_another_graph_has_shows_no_rows(client):
    """And a note says which kinds there are here."""
    answer = client.get(f"{H}/whatif?origin=hub&kind=enterprise").json()
    assert [e["id"] for e in answer["entities"]] == ["hub"]
    assert answer["notes"][-1].endswith("'enterprise'; known: unknown")
    assert client.get(f"{H}/entities?kind=enterprise").json()["total"] == 0


def test_the_query_string_says_the_same_as_the_body(client):
    """`origin` and `protect` are repeated; empty time keys count as left out."""
    query = "origin=cloud&origin=spare&protect=shop&mode=outage&assume=0.25&worlds=64&seed=7&hours="
    body = {"origins": ["cloud", "spare"], "protect": ["shop"], "assume": 0.25, "worlds": 64,
            "seed": 7}  # fmt: skip
    asked = client.get(f"{G}/whatif?{query}")
    assert asked.json() == client.post(f"{G}/whatif", json=body).json()


def test_twenty_rows_are_shown_unless_said_otherwise():
    """`more` counts the rest, and `top` may be any number."""
    many = market().from_polars(
        pl.DataFrame({"dependent": [f"d{i:02}" for i in range(30)], "provider": ["p"] * 30})
    )
    client = TestClient(create_app({"many": many}))
    shown = client.get("/v1/graphs/many/whatif?origin=p").json()
    assert (len(shown["entities"]), shown["more"]) == (21, 10)
    every = client.post("/v1/graphs/many/whatif", json={"origins": ["p"], "top": None}).json()
    assert (len(every["entities"]), every["more"]) == (31, 0)
    none = client.get("/v1/graphs/many/whatif?origin=p&top=0").json()
    assert (len(none["entities"]), none["more"]) == (1, 30)
    assert client.get("/v1/graphs/many/whatif?origin=p&top=1000000000").json()["more"] == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("by", ["suffix", "header"])
def test_the_map_is_an_svg_that_runs_nothing(client, method, by):
    """By suffix or header, with a policy of its own, and names as text only."""
    address = f"{H}/whatif.svg" if by == "suffix" else f"{H}/whatif"
    accept = {"accept": "image/svg+xml"} if by == "header" else {}
    options = {"params": {"origin": "hub"}} if method == "GET" else {"json": {"origins": ["hub"]}}
    response = client.request(method, address, headers=accept, **options)
    assert response.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    varies = {word.strip() for word in response.headers.get("vary", "").split(",")}
    assert ("Accept" in varies) == (by == "header")  # and by its encoding, where it is long
    assert "<svg" in response.text
    assert "<script" not in response.text


@pytest.mark.parametrize("address", [f"{H}/whatif.csv?origin=hub", f"{H}/entities.csv"])
def test_csv_is_a_file_in_which_no_name_is_a_formula(client, address):
    """An attachment in UTF-8; a cell that begins like a formula is made text."""
    response = client.get(address)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith('attachment; filename="hostile-')
    rows = pl.read_csv(response.content)
    assert rows.height == 9
    assert '\'=HYPERLINK("http://evil")' in rows["name"].to_list()
    assert "東京" in rows["name"].to_list()


def test_csv_by_header_and_by_suffix_are_the_same(client):
    """Rows that `top` left out are counted in a header."""
    query = {"origin": "vendor", "top": 1}
    by_header = client.get(f"{G}/whatif", params=query, headers={"accept": "text/csv"})
    by_suffix = client.get(f"{G}/whatif.csv", params=query)
    assert by_header.text == by_suffix.text
    assert by_suffix.headers["knockon-more"] == "4"
    assert pl.read_csv(by_suffix.content)["route"].to_list() == ["vendor", "vendor > cloud"]


def test_entities_as_csv_are_all_unless_limited(client):
    """Without `limit` everything comes; with it, a link to the next page."""
    assert pl.read_csv(client.get(f"{G}/entities.csv").content).height == 8
    part = client.get(f"{G}/entities.csv?limit=5")
    assert pl.read_csv(part.content).height == 5
    rest = client.get(part.headers["link"].split(">")[0][1:])
    assert pl.read_csv(rest.content).height == 3
