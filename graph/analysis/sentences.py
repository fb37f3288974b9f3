"""The answer in words: one sentence with its figures, one line on what it assumes."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.rollout_effect import describe_late_rings
from knockon.graph.errors import clip
from knockon.graph.model.hours import plain
from knockon.graph.scenario.fields import find_field
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.graph.scenario.rollout import sum_shares
from knockon.graph.words import (
    between,
    join,
    kind_name,
    kind_name_among,
    many,
    number,
    share_in_full,
)

_MODE = {
    "outage": ("fails", "fail"),
    "bad_update": ("ships a bad update", "ship a bad update"),
    "compromise": ("is compromised", "are compromised"),
    "withdrawal": ("is withdrawn", "are withdrawn"),
}
_NAMED = 3  # kinds named in a headline
_PROTECTED = 6  # names of those that nothing hits
REASONS = 2  # why nobody is hit, in a headline; the notes have them all


def add_sentences(impact: Impact) -> Impact:
    """The answer with its headline, its assumption and the condition that both speak of."""
    return replace(
        impact,
        headline=write_headline(impact),
        assumption=describe_assumption(impact),
        condition=describe_condition(impact),
    )


def write_headline(impact: Impact) -> str:
    """`If Falcon Platform fails: up to 261 of 424 enterprises and 114 others are hit`."""
    everybody = impact.graph.entities - len(impact.scenario.origins)
    rows = impact.by_kind.filter(pl.col("within_reach") > 0).sort(
        ["hit_high", "within_reach", "kind"], descending=[True, True, False]
    )
    if not rows.height:
        others = f"{everybody:,} other {kind_name('unknown', everybody)}"
        why = f": {'; '.join(impact.nobody[:REASONS])}" if impact.nobody else ""
        return f"If {describe_condition(impact)}, nobody else is hit ({others}){why}"
    if not impact.exact and not rows["hit_high"].sum():
        within = many(int(rows["within_reach"].sum()), "entity")
        drawn = f"{impact.worlds:,} random worlds ({within} within reach)"
        return f"If {describe_condition(impact)}, nobody else is hit in {drawn}"
    named = rows if rows.height <= _NAMED else rows.head(_NAMED - 1)
    rest = rows.slice(named.height)
    name = kind_name if rows.height == 1 else kind_name_among
    hits = [between(r["hit_low"], r["hit_high"]) for r in named.iter_rows(named=True)]
    parts = [
        f"{hit} of {r['entities']:,} {name(r['kind'], r['entities'])}"
        for hit, r in zip(hits, named.iter_rows(named=True), strict=True)
    ]
    if rest.height:
        others = between(float(rest["hit_low"].sum()), float(rest["hit_high"].sum()))
        parts.append(f"{others} {kind_name('other', 1 if _is_one(others) else 2)}")
    is_one = len(parts) == 1 and _is_one(hits[0])
    return f"If {describe_condition(impact)}: {join(parts)} {_choose_verb(impact, is_one)}"


def _is_one(amount: str) -> bool:
    return amount in ("1", "up to 1")


def _choose_verb(impact: Impact, is_one: bool) -> str:
    """`are hit`; on average, where worlds differ; expected, where nothing unknown has a say."""
    shares = impact.entities.select("probability_low", "probability_high").unique()
    verb = "is" if is_one else "are"
    if impact.sure and all(p in (0.0, 1.0) for row in shares.rows() for p in row):
        return f"{verb} hit"
    return f"{verb} hit on average" if impact.within.unknown else f"{verb} expected to be hit"


def describe_condition(impact: Impact) -> str:
    """`Falcon Platform fails`, `Falcon Platform fails by 30 %`, `A (by 30 %) and B fail`."""
    origins = impact.entities.filter(pl.col("rank") == 0)
    severity = {o.id: o.severity for o in impact.scenario.origins}
    shares = [severity[i] for i in origins["id"].to_list()]
    return describe_failure(impact.scenario.mode, origins["name"].to_list(), shares)


def describe_failure(mode: str, failing: Sequence[str], shares: Sequence[float]) -> str:
    """The same of these names, with the share of its function that each loses."""
    alike, one = len(set(shares)) == 1, len(failing) == 1
    verb = _MODE.get(mode, ("fails", "fail"))[not one]
    if alike and shares[0] < 1:
        loses = ("and loses" if one else "and lose", "by")
        verb += f" {loses[verb in _MODE['outage']]} {share_in_full(shares[0])}"
    names = [
        clip(name, 60) + ("" if alike or share == 1 else f" (by {share_in_full(share)})")
        for name, share in zip(failing, shares, strict=True)
    ]
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return f"{join(names)} {verb}"


def describe_question(impact: Impact) -> str:
    """Every field of the scenario that is not the default, and the date of the data.

    `Mode bad_update; down for 4 h; nothing hits Okta; data of 2024-07-17.`; empty where all are
    the defaults and no dependency has a date.
    """
    scenario = impact.scenario
    severities = sorted({o.severity for o in scenario.origins})
    parts = [
        *([f"mode {scenario.mode}"] if _differs(impact, "mode") else []),
        *([f"severity {' to '.join(_ends(severities))}"] if severities != [1.0] else []),
        *([f"down for {_spell_hours(impact)}"] if scenario.hours is not None else []),
        *_list_rings(impact),
        *([f"nothing hits {_name_protected(impact)}"] if scenario.protect else []),
        *([f"unknown counts {scenario.assume:g}"] if _differs(impact, "assume") else []),
        *([f"{scenario.worlds:,} random worlds"] if scenario.sampled else []),
        *([f"precision {scenario.precision:g}"] if scenario.precision is not None else []),
        *([f"seed {scenario.seed}"] if _differs(impact, "seed") else []),
        *(["rules of the user's own"] if scenario.rules != load_shipped_rules() else []),
        *([f"data of {impact.graph.as_of}"] if impact.graph.as_of else []),
    ]
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _differs(impact: Impact, name: str) -> bool:
    return bool(getattr(impact.scenario, name) != find_field(name).default)


def _ends(shares: list[float]) -> list[str]:
    return [share_in_full(s) for s in dict.fromkeys((shares[0], shares[-1]))]


def _spell_hours(impact: Impact) -> str:
    hours = impact.scenario.hours
    assert hours is not None
    return (
        f"{plain(hours.low)} h" if hours.known else f"{plain(hours.low)} to {plain(hours.high)} h"
    )


def _list_rings(impact: Impact) -> list[str]:
    rings, halt = impact.scenario.rollout, impact.scenario.halt
    reached = zip(sum_shares(rings).tolist(), rings, strict=True)
    steps = [f"{share_in_full(share)} from {plain(r.start_hours)} h on" for share, r in reached]
    stopped = [] if halt is None else [f"stopped at {plain(halt)} h"]
    return [f"rollout to {', '.join(steps)}", *stopped] if steps else []


def _name_protected(impact: Impact) -> str:
    names = dict(impact.entities.select("id", "name").iter_rows())
    safe = [clip(names.get(i) or i, 60) for i in impact.scenario.protect]
    if len(safe) > _PROTECTED:
        safe = [*safe[: _PROTECTED - 1], f"{len(safe) - _PROTECTED + 1:,} more"]
    return join(safe)


def name_middle(impact: Impact) -> str:
    """`if unknown counts 0.5`: what the middle figure rests on; empty where nothing is unknown."""
    return f"if unknown counts {impact.scenario.assume:g}" if impact.within.unknown else ""


def describe_assumption(impact: Impact) -> str:
    """How sure the figures are, and what is taken for granted about rings, in a line or two."""
    late = describe_late_rings(impact.scenario)
    rings = f" {late[0].upper()}{late[1:]}." if late else ""
    return f"{_describe_sureness(impact)}{rings}"


def _describe_sureness(impact: Impact) -> str:
    totals, unknown, of = impact.totals, impact.within.unknown, impact.within.dependencies
    if not impact.by_kind["within_reach"].sum():
        return "No dependency carries the failure on."
    error = "" if impact.exact else f", give or take {2 * totals.hit_std_error:.1f}"
    how = "exactly" if impact.exact else f"over {impact.worlds:,} random worlds{error}"
    if not unknown:
        return f"All strengths within reach are stated; {number(totals.hit)} hit expected, {how}."
    if unknown == of:
        which = f"All {of:,} dependencies" if of > 1 else "The one dependency"
    else:
        which = f"{unknown:,} of the {many(of, 'dependency')}"
    which += f" within reach {'is' if unknown == 1 else 'are'} of unknown strength"
    if totals.hit_low == totals.hit_high:
        return f"{which}, which does not change how many are hit: {number(totals.hit)}, {how}."
    middle = f"If unknown counts {impact.scenario.assume:g}: {number(totals.hit)} hit{error}."
    others = impact.entities.filter((pl.col("rank") > 0) & (pl.col("probability_high") > 0))
    certain = others.filter(pl.col("probability_low") == 1).height
    if impact.sure and 2 * certain > others.height:
        be = "is" if certain == 1 else "are"
        left = f"{many(unknown, 'dependency')} {'is' if unknown == 1 else 'are'} unknown"
        return f"{certain:,} of the {others.height:,} {be} certain to be hit; {left}. {middle}"
    if 2 * unknown < of:
        be = "is" if unknown == 1 else "are"
        known = f"{of - unknown:,} of the {of:,} dependencies within reach are stated"
        return f"{known}; {unknown:,} {be} unknown. {middle}"
    return f"{which}: this is who could be hit, not who will be. {middle}"
