"""Three ways to say who stands on whom, the same: a lane each, in order, handed down."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.markets import find_markets
from knockon.graph.analysis.reliance import Reliance, count, find_links, lay_out
from knockon.graph.analysis.users import find_users
from tests.strategies import rows as random_rows
from tests.toys import dep, graph_of, group


def prepare(listed: list[dict[str, Any]], users: str) -> Reliance | None:
    graph = graph_of(*listed, entities=[{"id": i} for i in "abcdefg"])
    found = find_users(graph, list(users), None)
    markets = find_markets(graph, found, by=None, relation=None, kind=None)
    links = find_links(graph, markets)
    return lay_out(graph, found, markets, links) if markets.size else None


def check(reliance: Reliance) -> None:
    rows = np.arange(len(reliance.own.of_row))
    sets = reliance.find(rows)
    assert (reliance.find_lost(rows) == sets.lose).all()
    ones = np.ones(reliance.users)
    weights = np.arange(1.0, reliance.users + 1)
    every = np.ones(reliance.users, np.bool_)
    some = np.arange(reliance.users) % 2 == 0
    for circuit, bits in ((reliance.use.circuit, sets.use), (reliance.need.circuit, sets.need)):
        for weight in (ones, weights):
            for inside in (every, some):
                found = sum(p.count(weight, inside) for p in reliance.spread(circuit))
                assert (found == count(bits[inside], weight[inside])).all()


@given(random_rows(), st.sets(st.sampled_from("abcdefg"), min_size=1))
def test_three_ways_agree(listed: list[dict[str, Any]], users: set[str]) -> None:
    """On any graph, circles and groups and all."""
    reliance = prepare(listed, "".join(sorted(users)))
    if reliance is not None:
        check(reliance)


def test_more_users_and_providers_than_a_word(monkeypatch: Any) -> None:
    """200 users, 130 providers, groups of three that need two; a few words at a time."""
    monkeypatch.setattr("knockon.graph.analysis.footprints._CELLS", 700)
    monkeypatch.setattr("knockon.graph.analysis.footprints._BITS", 300)
    random = np.random.default_rng(5)
    listed = []
    for user in range(200):
        named = random.choice(130, 3, replace=False)
        listed += [dep(f"u{user}", f"p{p}", group="g", needs=2) for p in named]
        listed.append(dep(f"u{user}", f"p{random.integers(130)}", relation="runs"))
    listed += [dep(f"p{a}", f"p{b}") for a, b in random.integers(0, 130, (150, 2)) if a != b]
    listed += group("p0", ["p5", "p6"], needs=1)  # type: ignore[arg-type]
    graph = graph_of(*listed)
    users = find_users(graph, [f"u{i}" for i in range(200)], None)
    markets = find_markets(graph, users, by=None, relation=None, kind=None)
    check(lay_out(graph, users, markets, find_links(graph, markets)))
