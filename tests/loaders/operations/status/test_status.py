"""Status pages and feeds: components as entities, and what is down now as origins."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.status.now import read_now, read_report
from knockon.loaders.operations.status.statuspage import SEVERITY
from knockon.loaders.parsing.source import Source
from knockon.loaders.registry import find_format
from tests.paths import DATA

FEED = DATA / "status/github-statuses/github-status-history.atom"

PAGE = {"id": "p1", "name": "Acme Cloud", "url": "https://status.example", "time_zone": "Etc/UTC",
        "updated_at": "2026-08-14T23:30:00.000Z"}  # fmt: skip


def component(identifier: str, name: str, status: str, **rest: Any) -> dict[str, Any]:
    return {"id": identifier, "name": name, "status": status, "group": False, **rest}


COMPONENTS = [
    component("g", "Compute", "major_outage", group=True, components=["c1", "c2"]),
    component("c1", "VMs", "major_outage", group_id="g"),
    component("c2", "Disks", "partial_outage", group_id="g"),
    component("c3", "Mail", "degraded_performance"),
    component("c4", "DNS", "operational"),
    component("c5", "Console", "under_maintenance"),
    component("c6", "Billing", "on_fire"),
    component("c7", "Diskz", "major_outage"),
    component("c1", "VMs", "major_outage"),
    {"id": "c9"},
]
INCIDENTS = [
    {"name": "Old", "status": "resolved", "impact": "critical", "components": [COMPONENTS[4]]},
    {"name": "Now", "status": "investigating", "impact": "major", "components": []},
    {"name": "Keys", "status": "identified", "impact": "critical",
     "components": [component("c8", "Keys", "major_outage"), COMPONENTS[3]]},
]  # fmt: skip


@pytest.fixture
def graph() -> DependencyGraph:
    """A shop on the cloud: `app` needs VMs, Disks, Mail; the names are those of the page."""
    names = ["VMs", "Disks", "Mail", "DNS", "Console", "Billing", "Keys", "Acme Cloud", "App"]
    entities = pl.DataFrame({"id": [n.lower().replace(" ", "-") for n in names], "name": names})
    needs = pl.DataFrame({"dependent": ["app"] * 3, "provider": ["vms", "disks", "mail"]})
    return DependencyGraph.from_polars(needs, entities)


def written(tmp_path: Path, **parts: Any) -> Path:
    path = tmp_path / "status.json"
    path.write_text(json.dumps({"page": PAGE, **parts}))
    return path


def test_components_are_operated_by_the_page(tmp_path: Path) -> None:
    path = written(tmp_path, components=COMPONENTS, incidents=[])
    assert find_format(path).name == "statuspage"
    tables = load_tables([path])
    rows = {row["id"]: row for row in tables.entities.to_dicts()}
    assert rows["p1"]["name"] == "Acme Cloud"
    assert (rows["p1/c2"]["parent"], rows["p1/c2"]["status"]) == ("p1/g", "partial_outage")
    assert rows["p1/c4"]["parent"] == "p1"
    assert set(tables.dependencies["relation"]) == {"operated_by"}
    assert set(tables.dependencies["as_of"]) == {"2026-08-14"}
    reasons = {f.reason: f.count for f in tables.report if f.action != "read"}
    assert reasons == {"a component that stands twice": 1, "a component without a name": 1}


def test_what_is_down_now_becomes_origins(tmp_path: Path, graph: DependencyGraph) -> None:
    """By the table of severities; groups speak through their components, and so do incidents."""
    now = read_now(graph, [written(tmp_path, components=COMPONENTS, incidents=INCIDENTS)])
    assert list(now.origins) == [
        {"id": "acme-cloud", "severity": 0.3},
        {"id": "disks", "severity": 0.3},
        {"id": "keys", "severity": 1.0},
        {"id": "vms", "severity": 1.0},
    ]
    (unmatched,) = now.unmatched
    assert unmatched.startswith("Diskz; nearest: Disks (disks)")
    notes = [str(f) for f in now.graph.report]
    assert notes[0].startswith("note 2: down now, with a severity of 1 (VMs as vms; Keys as keys)")
    assert any("Billing (on_fire)" in note for note in notes)
    assert any("Mail (degraded_performance); Console (under_maintenance)" in note for note in notes)


@pytest.mark.parametrize(
    ("indicator", "severity"),
    [("critical", 1.0), ("major", 0.3), ("minor", None), ("none", None), ("maintenance", None)],
)
def test_a_page_without_components_speaks_of_itself(
    tmp_path: Path, graph: DependencyGraph, indicator: str, severity: float | None
) -> None:
    now = read_now(graph, [written(tmp_path, status={"indicator": indicator, "description": "x"})])
    wanted = [{"id": "acme-cloud", "severity": severity}] if severity else []
    assert list(now.origins) == wanted


def test_a_group_that_is_an_entity_is_down_too(tmp_path: Path) -> None:
    """Who depends on the group by name is not spared; where nobody does, nothing is said of it."""
    path = written(tmp_path, components=COMPONENTS[:3])
    needs = pl.DataFrame({"dependent": ["app", "shop"], "provider": ["VMs", "Compute"]})
    found = read_now(DependencyGraph.from_polars(needs), [path])
    assert {o["id"]: o["severity"] for o in found.origins} == {"VMs": 1.0, "Compute": 1.0}
    found = read_now(DependencyGraph.from_polars(needs[:1]), [path])
    assert [o["id"] for o in found.origins] == ["VMs"]
    assert all(not name.startswith("Compute") for name in found.unmatched)


def test_severities_are_shares() -> None:
    assert all(0 <= severity <= 1 for severity in SEVERITY.values())


def test_names_that_several_entities_have_are_listed(tmp_path: Path) -> None:
    entities = pl.DataFrame({"id": ["a", "b"], "name": ["VMs", "vms"]})
    needs = pl.DataFrame({"dependent": ["a"], "provider": ["b"]})
    path = written(tmp_path, components=[component("c1", "VMS", "major_outage")])
    now = read_now(DependencyGraph.from_polars(needs, entities), [path])
    assert now.origins == ()
    assert now.unmatched == ("VMS: several entities have the name: a, b",)


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
<title>Acme Cloud Status - Incident History</title>
<entry><id>1</id><title>Incident with Disks and VMs</title><content type="html">
&lt;strong&gt;Investigating&lt;/strong&gt; - we look</content></entry>
<entry><id>2</id><title>Mail is slow</title><content type="html">
&lt;strong&gt;Resolved&lt;/strong&gt; - over &lt;strong&gt;Update&lt;/strong&gt;</content></entry>
<entry><id>3</id><title>Vmsphere</title><content>&lt;b&gt;Monitoring&lt;/b&gt;</content></entry>
<entry><id>4</id><title>DNS</title><content>no word</content></entry></feed>"""
RSS = (
    ATOM.replace('<feed xmlns="http://www.w3.org/2005/Atom">', '<rss version="2.0"><channel>')
    .replace("</feed>", "</channel></rss>")
    .replace("entry>", "item>")
    .replace('<content type="html">', "<description>")
    .replace("<content>", "<description>")
    .replace("</content>", "</description>")
    .replace("<id>", "<guid>")
    .replace("</id>", "</guid>")
)


