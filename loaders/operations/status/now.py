"""What is down now, as origins of a scenario: reports of status pages on entities of a graph."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knockon.graph.errors import AmbiguousEntityError, UnknownEntityError, clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status import other_pages, statuspage
from knockon.loaders.operations.status.other_pages import is_other_page
from knockon.loaders.operations.status.reports import UNSTATED, PageReport, Reported
from knockon.loaders.operations.status.status_feed import read_feed
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source

_SHORTEST = 3  # a name of fewer letters is not looked for in the title of an incident


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
        before = _count_dropped(findings)
        with one_error(path):
            page = read_report(Source.of(path), findings)
        lost = _count_dropped(findings) - before
        if lost and not page.untold:
            untold.append(f"{lost:,} of {clip(page.name, 60)} that cannot be read")
        pages.append((page.name, page.as_of))
        untold += page.untold
        when = page.as_of or "the page states no date"
        findings.add("note", "a status page was read", f"{clip(page.name, 60)}, {when}")
        for one in page.reported:
            severity = 1.0 if one.status == UNSTATED else one.severity
            place = f"{clip(one.name, 60)} ({clip(one.status, 40) or 'no status'})"
            if severity is None:
                findings.add("dropped", "a status that is not known; no origin", place)
            elif not severity:
                if one.status != "operational":
                    reason = "is reported, but counts as no loss (name it as ENTITY if it is one)"
                    findings.add("note", reason, place)
            else:
                for identifier in _match(graph, one, unmatched, findings):
                    reason = f"down now, with a severity of {severity:g}"
                    findings.add("note", reason, f"{clip(one.name, 60)} as {clip(identifier, 60)}")
                    found[identifier] = max(found.get(identifier, 0.0), severity)
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
    """What a page says of itself, whoever made it. Raises InputError where it is no status page."""
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


def _match(
    graph: DependencyGraph, one: Reported, unmatched: list[str], findings: Findings
) -> list[str]:
    """The ids of the entities that a report speaks of; a name that fits none goes to the list."""
    vendor = _find(graph, one.page)
    if one.status == UNSTATED:
        named = _find_named(graph, one.name) or _find_named(graph, one.page)
        if not named:
            unmatched.append(f"{clip(one.name, 60)}: its title names no entity")
        return named
    names = [
        f"{one.page} {one.name}",
        one.id,
        f"{one.page} - {one.name}",
        f"{one.page}: {one.name}",
    ]
    for asked in names if not one.whole else [one.page]:
        if (identifier := _find(graph, asked)) is not None:
            return [identifier]
    try:
        alone = graph.ids[graph.find(one.name)]
    except UnknownEntityError:
        alone = None
    except AmbiguousEntityError as error:
        ids = some(clip(i, 60) for i, _ in error.matches)
        unmatched.append(f"{clip(one.name, 60)}: several entities have the name: {ids}")
        return []
    if alone is not None and (vendor is None or _belongs(graph, alone, vendor)):
        return [alone]
    if vendor is not None and (graph.provider == graph.find(vendor)).any():
        other = f"; {clip(alone, 60)} of the graph is another" if alone else ""
        reason = f"a component that is no entity of the graph is carried to its vendor{other}"
        findings.add("note", reason, f"{clip(one.name, 60)} to {clip(vendor, 60)}")
        return [vendor]
    near = some(f"{clip(name, 40)} ({clip(i, 60)})" for i, name in graph.nearest(one.name))
    unmatched.append(f"{clip(one.name, 60)}{f'; nearest: {near}' if near else ''}")
    return []


def _find(graph: DependencyGraph, asked: str) -> str | None:
    try:
        return graph.ids[graph.find(asked)]
    except (UnknownEntityError, AmbiguousEntityError):
        return None


def _belongs(graph: DependencyGraph, identifier: str, vendor: str) -> bool:
    """Whether an entity is the vendor's: below it, dependent on it, or dependent on nothing at all,
    as what comes from outside mostly is; what depends on others is one's own."""
    number, above = graph.find(identifier), graph.find(vendor)
    needs = graph.provider[graph.dependent == number]
    below = graph.entities["parent"][number] == vendor
    return below or not len(needs) or bool((needs == above).any())


def _find_named(graph: DependencyGraph, text: str) -> list[str]:
    """The entities whose names are whole words of the text, the longest of those that overlap."""
    folded = text.casefold()
    spans: list[tuple[int, int, str]] = []
    for identifier, name in zip(graph.ids, graph.names, strict=True):
        wanted = name.casefold()
        if len(wanted) < _SHORTEST or wanted not in folded:
            continue
        for found in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded):
            spans.append((*found.span(), identifier))
    return sorted(
        {
            i
            for start, end, i in spans
            if not any(s <= start and end <= e and e - s > end - start for s, e, _ in spans)
        }
    )
