"""A rollout in the circuit: those that wait for their ring are nodes of their own."""

from dataclasses import replace

import numpy as np

from knockon.graph.arrays import Bools, Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.rollout import STAGED


def find_staged_arcs(graph: DependencyGraph, circuit: Circuit, origins: Ints) -> Bools:
    """(A,) arcs by which the update itself comes: from an origin node, to those that run it."""
    relation = graph.dependencies["relation"].is_in(STAGED).to_numpy()
    fails = np.zeros(len(circuit.entity), np.bool_)
    fails[origins] = True
    by_ring: Bools = fails[circuit.provider] & relation[circuit.dependency[circuit.member]]
    return by_ring


def add_rings(graph: DependencyGraph, circuit: Circuit, arcs: Bools) -> Circuit:
    """The circuit with a node for each entity that waits for its ring, after all other nodes.

    arcs: (A,) those that come in rings. They then start at the new node of their dependent, and
    that is fed by the origin through a member without a dependency: what is drawn there is whether
    the entity's ring is reached.
    """
    n = len(circuit.entity)
    dependent = graph.dependent[circuit.dependency[circuit.member[arcs]]]
    waiting, first, node = np.unique(dependent, return_index=True, return_inverse=True)
    source = circuit.provider[arcs][first]
    provider = circuit.provider.copy()
    provider[arcs] = n + node
    k = len(waiting)
    number = np.arange(k)
    return replace(
        circuit,
        entity=np.concatenate([circuit.entity, waiting]),
        provider=np.concatenate([provider, source]),
        member=np.concatenate([circuit.member, len(circuit.dependency) + number]),
        foreign=np.concatenate([circuit.foreign, np.zeros(k, np.bool_)]),
        dependency=np.concatenate([circuit.dependency, np.full(k, -1)]),
        group=np.concatenate([circuit.group, len(circuit.node) + number]),
        node=np.concatenate([circuit.node, n + number]),
        threshold=np.concatenate([circuit.threshold, np.ones(k, np.int64)]),
        switch_of=np.concatenate([circuit.switch_of, np.full(k, -1)]),
    )
