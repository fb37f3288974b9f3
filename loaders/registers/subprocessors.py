"""Lists of sub-processors, as companies publish them under Article 28 of the GDPR (EU 2016/679):
who processes data for whom, what for, and where. CSV, TSV, a Markdown table or an HTML page.

Columns are known by the words in their heads (`HEADS`). The company is named in a column, else in
the title of the page, the name of the file or the heading above. Purposes that tell how the company
depends (hosting, DNS, CDN, sign-in, certificates) become that relation (`PURPOSES`); all others,
support and analytics among them, are `uses`. A list states no strength.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.subprocessors_sheet import Sheet
from knockon.loaders.registers.subprocessors_signs import WORD
from knockon.loaders.registers.subprocessors_tables import read_sheets

# what a column holds, by the words in its head; the first that fits, in this order
HEADS = (
    ("subprocessor", WORD.pattern),
    ("location", r"location|countr|region|jurisdiction|where|data residency|hosted in"),
    ("company", r"^(controller|customer|processor|company|used by|on behalf of|product)\b"),
    ("purpose", r"purpose|service|activit|function|description|use case|reason|nature|processing"),
)
# heads of the sub-processor where none of them says so
PLAIN = re.compile(r"^(third part(y|ies)|vendor|supplier|provider|entity|company|organi[sz]ation"
                   r"|name)( legal)?( name)?s?$")  # fmt: skip
# purposes in words -> relation, and the kind of who does that; the most fundamental first
PURPOSES = (
    (r"\bhost(ing|ed|s)?\b|\binfrastructure(?! monitoring)|\bdata cent(er|re)s?\b|\b[ip]aas\b"
     r"|\bcloud (provider|platform|storage|computing|infrastructure|services?)\b",
     "hosted_on", "cloud_provider"),
    (r"\bdns\b|\bdomain name", "resolved_by", "dns_provider"),
    (r"\bcdn\b|\bcontent (delivery|distribution)\b|\bedge (delivery|network)",
     "delivered_by", "cdn_provider"),
    (r"\bauthenticat|\bidentity (provider|management)|\bsingle sign|\bsso\b"
     r"|\blog ?in\b|\bsign ?in\b",
     "authenticates_with", "identity_provider"),
    (r"\b(tls|ssl) certificat|\bcertificate authorit", "certified_by", "certificate_authority"),
)  # fmt: skip
OTHER = ("uses", "service")
_PATTERNS = tuple((re.compile(p), relation, kind) for p, relation, kind in PURPOSES)
_NOISE = re.compile(
    rf"{WORD.pattern}|\b(list|table|of|our|the|current|index|download|export"
    r"|appendix|annex|page|used by|and|affiliates"
    r"|authorized|authorised|approved|third[- ]party|s)\b|[|_#:()\[\]–—-]|'s\b|’s\b|\.\w+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Entry:
    company: str
    name: str
    purpose: str
    location: str
    line: int


def read_subprocessors(source: SourceLike) -> Tables:
    """Companies, their sub-processors, and what for.

    Rows without a sub-processor, and tables and columns that are not read, are counted. Raises
    InputError where no table names sub-processors.
    """
    source = Source.of(source)
    findings = RowFindings()
    entries = [
        entry for sheet in read_sheets(source) for entry in _entries(sheet, source, findings)
    ]
    if not entries:
        raise InputError(
            f"{source.name}: expected a table with a column such as Sub-processor and rows below it"
        )
    spelled: dict[str, str] = {}
    merged: dict[tuple[str, str, str], list[_Entry]] = {}
    for entry in entries:
        company, name = (_spelling(n, spelled) for n in (entry.company, entry.name))
        relation, _ = relation_of(entry.purpose)
        if company == name:
            findings.lose(source.name, "dropped", "a company that lists itself", _at(source, entry))
            continue
        known = merged.setdefault((company, name, relation), [])
        if known:
            what = "a sub-processor that stands before with a purpose of the same kind"
            findings.lose(source.name, "merged", what, f"{clip(name, 60)} at {_at(source, entry)}")
        known.append(entry)
    return Tables(
        entities=_entities(merged, source),
        dependencies=_dependencies(merged, source),
        title=f"Sub-processors of {some(dict.fromkeys(c for c, _, _ in merged))}",
        report=findings.report(),
    )


def relation_of(purpose: str) -> tuple[str, str]:
    """The relation that a purpose tells of, and the kind of who serves it.

    >>> relation_of("Cloud hosting and storage"), relation_of("Customer support")
    (('hosted_on', 'cloud_provider'), ('uses', 'service'))
    """
    words = purpose.lower()
    return next(((r, kind) for pattern, r, kind in _PATTERNS if pattern.search(words)), OTHER)


def _entries(sheet: Sheet, source: Source, findings: RowFindings) -> Iterator[_Entry]:
    columns = columns_of(sheet.head, bool(WORD.search(f"{sheet.page} {sheet.title} {source.stem}")))
    findings.read(source.name, len(sheet.rows) + len(sheet.asides))
    for line, text in sheet.asides:
        place = f"{clip(text, 60)!r} at {source.name}:{line}"
        findings.lose(source.name, "dropped", "a row that is one cell over all columns", place)
    if "subprocessor" not in columns:
        what = "a row of a table that names no sub-processors"
        if sheet.rows:
            place = f"{source.name}:{sheet.rows[0][0]}"
            findings.lose(source.name, "dropped", what, place, len(sheet.rows))
        return
    for number, head in enumerate(sheet.head):
        if number not in columns.values() and head.strip():
            place = f"{clip(head, 40)!r} of {source.name}"
            findings.add("note", "a column that is not read", place)
    publisher = _publisher(sheet, source)
    if "company" not in columns:
        what = "a table without a column for the company; named by the page or file"
        findings.add("note", what, clip(publisher, 60))
    for line, cells in sheet.rows:
        if len(cells) > len(sheet.head):
            what = "a row with more cells than the table has columns"
            findings.lose(source.name, "dropped", what, f"{source.name}:{line}")
            continue
        held = {k: cells[i].strip() if i < len(cells) else "" for k, i in columns.items()}
        if not held["subprocessor"]:
            what = "a row without a sub-processor"
            findings.lose(source.name, "dropped", what, f"{source.name}:{line}")
            continue
        yield _Entry(
            held.get("company") or publisher, held["subprocessor"], held.get("purpose", ""),
            held.get("location", ""), line,
        )  # fmt: skip


def columns_of(head: list[str], titled: bool) -> dict[str, int]:
    """What each column holds, by the words in its head; each thing once, the first that fits.

    titled: the heading or the file says that these are sub-processors, so `Name` is enough
    """
    found: dict[str, int] = {}
    words = [" ".join(re.sub(r"[_\W]+", " ", h).lower().split()) for h in head]
    for what, pattern in HEADS:
        for number, text in enumerate(words):
            if what not in found and number not in found.values() and re.search(pattern, text):
                found[what] = number
    if "subprocessor" not in found and titled:
        plain = next((n for n, text in enumerate(words) if PLAIN.match(text)), None)
        if plain is not None:
            found = {what: n for what, n in found.items() if n != plain}
            found["subprocessor"] = plain
    return found


def _publisher(sheet: Sheet, source: Source) -> str:
    """`Acme` of the title `Acme's list of sub-processors`, or of acme-subprocessors.csv."""
    for text in (sheet.page, source.stem, sheet.title):
        name = " ".join(_NOISE.sub(" ", text).split())
        if name:
            return name.capitalize() if text == source.stem else name
    return f"the publisher of {source.name}"


def _spelling(name: str, spelled: dict[str, str]) -> str:
    """The name as it was first written: case and blanks make no difference."""
    plain = " ".join(name.split())
    return spelled.setdefault(plain.casefold(), plain)


def _entities(merged: dict[tuple[str, str, str], list[_Entry]], source: Source) -> pl.DataFrame:
    """Companies first; a sub-processor is what its most fundamental purpose makes it."""
    order = [kind for _, _, kind in PURPOSES] + [OTHER[1]]
    kinds = {company: "enterprise" for company, _, _ in merged}
    lines: dict[str, int] = {}
    for (_, name, _), entries in merged.items():
        kind = relation_of(entries[0].purpose)[1]
        if kinds.get(name) != "enterprise":
            kinds[name] = min(kind, kinds.get(name, kind), key=order.index)
        lines.setdefault(name, entries[0].line)
    return pl.DataFrame(
        {
            "id": list(kinds), "kind": list(kinds.values()),
            FILE: [source.name] * len(kinds), LINE: [lines.get(name) for name in kinds],
        },
        {"id": pl.String, "kind": pl.String, FILE: pl.String, LINE: pl.Int64},
    )  # fmt: skip


def _dependencies(merged: dict[tuple[str, str, str], list[_Entry]], source: Source) -> pl.DataFrame:
    rows = [
        (company, name, relation, _joined(e.purpose for e in entries),
         _joined(e.location for e in entries), source.name, source.name, entries[0].line)
        for (company, name, relation), entries in merged.items()
    ]  # fmt: skip
    columns = ("dependent", "provider", "relation", "purpose", "location", "source", FILE)
    schema = {**dict.fromkeys(columns, pl.String), LINE: pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _joined(texts: Iterator[str]) -> str | None:
    return "; ".join(dict.fromkeys(t for t in texts if t)) or None


def _at(source: Source, entry: _Entry) -> str:
    return f"{source.name}:{entry.line}"
