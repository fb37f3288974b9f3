"""The table of draws beside a circuit: everything that chance decides, one row each.

A row says what is drawn (whether a dependency transmits, a group's switch works, a ring of a
rollout is reached), for which entity, under which identity key, and how likely it is at the low,
the middle and the high strengths. Members and groups of the circuit point to their rows. Keys are
made here, once, from the texts of the graph; kernels see arrays only.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Floats, Ints, Words, every, firsts, lean, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels import compiled_form_is_there
from knockon.graph.engine.uniforms import (
    cause_keys,
    identity_keys,
    ring_keys,
    switch_keys,
    text_keys,
)
from knockon.graph.model.graph import DependencyGraph

TRANSMITS, RING_REACHED, SWITCH_WORKS = 0, 1, 2  # what a draw decides
COMPILED_FROM = 1 << 17  # dependencies whose keys pay for the start of the kernels
_PIECE = 1 << 20  # of these keyed at a time


class Strengths(NamedTuple):
    """(m,) the strength of each dependency in the three coupled runs; one array thrice where all
    is stated."""

    low: Floats
    middle: Floats
    high: Floats

    @classmethod
    def of(cls, graph: DependencyGraph, assume: float) -> "Strengths":
        """The stated strengths, and in the place of unknown ones 0, `assume` and 1."""
        stated = graph.dependencies["probability"].to_numpy()
        unknown = np.isnan(stated)
        if not unknown.any():
            return cls(stated, stated, stated)
        return cls(*(np.where(unknown, q, stated) for q in (0.0, assume, 1.0)))

    @classmethod
    def known(cls, strength: Floats) -> "Strengths":
        """The same in all runs."""
        return cls(strength, strength, strength)

    @property
    def alike(self) -> bool:
        """Whether nothing is unknown, so that the three runs are one."""
        return self.low is self.high


@dataclass(frozen=True, eq=False)
class Draws:
    """All draws behind a circuit, V rows: dependencies in their order, then rings, then switches.

    kind: (V,) TRANSMITS, RING_REACHED or SWITCH_WORKS
    entity: (V,) whose dependency, ring or switch it is
    key: (V,) identity; 0 where no run is uncertain, so that nothing is drawn
    strengths: (V,) how likely each is, in the three runs
    rho: (V,) how strongly it falls together with others of its cause (`sharing`)
    cause_key: (V,) identity of that cause; 0 where rho is 0
    of_member: (M,) row of each member of the circuit; of_group: (G,) row of each group's switch,
    or -1
    """

    kind: Ints
    entity: Ints
    key: Words
    strengths: Strengths
    rho: Floats
    cause_key: Words
    of_member: Ints
    of_group: Ints

    @classmethod
    def lay_out(
        cls, graph: DependencyGraph, circuit: Circuit, strengths: Strengths, share: float = 1.0, *,
        mode: str = "outage", rho: Floats | None = None,
    ) -> "Draws":  # fmt: skip
        """The draws of a circuit.

        strengths: (m,) by dependency of the graph
        mode: of the scenario, part of the identity of a cause that has no name
        rho: (m,) by dependency, how strongly those of one cause fall together; None: nowhere
        share: of those that wait for a ring of a rollout, how many ever get the update
        """
        dependency, waiting, of_member = _rows_of_members(circuit)
        head, of_group = _rows_of_groups(graph, circuit, len(dependency) + len(waiting))
        used = [
            lean(pick(q, dependency)) for q in (strengths[:1] if strengths.alike else strengths)
        ]
        if not (used[0] != used[-1]).any():
            used = used[:1]
        if len(waiting) or len(head):
            works = graph.dependencies["switch_probability"].to_numpy()[head]
            rest = np.concatenate([np.full(len(waiting), share), works])
            used = [np.concatenate([q, rest]) for q in used]
        sizes = (len(dependency), len(waiting), len(head))
        return cls(
            lean(np.repeat(np.array([TRANSMITS, RING_REACHED, SWITCH_WORKS], np.int8), sizes)),
            _join(pick(graph.dependent, dependency), waiting, graph.dependent[head]),
            _keys(graph, dependency, waiting, head, _uncertain(used)),
            Strengths(*(used if len(used) == 3 else used * 3)),
            *_share_causes(graph, dependency, mode, rho, len(waiting) + len(head)),
            of_member,
            of_group,
        )


def find_rho(graph: DependencyGraph) -> Floats | None:
    """(m,) as the dependencies state it; None where none does."""
    if graph.dependencies.select((pl.col("rho") > 0).any()).item():
        return graph.dependencies["rho"].to_numpy()
    return None


def _share_causes(
    graph: DependencyGraph, dependency: Ints, mode: str, rho: Floats | None, others: int
) -> tuple[Floats, Words]:
    """(V,) rho, and the key of the cause, of these dependencies and as many others as there are."""
    size = len(dependency) + others
    mine = None if rho is None else pick(rho, dependency)
    if mine is None or not (mine > 0).any():
        return np.broadcast_to(0.0, size), np.broadcast_to(np.uint64(0), size)
    all_rho, keys = np.zeros(size), np.zeros(size, np.uint64)
    all_rho[: len(mine)] = mine
    rows = np.flatnonzero(mine > 0)
    behind = dependency[rows]
    ends = graph.provider[behind]
    compiled = len(rows) >= COMPILED_FROM and compiled_form_is_there()
    provider = _entity_keys(graph, ends, compiled=compiled)[ends]
    relation = _column_keys(graph.dependencies, "relation", behind)
    keys[rows] = cause_keys(provider, np.broadcast_to(text_keys([mode])[0], len(rows)), relation)
    named = graph.dependencies["shared_cause"].gather(behind)
    stated = named.is_not_null().to_numpy()
    keys[rows[stated]] = cause_keys(text_keys(named.drop_nulls()))
    return all_rho, keys


def dependency_keys(graph: DependencyGraph, dependencies: Ints) -> Words:
    """The identity keys of these dependencies."""
    dependent, provider = (pick(end, dependencies) for end in (graph.dependent, graph.provider))
    compiled = len(dependencies) >= COMPILED_FROM and compiled_form_is_there()
    ends = _entity_keys(graph, dependent, provider, compiled=compiled)
    relation, group = (
        _column_keys(graph.dependencies, name, dependencies) for name in ("relation", "group")
    )
    if compiled and dependent.dtype == np.int32:
        from knockon.graph.engine.kernels.keys_numba import key_dependencies

        return key_dependencies(ends, dependent, provider, relation, group)
    keys = np.empty(len(dependencies), np.uint64)
    for first in range(0, len(keys), _PIECE):
        p = slice(first, first + _PIECE)
        keys[p] = identity_keys(ends[dependent[p]], ends[provider[p]], relation[p], group[p])
    return keys


def _entity_keys(graph: DependencyGraph, *numbers: Ints, compiled: bool) -> Words:
    """(n,) the keys of the ids of these entities; 0 elsewhere."""
    named = np.zeros(graph.size, np.bool_)
    for each in numbers:
        named[each] = True
    keys = np.zeros(len(named), np.uint64)
    keys[named] = _text_keys(graph.entities["id"].filter(pl.Series(named)), compiled=compiled)
    return keys


def _text_keys(texts: pl.Series, *, compiled: bool) -> Words:
    """`text_keys`; compiled: by the kernel, a piece at a time."""
    if not compiled:
        return text_keys(texts)
    from knockon.graph.engine.kernels.keys_numba import hash_texts

    pieces = [texts[i : i + _PIECE] for i in range(0, len(texts), _PIECE)]
    joined = (p.str.join("").item().encode() for p in pieces)
    sizes = (p.str.len_bytes().to_numpy() for p in pieces)
    return np.concatenate([hash_texts(*each) for each in zip(joined, sizes, strict=True)])


def _keys(
    graph: DependencyGraph, dependency: Ints, waiting: Ints, head: Ints, uncertain: Bools
) -> Words:
    """(V,) the keys of what is drawn. A ring is drawn also where its share is certain: when."""
    if uncertain.all() and len(uncertain) == len(dependency):
        return dependency_keys(graph, dependency)
    keys = np.zeros(len(uncertain), np.uint64)
    transmits, works = (np.flatnonzero(uncertain[part]) for part in (
        slice(0, len(dependency)), slice(len(uncertain) - len(head), None)))  # fmt: skip
    keys[transmits] = dependency_keys(graph, dependency[transmits])
    rings = slice(len(dependency), len(dependency) + len(waiting))
    keys[rings] = ring_keys(text_keys(graph.entities["id"].gather(waiting)))
    switches = (_column_keys(graph.dependencies, c, head[works]) for c in ("dependent", "group"))
    keys[rings.stop + works] = switch_keys(*switches)
    return keys


def _rows_of_members(circuit: Circuit) -> tuple[Ints, Ints, Ints]:
    """The dependencies behind members, each once; the entities that wait for rings; and (M,) the
    row of each member's draw."""
    ringed = circuit.dependency < 0
    if not ringed.any():
        dependency, row = _distinct(circuit.dependency)
        return dependency, np.zeros(0, np.int64), row
    dependency, place = _distinct(circuit.dependency[~ringed])
    of_member = np.empty(len(ringed), np.int32)
    of_member[~ringed] = place
    of_member[ringed] = len(dependency) + np.arange(int(ringed.sum()))
    return dependency, circuit.entity[circuit.node[circuit.group[ringed]]], of_member


