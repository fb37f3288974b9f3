"""Lists of sub-processors, as companies publish them under Article 28 of the GDPR (EU 2016/679):
who processes data for whom, what for, and where. CSV, TSV, or a table or list in Markdown or HTML.

Columns are known by the words in their heads (`heads.py`), items of lists by how they
are written (`lists.py`). The company is named in a column, else in the title of the
page, the name of the file or the heading above. Purposes that tell how the company
depends (hosting, DNS, CDN, sign-in, certificates) become that relation (`PURPOSES`); all others,
support and analytics among them, are `uses`. A list states no strength.
"""

import re
from collections.abc import Iterator, Mapping

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.assembling.table import settle_tables
from knockon.loaders.parsing.csv_text import SEPARATORS, read_csv_table
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.subprocessors.items import read_items
from knockon.loaders.registers.subprocessors.lists import sheets_of_items
from knockon.loaders.registers.subprocessors.rows import Entry, entries_of
from knockon.loaders.registers.subprocessors.signs import has_markdown, is_html
from knockon.loaders.registers.subprocessors.tables import read_sheets

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


def read_subprocessors(
    source: SourceLike, company: str | None = None, mapping: Mapping[str, str] | None = None
) -> Tables:
    """Companies, their sub-processors, and what for.

    company: whose list it is, where no column says so; else the page, or the file, does.
    mapping: {their column: ours} of CSV, which is then read as any other table.
    Rows without a sub-processor, and tables and columns that are not read, are counted. Raises
    InputError where no table names sub-processors.
    """
    source = Source.of(source)
    if mapping:
        if is_html(source.head_text) or has_markdown(source.head_text):
            raise InputError(f"{source.name}: --map: columns of HTML and Markdown have no names")
        frame = read_csv_table(source, "".join(SEPARATORS), unnamed=True)
        return settle_tables(source, frame, mapping=mapping, company=company)
    findings = RowFindings()
    sheets = read_sheets(source)
    entries = [e for sheet in sheets for e in entries_of(sheet, source, findings, company)]
    if not entries and source.suffix not in (".csv", ".tsv"):
        sheets = list(sheets_of_items(read_items(source), source, findings))
        entries = [e for sheet in sheets for e in entries_of(sheet, source, findings, company)]
    if not entries:
        raise InputError(
            f"{source.name}: expected a table with a column such as Sub-processor and rows below "
            f"it, or a list below such a heading{_what_came(findings)}"
        )
    spelled: dict[str, str] = {}
    merged: dict[tuple[str, str, str], list[Entry]] = {}
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


def _what_came(findings: RowFindings) -> str:
    """What was seen and not used, for who expected more."""
    seen = [f"{f.count} {f.reason}" for f in findings.report() if f.action == "dropped"]
    return f"; found {some(seen, 3)}" if seen else ""


def relation_of(purpose: str) -> tuple[str, str]:
    """The relation that a purpose tells of, and the kind of who serves it.

    >>> relation_of("Cloud hosting and storage"), relation_of("Customer support")
    (('hosted_on', 'cloud_provider'), ('uses', 'service'))
    """
    words = purpose.lower()
    return next(((r, kind) for pattern, r, kind in _PATTERNS if pattern.search(words)), OTHER)


def _spelling(name: str, spelled: dict[str, str]) -> str:
    """The name as it was first written: case and blanks make no difference."""
    plain = " ".join(name.split())
    return spelled.setdefault(plain.casefold(), plain)


def _entities(merged: dict[tuple[str, str, str], list[Entry]], source: Source) -> pl.DataFrame:
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


def _dependencies(merged: dict[tuple[str, str, str], list[Entry]], source: Source) -> pl.DataFrame:
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


def _at(source: Source, entry: Entry) -> str:
    return f"{source.name}:{entry.line}"
