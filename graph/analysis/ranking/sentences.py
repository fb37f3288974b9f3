"""A ranking in words."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from knockon.graph.analysis.filled import describe_middle
from knockon.graph.analysis.filled import describe_unknown as note_unknown
from knockon.graph.analysis.question import describe_rings, describe_setting, unit_of
from knockon.graph.analysis.ranking.rows import HIT, Places
from knockon.graph.analysis.ranking.runs import LOW, MIDDLE
from knockon.graph.analysis.ranking.swept import Field
from knockon.graph.scenario.strengths import UNFILLED
from knockon.graph.words import between, number

SURE = 10  # places of which it is said how many hold whatever is assumed


def headline(answer: Any, field: Field, places: Places) -> str:
    """Who would do most harm, how much, and how sure the first places are."""
    rows = answer.rows
    if not rows.height or float(rows["hit_high"].max()) <= 0:
        return f"None of the {answer.origins:,} that may fail hits anybody else"
    top = rows.row(0, named=True)
    most = "would do most harm"
    if top["rank_worst"] > 1:  # then others may be first as well
        most = f"may do most harm (place 1 to {top['rank_worst']:,})"
    how = _describe_failing(answer)
    said = f"{how[0].upper()}{how[1:]}, {top['name']}" if how else top["name"]
    first = f"{said} {most}: {_count(top, answer, field)}"
    return "; ".join([first, *_say_sure(answer, places)])


def _describe_failing(answer: Any) -> str:
    """`failing for 4 h with Okta protected`; empty where all of that is the default."""
    scenario = answer.scenario
    names = dict(zip(scenario.protect, answer.safe_names, strict=True))
    setting = f"{describe_setting(scenario, names)}{describe_rings(scenario)}"
    mode = {
        "outage": "failing", "bad_update": "shipping a bad update", "compromise": "compromised",
        "withdrawal": "withdrawn",
    }.get(scenario.mode, f"failing in mode {scenario.mode}")  # fmt: skip
    return f"{mode}{setting}" if setting or scenario.mode != "outage" else ""


def _count(top: dict[str, Any], answer: Any, field: Field) -> str:
    """What the first row hits, in words."""
    whom = _name_counted(answer)
    hit = top["hit_direct"] + top["hit_indirect"]
    direct = f"{number(top['hit_direct'])} of them directly"
    if number(top["hit_low"]) == number(top["hit_high"]):
        said = f"{number(hit)} {whom} hit, {direct}"
    else:
        middle = describe_middle(answer.strength_sources, answer.scenario.assume)
        words = middle if middle.startswith("if ") else f"({middle})"
        ends = between(top["hit_low"], top["hit_high"])
        said = f"{ends} {whom} hit, {number(hit)} {words}, {direct}"
    if answer.ordered_by == HIT or (field.counting.of_each == 1 and not answer.scenario.hours):
        return said
    unit = answer.unit or "weight"
    return f"{said}; {number(top['impact'])} {unit_of(unit, answer.scenario)} lost"


def _name_counted(answer: Any) -> str:
    if answer.by is not None:  # of one value, too: `up to 1 of the values of sector`
        among = f" of {answer.among}" if answer.among else ""
        return f"of the values of {answer.by}{among}"
    return answer.among or "others"


def _say_sure(answer: Any, places: Places) -> Iterator[str]:
    """How many of the first rows stay there whatever is assumed, where anything is."""
    k = min(SURE, answer.rows.height)
    drawn = (places.figure(places.middle)[1] > 0).any()
    if len(places.runs) == 1 and not drawn:
        return
    kept = answer.rows.head(k).filter(answer.rows.head(k)["rank_worst"] <= k).height
    assumed = "whatever we assume" if len(places.runs) > 1 else "within two standard errors"
    yield f"in the top {k} {assumed}: {kept} of {k}"


def describe_unknown(field: Field, places: Places) -> Iterator[str]:
    """What the figures and the places rest on."""
    graph = field.graph
    unknown = int((field.everybody.filled.source == UNFILLED).sum())
    if unknown:
        yield note_unknown(unknown, len(graph.dependent), field.scenario.assume, "")
    if len(places.runs) > 1:
        spoken = [name for name in places.runs if name not in places.silent]
        ends = "" if LOW in spoken else (
            "; at 0 all of them hit the same, so that it puts nobody first"
        )  # fmt: skip
        filled = any(field.everybody.filled.rows)
        assumed = [] if filled and not unknown else ["over unknown strengths from 0.1 to 0.9"]
        last = "with all strengths at their low and high ends" if filled else "at 0 and at 1"
        yield f"places hold {(', ' if not filled else ' and ').join([*assumed, last])}{ends}"
    if places.silent and MIDDLE in places.silent:
        yield "all of them hit the same: names put them in order"
    counts = np.isfinite(graph.entities["failures_per_year"].fill_null(np.nan).to_numpy())
    if 0 < counts.sum() < len(counts):
        yield f"{int(counts.sum()):,} of {len(counts):,} entities state failures_per_year"
