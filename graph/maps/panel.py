"""The right third of a map: who is hit hardest, ten rows, each with the box by which it came."""

from typing import Any

import polars as pl

from knockon.graph.analysis.question import unit_of
from knockon.graph.maps.axes import amount
from knockon.graph.maps.marks import Subject, draw_bar, draw_letter, link_to
from knockon.graph.maps.page import NAME, text
from knockon.graph.maps.style import INK, MUTED, RULE
from knockon.graph.maps.text import clean, settle, wrap, xml
from knockon.graph.words import chance, kind_name

ROWS = 10
WIDE = 392.0
_NAME_AT, _NAME_WIDE = 56.0, 158.0
_BAR_AT, _BAR_WIDE = 222.0, 88.0
_RANK_WIDE = 30.0


def draw_panel(subject: Subject, x: float, y: float) -> tuple[list[str], float]:
    """The rows below each other from y on, and the lower end."""
    impact = subject.impact
    others = impact.entities["rank"] > 0
    within = impact.entities["probability_high"] > 0
    rows = impact.entities.filter(others & within)
    title = "hit hardest"
    if subject.view.focus:
        shown = {subject.cell(row, "id") for b in subject.plan.boxes for row in b.members}
        rows, title = rows.filter(pl.col("id").is_in(shown)), "hit hardest in focus"
    rows = rows.sort("rank", maintain_order=True)
    unit = clean(unit_of(impact.graph.weight_unit or "weight lost", impact.scenario))
    out = [text(x, y + 12, title, NAME, bold=True)]
    if not rows.height:
        return [*out, text(x, y + 32, "nobody else", NAME, MUTED)], y + 40
    scale = f"bar: probability, low to high; tick: {subject.middle}" if subject.middle else (
        "bar: probability of being hit"
    )  # fmt: skip
    y += 16
    for line in wrap(f"by impact, in {unit}; {scale}", 10.5, WIDE):
        y += 13.5
        out.append(text(x, y, line, 10.5, MUTED))
    y += 8
    place = {p: row for row, p in enumerate(subject.place)}
    listed = rows.head(ROWS).iter_rows(named=True)
    for at, row in zip(_find_places(impact.entities, rows.head(ROWS)["id"].to_list()), listed,
                       strict=True):  # fmt: skip
        drawn, tall = _draw_row(subject, row, place.get(at, -1), x, y)
        out.append(drawn)
        y += tall
    more = rows.height - ROWS
    if more > 0:
        y += 16
        out.append(text(x, y, f"+ {more:,} more within reach, none hit harder", 10.5, MUTED))
    return out, y + 10


def _find_places(entities: Any, ids: list[str]) -> list[int]:
    of = {identifier: place for place, identifier in enumerate(entities["id"].to_list())}
    return [of[i] for i in ids]


def _draw_row(
    subject: Subject, row: dict[str, Any], at: int, x: float, y: float
) -> tuple[str, float]:
    """Rank, letter, name, bar, impact; and how tall that is."""
    names, size = settle(clean(row["name"]), _NAME_WIDE, 2, (12.0, 11.0, 10.0))
    step = size + 2.0
    tall = max(step * len(names) + 14, 38.0)
    middle = y + tall / 2
    rank = f"{row['rank_best']:,}"
    if row["rank_worst"] != row["rank_best"]:
        rank += f" to {row['rank_worst']:,}"
    range_ = (row["probability_low"], row["probability"], row["probability_high"])
    said = chance(*range_, row["std_error"])
    what = f"{clean(row['name'])} ({kind_name(row['kind'], 1)}, {row['id']})"
    tip = f"{what}: hit in {said} of all worlds"
    parts = [f"<title>{xml(tip)}</title>"]
    lines, small = settle(rank, _RANK_WIDE, 3, (11.5, 10.5, 9.5))
    for number, line in enumerate(lines):
        shift = (number - (len(lines) - 1) / 2) * (small + 1)
        parts.append(text(x, middle + 4 + shift, line, small, MUTED))
    letter = subject.plan.find_letter(subject.parent, at)
    if letter:
        parts.append(draw_letter(letter, x + 42, middle))
    first = middle + 4 - (len(names) - 1) / 2 * step
    for number, name in enumerate(names):
        parts.append(text(x + _NAME_AT, first + number * step, name, size, INK, bold=True))
    parts.append(draw_bar(x + _BAR_AT, middle - 8, _BAR_WIDE, 8, range_))
    parts.append(text(x + _BAR_AT, middle + 14, said, 10.0, MUTED))
    parts.append(
        text(x + WIDE, middle + 4, amount(row["impact"]), 12, INK, bold=True, anchor="end")
    )
    rule = f'<path d="M{x:.1f},{y:.1f}H{x + WIDE:.1f}" stroke="{RULE}"/>'
    drawn = "".join(parts)
    if at >= 0:
        drawn = link_to(subject, at, drawn)
    return f'{rule}<g class="worst" data-id="{xml(row["id"])}">{drawn}</g>', tall
