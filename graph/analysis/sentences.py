"""The answer in words: one sentence with its figures, one line on what it assumes."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from knockon.graph.analysis.filled import describe_middle
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.question import describe_data, describe_rings, describe_setting
from knockon.graph.analysis.rollout_effect import describe_late_rings
from knockon.graph.errors import clip
from knockon.graph.scenario.strengths import CALLS
from knockon.graph.words import (
    between,
    count_of,
    join,
    kind_name,
    kind_name_among,
    many,
    measure,
    share_in_full,
)

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
    """`If Falcon Platform fails for 4 h: up to 145 of 229 enterprises and up to 114 others are hit
    (data of 2024-07-17)`."""
    failing = f"{describe_condition(impact)}{describe_rings(impact.scenario)}"
    of_data = describe_data(as_of=impact.graph.as_of, hindsight=impact.graph.hindsight)
    everybody = impact.graph.entities - len(impact.scenario.origins)
    rows = impact.by_kind.filter(pl.col("within_reach") > 0).sort(
        ["hit_high", "within_reach", "kind"], descending=[True, True, False]
    )
    if not rows.height:
        others = f"{everybody:,} other {kind_name('unknown', everybody)}"
        why = f": {'; '.join(impact.nobody[:REASONS])}" if impact.nobody else ""
        return f"If {failing}, nobody else is hit ({others}){why}{of_data}"
    if not impact.exact and not rows["hit_high"].sum():
        within = many(int(rows["within_reach"].sum()), "entity")
        drawn = f"{impact.worlds:,} random worlds ({within} within reach)"
        return f"If {failing}, nobody else is hit in {drawn}{of_data}"
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
    return f"If {failing}: {join(parts)} {_choose_verb(impact, is_one)}{of_data}"


def _is_one(amount: str) -> bool:
    return amount in ("1", "up to 1")


def _choose_verb(impact: Impact, is_one: bool) -> str:
    """`are hit`; on average, where worlds differ; expected, where nothing unknown has a say."""
    shares = impact.entities.select("probability_low", "probability_high").unique()
    verb = "is" if is_one else "are"
    if impact.sure and all(p in (0.0, 1.0) for row in shares.rows() for p in row):
        return f"{verb} hit"
    if impact.within.by_source.get("incidents"):
        return f"{verb} hit on average, as was typical of past incidents"
    return f"{verb} hit on average" if impact.within.open else f"{verb} expected to be hit"


def describe_condition(impact: Impact) -> str:
    """`Falcon Platform fails`, `A (by 30 %) and B fail for 4 h with Okta protected`."""
    origins = impact.entities.filter(pl.col("rank") == 0)
    severity = {o.id: o.severity for o in impact.scenario.origins}
    shares = [severity[i] for i in origins["id"].to_list()]
    failing = describe_failure(impact.scenario.mode, origins["name"].to_list(), shares)
    return f"{failing}{describe_setting(impact.scenario, impact.safe_names)}"


def describe_failure(mode: str, failing: Sequence[str], shares: Sequence[float]) -> str:
    """The same of these names, with the share of its function that each loses."""
    if not failing:
        return "nothing fails"
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


def name_middle(impact: Impact) -> str:
    """What the middle figure rests on (`describe_middle`); empty where all is stated."""
    within = impact.within
    sources = {"none": within.unknown} | dict(within.by_source)
    return describe_middle(sources, impact.scenario.assume) if within.open else ""


def describe_assumption(impact: Impact) -> str:
    """How sure the figures are, and what is taken for granted about rings, in a line or two."""
    late = describe_late_rings(impact.scenario)
    rings = f" {late[0].upper()}{late[1:]}." if late else ""
    alike = f" {impact.alike}" if impact.alike else ""
    return f"{_describe_sureness(impact)}{rings}{alike}"


def _describe_sureness(impact: Impact) -> str:
    totals, unknown, of = impact.totals, impact.within.unknown, impact.within.dependencies
    if not impact.by_kind["within_reach"].sum():
        return "No dependency carries the failure on."
    hit, error = measure(totals.hit, 0.0 if impact.exact else 2 * totals.hit_std_error)
    error = f", give or take {error}" if error else ""
    how = "exactly" if impact.exact else f"over {impact.worlds:,} random worlds{error}"
    if impact.within.open > unknown:
        return _describe_filled(impact, f"{hit} hit, {name_middle(impact)}{error}.")
    if not unknown:
        often = f" {describe_frequencies(impact)}".rstrip() if impact.within.shares else ""
        return f"All strengths within reach are stated; {hit} hit expected, {how}.{often}"
    which = count_of(unknown, of, "dependency")
    which = which[0].upper() + which[1:]
    which += f" within reach {'is' if unknown == 1 else 'are'} of unknown strength"
    if totals.hit_low == totals.hit_high:
        return f"{which}, which does not change how many are hit: {hit}, {how}."
    middle = f"If unknown counts {impact.scenario.assume:g}: {hit} hit{error}."
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


def describe_frequencies(impact: Impact) -> str:
    """`Half of all cases: at most 32 of 298 hit; one in twenty: 245 or more. `; empty where all
    cases are alike."""
    worlds = impact.distribution.sort("hit")
    reached = worlds["weight"].cum_sum()
    half, late = (worlds.item(int((reached < q - 1e-12).sum()), "hit") for q in (0.5, 0.95))
    if worlds["hit"].n_unique() < 2:
        return ""
    everybody = int(impact.by_kind["within_reach"].sum())
    return (
        f"Half of all cases: at most {half:,.0f} of {everybody:,} hit; one in twenty: "
        f"{late:,.0f} or more. "
    )


def _describe_filled(impact: Impact, middle: str) -> str:
    """The same where tables filled strengths that nobody stated."""
    within, by = impact.within, impact.within.by_source
    words = {
        "stated": "stated",
        "own table": "from your own table",
        "calls": "from calls that were seen",
        "register": "from the register",
        "incidents": "typical of past incidents",
        "none": "unknown",
    }
    called = int(impact.strengths.filter(pl.col("table") == CALLS)["dependencies"].sum())
    by = {**by, "own table": by.get("own table", 0) - called, "calls": called}
    parts = [f"{by[source]:,} {said}" for source, said in words.items() if by.get(source)]
    which = f"Strengths of {many(within.dependencies, 'dependency')} within reach: {join(parts)}."
    if not by.get("incidents"):
        often = f" {describe_frequencies(impact)}".rstrip() if within.shares else ""
        return f"{which} {middle}{often}"
    shipped = impact.strengths.filter(pl.col("strength_source") == "incidents")
    counts = shipped.group_by("mode", maintain_order=True).agg(pl.col("incidents").max())
    counted = join([f"{n} of {mode}" for mode, n in counts.iter_rows()])
    return (
        f"{which} {middle} {describe_frequencies(impact)}Counted incidents: {counted}; only those "
        "that were noticed, so the true average is lower. This is who could be hit, not who will "
        "be."
    )
