"""Status pages and feeds of each maker: what is down is found, and what is not understood is told.

The shapes are those that the makers' pages answer with; names and incidents are invented.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.api.cli.verbs import main
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.status.now import Now, read_now, read_report
from knockon.loaders.parsing.source import Source
from knockon.loaders.registry import find_format

INSTATUS = {
    "page": {"name": "Acme", "url": "https://acme.instatus.com", "status": "HASISSUES"},
    "activeIncidents": [
        {"id": "i1", "name": "Search is down", "started": "2026-01-01", "status": "INVESTIGATING",
         "impact": "MAJOROUTAGE", "components": [{"id": "c1", "name": "Search"}]},
    ],
}  # fmt: skip
INSTATUS_COMPONENTS = {
    "page": {"name": "Acme", "status": "UP"},
    "components": [
        {"id": "c1", "name": "Search", "status": "PARTIALOUTAGE"},
        {"id": "c2", "name": "Mail", "status": "OPERATIONAL"},
    ],
}
INCIDENT_IO = {
    "page_title": "Acme",
    "page_url": "https://status.acme.example",
    "ongoing_incidents": [
        {"id": "1", "name": "Elevated errors", "status": "identified",
         "last_update_at": "2026-02-03T04:05:06Z", "current_worst_impact": "full_outage",
         "affected_components": [{"id": "x", "name": "Search", "current_status": "full_outage"}]},
    ],
    "in_progress_maintenances": [], "scheduled_maintenances": [],
}  # fmt: skip
SLACK = {
    "status": "active", "date_created": "2026-01-01", "date_updated": "2026-01-02T00:00:00Z",
    "active_incidents": [
        {"id": 7, "title": "Messages are late", "type": "outage", "status": "active",
         "services": ["Messaging"], "notes": []},
    ],
}  # fmt: skip
BETTER_STACK = {
    "data": {"id": "1", "type": "status_page",
             "attributes": {"company_name": "Acme", "aggregate_state": "downtime"}},
    "included": [
        {"id": "9", "type": "status_page_resource",
         "attributes": {"public_name": "Search", "status": "downtime"}},
        {"id": "8", "type": "status_page_resource",
         "attributes": {"public_name": "Mail", "status": "operational"}},
    ],
}  # fmt: skip
CACHET = {"meta": {}, "data": [
    {"id": 1, "name": "Search", "status": 4, "status_name": "Major Outage"},
    {"id": 2, "name": "Mail", "status": 1, "status_name": "Operational"},
]}  # fmt: skip
CACHET_INCIDENTS = {"meta": {}, "data": [
    {"id": 1, "name": "Search is down", "status": 2, "human_status": "Identified"},
    {"id": 2, "name": "Mail was slow", "status": 4, "human_status": "Fixed"},
]}  # fmt: skip
GOOGLE = [
    {"id": "a", "begin": "2026-01-01T00:00:00+00:00", "modified": "2026-01-01T01:00:00+00:00",
     "external_desc": "Search is failing", "status_impact": "SERVICE_OUTAGE", "severity": "high",
     "most_recent_update": {"status": "SERVICE_OUTAGE"},
     "affected_products": [{"title": "Search", "id": "s"}]},
    {"id": "b", "begin": "2025-01-01", "end": "2025-01-02", "external_desc": "Over",
     "affected_products": [{"title": "Mail", "id": "m"}]},
]  # fmt: skip
AWS = [
    {"date": "1768000000", "region_name": "N. Virginia", "status": "3", "service": "es-us-east-1",
     "service_name": "Search", "summary": "Increased error rates"},
    {"date": "1767000000", "region_name": "Ohio", "status": "0", "service": "ses-us-east-2",
     "service_name": "Mail", "summary": "[RESOLVED] Delays"},
]  # fmt: skip
PAGES = {
    "instatus": INSTATUS, "instatus_components": INSTATUS_COMPONENTS, "incident_io": INCIDENT_IO,
    "better_stack": BETTER_STACK, "cachet": CACHET, "cachet_incidents": CACHET_INCIDENTS,
    "google": GOOGLE, "aws": AWS,
}  # fmt: skip


def graph_of(*names: str) -> DependencyGraph:
    """One dependent, `App of NAME`, for each name."""
    return DependencyGraph.from_polars(
        pl.DataFrame({"dependent": [f"App of {n}" for n in names], "provider": list(names)})
    )


def asked(tmp_path: Path, content: Any, *names: str) -> Now:
    path = tmp_path / "status"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_now(graph_of(*names), [path])


@pytest.mark.parametrize("maker", PAGES)
def test_what_a_page_reports_as_down_is_an_origin(tmp_path: Path, maker: str) -> None:
    """By the component's name; what is fine or over is none."""
    now = asked(tmp_path, PAGES[maker], "Search", "Mail")
    assert [o["id"] for o in now.origins] == ["Search"]
    if maker not in ("cachet_incidents",):
        assert now.untold == ()


