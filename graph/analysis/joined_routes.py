"""The routes of two answers as one forest: how each entity that either can hit is reached."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from knockon.graph.analysis.impact import Impact
from knockon.graph.scenario.strengths import SOURCES

SCHEMA: dict[str, Any] = {
    "id": pl.String, "name": pl.String, "kind": pl.String, "fails": pl.String,
    "provider": pl.String, "stated": pl.Boolean, "source": pl.Int64,
}  # fmt: skip


def join_routes(before: Impact, after: Impact) -> pl.DataFrame:
    """A row per entity within reach of either, by id: `provider`, the one before it on its route in
    the second answer, and in the first where the second does not reach it; null where it fails.

    fails: in which of them it is what fails: `before`, `after`, `both`, or empty
    stated, source: whether the strength of that last step is stated; its place in `SOURCES`
    """
    return _join(_list_steps(before), _list_steps(after))


def join_saved_routes(before: Mapping[str, Any], after: Mapping[str, Any]) -> pl.DataFrame:
    """The same of two answers in JSON; of a step only what is known of its whole route."""
    return _join(_read_steps(before), _read_steps(after))


def _list_steps(answer: Impact) -> pl.DataFrame:
    number, place, parent, *_, stated, source = answer.forest.get_columns()
    of = answer.entities.select("id", "name", "kind")[place]
    step = pl.when(parent >= 0).then(of["id"].gather(parent.clip(0))) if len(number) else None
    return of.with_columns(
        pl.lit(None, pl.String).alias("provider") if step is None else step.alias("provider"),
        stated.alias("stated"), source.cast(pl.Int64).alias("source"),
    )  # fmt: skip


def _read_steps(answer: Mapping[str, Any]) -> pl.DataFrame:
    rows = [row for row in answer["entities"] if row.get("route")]
    known = {row["id"] for row in rows}
    found = []
    for row in rows:
        before = [i for i in row["route"][:-1] if i in known]  # rows may have been left out
        weakest = row.get("strength_source") or SOURCES[0]
        found.append(
            {
                "id": row["id"], "name": row["name"], "kind": row["kind"],
                "provider": before[-1] if before else None,
                "stated": weakest == SOURCES[0], "source": SOURCES.index(weakest),
            }
        )  # fmt: skip
    return pl.DataFrame(found, schema={k: v for k, v in SCHEMA.items() if k != "fails"})


def _join(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    fail = [set(side.filter(pl.col("provider").is_null())["id"]) for side in (before, after)]
    only = before.join(after, on="id", how="anti")
    first, second = (pl.col("id").is_in(ids) for ids in fail)
    fails = (
        pl.when(first & second).then(pl.lit("both")).when(first).then(pl.lit("before"))
        .when(second).then(pl.lit("after")).otherwise(pl.lit(""))
    )  # fmt: skip
    return pl.concat([after, only]).with_columns(fails.alias("fails")).sort("id").select(*SCHEMA)
