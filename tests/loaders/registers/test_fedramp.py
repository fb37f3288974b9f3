"""The FedRAMP feed: real editions where they are at hand, small odd ones written here."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registers.fedramp import kind_of, read_fedramp
from tests.paths import DATA, ROOT

FEEDS = DATA / "fedramp"
SAMPLE = ROOT / "samples/federal-cloud-2024"
real = pytest.mark.skipif(not FEEDS.is_dir(), reason=f"the feed is not at {FEEDS}")


def users_of(tables: Tables, origin: str) -> tuple[set[str], set[str]]:
    """Who uses the origin directly, and who directly or through others: a plain search."""
    users: dict[str, set[str]] = defaultdict(set)
    uses = tables.dependencies.filter(pl.col("relation") == "uses")
    for dependent, provider in uses.select("dependent", "provider").iter_rows():
        users[provider].add(dependent)
    reached, wave = {origin}, {origin}
    while wave:
        wave = {user for one in wave for user in users[one]} - reached
        reached |= wave
    return users[origin], reached - {origin}


def counts_of(tables: Tables, origin: str) -> tuple[int, int, int]:
    """Offerings that use it directly, offerings in all, agencies in all."""
    direct, reached = users_of(tables, origin)
    offerings = [{u for u in group if not u.startswith("agency:")} for group in (direct, reached)]
    return len(offerings[0]), len(offerings[1]), len(reached - offerings[1])


def kinds_of(tables: Tables) -> dict[str, int]:
    return dict(tables.entities["kind"].value_counts().iter_rows())


@pytest.fixture(scope="module")
def market() -> Tables:
    if not FEEDS.is_dir():
        pytest.skip(f"the feed is not at {FEEDS}")
    return load_tables([FEEDS / "2024-07-17.json"], join=False)


@pytest.mark.parametrize(
    ("models", "functions", "kind"),
    [
        (["IaaS", "SaaS"], ["Cybersecurity & Risk Management"], "cloud_provider"),
        (["PaaS"], ["Analytics", "Cybersecurity & Risk Management"], "security_vendor"),
        (["PaaS", "SaaS"], [], "platform"),
        (["SaaS"], ["Analytics"], "service"),
        ([], [], "service"),
    ],
)
def test_kind_follows_model_and_function(
    models: list[str], functions: list[str], kind: str
) -> None:
    """The most fundamental word decides what an offering is."""
    assert kind_of(models, functions) == kind


@pytest.mark.parametrize(
    ("name", "origin", "counts"),
    [
        ("Falcon Platform", "FR1807853629", (27, 114, 261)),
        ("AWS GovCloud", "F1603047866", (128, 214, 332)),
    ],
)
def test_reach_in_the_feed(
    market: Tables, name: str, origin: str, counts: tuple[int, int, int]
) -> None:
    """So many offerings use it directly, so many in all, and so many agencies are reached."""
    assert counts_of(market, origin) == counts
    sample = load_tables([SAMPLE], join=False)
    assert counts_of(sample, origin) == counts
    assert sample.entities.filter(pl.col("id") == origin)["name"].to_list() == [name]


def test_the_sample_is_the_feed(market: Tables) -> None:
    """The committed sample holds the same entities and dependencies as the edition."""
    sample = load_tables([SAMPLE], join=False)
    same = ["id", "name", "kind", "parent", "same_as"]
    assert sample.entities.select(same).equals(market.entities.select(same))
    ends = ["dependent", "provider", "relation", "probability", "source", "as_of"]
    assert sample.dependencies.select(ends).equals(market.dependencies.select(ends))


@pytest.mark.parametrize("name", [SAMPLE.name, "2024-07-17.json"])
def test_every_listed_agency_is_an_enterprise(name: str) -> None:
    """424 as listed; the codes fall to their names by themselves, and 229 are left."""
    source = SAMPLE if name == SAMPLE.name else FEEDS / name
    if not source.exists():
        pytest.skip(f"the feed is not at {FEEDS}")
    tables = load_tables([source], join=False)
    assert kinds_of(tables)["enterprise"] == 424
    assert any("424 of kind enterprise would be 229" in str(f) for f in tables.report)
    joined = load_tables([source])
    assert kinds_of(joined)["enterprise"] == 229
    assert any(f.action == "merged" and f.count == 195 for f in joined.report)


@real
def test_the_edition_of_2025() -> None:
    """414 agencies as listed; seven mapping rows name products that are gone, Falcon among them."""
    tables = load_tables([FEEDS / "2025-07-01.json"], join=False)
    assert kinds_of(tables)["enterprise"] == 414
    lost = [f for f in tables.report if "mapping of a product that is not listed" in f.reason]
    assert [f.count for f in lost] == [7]
    assert any("22-000" in str(f) for f in tables.report)


def test_code_and_name_are_the_same_agency(market: Tables) -> None:
    """22-025 is called by its name, and says which entity it is."""
    row = market.entities.row(by_predicate=pl.col("id") == "agency:22-025", named=True)
    assert row["name"] == "National Science Foundation (22-025)"
    assert row["same_as"] == "agency:National Science Foundation"
    assert (row["sector"], row["country"]) == ("federal government", "US")


def test_every_dependency_says_where_it_is_from(market: Tables) -> None:
    """Source, place in the feed and day stand on each row; no strength is made up."""
    rows = market.dependencies
    assert rows["source"].unique().to_list() == ["FedRAMP Marketplace 2024-07-17"]
    assert rows["as_of"].unique().to_list() == ["2024-07-17"]
    assert rows["evidence"].str.starts_with("data.Products[").all()
    assert rows["probability"].null_count() == rows.height


def product(identifier: str, **more: Any) -> dict[str, Any]:
    return {
        "id": identifier, "cso": f"Offering {identifier}", "csp": "Maker", "status": "Ready",
        "impact_level": "High", "deployment_model": "Public", "service_model": ["SaaS"],
        "business_function": [""], "leveraged_systems": [], "agency_authorizations": [""],
        "agency_reuse": [""], "contact_email": "somebody@example.org", "logo": "x.png", **more,
    }  # fmt: skip


def feed(folder: Path, *products: Any, **lists: Any) -> Path:
    data = {"Products": products, "Agencies": [], "AtoMapping": [], "ReuseMapping": [], **lists}
    path = folder / "feed.json"
    meta = {"last_change": "2024-07-17T23:50:38.642Z"}
    path.write_text(json.dumps({"meta": meta, "data": data}))
    return path


def said(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


def test_contacts_are_not_carried_on(tmp_path: Path) -> None:
    """Mailboxes and logos of a live feed end at the reader."""
    tables = read_fedramp(feed(tmp_path, product("P1")))
    everything = tables.entities.write_csv() + tables.dependencies.write_csv()
    assert "example.org" not in everything
    assert "x.png" not in everything


def test_odd_entries_are_counted_with_their_place(tmp_path: Path) -> None:
    """Blanks, repeats, strangers, self-loops and wrong types are reported, never raised."""
    odd = product(
        " P1 ",
        leveraged_systems=[
            {"id": "P1"},
            {"id": "GONE"},
            {"id": ""},
            7,
            {"id": "P2"},
            {"id": "P2 "},
        ],
        agency_authorizations=["Alpha", " Alpha ", "", None],
        agency_reuse=None,
    )
    path = feed(tmp_path, odd, product("P2", csp=["?"]), product("P2"), 5, {}, Agencies=[3])
    tables = check(read_fedramp(path))
    report = said(tables)
    for expected in (
        "a leveraged system that is no listed product (data.Products[0].leveraged_systems[1])",
        "dropped 2: a leveraged system without an id (data.Products[0].leveraged_systems[2]",
        "merged 2: a user that one product lists twice (data.Products[0].leveraged_systems[5]",
        "dropped 2: an entry of agency_authorizations that is blank",
        "agency_reuse that is no list (data.Products[0].agency_reuse)",
        "csp that is no text (data.Products[1].csp)",
        "a product whose id is listed before (data.Products[2])",
        "dropped 2: a product without an id (data.Products[3]; data.Products[4])",
        "a record of Agencies that is no object (data.Agencies[0])",
        "depends on itself (P1 at feed.json#data.Products[0].leveraged_systems[0])",
    ):
        assert expected in report
    assert tables.entities["id"].to_list() == ["GONE", "P1", "P2", "agency:Alpha", "operator:Maker"]


def test_agencies_list_beats_the_mappings(tmp_path: Path) -> None:
    """A mapping that pairs a sub-agency's code with its parent's name is reported, not believed."""
    tables = read_fedramp(
        feed(
            tmp_path,
            product("P1", agency_reuse=["22-005-01", "22-099"]),
            Agencies=[
                {"id": "22-005-01", "sub_id": "22-005-01", "parent": "Health", "sub": "Food"}
            ],
            AtoMapping=[{"id": "P1", "agency_id": "22-005-01", "parent": "Health", "sub": ""}],
        )
    )
    food = tables.entities.row(by_predicate=pl.col("id") == "agency:22-005-01", named=True)
    assert (food["name"], food["parent"]) == ("Food (22-005-01)", "agency:Health")
    assert "an agency code with two names; the first is kept (22-005-01: Food, or Health" in said(
        tables
    )
    assert "does not resolve (22-099 at data.Products[0].agency_reuse[1])" in said(tables)
    assert kinds_of(check(tables))["enterprise"] == 2


def early(identifier: str, **more: Any) -> dict[str, Any]:
    """A product as editions before April 2023 have it."""
    given = product(identifier, name="Maker", service_offering=f"Offering {identifier}", **more)
    return {k: v for k, v in given.items() if k not in ("csp", "cso")}


def test_editions_before_csp_and_cso(tmp_path: Path) -> None:
    """Operators are `name`, offerings `service_offering`; #N/A is how the sheet writes nothing."""
    path = feed(
        tmp_path,
        early("P1", agency_authorizations=["22-002", "#N/A"], agency_reuse=["#N/A"]),
        early("P2", leveraged_systems=["P1"], service_model=["#N/A", "IaaS"]),
        early("P3", leveraged_systems=[{"cso": "Offering P2"}, "offering p1"]),
        Agencies=[{"id": "22-002", "parent": "Homeland", "sub": ""}],
    )
    tables = load_tables([path])
    ends = set(tables.dependencies.select("dependent", "provider", "relation").rows())
    assert ends == {
        ("agency:22-002", "P1", "uses"), ("P1", "P2", "uses"), ("P2", "P3", "uses"),
        ("P1", "P3", "uses"), *((f"P{n}", "operator:Maker", "operated_by") for n in (1, 2, 3)),
    }  # fmt: skip
    names = dict(tables.entities.select("id", "name").rows())
    assert names["P1"] == "Offering P1"
    assert names["agency:22-002"] == "Homeland (22-002)"
    assert kinds_of(tables) == {"service": 2, "cloud_provider": 2, "enterprise": 1}
    assert "dropped 1: an entry of agency_authorizations that is blank" in said(tables)


