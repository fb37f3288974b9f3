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
