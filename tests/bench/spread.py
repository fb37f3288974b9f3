"""Worlds of an independent cascade: knockon's lane kernel, a compiled search, NDlib.

One run, one graph, one origin (that of highest out-degree); the means must agree within their
errors. Times leave out making the graph and compiling. Usage, with `pip install -e .[bench]`:

    python tests/bench/spread.py --scale 17 --edges 1000000 --probability 0.1
"""

import argparse
import resource
import time
from os import cpu_count

import numpy as np
import peers
import polars as pl
import rmat

from knockon.graph.analysis.whatif import whatif
from knockon.graph.engine.circuit import build_circuit
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import load_shipped_rules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--scale", type=int, default=17)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--probability", type=float, default=0.1)
    parser.add_argument("--worlds", type=int, default=1024)
    parser.add_argument("--peer-worlds", type=int, default=64)
    parser.add_argument("--ndlib-worlds", type=int, default=3, help="0 leaves NDlib out")
    parser.add_argument("--rho", type=float, help="also with draws shared by provider")
    asked = parser.parse_args()
    provider, dependent = rmat.edges(asked.scale, asked.edges)
    origin = rmat.hub(provider)
    print(f"R-MAT: {1 << asked.scale:,} nodes, {len(provider):,} edges, p {asked.probability:g}")
    ours, seconds, busy = lanes(provider, dependent, asked.probability, origin, asked.worlds)
    report("knockon, all cores", ours, seconds, None)
    if asked.rho is not None:
        both, longer, busier = lanes(
            provider, dependent, asked.probability, origin, asked.worlds, asked.rho
        )
        report(f"the same, rho {asked.rho:g}", both, longer, None)
        plain, shared = (
            whole(provider, dependent, asked.probability, origin, asked.worlds, rho)
            for rho in (0.0, asked.rho)
        )
        print(
            f"a world with shared draws takes {longer / seconds:.2f} times one without, "
            f"{busier / busy:.2f} times the work of the processors; as a world more of a whole "
            f"what-if {shared / plain:.2f} times"
        )
    theirs, peer = search(provider, dependent, asked.probability, origin, asked.peer_worlds)
    report("compiled search, one core", theirs, peer, seconds)
    agree(ours, theirs)
    if asked.ndlib_worlds:
        found, each = peers.ndlib_worlds(
            provider, dependent, asked.probability, origin, asked.ndlib_worlds
        )
        report("NDlib, one core", found, each, seconds)
        agree(ours, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of this process {peak:.2f} GiB, {cpu_count()} cores")


def lanes(provider, dependent, probability, origin, worlds, rho=0.0):  # type: ignore[no-untyped-def]
    """Hits of each world, seconds a world, and seconds of all processors a world.

    rho: of the dependencies of each provider
    """
    graph = rmat.graph(provider, dependent, probability)
    circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
    strength = graph.dependencies["probability"].to_numpy()
    shared = np.full(len(strength), rho) if rho else None
    run = Run.of(Draws.lay_out(graph, circuit, Strengths.known(strength), rho=shared), 0)
    kernel = Lanes(circuit, worlds // 64, compiled=True)
    kernel.wiring()
    _ = run.keys, run.sharing
    at = np.array([graph.find(str(origin))])
    best, busy, hits = np.inf, np.inf, np.zeros(0)
    for _repeat in range(3):
        start, begun, parts = time.perf_counter(), time.process_time(), []
        for block, hit in kernel.close(run, run.random_worlds(worlds, 8), at):
            parts.append((block, hit))
        best = min(best, time.perf_counter() - start)
        busy = min(busy, time.process_time() - begun)
    hits = np.concatenate([per_world(hit, len(block.weight)) for block, hit in parts])
    return hits, best / worlds, busy / worlds


def whole(provider, dependent, probability, origin, worlds, rho):  # type: ignore[no-untyped-def]
    """Seconds of all processors that a world more takes in a what-if: drawn, spread, added up."""
    table = rmat.graph(provider, dependent, probability).dependencies.with_columns(rho=pl.lit(rho))
    graph = DependencyGraph.from_polars(table)
    best = dict.fromkeys((worlds, 4 * worlds), np.inf)
    for _repeat in range(3):
        for number in best:
            begun = time.process_time()
            whatif(graph, str(origin), worlds=number)
            best[number] = min(best[number], time.process_time() - begun)
    return (best[4 * worlds] - best[worlds]) / (3 * worlds)


def per_world(hit, worlds):  # type: ignore[no-untyped-def]
    from knockon.graph.engine.sums import add_up

    return add_up(hit, np.ones(len(hit)), worlds)


def search(provider, dependent, probability, origin, worlds):  # type: ignore[no-untyped-def]
    order = np.argsort(provider, kind="stable")
    n = int(max(provider.max(), dependent.max())) + 1
    start = np.searchsorted(provider[order], np.arange(n + 1))
    target = dependent[order].astype(np.int32)
    seen, queue = np.zeros(n, np.uint8), np.zeros(n, np.int32)
    limit = np.uint64(round(probability * 2**32))
    peers.cascade(start, target, limit, 0, origin, seen, queue)  # compiles
    best = np.inf
    for _repeat in range(3):
        begun = time.perf_counter()
        hits = [
            peers.cascade(start, target, limit, w + 1, origin, seen, queue) for w in range(worlds)
        ]
        best = min(best, time.perf_counter() - begun)
    return np.array(hits), best / worlds


def report(name, hits, seconds, ours):  # type: ignore[no-untyped-def]
    ratio = "" if ours is None else f", {seconds / ours:,.0f} times ours"
    error = hits.std() / len(hits) ** 0.5
    print(
        f"{name:28} {1e3 * seconds:10.4f} ms a world, {hits.mean():,.0f} ± {error:,.0f} hit{ratio}"
    )


def agree(ours, theirs):  # type: ignore[no-untyped-def]
    """The means differ by less than five standard errors."""
    error = (ours.var() * (1 / len(ours) + 1 / len(theirs))) ** 0.5
    assert abs(ours.mean() - theirs.mean()) <= 5 * error + 1e-9, (ours.mean(), theirs.mean())


if __name__ == "__main__":
    main()