def test_lists_that_are_texts(tmp_path: Path) -> None:
    """The sheet behind the feed parts entries by bars; an edition may leave them so."""
    path = feed(
        tmp_path,
        product(
            "P1", agency_authorizations="Alpha|Beta", agency_reuse="", service_model="IaaS|PaaS"
        ),
        product("P2", leveraged_systems="P1"),
    )  # fmt: skip
    tables = load_tables([path])
    uses = tables.dependencies.filter(pl.col("relation") == "uses")
    assert set(uses.select("dependent", "provider").rows()) == {
        ("agency:Alpha", "P1"), ("agency:Beta", "P1"), ("P1", "P2"),
    }  # fmt: skip
    first = tables.entities.row(by_predicate=pl.col("id") == "P1", named=True)
    assert (first["kind"], first["service_model"]) == ("cloud_provider", "IaaS, PaaS")


def provider(identifier: str, **more: Any) -> dict[str, Any]:
    """A provider as the dashboard of 2016 to 2022 has it."""
    return {
        "Package_ID": identifier, "Cloud_Service_Provider_Name": "Maker",
        "Cloud_Service_Provider_Package": f"Package {identifier}", "Designation": "Compliant",
        "Service_Model": ["IaaS"], "Impact_Level": "High", "Underlying_CSP_Package_ID": [],
        "Leveraged_ATO_Letters": [], **more,
    }  # fmt: skip


