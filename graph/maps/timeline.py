"""The timeline: how many are down when, how much is restored, and who is down from when to when."""

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
    time_axis,
)
from knockon.graph.maps.bars import Bar, count_more, draw_bars, make_bars
from knockon.graph.maps.course import OTHER, Course, make_course
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, text
from knockon.graph.maps.phrases import describe_band
from knockon.graph.maps.style import BLUE, INK, MUTED, texture, texture_defs
from knockon.graph.maps.text import settle, wrap, xml
from knockon.graph.words import between, duration, kind_name_among, percent

RESTORED = (0.5, 0.9, 0.99)
TOP = 20
_PAGE, _LEFT, _RIGHT = 960.0, 280.0, 752.0
_TALL, _LOW = 170.0, 96.0  # of the two curves


def draw_timeline(
    down: pl.DataFrame,
    entities: pl.DataFrame,
    *,
    condition: str,
    assumed: Sequence[str] = (),
    foot: str = "",
    top: int = TOP,
    middle: str = "",
    hit: str = "",
) -> str:
    """One SVG document: numbers down over time, the share restored, and a bar for each entity.

    down: `hours, kind, down`, the expected number down from each hour until the next; with
        `down_low` and `down_high` where unknown strengths leave a range
    entities: as `Impact.entities`, ranked, origins first with rank 0
    condition: what fails, as `Falcon Platform fails`; top: bars, besides those of origins
    middle: what curves and bars rest on, as `if unknown counts 0.5`, where anything is unknown
    hit: how many are down at some time, as `up to 12`; the headline leads with it beside `middle`
    """
    course = make_course(down)
    bars = make_bars(entities, top)
    sentence = _sentence(condition, course, middle, hit)
    resting = f"Lines and bars: {middle}; band: {describe_band(middle)}."
    resting = resting if middle else ""
    head, y = heading(sentence, [*assumed, resting], _PAGE)
    x = time_axis(_end(course, bars), _LEFT, _RIGHT)
    sure = {kind: i for i, kind in enumerate(course.kinds)}
    kind_of = {b.kind: sure.get(b.kind, sure.get(OTHER, len(sure))) for b in bars}
    curves, below = _numbers(course, x, y, middle)
    shares, below = _shares(course, x, below + 26, middle)
    more = count_more(entities, bars)
    rows, below = draw_bars(bars, kind_of, x, below + 40, _PAGE, more, middle)
    feet, height = footer(foot, _PAGE, below + 10)
    used = {*range(len(course.kinds)), *(kind_of[b.kind] for b in bars if not b.origin)}
    body = [texture_defs(sorted(used)), *head, *curves, *shares, *rows, *feet]
    return document(_PAGE, height, sentence, " ".join(assumed), body)


def _end(course: Course, bars: Sequence[Bar]) -> float:
    """The last hour worth an axis: all but a thousandth restored, and every bar in; and every line
    of 1 world in 20, unless that would press everything else into the left half."""
    settled = course.restored_after(0.999)
    last = settled if settled is not None else max(course.hours, default=0.0)
    last = max([last, *(b.start + b.down for b in bars)])
    return max(last, min(2 * last, max((b.start + b.late for b in bars), default=0.0)))


def _sentence(condition: str, course: Course, middle: str, hit: str) -> str:
    total = course.total
    peak = max(total, default=0.0)
    if not peak and (not middle or hit == "0"):
        return f"If {condition}: nobody is down"
    hour = course.hours[total.index(peak)] if total else 0.0
    when = f"at the worst moment, after {duration(hour)}, " if hour else ""
    entities = "entity is" if amount(peak) == "1" else "entities are"
    once = "" if hour else " at once"
    if middle:
        one = "entity is" if hit in ("1", "up to 1") else "entities are"
        verb = entities.split()[1]
        least = f"{hit} {one} down at some time; {middle}, {when}{amount(peak)} {verb} down{once}"
    else:
        least = f"{when}{amount(peak)} {entities} expected to be down{once}"
    half, most = (course.restored_after(s) for s in (0.5, 0.99))
    return f"If {condition}: {least}{_describe_restored(half, most) if peak else ''}"


