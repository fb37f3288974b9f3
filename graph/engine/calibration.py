"""How fast this machine is, from a short piece of work like that of the lanes."""

from time import process_time

import numpy as np

from knockon.graph.engine.uniforms import GOLDEN, mix

_ROWS = 1 << 19  # rows of 8 words: 32 MiB, more than most caches hold
_TAKEN = 1 << 17
_TIMES = 5


def measure_speed() -> float:
    """Seconds of processor of a fixed piece of work, the fastest of some: rows taken in random
    order, which waits for memory as lanes do, and hashes as of draws. About half a second in all.
    """
    with np.errstate(over="ignore"):
        words = mix(np.arange(8 * _ROWS, dtype=np.uint64) * GOLDEN).reshape(_ROWS, 8)
        rows = (words[:_TAKEN, 0] % np.uint64(_ROWS)).astype(np.int64)
        found = []
        for _ in range(_TIMES):
            begun = process_time()
            some = words[rows]
            some &= words[rows[::-1]]
            mix(words[:_TAKEN] ^ some)
            found.append(process_time() - begun)
    return min(found)
