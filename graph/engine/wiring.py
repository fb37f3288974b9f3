"""A circuit laid out for the compiled kernels: rows, arcs by provider, draws by arc.

A row is a node; rows with many arcs stand together, so that they share the cache.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.uniforms import ALL, DIGITS

WORDS = 8  # of 64 lanes each, in one row of a block: one cache line; tests/bench/words.py measures
ROW = 8 * WORDS  # bytes
CERTAIN = np.uint64(1 << DIGITS)  # limit of a draw that always transmits; above: a given row


@dataclass(frozen=True, eq=False)
class Wiring:
    """A circuit as the kernels read it: arcs by provider, shared groups apart.

    row: (N,) place of each node: those with the most arcs first, so that they share the cache
    start: (N + 1,) first arc of each row; target: (A,) row; arc: (A,) place in the circuit
    slot: (A,) place of the member among those of shared groups (threshold above 1), else -1;
    empty where no group is shared
    foreign: (A,) arcs that count in another mode than their node's; empty where none does
    group: (S,) shared group of each slot; first_slot: (K + 1,) first slot of each shared group
    shared: (K,) the groups of the circuit that are shared; node: (K,) the row of each
    plane: (K + 1,) first counter plane of each shared group
    """

    row: Any
    start: Ints
    target: Any
    arc: Any
    slot: Any
    foreign: Bools
    group: Any
    first_slot: Ints
    shared: Ints
    node: Any
    threshold: Ints
    plane: Ints

    @classmethod
    def of(cls, circuit: Circuit) -> "Wiring":
        from knockon.graph.engine.kernels.closure_numba import arrange

        n = len(circuit.entity)
        target = circuit.targets
        row = np.empty(n, np.int32)
        row[np.argsort(-np.bincount(target, minlength=n), kind="stable")] = np.arange(n)
        start, arc = arrange(row[circuit.provider], row[target], n)
        shared = np.flatnonzero(circuit.threshold > 1)
        sizes = circuit.member_start[shared + 1] - circuit.member_start[shared]
        threshold = circuit.threshold[shared].astype(np.int64)
        planes = [int(max(s, t)).bit_length() for s, t in zip(sizes, threshold, strict=True)]
        return cls(
            row,
            start,
            row[target[arc]],
            arc,
            _slots(circuit, shared)[circuit.member[arc]] if len(shared) else np.zeros(0, np.int32),
            circuit.foreign[arc] if circuit.foreign.any() else np.zeros(0, np.bool_),
            np.repeat(np.arange(len(shared), dtype=np.int32), sizes),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            shared,
            row[circuit.node[shared]],
            threshold,
            np.concatenate([[0], np.cumsum(planes, dtype=np.int64)]).astype(np.int64),
        )

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        held = (self.row, self.start, self.target, self.arc, self.slot, self.foreign, self.group)
        return sum(int(a.nbytes) for a in held)

    def planes(self) -> Words:
        """(planes, 8) counters of all shared groups, at their start."""
        made = np.zeros((int(self.plane[-1]), WORDS), np.uint64)
        for k, threshold in enumerate(self.threshold.tolist()):
            first, last = int(self.plane[k]), int(self.plane[k + 1])
            start = (1 << (last - first)) - threshold
            for p in range(last - first):
                made[first + p] = ALL if start >> p & 1 else 0
        return made


@dataclass(frozen=True, eq=False)
class Drawing:
    """The draws of one run: per arc, and per switch of the shared groups.

    limit: below 2^32 the threshold of a hashed draw, 2^32 certain, 2^32 + 1 + r row r of `given`
    keys are salted with the seed
    """

    key: Words
    limit: Words
    switch_key: Words
    switch_limit: Words

    @property
    def bytes(self) -> int:
        """Memory that it takes."""
        return 2 * int(self.limit.nbytes)


@dataclass(frozen=True, eq=False)
class Scratch:
    """What one thread needs for a block; all but `hit` is clean again after each."""

    hit: Words
    delta: Words
    queue: Any
    queued: Bools

    @classmethod
    def of(cls, nodes: int) -> "Scratch":
        rows = np.zeros((2, nodes, WORDS), np.uint64)
        return cls(rows[0], rows[1], np.empty(nodes + 1, np.int32), np.zeros(nodes, np.bool_))


def block_bytes(nodes: int) -> int:
    """Memory of one block in work: a `Scratch`, the rows found, and a copy of these by entity."""
    return nodes * (4 * 8 * WORDS + 5)


def _slots(circuit: Circuit, shared: Ints) -> Any:
    """(M,) place of each member among those of shared groups, in their order; else -1."""
    of_shared = np.zeros(len(circuit.node), np.bool_)
    of_shared[shared] = True
    within = np.flatnonzero(of_shared[circuit.group])
    slot = np.full(len(circuit.dependency), -1, np.int32)
    slot[within] = np.arange(len(within))
    return slot
