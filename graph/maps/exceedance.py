"""The exceedance chart: how bad it gets, and how often as bad or worse."""

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
    share_axis,
    stairs,
)
from knockon.graph.maps.page import MARGIN, NAME, SMALL, Point, document, heading, text
from knockon.graph.maps.phrases import describe_band
from knockon.graph.maps.style import BLUE, INK
from knockon.graph.maps.text import width, xml
from knockon.graph.words import percent

_PAGE, _TALL = 960.0, 320.0
_MARKS = ((0.50, "P50", "half of all worlds"), (0.95, "P95", "19 of 20 worlds"),
          (0.99, "P99", "99 of 100 worlds"))  # fmt: skip


def draw_exceedance(
    curve: pl.DataFrame,
    *,
    condition: str,
    unit: str,
    assumed: Sequence[str] = (),
    foot: str = "",
    outer: Sequence[pl.DataFrame] = (),
    middle: str = "",
) -> str:
    """One SVG document of an exceedance curve; in words alone where no world has an impact.

    curve: `impact` in rising order, and `probability`, the share of worlds that reach it, as
        `Impact.exceedance` gives them; at least one row
    condition: what fails, as `Falcon Platform fails`; unit: of the impact
    outer: the same curves of the low and the high run, where unknown strengths leave a range;
        middle: what the curve between them rests on, as `if unknown counts 0.5`
    """
    values, shares = _split(curve)
    ends = [_split(c) for c in outer]
    marks = [(name, quantile(values, shares, q), 1 - q, words) for q, name, words in _MARKS]
    limits = [[quantile(*end, q) for q, _, _ in _MARKS] for end in ends]
    most = max(v[-1] for v, _ in (*ends, (values, shares)))
    least = min(v[0] for v, _ in (*ends, (values, shares)))
    if not most:
        return _write_nothing(condition, unit, assumed, foot)
    if limits:
        sentence = _lead_with_range(condition, unit, limits)
        key = f"Line: {middle}; band: {describe_band(middle, named=True)}."
        assumed = [*assumed, key]
    else:
        sentence = _sentence(condition, marks, values, unit)
    head, top = heading(sentence, assumed, _PAGE)
    y = share_axis(top + _TALL, top + 22)
    said = _say_marks(marks, limits)
    right = max(width(words, NAME) for words in said) + 16
    x = count_axis(
        most, MARGIN + y.label_room() + 10, _PAGE - MARGIN - right,
        least=_begin(least, most), parts=7, unit=unit,
    )  # fmt: skip
    corners = _corners(x, y, values, shares)
    begins = f" (the axis begins at {amount(x.start)})" if x.start else ""
    body = [
        *head,
        text(MARGIN, top + 6, "share of worlds with this impact or more", SMALL),
        *frame(x, y, x_title=f"impact ({x.unit}){begins}"),
        *(_band(x, y, ends, describe_band(middle)) if ends else [_ground(corners, y)]),
        f'<path class="curve" d="{path(corners)}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        *hovers(x, y, lambda value: _describe_share(value, values, shares, unit, middle)),
        *(_beside(said, x, top) if ends else _mark_percentiles(x, y, marks, said, unit)),
    ]
    feet, height = footer(foot, _PAGE, y.low + 44)
    return document(_PAGE, height, sentence, " ".join(assumed), [*body, *feet])


def _split(curve: pl.DataFrame) -> tuple[list[float], list[float]]:
    return curve["impact"].to_list(), curve["probability"].to_list()


def _corners(x: Axis, y: Axis, values: list[float], shares: list[float]) -> list[Point]:
    points = [(x.start, 1.0), *zip(values, shares, strict=True), (values[-1], 0.0)]
    return stairs(x, y, points, ahead=True)


def _ground(corners: list[Point], y: Axis) -> str:
    d = path([*corners, (corners[0][0], y.low)])
    return f'<path d="{d}Z" fill="{BLUE}" fill-opacity="0.12"/>'


