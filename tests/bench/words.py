"""Why a row of the lane kernel has 8 words: time a world and core with 2, 4, 8 and 16.

Each width runs in a process of its own with the kernel compiled for it (not cached), on the same
R-MAT graph, origin and worlds; all must hit the same. Usage: python tests/bench/words.py
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

WIDTHS = (2, 4, 8, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=17)
    parser.add_argument("--edges", type=int, default=1_000_000)
    parser.add_argument("--probability", type=float, default=0.1)
    parser.add_argument("--width", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.width:
        print(*measure(asked.width, asked.scale, asked.edges, asked.probability))
        return
    found = {}
    for width in WIDTHS:
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, *sys.argv, "--width", str(width)]
            told = {**os.environ, "NUMBA_CACHE_DIR": cache}
            done = subprocess.run(command, env=told, check=True, capture_output=True, text=True)
        found[width] = tuple(map(float, done.stdout.split()))
    assert len({hit for _, hit in found.values()}) == 1, found
    for width, (seconds, _) in found.items():
        ratio = seconds / found[8][0]
        print(f"{width:3} words: {1e3 * seconds:8.4f} ms a world, {ratio:.2f} times that of 8")


def measure(width: int, scale: int, edges: int, probability: float) -> tuple[float, float]:
    """Seconds a world on one core with rows of so many words, and the mean number hit."""
    import rmat

    from knockon.graph.engine.kernels import layout

    layout.WORDS, layout.ROW = width, 8 * width  # before the kernels are compiled

    from knockon.graph.engine.circuit import build_circuit
    from knockon.graph.engine.draws import Draws, Strengths
    from knockon.graph.engine.kernels.closure_numba import Scratch, close, size_scratch
    from knockon.graph.engine.lanes import Lanes
    from knockon.graph.engine.uniforms import ALL
    from knockon.graph.engine.worlds import Run
    from knockon.graph.scenario.modes import load_shipped_rules

    provider, dependent = rmat.edges(scale, edges)
    graph = rmat.graph(provider, dependent, probability)
    circuit, _ = build_circuit(graph, "outage", load_shipped_rules())
    strength = graph.dependencies["probability"].to_numpy()
    run = Run.of(Draws.lay_out(graph, circuit, Strengths.known(strength)), 0)
    lanes = Lanes(circuit, 1, compiled=True)
    wired, drawing = lanes.wiring(), lanes.drawing(run, given=False)
    scratch = Scratch.of(*size_scratch(wired))
    at = np.array([graph.find(str(rmat.hub(provider)))])
    start, best = np.full((1, width), ALL), np.inf
    for _repeat in range(3):
        begun, hits = time.perf_counter(), 0
        for first in range(0, 16, width):
            worlds = layout.Worlds.of(first, None)
            hit = close(wired, drawing, worlds, at, start, scratch)
            hits += int(np.bitwise_count(hit).sum())
        best = min(best, time.perf_counter() - begun)
    return best / 1024, hits / 1024


if __name__ == "__main__":
    main()
