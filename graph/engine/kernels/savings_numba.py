"""What is hit in one table of lanes and not in another, by its stake, compiled form."""

from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.lanes_numba import add_to_lanes
from knockon.graph.engine.kernels.layout import I8, U8Table


@kernel("the kernel of savings", 1)
def savings_kernel(
    node: I8, first: I8, stake: I8, base: U8Table, of: I8, hit: U8Table, saved: I8
) -> None:
    """Add up the stakes of those that are hit in the base, but not here, lane by lane.

    node: nodes by entity, first: (E + 1,) where those of each begin; stake: (E,)
    base: (E, B) lanes of entities, of: (W,) the column of it that stands for each word of `hit`,
    (N, W) lanes of nodes; saved: (64 W,). Cost: E words each, and a step for each lane saved
    """
    for e in range(len(stake)):
        if stake[e] == 0:
            continue
        for w in range(hit.shape[1]):
            word = base[e, of[w]]
            for at in range(first[e], first[e + 1]):
                word &= ~hit[node[at], w]
            add_to_lanes(word, 64 * w, stake[e], saved)
