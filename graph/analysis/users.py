"""Who is counted as a user, and by which dependencies each uses something itself.

A user's parts (what names it as its parent, and what names those) are the user: a bank uses what
its functions and its branches use. Where money is counted, each service that is paid for stands in
the place of a user.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from knockon.graph.analysis.owners import find_nearest, find_parents
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.errors import ScenarioError, clip, did_you_mean, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import kind_name

CURRENCY = {
    "total_assets": "assets_currency", "annual_cost": "currency",
    "provider_annual_cost": "provider_currency",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Segment:
    """Some of the users: (U,) which; by the value of a column that they have, None for all."""

    value: str | None
    inside: Bools


@dataclass(frozen=True, eq=False)
class Users:
    """Those who are counted, U of them.

    entities: (U,) their numbers; words: what they are, `enterprises`
    holders: the numbers of the users themselves; the same, but where services are counted
    owner: (n,) the user whose part each entity is, -1 where it is nobody's
    weight: (U,) what each counts; unit: of these, None for a count
    paid: what is counted are services that are paid for, in the place of users
    """

    entities: Ints
    holders: Ints
    words: str
    owner: Ints
    weight: Floats
    unit: str | None
    paid: bool
    notes: tuple[str, ...]


def find_users(
    graph: DependencyGraph, among: str | Sequence[str] | None, weight: str | None
) -> Users:
    """The users of a graph. Raises ScenarioError where there are none, or no such column."""
    numbers, words = find_among(graph, among)
    notes = () if among is not None else (_explain_users(graph, numbers, words),)
    wanted = np.zeros(graph.size, np.bool_)
    wanted[numbers] = True
    place = np.full(graph.size + 1, -1)
    place[numbers] = np.arange(len(numbers))
    owner = place[find_nearest(find_parents(graph), wanted)]
    users = Users(numbers, numbers, words, owner, np.ones(len(numbers)), None, False, notes)
    return users if weight is None else _weigh(graph, users, weight)


def find_among(
    graph: DependencyGraph, among: str | Sequence[str] | None
) -> tuple[Ints, str]:  # fmt: skip
    """The numbers of the entities of a kind, or of a list, ascending; and what they are called."""
    if among is None:
        return _find_ends(graph)
    if isinstance(among, str):
        kinds = graph.entities["kind"]
        found = np.flatnonzero((kinds == among).to_numpy())
        if not len(found):
            hint = did_you_mean(among, kinds.unique().sort().to_list())
            raise ScenarioError(f"among: no entity is of the kind {clip(among)!r}{hint}")
        return found, kind_name(among, 2)
    if not among:
        raise ScenarioError("among: expected a kind, or at least one entity, got none")
    return np.array(sorted({graph.find(name) for name in among})), "entities of the list"


def _find_ends(graph: DependencyGraph) -> tuple[Ints, str]:
    """Enterprises, where some depend on anything; else those on whom nobody depends, and their
    like."""
    kinds = graph.entities["kind"]
    n, loop = graph.size, graph.dependent == graph.provider
    needs, needed = (np.zeros(n, np.bool_) for _ in range(2))
    needs[graph.dependent[~loop]] = True
    needed[graph.provider[~loop]] = True
    enterprise = (kinds == "enterprise").to_numpy()
    if (enterprise & needs).any():
        return np.flatnonzero(enterprise), "enterprises"
    ends = needs & ~needed
    if not ends.any():
        if not needs.any():
            raise ScenarioError("nobody depends on anybody in this graph")
        return np.flatnonzero(needs), "entities that depend on others"
    like = kinds.is_in(kinds.filter(pl.Series(ends)).unique().implode()).to_numpy()
    owns = graph.entities["id"].is_in(graph.entities["parent"].drop_nulls().implode()).to_numpy()
    found = ends | (like & ~needed & ~owns)
    of_kinds = kinds.filter(pl.Series(found)).unique()
    one = kind_name(of_kinds[0], 2) if len(of_kinds) == 1 else "entities"
    return np.flatnonzero(found), one if one != "entities" else "entities that nobody depends on"


def _explain_users(graph: DependencyGraph, numbers: Ints, words: str) -> str:
    others = graph.size - len(numbers)
    return f"users are the {len(numbers):,} {words}, not the {others:,} others: --among says whose"


def _weigh(graph: DependencyGraph, users: Users, column: str) -> Users:
    """The users by a column of theirs; where only services have it, these in their place."""
    amounts = read_numbers(graph.entities, column)
    stated = amounts.is_not_null().to_numpy()
    of_users = stated[users.entities]
    if of_users.any():
        _check_currency(graph, column, users.entities[of_users])
        values = amounts.fill_null(0).to_numpy()[users.entities]
        silent = int((~of_users).sum())
        note = f"{silent:,} of the {len(of_users):,} {users.words} state no {column}: they count 0"
        notes = (*users.notes, *((note,) if silent else ()))
        return replace(users, weight=values, unit=column, notes=notes)
    used = find_own_uses(graph, users)
    heads = np.unique(graph.provider[used])
    paid = heads[stated[heads]]
    if not len(paid):
        raise ScenarioError(
            f"weight: neither {users.words} nor what they use states a {clip(column)!r}"
        )
    _check_currency(graph, column, paid)
    silent = len(heads) - len(paid)
    note = f"{silent:,} of the {len(heads):,} that are used state no {column}: they count 0"
    notes = (*users.notes, *((note,) if silent else ()))
    values = amounts.fill_null(0).to_numpy()[paid]
    return replace(users, entities=paid, weight=values, unit=column, paid=True, notes=notes)


def read_numbers(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column as numbers, null where it holds none. Raises ScenarioError for no such column."""
    if column not in frame.columns:
        hint = did_you_mean(column, frame.columns)
        raise ScenarioError(f"weight: no column {clip(column)!r} among those of entities{hint}")
    numbers = frame[column].cast(pl.Float64, strict=False)
    return numbers.set(~(numbers.is_finite().fill_null(False)), None)


def _check_currency(graph: DependencyGraph, column: str, rows: Ints) -> None:
    """One currency only: amounts in several are no sum."""
    name = CURRENCY.get(column)
    if name in graph.entities.columns:
        found = graph.entities[name].gather(rows).drop_nulls().unique().sort().to_list()
        if len(found) > 1:
            raise ScenarioError(f"weight: {column} in one currency expected, got {some(found)}")


def find_own_uses(graph: DependencyGraph, users: Users) -> Ints:
    """The dependencies by which users use what is not their own."""
    owner = users.owner
    mine = owner[graph.dependent] >= 0
    return np.flatnonzero(mine & (owner[graph.dependent] != owner[graph.provider]))


def find_roots(graph: DependencyGraph, users: Users) -> Bools:
    """(n,) the users, and parts of theirs on which nobody depends, such as branches."""
    needed = np.zeros(graph.size, np.bool_)
    needed[graph.provider[graph.dependent != graph.provider]] = True
    roots = (users.owner >= 0) & ~needed
    roots[users.holders] = True
    return roots
