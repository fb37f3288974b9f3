"""Lists of sub-processors that are no tables: items in Markdown or on a page.

An item is a name, marked (`[Stripe](...)`, `**Stripe**`) or before a colon, a dash or a bracket,
and what for. Items such as `Purpose: payments` below it, or below a heading, belong to that name.
Items are read only where the heading above, or the page, speaks of sub-processors.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.sheet import Sheet
from knockon.loaders.registers.subprocessors.signs import WORD

HEAD = ["Sub-processor", "Purpose", "Location"]
_SPLIT = re.compile(r"(.{1,80}?)(?::\s+|\s+[-–—]\s+|\s+(?=\())(.*)", re.DOTALL)
_PURPOSE = re.compile(r"purpose|services?|role|function|description|use|used for|what for", re.I)
_LOCATION = re.compile(r".*(location|countr|region|residency|jurisdiction).*|hosted in", re.I)
_KNOWN = re.compile(
    r"data( categories| processed| shared)?|website|address|contact|dpa|privacy( policy)?|url"
    r"|safeguards?|transfer.*|legal basis|certifications?|security|compliance|retention"
    r"|type|status", re.I,
)  # fmt: skip
_ASIDE = re.compile(
    r"\b(what|how|why|when|who|your|rights?|chang|notif|updat|object|contact|definition|criteria"
    r"|selection|management|diligence|review|example|history|question|faq)", re.I,
)  # fmt: skip
_CATEGORY = re.compile(
    r"((cloud|web|data|application|app) )?(hosting|infrastructure|analytics|payments?|e-?mail"
    r"|support|customer support|monitoring|authentication|logging|cdn|dns|databases?|storage"
    r"|billing|security|error (tracking|monitoring)|communications?|messaging|crm|search|ai"
    r"|observability|backups?)"
    r"( (processing|processors?|services?|providers?|tools?|delivery|partners?|models?))?", re.I,
)  # fmt: skip
_WORDS = 8  # of a name, at most


@dataclass(frozen=True)
class Item:
    """A heading, or an item of a list: its line, what is marked at its beginning, and the rest.

    level: of a heading from 1, None for an item; depth: of an item from 1
    """

    line: int
    name: str
    text: str
    level: int | None = None
    depth: int = 0


@dataclass
class _Named:
    line: int
    name: str
    depth: int = 1
    opens: bool = False  # ends with a colon: names may follow below
    purposes: list[str] = field(default_factory=list)
    locations: list[str] = field(default_factory=list)


def sheets_of_items(items: list[Item], source: Source, findings: RowFindings) -> Iterator[Sheet]:
    """The lists as tables with the columns of HEAD; items that name nobody are counted."""
    page = next((i.text for i in items if i.level is not None), "")
    sections = list(_sections(items))
    said = [path for path, _ in sections if any(map(WORD.search, path[1:])) and not _is_aside(path)]
    whole = WORD.search(f"{page} {source.stem}") is not None
    for path, inner in sections:
        chosen = path in said if said else whole and not _is_aside(path)
        listed = [i for i in inner if i.level is None]
        if not chosen:
            if listed and (said or whole):
                what = "an item of a list that is about something else than who they are"
                findings.add("note", what, f"{source.name}:{listed[0].line}", len(listed))
            continue
        sheet = Sheet(page, path[-1] if path else "", head=HEAD)
        for found in _named(path[-1] if len(path) > 1 else "", listed, source, findings):
            cells = [found.name, "; ".join(found.purposes), "; ".join(found.locations)]
            sheet.rows.append((found.line, cells))
        if sheet.rows:
            yield sheet


def _sections(items: list[Item]) -> Iterator[tuple[tuple[str, ...], list[Item]]]:
    """The items below each heading, with the headings above."""
    path: list[tuple[int, str]] = []
    inner: list[Item] = []
    for item in items:
        if item.level is None:
            inner.append(item)
            continue
        if inner:
            yield tuple(text for _, text in path), inner
        while path and path[-1][0] >= item.level:
            path.pop()
        path.append((item.level, item.text))
        inner = []
    if inner:
        yield tuple(text for _, text in path), inner


def _is_aside(path: tuple[str, ...]) -> bool:
    return any(map(_ASIDE.search, path[1:]))


def _named(
    title: str, items: list[Item], source: Source, findings: RowFindings
) -> Iterator[_Named]:
    """Who is named, with what is said below the name; `title` names who has no item."""
    current: _Named | None = None
    group: _Named | None = None  # the item that is a group of those below it
    for item in items:
        key, value = _attribute(item)
        group = None if group is not None and item.depth <= group.depth else group
        below = current is not None and item.depth > current.depth
        if current is not None and below and not key and (item.name or current.opens):
            what = "an item that is a group of those below it"
            place = f"{source.name}:{current.line}"
            findings.add("note", what, f"{clip(current.name, 60)!r} at {place}")
            current, group, below = None, current, False
        if current is None and key and title:
            current = _Named(item.line, title)
        if current is not None and (key or below):
            said = value if key else f"{item.name} {item.text}".strip()
            if said and key != "other":
                (current.locations if key == "location" else current.purposes).append(said)
            continue
        found = _split(item)
        if not found:
            _drop(item, source, findings)
        for named in found:
            if group is not None and not named.purposes:
                named.purposes.append(group.name)
        yield from [current] if current is not None else []
        yield from found[:-1]
        current = found[-1] if found else None
    if current is not None:
        yield current


def _drop(item: Item, source: Source, findings: RowFindings) -> None:
    what = "an item of a list that names no sub-processor"
    shown = f"{clip(f'{item.name} {item.text}'.strip(), 60)!r}"
    findings.read(source.name, 1)
    findings.lose(source.name, "dropped", what, f"{shown} at {source.name}:{item.line}")


def _attribute(item: Item) -> tuple[str, str]:
    """`purpose`, `location` or `other`, and the value, of `Purpose: payments`; else empty."""
    if item.name:
        marked = item.name.endswith(":") or item.text.startswith(":")
        key, value = item.name, item.text
    else:
        key, colon, value = item.text.partition(":")
        marked = bool(colon)
    key = key.strip(" :")
    for kind, pattern in (("location", _LOCATION), ("purpose", _PURPOSE), ("other", _KNOWN)):
        if marked and len(key.split()) < 5 and pattern.fullmatch(key):
            return kind, value.strip(" :")
    return "", ""


def _split(item: Item) -> list[_Named]:
    """The names in an item and what for; none where it reads like a sentence.

    Of `Hosting: AWS` the second is the name: what is before the colon is a purpose.
    """
    last = item.text or item.name
    opens = last.endswith(":") and not (item.name and item.text)
    if item.name:
        name, rest = item.name, item.text
    else:
        parted = _SPLIT.fullmatch(item.text)
        name, rest = parted.groups() if parted else (item.text, "")
    name, rest = name.strip(" :"), rest.strip(" .:–—-\n")
    if rest.startswith("(") and rest.endswith(")"):
        rest = rest[1:-1]
    if rest and _CATEGORY.fullmatch(name):
        names = [n.strip(" .") for n in re.split(r"[,;]|\band\b", rest)]
        return [_Named(item.line, n, item.depth, purposes=[name]) for n in names if _is_name(n)]
    if not _is_name(name, marked=bool(item.name)):
        return []
    return [_Named(item.line, name, item.depth, opens, [rest] if rest else [])]


def _is_name(text: str, marked: bool = False) -> bool:
    """Whether a text may be a name: short, and no sentence.

    One that begins in lower case is spelt as names are (`hCaptcha`, `n8n`, `tray.io`), or it is
    one marked word (`[auth0](...)`).
    """
    words = text.split()
    if not 0 < len(words) <= _WORDS or re.search(r"[.?!]$", text.replace("Inc.", "")):
        return False
    spelt = re.search(r"[A-Z\d]|\w\.\w", words[0]) is not None
    return spelt or not text[0].islower() or (marked and len(words) == 1)
