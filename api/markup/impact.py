"""A what-if as the page shows it: figures, totals, rows, notes, and the list of who is hit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from knockon.api.markup.build import Child, Html, button, entity, into, name, table, tag
from knockon.api.markup.menu import (
    Pairs,
    address,
    read_pairs,
    render_file,
    render_menu,
    render_picture,
)
from knockon.api.schema import note_kind, select_rows, serialize_scenario
from knockon.api.text.cells import format_cell
from knockon.api.text.ranking import format_amount, name_one, name_verdict
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.errors import clip
from knockon.graph.scenario.strengths import INCIDENTS
from knockon.graph.words import chance, duration, number, percent, sampled_percent

_MARKS = {"hit": "●", "spared": "○", "unlikely": "○", "unknown": "?"}
_ROUTES = 200  # of those hit hardest, for the map to light
_CHIPS = 8  # of kinds, and of sectors
_SAID = {  # of the weakest strength on a route, where that is neither stated nor unknown
    "own table": "strengths from a table", "register": "strengths from the register",
    INCIDENTS: "typical of past incidents",
}  # fmt: skip
HEADS = {"rank": "#", "name": "Who", "probability": "Probability", "impact": "Impact"}


def render_whatif(
    impact: Impact, graph: str, query: str, *, kind: str | None, top: int | None,
    carried: Sequence[str] = (), draft: bool = False,
) -> Html:  # fmt: skip
    """The pieces of an answer, each for its place; of a draft no tables.

    graph, query: what was asked, as in an address; carried: columns of the inventory in the rows
    """
    rows, more = select_rows(impact, kind=kind, top=top)
    head = [
        into("headline", impact.headline), into("sureness", impact.assumption),
        into("asked", impact.question), into("figures", _render_figures(impact, draft=draft)),
    ]  # fmt: skip
    if draft:
        return tag("div", head, data_facts=json.dumps(_list_facts(impact)))
    ranked = rows.filter(pl.col("rank") > 0)
    notes = [*dict.fromkeys((*impact.notes, *note_kind(ranked, kind)))]
    pairs = read_pairs(query)
    menu = render_menu(graph, "/whatif", pairs, "Save the table", forms=("csv", "md"),
                       rows=ranked.height + more)  # fmt: skip
    said = f"The first {ranked.height:,} of {ranked.height + more:,} rows; the CSV has all."
    return tag(
        "div", head,
        into("kinds", _render_kinds(impact)),
        into("rows-of-answer", _render_rows(impact, ranked, carried)),
        into("data-more", said if more else ""),
        into("tab-notes", f"Notes ({len(notes):,})"),
        into("notes", [tag("li", note) for note in notes] or tag("li", "None.")),
        into("facets-of-rows", _render_chips(impact)), into("data-menu", menu),
        *_render_charts(impact, graph, pairs),
        data_facts=json.dumps(_list_facts(impact) | {"rows": ranked.height + more}),
    )  # fmt: skip


def _list_facts(impact: Impact) -> dict[str, Any]:
    """What the page has to know of the answer beside what it shows."""
    scenario = serialize_scenario(impact)
    names = dict(zip(impact.entities["id"], impact.entities["name"], strict=True))
    known = [{"id": i, "name": names.get(i, i)} for i in scenario["protect"]]
    worst = impact.entities.filter(pl.col("rank") > 0).sort("rank").head(_ROUTES)
    return {"origins": scenario["origins"], "protect": known, "hours": scenario["hours"],
            "rollout": scenario["rollout"], "headline": impact.headline, "scenario": scenario,
            "routes": dict(worst.select("id", "route").iter_rows())}  # fmt: skip


def _render_figures(impact: Impact, *, draft: bool) -> list[Html]:
    """Terms with their figures, as in the page's list of definitions."""
    totals, middle = impact.totals, name_middle(impact)

    def span(key: str) -> str:
        low, high = number(getattr(totals, f"{key}_low")), number(getattr(totals, f"{key}_high"))
        return low if low == high else f"{low} to {high}"

    def also(key: str) -> str:
        wide = getattr(totals, f"{key}_low") != getattr(totals, f"{key}_high")
        return f"{middle or 'middle'}: {number(getattr(totals, key))}; " if wide else ""

    drawn = "exact: all cases" if impact.exact else f"{impact.worlds:,} random worlds"
    drawn = f"a draft of {impact.worlds:,} worlds" if draft else drawn
    error = "" if impact.exact else f"± {number(2 * totals.hit_std_error)}, "
    hours = "" if impact.scenario.hours is None else " × hours down"
    facts = [
        ("Hits, from low to high" if also("hit") else "Expected hits", span("hit"),
         f"{also('hit')}{error}{drawn}; origins not counted"),
        ("Mean impact", span("impact"), f"{also('impact')}weight × loss{hours}; of the origins: "
         f"{number(totals.impact_of_origins)}"),
        ("Impact in bad worlds", span("p95"), f"{also('p95')}1 in 20 is as bad or worse; 1 in "
         f"100: {span('p99')}"),
    ]  # fmt: skip
    if impact.rollout is not None:
        whole = impact.rollout_saves().filter(pl.col("rollout") == "all at once").row(0, named=True)
        saved = 1 - totals.impact / whole["impact"] if whole["impact"] else 0.0
        facts.append(("Hits if all got it at once", number(whole["hit"]),
                      f"the rings save {percent(saved)} of the impact"))  # fmt: skip
    return [
        tag("div", tag("dt", term), tag("dd", tag("strong", figure), tag("small", hint)))
        for term, figure, hint in facts
    ]