def letter(agency: str, sub: str = "", active: str = "Active") -> dict[str, str]:
    return {"Authorizing_Agency": agency, "Authorizing_Subagency": sub, "Active": active}


def test_the_dashboard_of_2016(tmp_path: Path) -> None:
    """Providers are built on the packages below them; agencies use them by letter."""
    path = tmp_path / "data.json"
    providers = [
        provider("F1", Authorizing_Agency="Interior"),
        provider(
            "F2",
            Underlying_CSP_Package_ID=["F1", ""],
            Leveraged_ATO_Letters=[
                letter("Health", "Food"), letter("Interior"), letter("Justice", active="Inactive"),
                7,
            ],
        ),
    ]  # fmt: skip
    data = {"meta": {"Created_At": "2017-05-01T00:00:00Z"}, "data": {"Providers": providers}}
    path.write_text(json.dumps(data))
    tables = load_tables([path])
    uses = tables.dependencies.filter(pl.col("relation") == "uses")
    assert set(uses.select("dependent", "provider").rows()) == {
        ("agency:Interior", "F1"), ("F2", "F1"), ("agency:Food", "F2"), ("agency:Interior", "F2"),
    }  # fmt: skip
    parents = dict(tables.entities.select("id", "parent").rows())
    assert parents["agency:Food"] == "agency:Health"
    assert tables.title == "US federal cloud market, 1 May 2017 (FedRAMP Marketplace)"
    report = said(tables)
    for expected in (
        "dropped 1: a letter that is not active (Justice at",
        "dropped 1: a letter without an agency (data.Providers[1].Leveraged_ATO_Letters[3])",
        "dropped 1: an underlying package that is blank or no text",
        "rows of data.Providers: 2 kept",
    ):
        assert expected in report


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected a JSON object with an object `data`"),
        ({"data": {"Agencies": []}}, "expected a list `Products`; found 'Agencies'"),
        ({"data": {"Products": []}}, "meta.last_change: expected a date"),
        ({"data": {"Products": []}, "meta": {"last_change": "soon"}}, "got 'soon'"),
    ],
)
def test_another_shape_is_one_error(tmp_path: Path, document: Any, message: str) -> None:
    """What is missing is named, with what came instead."""
    path = tmp_path / "feed.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"feed\.json") as caught:
        read_fedramp(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"data": {"Products": [\n}', "feed.json:2:1: not readable as JSON"),
        ('{"data": {"Products": ' + "[" * 200_000, "nested too deeply"),
        ('{"data": {"Products": [' + "9" * 10_000 + "]}}", "not readable as JSON"),
        ('{"data": {"Products": [NaN]}}', "NaN is no JSON number"),
    ],
)
def test_hostile_json_is_one_error(tmp_path: Path, text: str, message: str) -> None:
    """Broken, endless or huge JSON ends in an InputError through every door."""
    path = tmp_path / "feed.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        load_tables([path])
