"""The answer in words: one sentence with its figures, one line on what it assumes."""

from dataclasses import replace

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.errors import clip
from knockon.graph.words import between, join, kind_name, many, number

_MODE = {
    "outage": ("fails", "fail"),
    "bad_update": ("ships a bad update", "ship a bad update"),
    "compromise": ("is compromised", "are compromised"),
    "withdrawal": ("is withdrawn", "are withdrawn"),
}
_NAMED = 3  # kinds named in a headline
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
    parts = [
        f"{between(r['hit_low'], r['hit_high'])} of {r['entities']:,} "
        f"{kind_name(r['kind'], r['entities'])}"
        for r in named.iter_rows(named=True)
    ]
    rest = rows.slice(named.height)
    if rest.height:
        parts.append(
            f"{between(float(rest['hit_low'].sum()), float(rest['hit_high'].sum()))} others"
        )
    one = len(parts) == 1 and parts[0].startswith("1 ")
    shares = impact.entities.select("probability_low", "probability_high").unique()
    certain = impact.sure and all(p in (0.0, 1.0) for row in shares.rows() for p in row)
    verb = ("is " if one else "are ") + ("hit" if certain else "expected to be hit")
    return f"If {describe_condition(impact)}: {join(parts)} {verb}"


def describe_condition(impact: Impact) -> str:
    """`Falcon Platform fails`."""
    origins = impact.entities.filter(pl.col("rank") == 0)["name"].to_list()
    one, many = _MODE.get(impact.scenario.mode, ("fails", "fail"))
    names = [clip(n, 60) for n in origins]
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return f"{join(names)} {one if len(origins) == 1 else many}"


def describe_assumption(impact: Impact) -> str:
    """One line on how sure the figures are."""
    totals = impact.totals
    if not impact.by_kind["within_reach"].sum():
        return "No dependency carries the failure on."
    if totals.hit_low == totals.hit_high:
        drawn = f"over {impact.worlds:,} random worlds"
        how = "exactly" if impact.exact else f"{drawn}, give or take {2 * totals.hit_std_error:.1f}"
        return f"All strengths within reach are stated; {number(totals.hit)} hit expected, {how}."
    some = impact.within.unknown < impact.within.dependencies
    return (
        f"{'Some' if some else 'All'} strengths are unknown: "
        "this is who could be hit, not who will be. "
        f"{number(totals.hit)} hit expected if each unknown strength counts "
        f"{impact.scenario.assume:g}."
    )
