"""Which columns of an answer people see, by verb; where a verb has none, all as they are called."""

from collections.abc import Callable
from math import floor
from textwrap import wrap

import polars as pl

from knockon.api.text.cells import format_cell, make_column, make_shares
from knockon.api.text.columns import Column
from knockon.api.text.concentration import list_concentration
from knockon.api.text.ranking import name_one, name_rank
from knockon.api.text.strengths import list_strengths
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.filled import describe_middle
from knockon.graph.maps.text import clean
from knockon.graph.words import between, chance, measure, number, percent

Layout = Callable[[Answer, pl.DataFrame], list[Column]]


def with_error(value: float, error: float) -> str:
    """`47 ± 7`: twice the standard error, and the figure no finer than that."""
    figure, sure = measure(value, 2 * error)
    return f"{figure} ± {sure}" if sure else figure


def list_all(_: Answer, rows: pl.DataFrame) -> list[Column]:
    """Every column, under its own name."""
    return [make_column(rows, name) for name in rows.columns]


def name_entities(rows: pl.DataFrame) -> list[Column]:
    """Name and kind of each row."""
    kinds = [clean(name_one(kind), 40) for kind in rows["kind"]]
    return [
        make_column(rows, "name", "entity", least=24),
        Column("kind", kinds, "kind {}", least=11, goes=2, folds=True),
    ]


def _name_open(answer: Answer) -> str:
    """What middle figures rest on, on short lines."""
    words = describe_middle(answer.strength_sources, answer.scenario.assume)
    if words.startswith("if ") or not words:
        return f"unknown\ncounts {answer.scenario.assume:g}"
    return "\n".join(wrap(words, 18))


def lay_out_comparison(answer: Answer, rows: pl.DataFrame) -> list[Column]:
    """Before and after as ranges, the change with its error, the ranks, and why."""
    sides = []
    for side in ("before", "after"):
        figures = rows.select(f"{side}_low", side, f"{side}_high").rows()
        cells = ["absent" if m is None else chance(low, m, high) for low, m, high in figures]
        sides.append(Column(side, cells, right=True))
    moves = rows.select("change", "std_error").rows()
    return [
        *name_entities(rows),
        *sides,
        Column(_name_change(answer, rows), [_describe_move(*move) for move in moves], right=True),
        make_column(rows, "because", "because, on its route", least=20, goes=1),
    ]


def lay_out_routes(answer: Answer, rows: pl.DataFrame) -> list[Column]:
    """Each route by names, what it comes to, and the alternatives on it."""
    names = answer.beside["entities"]
    ways = [" → ".join(clean(names.get(i, i), 120) for i in route) for route in rows["route"]]
    middle = _name_open(answer)
    unknown = f"unknown at {answer.scenario.assume:g}"
    counted = f"its steps,\n{unknown if middle.startswith('unknown') else middle}"
    return [
        Column("route", ways, least=30, folds=True),
        make_shares(rows, "probability", counted),
        make_shares(rows, "share", "share of all", goes=1),
    ]


def lay_out_ranks(answer: Answer, rows: pl.DataFrame) -> list[Column]:
    """Place with its ties, what is hit as a range, direct and indirect, and what is lost."""
    figures = rows.select(
        "hit_low", pl.col("hit_direct") + pl.col("hit_indirect"), "hit_high", "std_error"
    ).rows()
    words = _name_open(answer)
    assumed = f"if {words}" if words.startswith("unknown") else words
    ranged = any(number(low) != number(high) for low, _, high, _ in figures)
    hits = [with_error(hit, error) for _, hit, _, error in figures]
    columns = [
        Column("#", [name_rank(row) for row in rows.iter_rows(named=True)], right=True),
        *name_entities(rows),
    ]
    if ranged:
        ends = [between(low, high) for low, _, high, _ in figures]
        columns.append(Column("others hit", ends, right=True))
    columns += [
        Column(assumed if ranged else "others hit", hits, right=True),
        Column("direct", [number(x) for x in rows["hit_direct"]], right=True, goes=1),
        Column("through\nthese", [number(x) for x in rows["hit_indirect"]], right=True, goes=1),
    ]
    if (rows["impact"] != rows["hit_direct"] + rows["hit_indirect"]).any():
        columns.append(make_column(rows, "impact", goes=3))
    if rows["impact_per_year"].is_not_null().any():
        columns.append(make_column(rows, "impact_per_year", "impact\na year"))
    return columns


def _name_change(answer: Answer, rows: pl.DataFrame) -> str:
    """`change`, and what it rests on where a strength is unknown."""
    ranged = any(
        (rows[f"{side}_low"] != rows[f"{side}_high"]).any() for side in ("before", "after")
    )
    return f"change, {_name_open(answer)}" if ranged else "change"


def _describe_move(change: float, error: float) -> str:
    """`+0.12 ± 0.01`; the error is twice the standard error."""
    if not change and not error:
        return "none"
    sure = f" ± {_spell_share(2 * error)}" if error else ""
    return f"{'+' if change >= 0 else '-'}{_spell_share(abs(change))}{sure}"


def _spell_share(share: float) -> str:
    """A percentage; finer where it is close to 0 or to 1, so that it needs no `more than`."""
    if share >= 0.99 and share < 1:
        return f"{floor(1000 * share) / 10:.1f} %"
    return f"{100 * share:.1g} %" if 0 < share < 0.01 else percent(share)


def lay_out_hardening(answer: Answer, rows: pl.DataFrame) -> list[Column]:
    """Each fix in words, what it adds, what it saves alone, and what it costs."""
    words: list[str] = answer.words  # type: ignore[attr-defined]
    figures = rows.select("saves", "std_error", "saves_low", "saves_high").rows()
    ranged = any(low != high for _, _, low, high in figures)
    saves = [with_error(saved, error) for saved, error, _, _ in figures]
    ends = [f"{format_cell(low)}, {format_cell(high)}" for _, _, low, high in figures]
    middle = _name_open(answer)
    counts = f", {middle}" if ranged else ""
    both = "if it counts\n0, 1" if middle.startswith("unknown") else "at their\nlow, high"
    return [
        make_column(rows, "step", "#"),
        Column("fix", words[: rows.height], least=24, folds=True),
        Column(f"saves{counts}", saves, right=True),
        Column(both, ends if ranged else [""] * rows.height, right=True, goes=2),
        make_column(rows, "saves_alone", "alone"),
        make_column(rows, "cost", goes=1),
    ]


def lay_out_cut_sets(answer: Answer, rows: pl.DataFrame) -> list[Column]:
    """Who has to fail together, how probable that is, and how probably it then hits the target."""
    names: dict[str, str] = answer.entities  # type: ignore[attr-defined]
    members = [
        " + ".join(clean(names[m], 120) for m in some) or "nobody" for some in rows["members"]
    ]
    hits = [
        "" if middle is None else chance(low, middle, high)
        for low, middle, high in rows.select("hits_low", "hits", "hits_high").rows()
    ]
    sure = all(said == "100 %" for said in hits)
    probability = ["" if p is None else f"{p:.3g}" for p in rows["probability"]]
    return [
        Column("fail together", members, least=24, folds=True),
        make_column(rows, "order", goes=1),
        Column("probability", probability, right=True),
        Column("then hits", [""] * rows.height if sure else hits, right=True),
    ]


LAYOUTS: dict[str, Layout] = {
    "strengths": list_strengths,
    "compare": lay_out_comparison,
    "concentration": list_concentration,
    "cuts": lay_out_cut_sets,
    "harden": lay_out_hardening,
    "rank": lay_out_ranks,
    "why": lay_out_routes,
}