def _describe_restored(half: float | None, most: float | None) -> str:
    if half is None:
        return ""
    if most is None:
        return f"; half of that is restored after {duration(half)}"
    if duration(half) == duration(most):
        return f"; that is restored after {duration(most)}"
    return f"; half of that is restored after {duration(half)}, 99 % after {duration(most)}"


def _numbers(course: Course, x: Axis, top: float, middle: str) -> tuple[list[str], float]:
    """The stack of expected numbers by kind, with its legend at the left; and its lower end. Where
    unknown strengths leave a range, the band of it and a line in the place of the stack."""
    total = course.total
    y = count_axis(max((*total, *course.high), default=0.0), top + _TALL, top + 8, parts=4)
    out = [
        *frame(x, y, labels=False),
        text(MARGIN, top + 12, "Down at the same time", NAME, bold=True),
    ]
    what = f"number by kind, {middle}" if middle else "expected number, by kind"
    out.append(text(MARGIN, top + 28, what, SMALL, MUTED))
    hours = [*course.hours, max(x.stop, course.hours[-1])] if course.hours else []
    if course.high:
        out += _band(course, hours, x, y, middle)
    out += _stack(course, hours, x, y, top + 40)
    out += hovers(x, y, lambda hour: _describe_hour(course, hour))
    if total:
        out += _name_peak(course, top)
    return out, top + _TALL


def _name_peak(course: Course, top: float) -> list[str]:
    """The highest number and when it is reached, right of the plot."""
    if course.high:
        most = f"at most {between(max(course.low), max(course.high))}"
        return [text(_RIGHT + 12, top + 12, most, NAME, bold=True)]
    peak, total = max(course.total), course.total
    hour = course.hours[total.index(peak)]
    when = f"after {duration(hour)}" if hour else "from the start"
    return [
        text(_RIGHT + 12, top + 12, f"{amount(peak)} at most", NAME, bold=True),
        text(_RIGHT + 12, top + 28, when, SMALL, MUTED),
    ]


def _band(course: Course, hours: Sequence[float], x: Axis, y: Axis, spread: str) -> list[str]:
    """What lies between the low and the high number, with its edges, and the line between."""
    low, middle, high = (
        stairs(x, y, zip(hours, [*level, level[-1]], strict=True))
        for level in (course.low, course.total, course.high)
    )
    band = f'd="{path([*high, *reversed(low)])}Z" fill="{BLUE}" fill-opacity="0.18"'
    edge = f'fill="none" stroke="{BLUE}" stroke-width="1.2" stroke-dasharray="5 3"'
    said = xml(describe_band(spread))
    return [
        f'<path class="band" {band}><title>{said}</title></path>',
        f'<path class="low" d="{path(low)}" {edge}/>',
        f'<path class="high" d="{path(high)}" {edge}/>',
        f'<path class="curve" d="{path(middle)}" fill="none" stroke="{BLUE}" stroke-width="2"/>',
    ]


def _stack(course: Course, hours: Sequence[float], x: Axis, y: Axis, top: float) -> list[str]:
    """The numbers of the kinds, one on top of the other, unless there is a band; the legend."""
    out: list[str] = []
    floor = [0.0] * len(course.hours)
    for i, kind in enumerate(course.kinds):
        numbers = course.down[kind]
        ceiling = [a + b for a, b in zip(floor, numbers, strict=True)]
        edge, base = (
            stairs(x, y, zip(hours, [*level, level[-1]], strict=True)) for level in (ceiling, floor)
        )
        said = f"{kind_name_among(kind, 2)}: {amount(max(numbers))} down at most"
        shape = path([*edge, *reversed(base)])
        if not course.high:
            out.append(
                f'<g class="kind"><title>{xml(said)}</title><path d="{shape}Z" fill="{texture(i)}" '
                f'stroke="{INK}" stroke-width="0.6"/></g>'
            )
        out += _key(i, kind, max(numbers), top + 20 * i)
        floor = ceiling
    return out


