"""A circuit cut by dependent: ranges of entities that carry about as many arcs each.

A provider that many depend on is one row of news to each part that has some of them, however many
they are; an entity that depends on many is never divided, nor are its groups.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Ints, distinct, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.cluster.blocks.part import Exports, Part
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.nodes import Nodes

_NODE = 4  # arcs that a node costs as much as


class Cutting(NamedTuple):
    """A circuit and what belongs to it. origins: (k,) nodes that fail"""

    circuit: Circuit
    draws: Draws
    stakes: Stakes
    origins: Ints


def choose_bounds(cutting: Cutting, parts: int, multiple: int) -> Ints:
    """(P + 1,) where each part begins among the entities of the stakes, P at most `parts`.

    multiple: of which bounds are multiples, for sums that are made of so many rows
    """
    entities = cutting.stakes.nodes.entity
    targets = np.bincount(
        np.searchsorted(entities, pick(cutting.circuit.entity, cutting.circuit.targets)),
        minlength=len(entities),
    )  # fmt: skip
    cost = np.cumsum(targets + _NODE)
    shares = np.arange(1, parts) * (cost[-1] / parts)
    inner = np.searchsorted(cost, shares)
    inner = (inner + multiple // 2) // multiple * multiple
    bounds = distinct(np.concatenate([[0], np.minimum(inner, len(entities)), [len(entities)]]))
    return bounds.astype(np.int64)


class _Piece(NamedTuple):
    """Of a part: its own nodes; slices of groups, members and arcs; the ghosts."""

    own: Ints
    groups: Ints
    members: Ints
    arcs: Ints
    ghosts: Ints


def cut(cutting: Cutting, bounds: Ints) -> Iterator[Part]:
    """The parts between the bounds (`choose_bounds`), in their order."""
    entity = np.searchsorted(cutting.stakes.nodes.entity, cutting.circuit.entity)
    part_of = (np.searchsorted(bounds, entity, side="right") - 1).astype(np.int32)
    place = np.empty(len(entity), np.int32)
    pieces = []
    for number in range(len(bounds) - 1):
        piece = _find_piece(cutting.circuit, entity, bounds[number : number + 2], part_of, number)
        place[piece.own] = np.arange(len(piece.own))
        pieces.append(piece)
    exports = _find_exports(pieces, part_of, place)
    for number, piece in enumerate(pieces):
        yield _make_part(cutting, piece, bounds[number : number + 2], place, exports[number])


def _find_piece(circuit: Circuit, entity: Ints, ends: Ints, part_of: Ints, number: int) -> _Piece:
    """Nodes ascend by layer, then entity; groups, members and arcs follow them. Those that wait for
    rings are a last layer."""
    layers = np.concatenate([[0], np.flatnonzero(np.diff(entity) <= 0) + 1, [len(entity)]])
    nodes = [a + np.searchsorted(entity[a:b], ends) for a, b in pairwise(layers)]
    groups = [np.searchsorted(circuit.node, between) for between in nodes]
    members = [np.searchsorted(circuit.group, between) for between in groups]
    arcs = [np.searchsorted(circuit.member, between) for between in members]
    provider = circuit.provider[_join(arcs)]
    ghosts = distinct(provider[part_of[provider] != number])
    return _Piece(_join(nodes), _join(groups), _join(members), _join(arcs), ghosts)


def _join(slices: Sequence[Ints]) -> Ints:
    return np.concatenate([np.arange(a, b) for a, b in slices])


def _find_exports(pieces: Sequence[_Piece], part_of: Ints, place: Ints) -> list[Exports]:
    """Of each part, by whoever has ghosts of its nodes."""
    found: list[list[tuple[int, Ints, Ints]]] = [[] for _ in pieces]
    for number, piece in enumerate(pieces):
        owner = part_of[piece.ghosts]
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(len(pieces) + 1))
        for other in np.unique(owner).tolist():
            rows = order[starts[other] : starts[other + 1]]
            found[other].append((number, place[piece.ghosts[rows]], len(piece.own) + rows))
    return [make_exports(each) for each in found]


def make_exports(found: Sequence[tuple[int, Ints, Ints]]) -> Exports:
    """found: receivers, ascending, with the nodes that each has ghosts of, and which these are."""
    none = [np.zeros(0, np.int64)]
    return Exports(
        np.array([number for number, _, _ in found], np.int64),
        np.cumsum([0, *(len(node) for _, node, _ in found)]),
        np.concatenate([*none, *(node for _, node, _ in found)]).astype(np.int32),
        np.concatenate([*none, *(ghost for _, _, ghost in found)]).astype(np.int32),
    )


def _make_part(cutting: Cutting, piece: _Piece, ends: Ints, place: Ints, exports: Exports) -> Part:
    circuit, stakes, own = cutting.circuit, cutting.stakes, piece.own
    place = place.copy() if len(piece.ghosts) else place
    place[piece.ghosts] = len(own) + np.arange(len(piece.ghosts))
    entity = circuit.entity[own]
    shown = entity[own < len(stakes.nodes.of_node)]
    groups, members, arcs = piece.groups, piece.members, piece.arcs
    part = Circuit(
        np.concatenate([entity, circuit.entity[piece.ghosts]]),
        place[circuit.provider[arcs]],
        np.searchsorted(members, pick(circuit.member, arcs)).astype(np.int32),
        circuit.foreign[arcs],
        np.arange(len(members), dtype=np.int32),
        np.searchsorted(groups, pick(circuit.group, members)).astype(np.int32),
        place[pick(circuit.node, groups)],
        circuit.threshold[groups],
        circuit.switch_of[groups],
    )
    between = slice(*ends.tolist())
    fails = cutting.origins[np.isin(cutting.origins, own)]
    return Part(
        part,
        _pick_draws(cutting.draws, members, groups),
        len(own),
        Stakes(
            Nodes.of(shown),
            stakes.stake[between],
            stakes.others[between],
            stakes.severity,
        ),
        place[fails],
        exports,
    )


def _pick_draws(draws: Draws, members: Ints, groups: Ints) -> Draws:
    """The draws behind these members and the switches of these groups."""
    of_member, of_group = pick(draws.of_member, members), draws.of_group[groups]
    switched = of_group >= 0
    rows = distinct(np.concatenate([of_member, of_group[switched]]))
    of_group[switched] = np.searchsorted(rows, of_group[switched])
    alike = draws.strengths.alike
    strengths = [pick(q, rows) for q in draws.strengths[: 1 if alike else 3]]
    return Draws(
        draws.kind[rows],
        draws.entity[rows],
        draws.key[rows],
        Strengths(*(strengths * 3 if alike else strengths)),
        pick(draws.rho, rows),
        draws.cause_key[rows],
        np.searchsorted(rows, of_member).astype(np.int32),
        of_group,
    )
