"""Worlds with times: knockon's timeline kernel, its naive twin, and an event simulation on a heap.

One run, one R-MAT graph, one origin (that of highest out-degree), hours on every dependency and
entity. The event simulation is written as one would without this project: a heap of events, one
world at a time, in Python, on the same draws; it must find the same outages. The naive twin of the
tests runs on a small graph only. Usage, with `pip install -e .[bench]`:

    PYTHONPATH=. python tests/bench/timeline.py --scale 17 --edges 1000000 --probability 0.1
"""

import argparse
import time
from heapq import heappop, heappush
from os import cpu_count
from typing import Any

import numpy as np
import polars as pl
import rmat
from tests.reference_time import world_of
from tests.timed import prepared_with

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import LONGEST
from knockon.graph.scenario.scenario import Scenario

HOURS, GRACE, REPAIR = 24.0, 4.0, 6.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--scale", type=int, default=17)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--probability", type=float, default=0.1)
    parser.add_argument("--worlds", type=int, default=128)
    parser.add_argument("--peer-worlds", type=int, default=3)
    parser.add_argument("--twin-worlds", type=int, default=3)
    asked = parser.parse_args()
    graph, scenario = question(asked.scale, asked.edges, asked.probability)
    print(f"{graph!r}, p {asked.probability:g}, {cpu_count()} cores")
    ours, each = kernel(graph, scenario, asked.worlds)
    print(f"{'knockon, all cores':28} {1e3 * each:10.3f} ms a world")
    alone = one_core(graph, scenario)
    print(
        f"{'knockon, one core':28} {1e3 * alone:10.3f} ms a world, {1 / alone:,.0f} worlds a second"
    )
    theirs, peer = simulated(graph, scenario, asked.peer_worlds)
    print(
        f"{'event heap, one core':28} {1e3 * peer:10.3f} ms a world, {peer / alone:,.0f} times ours"
    )
    same(graph, ours, theirs)
    small, little = question(6, 150, 0.3)
    found, _ = kernel(small, little, 64)
    fast = one_core(small, little)
    begun = time.perf_counter()
    twins = [world_of(small, little, w)[0] for w in range(asked.twin_worlds)]
    naive = (time.perf_counter() - begun) / asked.twin_worlds
    print(f"{small!r}: kernel {1e3 * fast:.4f} ms, naive twin {1e3 * naive:.1f} ms a world, "
          f"{naive / fast:,.0f} times ours")  # fmt: skip
    same(small, found, twins)
    print("all found the same outages")


def question(scale: int, edges: int, probability: float) -> tuple[DependencyGraph, Scenario]:
    """A graph with hours in steps of 0.1, so that much happens at one moment; its hub fails."""
    provider, dependent = rmat.edges(scale, edges)
    random = np.random.default_rng(2)
    n, m = 1 << scale, len(provider)
    graph = DependencyGraph.from_polars(
        pl.DataFrame(
            {"dependent": dependent.astype(str), "provider": provider.astype(str),
             "probability": np.full(m, probability),
             "grace_hours": np.round(random.uniform(0, GRACE, m), 1)}
        ),
        pl.DataFrame(
            {"id": np.arange(n).astype(str),
             "repair_hours": np.round(random.uniform(0, REPAIR, n), 1),
             "backlog": np.round(random.uniform(0, 0.2, n), 2)}
        ),
    )  # fmt: skip
    return graph, Scenario.of(graph, str(rmat.hub(provider)), hours=HOURS)


def kernel(graph: DependencyGraph, scenario: Scenario, worlds: int) -> tuple[Any, float]:
    """[(start, end)] of all entities in the first worlds, and seconds a world on all cores."""
    asked, run, timeline = prepared(graph, scenario)
    best, parts = np.inf, []
    for _ in range(2):
        begun = time.perf_counter()
        blocks = run.random_worlds(worlds, timeline.words)
        parts = [times for _, times in timeline.times(run, blocks, compiled=True)]
        best = min(best, time.perf_counter() - begun)
    n = len(graph.ids)
    found = []
    for w in range(8):
        start, end = np.full(n, np.inf), np.full(n, -np.inf)
        start[asked.circuit.entity], end[asked.circuit.entity] = (
            parts[0].start[:, w], parts[0].end[:, w],
        )  # fmt: skip
        found.append((start, end))
    return found, best / worlds


