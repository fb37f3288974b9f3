"""A picture in four zones: what is asked and answered, the flow, a panel beside it, the legend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from knockon.graph.maps.heads import BETWEEN
from knockon.graph.maps.marks import PATTERN
from knockon.graph.maps.page import MARGIN, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.style import MUTED, RULE
from knockon.graph.maps.text import clean, wrap

LEAST = 420.0  # width of a flow

Drawn: TypeAlias = Callable[[float, float], tuple[list[str], float]]
"""Elements from (x, y) on, and their lower end."""


@dataclass(frozen=True)
class Zones:
    """What stands in a picture beside its flow.

    sentences: under the headline; about: its description; legend: pictures of 34 x 16 with words
    source: which graph answered, and how
    """

    headline: str
    sentences: Sequence[str]
    about: str
    legend: Sequence[tuple[str, str]]
    source: str


def compose(
    zones: Zones, wide: float, tall: float, flow: Sequence[str],
    draw_panel: Drawn, draw_below: Drawn | None = None,
) -> str:  # fmt: skip
    """One SVG document. flow: marks in a box of wide x tall; draw_panel: beside it; draw_below:
    under it."""
    page = 2 * MARGIN + max(wide, LEAST) + BETWEEN + WIDE
    head, top = heading(zones.headline, zones.sentences, page)
    panel, end = draw_panel(page - MARGIN - WIDE, top)
    place = f'transform="translate({MARGIN:g},{top:.1f})"'
    body = [f'<g class="flow" {place}>', *flow, "</g>", *panel]
    below = top + tall + 16
    if draw_below is not None:
        more, below = draw_below(MARGIN, below + 8)
        body += more
    feet, height = draw_foot(zones.legend, zones.source, page, max(below, end))
    defs = f"<defs>{PATTERN}</defs>"
    return document(page, height, zones.headline, zones.about, [defs, *head, *body, *feet])


def draw_foot(
    legend: Sequence[tuple[str, str]], source: str, page: float, y: float
) -> tuple[list[str], float]:
    """The legend and the line that says which graph it is; and the height of the page."""
    rows, below = legend_rows(legend, page) if legend else ([], 4.0)
    out = [
        f'<path d="M{MARGIN:g},{y - 6:.1f}H{page - MARGIN:.1f}" stroke="{RULE}"/>',
        f'<g transform="translate(0,{y + 4:.1f})">', *rows, "</g>",
    ]  # fmt: skip
    at = y + below
    for line in wrap(clean(source, 2000), SMALL, page - 2 * MARGIN):
        at += 16
        out.append(text(MARGIN, at, line, SMALL, MUTED))
    return out, at + 16


def draw_title(words: str, about: str, x: float, y: float) -> tuple[list[str], float]:
    """The head of a panel with what its rows are; and where they begin."""
    out = [text(x, y + 12, words, 13.0, bold=True)]
    y += 16
    for line in wrap(about, 10.5, WIDE) if about else ():
        y += 13.5
        out.append(text(x, y, line, 10.5, MUTED))
    return out, y + 8
