"""The answer in words: one sentence with its figures, one line on what it assumes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from knockon.graph.errors import clip

if TYPE_CHECKING:
    from knockon.graph.analysis.whatif import Impact

_PLURAL = {
    "enterprise": "enterprises",
    "branch": "branches",
    "certificate_authority": "certificate authorities",
    "unknown": "entities",
    "other": "others",
}
_SINGULAR = {"unknown": "entity"}
_MODE = {
    "outage": ("fails", "fail"),
    "bad_update": ("ships a bad update", "ship a bad update"),
    "compromise": ("is compromised", "are compromised"),
}
_NAMED = 3  # kinds named in a headline


def kind_name(kind: str, number: int) -> str:
    """The word for so many entities of a kind."""
    words = kind.replace("_", " ").replace("dns ", "DNS ").replace("cdn ", "CDN ")
    return _SINGULAR.get(kind, words) if number == 1 else _PLURAL.get(kind, f"{words}s")


def headline(impact: "Impact") -> str:
    """`If Falcon Platform fails: up to 261 of 424 enterprises and 114 others are hit`."""
    everybody = impact.graph.size - len(impact.scenario.origins)
    rows = impact.by_kind.filter(pl.col("within_reach") > 0).sort(
        ["hit_high", "within_reach", "kind"], descending=[True, True, False]
    )
    if not rows.height:
        others = f"{everybody:,} other {kind_name('unknown', everybody)}"
        return f"If {condition(impact)}, nobody else is hit ({others})"
    if not impact.exact and not rows["hit_high"].sum():
        within = many(int(rows["within_reach"].sum()), "entity")
        drawn = f"{impact.worlds:,} random worlds"
        return f"If {condition(impact)}, nobody else is hit in {drawn} ({within} within reach)"
    named = rows if rows.height <= _NAMED else rows.head(_NAMED - 1)
    parts = [
        f"{_between(r['hit_low'], r['hit_high'])} of {r['entities']:,} "
        f"{kind_name(r['kind'], r['entities'])}"
        for r in named.iter_rows(named=True)
    ]
    rest = rows.slice(named.height)
    if rest.height:
        parts.append(
            f"{_between(float(rest['hit_low'].sum()), float(rest['hit_high'].sum()))} others"
        )
    one = len(parts) == 1 and parts[0].startswith("1 ")
    shares = impact.entities.select("probability_low", "probability_high").unique()
    certain = impact.spread.sure and all(p in (0.0, 1.0) for row in shares.rows() for p in row)
    verb = ("is " if one else "are ") + ("hit" if certain else "expected to be hit")
    return f"If {condition(impact)}: {join(parts)} {verb}"


def condition(impact: "Impact") -> str:
    """`Falcon Platform fails`."""
    origins = impact.entities.filter(pl.col("rank") == 0)["name"].to_list()
    one, many = _MODE.get(impact.scenario.mode, ("fails", "fail"))
    names = [clip(n, 60) for n in origins]
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return f"{join(names)} {one if len(origins) == 1 else many}"


def assumption(impact: "Impact") -> str:
    """One line on how sure the figures are."""
    totals = impact.totals
    if not impact.by_kind["within_reach"].sum():
        return "No dependency carries the failure on."
    if totals.hit_low == totals.hit_high:
        drawn = f"over {impact.worlds:,} random worlds"
        how = "exactly" if impact.exact else f"{drawn}, give or take {2 * totals.hit_std_error:.1f}"
        return f"All strengths within reach are stated; {number(totals.hit)} hit expected, {how}."
    stated = impact.graph.dependencies["probability"].is_not_null()
    some = stated.gather(impact.spread.circuit.dependency).any()
    return (
        f"{'Some' if some else 'All'} strengths are unknown: "
        "this is who could be hit, not who will be. "
        f"{number(totals.hit)} hit expected if each unknown strength counts "
        f"{impact.scenario.assume:g}."
    )


def carriers(impact: "Impact", strongest: Sequence[tuple[int, int]]) -> str:
    """`Most runs through Slack (201 of 375) and Duo Federal (57)`, or nothing in a small answer.

    strongest: (entity, entities within reach on routes through it), in falling order
    """
    reached = len(impact.spread.entity) - len(impact.scenario.origins)
    most = [pair for pair in strongest if pair[1] >= max(0.1 * reached, 2)][:3]
    if not most or reached < 8:
        return ""
    names = [clip(impact.graph.names[entity], 60) for entity, _ in most]
    said = [f"{name} ({behind:,})" for name, (_, behind) in zip(names, most, strict=True)]
    said[0] = f"{names[0]} ({most[0][1]:,} of the {reached:,} within reach)"
    return f"Carried on most by {join(said)}."


def provenance(impact: "Impact") -> str:
    """Which graph answered, and how: the small print of a picture."""
    graph, scenario = impact.graph, impact.scenario
    how = "exact" if impact.exact else f"{impact.worlds:,} random worlds, seed {scenario.seed}"
    return (
        f"{graph.title}: {many(len(graph.ids), 'entity')}, "
        f"{many(len(graph.dependent), 'dependency')}. Mode {scenario.mode}; {how}. knockon"
    )


def many(number: int, word: str) -> str:
    """`1 entity`, `2 entities`, for a word that ends in y."""
    return f"{number:,} {word if number == 1 else word[:-1] + 'ies'}"


def join(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def chance(low: float, middle: float, high: float) -> str:
    """`51 %`, or `0 to 100 %` where unknown strengths leave a range."""
    if percent(low) == percent(high):
        return percent(middle)
    return f"{percent(low)[:-2]} to {percent(high)}"


def range_of(low: float, middle: float, high: float, number_of: int) -> str:
    """How many of so many are hit: `all hit`, `0 to 120 hit`, `12.5 hit`."""
    if number(low) == number(high):
        return "all hit" if round(high, 6) == number_of else f"{number(middle)} hit"
    return f"{number(low)} to {number(high)} hit"


def percent(share: float) -> str:
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"


def duration(hours: float) -> str:
    """A time in the unit that reads best: `36 min`, `4 h`, `2.5 h`, `6 d`."""
    if hours == 0 or 1 <= hours < 24:
        return f"{_short(hours)} h"
    if hours < 1:
        return "<1 min" if hours < 1 / 60 else f"{hours * 60:.0f} min"
    return f"{_short(hours / 24)} d"


def _short(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0") if value < 100 else f"{value:,.0f}"


def number(value: float) -> str:
    """A count, with one decimal where it is small and not whole; what is not nothing is not 0."""
    if 0 < value < 0.05:
        return "<0.1"
    whole = value >= 100 or abs(value - round(value)) < 0.05
    return f"{value:,.0f}" if whole else f"{value:.1f}"


def _between(low: float, high: float) -> str:
    if number(low) == number(high):
        return number(high)
    return f"up to {number(high)}" if number(low) == "0" else f"{number(low)} to {number(high)}"
