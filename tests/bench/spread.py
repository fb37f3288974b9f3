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
from knockon.graph.engine.lanes import COMPILED_FROM, Lanes
from knockon.graph.engine.worlds import Run
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import load_shipped_rules

LONG = 16  # times as many worlds: what one more takes stands out from what all take


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
    rhos = (0.0,) if asked.rho is None else (0.0, asked.rho)
    sides = {rho: Side(provider, dependent, asked.probability, origin, rho) for rho in rhos}
    measure(sides.values(), asked.worlds)
    ours, seconds = sides[0.0].hits, min(sides[0.0].seconds)
    report("knockon, all cores", ours, seconds, None)
    if asked.rho is not None:
        shared = sides[asked.rho]
        report(f"the same, rho {asked.rho:g}", shared.hits, min(shared.seconds), None)
        say_cost(sides[0.0], shared, asked.worlds)
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


class Side:
    """The same graph with and without shared draws, ready to be closed and to be asked.

    hits: of each world; seconds, busy: a world, by the clock and of all processors, of each time
    that the kernel ran; whole: of all processors, of what-ifs by the number of their worlds
    """

    def __init__(self, provider, dependent, probability, origin, rho) -> None:  # type: ignore[no-untyped-def]
        graph = rmat.graph(provider, dependent, probability)
        circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
        strength = graph.dependencies["probability"].to_numpy()
        each = np.full(len(strength), rho) if rho else None
        self.run = Run.of(Draws.lay_out(graph, circuit, Strengths.known(strength), rho=each), 0)
        self.origin, self.at = str(origin), np.array([graph.find(str(origin))])
        self.kernel = Lanes(circuit, 16, compiled=True)
        self.graph = DependencyGraph.from_polars(graph.dependencies.with_columns(rho=pl.lit(rho)))
        self.hits, self.seconds, self.busy = np.zeros(0), [], []
        self.whole: dict[int, list[float]] = {}
        self.kernel.drawing(self.run, given=False), self.kernel.sharing(self.run)

    def close(self, worlds: int) -> None:
        start, begun = time.perf_counter(), time.process_time()
        blocks = self.run.random_worlds(worlds, 8)
        parts = list(self.kernel.close(self.run, blocks, self.at))
        self.seconds.append((time.perf_counter() - start) / worlds)
        self.busy.append((time.process_time() - begun) / worlds)
        self.hits = np.concatenate([per_world(hit, len(block.weight)) for block, hit in parts])

    def ask(self, worlds: int) -> None:
        begun = time.process_time()
        whatif(self.graph, self.origin, worlds=worlds)
        self.whole.setdefault(worlds, []).append(time.process_time() - begun)

    def count_work(self) -> tuple[int, int]:
        """Dependencies looked at, and drawn, in the first 512 worlds; checks who is hit."""
        wiring, draws = self.kernel.wiring(), self.run.draws
        place = np.full(len(draws.key), -1)
        place[self.run.uncertain] = np.arange(len(self.run.uncertain))
        member = self.kernel.circuit.member[wiring.arc]
        live = self.run.draw(0, 8)[place[draws.of_member[member]]]
        hit = np.zeros((len(wiring.row), 8), np.uint64)
        hit[wiring.row[self.at]] = ~np.uint64(0)
        work = peers.count_work(wiring.arcs.start, wiring.arcs.target, live, hit)
        assert np.array_equal(per_world(hit, 512), self.hits[:512])
        return work


def measure(sides, worlds) -> None:  # type: ignore[no-untyped-def]
    """In turns, so that a machine that others keep busy treats both alike."""
    for _round in range(7):
        for side in sides:
            side.close(worlds)
    if len(sides) > 1:
        least = find_least(next(iter(sides)), worlds)
        for _round in range(5):
            for number in (least, LONG * least):
                for side in sides:
                    side.ask(number)


def find_least(side: Side, worlds: int) -> int:
    """So many worlds, or as many as the compiled form pays for: both figures are of one form."""
    return max(worlds, 64 * -(-COMPILED_FROM // side.graph.dependencies.height))


def say_cost(plain: Side, shared: Side, worlds: int) -> None:
    """What a world with shared draws costs, in processor time; least of all rounds."""
    looked, drawn = (b / a for a, b in zip(plain.count_work(), shared.count_work(), strict=True))
    least = find_least(plain, worlds)
    more = [min(s.whole[LONG * least]) - min(s.whole[least]) for s in (plain, shared)]
    kernel = min(shared.busy) / min(plain.busy)
    print(
        f"A WORLD WITH SHARED DRAWS, rho 0 = 1: {more[1] / more[0]:.2f} of a whole what-if, "
        f"{kernel:.2f} in the kernel; {kernel / looked:.2f} for each dependency looked at "
        f"({looked:.2f} times as many), {kernel / drawn:.2f} for each drawn ({drawn:.2f} times); "
        f"a what-if of {least:,} worlds {min(shared.whole[least]) / min(plain.whole[least]):.2f}"
    )


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
