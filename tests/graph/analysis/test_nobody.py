"""An empty answer says why: good news and an unread file do not look alike."""

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import UNREAD, Finding
from tests.timed import timed_graph
from tests.toys import dep, graph_of, group


def headline(*rows: object, origin: str = "A", **options: object) -> str:
    graph = graph_of(*rows)  # type: ignore[arg-type]
    return whatif(graph, origin, **options).headline  # type: ignore[arg-type]


def entities_of(graph: DependencyGraph, *rows: dict[str, object]) -> DependencyGraph:
    return DependencyGraph.from_polars(
        graph.dependencies, pl.DataFrame(list(rows), infer_schema_length=None)
    )


def test_a_mode_that_does_not_cross_names_one_that_does() -> None:
    """Software that is run survives its maker's outage, but not a bad update."""
    said = headline(dep("B", "A", relation="runs"), dep("C", "B"))
    assert said == (
        "If A fails, nobody else is hit (2 other entities): mode outage does not cross "
        "runs (1 direct); up to 2 would be by --mode bad_update; 2 by --mode compromise"
    )


def test_alternatives_that_hold_are_good_news() -> None:
    """Who holds, and how many of its members are left."""
    said = headline(*group("payments", "AB", needs=1))
    assert said.endswith(": payments holds: 1 of its 2 g left")
    assert "holds" not in headline(*group("payments", "AB", needs=2))


def test_grace_protection_and_zero_strengths() -> None:
    """Each holds in its own way, and says so."""
    graph = timed_graph(dep("B", "A", grace_hours="8"))
    held = whatif(graph, "A", hours=4).headline
    assert held.endswith("B gets by without it for 8 h (it is down for 4 h)")
    assert headline(dep("B", "A"), protect="B").endswith("B is protected")
    assert headline(dep("B", "A", probability=0.0)).endswith("towards B is stated as 0")


def test_a_parent_fails_without_its_children() -> None:
    """Nothing spreads from a parent to what it owns; the headline offers all of them."""
    graph = entities_of(
        graph_of(dep("bank", "cloud"), dep("shop", "dns")),
        {"id": "group", "name": "Nimbus Group", "parent": None},
        {"id": "cloud", "name": "Nimbus Cloud", "parent": "group"},
        {"id": "dns", "name": "Nimbus DNS", "parent": "group"},
    )
    said = whatif(graph, "group").headline
    assert (
        'it is the parent of Nimbus Cloud, Nimbus DNS, on which 2 depend: --whole "Nimbus' in said
    )


def test_names_like_it_are_offered_where_nothing_depends_on_it() -> None:
    """Another spelling of the same name carries the dependents."""
    graph = entities_of(
        graph_of(dep("bank", "c1"), dep("shop", "c1")),
        {"id": "c1", "name": "Cloudflare, Inc."},
        {"id": "c2", "name": "Cloudflare Inc"},
    )
    said = whatif(graph, "c2").headline
    assert said.endswith("there are names like it: 'Cloudflare, Inc.' (2 depend on it)")


def test_dropped_rows_are_told_where_nobody_is_hit() -> None:
    """What never became part of the graph may be what was asked for."""
    tables = graph_of(dep("B", "C"), dep("C", "A", probability=0.0)).tables
    dropped = Finding("dropped", 7, "a row that was not understood")
    graph = DependencyGraph.from_tables(
        type(tables)(tables.entities, tables.dependencies, report=(dropped,))
    )
    answer = whatif(graph, "A")
    reasons = (answer.headline, *answer.notes)
    assert any("7 rows of its sources were dropped" in reason for reason in reasons)


def test_who_depends_on_nothing_of_it_needs_no_excuse() -> None:
    """An island is an island; and where somebody is hit, no reason is given."""
    answer: Impact = whatif(graph_of(dep("B", "C"), dep("C", "D")), "B")
    assert answer.nobody == ()
    assert answer.headline == "If B fails, nobody else is hit (2 other entities)"
    assert whatif(graph_of(dep("B", "C")), "C").nobody == ()


def test_what_leads_nowhere_is_told_where_nobody_is_hit() -> None:
    """An address that no file resolved may be the one that was asked about."""
    tables = graph_of(dep("B", "C")).tables
    stated = Finding(
        "note", 2, f"an address that leads to nothing: {UNREAD}", ("payment: a.yaml:9",)
    )
    graph = DependencyGraph.from_tables(
        type(tables)(tables.entities, tables.dependencies, report=(stated,))
    )
    assert whatif(graph, "B").headline.endswith(
        ": left unread in its sources, 2: an address that leads to nothing: read as no dependency "
        "(payment: a.yaml:9)"
    )
