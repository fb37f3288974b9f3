"""What all pictures share: a page of SVG with a headline, rows of a legend, and text on it."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from knockon.graph.maps.style import INK, MUTED, PAPER, write_style
from knockon.graph.maps.text import clean, width, wrap, xml

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
NAME, SMALL, TITLE, LEAD = 13.0, 11.0, 20.0, 13.0
MARGIN = 24.0
_ROW = 19.0

Point: TypeAlias = tuple[float, float]


def document(
    page: float, height: float, title: str, about: str, body: Iterable[str], *,
    linked: bool = False,
) -> str:  # fmt: skip
    """One SVG document of page x height with a white ground; `about` is its description.

    linked: whether marks are links, which an image has none of
    """
    role = "group" if linked else "img"
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{page:.0f}" height="{height:.0f}" '
            f'viewBox="0 0 {page:.0f} {height:.0f}" role="{role}" class="knockon" '
            f'font-family="{FONT}" fill="{INK}">',
            f"<title>{xml(title)}</title>",
            f"<desc>{xml(about)}</desc>",
            write_style(),
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def heading(headline: str, sentences: Iterable[str], page: float) -> tuple[list[str], float]:
    """The headline and the sentences below it, wrapped to the page; and where the picture begins.

    Empty sentences take no room.
    """
    room, y, out = page - 2 * MARGIN, MARGIN + 16.0, []
    for line in wrap(clean(headline), TITLE, room):
        out.append(text(MARGIN, y, line, TITLE, bold=True))
        y += 26
    for sentence in sentences:
        for line in wrap(clean(sentence, 2000), LEAD, room) if sentence else ():
            out.append(text(MARGIN, y, line, LEAD, MUTED))
            y += _ROW
    return out, y + 8


def text(
    x: float, y: float, words: str, size: float, colour: str = INK, *,
    bold: bool = False, anchor: str = "",
) -> str:  # fmt: skip
    """A line of text; anchor: `middle` or `end`, where x is not its beginning."""
    weight = ' font-weight="bold"' if bold else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"'
    return f'<text {place} fill="{colour}"{weight}{side}>{xml(words)}</text>'


def legend_rows(items: Sequence[tuple[str, str]], page: float) -> tuple[list[str], float]:
    """Pictures of 34 x 16 with their words, in rows below each other from y = 0; and the height."""
    out, x, y = [], MARGIN, 0.0
    for picture, words in items:
        wide = 42 + width(words, SMALL) + 18
        if x + wide > page - MARGIN and x > MARGIN:
            x, y = MARGIN, y + 24
        out.append(
            f'<g transform="translate({x:.1f},{y:.1f})">{picture}'
            f'<text x="42" y="12" font-size="{SMALL:g}" fill="{INK}">{xml(words)}</text></g>'
        )
        x += wide
    return out, y + 24
