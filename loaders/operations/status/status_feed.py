"""Feeds of incidents, Atom (RFC 4287) or RSS 2.0, as status pages publish them.

A feed names the page and its incidents, newest first. What an incident's state is stands in other
places with each maker: in bold before the newest update (Statuspage, Instatus; incident.io writes
`Status: Resolved`), in brackets in the title (AWS: `[INVESTIGATING]`), before the title (Google:
`UPDATE:`, `RESOLVED:`) or behind it (Azure: `- Mitigated`); Azure's feed lists active events only.
AWS writes each update of an event as an item of its own. A feed names no severity.
"""

import re
from collections.abc import Iterator

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.status.reports import UNSTATED, PageReport, Reported, is_over
from knockon.loaders.parsing.safe_xml import Element
from knockon.loaders.parsing.source import Source, SourceLike

_BOLD = re.compile(
    r"<(?:strong|b)>\s*(?:status:\s*)?([A-Za-z ]{1,40}?)\s*[:.]?\s*</(?:strong|b)>", re.IGNORECASE
)
_LABELLED = re.compile(r"\bstatus:\s*(?:</?[a-z]+>\s*)*([A-Za-z ]{1,40}?)\s*(?:<|$|[\r\n])", re.I)
_BRACKETS = re.compile(r"\[([A-Za-z ]{1,40})\]")
_BEFORE = re.compile(r"\s*([A-Za-z ]{1,40}?)\s*(?::|\s[-–—]\s)")
_AFTER = re.compile(r"\s[-–—]\s([A-Za-z]{1,40})\s*$")
_OF_SERVICE = re.compile(r"(.+#.+)_\d{6,}")  # AWS: an update's service and time
_AROUND = re.compile(r"^[A-Za-z ]{1,40}:\s|\[[A-Za-z ]{1,40}\]")  # what stands about its subject
_NORMAL = re.compile(r"\bservice is operating normally\b", re.IGNORECASE)
_ACTIVE_ONLY = re.compile(r"azure\.status\.microsoft|status\.azure\.com")
_MOST = 1000  # letters of a title
_TITLE = re.compile(
    r"\s*(?:[-–|:]\s*)?(?:status\b.*|incident history.*|service (?:status|health).*)$",
    re.IGNORECASE,
)


def read_status_feed(source: SourceLike) -> Tables:
    """The page as one entity; its incidents are counted by state."""
    source = Source.of(source)
    rows = Rows(source.name, f"incident feed {source.name}")
    page = read_feed(source, rows.findings)
    for one in page.reported:
        rows.findings.add(
            "note", "an incident that is open", f"{clip(one.name, 80)} at {one.where}"
        )
    rows.add_entity(page.name, "", kind="platform")
    return rows.build_tables(
        f"Incidents of {clip(page.name, 60)}", "/history.atom of the status page"
    )


def read_feed(source: Source, findings: Findings) -> PageReport:
    """The open incidents, by title; their status is UNSTATED. What is over is counted, and what
    does not tell its state is listed."""
    root = source.xml
    channel = root.first("channel") or root
    page = PageReport(_page_name(root, source), _date(channel))
    lists_active_only = _lists_active_only(channel)
    newest: dict[tuple[str, str], bool | None] = {}
    for entry in channel.all("entry", "item"):
        title, where = entry.text_of("title"), f"{source.name}:{entry.line}"
        over = next((o for o in map(is_over, _states(entry)) if o is not None), None)
        if over is None and (_NORMAL.search(title) or _NORMAL.search(_body(entry))):
            over = True
        if over is None and lists_active_only:
            over = False
        event = _name_event(entry)
        if event is not None and newest.setdefault(event, over):
            over = True  # the newest update of an event says how it stands
        if over:
            findings.add("note", "an incident that is over", f"{clip(title, 80)} at {where}")
        elif over is None:
            reason = "an incident whose state the feed does not tell"
            findings.add("dropped", reason, f"{clip(title, 80)} at {where}")
            page.untold.append(f"{clip(title, 60)} at {where}")
        else:
            words = " ".join([title, *(c.text.strip() for c in entry.all("category"))])
            identifier = entry.text_of("id") or entry.text_of("guid") or title
            page.reported.append(Reported(words, identifier, page.name, UNSTATED, where))
    return page


def _name_event(entry: Element) -> tuple[str, str] | None:
    """The service and the subject of an update that is one item of several, newest first."""
    found = _OF_SERVICE.fullmatch(entry.text_of("guid"))
    if found is None:
        return None
    title = _shrink(entry.text_of("title"))[:_MOST]
    return found[1], " ".join(_AROUND.sub(" ", title).split()).casefold()


def _states(entry: Element) -> Iterator[str]:
    """What may be the state of an incident, the surest place first."""
    title, body = _shrink(entry.text_of("title"))[:_MOST], _shrink(_body(entry))
    yield from (found[1] for found in _BRACKETS.finditer(title))
    for pattern, text in ((_BEFORE, title), (_BOLD, body), (_LABELLED, body)):
        found = pattern.search(text) if pattern is not _BEFORE else pattern.match(text)
        if found:
            yield found[1]
    if (found := _AFTER.search(title)) is not None:
        yield found[1]
    yield from (found[1] for found in _BRACKETS.finditer(body[:200]))


def _shrink(text: str) -> str:
    """With one blank, or end of a line, in the place of many: patterns that look for words between
    blanks take a time that grows with the square of their number."""
    return re.sub(r"\s+", lambda found: "\n" if {*found[0]} & {*"\r\n"} else " ", text)


def _body(entry: Element) -> str:
    return entry.text_of("content") or entry.text_of("summary") or entry.text_of("description")


def _lists_active_only(channel: Element) -> bool:
    """Whether the page lists what is active and nothing else, as Azure's does."""
    links = [channel.text_of("link"), *(c.attributes.get("href", "") for c in channel.all("link"))]
    return any(_ACTIVE_ONLY.search(link) for link in links)


def _date(channel: Element) -> str:
    return channel.text_of("updated") or channel.text_of("lastBuildDate")


def _page_name(root: Element, source: Source) -> str:
    """The name of the page: `GitHub` of `GitHub Status - Incident History`."""
    channel = root.first("channel") or root
    title = _shrink(channel.text_of("title"))[:_MOST]
    if root.local not in ("feed", "rss") or not title:
        raise InputError(f"{source.name}: expected an Atom or RSS feed with a title")
    return _TITLE.sub("", title) or title
