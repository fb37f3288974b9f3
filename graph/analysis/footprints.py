"""Which users stand on each provider, for all providers in one pass.

Where every arc counts alone, users are handed down from dependents to providers, 64 to a word, in
the order of strongly connected components: each arc is looked at once, however long the chains.
The same as a lane for each provider (`reliance.py`), which is dearer where providers are many.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from knockon.graph.arrays import Bools, Floats, Ints, Words
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.components import order_nodes

_CELLS = 1 << 25  # words of all nodes together: 256 MiB
_BITS = 1 << 26  # users times providers unpacked at a time


@dataclass(frozen=True, eq=False)
class Footprints:
    """Some of the users, from the `first` on: (R, W) words, bit i of a row the user first + i."""

    first: int
    users: int
    words: Words

    def without(self, of_user: Ints, of_row: Ints) -> "Footprints":
        """The same without users who are part of the provider of a row (codes of both)."""
        mine = of_user[self.first : self.first + self.users]
        for row in np.flatnonzero(np.isin(of_row, mine)).tolist():
            bits = np.flatnonzero(mine == of_row[row])
            clear = np.uint64(1) << (bits % 64).astype(np.uint64)
            np.bitwise_and.at(self.words[row], bits // 64, ~clear)
        return self

    def count(self, weight: Floats, inside: Bools) -> Floats:
        """(R,) the weight of the users of each row, of those inside, added up in one fixed order.

        weight, inside: (U,) of all users
        """
        part = slice(self.first, self.first + self.users)
        mask = np.zeros(64 * self.words.shape[1], np.bool_)
        mask[: self.users] = inside[part]
        if (weight == 1).all():
            packed = np.packbits(mask, bitorder="little").view("<u8").astype(np.uint64)
            counted: Floats = np.bitwise_count(self.words & packed).sum(axis=1).astype(np.float64)
            return counted
        amounts = np.where(mask, np.pad(weight[part], (0, len(mask) - self.users)), 0.0)
        found = np.zeros(len(self.words))
        step = max(1, _BITS // max(len(mask), 1))
        for begin in range(0, len(found), step):
            as_bytes = self.words[begin : begin + step].astype("<u8", copy=False).view(np.uint8)
            bits = np.unpackbits(as_bytes, axis=1, bitorder="little").view(bool)
            found[begin : begin + step] = np.where(bits, amounts, 0.0).sum(axis=1)
        return found


def spread_users(circuit: Circuit, entities: int, rows: int) -> Iterator[Footprints]:
    """The footprints of all rows, as many users at a time as memory holds.

    circuit: of arcs that count alone; nodes are entities, then rows, then users
    """
    users = len(circuit.entity) - entities - rows
    tail, head = circuit.provider.astype(np.int64), circuit.targets.astype(np.int64)
    feet = tail < entities, head >= entities + rows
    inner = feet[0] & ~feet[1]
    start, heads = index(tail[inner], head[inner], entities)
    order, _, first = order_nodes(start, heads)
    step = 64 * max(1, _CELLS // max(entities + rows, 1))
    for begin in range(0, users, step):
        count = min(step, users - begin)
        words = np.zeros((entities + rows, -(-count // 64)), np.uint64)
        user = head - entities - rows - begin
        here = np.flatnonzero((user >= 0) & (user < count))
        bit = np.uint64(1) << (user[here] % 64).astype(np.uint64)
        np.bitwise_or.at(words, (tail[here], user[here] // 64), bit)
        _hand_down(words, start, heads, order, first)
        outer = np.flatnonzero((tail >= entities) & ~feet[1])
        by_row = outer[np.argsort(tail[outer], kind="stable")]
        if len(by_row):
            begins = np.flatnonzero(np.diff(tail[by_row], prepend=-1))
            joined = join_runs(words, head[by_row], begins)
            words[tail[by_row[begins]]] |= joined
        yield Footprints(begin, count, words[entities:])


def _hand_down(words: Words, start: Ints, heads: Ints, order: Ints, first: Ints) -> None:
    """Give every node the users of its dependents, dependents first; a circle has them together."""
    sizes = np.diff(first)
    for place in range(len(sizes) - 1, -1, -1):
        if sizes[place] == 1:
            node = order[first[place]]
            low, high = start[node], start[node + 1]
            if low < high:
                words[node] |= np.bitwise_or.reduce(words[heads[low:high]], axis=0)
            continue
        nodes = order[first[place] : first[place + 1]]
        near = np.concatenate([heads[start[v] : start[v + 1]] for v in nodes])
        together = np.bitwise_or.reduce(words[nodes], axis=0)
        words[nodes] = together | np.bitwise_or.reduce(words[near], axis=0)


def join_runs(words: Words, heads: Ints, begins: Ints) -> Words:
    """The union of each run of rows, a piece at a time."""
    step = max(1, _CELLS // max(words.shape[1], 1))
    ends = np.append(begins[1:], len(heads))
    joined = np.zeros((len(begins), words.shape[1]), np.uint64)
    at = 0
    while at < len(begins):
        last = max(at + 1, int(np.searchsorted(ends, begins[at] + step, side="right")))
        piece = words[heads[begins[at] : ends[last - 1]]]
        joined[at:last] = np.bitwise_or.reduceat(piece, begins[at:last] - begins[at], axis=0)
        at = last
    return joined


def index(tail: Ints, head: Ints, nodes: int) -> tuple[Ints, Ints]:
    """CSR by tail: (N + 1,) starts, and the heads."""
    order = np.argsort(tail, kind="stable")
    counts = np.bincount(tail, minlength=nodes)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), head[order]
