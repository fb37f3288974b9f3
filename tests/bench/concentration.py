"""Who stands on whom, all providers at once, against one search per provider.

Of so many providers that are spread over the answer both must count the same users, themselves and
through chains. Usage, with `pip install -e .[bench]`:

    python tests/bench/concentration.py                    an R-MAT graph
    python tests/bench/concentration.py --debian           the largest index among apt's lists
    python tests/bench/concentration.py --debian Packages
"""

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import rmat

import knockon as ko
from knockon.graph.analysis.concentration import concentration
from knockon.graph.model.graph import DependencyGraph

LISTS = Path("/var/lib/apt/lists")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=int, default=14)
    parser.add_argument("--edges", type=int, default=60_000)
    parser.add_argument("--debian", nargs="?", const="", default=None)
    parser.add_argument("--providers", type=int, default=200)
    asked = parser.parse_args()
    begun = time.perf_counter()
    graph = read(asked)
    print(f"{graph!r}: loaded in {time.perf_counter() - begun:.1f} s")
    concentration(graph, relation="any", unions=0)  # compiles, once for this machine
    wall, cpu = time.perf_counter(), time.process_time()
    answer = concentration(graph, relation="any", among=graph.ids, unions=0)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    rows = answer.rows.select("id", "users_all")
    chosen = np.unique(
        np.linspace(0, rows.height - 1, min(asked.providers, rows.height), dtype=int)
    )
    ids, counts = rows["id"].gather(chosen).to_list(), rows["users_all"].gather(chosen).to_list()
    begun = time.perf_counter()
    found = count_by_search(graph, ids)
    each = (time.perf_counter() - begun) / len(ids)
    if found != counts:
        both = zip(ids, counts, found, strict=True)
        sys.exit(f"not the same users: {[one for one in both if one[1] != one[2]][:5]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{rows.height:,} providers in {wall:.2f} s ({cpu:.2f} s of processor), C and I of each; "
        f"networkx {1000 * each:.2f} ms a provider, users alone: {each * rows.height:.0f} s for "
        f"all; ratio {each * rows.height / wall:.0f}; {len(ids):,} checked; {peak:.0f} MB"
    )


def read(asked: argparse.Namespace) -> DependencyGraph:
    if asked.debian is None:
        return rmat.graph(*rmat.edges(asked.scale, asked.edges), 1.0)
    indexes = LISTS.glob("*_Packages*")
    return ko.load(asked.debian or max(indexes, key=lambda p: p.stat().st_size))


def count_by_search(graph: DependencyGraph, ids: Sequence[str]) -> list[int]:
    """The users of each, by networkx: whoever a chain of dependencies leads to, spares included."""
    reverse = nx.DiGraph(zip(graph.provider.tolist(), graph.dependent.tolist(), strict=True))
    return [len(nx.descendants(reverse, graph.find(i))) for i in ids]


if __name__ == "__main__":
    main()