def _render_charts(impact: Impact, graph: str, pairs: Pairs) -> list[Html]:
    """The charts that this scenario has, each drawn when it comes into sight."""

    def draw(name: str) -> list[Html]:
        at = address(graph, f"/whatif/{name}.svg", pairs)
        save = render_file("Save the chart as SVG", at, f"{name}.svg")
        return [render_picture(at, f"{name}: {impact.headline}"), tag("p", save)]

    scenario = impact.scenario
    times = draw("timeline") if scenario.hours is not None else []
    rings = draw("detection") if scenario.rollout else []
    needs = "Say for how many hours it is down: then this shows who is down when."
    return [
        into("timeline", [*times, *rings] if times else [tag("p", needs, class_="hint"), *rings]),
        into("bad", draw("exceedance")),
    ]


def _render_kinds(impact: Impact) -> Html:
    middle = name_middle(impact)
    words = ["Kind", "Within reach", "of all", "Hits", *([middle] if middle else []), "Impact"]
    heads = [(word, "number" if place else "") for place, word in enumerate(words)]
    rows = []
    for row in impact.by_kind.iter_rows(named=True):
        ends = dict.fromkeys((number(row["hit_low"]), number(row["hit_high"])))
        figures = [" to ".join(ends), number(row["hit"])] if middle else [number(row["hit"])]
        rows.append([name_one(row["kind"]), f"{row['within_reach']:,}", f"{row['entities']:,}",
                     *figures, format_amount(row["impact"])])  # fmt: skip
    return table(heads, rows)


def _render_rows(impact: Impact, rows: pl.DataFrame, carried: Sequence[str]) -> Html:
    """Every figure of each row."""
    names = dict(zip(impact.entities["id"], impact.entities["name"], strict=True))
    stated = {row["id"]: row for row in impact.recovery.iter_rows(named=True)}
    timed = impact.scenario.hours is not None
    heads = [("#", "number"), ("Who", ""), ("Probability", "wide"), ("Verdict", ""),
             *([("Down after", "number"), ("Down for", "number")] if timed else []),
             ("Loss", "number"), ("Impact", "number"), ("Carries", "number"),
             *([("Recovery stated", "")] if stated else []),
             *((c.replace("_", " "), "") for c in carried), ("Route", "wide")]  # fmt: skip
    return table(heads, ([
        f"{row['rank']:,}", tag("div", name(row["name"], row["id"]), _say_kind(row)),
        render_chance(row), _render_verdict(row), *(_list_times(row) if timed else ()),
        "–" if row["loss"] is None else percent(row["loss"]), format_amount(row["impact"]),
        number(row["carries"]) if row["carries"] >= 0.05 else "–",
        *([_render_recovery(stated.get(row["id"]))] if stated else ()),
        *(format_cell(row[c]) or "–" for c in carried), _render_route(row, names),
    ] for row in rows.iter_rows(named=True)))  # fmt: skip


def _say_kind(row: Mapping[str, Any]) -> Html:
    return tag("small", " · ".join(filter(None, (name_one(row["kind"]), row["sector"]))))


def _list_times(row: Mapping[str, Any]) -> list[Child]:
    """When it is down, and for how long; below it what 1 world in 20 reaches, if that differs."""
    start, mean, late = row["start_hours"], row["down_hours"], row["down_hours_p95"]
    if mean is None:
        return ["–" if start is None else duration(start), "–"]
    longer = None if duration(late) == duration(mean) else f" 1 in 20: {duration(late)}"
    return [
        "–" if start is None else duration(start),
        tag("span", duration(mean), longer and tag("small", longer)),
    ]


