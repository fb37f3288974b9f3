"""A circuit laid out for the compiled kernels: rows, arcs by provider, groups with a spare."""

import numpy as np

from knockon.graph.arrays import Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels.layout import I4, I8, WORDS, Arcs, Groups, Wiring
from knockon.graph.engine.uniforms import ALL

_MANY = np.uint16(2**16 - 1)  # arcs of a row from which on it is one of the first, in any order


def wire(circuit: Circuit, *, once: bool = False) -> Wiring:
    """The arcs of a circuit by provider, rows with the most arcs first.

    once: rows are nodes as they stand, which takes half the time and serves one lane
    """
    from knockon.graph.engine.kernels.arrange_numba import arrange, arrange_by_provider

    n, target = len(circuit.entity), circuit.targets
    if once:
        row = np.arange(n, dtype=np.int32)
        provider, target = (np.asarray(end, np.int32) for end in (circuit.provider, target))
        start, arc, heads = arrange_by_provider(provider, target, n)
    else:
        few = _MANY - np.minimum(np.bincount(target, minlength=n), _MANY).astype(np.uint16)
        row = np.empty(n, np.int32)
        row[np.argsort(few, kind="stable")] = np.arange(n)  # 16 bits are sorted by counting
        start, arc, heads = arrange(row[circuit.provider], row[target], n)
    spare = np.flatnonzero(circuit.threshold > 1)
    sizes = np.diff(circuit.member_start)[spare] if len(spare) else spare
    threshold = circuit.threshold[spare].astype(np.int64)
    plane, counter = _start_counters(np.maximum(sizes, threshold), threshold)
    none = np.zeros(0, np.int32)
    arcs = Arcs(
        start,
        heads,
        _number_slots(circuit, spare)[circuit.member[arc]] if len(spare) else none,
        circuit.foreign[arc] if circuit.foreign.any() else none.astype(np.bool_),
    )
    groups = Groups(
        np.repeat(np.arange(len(spare), dtype=np.int32), sizes),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        threshold,
        plane,
    )
    return Wiring(row, arc, spare, arcs, groups, counter)


def measure_arcs(arcs: int, runs: int) -> int:
    """Memory of arcs, wired, and of their draws in so many runs."""
    return arcs * (16 + 8 * runs)


def measure_block(nodes: int) -> int:
    """Memory of one block in work: its scratch, the rows found, and a copy of these by entity."""
    return nodes * (4 * 8 * WORDS + 5)


def _number_slots(circuit: Circuit, spare: Ints) -> I4:
    """(M,) place of each member among those of groups with a spare, in their order; else -1."""
    of_spare = np.zeros(len(circuit.node), np.bool_)
    of_spare[spare] = True
    within = np.flatnonzero(of_spare[circuit.group])
    slot = np.full(len(circuit.dependency), -1, np.int32)
    slot[within] = np.arange(len(within))
    return slot


def _start_counters(most: I8, threshold: I8) -> tuple[I8, Words]:
    """(K + 1,) first plane of each group's counter, and (planes, 8) all planes at their start.

    most: (K,) the largest number that each has to count or to reach
    """
    planes = np.frexp(most.astype(np.float64))[1].astype(np.int64)  # bit_length
    plane = np.concatenate([[0], np.cumsum(planes)]).astype(np.int64)
    bit = np.arange(plane[-1]) - np.repeat(plane[:-1], planes)
    start = np.repeat((np.int64(1) << planes) - threshold, planes)
    ones = (start >> bit & 1).astype(bool)
    return plane, np.repeat(np.where(ones, ALL, np.uint64(0))[:, None], WORDS, axis=1)
