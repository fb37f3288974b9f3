"""The items of the lists on an HTML page, with the headings above them."""

from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from knockon.loaders.registers.subprocessors.html_tables import line_of, parse_page, walk
from knockon.loaders.registers.subprocessors.lists import Item

_HEADINGS = {"title": 0, "h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_MARKS = ("a", "strong", "b")
_ELSEWHERE = ("nav", "header", "footer", "aside", "menu", "table", "form")  # no part of the text
_SPACED = ("br", "p", "div")


@dataclass
class _Open:
    """An item that is being read: what is marked at its beginning, and the rest."""

    line: int
    depth: int
    name: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    marks: int = 0
    done: bool = False

    def item(self) -> Item:
        name, rest = (" ".join("".join(parts).split()) for parts in (self.name, self.rest))
        return Item(self.line, name, rest, depth=self.depth)


def read_html_items(text: str, name: str) -> list[Item]:
    """Headings and items in their order; those of menus, tables and forms are left out.

    Raises InputError as `read_html_tables` does.
    """
    root = parse_page(text, name)
    items: list[Item] = []
    open_: list[_Open] = []
    heading: list[str] | None = None
    outside = 0
    for entered, node in walk(root) if root is not None else ():
        tag = node.tag or ""
        if tag in _ELSEWHERE:
            outside += 1 if entered else -1
        elif outside:
            continue
        elif tag == "-text":
            if heading is not None:
                heading.append(node.text_content or "")
            elif open_:
                (open_[-1].name if open_[-1].marks else open_[-1].rest).append(
                    node.text_content or ""
                )
        elif tag in _HEADINGS:
            if entered:
                heading = []
            elif heading is not None:
                said = " ".join("".join(heading).split())
                items += [Item(0, "", said, level=_HEADINGS[tag])] if said else []
                heading = None
        elif tag == "li" and entered:
            _finish(open_[-1:], items)
            open_.append(_Open(line_of(node), len(open_) + 1))
        elif tag == "li" and open_:
            _finish([open_.pop()], items)
        elif open_:
            _mark(open_[-1], node, entered)
    return items


def _finish(open_: list[_Open], items: list[Item]) -> None:
    """Put down the item before those that are listed within it, once."""
    for one in open_:
        found = one.item()
        if not one.done and (found.name or found.text):
            items.append(found)
        one.done = True


def _mark(item: _Open, node: LexborNode, entered: bool) -> None:
    if node.tag in _MARKS:
        first = not "".join(item.rest).strip() and (item.marks or not "".join(item.name).strip())
        if entered and first:
            item.marks += 1
        elif not entered and item.marks:
            item.marks -= 1
    elif node.tag in _SPACED:
        (item.name if item.marks else item.rest).append(" ")