@pytest.mark.parametrize("text", [ATOM, RSS], ids=["atom", "rss"])
def test_open_incidents_of_a_feed(tmp_path: Path, graph: DependencyGraph, text: str) -> None:
    """Entities that a title names fail whole; a title that names none is of the page itself."""
    path = tmp_path / "history.xml"
    path.write_text(text)
    assert find_format(path).name == "status_feed"
    now = read_now(graph, [path])
    assert [o["id"] for o in now.origins] == ["acme-cloud", "disks", "vms"]
    assert {o["severity"] for o in now.origins} == {1.0}
    assert [f.count for f in now.graph.report if f.reason == "an incident that is over"] == [1]
    assert [f.count for f in now.graph.report if "state the feed does not tell" in f.reason] == [1]
    assert list(load_tables([path]).entities["id"]) == ["Acme Cloud"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "expected the JSON of a status page"),
        ('{"page": {"id": "x"}}', "expected components, incidents or status beside"),
        ("<rss><channel/></rss>", "expected an Atom or RSS feed with a title"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><rss/>', "declarations of its own"),
        ("<feed", "not readable as XML"),
    ],
)
def test_what_is_no_status(tmp_path: Path, graph: DependencyGraph, text: str, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_now(graph, [path])


@pytest.mark.skipif(not FEED.is_file(), reason=f"no data at {FEED}")
def test_a_real_feed() -> None:
    """GitHub, August 2026: every incident of the feed is over."""
    tables = load_tables([FEED])
    (over,) = [f.count for f in tables.report if f.reason == "an incident that is over"]
    assert over == FEED.read_text().count("<entry>")
    assert list(tables.entities["id"]) == ["GitHub"]


@pytest.mark.parametrize(
    "text",
    ["status:" + " " * 200_000 + "!", "&lt;strong&gt;" + " " * 100_000 + "x", "[x" * 100_000,
     "&lt;b&gt;" * 100_000, "status: " + "&lt;a&gt;" * 50_000, "status " * 50_000 + "\nx"],
    ids=range(6),
)  # fmt: skip
def test_a_feed_cannot_keep_its_reader_busy(text: str) -> None:
    """Patterns over blanks without end took hours; these are done long before the time is up."""
    feed = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{text}</title><entry>'
        f'<title>{text}</title><content type="html">{text}</content></entry></feed>'
    )
    read_report(Source.of_bytes("feed.atom", feed.encode()), Findings())
