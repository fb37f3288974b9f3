"""Blocks counted where they run: who is hit, by entity and by lane, in the place of the lanes.

Of a block of 512 worlds the lanes take 64 bytes a node; the counts take 8 an entity and 16 a world,
so that they can come from another process, or another machine. Counts are whole numbers, and sums
of stakes have one order (`sums`), so that the figures do not tell where they came from.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Closing, Lanes, close_block
from knockon.graph.engine.nodes import Nodes
from knockon.graph.engine.sums import (
    ROWS,
    add_halves,
    add_up,
    are_whole,
    weight_hit,
    weight_rows,
)
from knockon.graph.engine.worlds import Block, Run


class Stakes(NamedTuple):
    """What is counted: nodes to entities, (E,) what each stakes, and 1 for each that counts.

    severity: what share of its function whoever is hit loses
    """

    nodes: Nodes
    stake: Floats
    others: Floats
    severity: float = 1.0

    @property
    def are_exact(self) -> bool:
        """Whether their sums are whole numbers, which have any order."""
        return self.severity == 1 and are_whole(self.stake)


class Counts(NamedTuple):
    """Of a block. mass: (E,) weight of the lanes in which each entity is hit; total, hits: (L,) the
    stakes of those hit in each lane, and how many
    lost: (2, E, W) what each loses in every 64 lanes, and its squares; None: it loses all
    """

    mass: Floats
    total: Floats
    hits: Floats
    lost: Floats | None = None


class Counting(NamedTuple):
    """What is the same for all blocks of a run."""

    closing: Closing
    stakes: Stakes


def count_blocks(
    lanes: Lanes, run: Run, blocks: Iterable[Block], stakes: Stakes, origins: Ints
) -> Iterator[tuple[Block, Counts]]:
    """Each block of random worlds with its counts, in the order of blocks."""
    if lanes.compiled and len(run.uncertain):
        yield from lanes.run_compiled(
            count_block, lambda closing: Counting(closing, stakes), run, blocks, origins,
            given=False,
        )  # fmt: skip
    else:
        for block, nodes in lanes.close(run, blocks, origins):
            yield block, count_lanes_of(stakes, block, nodes)


def count_block(shared: Counting, scratch: Any, block: Block) -> Counts:
    """The counts of a block, by the compiled form."""
    return count_lanes_of(shared.stakes, block, close_block(shared.closing, scratch, block))


def count_lanes_of(stakes: Stakes, block: Block, nodes: Words) -> Counts:
    """The counts of a block whose lanes (N, W) are known."""
    hit = stakes.nodes.join(nodes, np.bitwise_or)
    mass, lanes = np.zeros(len(hit)), len(block.weight)
    weight_hit(mass, hit, block.weight)
    if stakes.severity != 1:
        total = np.zeros(lanes)
        for piece in sum_pieces(stakes, hit, lanes):
            total += piece
        lost = _add_losses(hit, lanes, stakes.severity)
        return Counts(mass, total, add_up(hit, stakes.others, lanes), lost)
    return Counts(mass, add_up(hit, stakes.stake, lanes), add_up(hit, stakes.others, lanes))


def sum_pieces(stakes: Stakes, hit: Words, lanes: int) -> Iterator[Floats]:
    """(L,) what those hit (E, W) lose of what they stake, by so many rows as are added up by
    halves (`sums`)."""
    for i in range(0, len(hit), ROWS):
        x = unpack(hit[i : i + ROWS], lanes)
        part = stakes.stake[i : i + ROWS]
        lost = x if stakes.severity == 1 else (stakes.severity * x).astype(np.float64)
        yield weight_rows(lost, part)


def _add_losses(hit: Words, lanes: int, severity: float) -> Floats:
    """(2, E, W) as of `Counts.lost`, in the order of `sums.weight_lanes`."""
    lost = np.zeros((2, *hit.shape))
    for i in range(0, len(hit), ROWS):
        x: Floats = severity * unpack(hit[i : i + ROWS], lanes).astype(np.float64)
        for word in range(hit.shape[1]):
            of = x[:, 64 * word : 64 * word + 64].T
            lost[0, i : i + ROWS, word] = add_halves(of.copy())
            lost[1, i : i + ROWS, word] = add_halves(of * of)
    return lost
