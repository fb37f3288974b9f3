"""The detection curve: how many a staged rollout hits, by the hour at which it is stopped."""

from bisect import bisect_left
from collections.abc import Sequence

import polars as pl

from knockon.graph.maps.axes import (
    Axis,
    amount,
    count_axis,
    drop,
    footer,
    frame,
    hovers,
    mark,
    path,
    stairs,
    time_axis,
)
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, text
from knockon.graph.maps.phrases import describe_band
from knockon.graph.maps.style import BLUE, MUTED
from knockon.graph.maps.text import width, wrap, xml
from knockon.graph.words import between, duration, percent

_PAGE, _TALL, _LEFT, _RIGHT, _LINE = 960.0, 300.0, 84.0, 736.0, 15.0


def draw_detection(
    curve: pl.DataFrame,
    rings: Sequence[tuple[float, float]],
    halt: float | None,
    *,
    condition: str,
    assumed: Sequence[str] = (),
    foot: str = "",
    middle: str = "",
) -> str:
    """One SVG document of a detection curve.

    curve: `halt_hours` in rising order, `hit`, the expected number hit if the rollout is stopped
        then, `hit_low`, `hit_high` and `std_error`; a row for the start of each ring and at least
        one after the last
    rings: (share that the rollout has reached in all, start hour) of each, by start
    halt: when it is stopped, None for never; condition: `Falcon Platform ships a bad update`
    middle: what the curve rests on, as `if unknown counts 0.5`, where anything is unknown; the band
        then spans low to high, else twice the standard error
    """
    hours, hit = (curve[c].to_list() for c in ("halt_hours", "hit"))
    ends = _ends(curve, bool(middle))
    stops = _stops(rings, halt, hours, [*zip(*ends, strict=True)] if middle else hit)
    (number, words, _), *rest = stops
    verb = "is" if number in ("1", "up to 1") else "are"
    verb += " hit on average" if middle else " expected to be hit"
    first = f"If {condition} in rings: {number} {verb} if {words}"
    sentence = ", ".join([first, *(f"{n} if {w}" for n, w, _ in rest)])
    key = f"Line: {middle}; band: {describe_band(middle)}." if middle else ""
    head, top = heading(sentence, [*assumed, key], _PAGE)
    x = time_axis(max(hours[-1], halt or 0.0), _LEFT, _RIGHT)
    hours, hit = [*hours, x.stop], [*hit, hit[-1]]
    low, high = ([*end, end[-1]] for end in ends)
    names, levels = _ring_names(rings, x)
    upper = top + 24 + _LINE * levels
    y = count_axis(max(high), upper + _TALL, upper)
    what = f"number hit {middle}" if middle else "expected number hit"
    tip = describe_band(middle, brief=True) if middle else "give or take two standard errors"
    body = [
        *head,
        text(MARGIN, top + 6, f"{what}, {y.unit}".rstrip(", "), SMALL),
        *frame(x, y, x_title=f"the rollout is stopped after so many {x.unit}"),
        *_rings(rings, names, x, y),
        *_curve(x, y, hours, hit, (low, high), tip),
        *hovers(x, y, lambda hour: _describe_hour(hour, hours, hit)),
        *_mark_stops(stops, x, y, hours, hit),
    ]
    feet, height = footer(foot, _PAGE, y.low + 44)
    return document(_PAGE, height, sentence, " ".join(assumed), [*body, *feet])


def find_hit_at(hour: float, hours: Sequence[float], hit: Sequence[float]) -> float:
    """The expected number hit if the rollout is stopped at an hour.

    A ring that starts at the hour of the halt is spared, so each row holds from the one before it.
    """
    return hit[_find_row(hour, hours)]


def _find_row(hour: float, hours: Sequence[float]) -> int:
    return min(bisect_left(hours, hour), len(hours) - 1)


def _ends(curve: pl.DataFrame, ranged: bool) -> tuple[list[float], list[float]]:
    """The ends of the band: low and high, or two standard errors around the number hit."""
    if ranged:
        return curve["hit_low"].to_list(), curve["hit_high"].to_list()
    pairs = list(curve.select("hit", "std_error").iter_rows())
    return [max(h - 2 * e, 0.0) for h, e in pairs], [h + 2 * e for h, e in pairs]


