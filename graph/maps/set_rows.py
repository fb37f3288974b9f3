"""The right third of the map of cut sets: each set with how probably it hits and how probably it
fails; then who counts most."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from knockon.graph.analysis.cuts import CutSets
from knockon.graph.maps.marks import draw_bar
from knockon.graph.maps.page import text
from knockon.graph.maps.panel import WIDE
from knockon.graph.maps.style import INK, MUTED, RULE
from knockon.graph.maps.text import clean, wrap, xml
from knockon.graph.maps.zones import draw_title
from knockon.graph.words import chance, join, percent

_ROWS, _COUNTING = 20, 5
_NAME_AT, _BAR_AT, _BAR = 62.0, 262.0, 60.0


def say(row: dict[str, Any]) -> str:
    """How probably a set hits, how probably it fails: what is known of both."""
    parts = []
    if row["hits"] is not None and row["hits_low"] < 1:
        parts.append(f"hits it with {chance(row['hits_low'], row['hits'], row['hits_high'])}")
    if row["probability"] is not None:
        parts.append(f"probability {row['probability']:.3g}")
    return "; ".join(parts)


def draw_rows(
    answer: CutSets, rows: Sequence[dict[str, Any]], x: float, y: float
) -> tuple[list[str], float]:
    """The rows below each other from y on, and the lower end."""
    if not rows:
        return draw_title("who takes it down", "nobody that was looked at", x, y)
    about = "the smallest sets first; bar: how probably it is hit where just these fail"
    stated = any(row["probability"] is not None for row in rows)
    about += "; right: how probably that happens" if stated else ""
    out, y = draw_title("who takes it down", about, x, y)
    for row in rows[:_ROWS]:
        drawn, tall = _draw_row(answer, row, x, y)
        out.append(drawn)
        y += tall
    more = sum(answer.counts["sets"].to_list()) - min(len(rows), _ROWS)
    if more > 0:
        y += 14
        out.append(text(x, y, f"+ {more:,.0f} more sets", 10.5, MUTED))
    counting, y = _draw_counting(answer, x, y + 10)
    return [*out, *counting], y


def _draw_row(answer: CutSets, row: dict[str, Any], x: float, y: float) -> tuple[str, float]:
    """Alone or how many together, the names, the bar, the probability; and how tall that is."""
    names = join([clean(answer.entities.get(i, i)) for i in row["members"]])
    lines = wrap(names, 11.0, _BAR_AT - _NAME_AT - 8)
    tall = max(14.0 * len(lines) + 10, 34.0)
    middle = y + tall / 2
    order = "alone" if row["order"] == 1 else f"all {row['order']}"
    parts = [f"<title>{xml(f'{names}: {say(row) or order}')}</title>"]
    parts.append(text(x, middle + 4, order, 11.0, INK, bold=row["order"] == 1))
    first = middle + 4 - 7 * (len(lines) - 1)
    for number, line in enumerate(lines):
        parts.append(text(x + _NAME_AT, first + 14 * number, line, 11.0, INK))
    figures = tuple(row[name] for name in ("hits_low", "hits", "hits_high"))
    if None not in figures:
        parts.append(draw_bar(x + _BAR_AT, middle - 10, _BAR, 7, figures))
        parts.append(text(x + _BAR_AT, middle + 11, chance(*figures), 10.0, MUTED))
    if row["probability"] is not None:
        said = f"{row['probability']:.3g}"
        parts.append(text(x + WIDE, middle + 4, said, 11.0, INK, bold=True, anchor="end"))
    rule = f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>'
    return f'{rule}<g class="row">{"".join(parts)}</g>', tall


def _draw_counting(answer: CutSets, x: float, y: float) -> tuple[list[str], float]:
    """Whose failing takes part in most of what hits the target, where probabilities are stated."""
    counting = answer.importance
    if not counting.height or "fussell_vesely" not in counting.columns:
        return [], y
    ranked = counting.filter(pl.col("fussell_vesely") > 0).sort(
        ["fussell_vesely", "id"], descending=[True, False]
    )
    if not ranked.height:
        return [], y
    about = "the share of its probability that is gone if this one never fails"
    out, y = draw_title("who counts most", about, x, y)
    for row in ranked.head(_COUNTING).iter_rows(named=True):
        share = min(max(row["fussell_vesely"], 0.0), 1.0)
        out.append(f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>')
        lines = wrap(clean(answer.entities.get(row["id"], row["id"])), 11.0, _BAR_AT - 8)
        for line in lines:
            y += 14
            out.append(text(x, y + 2, line, 11.0, INK))
        at = y + 2 - 7 * (len(lines) - 1)
        out.append(draw_bar(x + _BAR_AT, at - 8, _BAR, 7, (share, share, share)))
        out.append(text(x + WIDE, at, percent(share), 11.0, INK, bold=True, anchor="end"))
        y += 8
    return out, y + 8
