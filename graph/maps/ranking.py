"""The picture of a ranking: of the first rows what each would hit, low to high, direct and through
these apart, what is lost with them, and how far the place of each can move."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from knockon.graph.analysis.filled import describe_middle
from knockon.graph.analysis.rank import Ranking
from knockon.graph.maps.axes import Axis, amount, count_axis, draw_grid, footer
from knockon.graph.maps.page import MARGIN, NAME, SMALL, document, heading, legend_rows, text
from knockon.graph.maps.style import BLUE, INK, LINE, MUTED, PAPER, PLAIN, outline
from knockon.graph.maps.text import clean, settle, xml
from knockon.graph.words import between, kind_name, measure, number

_PAGE, _ROW, _BAR = 1080.0, 38.0, 13.0
_SHOWN, _MOST = 20, 40
_NAME, _BARS, _WORDS = 92.0, 350.0, 190.0  # where names and bars begin; room of words beside bars
_PLACES = 150.0  # width of the panel of places
_BEYOND = 2  # times the rows shown: places after these are an arrow
_PALE = "#cfe3f1"
_OPEN = ' fill-opacity="0.45" stroke-dasharray="3 2"'


def render_ranking(answer: Ranking) -> str:
    """The chart of a ranking, one SVG document; in words alone where nobody hits anybody."""
    notes = [f"{n[0].upper()}{n[1:].rstrip('.')}." for n in answer.notes if _is_about_figures(n)]
    head, top = heading(answer.headline, [answer.question, *notes], _PAGE)
    rows = _choose_rows(answer)
    if not rows:
        feet, height = footer(_describe_source(answer), _PAGE, top)
        return document(_PAGE, height, answer.headline, " ".join(notes), [*head, *feet])
    chart = _Chart(answer, rows)
    keys, tall = legend_rows(chart.list_keys(), _PAGE)
    out = [*head, f'<g transform="translate(0,{top:.1f})">{"".join(keys)}</g>']
    drawn, bottom = chart.draw(top + tall + 14)
    more = answer.origins - len(rows)
    if more:
        out.append(text(MARGIN, bottom + 48, f"+{more:,} more that may fail", SMALL))
    feet, height = footer(_describe_source(answer), _PAGE, bottom + (62 if more else 48))
    return document(_PAGE, height, answer.headline, " ".join(notes), [*out, *drawn, *feet])


def _is_about_figures(note: str) -> bool:
    """Of unknown strengths, of what places hold over, and of who was left out."""
    return "unknown strength" in note or note.startswith(("places hold", "all of them hit")) or (
        "were swept" in note
    )  # fmt: skip


def _choose_rows(answer: Ranking) -> list[dict[str, Any]]:
    """The first rows that hit anybody: as many as were asked for, at most 40."""
    wanted = min(answer.top or _SHOWN, _MOST)
    hits = pl.col("hit_high") > 0
    return answer.rows.filter(hits).head(wanted).to_dicts()


def _describe_source(answer: Ranking) -> str:
    drawn = answer.worlds
    how = f"{drawn:,} random worlds, seed {answer.scenario.seed}" if drawn else "exact"
    graph = answer.graph
    return (
        f"{graph.title}: {graph.entities:,} entities, {graph.dependencies:,} dependencies. "
        f"Mode {answer.scenario.mode}; {how}. knockon"
    )


class _Chart:
    """The rows on their axes: what is hit, what is lost where that is something else, places."""

    def __init__(self, answer: Ranking, rows: list[dict[str, Any]]) -> None:
        self.answer, self.rows = answer, rows
        self.ranged = any(number(r["hit_low"]) != number(r["hit_high"]) for r in rows)
        self.weighted = any(abs(r["impact"] - _sum_hits(r)) > 1e-9 * r["impact"] for r in rows)
        right = _PAGE - MARGIN - _PLACES
        stop = right - 24 - _WORDS
        half = (stop + _BARS) / 2
        most = max(r["hit_high"] for r in rows)
        self.hits = count_axis(most, _BARS, half - 14 if self.weighted else stop, parts=4)
        self.lost = None
        if self.weighted:
            unit = answer.unit or "weight"
            unit += " × hours" if answer.scenario.hours is not None else ""
            lost = max(r["impact_high"] for r in rows)
            self.lost = count_axis(lost, half + 14, stop, parts=3, unit=unit)
        self.middle = describe_middle(answer.strength_sources, answer.scenario.assume)
        last = max(r["rank_worst"] for r in rows)
        self.last = max(min(last, _BEYOND * len(rows)), 2)
        step = next(s for s in (1, 2, 5, 10, 20, 50) if self.last <= 6 * s)
        ticks = [1, *(k for k in range(step, self.last + 1, step) if k > 1)]
        self.places = Axis(
            1.0, float(self.last), right + 8, _PAGE - MARGIN - 10,
            tuple((float(k), f"{k:,}") for k in ticks),
        )  # fmt: skip

    def list_keys(self) -> list[tuple[str, str]]:
        """The legend of what is shown."""
        box = '<rect y="2" width="34" height="13" {}/>'
        keys = [
            (box.format(_style(BLUE, sure=True)), "hit, depends on it itself"),
            (box.format(_style(_PALE, sure=True)), "hit through these"),
        ]
        if self.ranged:
            keys += [
                (box.format(_style(BLUE, sure=False)), "dashed: beyond the low end"),
                (box.format(_style(PAPER, sure=False)), "up to the high end"),
                (_tick(17, 0), f"tick: {self.middle or 'middle'}"),
            ]
        place = f'<path d="M2,8H32" stroke="{MUTED}" stroke-width="2"/>'
        moves = any(r["rank_best"] != r["rank_worst"] for r in self.rows)
        if moves:
            keys.append((f"{place}{_dot(17, 8, fixed=False)}", "a tie: its place can move so far"))
        if any(r["rank_best"] == r["rank_worst"] for r in self.rows):
            keys.append((_dot(17, 8, fixed=True), "its place, whatever is assumed"))
        return keys

    def draw(self, top: float) -> tuple[list[str], float]:
        """Heads, grids, rows; and the lower end."""
        whom = _name_counted(self.answer)
        out = [text(self.hits.low, top + 8, whom, SMALL, bold=True)]
        if self.lost is not None:
            room = self.places.low - self.lost.low - 24
            lines, size = settle(f"lost ({clean(self.lost.unit)})", room, 2, (SMALL, 10.0, 9.0))
            for line, words in enumerate(lines):
                at = top + 8 + (size + 1) * (line + 1 - len(lines))
                out.append(text(self.lost.low, at, words, size, bold=True))
        out.append(text(self.places.low - 8, top + 8, "place, best to worst", SMALL, bold=True))
        top += 16
        bottom = top + _ROW * len(self.rows)
        for axis in filter(None, (self.hits, self.lost, self.places)):
            out += draw_grid(axis, top, bottom)
        for i, row in enumerate(self.rows):
            out += self._draw_row(row, top + _ROW * i)
        return out, bottom

    def _draw_row(self, row: Mapping[str, Any], y: float) -> list[str]:
        out = [
            f'<g class="origin"><title>{xml(self._describe(row))}</title>',
            text(_NAME - 10, y + 21, _name_place(row), SMALL, anchor="end"),
            f'<path transform="translate({_NAME:g},{y + 10:.1f}) scale(0.8)" '
            f'd="{outline(row["kind"], 34, 16)}" fill="{PLAIN}" stroke="{MUTED}"/>',
        ]
        out += _write_name(row["name"], y)
        parts = ((row["hit_direct"], BLUE), (row["hit_indirect"], _PALE))
        out += _draw_bar(self.hits, parts, row["hit_low"], row["hit_high"], y + 11)
        if self.lost is not None:
            low, high = row["impact_low"], row["impact_high"]
            out += _draw_bar(self.lost, ((row["impact"], LINE),), low, high, y + 11)
        lines = self._spell(row)
        x = (self.lost or self.hits).high + 12
        for line, words in enumerate(lines):
            at = y + (21 if len(lines) == 1 else 15) + 14 * line
            out.append(text(x, at, words, SMALL, MUTED if line else INK, bold=not line))
        return [*out, *self._draw_place(row, y + 18), "</g>"]

    def _spell(self, row: Mapping[str, Any]) -> list[str]:
        """The figures of a row on one line or two: what is known first."""
        hit, error = measure(_sum_hits(row), 2 * row["std_error"])
        said = f"{hit} ± {error}" if error else hit
        apart = f"{number(row['hit_direct'])} direct"
        if number(row["hit_low"]) == number(row["hit_high"]):
            lines = [f"{said} hit", apart]
        else:
            lines = [between(row["hit_low"], row["hit_high"]), f"tick {said}, {apart}"]
        if self.lost is not None:
            lines[0] += f"; {amount(row['impact'])} lost"
        return lines

    def _draw_place(self, row: Mapping[str, Any], y: float) -> list[str]:
        """From the best to the worst place; an arrow where it goes on."""
        best, worst = row["rank_best"], row["rank_worst"]
        x, last = self.places, self.last
        out = []
        if worst > best and best <= last:
            out.append(
                f'<path d="M{x.at(best):.1f},{y:.1f}H{x.at(min(worst, last)):.1f}" '
                f'stroke="{MUTED}" stroke-width="2"/>'
            )
        if worst > last:
            end = x.high + 8
            out.append(
                f'<path d="M{x.at(min(best, last)):.1f},{y:.1f}H{end:.1f}m-5,-4l5,4l-5,4" '
                f'fill="none" stroke="{MUTED}" stroke-width="2"/>'
            )
        at = x.at(min(row["rank"], last))
        return [*out, _dot(at, y, fixed=best == worst)]

    def _describe(self, row: Mapping[str, Any]) -> str:
        """The row in a sentence, for whoever points at it."""
        said = f"{clean(row['name'], 200)} ({kind_name(row['kind'], 1)}), place {_name_place(row)}"
        hit, error = measure(_sum_hits(row), 2 * row["std_error"])
        sure = f" ± {error}" if error else ""
        said += (
            f": {hit}{sure} {_name_counted(self.answer)}, {number(row['hit_direct'])} directly and "
            f"{number(row['hit_indirect'])} through these"
        )
        if number(row["hit_low"]) != number(row["hit_high"]):
            words = f" ({self.middle})" if self.middle else ""
            said += f"{words}; {between(row['hit_low'], row['hit_high'])} whatever is assumed"
        if self.lost is not None:
            said += f"; lost: {amount(row['impact'])}"
        return said


def _write_name(name: str, y: float) -> list[str]:
    """In full, over up to three lines in the largest type that holds it."""
    sizes = (NAME, 12.0, 11.0, 10.0, 9.0, 8.0)
    lines, size = settle(clean(name), _BARS - _NAME - 44, 3, sizes)
    first = y + 22 - (size + 1) * (len(lines) - 1) / 2
    return [text(_NAME + 34, first + (size + 1) * i, line, size) for i, line in enumerate(lines)]


def _sum_hits(row: Mapping[str, Any]) -> float:
    return float(row["hit_direct"] + row["hit_indirect"])


def _name_place(row: Mapping[str, Any]) -> str:
    best, worst = row["rank_best"], row["rank_worst"]
    return f"{best:,}" if best == worst else f"{best:,} to {worst:,}"


def _name_counted(answer: Ranking) -> str:
    if answer.by is not None:
        among = f" of {clean(answer.among)}" if answer.among else ""
        return f"values of {clean(answer.by)}{among} hit"
    return f"{clean(answer.among)} hit" if answer.among else "others hit"


def _draw_bar(
    x: Axis, parts: tuple[tuple[float, str], ...], low: float, high: float, y: float
) -> list[str]:
    """Parts end to end up to the middle figure, dashed beyond the low one; empty up to the high
    one; a tick at the middle where these differ."""
    out, start = [], 0.0
    for size, colour in parts:
        stop = start + size
        for a, b, sure in ((start, min(stop, low), True), (max(start, low), stop, False)):
            if b > a:
                out.append(_box(x, a, b, y, _style(colour, sure=sure)))
        start = stop
    if high > start:
        out.append(_box(x, start, high, y, _style(PAPER, sure=False)))
    return [*out, _tick(x.at(start), y - 3)] if high > low else out


def _box(x: Axis, start: float, stop: float, y: float, style: str) -> str:
    wide = max(x.at(stop) - x.at(start), 0.5)
    return f'<rect x="{x.at(start):.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_BAR:g}" {style}/>'


def _style(colour: str, *, sure: bool) -> str:
    return f'fill="{colour}" stroke="{INK}" stroke-width="0.6"{"" if sure else _OPEN}'


def _tick(x: float, y: float) -> str:
    return f'<path d="M{x:.1f},{y:.1f}v{_BAR + 6:g}" stroke="{INK}" stroke-width="1.8"/>'


def _dot(x: float, y: float, *, fixed: bool) -> str:
    """Full: the place is sure; empty: it can move."""
    fill = INK if fixed else PAPER
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{INK}"/>'
