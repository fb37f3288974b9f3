"""The items of the lists in Markdown and on pages, with the headings above them."""

from typing import TYPE_CHECKING

from knockon.loaders.parsing.source import Source
from knockon.loaders.registers.subprocessors.lists import Item
from knockon.loaders.registers.subprocessors.signs import (
    FRONT_MATTER,
    is_html,
    title_of_front_matter,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BOLD = 7  # the level of a paragraph that is nothing but bold, below all headings
_LONGEST = 2_000  # characters of an item


def read_items(source: Source) -> list[Item]:
    """Headings and items in their order, of a page or of Markdown."""
    if is_html(source.text):
        from knockon.loaders.registers.subprocessors.html_items import read_html_items

        return read_html_items(source.text, source.name)
    return _read_markdown_items(source.text)


def _read_markdown_items(text: str) -> list[Item]:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    blocks = MarkdownIt("commonmark").enable("table")
    blocks.core.ruler.enableOnly(["normalize", "block"])
    title = title_of_front_matter(text)
    items = [Item(1, "", title, level=0)] if title else []
    plain = FRONT_MATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    depth, level, fresh = 0, 0, False
    for token in blocks.parse(plain):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            fresh = True
        elif token.type == "heading_open":
            level = int(token.tag[1:])
        elif token.type == "inline":
            line = (token.map[0] if token.map else 0) + 1
            name, rest = _read_marked(parser, token.content[:_LONGEST])
            if level:
                items.append(Item(line, "", f"{name} {rest}".strip(), level=level))
            elif depth and fresh:
                items.append(Item(line, name, rest, depth=depth))
            elif depth == 0 and name and not rest.strip(" :"):
                items.append(Item(line, "", name.strip(" :"), level=_BOLD))
            level, fresh = 0, False
    return items


def _read_marked(parser: "MarkdownIt", content: str) -> tuple[str, str]:
    """What is marked (a link, bold) at the beginning, and the rest, without marks."""
    name: list[str] = []
    rest: list[str] = []
    open_ = 0
    for token in parser.parseInline(content)[0].children or []:
        if token.type in ("link_open", "strong_open") and (
            open_ or not (name or "".join(rest).strip())
        ):
            open_ += 1
        elif token.type in ("link_close", "strong_close") and open_:
            open_ -= 1
        elif token.type in ("softbreak", "hardbreak"):
            (name if open_ else rest).append(" ")
        elif token.type != "html_inline":
            (name if open_ else rest).append(token.content)
    return " ".join("".join(name).split()), " ".join("".join(rest).split())
