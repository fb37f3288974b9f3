"""Status pages of other makers than Atlassian: one report of them all.

Instatus (`/summary.json`, `/v2/components.json`), incident.io (the JSON of its widget), Slack
(`/api/v2.0.0/current`), Better Stack (`/index.json`), Cachet (`/api/v1/components`, `/incidents`),
Google Cloud (`/incidents.json`), AWS (`public/currentevents`, `data.json`).

Each gives its components with their states, and its open incidents; a state that no table knows is
told, never taken for one that is fine.
"""

from collections.abc import Callable, Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.status.reports import (
    UNSTATED,
    PageReport,
    Reported,
    is_over,
    read_status,
)
from knockon.loaders.parsing.source import Source, SourceLike

_AWS = {"0": "operational", "1": "degraded_performance", "2": "partial_outage", "3": "major_outage"}
_CACHET = {"1": "operational", "2": "degraded_performance", "3": "partial_outage",
           "4": "major_outage", "0": "operational"}  # fmt: skip
_CACHET_INCIDENT = {"0": "scheduled", "1": "investigating", "2": "identified", "3": "watching",
                    "4": "fixed"}  # fmt: skip


def read_other_page(source: SourceLike) -> Tables:
    """The page and what it reports of its parts, each operated by the page."""
    source = Source.of(source)
    findings = Findings()
    page = read_page(source, findings)
    rows = Rows(source.name, f"status page of {page.name}", page.as_of[:10] or None, findings)
    rows.add_entity(page.name, "page", name=page.name, kind="platform")
    for one in page.reported:
        if one.whole:
            continue
        rows.add_entity(
            one.id, one.where, name=one.name, kind="service", parent=page.name,
            status=one.status or None,
        )  # fmt: skip
        rows.add_dependency(
            dependent=one.id, provider=page.name, relation="operated_by", where=one.where
        )
    for words in page.untold:
        findings.add("dropped", "a state that is not understood", words)
    return rows.build_tables(f"Components of {clip(page.name, 60)}", "the JSON of the status page")


def read_page(source: Source, findings: Findings) -> PageReport:
    """What the page reports now. Raises InputError where it is of no known maker."""
    document = source.json
    for fits, read in _MAKERS:
        if fits(document):
            page = read(document, source)
            page.untold += [
                f"{clip(one.name, 60)} ({clip(one.status, 40) or 'no status'})"
                for one in page.reported
                if one.severity is None and one.status != UNSTATED
            ]
            return page
    raise InputError(
        f"{source.name}: expected the JSON of a status page (Atlassian, Instatus, incident.io, "
        "Slack, Better Stack, Cachet, Google Cloud, AWS)"
    )


def is_other_page(document: Any) -> bool:
    """Whether JSON is that of a status page of one of these makers."""
    return any(fits(document) for fits, _ in _MAKERS)


def _add(
    page: PageReport, name: str, status: str, where: str, *, whole: bool = False, key: str = ""
) -> None:
    identifier = f"{page.name}/{key or name}"
    page.reported.append(Reported(name, identifier, page.name, status, where, whole))


