"""Feeds of incidents, Atom (RFC 4287) or RSS 2.0, as status pages publish them.

A feed names the page and its incidents, newest first; the newest update within an incident begins
with its state in bold (`<strong>Resolved</strong>`). It names no component and no severity.
"""

import re
from collections.abc import Iterator

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.status.statuspage import NOT_NOW, Reported
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike

OPEN = ("investigating", "identified", "monitoring", "update", "in progress", "verifying")
UNSTATED = ""  # the status of what a feed reports
_STATE = re.compile(r"<(?:strong|b)>\s*([A-Za-z ]{1,40}?)\s*</(?:strong|b)>")
_TITLE = re.compile(
    r"\s*(?:[-–|:]\s*)?(?:status\b.*|incident history.*|service status.*)$", re.IGNORECASE
)


def read_status_feed(source: SourceLike) -> Tables:
    """The page as one entity; its incidents are counted by state."""
    source = Source.of(source)
    rows = Rows(source.name, f"incident feed {source.name}")
    for one in _incidents(source, rows.findings):
        rows.findings.add(
            "note", "an incident that is open", f"{clip(one.name, 80)} at {one.where}"
        )
    name = _page(source.xml, source)
    rows.entity(name, "", kind="platform")
    return rows.tables(f"Incidents of {clip(name, 60)}", "/history.atom of the status page")


def reported_in_feed(source: Source, findings: Findings) -> list[Reported]:
    """The open incidents, by title; their status is UNSTATED. What is over is counted."""
    return list(_incidents(source, findings))


def _incidents(source: Source, findings: Findings) -> Iterator[Reported]:
    root = source.xml
    page = _page(root, source)
    channel = root.first("channel") or root
    for entry in channel.all("entry", "item"):
        title, where = entry.text_of("title"), f"{source.name}:{entry.line}"
        text = entry.text_of("content") or entry.text_of("summary") or entry.text_of("description")
        found = _STATE.search(text)
        state = found[1].lower() if found else ""
        if state in NOT_NOW:
            findings.add("note", "an incident that is over", f"{clip(title, 80)} at {where}")
        elif state in OPEN:
            yield Reported(title, entry.text_of("id") or title, page, UNSTATED, where)
        else:
            reason = "an incident whose state the feed does not tell"
            findings.add("dropped", reason, f"{clip(title, 80)} at {where}")


def _page(root: Element, source: Source) -> str:
    """The name of the page: `GitHub` of `GitHub Status - Incident History`."""
    channel = root.first("channel") or root
    title = channel.text_of("title")
    if root.local not in ("feed", "rss") or not title:
        raise InputError(f"{source.name}: expected an Atom or RSS feed with a title")
    return _TITLE.sub("", title) or title
