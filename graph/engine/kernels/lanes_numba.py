"""What compiled kernels do with the lanes of a word."""

from typing import Any

import numpy as np

from knockon.graph.engine.kernels.late import inlined


@inlined
def add_to_lanes(word: Any, lane: Any, amount: Any, total: Any) -> None:
    """Add an amount to the totals of the lanes that are set in a word; `lane`: its first."""
    while word != 0:
        if word & np.uint64(0xFF) == 0:
            word >>= np.uint64(8)
            lane += 8
            continue
        if word & np.uint64(1) != 0:
            total[lane] += amount
        word >>= np.uint64(1)
        lane += 1
