"""Who is within reach of one failure, all strengths 1: knockon, scipy, igraph, rustworkx.

One run, one graph, the same origin; all must give the same number of entities. Times leave out
making each library's graph. Usage, with `pip install -e .[bench]`:

    python tests/bench/reach.py --scale 20 --edges 10000000
"""

import argparse
import resource
import time
from collections.abc import Callable

import igraph
import numpy as np
import rmat
import rustworkx
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order

from knockon.graph.engine.circuit import build_circuit
from knockon.graph.engine.lanes import Lanes
from knockon.graph.scenario.modes import load_shipped_rules


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=20)
    parser.add_argument("--edges", type=int, default=10_000_000)
    asked = parser.parse_args()
    provider, dependent = rmat.edges(asked.scale, asked.edges)
    origin, n = rmat.hub(provider), 1 << asked.scale
    print(f"R-MAT: {n:,} nodes, {len(provider):,} edges")
    ours, expected = timed(knockon(provider, dependent, origin))
    print(f"knockon    {1e3 * ours:9.1f} ms, {expected:,} reached")
    peers = {"scipy": scipy, "igraph": by_igraph, "rustworkx": by_rustworkx}
    for name, make in peers.items():
        seconds, reached = timed(make(provider, dependent, origin, n))
        assert reached == expected, (name, reached, expected)
        print(f"{name:10} {1e3 * seconds:9.1f} ms, {seconds / ours:.1f} times ours")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of this process {peak:.2f} GiB")


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """The best of three, and the answer."""
    best, answer = np.inf, 0
    for _repeat in range(3):
        begun = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - begun)
    return float(best), answer


def knockon(provider: rmat.Ints, dependent: rmat.Ints, origin: int) -> Callable[[], int]:
    graph = rmat.graph(provider, dependent, 1.0)
    circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
    lanes = Lanes(circuit, 1, compiled=True)
    live = np.ones(len(circuit.dependency), np.bool_)
    stuck = np.zeros(len(circuit.node), np.bool_)
    at = np.array([graph.find(str(origin))])
    lanes.wiring()
    return lambda: int(lanes.reach(live, stuck, at).sum())


def scipy(provider: rmat.Ints, dependent: rmat.Ints, origin: int, n: int) -> Callable[[], int]:
    matrix = csr_matrix((np.ones(len(provider), np.int8), (provider, dependent)), shape=(n, n))
    return lambda: len(breadth_first_order(matrix, origin, return_predecessors=False))


def by_igraph(provider: rmat.Ints, dependent: rmat.Ints, origin: int, n: int) -> Callable[[], int]:
    graph = igraph.Graph(n, np.column_stack([provider, dependent]), directed=True)
    return lambda: len(graph.subcomponent(origin, mode="out"))


def by_rustworkx(
    provider: rmat.Ints, dependent: rmat.Ints, origin: int, n: int
) -> Callable[[], int]:
    graph = rustworkx.PyDiGraph(multigraph=False)
    graph.add_nodes_from(range(n))
    graph.add_edges_from_no_data(list(zip(provider.tolist(), dependent.tolist(), strict=True)))
    return lambda: len(rustworkx.descendants(graph, origin)) + 1


if __name__ == "__main__":
    main()
