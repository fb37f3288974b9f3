"""The picture of a concentration: the largest providers of each market, and what few carry.

Bars: who uses a provider itself, and through chains; a mark where it is critical. Curves: what the
largest k carry together. Of a designation: which tests each group of providers meets.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from knockon.graph.analysis.concentration import Concentration
from knockon.graph.maps.axes import GRID, Axis, footer, frame, path, share_axis
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.style import BLUE, INK, MUTED, PAPER
from knockon.graph.maps.text import clean, settle, wrap, xml
from knockon.graph.words import number, percent

_PAGE, _ROW, _BARS, _MARKETS = 960.0, 20.0, 10, 4
_LEFT, _RIGHT, _CURVE, _END = 230.0, 470.0, 660.0, 936.0
_DIRECT = f'fill="{BLUE}" stroke="{INK}" stroke-width="0.6"'
_CHAIN = f'fill="#cfe3f1" stroke="{INK}" stroke-width="0.8" stroke-dasharray="3 2"'
_BAND = f'fill="{BLUE}" fill-opacity="0.18"'
_CURVES = (
    ("users_all", "size", f'stroke="{BLUE}" stroke-width="2.5"', "used, the largest k"),
    ("users_all", "greedy", f'stroke="{BLUE}" stroke-width="1.5" stroke-dasharray="6 3"',
     "used, the k that add most"),
    ("critical_all", "size", f'stroke="{INK}" stroke-width="1.8" stroke-dasharray="2 3"',
     "critical, the largest k"),
)  # fmt: skip


def render_concentration(answer: Concentration) -> str:
    """The picture of an answer, one SVG document."""
    if answer.step_1 is not None:
        return _render_designation(answer)
    about = f"Counted: {answer.among}" + (f", by {answer.weight}" if answer.weight else "")
    head, y = heading(answer.headline, [answer.question, f"{about}."], _PAGE)
    legend, tall = legend_rows(_legend(answer), _PAGE)
    out = [*head, f'<g transform="translate(0,{y:.1f})">', *legend, "</g>"]
    y += tall + 12
    markets = list(_list_markets(answer))
    for market, rows in markets[:_MARKETS]:
        drawn, y = _draw_market(answer, market, rows, y)
        out += drawn
    left = len(markets) - _MARKETS
    more = f"{left:,} more markets are in the table. " if left > 0 else ""
    feet, height = footer(f"{more}{_describe(answer)}", _PAGE, y + 8)
    return document(_PAGE, height, answer.headline, about, [*out, *feet])


def _describe(answer: Concentration) -> str:
    return clean(answer.graph.title)


def _legend(answer: Concentration) -> list[tuple[str, str]]:
    box = '<rect width="34" height="14" y="1" {}/>'
    mark = f'<path d="M17,0V16" stroke="{INK}" stroke-width="2.5"/>'
    curves = [(f'<path d="M0,8H34" fill="none" {style}/>', words) for *_, style, words in _CURVES]
    band = f'<rect width="34" height="14" y="1" {_BAND}/>'
    spared = (answer.rows["critical_all"] != answer.rows["users_all"]).any()
    return [
        (box.format(_DIRECT), "use it themselves"), (box.format(_CHAIN), "through chains only"),
        (mark, f"for so many it is critical{'; beyond: they have a spare' if spared else ''}"),
        *curves, *([(band, "between these: those who have a spare")] if spared else []),
    ]  # fmt: skip


def _list_markets(answer: Concentration) -> Sequence[tuple[dict[str, Any], pl.DataFrame]]:
    """Each market with its rows, those with most users first."""
    found = []
    per = "per" in answer.rows.columns
    for market in answer.hhi.iter_rows(named=True):
        rows = answer.rows.filter(pl.col("relation") == market["relation"])
        if per:
            rows = rows.filter(pl.col("per").eq_missing(pl.lit(market["per"])))
        if rows.height:
            found.append((market, rows))
    return found


def _draw_market(
    answer: Concentration, market: Mapping[str, Any], rows: pl.DataFrame, y: float
) -> tuple[list[str], float]:
    """A market below y: its head, bars, curves; and the lower end."""
    shown = rows.head(_BARS)
    out = [text(MARGIN, y + 12, _name_market(market), NAME, bold=True)]
    spread = market["hhi"]
    facts = (
        f"{number(market['using'])} of {number(market['users'])} use any; {rows.height:,} "
        f"provider{'s' if rows.height > 1 else ''}"
    )
    if spread is not None:
        equal = number(market["effective"])
        facts += f"; HHI {spread:.3f}, as {f'{equal} equal ones' if equal != '1' else 'one alone'}"
    for line in wrap(facts, SMALL, _RIGHT + 130 - MARGIN):
        out.append(text(MARGIN, y + 28, line, SMALL, MUTED))
        y += 14
    top = y + 24
    scale = Axis(0.0, max(float(shown["users_all"].max() or 0), 1e-9), _LEFT, _RIGHT, ())  # type: ignore[arg-type]
    at = top
    for row in shown.iter_rows(named=True):
        drawn, at = _draw_bar(row, scale, at)
        out += drawn
    bottom = max(at, top + 7 * _ROW)
    more = rows.height - shown.height
    if more:
        out.append(text(MARGIN, bottom + 14, f"+{more:,} more", SMALL, MUTED))
    out += _draw_curves(answer, market, top, bottom)
    return out, bottom + 52


def _name_market(market: Mapping[str, Any]) -> str:
    relation = market["relation"].replace("_", " ")
    name = "any relation" if relation == "any" else relation
    return f"{name}, {market['per'] or 'none stated'}" if "per" in market else name


def _draw_bar(row: Mapping[str, Any], scale: Axis, y: float) -> tuple[list[str], float]:
    """A bar with its name in full at y, and where the next begins."""
    direct, whole = scale.at(row["users"]), scale.at(row["users_all"])
    at = scale.at(row["critical_all"])
    names, size = settle(clean(row["name"]), _LEFT - MARGIN - 8, 3, (SMALL, 10.0))
    tall = max(_ROW, len(names) * (size + 1) + 6)
    y += (tall - _ROW) / 2
    share = percent(row["share_all"] or 0.0)
    tip = (
        f"{clean(row['name'])}: used by {number(row['users_all'])} ({share}), "
        f"{number(row['users_indirect'])} of these through chains only; critical for "
        f"{number(row['critical_all'])} ({percent(row['critical_share_all'] or 0.0)})"
    )
    said = f"{number(row['users_all'])} ({share})"
    if number(row["critical_all"]) != number(row["users_all"]):
        said = f"{number(row['critical_all'])} to {said}"
    parts = [f'<g class="bar"><title>{xml(tip)}</title>']
    for i, line in enumerate(names):
        base = y + 14 + (i - (len(names) - 1) / 2) * (size + 1)
        parts.append(text(MARGIN, base, line, size))
    if direct > scale.low:
        parts.append(_box(scale.low, direct, y, _DIRECT))
    if whole > direct:
        parts.append(_box(direct, whole, y, _CHAIN))
    if row["critical_all"]:
        parts.append(f'<path d="M{at:.1f},{y + 1:.1f}v17" stroke="{INK}" stroke-width="2.5"/>')
    parts += [text(scale.high + 8, y + 14, said, SMALL), "</g>"]
    return parts, y + (tall + _ROW) / 2


def _box(start: float, stop: float, y: float, style: str) -> str:
    wide = max(stop - start, 1.0)
    return f'<rect x="{start:.1f}" y="{y + 3:.1f}" width="{wide:.1f}" height="13" {style}/>'


def _draw_curves(
    answer: Concentration, market: Mapping[str, Any], top: float, bottom: float
) -> list[str]:
    """What the first k carry together, as shares of all."""
    unions = answer.unions
    if not unions.height:
        return []
    unions = unions.filter(pl.col("relation") == market["relation"])
    if "per" in unions.columns:
        unions = unions.filter(pl.col("per").eq_missing(pl.lit(market["per"])))
    most = int(unions["k"].max() or 1)  # type: ignore[arg-type]
    step = max(1, -(-most // 10))
    ticks = tuple((float(k), f"{k}") for k in range(step, most + 1, step))
    x = Axis(0.0, float(max(most, 2)), _CURVE, _END, ticks)
    y = share_axis(bottom, top)
    out = frame(x, y, x_title="largest k together, share of all")
    out += _fill_between(unions.filter(pl.col("order") == "size"), market, x, y)
    for column, order, style, words in _CURVES:
        chosen = unions.filter(pl.col("order") == order)
        points = [(x.at(0.0), y.at(0.0))]
        points += [
            (x.at(k), y.at(value / market["users"] if market["users"] else 0.0))
            for k, value in chosen.select("k", column).iter_rows()
        ]
        corners = [(round(a, 1), round(b, 1)) for a, b in points]
        out.append(
            f'<path class="curve" d="{path(corners)}" fill="none" {style}>'
            f"<title>{xml(words)}</title></path>"
        )
    return out


def _fill_between(unions: pl.DataFrame, market: Mapping[str, Any], x: Axis, y: Axis) -> list[str]:
    """The band from those for whom the largest k are critical to all who use them."""
    users = market["users"]
    if not users or (unions["critical_all"] == unions["users_all"]).all():
        return []
    ends = []
    for column in ("users_all", "critical_all"):
        rows = unions.select("k", column).sort("k").iter_rows()
        points = [(x.at(0.0), y.at(0.0)), *((x.at(k), y.at(v / users)) for k, v in rows)]
        ends.append([(round(a, 1), round(b, 1)) for a, b in points])
    words = "from those for whom they are critical to all who use them"
    d = path([*ends[0], *reversed(ends[1])])
    return [f'<path class="band" d="{d}Z" {_BAND}><title>{words}</title></path>']


def _render_designation(answer: Concentration) -> str:
    """Groups of providers by tests: yes, no, or open."""
    steps = answer.step_1 if answer.step_1 is not None else pl.DataFrame()
    said = [n for n in answer.notes if n.startswith("shares are of")]
    notes = [f"{note[0].upper()}{note[1:]}." for note in said]
    head, y = heading(
        answer.headline,
        [answer.question,
         "Step 1 of Delegated Regulation (EU) 2024/1502: 1 (users and their assets), 2.1 and 2.2 "
         "(systemic users), 4 (no alternative, or hard to leave); all of them.", *notes], _PAGE,
    )  # fmt: skip
    columns = (("criterion_1", "1.1 and 1.2"), ("test_2_1", "2.1"), ("test_2_2", "2.2"),
               ("criterion_4", "4.1 or 4.2"), ("met", "all"))  # fmt: skip
    at = {name: 420.0 + 108 * i for i, (name, _) in enumerate(columns)}
    out = [*head, *(text(at[c], y + 12, words, SMALL, MUTED, anchor="middle")
                    for c, words in columns)]  # fmt: skip
    y += 20
    for row in steps.head(40).iter_rows(named=True):
        name = f"{clean(row['name'])}, used by {row['entities']:,}"
        names, size = settle(name, 330.0, 3, (NAME, 11.0, 10.0))
        for line in names:
            out.append(text(MARGIN, y + 16, line, size, bold=row["met"] is True))
            y += size + 2
        y -= size + 2
        for column, _ in columns:
            out += _draw_truth(row[column], at[column], y + 11)
        y += 24
        out.append(f'<path d="M{MARGIN:g},{y:.1f}H{_END:g}" stroke="{GRID}"/>')
    more = steps.height - 40
    feet = f"+{more:,} more. " if more > 0 else ""
    bottom, height = footer(f"{feet}{_describe(answer)}", _PAGE, y + 16)
    return document(_PAGE, height, answer.headline, "Step-1 tests", [*out, *bottom])


def _draw_truth(value: bool | None, x: float, y: float) -> list[str]:
    """Filled: met; empty: not met; dashed: something is missing."""
    fill, style, words = {
        True: (BLUE, "", "yes"), False: (PAPER, "", "no"),
        None: (PAPER, ' stroke-dasharray="3 2"', "open"),
    }[value]  # fmt: skip
    return [
        f'<circle cx="{x - 16:.1f}" cy="{y:.1f}" r="6" fill="{fill}" stroke="{INK}"{style}/>',
        text(x - 4, y + 4, words, SMALL),
    ]
