"""Who stands above whom: parents, and services that are nothing but their operator's work."""

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Ints
from knockon.graph.model.graph import DependencyGraph


def find_parents(graph: DependencyGraph) -> Ints:
    """(n,) number of the parent of each entity, -1 where it has none that is an entity."""
    ids = graph.entities.select("id", pl.int_range(pl.len(), dtype=pl.Int64).alias("number"))
    found = graph.entities.select("parent").join(
        ids, left_on="parent", right_on="id", how="left", maintain_order="left"
    )
    parents: Ints = found["number"].fill_null(-1).to_numpy().copy()
    parents[parents == np.arange(graph.size)] = -1
    return parents


def find_nearest(above: Ints, wanted: Bools) -> Ints:
    """(n,) the nearest that is wanted, of each and of those above it; -1 where there is none.

    above: (n,) who stands above each, -1 for nobody
    """
    n = len(above)
    hop = np.append(np.where(wanted, np.arange(n), np.where(above < 0, n, above)), n)
    hop = _follow(hop)[:n]
    nobody = (hop == n) | ~np.append(wanted, False)[hop]  # in a circle of parents nobody is wanted
    return np.where(nobody, -1, hop)


def find_tops(above: Ints) -> Ints:
    """(n,) who stands above all, of each; in a circle the one of the lowest number."""
    n = len(above)
    hop = np.where(above < 0, np.arange(n), above)
    top = _follow(hop)
    for number in np.flatnonzero(hop[top] != top).tolist():
        circle, at = [], int(top[number])
        while at not in circle:
            circle.append(at)
            at = int(hop[at])
        top[number] = min(circle)
    return top


def find_operators(graph: DependencyGraph) -> Ints:
    """(n,) who each entity is the work of: the parent that operates it, for sure and alone (a
    service in a register and the provider who renders it), else itself."""
    parents = find_parents(graph)
    sure = graph.dependencies.select(
        (pl.col("relation") == "operated_by") & (pl.col("probability") == 1).fill_null(False)
        & pl.col("group").is_null()
    ).to_series().to_numpy()  # fmt: skip
    own = np.flatnonzero(sure & (parents[graph.dependent] == graph.provider))
    above = np.full(graph.size, -1)
    above[graph.dependent[own]] = graph.provider[own]
    return find_tops(above)


def find_groups(graph: DependencyGraph) -> pl.Series:
    """(n,) the group of companies of each entity: the id of the parent above all parents, or its
    name where it is no entity itself."""
    tops = find_tops(find_parents(graph))
    stated = graph.entities.select(pl.coalesce("parent", "id")).to_series()
    ids = graph.entities["id"]
    # in a circle the parent of the top is one of those below it
    known = stated.is_in(ids.implode())
    return pl.select(pl.when(known).then(ids).otherwise(stated)).to_series().gather(tops)


def _follow(hop: Ints) -> Ints:
    """Where each ends up that goes on hopping: by doubling, so that long chains cost little."""
    for _ in range(len(hop).bit_length()):
        further = hop[hop]
        if (further == hop).all():
            break
        hop = further
    return hop
