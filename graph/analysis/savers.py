"""What would save a target: entities or dependencies whose safety cuts every way to it.

A set is tried by a lane in which what it holds passes nothing on while all else transmits that can:
if the target is not hit there, no world hits it. Single ones and pairs are all tried; where there
is neither, a smallest set is the minimum cut of the ways (Ford and Fulkerson 1956; networkx), and
with groups of alternatives, to which that does not apply, one from which nothing can be left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Ints
from knockon.graph.engine.kernels.closure_numpy import close
from knockon.graph.engine.uniforms import ALL

_CELLS = 1 << 21  # words of members by lanes at a time
_PAIRS = 400_000  # pairs that are all tried
_LISTED = 100  # sets that an answer lists


@dataclass(frozen=True, eq=False)
class Savers:
    """Which things would save a target, by number: entities of the graph, or its dependencies.

    sets: each sorted, smallest first; smallest: no smaller set saves it; more: sets not listed
    """

    sets: tuple[tuple[int, ...], ...]
    smallest: bool
    more: int = 0


class Cutter:
    """A failure narrowed towards a target, and what stops it.

    prepared: towards the target (`prepare(..., towards=...)`); by_entity: whether entities or
    dependencies are what is made safe
    """

    def __init__(self, prepared: Prepared, target: int, *, by_entity: bool) -> None:
        circuit, graph = prepared.circuit, prepared.graph
        self.prepared, self.circuit, self.by_entity = prepared, circuit, by_entity
        self.ends = np.flatnonzero(circuit.entity == target)
        of_member = circuit.dependency
        if by_entity:  # a member is lost by nobody else than its provider
            of_member = graph.provider[of_member]
        self.of_member = of_member
        never = [target, *circuit.entity[prepared.origins].tolist()] if by_entity else []
        self.candidates = np.setdiff1d(np.unique(of_member), never)

    @cached_property
    def _members(self) -> tuple[Ints, Ints, Ints]:
        order = np.argsort(self.of_member, kind="stable")
        things, first = np.unique(self.of_member[order], return_index=True)
        return things, np.append(first, len(order)), order

    def is_saved(self, sets: Sequence[tuple[int, ...]]) -> Bools:
        """(S,) whether each set, made safe, keeps everything from the target."""
        circuit, (things, first, order) = self.circuit, self._members
        step = max(1, _CELLS // max(1, len(circuit.dependency))) * 64
        saved = np.zeros(len(sets), np.bool_)
        for begin in range(0, len(sets), step):
            part = sets[begin : begin + step]
            words = -(-len(part) // 64)
            live = np.full((len(circuit.dependency), words), ALL)
            for lane, made_safe in enumerate(part):
                word, bit = lane // 64, np.uint64(1) << np.uint64(lane % 64)
                for place in np.searchsorted(things, made_safe):
                    live[order[first[place] : first[place + 1]], word] &= ~bit
            stuck = np.where(circuit.switch_of >= 0, ALL, np.uint64(0))[:, None]
            hit = np.zeros((len(circuit.entity), words), np.uint64)
            hit[self.prepared.origins] = ALL
            none = np.zeros(0, np.int64)
            close(circuit, live, np.broadcast_to(stuck, (len(stuck), words)), hit, none)
            reached = np.bitwise_or.reduce(hit[self.ends], axis=0)
            bits = np.unpackbits(reached.view(np.uint8), bitorder="little")[: len(part)]
            saved[begin : begin + len(part)] = bits == 0
        return saved

    def find(self) -> Savers:
        """All single ones; else all pairs; else one set."""
        singles: list[tuple[int, ...]] = [(int(c),) for c in self.candidates]
        found = [s for s, saved in zip(singles, self.is_saved(singles), strict=True) if saved]
        if found:
            return _list(found)
        on_proof = sorted(self.find_proof() & set(self.candidates.tolist()))
        if not on_proof:
            return Savers((), smallest=True)
        if len(on_proof) * len(self.candidates) <= _PAIRS:
            pairs = sorted({(min(a, b), max(a, b)) for a in on_proof
                            for b in self.candidates.tolist() if a != b})  # fmt: skip
            found = [p for p, saved in zip(pairs, self.is_saved(pairs), strict=True) if saved]
            if found:
                return _list(found)
        whole = tuple(self.candidates.tolist())
        if not self.is_saved([whole])[0]:
            return Savers((), smallest=True)
        return self._find_one(whole)

    def find_proof(self) -> set[int]:
        """Things of a smallest-first proof that the target can be hit: whatever saves it holds one
        of them."""
        circuit, why = self.circuit, {}
        when = np.full(len(circuit.entity), -1)
        when[self.prepared.origins] = time = 0
        frontier = self.prepared.origins
        while len(frontier) and (when[self.ends] < 0).all():
            time += 1
            for group in circuit.groups_after(frontier).tolist():
                node = int(circuit.node[group])
                arcs = circuit.parts(np.array([group]))[2]
                lost = arcs[
                    (when[circuit.provider[arcs]] >= 0) & (when[circuit.provider[arcs]] < time)
                ]
                needed = 1 if circuit.switch_of[group] >= 0 else int(circuit.threshold[group])
                own_first = lost[np.argsort(circuit.foreign[lost], kind="stable")]
                members, place = np.unique(circuit.member[own_first], return_index=True)
                if when[node] < 0 and len(members) >= needed and not circuit.foreign[lost].all():
                    why[node] = own_first[np.sort(place)[:needed]].tolist()
                    when[node] = time
            frontier = np.flatnonzero(when == time)
        things: set[int] = set()
        waiting = [int(e) for e in self.ends if when[e] >= 0][:1]
        seen = set(waiting)
        while waiting:
            for arc in why.get(waiting.pop(), ()):
                things.add(int(self.of_member[circuit.member[arc]]))
                provider = int(circuit.provider[arc])
                if provider not in seen:
                    seen.add(provider)
                    waiting.append(provider)
        return things

    def _find_one(self, whole: tuple[int, ...]) -> Savers:
        """A minimum cut where nothing has alternatives; else what is left when whatever is not
        needed goes, from the largest minimum cut that the ways have without groups."""
        plain = bool((self.circuit.threshold == 1).all()) and self.prepared.nodes.one_each
        cut = self._cut() or whole
        if not plain:
            cut = self._thin_out(cut if self.is_saved([cut])[0] else whole)
        return Savers((tuple(sorted(cut)),), smallest=plain)

    def _thin_out(self, made_safe: tuple[int, ...]) -> tuple[int, ...]:
        kept = list(made_safe)
        for thing in made_safe:
            less = tuple(k for k in kept if k != thing)
            if self.is_saved([less])[0]:
                kept = list(less)
        return tuple(kept)

    def _cut(self) -> tuple[int, ...]:
        """The things of a minimum cut of all arcs, groups left aside; empty where there is none."""
        import networkx as nx

        circuit = self.circuit
        ways: nx.DiGraph[Any] = nx.DiGraph()
        free = set(self.candidates.tolist())
        for provider, target, member in zip(
            circuit.provider.tolist(),
            circuit.targets.tolist(),
            circuit.member.tolist(),
            strict=True,
        ):
            thing = int(self.of_member[member])
            ways.add_edge(("node", provider), ("in", thing))
            ways.add_edge(("out", thing), ("node", target))
            if thing in free:
                ways.add_edge(("in", thing), ("out", thing), capacity=1)
            else:
                ways.add_edge(("in", thing), ("out", thing))
        ways.add_edges_from(("begin", ("node", int(o))) for o in self.prepared.origins)
        ways.add_edges_from((("node", int(e)), "end") for e in self.ends)
        try:
            _, (near, _) = nx.minimum_cut(ways, "begin", "end")
        except nx.NetworkXUnbounded:
            return ()
        return tuple(sorted(t for t in free if ("in", t) in near and ("out", t) not in near))


def _list(found: Iterable[tuple[int, ...]]) -> Savers:
    every = sorted(found, key=lambda s: (len(s), s))
    return Savers(tuple(every[:_LISTED]), smallest=True, more=max(0, len(every) - _LISTED))
