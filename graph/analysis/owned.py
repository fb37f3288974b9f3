"""Which dependencies lie between owners, and which inside one system.

What past incidents show is how many organisations, products or sites a failed vendor took along.
It says nothing of the parts of one system: containers, pods, packages, calls between services. So
the shipped strengths fill a dependency only where both ends have an owner, and not the same one:

- an organisation, or a site, is its own owner: every kind but those of parts; so is an entity of
  no stated kind, as in a plain list of who depends on whom;
- a part (`PARTS`) is owned by its nearest parent that is none; without one, a service that an
  organisation uses, or that runs on one, is a product and its own owner; other parts have none;
- what a reader of one system wrote (Compose, Kubernetes, Terraform, traces, bills of materials,
  package lists, catalogues, a CMDB: `inside` in `loaders/formats.py`) is never between owners.
"""

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Ints
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import INSIDE

PARTS = (
    "service", "component", "data_store", "function", "critical_function", "unassessed_function",
    "container", "device", "device_driver", "data", "file", "firmware", "framework", "library",
    "machine_learning_model", "operating_system", "application", "package", "api", "resource",
    "system", "pod", "node", "host", "namespace", "module", "database", "queue", "topic",
)  # fmt: skip
"""Kinds of what somebody owns, of all readers."""
STEPS = 32  # parents above parents


def find_between_owners(
    graph: DependencyGraph, dependencies: Ints, owner: Ints | None = None
) -> Bools:
    """(k,) whether each of these dependencies lies between two owners.

    owner: (n,) of each entity, itself where it is no part, -1 where it has none; None: to be found
    """
    kinds = graph.entities["kind"]
    part = kinds.is_in(PARTS).to_numpy()
    owner = _find_owners(graph, part) if owner is None else owner
    organisation = ~part & (kinds != "unknown").to_numpy()
    product = (kinds == "service").to_numpy() & (owner < 0)
    dependent, provider = graph.dependent[dependencies], graph.provider[dependencies]
    ends = []
    for one, other in ((dependent, provider), (provider, dependent)):
        ends.append(np.where(product[one] & organisation[other], one, owner[one]))
    between = (ends[0] >= 0) & (ends[1] >= 0) & (ends[0] != ends[1])
    if INSIDE in graph.dependencies.columns:
        inside = graph.dependencies[INSIDE].gather(dependencies).cast(pl.String)
        between &= ~(inside.str.to_lowercase() == "true").fill_null(False).to_numpy()
    found: Bools = between
    return found


def _find_owners(graph: DependencyGraph, part: Bools) -> Ints:
    """(n,) the owner of each entity, itself where it is no part; -1 where it has none."""
    number = pl.DataFrame({"parent": graph.entities["id"], "above": np.arange(graph.size)})
    parents = graph.entities.select("parent").join(
        number, on="parent", how="left", maintain_order="left"
    )
    above = parents["above"].fill_null(-1).to_numpy()
    owner = np.arange(graph.size)
    for _ in range(STEPS):
        climbing = (owner >= 0) & part[owner]
        if not climbing.any():
            break
        owner = np.where(climbing, above[owner], owner)
    return np.where((owner >= 0) & ~part[owner], owner, -1)
