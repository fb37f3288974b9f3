"""Bars of the timeline: who is down from when to when."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import polars as pl

from knockon.graph.maps.axes import GRID, Axis
from knockon.graph.maps.page import MARGIN, NAME, SMALL, text
from knockon.graph.maps.plan import ORIGINS
from knockon.graph.maps.style import INK, MUTED, ORIGIN, outline, texture
from knockon.graph.maps.text import clean, settle, wrap, xml
from knockon.graph.words import chance, duration, join, kind_name, kind_name_among, percent

_ROW = 22.0
_HOURS = ("start_hours", "down_hours", "down_hours_p95")
_STEPS = 20  # of the longest time: bars that differ by less look alike
_LISTED = 40  # names in a tooltip
_FAINTEST = 0.15  # opacity of a bar of probability 0; the stronger, the more probable


@dataclass(frozen=True)
class Bar:
    """Entities of one kind whose bars look alike: from `start` for `down` hours, in the mean of
    the worlds that take them down; in 1 of 20 of these for `late` hours or longer.

    names: the worst first; hours and probability: their means; about: their hours differ a little
    """

    names: tuple[str, ...]
    kind: str
    low: float
    probability: float
    high: float
    error: float
    start: float
    down: float
    late: float
    origin: bool
    about: bool = False


def make_bars(entities: pl.DataFrame, top: int) -> list[Bar]:
    """Some origins, and the first `top` bars of others that are ever down, in order of rank; those
    that look alike share one, at the place of the first of them."""
    fallen = _select_fallen(entities)
    origin = pl.col("rank") == 0
    bars = [_make_bar([row]) for row in fallen.filter(origin).head(ORIGINS).iter_rows(named=True)]
    others = fallen.filter(~origin)
    longest = max((others[name].max() or 0.0 for name in _HOURS), default=0.0)
    step = max(float(longest), 1e-9) / _STEPS  # type: ignore[arg-type]
    alike: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for row in others.iter_rows(named=True):
        alike.setdefault(_look(row, step), []).append(row)
    return bars + [_make_bar(rows) for rows in list(alike.values())[:top]]


def _look(row: Mapping[str, Any], step: float) -> tuple[object, ...]:
    """What is seen of an entity: its kind, where its bar begins and ends to a step of hours, its
    chance as spelled, how faint it is."""
    hours = (round(row[name] / step) for name in _HOURS)
    low, middle, high = (row[f"probability{end}"] for end in ("_low", "", "_high"))
    ends = percent(low), percent(high)
    said = "" if ends[0] != ends[1] else round(20 * middle)
    return row["kind"], *hours, *(ends if said == "" else ()), said, round(5 * middle)


def _make_bar(rows: Sequence[Mapping[str, Any]]) -> Bar:
    first = rows[0]

    def mean(name: str) -> float:
        return float(sum(row[name] for row in rows) / len(rows))

    spelled = {tuple(duration(row[name]) for name in _HOURS) for row in rows}
    return Bar(
        names=tuple(row["name"] for row in rows),
        kind=first["kind"],
        low=first["probability_low"],
        probability=mean("probability"),
        high=first["probability_high"],
        error=first.get("std_error", 0.0),
        start=mean("start_hours"),
        down=mean("down_hours"),
        late=mean("down_hours_p95"),
        about=len(spelled) > 1,
        origin=first["rank"] == 0,
    )


def count_more(entities: pl.DataFrame, bars: Sequence[Bar]) -> str:
    """`+45 more that may be down: 39 enterprises and 6 services`, and origins that have no bar;
    nothing where every entity has one."""
    fallen = _select_fallen(entities)
    shown = Counter[str]()
    for bar in bars:
        shown["" if bar.origin else bar.kind] += len(bar.names)
    origins = fallen.filter(pl.col("rank") == 0).height - shown.pop("", 0)
    failing = f"+{origins:,} more that fail" if origins else ""
    rest = Counter(fallen.filter(pl.col("rank") > 0)["kind"].to_list()) - shown
    if not rest:
        return failing
    counts = sorted(rest.items(), key=lambda pair: (-pair[1], pair[0]))
    said = [f"{n:,} {kind_name_among(k, n)}" for k, n in counts]
    if len(said) > 4:
        said = [*said[:3], f"{sum(n for _, n in counts[3:]):,} others"]
    counted = f"+{rest.total():,} more that may be down: {join(said)}"
    return f"{failing}; {counted}" if failing else counted


def _select_fallen(entities: pl.DataFrame) -> pl.DataFrame:
    """The entities that are down in some world, in order of rank."""
    down = pl.col("down_hours").is_not_null() & pl.col("start_hours").is_not_null()
    return entities.filter(down).sort(["rank", "name"], maintain_order=True)


def draw_bars(
    bars: Sequence[Bar],
    kind_of: Mapping[str, int],
    x: Axis,
    top: float,
    page: float,
    more: str,
    middle: str = "",
) -> tuple[list[str], float]:
    """A row for each bar below a head, and the lower end. A line beyond the axis ends in an arrow.

    kind_of: kind to the number of its texture; page: width; more: what has no bar, in words;
    middle: what the bars rest on, as `if unknown counts 0.5`, where anything is unknown
    """
    share = "down in" if middle else "likely"
    out = [
        text(MARGIN, top + 12, "Who is down, and when", NAME, bold=True),
        text(x.high + 12, top + 12, "down, mean (1 in 20)", SMALL, MUTED),
        text(page - MARGIN, top + 12, share, SMALL, MUTED, anchor="end"),
    ]
    top += 22
    tops = [top, *accumulate((_tall(bar, x) for bar in bars), initial=top)][1:]
    bottom = tops[-1]
    for value, _ in x.ticks:
        out.append(f'<path d="M{x.at(value):.1f},{top:.1f}V{bottom:.1f}" stroke="{GRID}"/>')
    for i, bar in enumerate(bars):
        out += _bar(bar, texture(kind_of[bar.kind]), x, tops[i], page)
    out.append(f'<path d="M{x.low:.1f},{bottom:.1f}H{x.high:.1f}" stroke="{INK}"/>')
    for value, label in x.ticks:
        at = x.at(value)
        out.append(f'<path d="M{at:.1f},{bottom:.1f}v4" stroke="{MUTED}"/>')
        out.append(text(at, bottom + 17, label, SMALL, MUTED, anchor="middle"))
    words = f"{x.unit} since it began; bar: mean, fainter: less likely; line: 1 world of 20"
    words += "; ≈: mean of those alike" if any(bar.about for bar in bars) else ""
    words += "; broken edge: not known whether" if middle else ""
    words += f"; {middle}" if middle else ""
    out.append(text(x.high, bottom + 34, words, SMALL, anchor="end"))
    if more:
        for i, line in enumerate(wrap(more, SMALL, page - 2 * MARGIN)):
            out.append(text(MARGIN, bottom + 54 + 15 * i, line, SMALL))
        bottom += 15 * i
    return out, bottom + (58 if more else 38)


def _name(bar: Bar, x: Axis) -> tuple[list[str], float]:
    """The name of a bar in full, on two lines where it must be, and how many read alike."""
    lines, size = settle(clean(bar.names[0]), x.low - MARGIN - 40, 2, (SMALL, 10.0))
    more = len(bar.names) - 1
    return [*lines, f"+ {more:,} alike"] if more else lines, size


def _tall(bar: Bar, x: Axis) -> float:
    names, size = _name(bar, x)
    return max(_ROW, len(names) * (size + 1) + 5)


def _bar(bar: Bar, pattern: str, x: Axis, y: float, page: float) -> list[str]:
    names, size = _name(bar, x)
    y += (_tall(bar, x) - _ROW) / 2
    begin, end, late = (x.at(h) for h in (bar.start, bar.start + bar.down, bar.start + bar.late))
    hours = duration(bar.down)
    if duration(bar.late) != hours:
        hours += f" ({duration(bar.late)})"
    hours = f"≈ {hours}" if bar.about else hours
    share = "fails" if bar.origin else chance(bar.low, bar.probability, bar.high, bar.error)
    often = "" if bar.origin else f", down in {share} of all worlds"
    said = [clean(name) for name in bar.names[:_LISTED]]
    more = len(bar.names) - len(said)
    listed = "; ".join([*said, f"and {more:,} more"] if more else said)
    tip = (
        f"{listed} ({kind_name(bar.kind, len(bar.names))}): down after {duration(bar.start)} "
        f"for {duration(bar.down)}, in 1 world of 20 for {duration(bar.late)} or longer{often}"
    )
    fill = ORIGIN if bar.origin else pattern
    seen = round(_FAINTEST + (1 - _FAINTEST) * bar.probability, 2)  # how often, beside how long
    faint = "" if bar.origin or seen >= 1 else f' fill-opacity="{seen:g}"'
    open_ = not bar.origin and percent(bar.low) != percent(bar.high)
    unsure = ' stroke-dasharray="4 3"' if open_ else ""
    shape = f'scale(0.8)" d="{outline(bar.kind, 34, 16)}"'
    out = [
        f'<g class="bar"><title>{xml(tip)}</title>',
        f'<path transform="translate({MARGIN:g},{y + 4:.1f}) {shape} '
        f'fill="{ORIGIN if bar.origin else "#f2f2f2"}" stroke="{MUTED}"/>',
        *(
            text(
                MARGIN + 33,
                y + 15 + (i - (len(names) - 1) / 2) * (size + 1),
                line,
                size,
                bold=bar.origin or (len(bar.names) > 1 and i == len(names) - 1),
            )
            for i, line in enumerate(names)
        ),
        f'<rect x="{begin:.1f}" y="{y + 4:.1f}" width="{max(end - begin, 1.5):.1f}" height="14" '
        f'fill="{fill}"{faint} stroke="{INK}" stroke-width="{0.9 if unsure else 0.6:g}"{unsure}/>',
    ]
    if late > end + 0.5:
        tip = "m0,-4v8" if late <= x.high + 0.5 else "m-5,-4l5,4l-5,4"  # an arrow: it goes on
        out.append(
            f'<path d="M{end:.1f},{y + 11:.1f}H{min(late, x.high):.1f}{tip}" fill="none" '
            f'stroke="{INK}" stroke-width="1.2"/>'
        )
    out.append(text(x.high + 12, y + 15, hours, SMALL))
    out += [text(page - MARGIN, y + 15, share, SMALL, anchor="end"), "</g>"]
    return out
