"""Markets: all providers of one relation, each with the dependencies that lead to it.

A provider is an entity with the services that are nothing but its work; by a column (`parent`: by
groups of companies) all entities that have one value of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from knockon.graph.analysis.owners import find_groups, find_operators
from knockon.graph.analysis.users import Users, find_own_uses
from knockon.graph.arrays import Bools, Ints
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph

ANY = "any"  # in the place of a relation: all of them together


@dataclass(frozen=True, eq=False)
class Markets:
    """R providers, each in the market of one relation.

    of_edge: (m,) the row that each dependency leads to; -1 where it leads to none: it stays within
    one provider, or within one user, or to itself
    relation: (R,); value: (R,) id of the provider, or the value of the column
    of_entity: (n,) value of each entity; owned: users are not counted at a provider of their own
    kind: providers are of this kind only; None: any
    """

    of_edge: Ints
    relation: pl.Series
    value: pl.Series
    of_entity: pl.Series
    owned: bool

    @property
    def size(self) -> int:
        return len(self.value)


def find_markets(
    graph: DependencyGraph, users: Users, *, by: str | None, relation: str | None, kind: str | None
) -> Markets:
    """The providers of each relation. Raises ScenarioError for an unknown column, relation, kind.

    by: a column of entities, `parent` for groups of companies; relation: one, `any` for all as one
    """
    ids = graph.entities["id"]
    operator = find_operators(graph)
    own = ids.gather(operator)
    values = own if by is None else _value_by(graph, by, own)
    crossing = _crosses(graph, operator, users)
    owned = by in (None, "parent")
    if owned:
        heads = values.gather(graph.provider).to_numpy()
        crossing &= heads != values.gather(graph.dependent).to_numpy()
    crossing &= _select(graph, relation, kind)
    rows = pl.DataFrame(
        {
            "relation": pl.repeat(ANY, len(crossing), eager=True)
            if relation == ANY else graph.dependencies["relation"],
            "value": values.gather(graph.provider),
        }
    )  # fmt: skip
    places = np.flatnonzero(crossing)
    crossed = rows[places]
    listed = crossed.unique().sort("relation", "value").with_row_index("row")
    of_edge = np.full(len(crossing), -1)
    found = crossed.join(listed, on=["relation", "value"], how="left", maintain_order="left")
    of_edge[places] = found["row"].to_numpy()
    return Markets(of_edge, listed["relation"], listed["value"], values, owned)


def _value_by(graph: DependencyGraph, by: str, own: pl.Series) -> pl.Series:
    """The value of each entity; those without one count as themselves."""
    if by == "parent":
        return find_groups(graph)
    columns = [c for c in graph.entities.columns if not c.startswith("_")]
    if by not in columns:
        raise ScenarioError(
            f"by: no column {clip(by)!r} among those of entities{did_you_mean(by, columns)}"
        )
    column = graph.entities[by].cast(pl.String)
    return pl.select(pl.coalesce(column, own)).to_series()


def _crosses(graph: DependencyGraph, operator: Ints, users: Users) -> Bools:
    """(m,) dependencies that lead out of one provider, or one user, to another."""
    d, p = graph.dependent, graph.provider
    within: Bools = operator[d] == operator[p]
    same: Bools = (users.owner[d] >= 0) & (users.owner[d] == users.owner[p])
    return ~within & ~same


def _select(graph: DependencyGraph, relation: str | None, kind: str | None) -> Bools:
    """(m,) dependencies of the relation on providers of the kind."""
    wanted = np.ones(len(graph.dependent), np.bool_)
    if relation not in (None, ANY):
        words = graph.dependencies["relation"]
        wanted &= (words == relation).to_numpy()
        if not wanted.any():
            hint = did_you_mean(str(relation), [*words.unique().sort(), ANY])
            raise ScenarioError(f"relation: no dependency is {clip(str(relation))!r}{hint}")
    if kind is not None:
        kinds = graph.entities["kind"]
        if not (kinds == kind).any():
            hint = did_you_mean(kind, kinds.unique().sort().to_list())
            raise ScenarioError(f"kind: no entity is of the kind {clip(kind)!r}{hint}")
        wanted &= (kinds == kind).to_numpy()[graph.provider]
    return wanted


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which user uses which provider itself, each pair once: (P,) users, (P,) rows of markets."""

    user: Ints
    row: Ints

    @classmethod
    def of(cls, user: Ints, row: Ints, size: int) -> "Pairs":
        both = np.unique(user.astype(np.int64) * size + row) if len(user) else np.zeros(0, np.int64)
        return cls(both // max(size, 1), both % max(size, 1))


def find_direct(
    graph: DependencyGraph, users: Users, markets: Markets, links: Sequence[Bools]
) -> tuple[Pairs, ...]:
    """Who uses which provider itself, for each choice of dependencies (m,)."""
    edges = find_own_uses(graph, users)
    edges = edges[markets.of_edge[edges] >= 0]
    if users.paid:
        place = np.full(graph.size, -1)
        place[users.entities] = np.arange(len(users.entities))
        who = place[graph.provider[edges]]
    else:
        who = users.owner[graph.dependent[edges]]
    rows = markets.of_edge[edges]
    own = find_own(users, markets)
    found = []
    for chosen in links:
        kept = chosen[edges] & (who >= 0)
        kept[kept] &= ~own.holds(who[kept], rows[kept])
        found.append(Pairs.of(who[kept], rows[kept], markets.size))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Own:
    """Users who are part of a provider: code of the provider of each user, and of each row."""

    of_user: Ints
    of_row: Ints

    def holds(self, user: Ints, row: Ints) -> Bools:
        """Whether each user is part of the provider of the row beside it."""
        same: Bools = self.of_user[user] == self.of_row[row]
        return same


def find_own(users: Users, markets: Markets) -> Own:
    """Which users are part of which provider; none where providers are no owners."""
    if not markets.owned or users.paid:
        return Own(np.full(len(users.entities), -1), np.arange(markets.size))
    words = pl.concat([markets.of_entity.gather(users.entities), markets.value])
    codes = words.rank("dense").cast(pl.Int64).to_numpy()
    return Own(codes[: len(users.entities)], codes[len(users.entities) :])
