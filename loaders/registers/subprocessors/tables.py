"""The tables in a list of sub-processors: CSV and the like, Markdown, HTML."""

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from knockon.graph.errors import InputError
from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.sheet import MAX_PROSE, Sheet
from knockon.loaders.registers.subprocessors.signs import (
    FRONT_MATTER,
    HEAD_LINES,
    has_items,
    has_markdown,
    is_html,
    title_of_front_matter,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_BYTES = 16 * 1024 * 1024  # lists have kilobytes
MAX_MARKDOWN = 4 * 1024 * 1024  # which takes 20 seconds for each megabyte of rows
_SEPARATORS = (",", "\t", ";")
_LONGEST = 2_000  # characters of a cell in which marks are looked for: no name has as many
_BOLD = re.compile(r"\*\*[^*]+\*\*:?|__[^_]+__:?|\*[^*]+\*:?|_[^_]+_:?")
_MARKED = re.compile(r"[\\`*_\[\]<>&!~\n]")


def read_sheets(source: Source) -> list[Sheet]:
    """Every table in the file. Raises InputError for what cannot be read as one."""
    source.refuse_larger(MAX_BYTES, "text")
    if is_html(source.text):
        from knockon.loaders.registers.subprocessors.html_tables import read_html_tables

        return read_html_tables(source.text, source.name)
    if has_markdown(source.text):
        source.refuse_larger(MAX_MARKDOWN, "Markdown")
        return list(_read_markdown(source.text))
    if has_items(source):
        source.refuse_larger(MAX_MARKDOWN, "Markdown")
        return []
    return [_read_separated(source.text, source.name)]


def _read_separated(text: str, name: str) -> Sheet:
    first = "\n".join(text.lstrip("\r\n").split("\n", HEAD_LINES)[:HEAD_LINES])
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


def _read_markdown(text: str) -> Iterator[Sheet]:
    """The tables of GitHub's Markdown, outside of code and front matter."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_block.table import escapedSplit

    parser = MarkdownIt("commonmark").enable("table")
    blocks = MarkdownIt("commonmark").enable("table")
    blocks.core.ruler.enableOnly(["normalize", "block"])  # what stands in a block is read below
    # front matter is no heading; its lines count
    plain = FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    lines = plain.splitlines()
    front = title_of_front_matter(text)
    page = title = prose = before = ""
    sheet, line = Sheet(), 0
    row: list[str] = []
    alone: list[int] = []  # numbers of rows of one cell that is bold
    bold = False  # whether names in other rows are bold, too
    raw: list[str] = []
    for token in blocks.parse(plain):
        if token.type == "table_open":
            sheet = Sheet(page, title, prose, front, continues=True)
            alone, bold = [], False
        elif token.type == "tr_open":
            row, raw, line = [], [], token.map[0] if token.map else 0
        elif token.type == "inline" and before == "heading_open":
            title = _read_inline(parser, token.content)
            page, prose = page or title, ""
        elif token.type == "inline" and before == "paragraph_open":
            prose += token.content[:MAX_PROSE] if len(prose) < MAX_PROSE else ""
        elif token.type == "inline" and before in ("th_open", "td_open"):
            row.append(_read_inline(parser, token.content))
            raw.append(token.content.strip())
        elif token.type == "tr_close" and not sheet.head:
            sheet.head = row
        elif token.type == "tr_close":
            cells = escapedSplit(lines[line].strip())  # the parser leaves out cells beyond the head
            marked = [bool(_BOLD.fullmatch(cell)) for cell in raw if cell]
            if marked == [True] and len(raw) > 1:
                alone.append(len(sheet.rows))
            elif marked[:1] == [True]:
                bold = True
            extra = len(cells) - (not cells[0].strip()) - (not cells[-1].strip()) - len(row)
            sheet.rows.append((line + 1, row + [""] * extra))
        elif token.type == "table_close":
            for number in reversed(alone if not bold else []):
                at, (section, *_) = sheet.rows.pop(number)
                sheet.asides.insert(0, (at, section))
            yield sheet
        before = token.type


def _read_inline(parser: "MarkdownIt", content: str) -> str:
    """The text of a cell or heading, without marks; a break becomes a semicolon."""
    if len(content) > _LONGEST or not _MARKED.search(content):
        return " ".join(content.split())
    found = []
    for token in parser.parseInline(content)[0].children or []:
        if token.type == "html_inline":
            found.append("; " if re.match(r"<br\b", token.content, re.IGNORECASE) else "")
        elif token.type in ("softbreak", "hardbreak"):
            found.append(" ")
        else:
            found.append(token.content)
    return " ".join("".join(found).split())
