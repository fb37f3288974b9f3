"""Strongly connected components, providers first: Python that `components_numba` compiles."""

from typing import Any


def find_components(
    start: Any, target: Any, order: Any, first: Any, component: Any, work: Any
) -> None:
    """Find the components of N nodes, providers before dependents (Tarjan 1972, no recursion).

    start: (N + 1,), target: (A,) the node at the dependent's end of each arc, by provider
    Filled in: order (N,) nodes by component; component (N,) number of each node's, the last first;
    first (N,) where each component begins, at its end; work (5 N + 1,) scratch, and then their
    number. Cost: O(N + A)
    """
    n = len(order)
    seen, low, at, stack, path = 0, n, 2 * n, 3 * n, 4 * n
    for i in range(5 * n):
        work[i] = -1
    for v in range(n):
        component[v] = -1
    counter, count, filled, height = 0, 0, n, 0
    for root in range(n):
        if work[seen + root] >= 0:
            continue
        depth = 0
        work[path] = root
        while depth >= 0:
            v = work[path + depth]
            if work[seen + v] < 0:
                work[seen + v] = work[low + v] = counter
                work[at + v] = start[v]
                work[stack + height] = v
                counter, height = counter + 1, height + 1
            deeper = False
            while work[at + v] < start[v + 1]:
                t = target[work[at + v]]
                if work[seen + t] < 0:
                    depth += 1
                    work[path + depth] = t
                    deeper = True
                    break
                if component[t] < 0:
                    work[low + v] = min(work[low + v], work[low + t])
                work[at + v] += 1
            if deeper:
                continue
            depth -= 1
            if work[low + v] == work[seen + v]:
                t = -1
                while t != v:
                    height -= 1
                    t = work[stack + height]
                    component[t] = count
                    filled -= 1
                    order[filled] = t
                count += 1
                first[n - count] = filled
    work[0] = count
