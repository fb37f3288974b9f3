"""Blocks counted where they run: who is hit, by entity and by lane, in the place of the lanes.

Of a block of 512 worlds the lanes take 64 bytes a node; the counts take 8 an entity and 16 a world,
so that they can come from another process, or another machine. Counts are whole numbers, and sums
of stakes have one order (`sums`), so that the figures do not tell where they came from.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words
from knockon.graph.engine.lanes import Closing, Lanes, close_block
from knockon.graph.engine.nodes import Nodes
from knockon.graph.engine.sums import add_up, weight_hit
from knockon.graph.engine.worlds import Block, Run


class Stakes(NamedTuple):
    """What is counted: nodes to entities, (E,) what each stakes, and 1 for each that counts."""

    nodes: Nodes
    stake: Floats
    others: Floats


class Counts(NamedTuple):
    """Of a block. mass: (E,) weight of the lanes in which each entity is hit; total, hits: (L,) the
    stakes of those hit in each lane, and how many."""

    mass: Floats
    total: Floats
    hits: Floats


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
    return Counts(mass, add_up(hit, stakes.stake, lanes), add_up(hit, stakes.others, lanes))