def _render_recovery(row: Mapping[str, Any] | None) -> Child:
    if row is None:
        return "–"
    over = {True: " exceeded", None: " perhaps exceeded", False: None}[row["exceeds"]]
    return tag("span", duration(row["recovery_hours"]), over and tag("strong", over))


def _render_route(row: Mapping[str, Any], names: Mapping[str, str]) -> Html:
    steps: list[Child] = []
    for place, identifier in enumerate(row["route"] or ()):
        steps += [" → " if place else None, name(clip(names.get(identifier, identifier)))]
    said = _SAID.get(row["strength_source"])
    return tag("div", tag("span", steps or "–", class_="route"), said and tag("small", said))


def render_chance(row: Mapping[str, Any]) -> Html:
    """A bar from low to high with a tick at the assumed strength; the figures stand beside it."""
    low, middle, high = row["probability_low"], row["probability"], row["probability_high"]
    said = chance(low, middle, high)
    if percent(low) == percent(high):
        said = sampled_percent(middle, row["std_error"])
    bar = tag(
        "svg", tag("rect", width="100", height="8", class_="track"),
        tag("rect", x=f"{100 * low:.1f}", width=f"{100 * (high - low):.1f}", height="8",
            class_="range"),
        tag("rect", x=f"{98.5 * middle:.1f}", width="1.5", height="8", class_="tick"),
        class_="bar", viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip
    return tag("div", said, bar, class_="chance")


def _render_verdict(row: Mapping[str, Any]) -> Html:
    said = name_verdict(dict(row))
    return tag("span", f"{_MARKS.get(said, '')} {said}", class_=f"verdict {row['verdict']}")


def _render_chips(impact: Impact) -> list[Html]:
    """Kinds and sectors with how many rows they have, each a filter of the list."""
    ranked = impact.entities.filter(pl.col("rank") > 0)
    counts = [
        (key, *row)
        for key in ("kind", "sector")
        for row in ranked.filter(pl.col(key).is_not_null())
        .group_by(key).len("many").sort(["many", key], descending=[True, False])
        .head(_CHIPS).iter_rows()
    ]  # fmt: skip
    return [
        button(
            f"{name_one(value) if key == 'kind' else value} {many:,}",
            data_only=f"{key}:{value}",
            aria_pressed="false",
        )
        for key, value, many in counts
    ]  # fmt: skip


def render_list(
    impact: Impact, rows: pl.DataFrame, *, fitting: int, sort: str, cursor: int
) -> Html:
    """A page of who is hit, worst first or in another order; `data-rows`: how many fit in all."""
    middle = name_middle(impact)
    heads = [
        tag("th", button(text, data_sort=key, title=f"Sort by {text}" if key != "probability" else
                         f"low to high; tick: {middle or 'the figure'}"), scope="col",
            aria_sort="none" if sort != key else
            "ascending" if key in ("rank", "name") else "descending")
        for key, text in HEADS.items()
    ]  # fmt: skip
    listed = [_render_hit(row, cursor + n) for n, row in enumerate(rows.iter_rows(named=True))]
    total = impact.entities.filter(pl.col("rank") > 0).height
    said = f"{total:,} rows" if fitting == total else f"{fitting:,} of {total:,} rows"
    return tag(
        "table", tag("thead", tag("tr", heads)), tag("tbody", listed), data_rows=fitting,
        data_said=said, aria_rowcount=fitting + 1,
    )  # fmt: skip


def _render_hit(row: Mapping[str, Any], place: int) -> Html:
    best, worst = row["rank_best"], row["rank_worst"]
    tie = f"{best:,}–{worst:,}"
    return tag(
        "tr",
        tag("th", f"{row['rank']:,}", None if best == worst else
            tag("small", tie, title=f"cannot be told apart from ranks {tie}"), scope="row"),
        tag("td", entity(row["id"], row["name"]), tag("small", name_one(row["kind"]))),
        tag("td", render_chance(row), tag("small", _render_verdict(row))),
        tag("td", format_amount(row["impact"]), class_="number"),
        data_at=place, aria_rowindex=place + 2, data_id=row["id"], data_name=row["name"],
        data_route=json.dumps(row["route"] or []),
    )  # fmt: skip
