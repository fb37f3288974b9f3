"""Equal hashes as equal numbers, compiled: the next number for each that was not seen before."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Ints, Words
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.draws_numba import fetch
from knockon.graph.engine.kernels.layout import I4, I8, U8, U8Seen

_SLOTS = 1 << 16  # of the first table, at most half of which are taken
_AHEAD = 16  # memory answers late: the slots of so many rows to come are asked for


class Table(NamedTuple):
    """A table with S slots, a power of two. hash: (S,) and number: (S,) -1 where a slot is free;
    first: (S / 2,) row in which each number was seen first; done: (2,) rows and numbers so far."""

    hash: U8
    number: I4
    first: I8
    done: I8

    @classmethod
    def of(cls, slots: int) -> "Table":
        return cls(
            np.empty(slots, np.uint64), np.full(slots, -1, np.int32),
            np.empty(slots // 2, np.int64), np.zeros(2, np.int64),
        )  # fmt: skip

    def double(self) -> "Table":
        """The same numbers in twice the slots."""
        rows, count = self.done
        known = np.empty(count, np.uint64)
        taken = self.number >= 0
        known[self.number[taken]] = self.hash[taken]
        table = Table.of(2 * len(self.hash))
        number_kernel(known, 0, table, np.empty(count, np.int32))
        table.first[:count] = self.first[:count]
        table.done[0] = rows
        return table


def number_hashes(columns: Sequence[Words], slots: int = _SLOTS) -> tuple[list[Ints], Ints]:
    """Numbers 0, 1, ... for the hashes of some columns, in the order in which they are first seen.

    Returns the number of each cell, column by column, and (k,) in which cell each number was seen
    first, counted through the columns. slots: of the first table, a power of two
    """
    table, base, numbers = Table.of(slots), 0, []
    for column in columns:
        of_column = np.empty(len(column), np.int32)
        table.done[0] = 0
        number_kernel(column, base, table, of_column)
        while table.done[0] < len(column):
            table = table.double()
            number_kernel(column, base, table, of_column)
        numbers.append(of_column)
        base += len(column)
    return numbers, table.first[: table.done[1]]


@kernel("the kernel of codes", 1)
def number_kernel(hashes: U8Seen, base: int, table: Table, numbers: I4) -> None:
    """Number the hashes from row `done` on, until all are numbered or half of the slots are taken.

    Open addressing, the next slot where one is taken (Peterson 1957). Cost: a look at the table for
    each hash, as long as these are like random ones.
    """
    slots, done = len(table.hash), table.done
    row, count, last = done[0], done[1], len(hashes) - 1
    at_hash, at_number = table.hash.ctypes.data, table.number.ctypes.data
    while row < len(hashes) and 2 * count < slots:
        ahead = np.int64(hashes[min(row + _AHEAD, last)] & np.uint64(slots - 1))
        fetch(at_hash + 8 * ahead)
        fetch(at_number + 4 * ahead)
        sought = hashes[row]
        slot = np.int64(sought & np.uint64(slots - 1))
        while table.number[slot] >= 0 and table.hash[slot] != sought:
            slot = (slot + 1) & (slots - 1)
        if table.number[slot] < 0:
            table.hash[slot] = sought
            table.number[slot] = count
            table.first[count] = base + row
            count += 1
        numbers[row] = table.number[slot]
        row += 1
    done[0], done[1] = row, count
