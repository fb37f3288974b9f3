"""What is down now, as origins of a scenario: reports of status pages on entities of a graph."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from knockon.graph.errors import AmbiguousEntityError, UnknownEntityError, clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Finding
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.status_feed import UNSTATED, reported_in_feed
from knockon.loaders.operations.status.statuspage import Reported, reported_by
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source

_SHORTEST = 3  # a name of fewer letters is not looked for in the title of an incident


@dataclass(frozen=True, eq=False)
class Now:
    """What status pages say of a graph.

    graph:     the same with a report of what was done with each status
    origins:   {"id", "severity"} of entities that are down, sorted by id
    unmatched: names that are down and fit no entity, with the nearest ones
    """

    graph: DependencyGraph
    origins: tuple[dict[str, Any], ...]
    unmatched: tuple[str, ...]


def read_now(graph: DependencyGraph, paths: list[Path]) -> Now:
    """What these files (JSON of a status page, or a feed) report as down, found in the graph.

    A component is found by its id or its name, the open incident of a feed by the entities that its
    title names, or else by the name of the page; a feed states no severity, so it counts as 1.
    Every decision is a finding of the graph.
    Raises InputError where a file is neither.
    """
    findings = Findings()
    found: dict[str, float] = {}
    unmatched: list[str] = []
    for path in paths:
        with one_error(path):
            source = Source.of(path)
            feed = source.head_text.lstrip().startswith("<")
            reported = reported_in_feed(source, findings) if feed else reported_by(source, findings)
        for one in reported:
            severity = 1.0 if one.status == UNSTATED else one.severity
            place = f"{clip(one.name, 60)} ({clip(one.status, 40) or 'no status'})"
            if severity is None:
                findings.add("dropped", "a status that is not known; no origin", place)
            elif not severity:
                if one.status != "operational":
                    reason = "is reported, but counts as no loss (name it as ENTITY if it is one)"
                    findings.add("note", reason, place)
            else:
                for identifier in _matches(graph, one, unmatched):
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
    )


def _first(findings: tuple[Finding, ...]) -> list[Finding]:
    """What is down before what is not."""
    return sorted(findings, key=lambda f: "down now" not in f.reason)


def _matches(graph: DependencyGraph, one: Reported, unmatched: list[str]) -> list[str]:
    """The ids of the entities that a report speaks of; a name that fits none goes to the list."""
    if one.status == UNSTATED:
        named = _named_in(graph, one.name) or _named_in(graph, one.page)
        if not named:
            unmatched.append(f"{clip(one.name, 60)}: its title names no entity")
        return named
    for asked in (one.id, one.name, f"{one.page} {one.name}"):
        try:
            return [graph.ids[graph.find(asked)]]
        except UnknownEntityError:
            continue
        except AmbiguousEntityError as error:
            ids = some(clip(i, 60) for i, _ in error.matches)
            unmatched.append(f"{clip(one.name, 60)}: several entities have the name: {ids}")
            return []
    near = some(f"{clip(name, 40)} ({clip(i, 60)})" for i, name in graph.nearest(one.name))
    unmatched.append(f"{clip(one.name, 60)}{f'; nearest: {near}' if near else ''}")
    return []


def _named_in(graph: DependencyGraph, text: str) -> list[str]:
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
