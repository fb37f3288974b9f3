"""What a user could pick instead: a compiled breadth-first search, one world at a time; NDlib."""

import time
from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def cascade(
    start: Any, target: Any, limit: Any, seed: Any, origin: Any, seen: Any, queue: Any
) -> Any:
    """Entities hit in one world of an independent cascade: CSR, a byte a node, xorshift draws."""
    seen[:] = 0
    state = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(1)
    seen[origin], queue[0], head, tail = 1, origin, 0, 1
    while head < tail:
        v = queue[head]
        head += 1
        for a in range(start[v], start[v + 1]):
            t = target[a]
            if seen[t] == 0:
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                if (state >> np.uint64(32)) < limit:
                    seen[t] = 1
                    queue[tail] = t
                    tail += 1
    return tail


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _count_ones(word: Any) -> int:
    ones = 0
    while word != 0:
        word &= word - np.uint64(1)
        ones += 1
    return ones


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def count_work(start: Any, target: Any, live: Any, hit: Any) -> tuple[int, int]:
    """Arcs looked at, and drawn, by a worklist over 8 words of worlds; live: (A, 8) of each arc.

    hit: (N, 8) at the start, and then at the end. As in the lane kernel, who has 64 arcs or more
    waits once while less than a fifth as many lanes are newly hit as lack.
    """
    passed, out = np.zeros_like(hit), np.zeros(8, np.uint64)
    queue, queued = np.zeros(len(hit) + 1, np.int64), np.zeros(len(hit), np.bool_)
    head = tail = looked = drawn = 0
    for v in range(len(hit)):
        if hit[v].any():
            queue[tail], queued[v] = v, True
            tail += 1
    while head != tail:
        v = queue[head]
        head = (head + 1) % len(queue)
        if v < 0:
            v = ~v
        elif head != tail and start[v + 1] - start[v] >= 64:
            fresh = lacking = 0
            for w in range(8):
                fresh += _count_ones(hit[v, w] & ~passed[v, w])
                lacking += _count_ones(~hit[v, w])
            if 5 * fresh < lacking:
                queue[tail] = ~v
                tail = (tail + 1) % len(queue)
                continue
        queued[v] = False
        for w in range(8):
            out[w] = hit[v, w] & ~passed[v, w]
            passed[v, w] = hit[v, w]
        for a in range(start[v], start[v + 1]):
            t, wanted, new = target[a], False, False
            for w in range(8):
                missing = out[w] & ~hit[t, w]
                wanted |= missing != 0
                new |= missing & live[a, w] != 0
                hit[t, w] |= missing & live[a, w]
            looked += 1
            drawn += wanted
            if new and not queued[t]:
                queue[tail], queued[t] = t, True
                tail = (tail + 1) % len(queue)
    return looked, drawn


def ndlib_worlds(
    provider: Any, dependent: Any, probability: float, origin: int, worlds: int
) -> tuple[Any, float]:
    """Hits of some worlds of NDlib's independent cascades (Kempe et al. 2003), seconds a world."""
    import networkx as nx
    from ndlib.models import ModelConfig
    from ndlib.models.epidemics import IndependentCascadesModel

    graph = nx.DiGraph()
    graph.add_edges_from(zip(provider.tolist(), dependent.tolist(), strict=True))
    model = IndependentCascadesModel(graph)
    config = ModelConfig.Configuration()
    for edge in graph.edges():
        config.add_edge_configuration("threshold", edge, probability)
    config.add_model_initial_configuration("Infected", [origin])
    model.set_initial_status(config)
    found, begun = [], time.perf_counter()
    for world in range(worlds):
        np.random.seed(world)
        model.reset()
        while True:
            step = model.iteration(node_status=False)
            if step["node_count"][1] == 0:
                break
        found.append(step["node_count"][1] + step["node_count"][2])
    return np.array(found), (time.perf_counter() - begun) / worlds
