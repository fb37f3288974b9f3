"""Two answers that were saved, side by side: as far as their rows go, and without common worlds."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from knockon.graph.analysis.answer import GraphHead
from knockon.graph.analysis.compare_words import write_moves
from knockon.graph.analysis.comparison import COLUMNS, Comparison
from knockon.graph.analysis.joined_routes import join_saved_routes
from knockon.graph.errors import InputError
from knockon.graph.scenario.scenario import Scenario

_TEXTS = ("id", "name", "kind")
_NUMBERS = {"probability": "", "probability_low": "_low", "probability_high": "_high"}


def compare_saved(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """What changes from one saved answer (JSON of `whatif`) to another.

    An entity that is in the rows of one only has no figure on the other side: it is not in that
    graph, or out of reach, or in a row that was not saved. The errors of both add up, for nothing
    tells in which worlds they agree. Raises InputError for a row that is none.
    """
    sides = [
        _read_rows(answer, side)
        for answer, side in zip((first, second), ("before", "after"), strict=True)
    ]
    both = sides[0].join(sides[1], on="id", how="full", coalesce=True, suffix="_then")
    change = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
    error = pl.sum_horizontal(pl.col("error_before", "error_after").fill_null(0) ** 2)
    rows = (
        both.with_columns(
            pl.coalesce("name_then", "name").alias("name"),
            pl.coalesce("kind_then", "kind").alias("kind"),
            change.alias("change"),
            error.sqrt().alias("std_error"),
            pl.lit(None, pl.String).alias("because"),
        )
        .sort([pl.col("change").abs(), "name", "id"], descending=[True, False, False])
        .select(COLUMNS)
    )
    ids = [set(side.filter(pl.col(f"{name}_high") > 0)["id"])
           for side, name in zip(sides, ("before", "after"), strict=True)]  # fmt: skip
    newly, saved = sorted(ids[1] - ids[0]), sorted(ids[0] - ids[1])
    spans = [_span(answer["totals"]) for answer in (first, second)]
    scenario = Scenario.from_dict(_without_names(first["scenario"]))
    return Comparison(
        graph=GraphHead.from_dict(first["graph"]),
        scenario=scenario,
        names=tuple(o["name"] for o in first["scenario"]["origins"]),
        headline=f"{spans[0]} hit before, {spans[1]} after; {write_moves(rows, newly, saved)}",
        rows=rows,
        notes=tuple(_list_notes(first, second)),
        other=dict(second["graph"]),
        scenario_after=dict(second["scenario"]),
        totals=_list_totals(first, second),
        differences=pl.DataFrame(schema=dict.fromkeys(
            ("dependent", "provider", "relation", "group", "what", "columns"), pl.String
        )),
        newly_hit=newly,
        saved=saved,
        worlds=None,
        routes=join_saved_routes(first, second),
    )  # fmt: skip


def _read_rows(answer: Mapping[str, Any], side: str) -> pl.DataFrame:
    wanted = (*_TEXTS, *_NUMBERS, "std_error", "rank", "impact")
    types = {n: pl.String if n in _TEXTS else pl.Float64 for n in wanted} | {"rank": pl.Int64}
    try:
        rows = [{name: row[name] for name in wanted} for row in answer["entities"] if row["rank"]]
        frame = pl.DataFrame(rows, schema=types)
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as fault:
        raise InputError(f"a saved answer: expected rows of a what-if: {fault}") from None
    named = {name: f"{side}{end}" for name, end in _NUMBERS.items()}
    more = {"std_error": f"error_{side}", "rank": f"rank_{side}", "impact": f"impact_{side}"}
    return frame.rename(named | more)


def _without_names(scenario: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in scenario.items() if value is not None}


def _span(totals: Mapping[str, Any]) -> str:
    from knockon.graph.words import between

    return between(totals["hit_low"], totals["hit_high"])


def _list_notes(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    notes = ["two saved answers: the errors of both add up, for their worlds are not known"]
    for place, answer in (("first", first), ("second", second)):
        if answer["more"]:
            notes.append(
                f"the {place} answer was saved without {answer['more']:,} of its rows: save it "
                "with --top all"
            )
    return notes


def _list_totals(first: Mapping[str, Any], second: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        {"figure": figure}
        | {
            f"{side}{end}": answer["totals"][f"{figure}{end}"]
            for side, answer in (("before", first), ("after", second))
            for end in ("", "_low", "_high")
        }
        for figure in ("hit", "impact")
    )
