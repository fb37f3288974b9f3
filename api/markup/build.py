"""Elements built from text: a name is never markup, wherever it comes from."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset(("br", "img", "input"))


class Html(str):
    """Markup that was built; any other text is escaped."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"


def tag(element: str, *children: Child, **attributes: object) -> Html:
    """An element: text is escaped, None left out, lists are taken apart.

    attributes: `class_` and `data_id` stand for class and data-id; True: without a value; None and
    False: left out
    """
    stated = "".join(_write(name, value) for name, value in attributes.items())
    inner = "" if element in _VOID else f"{join(children)}</{element}>"
    return Html(f"<{element}{stated}>{inner}")


def join(children: Child) -> Html:
    """Pieces one after the other."""
    if isinstance(children, Html):
        return children
    if children is None:
        return Html()
    if isinstance(children, str):
        return Html(_escape(children))
    return Html("".join(join(child) for child in children))


def _write(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{_escape(str(value))}"'


def _escape(text: str) -> str:
    return (
        escape(text, quote=True).replace("\r", "&#13;").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )


def name(text: str, title: str | None = None) -> Html:
    """A name keeps its direction of writing to itself, and is shortened by the style sheet."""
    return tag("bdi", text, class_="name", title=text if title is None else title)


def button(text: Child, **attributes: object) -> Html:
    return tag("button", text, type="button", **attributes)


def entity(identifier: str, called: str) -> Html:
    """A name that opens its entity."""
    return button(name(called, identifier), class_="entity", data_entity=identifier)


def items(texts: Iterable[Child], **attributes: object) -> Html | None:
    """A list; None of nothing."""
    listed = [tag("li", text) for text in texts]
    return tag("ul", *listed, **attributes) if listed else None


def table(heads: Iterable[tuple[str, str]], rows: Iterable[Iterable[Child]]) -> Html:
    """heads: text and class of each column; the first cell of a row is its head."""
    heads = list(heads)
    head = tag("tr", [tag("th", text, scope="col", class_=kind or None) for text, kind in heads])
    body = [
        tag("tr", [
            tag("td" if place else "th", cell, scope=None if place else "row",
                class_=heads[place][1] or None)
            for place, cell in enumerate(row)
        ])
        for row in rows
    ]  # fmt: skip
    return tag("table", tag("thead", head), tag("tbody", body))


def into(place: str, *children: Child) -> Html:
    """What belongs in the element of the page that has this id."""
    return tag("div", *children, data_into=place)


def scroll(label: str, *children: Child) -> Html:
    """A part that may be wider than its place, and can be moved by keys."""
    return tag("div", *children, class_="scroll", tabindex="0", role="region", aria_label=label)
