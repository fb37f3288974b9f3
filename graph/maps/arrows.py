"""Lines between boxes: curves that end in a head, dashed where a strength is unknown."""

import math
from collections.abc import Sequence

from knockon.graph.maps.page import Point
from knockon.graph.maps.style import LINE, MUTED


def draw_arrow(points: Sequence[Point], stroke: float, dash: str, opacity: float) -> str:
    """The curve through the control points of cubic Béziers, and its head."""
    corners = _place_head(points[-2], points[-1], stroke)
    (_, (ax, ay), (bx, by)) = corners
    ends_at = (*points[:-1], ((ax + bx) / 2, (ay + by) / 2))  # at the back of the head
    curve = f"M{points[0][0]:.1f},{points[0][1]:.1f}" + "".join(
        "C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in ends_at[i : i + 3])
        for i in range(1, len(points) - 2, 3)
    )
    head = "L".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return (
        f'<path d="{curve}" fill="none" stroke="{LINE}" stroke-width="{stroke:.1f}" '
        f'stroke-opacity="{opacity:g}"{dash}/><path d="M{head}Z" fill="{MUTED}"/>'
    )


def find_middle(points: Sequence[Point]) -> Point:
    """The point half way along the control points of cubic Béziers."""
    curves = (len(points) - 1) // 3
    begin = 3 * (curves // 2)
    if curves % 2 == 0:
        return points[begin]
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[begin : begin + 4]
    return (ax + 3 * bx + 3 * cx + dx) / 8, (ay + 3 * by + 3 * cy + dy) / 8


KNOWN = {
    "stated": "strength stated",
    "table": "strength from a table",
    "typical": "strength typical of past incidents",
    "partly": "partly unknown strength",
    "unknown": "strength unknown",
}
"""What is known of the strengths on a line, in words."""
KNOWLEDGE = {
    "stated": "stated", "own table": "table", "register": "table", "incidents": "typical",
    "none": "unknown",
}  # fmt: skip
"""The same of one strength, by where it comes from."""


def make_dashes(knowledge: str, stroke: float) -> str:
    """The dashes of a line of strengths that are `stated`, from a `table`, `typical` of past
    incidents, `partly` or `unknown`."""
    if knowledge == "stated":
        return ""
    if knowledge in ("table", "typical"):  # long dashes, or dots as long as the line is wide
        return f' stroke-dasharray="{16 if knowledge == "table" else 1 + stroke / 2:.1f} 3.0"'
    gap = f"{3 + stroke / 2:.1f}"
    dot = f" {1 + stroke / 2:.1f} {gap}" if knowledge == "partly" else ""
    return f' stroke-dasharray="{(9 if dot else 4) + stroke:.1f} {gap}{dot}"'


def draw_swatch(stroke: float, dash: str, y: float = 8) -> str:
    """A piece of such a line, for a legend."""
    return f'<path d="M0,{y:g}H34" stroke="{LINE}" stroke-width="{stroke:g}"{dash}/>'


def _place_head(before: Point, end: Point, stroke: float) -> tuple[Point, Point, Point]:
    """Tip and back corners of a head wider than its line: direction is seen without colour."""
    angle = math.atan2(end[1] - before[1], end[0] - before[0])
    size = 6 + 0.9 * stroke
    left, right = (
        (end[0] - size * math.cos(angle + turn), end[1] - size * math.sin(angle + turn))
        for turn in (0.5, -0.5)
    )
    return end, left, right
