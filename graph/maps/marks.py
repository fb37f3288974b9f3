"""What the parts of a map share: fills by verdict, bars from low to high, letters, links."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.maps.page import text
from knockon.graph.maps.plan import Box, Plan
from knockon.graph.maps.style import (
    HATCH,
    INK,
    MUTED,
    ORIGIN,
    PAPER,
    PLAIN,
    RING,
    RULE,
    SURE,
    UNKNOWN,
    fill,
    outline,
)
from knockon.graph.maps.text import clean, xml
from knockon.graph.maps.view import MapView

HATCHED = "url(#knockon-unknown)"
PATTERN = (
    '<pattern id="knockon-unknown" width="7" height="7" patternUnits="userSpaceOnUse">'
    f'<rect width="7" height="7" fill="{UNKNOWN}"/>'
    f'<path d="M-1,8L8,-1M-1,1L1,-1M6,8L8,6" stroke="{HATCH}" stroke-width="1.4"/></pattern>'
)


@dataclass(frozen=True)
class Subject:
    """An answer with its plan and how it is shown: what every part of a map is drawn from."""

    impact: Impact
    plan: Plan
    view: MapView

    @cached_property
    def middle(self) -> str:
        """What the middle figures rest on; empty where all is stated."""
        return name_middle(self.impact)

    @cached_property
    def stated(self) -> bool:
        return not self.impact.within.open

    @cached_property
    def place(self) -> list[int]:
        found: list[int] = self.impact.forest["place"].to_list()
        return found

    @cached_property
    def parent(self) -> list[int]:
        found: list[int] = self.impact.forest["before"].to_list()
        return found

    @cached_property
    def number(self) -> list[int]:
        found: list[int] = self.impact.forest["number"].to_list()
        return found

    @cached_property
    def columns(self) -> Mapping[str, list[Any]]:
        """The columns of the answer, as lists."""
        return self.impact.entities.to_dict(as_series=False)

    def cell(self, row: int, column: str) -> Any:
        """What the answer says of an entity, by its row in the forest."""
        return self.columns[column][self.place[row]]

    def name(self, row: int) -> str:
        return clean(self.cell(row, "name"))


def choose_fill(subject: Subject, low: float, middle: float, high: float, verdict: str) -> str:
    """By verdict; by probability where every strength within reach is stated."""
    if verdict == "fails":
        return ORIGIN
    if subject.stated:
        return fill(middle)
    return {"hit": SURE, "unknown": HATCHED, "spared": PAPER}.get(verdict, PLAIN)


def find_verdict(box: Box) -> str:
    """The verdict on all of a box: `fails`, `hit`, `unknown`, `spared`, or `mixed`."""
    if box.origin:
        return "fails"
    number = len(box.members)
    spared = number - box.sure - box.unknown
    counts = {"hit": box.sure, "unknown": box.unknown, "spared": spared}
    return next((verdict for verdict, count in counts.items() if count == number), "mixed")


def draw_shape(kind: str, w: float, h: float, colour: str, verdict: str) -> str:
    """The shape of a kind, filled; spared with a ring inside, unknown with a broken edge."""
    edge = INK if verdict == "fails" else MUTED
    dash = ' stroke-dasharray="5 3"' if verdict == "unknown" else ""
    shape = (
        f'<path d="{outline(kind, w, h)}" fill="{colour}" stroke="{edge}" '
        f'stroke-width="1.2"{dash}/>'
    )
    if verdict != "spared":
        return shape
    inset = 3.0 if h > 20 else 2.0
    return shape + (
        f'<path transform="translate({inset:g},{inset:g})" '
        f'd="{outline(kind, w - 2 * inset, h - 2 * inset)}" fill="none" stroke="{RING}" '
        f'stroke-width="{1.6 if h > 20 else 1.2}"/>'
    )


def draw_bar(
    x: float, y: float, wide: float, tall: float, range_: tuple[float, float, float],
    sure: str = SURE,
) -> str:  # fmt: skip
    """A bar from low to high: sure to low, hatched to high, a tick at the assumption."""
    low, middle, high = (x + wide * min(max(v, 0.0), 1.0) for v in range_)
    parts = [
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:g}" fill="{PAPER}" '
        f'stroke="{RULE}" stroke-width="0.8"/>'
    ]
    if low > x:
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{low - x:.1f}" height="{tall:g}" fill="{sure}"/>'
        )
    if high - low > 0.5:
        parts.append(
            f'<rect x="{low:.1f}" y="{y:.1f}" width="{high - low:.1f}" height="{tall:g}" '
            f'fill="{HATCHED}" stroke="{MUTED}" stroke-width="0.7" stroke-dasharray="2 2"/>'
        )
    parts.append(
        f'<path d="M{middle:.1f},{y - 2:.1f}v{tall + 4:g}" stroke="{INK}" stroke-width="1.8"/>'
    )
    return "".join(parts)


def draw_letter(letter: str, x: float, y: float) -> str:
    """The letter of a box in a disc around (x, y)."""
    r = 8.5 if len(letter) == 1 else 10.5
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:g}" fill="{PAPER}" stroke="{INK}" '
        f'stroke-width="1.2"/>{text(x, y + 4, letter, 11, INK, bold=True, anchor="middle")}'
    )


def link_to(subject: Subject, row: int, drawn: str) -> str:
    """The mark of an entity with the address that the view gives it."""
    template = subject.view.link
    if not template:
        return drawn
    values = {key: str(subject.cell(row, key) or "") for key in ("id", "name", "kind")}
    address = template
    for key, value in values.items():
        address = address.replace(f"{{{key}}}", quote(value, safe=""))
    return f'<a href="{xml(address)}">{drawn}</a>'
