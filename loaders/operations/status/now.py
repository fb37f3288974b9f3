"""What is down now, as origins of a scenario: reports of status pages on entities of a graph."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status import other_pages, statuspage
from knockon.loaders.operations.status.other_pages import is_other_page
from knockon.loaders.operations.status.place import place_report
from knockon.loaders.operations.status.reports import PageReport
from knockon.loaders.operations.status.status_feed import read_feed
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source


@dataclass(frozen=True, eq=False)
class Now:
    """What status pages say of a graph.

    graph:     the same with a report of what was done with each status
    origins:   {"id", "severity"} of entities that are down, sorted by id
    unmatched: names that are down and fit no entity, with the nearest ones
    untold:    what is reported in a state that is not understood
    pages:     name of each page, and when it was made as it states it (empty: it does not)
    """

    graph: DependencyGraph
    origins: tuple[dict[str, Any], ...]
    unmatched: tuple[str, ...]
    untold: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]


def read_now(graph: DependencyGraph, paths: list[Path]) -> Now:
    """What these files (JSON of a status page, or a feed) report as down, found in the graph.

    A component is found as the page's (`Telco API` for the API of Telco), by its id, or by its name
    alone where that is the page's own; one that is no entity is carried to the page's, where
    others depend on that. The open
    incident of a feed is found by the entities that its title names, or else by the name of the
    page; a feed states no severity, so it counts as 1. Every decision is a finding of the graph.
    Raises InputError where a file is no status page.
    """
    findings = Findings()
    found: dict[str, float] = {}
    unmatched: list[str] = []
    untold: list[str] = []
    pages = []
    for path in paths:
        with one_error(path):
            page = read_report(Source.of(path), findings)
        pages.append((page.name, page.as_of))
        when = page.as_of or "the page states no date"
        findings.add("note", "a status page was read", f"{clip(page.name, 60)}, {when}")
        placed = place_report(graph, page, findings)
        untold += placed.untold
        unmatched += [_describe(component, why) for component, why in placed.unmatched]
        for one in placed.down:
            found[one.entity] = max(found.get(one.entity, 0.0), one.severity)
    for name in unmatched:
        findings.add("dropped", "down now, but no entity of the graph", name)
    tables = replace(graph.tables, report=(*_first(findings.report()), *graph.tables.report))
    return Now(
        DependencyGraph.from_tables(tables, checked=True),
        tuple({"id": i, "severity": s} for i, s in sorted(found.items())),
        tuple(unmatched),
        tuple(untold),
        tuple(pages),
    )


def read_report(source: Source, findings: Findings) -> PageReport:
    """What a page says of itself, whoever made it; what cannot be read of it is untold.

    Raises InputError where it is no status page.
    """
    before = _count_dropped(findings)
    page = _read_page(source, findings)
    lost = _count_dropped(findings) - before
    if lost and not page.untold:
        page.untold.append(f"{lost:,} of {clip(page.name, 60)} that cannot be read")
    return page


def _read_page(source: Source, findings: Findings) -> PageReport:
    if source.head_text.lstrip().startswith("<"):
        return read_feed(source, findings)
    document = source.json
    if is_other_page(document):
        return other_pages.read_page(source, findings)
    return statuspage.read_page(source, findings)


def _count_dropped(findings: Findings) -> int:
    return sum(f.count for f in findings.report() if f.action == "dropped")


def _first(findings: tuple[Finding, ...]) -> list[Finding]:
    """What is down before what is not."""
    return sorted(findings, key=lambda f: "down now" not in f.reason)


def _describe(component: str, why: str) -> str:
    between = "; " if why.startswith("nearest") else ": "
    return clip(component, 60) + (between + why if why else "")
