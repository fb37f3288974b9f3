"""Every entity as the origin: all at once, against one fixpoint per origin.

One run, one graph; of so many origins that are spread over the ranking both must say the same. On
an index of Debian packages nothing is random: a lane is an origin. On R-MAT graphs every origin is
asked in the same worlds. Usage, with `pip install -e .[bench]`:

    python tests/bench/rank.py --scale 17 --edges 1000000 --probability 0.1 --worlds 256 --top 100
    python tests/bench/rank.py --debian                 the largest index among apt's lists
    python tests/bench/rank.py --debian Packages
"""

import argparse
import resource
import sys
import time
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import rmat

import knockon as ko
from knockon.graph.analysis.prepare import Whole, build_circuit_of
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run, blocks_of
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

LISTS = Path("/var/lib/apt/lists")
WITHDRAWN = {"mode": "withdrawal", "assume": 1.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=17)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--probability", type=float, default=0.1)
    parser.add_argument("--worlds", type=int, default=256)
    parser.add_argument("--top", type=int, default=100)
    parser.add_argument("--debian", nargs="?", const="", metavar="INDEX")
    parser.add_argument("--origins", type=int, default=40, help="asked one at a time")
    asked = parser.parse_args()
    begun = time.perf_counter()
    graph, options = make(asked)
    print(f"{graph!r}, laid out in {time.perf_counter() - begun:.1f} s")
    warm(options)
    begun = time.perf_counter(), time.process_time()
    ranking = ko.rank(graph, top=asked.top, **options)
    took, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    said = f"{ranking.origins:,} origins, {ranking.swept:,} swept"
    print(f"rank               {took:9.2f} s, {cpu:.2f} s of processor: {said}")
    if ranking.certificate["words"]:
        print(f"                   {ranking.certificate['words']}")
    print(ranking.rows.head(10).select("rank", "name", "hit_direct", "hit_indirect"))
    each = check_some(graph, ranking, options, asked.origins)
    print(f"one at a time      {each * ranking.origins:9.2f} s, {1e3 * each:.2f} ms each: "
          f"{each * ranking.origins / took:.1f} times ours")  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"same counts; peak memory of this process {peak:.2f} GiB, {cpu_count()} cores")


def make(asked: argparse.Namespace) -> tuple[DependencyGraph, dict[str, Any]]:
    """The graph, and the options of the question."""
    if asked.debian is None:
        provider, dependent = rmat.edges(asked.scale, asked.edges)
        graph = rmat.graph(provider, dependent, asked.probability)
        return graph, {"worlds": asked.worlds}
    found = sorted(LISTS.glob("*_Packages*"), key=lambda p: p.stat().st_size)
    index = asked.debian or (found[-1] if found else sys.exit("no index: apt-get update"))
    return ko.load(index), WITHDRAWN


def warm(options: dict[str, Any]) -> None:
    """Load what is compiled, which a graph of some size wants."""
    provider, dependent = rmat.edges(14, 120_000)
    ko.rank(rmat.graph(provider, dependent, 0.1), **options | {"worlds": 64})


def check_some(graph: DependencyGraph, ranking: Any, options: dict[str, Any], count: int) -> float:
    """Ask some origins one at a time, in the same worlds; seconds each."""
    rows = ranking.rows.with_columns(hit=pl.col("hit_direct") + pl.col("hit_indirect"))
    some = rows[np.unique(np.linspace(0, rows.height - 1, count).astype(int)).tolist()]
    scenario = Scenario.of(graph, (), **options)
    whole = build_circuit_of(graph, scenario)
    worlds = scenario.worlds or 1
    lanes, run = lay_out(graph, whole, scenario, worlds)
    ask(graph, whole, lanes, run, some["id"][0], worlds)  # lays out the draws
    begun = time.perf_counter()
    found = [ask(graph, whole, lanes, run, origin, worlds) for origin in some["id"]]
    each = (time.perf_counter() - begun) / len(found)
    assert np.allclose(found, some["hit"], rtol=1e-12, atol=1e-9), (found, some["hit"].to_list())
    return each


def lay_out(
    graph: DependencyGraph, whole: Whole, scenario: Scenario, worlds: int
) -> tuple[Lanes, Run]:
    circuit = whole.circuit
    draws = Draws.lay_out(graph, circuit, whole.strengths, mode=scenario.mode)
    return Lanes(circuit, -(-worlds // 64), compiled=True), Run.of(draws, scenario.seed)


def ask(
    graph: DependencyGraph, whole: Whole, lanes: Lanes, run: Run, origin: str, worlds: int
) -> float:
    """The expected number of others that one origin hits."""
    at, total = np.array([graph.find(origin)]), 0
    for block, hit in lanes.close(run, blocks_of(worlds, 8), at):
        by_entity = np.zeros((graph.size, hit.shape[1]), np.uint64)
        np.bitwise_or.at(by_entity, whole.circuit.entity, hit)
        total += int(np.bitwise_count(by_entity).sum()) - len(block.weight)
    return total / worlds


if __name__ == "__main__":
    main()
