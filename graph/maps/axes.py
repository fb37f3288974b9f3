"""Axes with round ticks, curves and hover strips: what charts are made of.

Every part is a list of SVG elements in the pixels of the page, y downwards.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from knockon.graph.maps.page import MARGIN, SMALL, Point, text
from knockon.graph.maps.style import INK, MUTED, PAPER
from knockon.graph.maps.text import clean, settle, width, wrap, xml
from knockon.graph.words import number

GRID = "#e3e3e3"
_LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_CLOCK = ((1 / 60, "minutes", 2.0), (1.0, "hours", 72.0), (24.0, "days", math.inf))
_STEPS = {
    "minutes": (1, 2, 5, 10, 15, 20, 30),
    "hours": (0.25, 0.5, 1, 2, 3, 4, 6, 12, 24),
    "days": (0.5, 1, 2, 5, 10),
}


@dataclass(frozen=True)
class Axis:
    """A stretch of values on a stretch of pixels, with ticks: (value, label), in rising order.

    start, stop: values at the pixels low and high; unit: what the labels count
    """

    start: float
    stop: float
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    unit: str = ""

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.low + (value - self.start) / (self.stop - self.start) * (self.high - self.low)

    def label_room(self) -> float:
        """How wide the widest label is."""
        return max(width(label, SMALL) for _, label in self.ticks)


def count_axis(
    most: float, low: float, high: float, *, least: float = 0.0, parts: int = 5, unit: str = ""
) -> Axis:
    """An axis from a round value at or below `least` to a round one at or above `most`.

    Values of a million and more are counted in millions, billions or trillions, which the unit
    then says.
    """
    most = most if most > least else least + 1.0
    step = _round_up((most - least) / parts)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    scale, word = next(((s, w) for s, w in _LARGE if most >= s), (1.0, ""))
    if most >= 1e15:
        scale = 10.0 ** math.floor(math.log10(most))
        word = f"1e{math.log10(scale):.0f}"
    ticks = tuple((i * step, _plain(i * step / scale)) for i in range(first, last + 1))
    return Axis(ticks[0][0], ticks[-1][0], low, high, ticks, f"{word} {unit}".strip())


def share_axis(low: float, high: float, parts: int = 4) -> Axis:
    """An axis from 0 to 100 %."""
    ticks = tuple((i / parts, f"{100 * i / parts:g} %") for i in range(parts + 1))
    return Axis(0.0, 1.0, low, high, ticks, "%")


def time_axis(most: float, low: float, high: float, parts: int = 8) -> Axis:
    """An axis of hours from 0 to `most`, in minutes, hours or days, as reads best."""
    most = most if most > 0 else 1.0
    hours, unit, _ = next(row for row in _CLOCK if most <= row[2])
    rough = most / hours / parts
    step = next((s for s in _STEPS[unit] if s >= rough), 0) or _round_up(rough)
    last = math.ceil(most / hours / step - 1e-9)
    ticks = tuple((i * step * hours, _plain(i * step)) for i in range(last + 1))
    return Axis(0.0, ticks[-1][0], low, high, ticks, unit)


def _round_up(rough: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))


def _plain(value: float) -> str:
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def amount(value: float) -> str:
    """A figure in a sentence: `303`, `12.5`, `2.53 million`, `4.1e+18`."""
    if value >= 1e15:
        return f"{value:.2g}"
    scale, word = next(((s, f" {w}") for s, w in _LARGE if value >= s), (1.0, ""))
    if word:
        return f"{value / scale:.3g}{word}"
    return number(value) if value >= 0.05 or not value else f"{value:.2g}"


def frame(x: Axis, y: Axis, *, x_title: str = "", labels: bool = True) -> list[str]:
    """Grid lines at the ticks, the base line, and their labels; labels: those of x too."""
    out = []
    for value, label in y.ticks:
        at = y.at(value)
        out.append(f'<path d="M{x.low:.1f},{at:.1f}H{x.high:.1f}" stroke="{GRID}"/>')
        out.append(text(x.low - 6, at + 4, label, SMALL, MUTED, anchor="end"))
    for value, label in x.ticks:
        at = x.at(value)
        out.append(f'<path d="M{at:.1f},{y.low:.1f}v4" stroke="{MUTED}"/>')
        if labels:
            out.append(text(at, y.low + 17, label, SMALL, MUTED, anchor="middle"))
    out.append(f'<path d="M{x.low:.1f},{y.low:.1f}H{x.high:.1f}" stroke="{INK}"/>')
    if x_title:
        lines, size = settle(x_title, x.high - MARGIN, 1, (SMALL, 10.0, 9.0))
        for i, line in enumerate(lines):
            out.append(text(x.high, y.low + 34 + i * size, line, size, INK, anchor="end"))
    return out


def draw_grid(x: Axis, top: float, bottom: float) -> list[str]:
    """A line from top to bottom at each tick, and its label below: for bars over one axis."""
    out = []
    for value, label in x.ticks:
        at = x.at(value)
        out.append(f'<path d="M{at:.1f},{top:.1f}V{bottom:.1f}" stroke="{GRID}"/>')
        out.append(text(at, bottom + 15, label, SMALL, MUTED, anchor="middle"))
    return out


def stairs(
    x: Axis, y: Axis, points: Iterable[tuple[float, float]], *, ahead: bool = False
) -> list[Point]:
    """The corners of a curve that jumps. What is closer than a pixel is drawn as one jump.

    points: (x, y) in rising x; ahead: each y holds from the x before it, else until the next x
    """
    places = [(float(round(x.at(v))), round(y.at(h), 1)) for v, h in points]
    corners = places[:1]
    for (before_x, before_y), (after_x, after_y) in pairwise(places):
        turn = (before_x, after_y) if ahead else (after_x, before_y)
        for corner in (turn, (after_x, after_y)):
            if len(corners) > 1 and (
                corners[-2][0] == corners[-1][0] == corner[0]
                or corners[-2][1] == corners[-1][1] == corner[1]
            ):
                corners.pop()
            if corner != corners[-1]:
                corners.append(corner)
    return corners


def path(corners: Sequence[Point]) -> str:
    """The `d` of straight strokes from corner to corner."""
    first, *rest = (f"{x:g},{y:g}" for x, y in corners)
    return f"M{first}" + (f"L{' '.join(rest)}" if rest else "")


def hovers(x: Axis, y: Axis, said: Callable[[float], str], strips: int = 60) -> list[str]:
    """Invisible strips over a plot; each tells on hover what `said` knows of its middle value."""
    wide, tall = (x.high - x.low) / strips, y.low - y.high
    out = []
    for i in range(strips):
        value = x.start + (i + 0.5) / strips * (x.stop - x.start)
        place = (
            f'x="{x.low + i * wide:.1f}" y="{y.high:.1f}" width="{wide:.1f}" height="{tall:.1f}"'
        )
        out.append(f'<rect {place} fill-opacity="0"><title>{xml(said(value))}</title></rect>')
    return out


def drop(at: float, top: float, bottom: float) -> str:
    """A thin dashed line down to an axis."""
    return (
        f'<path d="M{at:.1f},{top:.1f}V{bottom:.1f}" stroke="{MUTED}" stroke-width="1" '
        'stroke-dasharray="2 3"/>'
    )


def mark(shape: int, x: float, y: float) -> str:
    """A point on a curve: a circle, a square or a triangle."""
    r = 5.0
    d = (
        f"M{x - r:.1f},{y:.1f}a{r:g},{r:g} 0 1 0 {2 * r:g},0a{r:g},{r:g} 0 1 0 {-2 * r:g},0Z",
        f"M{x - r:.1f},{y - r:.1f}h{2 * r:g}v{2 * r:g}h{-2 * r:g}Z",
        f"M{x:.1f},{y - r - 1:.1f}l{r + 1:g},{2 * r + 1:g}h{-2 * r - 2:g}Z",
    )[shape % 3]
    return f'<path d="{d}" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>'


def footer(foot: str, page: float, y: float) -> tuple[list[str], float]:
    """The small print under a chart, and the height of the page."""
    lines = wrap(clean(foot), SMALL, page - 2 * MARGIN) if foot else []
    out = [f'<path d="M{MARGIN:g},{y:.1f}H{page - MARGIN:.1f}" stroke="{GRID}"/>'] if foot else []
    for line in lines:
        y += 18
        out.append(text(MARGIN, y, line, SMALL, MUTED))
    return out, y + 16
