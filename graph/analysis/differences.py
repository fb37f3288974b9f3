"""What differs between two graphs, whom it can touch, and which difference an entity's route shows.

A dependency is one thing in both by its identity (dependent, provider, relation, group); it came,
went, or changed where a column that the engine reads differs.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from knockon.graph.errors import ScenarioError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import DEPENDENCY_COLUMNS, ENDS, ENTITY_COLUMNS, IDENTITY

_SAID = ("source", "evidence", "as_of", "name", "kind", "parent", "sector", "country", "weight")
_ROW = "row"


@dataclass(frozen=True, eq=False)
class Differences:
    """What differs between a first and a second graph.

    dependencies: frame `dependent`, `provider`, `relation`, `group`, `what` (`came`, `went`,
        `changed`), `columns` (those that changed, null for the others)
    entities: ids of those that came, went, or whose own hours changed
    """

    dependencies: pl.DataFrame
    entities: tuple[str, ...]

    @cached_property
    def by_dependent(self) -> dict[str, list[dict[str, str]]]:
        """The rows of `dependencies` by their dependent."""
        found = defaultdict(list)
        for row in self.dependencies.iter_rows(named=True):
            found[row["dependent"]].append(row)
        return dict(found)

    @property
    def touched(self) -> set[str]:
        """The entities that differ themselves."""
        return {*self.by_dependent, *self.entities}


def find_differences(first: DependencyGraph, second: DependencyGraph) -> Differences:
    """What the engine reads of two graphs and finds different."""
    columns = [c.name for c in DEPENDENCY_COLUMNS if c.name not in (*IDENTITY, *_SAID)]
    sides = [_key_rows(g.dependencies, columns) for g in (first, second)]
    both = sides[0].join(
        sides[1], on=[*IDENTITY, "nth"], how="full", coalesce=True, nulls_equal=True, suffix="_then"
    )
    changed = pl.concat_list(
        pl.when(pl.col(c).ne_missing(pl.col(f"{c}_then"))).then(pl.lit(c)) for c in columns
    ).list.drop_nulls()
    what = (
        pl.when(pl.col(_ROW).is_null()).then(pl.lit("came"))
        .when(pl.col(f"{_ROW}_then").is_null()).then(pl.lit("went"))
        .when(changed.list.len() > 0).then(pl.lit("changed"))
    )  # fmt: skip
    rows = (
        both.with_columns(what=what, columns=changed.list.join(", "))
        .filter(pl.col("what").is_not_null())
        .with_columns(columns=pl.when(pl.col("what") == "changed").then("columns"))
        .select(*IDENTITY, "what", "columns")
        .sort([*IDENTITY, "what"])
    )
    return Differences(rows, tuple(_find_entities(first, second)))


def take_away(graph: DependencyGraph, names: Iterable[str]) -> DependencyGraph:
    """The graph without these entities and all their dependencies, or without these dependencies,
    said as `DEPENDENT -> PROVIDER`.

    Raises UnknownEntityError, AmbiguousEntityError, or ScenarioError where one does not depend on
    the other.
    """
    gone, cut = [], []
    for name in names:
        ends = [end.strip() for end in name.split("->")]
        ids = [graph.id_of(graph.find(end)) for end in ends]
        if len(ids) == 1:
            gone += ids
            continue
        row = (pl.col("dependent") == ids[0]) & (pl.col("provider") == ids[-1])
        if len(ids) > 2 or not graph.dependencies.filter(row).height:
            raise ScenarioError(f"without: there is no dependency {clip(name)!r}")
        cut.append(row)
    if not gone and not cut:
        return graph
    away = pl.any_horizontal(pl.col("dependent", "provider").is_in(gone), *cut)
    tables = replace(
        graph.tables, entities=graph.entities.filter(~pl.col("id").is_in(gone)),
        dependencies=graph.dependencies.filter(~away), numbers=None, report=(),
    )  # fmt: skip
    return DependencyGraph.from_tables(tables)


def find_within_reach(graph: DependencyGraph, ids: Iterable[str]) -> set[str]:
    """These entities of the graph and all that depend on them, through whatever relation."""
    hit = np.isin(graph.entities["id"].to_numpy(), list(ids))
    while True:
        more = np.unique(graph.dependent[hit[graph.provider] & ~hit[graph.dependent]])
        if not len(more):
            return set(graph.entities["id"].filter(pl.Series(hit)).to_list())
        hit[more] = True


def explain_move(
    differences: Differences, routes: Sequence[Sequence[str]], names: Mapping[str, str], *,
    rises: bool,
) -> str:  # fmt: skip
    """The difference nearest to what failed on one of an entity's routes, the first that has one.

    routes: ids from what failed to the entity, one for each graph; rises: whether it became more
    probable. A dependency that went explains no rise, and one that came no fall, but as a spare: a
    member of a group that went is what lets a step matter. Empty where the routes show none.
    """
    for route in routes:
        for step in route[1:]:
            rows = [r for r in differences.by_dependent.get(step, ()) if _can_move(r, rises=rises)]
            on_it = [r for r in rows if r["provider"] in route]
            if on_it or rows:
                return describe_difference((on_it or rows)[0], names)
    return ""


def _can_move(row: Mapping[str, str], *, rises: bool) -> bool:
    """Whether a difference by itself can make anything more, or less, probable."""
    against = "went" if rises else "came"
    return row["what"] != against or row["group"] is not None


def describe_difference(row: Mapping[str, str], names: Mapping[str, str]) -> str:
    """`B on A came`, `B on A changed: probability`."""
    ends = (clip(names.get(row[end], row[end]), 60) for end in ENDS)
    said = f"{' on '.join(ends)} {row['what']}"
    return f"{said}: {row['columns']}" if row["columns"] else said


def _key_rows(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The rows with their place among those of one identity, which may stand several times."""
    known = rows.select(*(pl.col(c).cast(pl.String) for c in IDENTITY), *columns)
    nth = pl.int_range(pl.len()).over([*IDENTITY]).alias("nth")
    return known.with_columns(nth, pl.int_range(pl.len()).alias(_ROW))


def _find_entities(first: DependencyGraph, second: DependencyGraph) -> list[str]:
    columns = [c.name for c in ENTITY_COLUMNS if c.name not in ("id", *_SAID)]
    sides = [g.entities.select("id", *columns, pl.lit(1).alias(_ROW)) for g in (first, second)]
    both = sides[0].join(sides[1], on="id", how="full", coalesce=True, suffix="_then")
    differs = [pl.col(c).ne_missing(pl.col(f"{c}_then")) for c in (*columns, _ROW)]
    return both.filter(pl.any_horizontal(differs))["id"].sort().to_list()
