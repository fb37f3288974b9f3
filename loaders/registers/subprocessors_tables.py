"""The tables in a list of sub-processors: CSV and the like, Markdown, HTML."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors_signs import RULE, has_markdown, is_html

MAX_BYTES = 64 * 1024 * 1024
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})\b[^<>]*>|<[!?][^<>]*>")
_HEADINGS = ("h1", "h2", "h3", "title", "caption")
_LINK = re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)")
_SEPARATORS = (",", "\t", ";")


@dataclass
class Sheet:
    """A table: the title of the page, the heading above it, its head, and its rows with the line
    on which each begins."""

    page: str = ""
    title: str = ""
    head: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def sheets_of(source: Source) -> list[Sheet]:
    """Every table in the file. Raises InputError for what cannot be read as one."""
    source.refuse_larger(MAX_BYTES, "text")
    text = source.text
    if is_html(text):
        page = _Page()
        page.feed(_without_comments(text))
        return page.sheets
    if has_markdown(text):
        return list(_markdown(text))
    return [_separated(text, source.name)]


def _without_comments(text: str) -> str:
    """The page without `<!-- -->`, its lines kept; a comment that does not end takes the rest."""
    kept = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        end = text.find("-->", start + 4)
        at = end + 3 if end >= 0 else len(text)
        kept.append("\n" * text.count("\n", start, at))
    return "".join([*kept, text[at:]])


def _separated(text: str, name: str) -> Sheet:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    sheet, before = Sheet(), 0
    try:
        for row in reader:
            start, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in row):
                continue
            if sheet.head:
                sheet.rows.append((start, row))
            else:
                sheet.head = row
    except csv.Error as error:
        raise InputError(f"{name}:{before + 1}: not readable as CSV: {error}") from None
    return sheet


def _markdown(text: str) -> Iterator[Sheet]:
    page, title, sheet = "", "", None
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            title, sheet = _unmarked(line.lstrip("#")), None
            page = page or title
        elif "|" not in line or not line.strip():
            sheet = None
        elif sheet is not None:
            if not RULE.fullmatch(line.strip()):
                sheet.rows.append((number, _cells(line)))
        elif number < len(lines) and RULE.fullmatch(lines[number].strip()):
            sheet = Sheet(page, title, _cells(line))
            yield sheet


def _cells(line: str) -> list[str]:
    """The cells of a row of a Markdown table, without marks; an escaped bar is a bar."""
    inner = line.strip().removeprefix("|")
    parts = re.split(r"(?<!\\)\|", inner)
    if parts and not parts[-1].strip():
        parts.pop()
    return [_unmarked(p.replace("\\|", "|")) for p in parts]


def _unmarked(text: str) -> str:
    plain = _LINK.sub(r"\1", re.sub(r"<br\s*/?>", "; ", text, flags=re.IGNORECASE))
    return re.sub(r"\*\*|__|`", "", plain).strip()


class _Page:
    """Tables of a page; the first row of each is its head. A table in a table stands alone.

    Tags are found by a pattern that looks at each character once: `html.parser` takes quadratic
    time over a page of opened comments (80 kB: 14 s). Nothing but the text of cells matters here.
    """

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._open: list[Sheet] = []
        self._row: list[str] | None = None
        self._text: list[str] | None = None
        self._heading: list[str] | None = None
        self._page, self._title = "", ""
        self._hidden = ""
        self._line = self._begun = 1

    def feed(self, text: str) -> None:
        """The whole page."""
        at = 0
        for found in _TAG.finditer(text):
            self._data(text[at : found.start()])
            at = found.end()
            self._line += found[0].count("\n")
            tag = found[2].lower() if found[2] else ""
            if self._hidden:
                self._hidden = "" if found[1] and tag == self._hidden else self._hidden
            elif found[1]:
                self._end(tag)
            elif tag:
                self._start(tag)
        self._data(text[at:])
        self._end_row()

    def _start(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = tag
        elif tag == "table":
            self._end_row()
            self._open.append(Sheet(self._page, self._title))
            self.sheets.append(self._open[-1])
        elif tag == "tr":
            self._end_row()
            self._row, self._begun = [], self._line
        elif tag in ("td", "th"):
            self._end_cell()
            self._text = []
        elif tag in _HEADINGS:
            self._heading = []
        elif tag in ("br", "p", "li", "div"):
            self._add(" ")

    def _end(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            if self._open:
                self._open.pop()
        elif tag in _HEADINGS and self._heading is not None:
            self._title = " ".join("".join(self._heading).split()) or self._title
            if tag == "caption" and self._open:
                self._open[-1].title = self._title
            self._page = self._page or self._title
            self._heading = None

    def _data(self, data: str) -> None:
        self._line += data.count("\n")
        if not self._hidden:
            self._add(unescape(data))

    def _add(self, data: str) -> None:
        for text in (self._text, self._heading):
            if text is not None:
                text.append(data)

    def _end_cell(self) -> None:
        if self._text is not None and self._row is not None:
            self._row.append(" ".join("".join(self._text).split()))
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        row, self._row = self._row, None
        if not self._open or not row or not any(row):
            return
        if self._open[-1].head:
            self._open[-1].rows.append((self._begun, row))
        else:
            self._open[-1].head = row
