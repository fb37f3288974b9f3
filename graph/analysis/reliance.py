"""Who stands on which provider: through chains, without a spare, and by spares that share one.

Three circuits over one graph, a lane for each provider that fails: in the first every dependency
counts alone (use); in the second only those without which their dependent is lost (A. Kashaf,
V. Sekar, Y. Agarwal, "Analyzing Third Party Service Dependencies in Modern Web Services", IMC
2020); in the third groups are groups, so that those are found, too, all of whose spares stand on
one provider. Every dependency counts whole, but for those that are stated never to transmit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from knockon.graph.analysis.footprints import Footprints, spread_users
from knockon.graph.analysis.in_order import Ordered
from knockon.graph.analysis.markets import Markets, Own, find_own
from knockon.graph.analysis.users import Users, find_own_uses, find_roots
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import TRANSMITS, Draws, Strengths
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run, each_alone
from knockon.graph.model.graph import DependencyGraph

CELLS = 1 << 25  # users times providers looked at together


class Sets(NamedTuple):
    """(U, L) which users stand on each of some providers: use it, lose it without a spare (link by
    link), lose it by whatever way."""

    use: Bools
    need: Bools
    lose: Bools


class Links(NamedTuple):
    """(m,) dependencies without which the dependent is lost: of this entity alone, and of this
    provider with all that is its."""

    entity: Bools
    provider: Bools


@dataclass(frozen=True, eq=False)
class Reliance:
    """The circuits of a graph with its users and markets, ready to be asked about providers.

    Nodes: n entities, then R providers, then U users.
    """

    first: int
    users: int
    own: Own
    use: Lanes
    need: Lanes
    lose: Lanes | None
    lost: Ordered | None

    def find(self, rows: Ints) -> Sets:
        """The users who stand on each of these rows of the markets."""
        use, need = self._close(self.use, rows), self._close(self.need, rows)
        return Sets(use, need, need if self.lose is None else self._close(self.lose, rows))

    def find_lost(self, rows: Ints) -> Bools:
        """The users whom each of these rows takes with it, by whatever way."""
        if self.lost is None:
            return self._close(self.need, rows)
        return self._leave_out_own(self.lost.close(self.first + rows, self.users), rows)

    def spread(self, circuit: Circuit) -> Iterator[Footprints]:
        """The users of every row by one of the circuits whose arcs count alone."""
        rows = len(self.own.of_row)
        for prints in spread_users(circuit, self.first, rows):
            yield prints.without(self.own.of_user, self.own.of_row)

    def _close(self, lanes: Lanes, rows: Ints) -> Bools:
        nodes = lanes.circuit.entity
        run = _every_time(lanes.circuit)
        parts = [
            unpack(hit[len(nodes) - self.users :], len(block.weight))
            for block, hit in lanes.close(
                run, each_alone(self.first + rows, lanes.words(fractional=False))
            )
        ]
        return self._leave_out_own(np.concatenate(parts, axis=1), rows)

    def _leave_out_own(self, found: Bools, rows: Ints) -> Bools:
        """The same without users who are part of the provider."""
        mine = np.flatnonzero(np.isin(self.own.of_row[rows], self.own.of_user))
        found[:, mine] &= self.own.of_user[:, None] != self.own.of_row[rows[mine]]
        return found


def lay_out(graph: DependencyGraph, users: Users, markets: Markets, links: Links) -> Reliance:
    """The circuits of use, of need and, where there are groups, of loss."""
    n, size, count = graph.size, markets.size, len(users.entities)
    used, rooted = _find_feet(graph, users, markets, links, n + size)
    nodes = n + size + count
    other = graph.dependent != graph.provider
    able = (graph.dependencies["probability"].fill_null(1) > 0).to_numpy()
    use = _join_each(nodes, _arcs(graph, markets, other, other, n), used)
    alone = (links.entity & able, links.provider & able)
    need = _join_each(nodes, _arcs(graph, markets, *alone, n), rooted)
    lose = _join_groups(graph, markets, nodes, able, rooted) if graph.has_groups else None
    words = -(-size // 64)
    return Reliance(
        n, count, find_own(users, markets), Lanes(use, words), Lanes(need, words),
        None if lose is None else Lanes(lose, words),
        None if lose is None else Ordered.of(lose, n),
    )  # fmt: skip


def find_links(graph: DependencyGraph, markets: Markets) -> Links:
    """Which dependencies break their group alone, or with the others on the same provider."""
    m = len(graph.dependent)
    able = (graph.dependencies["probability"].fill_null(1) > 0).to_numpy()
    if not graph.has_groups:
        return Links(able, able & (markets.of_edge >= 0))
    group = graph.group_of
    spare = np.bincount(group, minlength=m)[group] - graph.dependencies["needs"].to_numpy()

    def breaks(head: Ints) -> Bools:
        _, number = np.unique(
            group * (int(head.max(initial=0)) + 2) + head + 1, return_inverse=True
        )
        found: Bools = able & (np.bincount(number, weights=able)[number] > spare)
        return found

    entity, provider = breaks(graph.provider), breaks(markets.of_edge)
    return Links(entity, provider & (markets.of_edge >= 0))


def find_active(graph: DependencyGraph, users: Users, links: Links) -> Bools:
    """(n,) parts of users without which these are lost."""
    active = find_roots(graph, users)
    owner = users.owner
    within = links.entity & (owner[graph.dependent] >= 0)
    within &= owner[graph.dependent] == owner[graph.provider]
    tail, head = graph.dependent[within], graph.provider[within]
    while True:
        fresh = head[active[tail] & ~active[head]]
        if not len(fresh):
            return active
        active[fresh] = True


def count(bits: Bools, weight: Floats) -> Floats:
    """(L,) the weight of the users in each column, added up in one fixed order."""
    found: Floats
    if (weight == 1).all():
        found = np.count_nonzero(bits, axis=0).astype(np.float64)
    else:
        found = np.add.reduce(np.where(bits, weight[:, None], 0.0), axis=0)
    return found


def batches(users: int, rows: Ints) -> Iterator[Ints]:
    """Rows of the markets, as many at a time as are looked at together."""
    step = max(64, CELLS // max(users, 1) // 64 * 64)
    for begin in range(0, len(rows), step):
        yield rows[begin : begin + step]


def _find_feet(
    graph: DependencyGraph, users: Users, markets: Markets, links: Links, first: int
) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """What each user stands on, as arcs to its node: for use all its parts, for need its roots.

    Of what is paid for, the service itself, and the provider by the dependencies that lead to it.
    """
    if not users.paid:
        parts = np.flatnonzero(users.owner >= 0)
        roots = np.flatnonzero(find_roots(graph, users))
        return (parts, first + users.owner[parts]), (roots, first + users.owner[roots])
    place = np.full(graph.size, -1)
    place[users.entities] = np.arange(len(users.entities))
    edges = find_own_uses(graph, users)
    edges = edges[place[graph.provider[edges]] >= 0]
    needed = edges[links.entity[edges] & find_active(graph, users, links)[graph.dependent[edges]]]

    def feet(of: Ints) -> tuple[Ints, Ints]:
        who = graph.provider[of]
        row = markets.of_edge[of]
        tail = np.concatenate([who, (graph.size + row)[row >= 0]])
        return tail, first + place[np.concatenate([who, who[row >= 0]])]

    return feet(edges), feet(needed)


def _arcs(
    graph: DependencyGraph, markets: Markets, by_entity: Bools, by_provider: Bools, first: int
) -> tuple[Ints, Ints]:
    """Arcs from entities, and from providers in the markets, to the dependents."""
    whole, part = np.flatnonzero(by_entity), np.flatnonzero(by_provider & (markets.of_edge >= 0))
    tail = np.concatenate([graph.provider[whole], first + markets.of_edge[part]])
    return tail, np.concatenate([graph.dependent[whole], graph.dependent[part]])


def _join_each(nodes: int, *arcs: tuple[Ints, Ints]) -> Circuit:
    """A circuit in which each arc hits its node alone."""
    tail, head = (np.concatenate(ends) for ends in zip(*arcs, strict=True))
    order = np.argsort(head, kind="stable")
    each = np.arange(len(order), dtype=np.int32)
    return Circuit(
        entity=np.arange(nodes, dtype=np.int32),
        provider=tail[order].astype(np.int32),
        member=each,
        foreign=np.zeros(len(order), np.bool_),
        dependency=each,
        group=each,
        node=head[order].astype(np.int32),
        threshold=np.ones(len(order), np.int32),
        switch_of=np.full(len(order), -1, np.int32),
    )


def _join_groups(
    graph: DependencyGraph, markets: Markets, nodes: int, able: Bools, feet: tuple[Ints, Ints]
) -> Circuit:
    """The circuit of the groups: each member falls with its entity, or with its provider."""
    members = np.flatnonzero(able)
    members = members[np.argsort(graph.group_of[members], kind="stable")]
    held, group = np.unique(graph.group_of[members], return_inverse=True)
    head = np.zeros(len(graph.group_of), np.int64)
    head[graph.group_of] = np.arange(len(graph.group_of))
    head = head[held]  # a dependency of each group
    spare = np.bincount(graph.group_of)[held] - graph.dependencies["needs"].to_numpy()[head]
    order = np.argsort(feet[1], kind="stable")
    threshold = np.concatenate([spare + 1, np.ones(len(order), np.int64)])
    node = np.concatenate([graph.dependent[head], feet[1][order]])
    row = markets.of_edge[members]
    own = np.arange(len(members))
    tail = np.concatenate([graph.provider[members], graph.size + row[row >= 0], feet[0][order]])
    member = np.concatenate([own, own[row >= 0], len(members) + np.arange(len(order))])
    sort = np.argsort(member, kind="stable")
    return Circuit(
        entity=np.arange(nodes, dtype=np.int32),
        provider=tail[sort].astype(np.int32),
        member=member[sort].astype(np.int32),
        foreign=np.zeros(len(sort), np.bool_),
        dependency=np.arange(len(members) + len(order), dtype=np.int32),
        group=np.concatenate([group, len(held) + np.arange(len(order))]).astype(np.int32),
        node=node.astype(np.int32),
        threshold=threshold.astype(np.int32),
        switch_of=np.full(len(node), -1, np.int32),
    )


def _every_time(circuit: Circuit) -> Run:
    """A run in which everything transmits."""
    one = np.ones(1)
    draws = Draws(
        np.array([TRANSMITS], np.int8), np.zeros(1, np.int32), np.zeros(1, np.uint64),
        Strengths.known(one), np.zeros(1), np.zeros(1, np.uint64),
        np.zeros(len(circuit.dependency), np.int32),
        np.full(len(circuit.node), -1, np.int32),
    )  # fmt: skip
    return Run(draws, 0, one)