def _band(
    x: Axis, y: Axis, ends: Sequence[tuple[list[float], list[float]]], words: str
) -> list[str]:
    """What lies between the curves of the low and the high run, with their edges."""
    low, high = (_corners(x, y, *end) for end in ends)
    out = [
        f'<path class="band" d="{path([*high, *reversed(low)])}Z" fill="{BLUE}" '
        f'fill-opacity="0.18"><title>{words}</title></path>'
    ]
    for name, edge in (("low", low), ("high", high)):
        out.append(
            f'<path class="{name}" d="{path(edge)}" fill="none" stroke="{BLUE}" '
            'stroke-width="1.2" stroke-dasharray="5 3"/>'
        )
    return out


def _say_marks(
    marks: list[tuple[str, float, float, str]], limits: Sequence[Sequence[float]]
) -> list[str]:
    """`P95: 12`, or `P95: 0 to 40` where there are limits."""
    if not limits:
        return [f"{name}: {amount(value)}" for name, value, _, _ in marks]
    ranges = (_spell_range(*pair) for pair in zip(*limits, strict=True))
    return [f"{name}: {span}" for (name, *_), span in zip(marks, ranges, strict=True)]


def _spell_range(low: float, high: float) -> str:
    return " to ".join(dict.fromkeys((amount(low), amount(high))))


def _beside(said: list[str], x: Axis, top: float) -> list[str]:
    """The percentiles right of the plot: a band leaves no free place in it."""
    return [
        text(x.high + 12, top + 40 + 20 * i, words, NAME, INK, bold=True)
        for i, words in enumerate(said)
    ]


def _lead_with_range(condition: str, unit: str, limits: Sequence[Sequence[float]]) -> str:
    half, bad, worst = (_spell_range(*pair) for pair in zip(*limits, strict=True))
    if half == worst:
        return f"If {condition}: the impact is at most {worst} ({unit}) in 99 of 100 worlds"
    return (
        f"If {condition}: the impact is at most {half} ({unit}) in half of all worlds, "
        f"{bad} in 19 of 20, {worst} in 99 of 100"
    )


def _write_nothing(condition: str, unit: str, assumed: Sequence[str], foot: str) -> str:
    """Words instead of a chart of nothing."""
    sentence = f"If {condition}: no world has an impact ({unit}), so there is no curve to draw"
    head, top = heading(sentence, assumed, _PAGE)
    feet, height = footer(foot, _PAGE, top)
    return document(_PAGE, height, sentence, " ".join(assumed), [*head, *feet])


def quantile(values: list[float], shares: list[float], q: float) -> float:
    """The least impact that is not exceeded in a share q of the worlds."""
    beyond = [*shares[1:], 0.0]
    return next(v for v, p in zip(values, beyond, strict=True) if 1 - p >= q - 1e-9)


def _sentence(
    condition: str, marks: list[tuple[str, float, float, str]], values: list[float], unit: str
) -> str:
    if len(values) == 1:
        return f"If {condition}: the impact is {amount(values[0])} ({unit}) in every world"
    half, bad, worst = (amount(value) for _, value, _, _ in marks)
    if half == worst:
        return f"If {condition}: the impact is at most {worst} ({unit}) in 99 of 100 worlds"
    return (
        f"If {condition}: the impact is at most {half} ({unit}) in half of all worlds, "
        f"{bad} in 19 of 20, {worst} in 99 of 100"
    )


def _begin(least: float, most: float) -> float:
    """Zero, unless the whole curve would then stand at the right end of the axis."""
    return least if 0.75 * most < least < most else 0.0


def _describe_share(
    value: float, values: list[float], shares: list[float], unit: str, middle: str
) -> str:
    at = bisect_left(values, value)
    share = shares[at] if at < len(shares) else 0.0
    return f"{amount(value)} or more ({unit}): in {percent(share)} of all worlds {middle}".rstrip()


def _mark_percentiles(
    x: Axis, y: Axis, marks: list[tuple[str, float, float, str]], said: list[str], unit: str
) -> list[str]:
    """The percentiles on the curve; what is above and right of a falling curve is free."""
    out, ceiling = [], y.low
    for shape in reversed(range(len(marks))):
        name, value, share, words = marks[shape]
        at, level = x.at(value), y.at(share)
        ceiling = min(level - 5, ceiling - 17)
        tip = xml(f"{name}: at most {amount(value)} ({unit}) in {words}")
        out += [
            f"<g><title>{tip}</title>",
            drop(at, level, y.low),
            mark(shape, at, level),
            text(at + 9, ceiling, said[shape], NAME, INK, bold=True),
            "</g>",
        ]
    return out
