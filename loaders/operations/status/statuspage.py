"""Status pages: what a provider says of its components, and what is down now.

Atlassian Statuspage (https://developer.statuspage.io, `/api/v2/summary.json`, `components.json`,
`incidents.json`, `incidents/unresolved.json`, `status.json`), which others imitate.

An incident without components speaks of the whole page; its `impact` says with which status
(https://support.atlassian.com/statuspage: minor, major and critical stand for degraded, partly out,
out).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.status.reports import (
    SEVERITY,
    STATUS_OF_IMPACT,
    PageReport,
    Reported,
    is_over,
    read_status,
)
from knockon.loaders.parsing.source import Source, SourceLike

_LISTS = ("components", "incidents", "scheduled_maintenances")


def read_statuspage(source: SourceLike) -> Tables:
    """The page and its components, each operated by the page; `status` is a column."""
    source = Source.of(source)
    findings = Findings()
    page = _Page(source, findings)
    rows = Rows(source.name, f"status page of {page.name}", page.day, findings)
    rows.add_entity(page.id, "page", name=page.name, kind="platform")
    for where, record in page.components():
        name, identifier = _text(record, "name"), _text(record, "id")
        group = _text(record, "group_id")
        rows.add_entity(
            f"{page.id}/{identifier or name}", where, name=name, kind="service",
            parent=f"{page.id}/{group}" if group else page.id,
            status=_text(record, "status") or None,
        )  # fmt: skip
        rows.add_dependency(
            dependent=f"{page.id}/{identifier or name}", provider=page.id, relation="operated_by",
            where=where,
        )  # fmt: skip
    return rows.build_tables(
        f"Components of {clip(page.name, 60)}", "/api/v2/summary.json of the page"
    )


def read_page(source: Source, findings: Findings) -> PageReport:
    """What a status page reports of its components now, and of the page by open incidents.

    A component is reported once: by its own status, or else by the open incident that lists it.
    Raises InputError where the JSON is of another shape.
    """
    page = _Page(source, findings)
    found: dict[str, Reported] = {}
    for where, record in page.components():
        name, told = _text(record, "name"), page.report_on(record, where)
        if record.get("group") is True:  # its components speak for themselves
            if told.severity:
                found[_text(record, "id") or name] = replace(told, group=True)
            continue
        found[_text(record, "id") or name] = told
    for where, incident in page.open_incidents():
        listed = list(page.rows.walk_records(incident, "components", where))
        for at, record in listed:
            found.setdefault(
                _text(record, "id") or _text(record, "name"), page.report_on(record, at)
            )
        if not listed:
            status = STATUS_OF_IMPACT.get(_text(incident, "impact"), _text(incident, "impact"))
            known = found.get("")
            if known is None or (SEVERITY.get(status) or 0) > (known.severity or 0):
                found[""] = Reported(page.name, page.id, page.name, status, where, whole=True)
    indicator = page.indicator()
    if not found and indicator:
        status = STATUS_OF_IMPACT.get(indicator, indicator)
        where = "status.indicator"
        found[""] = Reported(page.name, page.id, page.name, status, where, whole=True)
    untold = [f"{one.name} ({one.status})" for one in found.values() if one.severity is None]
    if not found and not page.lists:
        untold.append(
            f"{page.name} lists no components and no incidents, and names no status.indicator"
        )
    return PageReport(page.name, page.as_of, list(found.values()), untold)


def _list_keys(source: Source) -> str:
    return some((repr(clip(key, 40)) for key in source.json_keys), 6) or "none"


class _Page:
    """The JSON of a status page, checked."""

    def __init__(self, source: Source, findings: Findings) -> None:
        document = source.json
        held = document.get("page") if isinstance(document, dict) else None
        if not isinstance(held, dict) or not (_text(held, "id") or _text(held, "name")):
            raise InputError(
                f"{source.name}: expected the JSON of a status page, with an object `page` as "
                "Atlassian's have, or as Instatus, incident.io, Slack, Better Stack, Cachet, "
                f"Google Cloud, AWS write it, or a feed; its keys are {_list_keys(source)}"
            )
        if not any(key in document for key in (*_LISTS, "status")):
            raise InputError(
                f"{source.name}: expected components, incidents or status beside `page`"
            )
        self._document: dict[str, Any] = document
        self.findings = findings
        self.rows = Rows(source.name, "", findings=findings)
        self.id = _text(held, "id") or _text(held, "name")
        self.name = _text(held, "name") or self.id
        self.as_of = _text(held, "updated_at")
        self.day = self.as_of[:10] or None
        self.lists = any(isinstance(document.get(key), list) for key in _LISTS)

    def components(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The components, each once, with places."""
        seen: set[str] = set()
        for where, record in self.rows.walk_records(self._document, "components", ""):
            name = _text(record, "name")
            identifier = _text(record, "id") or name
            if not name:
                self.findings.add("dropped", "a component without a name", where)
            elif identifier in seen:
                self.findings.add("merged", "a component that stands twice", where)
            else:
                seen.add(identifier)
                yield where, record

    def open_incidents(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Incidents that are not over, and maintenances that are under way."""
        for key in ("incidents", "scheduled_maintenances"):
            for where, record in self.rows.walk_records(self._document, key, ""):
                if not is_over(_text(record, "status")):
                    yield where, record

    def indicator(self) -> str:
        status = self._document.get("status")
        return _text(status, "indicator") if isinstance(status, dict) else ""

    def report_on(self, record: dict[str, Any], where: str) -> Reported:
        name = _text(record, "name")
        return Reported(
            name,
            f"{self.id}/{_text(record, 'id') or name}",
            self.name,
            read_status(_text(record, "status")),
            where,
        )


def _text(record: dict[str, Any], key: str) -> str:
    value = record.get(key)
    return value.strip() if isinstance(value, str) else ""
