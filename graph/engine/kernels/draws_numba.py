"""The draws of `knockon.graph.engine.uniforms`, compiled: 8 words of 64 worlds at a time.

What goes along an arc is drawn by vector code (`draws_llvm`).
"""

from typing import Any

import numpy as np

from knockon.graph.engine.kernels.late import helper, inlined, written_in_llvm
from knockon.graph.engine.kernels.layout import CERTAIN
from knockon.graph.engine.uniforms import ALL, DIGITS, GOLDEN, mix

push = written_in_llvm("draws_llvm", "push")
lacks = written_in_llvm("draws_llvm", "lacks")
read_number = written_in_llvm("draws_llvm", "read_number")
read_word = written_in_llvm("draws_llvm", "read_word")
fetch = written_in_llvm("draws_llvm", "fetch")
count_ones = written_in_llvm("draws_llvm", "count_ones")
count_zeros = written_in_llvm("draws_llvm", "count_zeros")
_mix = inlined(mix)


@helper
def compare_digits(state: Any, rest: Any, wanted: Any) -> Any:
    """The wanted worlds whose digits, from the one after `state` on, lie below those of `rest`."""
    found, tied = np.uint64(0), wanted
    while rest != 0 and tied != 0:
        state += GOLDEN
        bits = _mix(state)
        if rest >> np.uint64(63):
            found |= tied & ~bits
            tied &= bits
        else:
            tied &= ~bits
        rest = rest << np.uint64(1)
    return found


@helper
def draw_below(key: Any, limit: Any, counter: Any, wanted: Any) -> Any:
    """One word: the wanted worlds whose draw lies below the limit."""
    return compare_digits(_mix(key + counter), limit << np.uint64(64 - DIGITS), wanted)


@helper
def draw_word(key: Any, limit: Any, given: Any, counter: Any, word: Any) -> Any:
    """The worlds of a word whose draw lies below the limit; given, counter: as of `lives`."""
    if limit == CERTAIN:
        return ALL
    if limit > CERTAIN:
        return given[limit - CERTAIN - np.uint64(1), word]
    return draw_below(key, limit, counter[word], ALL)


@helper
def lives(key: Any, limit: Any, given: Any, counter: Any, word: Any, bit: Any) -> Any:
    """Whether a draw falls below its limit in one world: that of this bit of a word.

    given, counter: of the block (`layout.Worlds`)
    """
    if limit == CERTAIN:
        return True
    if limit > CERTAIN:
        return (given[limit - CERTAIN - np.uint64(1), word] & bit) != 0
    return draw_below(key, limit, counter[word], bit) != 0