def _records(holder: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    listed = holder.get(key) if isinstance(holder, dict) else holder
    for number, record in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(record, dict):
            yield f"{key}[{number}]", record


def _text(record: Any, *keys: str) -> str:
    """The text at the end of a way of keys, empty where there is none; numbers as text."""
    for key in keys:
        record = record.get(key) if isinstance(record, dict) else None
    return str(record).strip() if isinstance(record, str | int) else ""


def _add_incident(
    page: PageReport, title: str, state: str, names: list[str], status: str, where: str
) -> None:
    """An incident on what it names, or on the whole page; one that is over is passed by."""
    over = is_over(state) if state else False
    if over:
        return
    if over is None:
        page.untold.append(f"{clip(title, 60)} (state {clip(state, 40)!r})")
        return
    for name in names or [title]:
        _add(page, name, status, where, whole=not names)


# Instatus


def _is_instatus(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    page = document.get("page")
    states = {"UP", "HASISSUES", "UNDERMAINTENANCE"}
    return isinstance(page, dict) and (
        page.get("status") in states or "activeIncidents" in document
    )


def _read_instatus(document: Any, source: Source) -> PageReport:
    page = PageReport(_text(document, "page", "name") or source.stem)
    for where, one in _records(document, "components"):
        _add(page, _text(one, "name"), read_status(_text(one, "status")), where,
             key=_text(one, "id"))  # fmt: skip
    for key in ("activeIncidents", "activeMaintenances"):
        for where, one in _records(document, key):
            names = [_text(c, "name") for _, c in _records(one, "components")]
            impact = _text(one, "impact") or ("UNDERMAINTENANCE" if "Maint" in key else "")
            status = read_status(impact) if impact else UNSTATED
            _add_incident(page, _text(one, "name"), _text(one, "status"), names, status, where)
    if not page.reported:
        _add(page, page.name, read_status(_text(document, "page", "status")), "page.status",
             whole=True)  # fmt: skip
    return page


# incident.io


def _is_incident_io(document: Any) -> bool:
    return isinstance(document, dict) and "ongoing_incidents" in document


def _read_incident_io(document: Any, source: Source) -> PageReport:
    page = PageReport(_text(document, "page_title") or source.stem)
    for where, one in _records(document, "ongoing_incidents"):
        affected = [c for _, c in _records(one, "affected_components")]
        page.as_of = max(page.as_of, _text(one, "last_update_at"))
        for part in affected:
            _add(page, _text(part, "name"), read_status(_text(part, "current_status")), where,
                 key=_text(part, "id"))  # fmt: skip
        if not affected:
            worst = _text(one, "current_worst_impact")
            status = read_status(worst) if worst else UNSTATED
            _add_incident(page, _text(one, "name"), _text(one, "status"), [], status, where)
    return page


# Slack


def _is_slack(document: Any) -> bool:
    return isinstance(document, dict) and "active_incidents" in document and "status" in document


def _read_slack(document: Any, source: Source) -> PageReport:
    page = PageReport("Slack", _text(document, "date_updated"))
    for where, one in _records(document, "active_incidents"):
        services = one.get("services")
        names = [str(s) for s in services] if isinstance(services, list) else []
        kind = {"outage": "major_outage", "incident": "partial_outage"}
        status = kind.get(_text(one, "type"), read_status(_text(one, "type")))
        _add_incident(page, _text(one, "title"), _text(one, "status"), names, status, where)
    state = _text(document, "status")
    if not page.reported and state not in ("ok", "active"):
        page.untold.append(f"status {state!r}")
    if not page.reported and state == "active":
        page.untold.append("status 'active' without an incident")
    return page


# Better Stack


def _is_better_stack(document: Any) -> bool:
    return bool(_text(document, "data", "attributes", "aggregate_state"))


def _read_better_stack(document: Any, source: Source) -> PageReport:
    head = document["data"]["attributes"]
    page = PageReport(_text(head, "company_name") or source.stem, _text(head, "updated_at"))
    for where, one in _records(document, "included"):
        if _text(one, "type") == "status_page_resource":
            status = read_status(_text(one, "attributes", "status"))
            _add(page, _text(one, "attributes", "public_name"), status, where, key=_text(one, "id"))
    if not page.reported:
        _add(page, page.name, read_status(_text(head, "aggregate_state")),
             "data.attributes.aggregate_state", whole=True)  # fmt: skip
    return page


# Cachet


def _is_cachet(document: Any) -> bool:
    first = next((record for _, record in _records(document, "data")), {})
    return bool({"status_name", "human_status", "latest_status"} & set(first))


def _read_cachet(document: Any, source: Source) -> PageReport:
    page = PageReport(source.stem)
    for where, one in _records(document, "data"):
        name, state = _text(one, "name"), _text(one, "status")
        page.as_of = max(page.as_of, _text(one, "updated_at"))
        if "status_name" in one:
            status = _CACHET.get(state) or read_status(_text(one, "status_name"))
            _add(page, name, status, where, key=_text(one, "id"))
        else:
            state = _CACHET_INCIDENT.get(_text(one, "latest_status") or state) or _text(
                one, "human_status"
            )
            _add_incident(page, name, state, [], UNSTATED, where)
    return page


# Google Cloud


def _is_google(document: Any) -> bool:
    first = next((record for _, record in _records(document, "")), {})
    return isinstance(document, list) and "affected_products" in first


def _read_google(document: Any, source: Source) -> PageReport:
    page = PageReport("Google Cloud")
    for where, one in _records(document, ""):
        page.as_of = max(page.as_of, _text(one, "modified"))
        if _text(one, "end"):
            continue
        names = [_text(p, "title") for _, p in _records(one, "affected_products")]
        told = _text(one, "most_recent_update", "status") or _text(one, "status_impact")
        status = read_status(told) if told else UNSTATED
        if status == "operational":
            continue
        title = _text(one, "external_desc") or _text(one, "number")
        _add_incident(page, title, "", names, status, where)
    return page


# AWS


def _is_aws(document: Any) -> bool:
    listed = document.get("current", document) if isinstance(document, dict) else document
    first = next((record for _, record in _records(listed, "")), {})
    return "service" in first and ("service_name" in first or "region_name" in first)


def _read_aws(document: Any, source: Source) -> PageReport:
    page = PageReport("Amazon Web Services")
    for where, one in _records(
        document.get("current", document) if isinstance(document, dict) else document, ""
    ):
        name = _text(one, "service_name") or _text(one, "service")
        if "[RESOLVED]" in _text(one, "summary").upper():
            continue
        status = _AWS.get(_text(one, "status"), _text(one, "status"))
        _add(page, name, status, where, key=_text(one, "service"))
    return page


_MAKERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Source], PageReport]], ...] = (
    (_is_instatus, _read_instatus),
    (_is_incident_io, _read_incident_io),
    (_is_slack, _read_slack),
    (_is_better_stack, _read_better_stack),
    (_is_cachet, _read_cachet),
    (_is_google, _read_google),
    (_is_aws, _read_aws),
)