def _key(number: int, kind: str, most: float, y: float) -> list[str]:
    """A line of the legend: the texture of a kind, its name, and its highest number."""
    said = f"{kind_name_among(kind, 2)}, {amount(most)} at most"
    lines, size = settle(said, _LEFT - MARGIN - 84, 2, (SMALL, 10.0, 9.0, 8.0))
    base = y + 11 - (len(lines) - 1) * size / 2
    swatch = f'<rect x="{MARGIN:g}" y="{y:.1f}" width="26" height="13" fill="{texture(number)}"'
    return [
        f'{swatch} stroke="{INK}" stroke-width="0.6"/>',
        *(text(MARGIN + 33, base + i * size, line, size) for i, line in enumerate(lines)),
    ]


def _describe_hour(course: Course, hour: float) -> str:
    at = course.at(hour)
    if at < 0:
        return f"after {duration(hour)}: none down"
    parts = [
        f"{amount(course.down[k][at])} {kind_name_among(k, 2)}"
        for k in course.kinds
        if course.down[k][at] > 0
    ]
    listed = f": {', '.join(parts)}" if parts else ""
    restored = percent(course.restored()[at])
    ranged = f"{between(course.low[at], course.high[at])} down; " if course.high else ""
    figures = f"{amount(course.total[at])} down{listed}; {restored} restored"
    return f"after {duration(hour)}: {ranged}{'at the line ' if ranged else ''}{figures}"


def _draw_ends(course: Course, x: Axis, y: Axis, resting: str) -> list[str]:
    """The same with unknown strengths at 0 and at 1, where anybody is down then and it differs."""
    out = []
    middle = [round(v, 3) for v in course.restored()]
    for name, down in (("low", course.low), ("high", course.high)):
        if not down or not max(down):
            continue
        share = course.restored(down)
        if [round(v, 3) for v in share] == middle:
            continue
        points = [*zip(course.hours, share, strict=True)]
        points.append((max(x.stop, course.hours[-1]), share[-1]))
        said = f"all strengths at their {name} ends"
        if not resting or resting.startswith("if unknown"):
            said = f"unknown counts {0 if name == 'low' else 1}"
        out.append(
            f'<path class="{name}" d="{path(stairs(x, y, points))}" fill="none" stroke="{BLUE}" '
            f'stroke-width="1.2" stroke-dasharray="5 3"><title>{said}</title></path>'
        )
    return out


def _shares(course: Course, x: Axis, top: float, resting: str) -> tuple[list[str], float]:
    """The share restored over time, with the moments that people ask for."""
    y = share_axis(top + _LOW, top + 8, parts=2)
    out = [
        *frame(x, y, x_title=f"{x.unit} since it began"),
        text(MARGIN, top + 12, "Restored for good", NAME, bold=True),
    ]
    about = "share of the most that were down at the same time"
    for i, line in enumerate(wrap(about, SMALL, _LEFT - MARGIN - 60)):
        out.append(text(MARGIN, top + 28 + 15 * i, line, SMALL, MUTED))
    if not course.hours:
        return out, y.low
    share = course.restored()
    out += _draw_ends(course, x, y, resting)
    ends = max(x.stop, course.hours[-1])
    points = [*zip(course.hours, share, strict=True), (ends, share[-1])]
    d = path(stairs(x, y, points))
    out.append(f'<path class="restored" d="{d}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    out += hovers(x, y, lambda hour: _describe_hour(course, hour))
    for i, wanted in enumerate(RESTORED):
        hour = course.restored_after(wanted)
        level = top + 22 + 24 * i
        said = "not in the time shown" if hour is None else f"after {duration(hour)}"
        if hour is not None:
            at, height = x.at(hour), y.at(wanted)
            out.append(f"<g><title>{xml(f'{percent(wanted)} restored {said}')}</title>")
            out += [drop(at, height, y.low), mark(i, at, height), "</g>"]
        out.append(mark(i, _RIGHT + 20, level - 4))
        out.append(text(_RIGHT + 34, level, f"{percent(wanted)} {said}", NAME, bold=True))
    return out, y.low
