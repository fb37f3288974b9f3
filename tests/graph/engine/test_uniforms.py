"""The random draws: test vectors for any other implementation, and the scalar twin."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.uniforms import (
    bernoulli,
    every_case,
    identity_keys,
    mix,
    switch_keys,
    text_keys,
    thresholds,
)
from tests.reference import digit_word, identity_key, switch_key, text_key, uniform
from tests.reference import mix as scalar_mix

ON_FALCON = ("hospital", "falcon", "runs", None)
ON_OKTA = ("hospital", "okta", "authenticates_with", "login")
KEYS = {ON_FALCON: 0x3093B2C29CD060F8, ON_OKTA: 0xFCB03CD021C320E8}
SWITCH = 0x92EFCB6778558F0A  # of the group login of hospital
HALF = Fraction(1, 2)

words64 = st.integers(0, 2**64 - 1)


def keys_of(*identities: tuple[str | None, ...]) -> np.ndarray:
    return identity_keys(*(text_keys(column) for column in zip(*identities, strict=True)))


def drawn(
    keys: list[int], strengths: list[float], worlds: int, seed: int = 0, first_block: int = 0
) -> np.ndarray:
    """(k, worlds) whether each draw lies below its strength."""
    blocks = np.arange(first_block, first_block + -(-worlds // 64))
    limit = thresholds(np.array(strengths, float))
    return unpack(bernoulli(np.array(keys, np.uint64), limit, blocks, seed), worlds)


# test vectors


def test_the_mixer_is_that_of_splitmix64() -> None:
    """The first three outputs of SplitMix64 from state 0, as published."""
    states = np.array([1, 2, 3], np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mix(states).tolist() == expected
    assert [scalar_mix(int(s)) for s in states] == expected


def test_keys_of_texts() -> None:
    """BLAKE2b of the UTF-8 text with 8 bytes, little-endian; no group has the key of one NUL."""
    texts = ["", "a", "okta", None, "\x00", "\x00switch", "Ünïcode"]
    expected = [
        0xB4B2797457A0A6E4, 0x2F42665B399EF840, 0x4CC71FA80E6ED45D, 0x4882EAD1CDD9F694,
        0x4882EAD1CDD9F694, 0x580EF4024DAB8B9C, 0x28A278282E944EA5,
    ]  # fmt: skip
    assert text_keys(texts).tolist() == expected
    assert [text_key(t) for t in texts] == expected


def test_keys_of_dependencies_and_switches() -> None:
    """The keys of dependent, provider, relation and group mixed in turn; a switch has its own."""
    assert keys_of(*KEYS).tolist() == list(KEYS.values())
    assert [identity_key(*identity) for identity in KEYS] == list(KEYS.values())
    assert switch_keys(text_keys(["hospital"]), text_keys(["login"])).tolist() == [SWITCH]
    assert switch_key("hospital", "login") == SWITCH


@pytest.mark.parametrize(
    ("key", "seed", "block", "word"),
    [
        (KEYS[ON_FALCON], 0, 0, 0x1AFC429DCE0B2BA3),
        (KEYS[ON_FALCON], 0, 1, 0x654FB7BBFD519C9B),
        (KEYS[ON_FALCON], -1, 0, 0x5075F137B8F8B081),
        (KEYS[ON_OKTA], 0, 0, 0xF23AB2D2EB11B576),
        (KEYS[ON_OKTA], 0, 1, 0xB7E6731B522F2412),
        (SWITCH, 0, 0, 0xFB31A11FBFC26AF2),
        (SWITCH, -1, 0, 0xA81998558C2F38AB),
    ],
)
def test_first_words(key: int, seed: int, block: int, word: int) -> None:
    """At a strength of one half a draw is live where the first digit of u is 0: the word ~R(0)."""
    live = bernoulli(
        np.array([key], np.uint64), thresholds(np.array([0.5])), np.array([block]), seed
    )
    assert live.tolist() == [[word ^ (2**64 - 1)]]
    assert digit_word(key, seed, block, 0) == word


def test_whole_numbers_of_single_worlds() -> None:
    """2^32 u of some worlds: all 32 digits, of the first world, the last of a word, and further."""
    falcon, okta = KEYS.values()
    assert [uniform(falcon, 0, w) * 2**32 for w in (0, 1, 63, 64)] == [
        2237662184, 3143710061, 1874533114, 3011882456,
    ]  # fmt: skip
    assert uniform(okta, 20240719, 1999) * 2**32 == 3306572263
    for w in (0, 1, 63, 64):  # live just above u, not at u
        u = uniform(falcon, 0, w)
        found = drawn([falcon, falcon], [float(u), float(u + Fraction(1, 2**32))], 65)
        assert found[:, w].tolist() == [False, True]


# the twin


@given(
    st.lists(words64, min_size=1, max_size=4),
    st.integers(-(2**70), 2**70),
    st.integers(0, 10**9),
    st.data(),
)
def test_every_world_is_that_of_the_twin(
    keys: list[int], seed: int, block: int, data: st.DataObject
) -> None:
    """Bernoulli words equal u < q of the scalar definition, for any key, seed and block."""
    strength = st.one_of(
        st.floats(0, 1), st.sampled_from((0.0, 0.5, 1.0, 2**-32, 1 - 2**-32, 5e-324, 1 - 2**-53))
    )
    strengths = [data.draw(strength) for _ in keys]
    found = drawn(keys, strengths, 64, seed, block)
    for key, q, worlds in zip(keys, strengths, found.tolist(), strict=True):
        for i in (0, 1, 31, 63):
            assert worlds[i] == (uniform(key, seed, 64 * block + i) < Fraction(q))


@given(st.text(max_size=20), st.text(max_size=20))
def test_keys_of_any_text_are_those_of_the_twin(one: str, other: str) -> None:
    """Any text that UTF-8 can hold has its key."""
    assert text_keys([one, other]).tolist() == [text_key(one), text_key(other)]


@given(st.lists(st.tuples(words64, st.floats(0, 1)), min_size=1, max_size=6), st.randoms())
def test_a_draw_hangs_on_nothing_but_its_key(draws: list, random: object) -> None:
    """Draws made together, alone, in another order or for other blocks are the same."""
    keys, strengths = [k for k, _ in draws], [q for _, q in draws]
    together = drawn(keys, strengths, 192)
    for i, (key, q) in enumerate(draws):
        assert (drawn([key], [q], 192)[0] == together[i]).all()
        assert (drawn([key], [q], 64, first_block=2)[0] == together[i, 128:]).all()
    assert (drawn(keys[::-1], strengths[::-1], 192)[::-1] == together).all()


@given(words64, st.floats(0, 1), st.floats(0, 1))
def test_a_raised_strength_keeps_every_live_world(key: int, q: float, r: float) -> None:
    """Draws are coupled: the worlds live at a strength are live at every higher one."""
    low, high = drawn([key, key], [min(q, r), max(q, r)], 256)
    assert (low <= high).all()


# statistics


@pytest.mark.parametrize("strength", [0.001, 0.1, 1 / 3, 0.5, 0.9])
def test_shares_of_live_worlds_are_the_strengths(strength: float) -> None:
    """Over 200 keys and 2,000 worlds the share lies within four standard errors."""
    keys = text_keys([f"entity {i}" for i in range(200)]).tolist()
    found = drawn(keys, [strength] * 200, 2000)
    error = np.sqrt(strength * (1 - strength) / found.size)
    assert abs(found.mean() - strength) < 4 * error
    by_key = (found.mean(axis=1) - strength) / np.sqrt(strength * (1 - strength) / 2000)
    assert 0.7 < by_key.std() < 1.3
    assert abs(by_key).max() < 5 if strength > 0.01 else True


def test_keys_seeds_and_blocks_do_not_follow_each_other() -> None:
    """Draws of neighbouring keys, seeds and blocks agree half of the time, not more."""
    keys = list(range(100))
    found = drawn(keys, [0.5] * 100, 6400)
    near = 5 * 0.5 / np.sqrt(6400)
    assert abs(np.corrcoef(found) - np.eye(100)).max() < 2 * near
    assert abs((found[0] == drawn([0], [0.5], 6400, seed=1)[0]).mean() - 0.5) < near
    by_block = found.reshape(100, 100, 64)
    assert abs((by_block[:, 1:] == by_block[:, :-1]).mean() - 0.5) < 5 * 0.5 / np.sqrt(
        by_block.size
    )


# thresholds and cases


@pytest.mark.parametrize(
    ("strength", "limit"),
    [(0, 0), (1, 2**32), (0.5, 2**31), (2**-32, 1), (1e-300, 1), (1 - 2**-53, 2**32)],
)
def test_thresholds_count_the_draws_below(strength: float, limit: int) -> None:
    """u < q holds for ceil(2^32 q) of the 2^32 values of u."""
    assert thresholds(np.array([strength], float)).tolist() == [limit]


@pytest.mark.parametrize("variables", [0, 1, 2, 5, 6, 7, 12])
def test_every_case_stands_once(variables: int) -> None:
    """Lane i of variable v is bit v of i: all cases, each once, in order."""
    cases = unpack(every_case(variables), 1 << variables)
    numbers = sum(
        (cases[v].astype(int) << v for v in range(variables)), np.zeros(1 << variables, int)
    )
    assert numbers.tolist() == list(range(1 << variables))
