"""Where the boxes of a flow stand: columns from left to right, and ribbons between neighbours.

Every line of a flow leads from one column to the next. Both its ends have a stretch of their own
on the edges of their boxes, in the same order from top to bottom, and all ribbons between two
columns bend over the same width, so that none shares a point with another.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knockon.graph.maps.page import Point
from knockon.graph.maps.plan import Box, Line

APART = 13.0  # between boxes of a column
HEAD = 9.0  # length of the head of a ribbon
_THIN, _WIDE, _EDGE = 3.0, 7.0, 5.0  # of a ribbon: least, most an entity; between two, beside all
_ALL = 130.0  # what the widest box passes on, in pixels, about


@dataclass(frozen=True)
class Ribbon:
    """A band from (x, top..top+wide) to (end, head_top..), and what it stands for."""

    line: Line
    x: float
    top: float
    end: float
    head_top: float
    wide: float


@dataclass(frozen=True)
class Flow:
    """tops: upper left corners; sizes: widths and heights, those that pass much on grown."""

    tops: Mapping[str, Point]
    sizes: Mapping[str, Point]
    ribbons: tuple[Ribbon, ...]
    columns: tuple[float, ...]  # left edges
    height: float


def lay_out_flow(
    boxes: Sequence[Box], lines: Sequence[Line], sizes: Mapping[str, Point], gap: float
) -> Flow:
    """The places of boxes, given in their order, and of lines; gap: between columns."""
    wide_of = _measure(boxes, lines)
    rows: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        rows[box.column].append(box)
    out = defaultdict(list)
    for line in lines:
        out[line.tail].append(line)
    entering = {w.head: wide_of[w] + 2 * _EDGE for w in lines}
    grown = {
        b.key: (
            sizes[b.key][0],
            max(sizes[b.key][1], _span([wide_of[w] for w in out[b.key]]), entering.get(b.key, 0)),
        )
        for b in boxes
    }
    height = max(sum(grown[b.key][1] + APART for b in row) - APART for row in rows.values())
    lefts, x = [], 0.0
    for column in range(max(rows) + 1):
        lefts.append(x)
        x += max(grown[b.key][0] for b in rows[column]) + gap
    tops: dict[str, Point] = {}
    tail_of = {w.head: w.tail for w in lines}
    for column in sorted(rows):
        wanted = _want(rows[column], tail_of, tops, grown, height)
        placed = _place(rows[column], wanted, grown, height)
        tops |= {key: (lefts[column], y) for key, y in placed.items()}
    return Flow(tops, grown, _bind(boxes, out, wide_of, tops, grown), tuple(lefts), height)


def _measure(boxes: Sequence[Box], lines: Sequence[Line]) -> dict[Line, float]:
    """How wide each ribbon is: by how many pass, all on one scale."""
    most = max((b.behind for b in boxes), default=0)
    unit = min(_WIDE, _ALL / most) if most else _WIDE
    return {w: _THIN + unit * w.count for w in lines}


def _span(widths: Sequence[float]) -> float:
    """The edge that ribbons of these widths need."""
    return sum(widths) + _EDGE * (len(widths) + 1) if widths else 0.0


def _want(
    row: Sequence[Box], tail_of: Mapping[str, str], tops: Mapping[str, Point],
    sizes: Mapping[str, Point], height: float,
) -> dict[str, float]:  # fmt: skip
    """Where each would stand best: those behind one box around its middle."""
    families: dict[str, list[Box]] = defaultdict(list)
    for box in row:
        families[tail_of.get(box.key, "")].append(box)
    wanted = {}
    for tail, family in families.items():
        tall = sum(sizes[b.key][1] + APART for b in family) - APART
        middle = tops[tail][1] + sizes[tail][1] / 2 if tail in tops else height / 2
        y = middle - tall / 2
        for box in family:
            wanted[box.key] = y
            y += sizes[box.key][1] + APART
    return wanted


def _place(
    row: Sequence[Box], wanted: Mapping[str, float], sizes: Mapping[str, Point], height: float
) -> dict[str, float]:
    """The same without overlap and within the height."""
    placed: dict[str, float] = {}
    free = 0.0
    for box in row:
        placed[box.key] = max(wanted[box.key], free)
        free = placed[box.key] + sizes[box.key][1] + APART
    limit = height
    for box in reversed(row):
        placed[box.key] = min(placed[box.key], limit - sizes[box.key][1])
        limit = placed[box.key] - APART
    return placed


def _bind(
    boxes: Sequence[Box], out: Mapping[str, list[Line]], wide_of: Mapping[Line, float],
    tops: Mapping[str, Point], sizes: Mapping[str, Point],
) -> tuple[Ribbon, ...]:  # fmt: skip
    ribbons = []
    for box in boxes:
        lines = sorted(out[box.key], key=lambda w: tops[w.head][1])
        x, y = tops[box.key][0] + sizes[box.key][0], tops[box.key][1]
        y += (sizes[box.key][1] - _span([wide_of[w] for w in lines])) / 2 + _EDGE
        for line in lines:
            wide, (end, top) = wide_of[line], tops[line.head]
            head_top = top + (sizes[line.head][1] - wide) / 2
            ribbons.append(Ribbon(line, x, y, end - HEAD, head_top, wide))
            y += wide + _EDGE
    return tuple(ribbons)
