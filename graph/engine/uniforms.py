"""The random draws of a world: a pure function of (seed, world, identity).

Every uniform number u has 32 binary digits. Digit j of u for the 64 worlds of block b is one
64-bit word R(j), world 64 b + i in bit i, made by a counter-based hash:

    mix(z)    the finaliser of SplitMix64 (Steele, Lea, Flood 2014; variant 13 of Stafford)
    G         0x9E3779B97F4A7C15
    key(x)    BLAKE2b of the UTF-8 text x with 8 bytes of digest, read little-endian (RFC 7693)
    key(e)    mix of the keys of dependent, provider, relation and group in turn, from k = 0:
              k = mix(k ^ next); without a group, its text is one NUL. The key of a group's switch
              is made in the same way of dependent, group and the text NUL "switch"
    h         mix((key(e) ^ mix(seed + G)) + (b + 1) G)
    R(j)      mix(h + (j + 1) G),  j = 0 the most significant digit

all modulo 2^64. A dependency is live in a world iff u < q; comparing digit by digit decides 64
worlds at a time, and most of them after a few digits. Nothing else enters: not the order of rows,
not threads, not the rest of the graph, so that two scenarios compare on the same worlds.
"""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from knockon.graph.arrays import Floats, Ints, Words

DIGITS = 32
CELL_DIGITS, ROW_DIGITS = 12, 10  # of shared draws (`sharing`)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31)  # of mix
FACTORS = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_NO_GROUP = "\x00"  # a text that no checked group can have: ids are stripped, this is not text
_SWITCH = "\x00switch"
_RING = "\x00ring"
_CAUSE = "\x00cause"


def mix(z: Words) -> Words:
    """The finaliser of SplitMix64 on each word."""
    z = (z ^ (z >> SHIFTS[0])) * FACTORS[0]
    z = (z ^ (z >> SHIFTS[1])) * FACTORS[1]
    return z ^ (z >> SHIFTS[2])


def text_keys(texts: Iterable[str | None]) -> Words:
    """A stable 64-bit key for each text; None has a key of its own."""
    digests = b"".join(
        blake2b((_NO_GROUP if t is None else t).encode(), digest_size=8).digest() for t in texts
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def identity_keys(*parts: Words) -> Words:
    """One key for each row of parts, in their order: k = mix(k ^ next), from k = 0."""
    key = np.zeros_like(parts[0])
    for part in parts:
        key = mix(key ^ part)
    return key


def switch_keys(dependent: Words, group: Words) -> Words:
    """The key of the switch of each group: its dependent, its name, and a tag."""
    return identity_keys(dependent, group, text_keys([_SWITCH])[0])


def ring_keys(dependent: Words) -> Words:
    """The key of the ring of each dependent: the dependent, and a tag."""
    return identity_keys(dependent, text_keys([_RING])[0])


def cause_keys(*parts: Words) -> Words:
    """The key of each shared cause: its name, or provider, mode and relation; and a tag."""
    return identity_keys(*parts, text_keys([_CAUSE])[0])


def hours_keys(identity: Words, column: str) -> Words:
    """The key of hours that are a range: the identity of their row, and the column's name."""
    return mix(identity ^ text_keys([f"\x00{column}"])[0])


def salt(seed: int) -> Words:
    """(1,) what every key is salted with under this seed."""
    with np.errstate(over="ignore"):
        return mix(np.array([seed % 2**64], np.uint64) + GOLDEN)


def draw_states(keys: Words, blocks: Ints, seed: int) -> Words:
    """(k, b) the state h of each key in each block, before its first digit."""
    counter = (blocks.astype(np.uint64) + np.uint64(1)) * GOLDEN
    return mix((keys ^ salt(seed))[:, None] + counter[None, :])


def uniforms(keys: Words, blocks: Ints, seed: int) -> Floats:
    """(k, 64 b) the draws themselves, u in [0, 1), world 64 * blocks[j] + i in column 64 j + i.

    The same numbers of which `bernoulli` says whether they lie below a strength.
    Cost: 33 hashes a word of 64 worlds.
    """
    with np.errstate(over="ignore"):
        state = draw_states(keys, blocks, seed)
        found = np.zeros((len(keys), 64 * len(blocks)))
        for digit in range(DIGITS):
            bits = mix(state + np.uint64(digit + 1) * GOLDEN).astype("<u8", copy=False)
            ones = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
            found += ones * 2.0 ** -(digit + 1)
    return found


def bernoulli(keys: Words, threshold: Words, blocks: Ints, seed: int) -> Words:
    """In which worlds the draw of each key lies below its threshold.

    keys: (k,) identities; threshold: (k,) from `thresholds`; blocks: (b,) numbers of blocks of 64
    worlds; seed: any int. Returns (k, b) words, world 64 * blocks[j] + i in bit i.
    Cost: about log2(64) + 2 hashes a word, fewer for strengths with few binary digits.
    """
    with np.errstate(over="ignore"):
        state = draw_states(keys, blocks, seed)
        below = np.zeros_like(state)
        open_ = np.repeat(np.where(threshold > 0, ALL, np.uint64(0))[:, None], len(blocks), axis=1)
        certain = threshold > np.uint64(2**DIGITS - 1)
        below[certain] = ALL
        open_[certain] = 0
        for digit in range(DIGITS):
            shift = np.uint64(DIGITS - 1 - digit)
            rest = threshold & np.uint64((1 << (DIGITS - digit)) - 1)
            rows = np.flatnonzero((rest > 0) & open_.any(axis=1))
            if not rows.size:
                break
            bits = mix(state[rows] + np.uint64(digit + 1) * GOLDEN)
            one = ((threshold[rows] >> shift) & np.uint64(1)).astype(bool)[:, None]
            below[rows] |= np.where(one, open_[rows] & ~bits, np.uint64(0))
            open_[rows] &= np.where(one, bits, ~bits)
    return below


def thresholds(strength: Floats) -> Words:
    """The number T in 0..2^32 with: u < q iff the digits of u, read as a whole number, are < T."""
    return np.ceil(strength * 2.0**DIGITS).astype(np.uint64)


def every_case(variables: int) -> Words:
    """All 2^variables cases as lanes, (variables, words): variable i is bit i of the case."""
    cases = np.arange(1 << variables, dtype=np.uint64)
    bits = (cases[None, :] >> np.arange(variables, dtype=np.uint64)[:, None]) & np.uint64(1)
    padded = np.zeros((variables, -(-len(cases) // 64) * 64), np.uint8)
    padded[:, : len(cases)] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype(np.uint64)