def one_core(graph: DependencyGraph, scenario: Scenario) -> float:
    """Seconds a world of one block on one core."""
    _, run, timeline = prepared(graph, scenario)
    (block,) = run.random_worlds(64, 1)
    begun = time.process_time()
    timeline._times(run, block, compiled=True)
    return (time.process_time() - begun) / 64


def prepared(graph: DependencyGraph, scenario: Scenario) -> Any:
    asked, run, timeline = prepared_with(graph, scenario, 0.5)
    _ = run.keys, run.limits
    return asked, run, timeline


def simulated(graph: DependencyGraph, scenario: Scenario, worlds: int) -> tuple[Any, float]:
    """The same outages by events on a heap: an entity falls, and tells its dependents when.

    Entities of one component are settled by the time at which they fall, components one after
    another (networkx orders them), as the design has it.
    """
    import networkx as nx

    asked, run, _ = prepared(graph, scenario)
    (block,) = run.random_worlds(64, 1)
    words, _ = run.live_and_stuck(block)
    live = words[:, 0].tolist()
    c = asked.kernel
    target = c.node[c.group[c.member]]
    arcs = nx.DiGraph(zip(c.provider.tolist(), target.tolist(), strict=True))
    arcs.add_nodes_from(range(len(c.entity)))
    whole = nx.condensation(arcs)
    rank = np.zeros(len(c.entity), np.int64)
    for place, component in enumerate(nx.topological_sort(whole)):
        rank[list(whole.nodes[component]["members"])] = place
    dependents: list[list[tuple[int, int]]] = [[] for _ in c.entity]
    for p, m, d in zip(c.provider.tolist(), c.member.tolist(), target.tolist(), strict=True):
        dependents[p].append((m, d))
    grace = graph.dependencies["grace_hours"].to_numpy()[c.dependency].tolist()
    people = [graph.entities[k].to_numpy()[c.entity].tolist() for k in ("repair_hours", "backlog")]
    origins = asked.origins.tolist()
    found = []
    begun = time.perf_counter()
    for world in range(worlds):
        done = simulate(dependents, rank.tolist(), live, world, grace, people, origins)
        start, end = (np.full(len(graph.ids), v) for v in (np.inf, -np.inf))
        for node, (a, b) in done.items():
            start[c.entity[node]], end[c.entity[node]] = a, b
        found.append((start, end))
    return found, (time.perf_counter() - begun) / worlds


def simulate(  # type: ignore[no-untyped-def]
    dependents, rank, live, world, grace, people, origins
) -> dict[int, tuple[float, float]]:
    repair, backlog = people
    cause = dict.fromkeys(origins, (0.0, HOURS))  # first break and last mend so far
    done: dict[int, tuple[float, float]] = {}
    heap = [(rank[v], 0.0, v) for v in origins]
    while heap:
        place, now, _ = heap[0]
        wave = []
        while heap and heap[0][:2] == (place, now):
            v = heappop(heap)[2]
            if v in done:
                continue
            a, b = cause[v]
            over = b if v in origins else b + repair[v] + backlog[v] * (b - a)
            done[v] = (a, min(over, LONGEST))
            wave.append(v)
        for v in wave:
            a, b = done[v]
            for m, d in dependents[v]:
                since = a + grace[m]
                if d not in done and live[m] >> world & 1 and since < b:
                    first, last = cause.get(d, (since, b))
                    cause[d] = (min(first, since), max(last, b))
                    heappush(heap, (rank[d], cause[d][0], d))
    return done


def same(graph: DependencyGraph, ours: Any, theirs: Any) -> None:
    """The same outages, to the last bit."""
    for (start, end), other in zip(ours, theirs, strict=False):
        if isinstance(other, dict):
            down = {graph.ids[i]: (start[i], end[i]) for i in np.flatnonzero(start < np.inf)}
            assert down == other
        else:
            assert np.array_equal(start, other[0])
            assert np.array_equal(end, other[1])


if __name__ == "__main__":
    main()
