"""The dependency graph: two checked tables, and the same as arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints, every
from knockon.graph.model.check import check
from knockon.graph.model.ends import numbers_among
from knockon.graph.model.names import Names
from knockon.graph.model.tables import ENDS, Finding, Tables

if TYPE_CHECKING:
    import networkx as nx


def _read_only(array: Ints) -> Ints:
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class DependencyGraph:
    """Who depends on whom. Made by `from_tables`, the one checked door.

    Entities are numbered 0..n-1 in the order of their ids, dependencies 0..m-1 in the order of
    (dependent, provider, relation, group), so that no answer depends on the order of rows.

    tables: the checked tables
    dependent, provider: (m,) entity numbers of the two ends of each dependency
    """

    tables: Tables
    dependent: Ints
    provider: Ints

    @classmethod
    def from_tables(cls, tables: Tables, *, checked: bool = False) -> "DependencyGraph":
        """The graph of two tables. Raises InputError with every fault found in them.

        `checked=True` skips the check of tables that `knockon.graph.model.check.check` returned.
        """
        sound = tables if checked else check(tables)
        held = sound.numbers
        if held and held.entities is sound.entities and held.dependencies is sound.dependencies:
            return cls(sound, held.dependent, held.provider)
        ids = sound.entities["id"]
        return cls(sound, *(_numbers(sound.dependencies[name], ids) for name in ENDS))

    @classmethod
    def from_polars(
        cls, dependencies: pl.DataFrame, entities: pl.DataFrame | None = None, **head: Any
    ) -> "DependencyGraph":
        """The graph of two polars frames; head: `title`, `weight_unit`, `hindsight`, `sources`."""
        return cls.from_tables(
            Tables(pl.DataFrame() if entities is None else entities, dependencies, **head)
        )

    @classmethod
    def from_networkx(cls, graph: "nx.Graph[Any]", **head: Any) -> "DependencyGraph":
        """The graph of a directed networkx graph whose edges run from dependent to provider.

        Attributes of nodes and edges are columns. Raises InputError for an undirected graph.
        """
        from knockon.graph.model.networks import read_network

        return cls.from_tables(read_network(graph, **head))

    def to_networkx(self) -> "nx.MultiDiGraph[str]":
        """The same as a networkx MultiDiGraph: edges run from dependent to provider."""
        from knockon.graph.model.networks import make_network

        return make_network(self.tables)

    @property
    def entities(self) -> pl.DataFrame:
        """One row per entity, by id."""
        return self.tables.entities

    @property
    def dependencies(self) -> pl.DataFrame:
        """One row per dependency, by (dependent, provider, relation, group)."""
        return self.tables.dependencies

    @property
    def title(self) -> str:
        return self.tables.title or "dependency graph"

    @property
    def report(self) -> tuple[Finding, ...]:
        """What reading and checking dropped, merged, invented or noted."""
        return self.tables.report

    @property
    def size(self) -> int:
        """How many entities there are."""
        return self.entities.height

    def id_of(self, number: int) -> str:
        """The id of an entity; `ids` lists them all."""
        return str(self.entities["id"][number])

    @cached_property
    def called(self) -> Names:
        """What the entities are called, for finding them."""
        return Names(self.tables, self.provider)

    @property
    def ids(self) -> list[str]:
        return self.called.ids

    @property
    def names(self) -> list[str]:
        return self.called.names

    @cached_property
    def has_groups(self) -> bool:
        """Whether any dependency is one of several alternatives."""
        return not self.dependencies.select(pl.col("group").is_null().all()).item()

    @cached_property
    def group_of(self) -> Ints:
        """(m,) number of the group of each dependency; alone, a dependency is a group of one."""
        if not self.has_groups:  # rows are in the order of dependents
            return _read_only(every(len(self.dependent)))
        alone = pl.col("group").is_null()
        keys = self.dependencies.select(
            pl.struct(
                pl.Series("dependent", self.dependent),
                "group",
                pl.when(alone).then(pl.int_range(pl.len())).alias("alone"),
            )
            .rank("dense")
            .cast(pl.Int64)
            - 1
        )
        return _read_only(keys.to_series().to_numpy())

    @cached_property
    def cycles(self) -> int:
        """How many sets of two or more entities depend on each other in a circle."""
        from knockon.graph.model.networks import count_cycles

        return count_cycles(self.dependent, self.provider, self.size)

    def find(self, asked: str) -> int:
        """The number of the entity with this id, or this name regardless of case.

        An entity also goes by the ids and names of those that were joined into it. Raises
        UnknownEntityError with the nearest names, or with all of a small graph where none is near,
        AmbiguousEntityError for a name that several entities have.
        """
        return self.called.find(asked)

    def find_all(self, asked: Iterable[str]) -> Ints:
        """The numbers of these, in their order, as `find` has each."""
        return np.array([self.find(one) for one in asked], np.int64)

    def nearest(self, asked: str, limit: int = 3) -> list[tuple[str, str]]:
        """The (id, name) of the entities whose names are most like the text, best first."""
        return self.called.nearest(asked, limit)

    def search(self, text: str) -> Sequence[int]:
        """The numbers of the entities that fit the words of the text, best first (`Names`)."""
        return self.called.search(text)

    def __repr__(self) -> str:
        grouped = self.dependencies.filter(pl.col("group").is_not_null())
        groups = grouped.select(pl.struct("dependent", "group").n_unique()).item()
        return (
            f"<Graph {_count(self.size, 'entity', 'entities')}, "
            f"{_count(len(self.dependent), 'dependency', 'dependencies')}, "
            f"{_count(groups, 'group')}, {_count(self.cycles, 'cycle')}>"
        )

    def _repr_html_(self) -> str:
        """For notebooks: what it is, entities by kind, dependencies by relation and how many of
        their strengths are known."""
        from html import escape

        kinds = self.entities.group_by("kind").agg(pl.len().alias("entities"))
        relations = self.dependencies.group_by("relation").agg(
            pl.len().alias("dependencies"), pl.col("probability").count().alias("of known strength")
        )
        tables = (kinds.sort("entities", "kind", descending=[True, False]),
                  relations.sort("dependencies", "relation", descending=[True, False]))  # fmt: skip
        head = f"<p><b>{escape(self.title)}</b> {escape(repr(self))}</p>"
        return head + "".join(table._repr_html_() for table in tables)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _numbers(column: pl.Series, ids: pl.Series) -> Ints:
    return _read_only(numbers_among(column, ids).to_numpy().astype(np.int64))
