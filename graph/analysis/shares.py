"""The rows of markets: users as shares of all that are counted, and of those who use any."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from knockon.graph.analysis.markets import Markets, Pairs
from knockon.graph.analysis.users import Segment, Users
from knockon.graph.arrays import Floats
from knockon.graph.model.graph import DependencyGraph


def count_using(users: Users, markets: Markets, direct: Pairs, segment: Segment) -> pl.DataFrame:
    """By relation, the weight of the users that use anything of it."""
    using = pl.DataFrame(
        {"relation": markets.relation.gather(direct.row), "user": direct.user}
    ).unique()
    weight = pl.Series(users.weight * segment.inside)
    counted = using.with_columns(weight.gather(using["user"]).alias("using")).sort("user")
    return counted.group_by("relation").agg(pl.col("using").sum()).with_columns(
        pl.lit(float((users.weight * segment.inside).sum())).alias("of")
    )  # fmt: skip


def make_rows(
    markets: Markets, segment: Segment, figures: dict[str, Floats], using: pl.DataFrame
) -> pl.DataFrame:
    """The rows of one segment, with shares by both denominators."""
    both = pl.DataFrame(
        {"relation": markets.relation, "id": markets.value, **figures}
    ).join(using, on="relation", how="left", maintain_order="left")  # fmt: skip
    total = float(using["of"][0]) if using.height else 0.0
    of, some = pl.lit(total), pl.col("using").fill_null(0.0)

    def share(name: str, whole: pl.Expr) -> pl.Expr:
        return pl.when(whole > 0).then(pl.col(name) / whole)

    return both.with_row_index("row").select(
        "row", pl.lit(segment.value, pl.String).alias("per"), "relation", "id",
        "users", share("users", of).alias("share"),
        "critical", share("critical", of).alias("critical_share"),
        (pl.col("users_all") - pl.col("users")).alias("users_indirect"),
        (pl.col("linked") - pl.col("critical")).alias("critical_indirect"),
        (pl.col("lost") - pl.col("linked")).alias("critical_joint"),
        "users_all", pl.col("lost").alias("critical_all"),
        share("users_all", of).alias("share_all"), share("lost", of).alias("critical_share_all"),
        share("users", some).alias("share_of_users"),
        share("critical", some).alias("critical_share_of_users"),
        pl.when(pl.col("users") > 0).then(pl.col("users_all") / pl.col("users"))
        .alias("amplification"),
        some.alias("using"), of.alias("of"),
    )  # fmt: skip


def describe_markets(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each market how its uses are spread over its providers."""

    def spread(name: str) -> pl.Expr:
        share = pl.col(name) / pl.col(name).sum()
        return pl.when(pl.col(name).sum() > 0).then((share**2).sum())

    uses = pl.col("users").sum()
    return rows.group_by("relation", "per", maintain_order=True).agg(
        pl.col("of").first().alias("users"), pl.col("using").first(),
        (pl.col("users") > 0).sum().cast(pl.Int64).alias("providers"), uses.alias("uses"),
        spread("users").alias("hhi"), (1 / spread("users")).alias("effective"),
        spread("critical").alias("hhi_critical"),
        pl.when(uses > 0).then(pl.col("users_all").sum() / uses).alias("amplification"),
    ).sort(["using", "uses", "relation", "per"], descending=[True, True, False, False])  # fmt: skip


def name_rows(graph: DependencyGraph, own: Mapping[str, Any], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in order, with names and kinds where the providers are entities."""
    known = graph.entities.select("id", "name", "kind")
    named = rows.join(known, on="id", how="left")
    named = named.with_columns(pl.col("name").fill_null(pl.col("id")))
    ordered = named.sort(
        ["users_all", "critical_all", "users", "relation", "id", "per"],
        descending=[True, True, True, False, False, False],
    )
    figures = [c for c in rows.columns if c not in ("row", "per", "relation", "id", "using", "of")]
    whole = [
        pl.col(c).cast(pl.Int64) for c in figures
        if "share" not in c and c != "amplification" and own["weight"] is None
    ]  # fmt: skip
    per = [] if own["per"] is None else ["per"]
    shown = ("row", "relation", *per, "id", "name", "kind", *figures)
    return ordered.with_columns(whole).select(shown)