def _stops(
    rings: Sequence[tuple[float, float]], halt: float | None,
    hours: Sequence[float], hit: Sequence[float] | Sequence[tuple[float, ...]],
) -> list[tuple[str, str, float]]:  # fmt: skip
    """What is worth a mark: (number hit, or its low and high, if what, hour). The halt, or else
    the second ring."""

    def say(at: float) -> str:
        found = hit[_find_row(at, hours)]
        return between(*found) if isinstance(found, tuple) else amount(found)

    never = (say(hours[-1]), "nobody stops it", hours[-1])
    if halt is not None:
        stop = (say(halt), f"it is stopped after {duration(halt)}", halt)
    elif len(rings) > 1:
        start = rings[1][1]
        words = f"it is stopped by {duration(start)}, before the second ring"
        stop = (say(start), words, start)
    else:
        return [never]
    return [stop, never]


def _ring_names(rings: Sequence[tuple[float, float]], x: Axis) -> tuple[list[tuple[str, int]], int]:
    """The name of each ring and the line that it stands on, and the number of lines.

    Names stand above the plot, right of their place, so high that no later ring's line crosses
    them; lines are counted from the upper edge of the plot.
    """
    placed: list[tuple[float, str, int]] = []
    for share, start in reversed(rings):
        words, at = f"{percent(share)} reached from {duration(start)} on", x.at(start)
        ends = at + width(words, SMALL) + 10
        placed.append((at, words, max((n + 1 for a, _, n in placed if a < ends), default=0)))
    names = [(words, line) for _, words, line in reversed(placed)]
    return names, 1 + max((line for _, line in names), default=-1)


def _rings(
    rings: Sequence[tuple[float, float]], names: Sequence[tuple[str, int]], x: Axis, y: Axis
) -> list[str]:
    out = []
    for (_, start), (words, line) in zip(rings, names, strict=True):
        at, level = x.at(start), y.high - 4 - _LINE * line
        out.append(f'<g class="ring"><title>{xml(words)}</title>')
        out.append(
            f'<path d="M{at:.1f},{level - 8:.1f}V{y.low:.1f}" stroke="{MUTED}" '
            'stroke-dasharray="6 3"/>'
        )
        out += [text(at + 4, level, words, SMALL, MUTED), "</g>"]
    return out


def _curve(
    x: Axis, y: Axis, hours: Sequence[float], hit: Sequence[float],
    ends: tuple[Sequence[float], Sequence[float]], tip: str,
) -> list[str]:  # fmt: skip
    """The curve in its band from low to high."""
    out = []
    if any(low < high for low, high in zip(*ends, strict=True)):
        lower, upper = (stairs(x, y, zip(hours, end, strict=True), ahead=True) for end in ends)
        out.append(
            f'<path d="{path([*upper, *reversed(lower)])}Z" fill="{BLUE}" fill-opacity="0.18">'
            f"<title>{tip}</title></path>"
        )
    d = path(stairs(x, y, zip(hours, hit, strict=True), ahead=True))
    out.append(f'<path class="curve" d="{d}" fill="none" stroke="{BLUE}" stroke-width="2.5"/>')
    return out


def _mark_stops(
    stops: Sequence[tuple[str, str, float]], x: Axis, y: Axis,
    hours: Sequence[float], hit: Sequence[float],
) -> list[str]:  # fmt: skip
    """The marks on the curve, and what they say at its right."""
    out, level = [], y.high + 14
    for i, (number, words, hour) in enumerate(stops):
        at, height = x.at(hour), y.at(find_hit_at(hour, hours, hit))
        out += [
            f"<g><title>{xml(f'{number} hit if {words}')}</title>",
            drop(at, height, y.low),
            mark(i, at, height),
            mark(i, x.high + 24, level - 4),
            text(x.high + 38, level, number, NAME, bold=True),
        ]
        for line in wrap(f"if {words}", SMALL, _PAGE - MARGIN - x.high - 38):
            level += 15
            out.append(text(x.high + 38, level, line, SMALL, MUTED))
        out.append("</g>")
        level += 26
    return out


def _describe_hour(hour: float, hours: Sequence[float], hit: Sequence[float]) -> str:
    return f"stopped after {duration(hour)}: {amount(find_hit_at(hour, hours, hit))} hit"
