"""Keys by the hundred thousand: bit for bit those of hashlib, and of the numpy form."""

from hashlib import blake2b

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.engine import draws
from knockon.graph.engine.draws import dependency_keys
from knockon.graph.model.graph import DependencyGraph
from tests.strategies import graphs

pytest.importorskip("numba")


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_blake2b_of_any_bytes(texts: list[bytes]) -> None:
    """Empty, of one block, of several, and with an end on the edge of a block."""
    from knockon.graph.engine.kernels.keys_numba import hash_texts

    for more in (b"", b"x" * 127, b"x" * 128, b"x" * 256):
        row = [*texts, more]
        sizes = np.array([len(text) for text in row])
        digests = [blake2b(text, digest_size=8).digest() for text in row]
        keys = hash_texts(b"".join(row), sizes)
        assert keys.tolist() == [int.from_bytes(digest, "little") for digest in digests]


@pytest.mark.parametrize("piece", [2, 1 << 20])
@given(graph=graphs())
def test_keys_of_dependencies_are_the_same_in_both_forms(
    piece: int, graph: DependencyGraph
) -> None:
    """Whatever the ends, relations and groups are, and for a part of the dependencies too."""
    m = len(graph.dependent)
    for rows in (np.arange(m), np.arange(0, m, 2)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(draws, "_PIECE", piece)
            numpy = dependency_keys(graph, rows)
            patch.setattr(draws, "COMPILED_FROM", 1)
            assert dependency_keys(graph, rows).tolist() == numpy.tolist()


def test_texts_of_many_bytes_a_letter() -> None:
    """Keys are of UTF-8, whose letters have one to four bytes."""
    ids = ["a", "ä", "中", "🛰️ x", "a" * 200]
    rows = pl.DataFrame({"dependent": ids[1:], "provider": ids[:-1]})
    graph = DependencyGraph.from_polars(rows)
    with pytest.MonkeyPatch.context() as patch:
        numpy = dependency_keys(graph, np.arange(4))
        patch.setattr(draws, "COMPILED_FROM", 1)
        assert dependency_keys(graph, np.arange(4)).tolist() == numpy.tolist()