def test_slack_names_the_services_of_an_incident(tmp_path: Path) -> None:
    """A service that is no entity is carried to Slack itself, and said."""
    assert [o["id"] for o in asked(tmp_path, SLACK, "Slack Messaging").origins] == [
        "Slack Messaging"
    ]
    now = asked(tmp_path, SLACK, "Slack")
    assert [o["id"] for o in now.origins] == ["Slack"]
    assert any("carried to its vendor" in f.reason for f in now.graph.report)


@pytest.mark.parametrize("maker", ["instatus_components", "better_stack", "cachet"])
def test_pages_are_sources_too(tmp_path: Path, maker: str) -> None:
    """Their components are operated by the page."""
    path = tmp_path / "acme.json"
    path.write_text(json.dumps(PAGES[maker]))
    assert find_format(path).name == "other_page"
    tables = load_tables([path])
    assert {"Search", "Mail"} <= set(tables.entities["name"])
    assert set(tables.dependencies["relation"]) == {"operated_by"}


def feed(*items: str, title: str = "Acme Status", link: str = "https://status.acme") -> str:
    return (
        f'<rss version="2.0"><channel><title>{title}</title><link>{link}</link>'
        f"{''.join(f'<item>{i}</item>' for i in items)}</channel></rss>"
    )


AWS_FEED = feed(
    "<title>Service disruption: [INVESTIGATING] Increased Error Rates</title>",
    "<title>Service is operating normally: [RESOLVED] Latency</title>",
    "<title>Service is operating normally</title>",
    title="Search (N. Virginia) Service Status",
)
AZURE_FEED = feed(
    "<title>Connectivity issues</title><category>Search</category>",
    title="Azure Status",
    link="https://azure.status.microsoft/en-us/status/",
)
GOOGLE_FEED = feed(
    "<title>UPDATE: Search is failing in europe-west1</title><description>x</description>",
    "<title>RESOLVED: Mail was slow</title><description>x</description>",
    title="Google Cloud Service Health Updates",
)
INCIDENT_IO_FEED = feed(
    "<title>Search errors</title><description>&lt;b&gt;Status: Monitoring&lt;/b&gt;</description>",
    "<title>Mail delays</title><description>&lt;b&gt;Status: Resolved&lt;/b&gt;</description>",
)
INSTATUS_FEED = feed(
    "<title>Search is down</title><description>&lt;p&gt;&lt;strong&gt;INVESTIGATING&lt;/strong&gt;"
    " - we look&lt;/p&gt;</description>",
    "<title>Mail</title><description>&lt;strong&gt;RESOLVED&lt;/strong&gt; over</description>",
)
FEEDS = {
    "aws": AWS_FEED, "azure": AZURE_FEED, "google": GOOGLE_FEED, "incident_io": INCIDENT_IO_FEED,
    "instatus": INSTATUS_FEED,
}  # fmt: skip


@pytest.mark.parametrize("maker", FEEDS)
def test_the_state_of_an_incident_stands_where_each_maker_puts_it(
    tmp_path: Path, maker: str
) -> None:
    """Brackets, words before the title, bold words, or a feed of active events only."""
    now = asked(tmp_path, FEEDS[maker], "Search", "Mail")
    assert [o["id"] for o in now.origins] == ["Search"]
    assert now.untold == ()


