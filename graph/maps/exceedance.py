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
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, text
from knockon.graph.maps.style import BLUE, INK
from knockon.graph.maps.text import width, xml
from knockon.graph.words import percent

_PAGE, _TALL = 960.0, 320.0
_MARKS = ((0.50, "P50", "half of all worlds"), (0.95, "P95", "19 of 20 worlds"),
          (0.99, "P99", "99 of 100 worlds"))  # fmt: skip


def draw_exceedance(
    curve: pl.DataFrame, *, condition: str, unit: str, assumed: Sequence[str] = (), foot: str = ""
) -> str:
    """One SVG document of an exceedance curve.

    curve: `impact` in rising order, and `probability`, the share of worlds that reach it, as
        `Impact.exceedance` gives them; at least one row
    condition: what fails, as `Falcon Platform fails`; unit: of the impact
    """
    values, shares = curve["impact"].to_list(), curve["probability"].to_list()
    marks = [(name, quantile(values, shares, q), 1 - q, words) for q, name, words in _MARKS]
    sentence = _sentence(condition, marks, values)
    head, top = heading(sentence, assumed, _PAGE)
    y = share_axis(top + _TALL, top + 22)
    said = [f"{name}: {amount(value)}" for name, value, _, _ in marks]
    right = max(width(words, NAME) for words in said) + 16
    x = count_axis(
        values[-1], MARGIN + y.label_room() + 10, _PAGE - MARGIN - right,
        least=_begin(values[0], values[-1]), parts=7, unit=unit,
    )  # fmt: skip
    corners = stairs(x, y, [(x.start, 1.0), *zip(values, shares, strict=True), (values[-1], 0.0)],
                     ahead=True)  # fmt: skip
    d = path(corners)
    below = path([*corners, (corners[0][0], y.low)])
    begins = f" (the axis begins at {amount(x.start)})" if x.start else ""
    body = [
        *head,
        text(MARGIN, top + 6, "share of worlds with this impact or more", SMALL),
        *frame(x, y, x_title=f"impact ({x.unit}){begins}"),
        f'<path d="{below}Z" fill="{BLUE}" fill-opacity="0.12"/>',
        f'<path class="curve" d="{d}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
        *hovers(x, y, lambda value: _describe_share(value, values, shares, unit)),
        *_mark_percentiles(x, y, marks, said, unit),
    ]
    feet, height = footer(foot, _PAGE, y.low + 44)
    return document(_PAGE, height, sentence, " ".join(assumed), [*body, *feet])


def quantile(values: list[float], shares: list[float], q: float) -> float:
    """The least impact that is not exceeded in a share q of the worlds."""
    beyond = [*shares[1:], 0.0]
    return next(v for v, p in zip(values, beyond, strict=True) if 1 - p >= q - 1e-9)


def _sentence(
    condition: str, marks: list[tuple[str, float, float, str]], values: list[float]
) -> str:
    if len(values) == 1:
        return f"If {condition}: the impact is {amount(values[0])} in every world"
    half, bad, worst = (amount(value) for _, value, _, _ in marks)
    if half == worst:
        return f"If {condition}: the impact is at most {worst} in 99 of 100 worlds"
    return (
        f"If {condition}: the impact is at most {half} in half of all worlds, "
        f"{bad} in 19 of 20, {worst} in 99 of 100"
    )


def _begin(least: float, most: float) -> float:
    """Zero, unless the whole curve would then stand at the right end of the axis."""
    return least if 0.75 * most < least < most else 0.0


def _describe_share(value: float, values: list[float], shares: list[float], unit: str) -> str:
    at = bisect_left(values, value)
    share = shares[at] if at < len(shares) else 0.0
    return f"{amount(value)} or more ({unit}): in {percent(share)} of all worlds"


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
