"""Rows of a list of sub-processors: who, what for, where, without what people write around it.

Title rows above the head, section rows, footnotes, repeated heads and rows that say that there is
nobody are no sub-processors; each is counted. A mark of a footnote is no part of a name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from knockon.graph.errors import clip
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.heads import columns_of
from knockon.loaders.registers.subprocessors.sheet import ITEM, Sheet
from knockon.loaders.registers.subprocessors.signs import WORD

HEAD_ROWS = 8  # within which a head is looked for
_NOTHING = re.compile(
    r"n\.?/?a\.?|not applicable|none|nil|tbd|tba|to be (determined|announced)|no(ne)? (third|sub).*"
    r"|[-–—.…]+", re.IGNORECASE,
)  # fmt: skip
_FOOTNOTE = re.compile(
    r"(\*+|[†‡§¹²³⁴-⁹]|\[\d{1,2}\]|\(\d\)|\d\)|notes?\b\s*[:*]|last updated|total\b)", re.I
)
_MARK = re.compile(r"(\s*(\*+|[†‡§¹²³⁰⁴-⁹]+|\[\^?\w{1,3}\]|(?<=\s)\(\d\)))+$")
_CONDITION = re.compile(
    r"\s*\((?:when|only|if|for|optional|via|used|where|unless|planned|until|legacy|as)\b[^()]*\)$"
)
_ADDRESS = re.compile(r"\d|@|https?:|www\.|,|^\(|registered|a company|corporation of", re.I)
_NOISE = re.compile(
    rf"{WORD.pattern}|\b(list|table|of|our|the|current|index|download|export"
    r"|appendix|annex|page|used by|and|affiliates"
    r"|authorized|authorised|approved|third[- ]party|s)\b|[|_#:()\[\]–—-]|'s\b|’s\b|\.\w+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Entry:
    """A sub-processor of a company, on a line."""

    company: str
    name: str
    purpose: str
    location: str
    line: int


def entries_of(
    sheet: Sheet, source: Source, findings: RowFindings, company: str | None = None
) -> Iterator[Entry]:
    """The sub-processors of one table; what else stands in it is counted.

    company: whose list it is, where no column says so
    """
    sheet = _with_head(sheet, source, findings)
    columns = columns_of(sheet.head, _is_titled(sheet, source))
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
    publisher = company or publisher_of(sheet, source)
    if "company" not in columns and not company:
        what = "a table without a column for the company; named by the page or file"
        findings.add("note", what, clip(publisher, 60))
    yield from _entries(sheet, columns, publisher, source, findings)


def publisher_of(sheet: Sheet, source: Source) -> str:
    """`Acme` of the title `Acme's list of sub-processors`, or of acme-subprocessors.csv."""
    for text in (sheet.page, sheet.front, source.stem, sheet.title):
        name = " ".join(_NOISE.sub(" ", text).split())
        if name:
            return name.capitalize() if text == source.stem else name
    return f"the publisher of {source.name}"


def _is_titled(sheet: Sheet, source: Source) -> bool:
    """Whether the page, the heading, the words above the table or the file speak of them."""
    said = (
        sheet.page,
        sheet.title,
        sheet.prose,
        sheet.front,
        source.stem,
        *(t for _, t in sheet.asides[:2]),
    )
    return any(map(WORD.search, said))


def _with_head(sheet: Sheet, source: Source, findings: RowFindings) -> Sheet:
    """The table with the row for its head that names its columns; rows above it are counted."""
    plain = len(set(sheet.head)) == len(sheet.head)  # no cell over several columns above the head
    if plain and "subprocessor" in columns_of(sheet.head, _is_titled(sheet, source)):
        return sheet
    above = [sheet.head]
    for number, (line, cells) in enumerate(sheet.rows[:HEAD_ROWS]):
        titles = [" ".join(filter(None, row)) for row in above]
        titled = _is_titled(sheet, source) or any(map(WORD.search, titles))
        found = columns_of(cells, titled)
        if "subprocessor" in found and len(found) > 1:
            what = "a row above the head of a table"
            findings.add("note", what, f"{source.name}:{line}", number + 1)
            page = sheet.page or next(filter(WORD.search, titles), "")
            title = sheet.title or " ".join(titles)
            rows = sheet.rows[number + 1 :]
            return replace(sheet, page=page, title=title, head=cells, rows=rows)
        above.append(cells)
    return sheet


def _entries(
    sheet: Sheet, columns: dict[str, int], publisher: str, source: Source, findings: RowFindings
) -> Iterator[Entry]:
    head = [cell.strip().casefold() for cell in sheet.head]
    above: list[str] = []
    for line, cells in sheet.rows:
        at = f"{source.name}:{line}"
        held = {k: cells[i].strip() if i < len(cells) else "" for k, i in columns.items()}
        said = [cell.strip() for cell in cells if cell.strip()]
        reason = _no_row(cells, said, head)
        if reason is None and held["subprocessor"] and _NOTHING.fullmatch(held["subprocessor"]):
            reason = "a row that says that there is no sub-processor"
        if reason is None and not held["subprocessor"] and not (above and sheet.continues):
            reason = "a row without a sub-processor"
        if reason:
            findings.lose(source.name, "dropped", reason, at)
            continue
        if held["subprocessor"]:
            above = _names(held["subprocessor"], at, findings)
        else:
            what = "a row without a name below one with it; taken as of the same sub-processor"
            findings.add("note", what, f"{clip(', '.join(above), 60)} at {at}")
        purpose, location = (_plain(held.get(k, "")) for k in ("purpose", "location"))
        for name in above:
            company = _plain(held.get("company", "")) or publisher
            yield Entry(company, name, purpose, location, line)


def _no_row(cells: list[str], said: list[str], head: list[str]) -> str | None:
    """Why a row is none, None where it may be one."""
    if len(cells) > len(head):
        return "a row with more cells than the table has columns"
    if [cell.strip().casefold() for cell in cells] == head:
        return "the head of the table, again"
    if len(said) == 1 and len(head) > 1 and _FOOTNOTE.match(said[0]):
        return "a footnote in a row of the table"
    if len(said) == 1 and len(head) > 1 and said[0].endswith(":"):
        return "a row that is the title of a section"
    return None


def _names(cell: str, at: str, findings: RowFindings) -> list[str]:
    """The names in a cell: one, or one per item of a list; an address below is none."""
    items = ("\n" + cell).split(ITEM) if ITEM in "\n" + cell else [cell]
    found = []
    for item in items:
        lines = [line.strip() for line in re.split(r"\n|; ", item) if line.strip()]
        below = [line for line in lines[1:] if _ADDRESS.search(line)]
        if below:
            what = "an address or note below the name of a sub-processor; left out"
            findings.add("note", what, f"{clip(below[0], 60)!r} at {at}")
        elif len(lines) > 1:
            what = "a name of a sub-processor over several lines; taken as one"
            findings.add("note", what, f"{clip(' '.join(lines), 60)!r} at {at}")
        name = " ".join(line for line in lines if line not in below)
        if condition := _CONDITION.search(name := _MARK.sub("", name).strip()):
            what = "a condition in brackets behind the name of a sub-processor; left out of it"
            findings.add("note", what, f"{clip(name, 60)!r} at {at}")
            name = name[: condition.start()].strip()
        if name:
            found.append(name)
    if len(found) > 1:
        findings.add("note", "a cell that names several sub-processors; each is one", at)
    return found or [cell]


def _plain(text: str) -> str:
    """A cell in one line; nothing where it says that there is nothing."""
    line = " ".join(("\n" + text).replace(ITEM, "; ").removeprefix("; ").split())
    return "" if _NOTHING.fullmatch(line) else line
