"""Where more loss can mean less outage: places at which low and high runs keep no order.

With higher strengths more members are lost, and where one interval of a provider holds another, so
do those of its dependents: start + grace and end + repair + backlog * (end - start) keep the order,
and so does the count of lost members at a moment. Two places do not: a group whose switch costs
hours has its outage earlier where its member is lost earlier, and in a cycle an entity that fails
earlier sees fewer of the others. Where something unknown is lost before such a place, nothing is
known of the order of the runs behind it.
"""

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.times import Timeline


def find_unordered(prepared: Prepared, timeline: Timeline) -> Bools:
    """(E,) entities that such a place can reach behind an unknown; origins are facts, and none."""
    circuit, draws = prepared.kernel, prepared.draws
    low, _, high = draws.strengths
    unknown = (low != high)[draws.of_member]  # (M,)
    target = circuit.targets
    touched = np.zeros(len(circuit.entity), np.bool_)
    touched[target[unknown[circuit.member]]] = True
    touched = _spread(circuit, touched)
    lost_unsure = unknown.copy()  # members that may be lost otherwise in another run
    lost_unsure[circuit.member[touched[circuit.provider]]] = True
    places = _switches(circuit, timeline, lost_unsure) | (_cycles(timeline) & touched)
    reached = _spread(circuit, places)
    found: Bools = prepared.nodes.join(reached, np.logical_or) & ~prepared.is_origin
    return found


def _switches(circuit: Circuit, timeline: Timeline, unsure: Bools) -> Bools:
    """(N,) nodes of groups with a spare whose switch costs hours, where a member is unsure."""
    shape = timeline.shape
    pauses = (shape.pause > 0) | (shape.pause_row >= 0)
    spare = circuit.threshold > 1
    of_group = np.zeros(len(circuit.node), np.bool_)
    of_group[circuit.group[pauses]] = True
    unsure_group = np.zeros(len(circuit.node), np.bool_)
    unsure_group[circuit.group[unsure]] = True
    found = np.zeros(len(circuit.entity), np.bool_)
    found[circuit.node[of_group & unsure_group & spare]] = True
    return found


def _cycles(timeline: Timeline) -> Bools:
    """(N,) nodes on a cycle."""
    sizes = np.diff(timeline.shape.first)
    found: Bools = sizes[timeline.shape.component] > 1
    return found


def _spread(circuit: Circuit, start: Bools) -> Bools:
    """(N,) what the nodes lead to, themselves included."""
    reached = start.copy()
    frontier = np.flatnonzero(reached)
    while frontier.size:
        nodes = np.unique(circuit.node[circuit.groups_after(frontier)])
        frontier = nodes[~reached[nodes]]
        reached[frontier] = True
    return reached
