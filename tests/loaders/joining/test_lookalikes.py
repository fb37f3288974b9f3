"""Ids that differ only in what nobody sees, or in capitals: two entities, and told to be."""

import time
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.joining import lookalikes
from knockon.loaders.joining.lookalikes import find_lookalikes
from knockon.loaders.merge import load_tables


def told(tmp_path: Path, *pairs: tuple[str, str], **options: float) -> list[tuple[int, str]]:
    path = tmp_path / "g.csv"
    lines = ["dependent,provider", *(f'"{a}","{b}"' for a, b in pairs)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = load_tables([path], **options).report
    return [(f.count, "; ".join(f.examples)) for f in report if "differ only" in f.reason]


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("Acme Cloud", "Acme\u00a0Cloud", r"Acme\u00a0Cloud"),
        ("Foobar", "Foo\u200bbar", r"Foo\u200bbar"),
        ("Cafe\u0301", "Caf\u00e9", r"Cafe\u0301"),
        ("Stripe", "stripe", "Stripe and stripe"),
        ("Acme  Cloud", "Acme Cloud", "Acme Cloud"),
    ],
)
def test_what_nobody_tells_apart_is_told(tmp_path: Path, one: str, other: str, shown: str) -> None:
    """What is not seen is written out; --join-above joins them, and then nothing is left."""
    found = told(tmp_path, (one, "DB"), ("Shop", other))
    assert [n for n, _ in found] == [1]
    assert shown in found[0][1]
    assert told(tmp_path, (one, "DB"), ("Shop", other), join_above=0.97) == []


def test_others_are_let_be(tmp_path: Path) -> None:
    assert told(tmp_path, ("Acme", "DB"), ("Acme 2", "DB"), ("Caf\u00e9", "Cafe")) == []
    assert told(tmp_path, ("pkg:npm/A@1", "DB"), ("pkg:npm/a@1", "DB")) == []


def test_of_large_graphs_only_letters_beyond_ascii_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookalikes, "MOST", 3)
    pairs = [("Stripe", "DB"), ("Shop", "stripe"), ("Acme\u00a0Cloud", "DB"), ("X", "Acme Cloud")]
    assert [n for n, _ in told(tmp_path, *pairs)] == [1]


def test_a_large_graph_is_looked_at_in_no_time() -> None:
    ids = pl.Series([f"n{i}" for i in range(99_000)])
    frame = pl.DataFrame({"dependent": ids, "provider": ids.shift(1).fill_null("root")})
    tables = DependencyGraph.from_polars(frame).tables
    begun = time.process_time()
    assert find_lookalikes(tables) == []
    assert time.process_time() - begun < 20
