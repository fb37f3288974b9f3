"""What moves from one answer to another: of each entity both ranges on one line, one above the
other, with the tick of the assumption; largest move first."""

from collections.abc import Mapping
from typing import Any

from knockon.graph.analysis.compare import Comparison
from knockon.graph.maps.axes import Axis, draw_grid, footer, share_axis
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.style import BLUE, INK, MUTED, outline
from knockon.graph.maps.text import clean, settle, xml
from knockon.graph.words import chance, kind_name_among, percent

_PAGE, _SHOWN = 1080.0, 24
_ROW, _BAR = 40.0, 9.0
_NAMES, _RIGHT = 330.0, 190.0  # widths of names and of what stands beside the bars
BEFORE, AFTER = "#b3b3b3", BLUE


def render_moves(answer: Comparison) -> str:
    """The chart of a comparison, one SVG document."""
    moved = answer.rows.filter(answer.rows["change"] != 0)
    rows = list((moved if moved.height else answer.rows).head(_SHOWN).iter_rows(named=True))
    between = [_spell(note) for note in answer.notes if note.startswith("between")]
    out, top = heading(answer.headline, [answer.question, *between], _PAGE)
    keys, height = legend_rows(
        [(_swatch(BEFORE), "before, low to high; tick: at the assumption"),
         (_swatch(AFTER), "after")], _PAGE,
    )  # fmt: skip
    out.append(f'<g transform="translate(0,{top:.1f})">{"".join(keys)}</g>')
    top += height + 10
    x = share_axis(MARGIN + _NAMES, _PAGE - MARGIN - _RIGHT)
    bottom = top + 18 + _ROW * len(rows)
    out += draw_grid(x, top + 14, bottom)
    for number, row in enumerate(rows):
        out += _draw_row(row, x, top + 18 + _ROW * number)
    out.append(text(x.low, top + 8, "probability of being hit", SMALL, MUTED))
    rest = answer.rows.height - len(rows)
    if rest:
        words = kind_name_among("other", rest)
        still = moved.height - min(moved.height, _SHOWN)
        parts = [f"{still:,} move no more than these"] if still else []
        parts += [f"{rest - still:,} do not move"] if rest > still else []
        said = f"+ {rest:,} {words}: {', '.join(parts)}"
        out.append(text(MARGIN, bottom + 34, said, SMALL))
    foot, end = footer(_name_sources(answer), _PAGE, bottom + 50)
    return document(_PAGE, end, answer.headline, " ".join(answer.notes[:6]), [*out, *foot])


def _spell(note: str) -> str:
    return f"{note[0].upper()}{note[1:].rstrip('.')}."


def _name_sources(answer: Comparison) -> str:
    ends = dict.fromkeys((answer.graph.title, str(answer.other.get("title", ""))))
    return " against ".join(clean(title) for title in ends if title)


def _draw_row(row: Mapping[str, Any], x: Axis, y: float) -> list[str]:
    """Name, both bars, the change in words."""
    names, size = settle(clean(row["name"]), _NAMES - 40, 3, (NAME, 12.0, 11.0, 10.0, 9.0, 8.0))
    why = f"; {row['because']}" if row["because"] else ""
    sides = {side: _describe(row, side) for side in ("before", "after")}
    tip = f"{clean(row['name'])}: before {sides['before']}, after {sides['after']}{why}"
    out = [
        f'<g class="move"><title>{xml(tip)}</title>',
        f'<path transform="translate({MARGIN:g},{y + 4:.1f}) scale(0.8)" '
        f'd="{outline(row["kind"], 34, 16)}" fill="#f2f2f2" stroke="{MUTED}"/>',
    ]
    for line, words in enumerate(names):
        base = y + 16 + (line - (len(names) - 1) / 2) * (size + 1)
        out.append(text(MARGIN + 33, base, words, size))
    for place, (side, colour) in enumerate((("before", BEFORE), ("after", AFTER))):
        out += _draw_bar(row, side, colour, x, y + 4 + place * (_BAR + 3))
    change = row["change"]
    sign = "+" if change > 0 else "-" if change < 0 else ""
    move = f"{sign}{percent(abs(change))}"
    lines = [move, f"{sides['before']}, then {sides['after']}"]
    if _is_ranged(row):  # what is known leads, not what is assumed
        lines = [f"{sides['before']}, then {sides['after']}", f"{move} at the assumption"]
    out.append(text(x.high + 14, y + 12, lines[0], SMALL, bold=True))
    out.append(text(x.high + 14, y + 26, lines[1], SMALL, MUTED))
    return [*out, "</g>"]


def _is_ranged(row: Mapping[str, Any]) -> bool:
    return any(row[f"{side}_low"] != row[f"{side}_high"] for side in ("before", "after"))


def _draw_bar(row: Mapping[str, Any], side: str, colour: str, x: Axis, y: float) -> list[str]:
    if row[side] is None:
        return [text(x.low + 4, y + 9, "not in this graph", SMALL - 2, MUTED)]
    low, middle, high = (x.at(row[name]) for name in (f"{side}_low", side, f"{side}_high"))
    wide = max(high - low, 1.5)
    dashed = ' stroke-dasharray="3 2"' if high - low > 1.5 else ""  # unknown looks other than sure
    faint = ' fill-opacity="0.45"' if dashed else ""
    sure = f"M{x.at(0):.1f},{y + _BAR / 2:.1f}H{low:.1f}"
    return [
        f'<path d="{sure}" stroke="{colour}" stroke-width="{_BAR:g}"/>',
        f'<rect x="{low:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_BAR:g}" fill="{colour}" '
        f'stroke="{INK}" stroke-width="0.6"{faint}{dashed}/>',
        f'<path d="M{middle:.1f},{y - 1:.1f}v{_BAR + 2:g}" stroke="{INK}" stroke-width="1.6"/>',
    ]


def _describe(row: Mapping[str, Any], side: str) -> str:
    if row[side] is None:
        return "absent"
    return chance(row[f"{side}_low"], row[side], row[f"{side}_high"])


def _swatch(colour: str) -> str:
    return f'<rect y="3" width="34" height="{_BAR:g}" fill="{colour}" stroke="{INK}"/>'
