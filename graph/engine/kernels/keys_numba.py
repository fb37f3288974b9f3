"""Identity keys by the hundred thousand, compiled: BLAKE2b of short texts, and what is mixed of it.

Held to hashlib in the tests. BLAKE2b is that of RFC 7693, without a key, with 8 bytes of digest.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import Any

import numpy as np

from knockon.graph.arrays import Ints, Words
from knockon.graph.engine.kernels.compiler import kernel
from knockon.graph.engine.kernels.late import helper, inlined
from knockon.graph.engine.kernels.layout import I8, U8, I4Seen, U1Seen, U8Seen
from knockon.graph.engine.uniforms import mix

_BLOCK = 128  # bytes
_ROUNDS = 12
_LENGTH = np.uint64(0x01010000 | 8)  # of the digest, as it enters the first word
_START = np.array(  # the fractions of the square roots of the first eight primes
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    np.uint64,
)  # fmt: skip
_WORDS_OF_ROUND = np.array(  # which words of the message each round takes
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ],
    np.int64,
)


def hash_texts(text: bytes, sizes: Ints) -> Words:
    """(k,) the key of each of k texts that stand in a row, as `uniforms.text_keys` has it.

    sizes: (k,) bytes of each
    """
    letters = np.frombuffer(text, np.uint8)
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    keys = np.empty(len(sizes), np.uint64)
    text_kernel.load()
    _in_threads(
        lambda part: text_kernel(letters, ends[part.start : part.stop + 1], keys[part], _room()),
        len(keys),
    )
    return keys


def key_dependencies(
    ends: Words, dependent: Ints, provider: Ints, relation: Words, group: Words
) -> Words:
    """(k,) the key of each of k dependencies, as `uniforms.identity_keys` has it of these parts.

    ends: keys of entities; dependent, provider: (k,) int32; relation, group: (k,) keys
    """
    keys = np.empty(len(dependent), np.uint64)
    identity_kernel.load()
    _in_threads(
        lambda p: identity_kernel(ends, dependent[p], provider[p], relation[p], group[p], keys[p]),
        len(keys),
    )
    return keys


@kernel("the kernel of texts", 2)
def text_kernel(text: U1Seen, ends: I8, keys: U8, room: U8) -> None:
    """Hash each text between two ends; room: 24 words to work in. Cost: 0.3 us for 128 bytes."""
    state, message = room[:8], room[8:]
    for t in range(len(keys)):
        first, size, done = ends[t], ends[t + 1] - ends[t], np.int64(0)
        for i in range(8):
            state[i] = _START[i]
        state[0] ^= _LENGTH
        last = False
        while not last:
            taken = min(size - done, _BLOCK)
            for i in range(16):
                message[i] = 0
            for i in range(taken):
                letter = np.uint64(text[first + done + i])
                message[i >> 3] |= letter << np.uint64(8 * (i & 7))
            done += taken
            last = done == size
            _compress(state, message, np.uint64(done), last)
        keys[t] = state[0]


@kernel("the kernel of identities", 1)
def identity_kernel(
    ends: U8, dependent: I4Seen, provider: I4Seen, relation: U8Seen, group: U8Seen, keys: U8
) -> None:
    """Mix the keys of each dependency's ends, relation and group. Cost: four hashes each."""
    for i in range(len(keys)):
        key = _mix(_mix(ends[dependent[i]]) ^ ends[provider[i]])
        keys[i] = _mix(_mix(key ^ relation[i]) ^ group[i])


_mix = inlined(mix)


@inlined
def _turn(word: Any, by: Any) -> Any:
    return (word >> np.uint64(by)) | (word << np.uint64(64 - by))


@helper
def _quarter(a: Any, b: Any, c: Any, d: Any, x: Any, y: Any) -> Any:
    """Mix two words of the message into four of the state."""
    a += b + x
    d = _turn(d ^ a, 32)
    c += d
    b = _turn(b ^ c, 24)
    a += b + y
    d = _turn(d ^ a, 16)
    c += d
    return a, _turn(b ^ c, 63), c, d


@helper
def _compress(h: Any, m: Any, done: Any, last: Any) -> None:
    """Mix a block of the message into the state h; done: bytes of the message so far."""
    a0, a1, a2, a3, b0, b1, b2, b3 = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
    c0, c1, c2, c3 = _START[0], _START[1], _START[2], _START[3]
    d0, d1, d2, d3 = _START[4] ^ done, _START[5], _START[6], _START[7]
    if last:
        d2 = ~d2
    for r in range(_ROUNDS):
        w = _WORDS_OF_ROUND[r % 10]
        a0, b0, c0, d0 = _quarter(a0, b0, c0, d0, m[w[0]], m[w[1]])
        a1, b1, c1, d1 = _quarter(a1, b1, c1, d1, m[w[2]], m[w[3]])
        a2, b2, c2, d2 = _quarter(a2, b2, c2, d2, m[w[4]], m[w[5]])
        a3, b3, c3, d3 = _quarter(a3, b3, c3, d3, m[w[6]], m[w[7]])
        a0, b1, c2, d3 = _quarter(a0, b1, c2, d3, m[w[8]], m[w[9]])
        a1, b2, c3, d0 = _quarter(a1, b2, c3, d0, m[w[10]], m[w[11]])
        a2, b3, c0, d1 = _quarter(a2, b3, c0, d1, m[w[12]], m[w[13]])
        a3, b0, c1, d2 = _quarter(a3, b0, c1, d2, m[w[14]], m[w[15]])
    h[0] ^= a0 ^ c0
    h[1] ^= a1 ^ c1
    h[2] ^= a2 ^ c2
    h[3] ^= a3 ^ c3
    h[4] ^= b0 ^ d0
    h[5] ^= b1 ^ d1
    h[6] ^= b2 ^ d2
    h[7] ^= b3 ^ d3


def _room() -> Words:
    return np.empty(24, np.uint64)


def _in_threads(work: Callable[[slice], None], number: int) -> None:
    """Do the work on parts of 0..number, one for each core."""
    cores = cpu_count() or 1
    ends = [number * i // cores for i in range(cores + 1)]
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(work, map(slice, ends, ends[1:])))
