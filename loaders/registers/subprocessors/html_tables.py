"""Tables of an HTML page, parsed as browsers do (the Lexbor engine, by selectolax)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knockon.graph.errors import InputError
from knockon.loaders.registers.subprocessors.sheet import ITEM, MAX_PROSE, Sheet

MAX_CELLS = 2_000_000  # of all tables of a page, those over several rows counted in each
MAX_SPAN = 1_000  # rows or columns over which one cell may reach, as in browsers
_HEADINGS = ("h1", "h2", "h3", "title", "caption")
_BREAK, _ITEM = "\ue000", "\ue001"  # in the text of a cell, until it is put together
_SPACED = {"br": _BREAK, "p": _BREAK, "div": _BREAK, "li": _ITEM}
_HIDDEN = ("script", "style", "template")
_LINE = "data-knockon-line"
MAX_DEPTH = 2_000  # elements that are open at once: parsers look through them again and again
_RAISED = re.compile(r"\d{1,2}|[a-z*†‡§]")
_PLACED = re.compile(r"\n|<(?:t[rdh]|li)(?=[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]{0,40})(?=[\s/>])")
_UNCLOSED = (  # elements that need no end tag, or have none
    "p", "li", "td", "th", "tr", "dt", "dd", "option", "optgroup", "thead", "tbody", "tfoot",
    "colgroup", "col", "rt", "rp", "br", "img", "hr", "meta", "link", "input", "base", "area",
    "embed", "source", "track", "wbr", "html", "head", "body",
)  # fmt: skip
_SCOPES = ("object", "applet", "marquee")  # what is open around them no end tag in them closes


def read_html_tables(text: str, name: str) -> list[Sheet]:
    """Every table of the page; the first row of each is its head. A table in a table stands alone.

    A cell over several rows or columns counts in each of them; a row that is one cell over all
    columns is an aside. Raises InputError for what nests deeper than MAX_DEPTH.
    """
    root = parse_page(text, name)
    return _Page(name).read(root) if root is not None else []


def parse_page(text: str, name: str) -> LexborNode | None:
    """The root of the page. Raises InputError for what nests deeper than MAX_DEPTH."""
    _check_depth(text, name)
    return LexborHTMLParser(_mark_lines(text)).root


def line_of(node: LexborNode) -> int:
    """The line on which a row, cell or item begins."""
    return _number(node, _LINE, 0)


def _check_depth(text: str, name: str) -> None:
    """Raise InputError where elements nest so deeply that the parser would take minutes."""
    open_: Counter[str] = Counter()
    depth = 0
    for found in _TAG.finditer(text):
        element = found[2].lower()
        if element in _UNCLOSED:
            continue
        if not found[1]:
            open_[element] += 1
            depth += 1
        elif open_[element] and element not in _SCOPES:
            open_[element] -= 1
            depth -= 1
        if depth > MAX_DEPTH:
            line = text.count("\n", 0, found.start()) + 1
            raise InputError(f"{name}:{line}: elements nested deeper than {MAX_DEPTH:,}")


def _mark_lines(text: str) -> str:
    """The page with the line of each row and cell in an attribute of it: the parser keeps none."""
    line = 1

    def mark(found: re.Match[str]) -> str:
        nonlocal line
        line += found[0] == "\n"
        return found[0] if found[0] == "\n" else f'{found[0]} {_LINE}="{line}"'

    return _PLACED.sub(mark, text)


@dataclass
class _Cell:
    parts: list[str]
    rows: int
    columns: int

    @property
    def text(self) -> str:
        """Its lines; items of a list begin with ITEM where there are several."""
        lines = []
        for line in "".join(self.parts).replace(_ITEM, _BREAK + _ITEM).split(_BREAK):
            if words := _flat([line]):
                lines.append((line.startswith(_ITEM), words))
        several = sum(item for item, _ in lines) > 1
        found = "".join((ITEM if item and several else "\n") + words for item, words in lines)
        return found.removeprefix("\n")


@dataclass
class _Table:
    """A table that is being read: its sheet, the open row, and cells that reach into later rows."""

    sheet: Sheet
    line: int = 0
    row: list[_Cell] = field(default_factory=list)
    hanging: dict[int, tuple[int, str]] = field(default_factory=dict)  # column -> rows left, text

    def end_row(self) -> int:
        """Put the row where it belongs, with what hangs into it from above; how many cells."""
        cells: list[str] = []
        most = len(self.sheet.head) or MAX_SPAN  # a row of more is counted, and not used
        for cell in self.row:
            self._add_hanging(cells)
            for _ in range(min(cell.columns, most + 1 - len(cells))):
                if cell.rows > 1:
                    self.hanging[len(cells)] = (cell.rows - 1, cell.text)
                cells.append(cell.text)
        if self.row:
            self._add_hanging(cells)
        head = self.sheet.head
        across = len(self.row) == 1 and self.row[0].columns >= max(2, len(head))
        if any(cells) and not head and not across:
            self.sheet.head = [_flat([cell]) for cell in cells]
        elif any(cells) and across:
            self.sheet.asides.append((self.line, _flat([cells[0]])))
        elif any(cells):
            self.sheet.rows.append((self.line, cells))
        self.row = []
        return len(cells)

    def _add_hanging(self, cells: list[str]) -> None:
        while len(cells) in self.hanging:
            left, text = self.hanging.pop(len(cells))
            if left > 1:
                self.hanging[len(cells)] = (left - 1, text)
            cells.append(text)


class _Page:
    """Walks through a page in its order."""

    def __init__(self, name: str) -> None:
        self._name, self._cells = name, 0
        self._sheets: list[Sheet] = []
        self._tables: list[_Table] = []
        self._texts: list[list[str]] = []  # of the cells and headings that are open
        self._page = self._title = self._prose = ""

    def read(self, root: LexborNode) -> list[Sheet]:
        for entered, node in walk(root):
            if node.tag == "-text":
                self._add(node.text_content or "")
            elif entered:
                self._start(node)
            else:
                self._end(node)
        return self._sheets

    def _start(self, node: LexborNode) -> None:
        if node.tag == "table":
            self._sheets.append(Sheet(self._page, self._title, self._prose, continues=True))
            self._tables.append(_Table(self._sheets[-1]))
            self._texts.append([])
        elif node.tag == "tr" and self._tables:
            self._tables[-1].line = line_of(node)
        elif node.tag in ("td", "th") and self._tables:
            table, cell = (
                self._tables[-1],
                _Cell([], _number(node, "rowspan"), _number(node, "colspan")),
            )
            table.line = table.line or line_of(node)
            table.row.append(cell)
            self._texts.append(cell.parts)
        elif node.tag in _HEADINGS:
            self._texts.append([])
        elif node.tag in _SPACED:
            self._add(_SPACED[node.tag])
        elif node.tag == "sup" and _is_mark(node):
            self._add(" [")

    def _end(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "table":
            self._tables.pop()
            self._texts.pop()
        elif tag == "tr" and self._tables:
            self._cells += self._tables[-1].end_row()
            if self._cells > MAX_CELLS:
                place = f"{self._name}:{self._tables[-1].line}"
                what = f"cells over several rows and columns make more than {MAX_CELLS:,} cells"
                raise InputError(f"{place}: {what}")
        elif tag == "sup" and _is_mark(node):
            self._add("]")
        elif tag in ("td", "th") and self._tables:
            self._texts.pop()
        elif tag in _HEADINGS:
            self._title = _flat(self._texts.pop()) or self._title
            self._prose = ""
            self._page = self._page or self._title
            if tag == "caption" and self._tables:
                self._tables[-1].sheet.title = self._title

    def _add(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)
        elif len(self._prose) < MAX_PROSE:
            self._prose += text[:MAX_PROSE]


def walk(root: LexborNode) -> Iterator[tuple[bool, LexborNode]]:
    """Every element twice, entered and left, and every text once; no recursion."""
    node: LexborNode | None = root
    open_: list[LexborNode] = []
    while node is not None:
        yield True, node
        inner = node.first_child if node.tag not in _HIDDEN else None
        if inner is not None:
            open_.append(node)
            node = inner
            continue
        if node.tag != "-text":
            yield False, node
        while node is not None and (after := node.next) is None:
            node = open_.pop() if open_ else None
            if node is not None:
                yield False, node
        node = after if node is not None else None


def _is_mark(node: LexborNode) -> bool:
    """Whether what is raised is the mark of a footnote, which then stands as `[1]`."""
    inner = node.first_child
    if inner is None or inner.next is not None:
        return False
    return _RAISED.fullmatch((inner.text_content or "").strip()) is not None


def _flat(parts: list[str]) -> str:
    """The text in one line."""
    return " ".join("".join(parts).replace(_BREAK, " ").replace(_ITEM, " ").split())


def _number(node: LexborNode, name: str, default: int = 1) -> int:
    """A number in an attribute, within what browsers allow for spans."""
    text = str(node.attributes.get(name) or "").strip()
    if not (text.isascii() and text.isdigit()):
        return default
    return int(text[:9]) if name == _LINE else max(1, min(int(text[:9]), MAX_SPAN))
