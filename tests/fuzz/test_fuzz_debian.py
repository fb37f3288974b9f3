"""Debian indexes: whatever a control file holds, the end is Tables or one InputError."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.model.tables import Tables
from tests.fuzz.hostile import outcome

FIELDS = st.sampled_from(
    ["Package", "Version", "Depends", "Pre-Depends", "Provides", "Essential", "Status", "depends"]
)
VALUES = st.sampled_from(
    ["a", "b", "a | b", "a (>= 1), b", "a:any", "a [amd64] | b <!nocheck>", "a (", ",", "a,,b", "",
     " \n a", "a |", "yes", "1:2~rc-3", "virtual (= 1)", "install ok installed", "a b"]
) | st.text(max_size=8)  # fmt: skip
STANZAS = st.lists(st.lists(st.tuples(FIELDS, VALUES), max_size=6), max_size=5)


@settings(max_examples=300, deadline=None)
@given(stanzas=STANZAS, end=st.text(max_size=10), packed=st.booleans())
def test_any_stanzas(
    tmp_path_factory: pytest.TempPathFactory,
    stanzas: list[list[tuple[str, str]]],
    end: str,
    packed: bool,
) -> None:
    """Fields in any order with values of any kind, packed or not, and any text after them."""
    blocks = ["\n".join(f"{name}: {value}" for name, value in stanza) for stanza in stanzas]
    text = "\n\n".join(["Package: first\nVersion: 1", *blocks]) + "\n" + end
    data = text.encode("utf-8", "replace")
    outcome(tmp_path_factory.getbasetemp(), "Packages", gzip.compress(data) if packed else data)


NAMES = st.sampled_from("abcd")
CLAUSES = st.lists(NAMES, min_size=1, max_size=3).map(" | ".join)
GOOD = st.lists(
    st.tuples(NAMES, st.lists(CLAUSES, max_size=3), st.lists(NAMES, max_size=2)), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(packages=GOOD)
def test_good_indexes_always_load(
    tmp_path_factory: pytest.TempPathFactory,
    packages: list[tuple[str, list[str], list[str]]],
) -> None:
    """Whatever is well formed loads, and every stanza is kept or counted as dropped."""
    text = "Package: z\nVersion: 1\n\n" + "\n\n".join(
        f"Package: {name}\nVersion: 1\nDepends: {', '.join(clauses)}\nProvides: {', '.join(given)}"
        for name, clauses, given in packages
    )
    tables = outcome(tmp_path_factory.getbasetemp(), "Packages", text.encode())
    assert isinstance(tables, Tables)
    again = sum(f.count for f in tables.report if "another stanza of a package" in f.reason)
    named = sum(f.count for f in tables.report if f.action == "invented")
    assert tables.entities.height - named + again == len(packages) + 1


@settings(max_examples=60, deadline=None)
@given(cut=st.floats(0, 1), flip=st.integers(0, 200))
def test_damaged_archives(tmp_path_factory: pytest.TempPathFactory, cut: float, flip: int) -> None:
    """A packed index that breaks off, or holds a wrong byte."""
    data = bytearray(gzip.compress(b"Package: a\nVersion: 1\nDepends: b\n\n" * 20))
    data[flip % len(data)] ^= 0x55
    outcome(tmp_path_factory.getbasetemp(), "Packages.gz", bytes(data[: int(cut * len(data)) + 1]))
