"""What holds, below the panel of who is hit: good news is seen, too."""

from typing import Any

import polars as pl

from knockon.graph.analysis.holding import REASONS
from knockon.graph.maps.marks import Subject, draw_shape
from knockon.graph.maps.page import NAME, text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.style import INK, MUTED, ORIGIN, PAPER, RING, RULE
from knockon.graph.maps.text import clean, settle, wrap, xml
from knockon.graph.words import join, kind_name

ROWS = 6
_MEMBERS = 8  # dots of a group, one a member
_NAME_WIDE = 186.0
_BRACE_AT = 226.0


def draw_held(subject: Subject, x: float, y: float) -> tuple[list[str], float]:
    """Rows of who stands, redundancy first, from y on, and the lower end; nothing where nobody is.

    A group is drawn as a dot for each member, those that fall filled, and a brace around what is
    left.
    """
    holding = subject.impact.holding
    if not holding.height:
        return [], y
    place = {reason: i for i, reason in enumerate(REASONS)}
    order = pl.col("reason").replace_strict(place, default=len(place))
    rows = holding.sort(order, maintain_order=True)
    out = [text(x, y + 14, "what holds", NAME, bold=True)]
    y += 24
    names = dict(subject.impact.entities.select("id", "name").iter_rows())
    for row in rows.head(ROWS).iter_rows(named=True):
        drawn, tall = _draw_row(row, names, x, y)
        out += [f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>', drawn]
        y += tall
    if rows.height > ROWS:
        y += 16
        out.append(text(x, y, f"+ {rows.height - ROWS:,} more that hold", 10.5, MUTED))
    return out, y + 10


def _draw_row(row: dict[str, Any], names: dict[str, str], x: float, y: float) -> tuple[str, float]:
    lines, size = settle(clean(row["name"]), _NAME_WIDE, 3, (12.0, 11.0, 10.0))
    lost = [clean(names.get(i, i)) for i in row["lost"]]
    why = {"group": "redundancy", "grace": "gets by for the time", "protected": "protected"}
    said = why[row["reason"]]
    if row["reason"] == "group":
        said = f"{row['left']} of {row['members']} left"
        said += f", needs {row['needs']}" if row["needs"] != 1 else ""
    shift = _BRACE_AT
    dots = ""
    members = row["members"] or 0
    if row["reason"] == "group" and members <= _MEMBERS:
        dots, wide = _draw_brace(members, row["left"], x + shift, y + 16)
        shift += wide
    without = wrap(f"without {join(lost)}", 10.0, WIDE - _BRACE_AT)
    tall = max(14.0 + (size + 2) * len(lines), 24.0 + 12 * len(without))
    tip = f"{row['name']} ({kind_name(row['kind'], 1)}): {said}, without {join(lost)}"
    glyph = draw_shape(row["kind"], 34, 18, PAPER, "spared")
    parts = [
        f'<g class="held" data-id="{xml(row["id"])}"><title>{xml(clean(tip))}</title>',
        f'<g transform="translate({x:.1f},{y + 9:.1f}) scale(0.7)">{glyph}</g>',
        *(
            text(x + 32, y + 18 + i * (size + 2), line, size, INK, bold=True)
            for i, line in enumerate(lines)
        ),
        dots,
        text(x + shift, y + 18, said, 11, INK),
        *(
            text(x + _BRACE_AT, y + 33 + 12 * i, line, 10.0, MUTED)
            for i, line in enumerate(without)
        ),
        "</g>",
    ]
    return "".join(parts), tall


def _draw_brace(members: int, left: int, x: float, y: float) -> tuple[str, float]:
    """A dot a member, those left ringed, and a brace behind them; and how wide that is."""
    parts = []
    for i in range(members):
        stands = i >= members - left
        fill, pen = (PAPER, RING) if stands else (ORIGIN, ORIGIN)
        parts.append(
            f'<circle cx="{x + 5 + 12 * i:.1f}" cy="{y - 2:.1f}" r="4" fill="{fill}" '
            f'stroke="{pen}" stroke-width="1.6"/>'
        )
    at = x + 12 * members + 2
    parts.append(
        f'<path d="M{at:.1f},{y - 11:.1f}q4,0 4,4t4,5q-4,1 -4,5t-4,4" fill="none" '
        f'stroke="{INK}" stroke-width="1.2"/>'
    )
    return "".join(parts), 12 * members + 18.0