@pytest.mark.parametrize(
    "content",
    [
        feed("<title>Search</title><description>We had a look.</description>"),
        {"page": {"id": "p", "name": "Acme"}, "components": [{"id": "a", "name": "Search",
                                                              "status": "wobbly"}]},
        {"data": [{"id": 1, "name": "Search", "status": 9, "status_name": "Wobbly"}]},
        {"page": {"name": "Acme", "status": "WOBBLY"}, "activeIncidents": []},
        {"status": "wobbly", "active_incidents": []},
    ],
)  # fmt: skip
def test_a_state_that_is_not_understood_is_never_nothing_down(
    tmp_path: Path, content: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told, and ends with 2 where it is all that there is."""
    now = asked(tmp_path, content, "Search")
    assert now.origins == ()
    assert now.untold
    source = tmp_path / "graph.csv"
    source.write_text("dependent,provider\nApp,Search\n")
    with pytest.raises(SystemExit) as ended:
        main(["whatif", str(source), "--now", str(tmp_path / "status")])
    err = capsys.readouterr().err
    assert ended.value.code == 2
    assert "cannot be told" in err
    assert "nothing is down" not in err


def test_every_page_is_told_with_its_date(tmp_path: Path) -> None:
    """No empty set of origins without a line that says what was seen."""
    fine = {"page": {"id": "p", "name": "Acme", "updated_at": "2026-01-05T10:00:00Z"},
            "components": [{"id": "a", "name": "Search", "status": "operational"}]}  # fmt: skip
    now = asked(tmp_path, fine, "Search")
    assert (now.origins, now.untold) == ((), ())
    assert now.pages == (("Acme", "2026-01-05T10:00:00Z"),)
    assert any("a status page was read" in f.reason for f in now.graph.report)


@pytest.mark.parametrize(
    ("names", "down"),
    [
        (("API", "Acme API"), ["Acme API"]),  # the page's before one's own
        (("Acme",), ["Acme"]),  # carried to the vendor
        (("API",), ["API"]),  # the only one of this name
    ],
)
def test_a_component_is_the_pages_before_ones_own(
    tmp_path: Path, names: tuple[str, ...], down: list[str]
) -> None:
    page = {"page": {"id": "p", "name": "Acme"},
            "components": [{"id": "a", "name": "API", "status": "major_outage"}]}  # fmt: skip
    assert [o["id"] for o in asked(tmp_path, page, *names).origins] == down


def test_ones_own_component_is_not_the_vendors(tmp_path: Path) -> None:
    """What depends on others is one's own, though it has the component's name."""
    rows = {"dependent": ["Shop", "API", "Bank"], "provider": ["API", "db", "Acme"]}
    page = {"page": {"id": "p", "name": "Acme"},
            "components": [{"id": "a", "name": "API", "status": "major_outage"}]}  # fmt: skip
    path = tmp_path / "status.json"
    path.write_text(json.dumps(page))
    now = read_now(DependencyGraph.from_polars(pl.DataFrame(rows)), [path])
    assert [o["id"] for o in now.origins] == ["Acme"]


def test_json_that_is_no_status_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the JSON of a status page"):
        asked(tmp_path, {"data": [{"id": 1}]}, "Search")


def updates(*titles: str) -> str:
    """An AWS feed: each update of an event is an item of its own, the newest first."""
    return feed(
        *(
            f"<title>{t}</title><guid>https://health.aws/#search-eu_176094486{9 - n}</guid>"
            for n, t in enumerate(titles)
        ),
        title="Search (Ireland) Service Status",
    )


@pytest.mark.parametrize(
    ("text", "open_now"),
    [
        (updates("Informational message: [RESOLVED] Delays", "Performance issues: Delays"), 0),
        (updates("Performance issues: Delays", "Service disruption: [RESOLVED] Delays"), 1),
        (updates("Service is operating normally: [RESOLVED] Delays", "Service disruption: Errors"),
         1),
        (feed("<title>Search - West Europe - Mitigated</title>", title="Azure Status",
              link="https://azure.status.microsoft/en-us/status/"), 0),
        (feed("<title>Search - West Europe - Investigating</title>", title="Azure Status",
              link="https://azure.status.microsoft/en-us/status/"), 1),
    ],
)  # fmt: skip
def test_the_newest_update_of_an_event_says_how_it_stands(
    tmp_path: Path, text: str, open_now: int
) -> None:
    """What is mended is not down, and one event that is over hides no other."""
    (tmp_path / "page.rss").write_text(text)
    page = read_report(Source.of(tmp_path / "page.rss"), Findings())
    assert len(page.reported) == open_now
    assert not page.untold


def test_a_component_without_a_status_is_neither_up_nor_down(tmp_path: Path) -> None:
    """It is told, and nothing is taken for an origin."""
    document = {
        "page": {"id": "p", "name": "Acme"},
        "components": [{"id": "a", "name": "Search", "status": None}, {"id": "b", "name": "Mail"}],
    }
    (tmp_path / "page.json").write_text(json.dumps(document))
    page = read_report(Source.of(tmp_path / "page.json"), Findings())
    assert [one.severity for one in page.reported] == [None, None]
    assert page.untold == ["Search (no status)", "Mail (no status)"]