def _rows_of_groups(graph: DependencyGraph, circuit: Circuit, before: int) -> tuple[Ints, Ints]:
    """A dependency of each group with a switch; and (G,) the row of each group's draw, or -1."""
    of_group = np.full(len(circuit.node), -1, np.int32)
    switched = np.flatnonzero(circuit.switch_of >= 0)
    if not len(switched):
        return np.zeros(0, np.int64), of_group
    member = circuit.switch_of[switched]
    _, first, number = np.unique(graph.group_of[member], return_index=True, return_inverse=True)
    of_group[switched] = before + number
    return member[first], of_group


def _distinct(dependency: Ints) -> tuple[Ints, Ints]:
    """The dependencies behind members (M,), each once, and the place of each member's there."""
    if bool((dependency[1:] > dependency[:-1]).all()):
        return dependency, every(len(dependency))
    order = np.argsort(dependency, kind="stable")
    first = firsts(dependency[order])
    place = np.empty(len(dependency), np.int32)
    place[order] = np.cumsum(first) - 1
    return dependency[order][first], place


def _uncertain(strengths: list[Floats]) -> Bools:
    """(V,) rows that may fall either way in one of the runs."""
    found = np.zeros(len(strengths[0]), np.bool_)
    for q in strengths:
        found |= (q > 0) & (q < 1)
    return found


def _column_keys(frame: pl.DataFrame, name: str, rows: Ints) -> Words:
    """(rows,) the key of the text in each of these rows, hashed once for each distinct one."""
    if frame.height and frame.select(pl.col(name).n_unique()).item() == 1:
        key = text_keys([frame.item(0, name)])[0]
        return np.broadcast_to(key, rows.shape)
    column = frame[name].gather(rows)
    words = column.drop_nulls().unique().cast(pl.String)
    place = column.cast(pl.String).cast(pl.Enum(words)).to_physical().cast(pl.UInt32)
    keys: Words = text_keys([*words, None])[place.fill_null(len(words)).to_numpy()]
    return keys


def _join(*parts: Ints) -> Ints:
    return parts[0] if not any(map(len, parts[1:])) else np.concatenate(parts)
