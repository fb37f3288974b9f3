"""The kernels run on worlds that a test makes up, for comparing them with the reference."""

from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from knockon.graph.engine.circuit import build_circuit
from knockon.graph.engine.kernels.closure_numpy import close, unpack
from knockon.graph.engine.kernels.losses_numpy import spread_loss
from knockon.graph.engine.uniforms import ALL
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.reference import Model, World

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lanes:
    """Worlds as booleans: live (m, L) by dependency, failed (groups, L) by number of group."""

    live: Bools
    failed: Bools

    @classmethod
    def at_random(cls, graph: DependencyGraph, lanes: int, seed: int) -> "Lanes":
        """Worlds in which every dependency may be live, and every switch fail that can."""
        model, random = Model.of(graph), Random(seed)
        bias = [random.choice((0.3, 0.6, 0.9)) for _ in model.deps]
        live = [[random.random() < b for _ in range(lanes)] for b in bias]
        count = len(model.groups)
        failed = np.zeros((count, lanes), bool)
        for row, number in enumerate(graph.group_of.tolist()):
            if model.deps[row].switch_probability < 1:
                failed[number] = [random.random() < 0.3 for _ in range(lanes)]
        return cls(np.array(live, bool).reshape(len(model.deps), lanes), failed)

    @property
    def count(self) -> int:
        return self.live.shape[1]

    def world(self, graph: DependencyGraph, lane: int) -> World:
        """One lane in the words of the reference."""
        model, numbers = Model.of(graph), graph.group_of.tolist()
        live = frozenset(np.flatnonzero(self.live[:, lane]).tolist())
        failed = {d.key for d in model.deps if self.failed[numbers[d.row], lane]}
        return World(live, frozenset(failed))


def hit_by(graph: DependencyGraph, scenario: Scenario, lanes: Lanes) -> list[set[str]]:
    """The entities that the lane kernel hits, lane by lane."""
    circuit, _ = build_circuit(graph, scenario.mode, scenario.rules)
    hit = np.zeros((len(circuit.entity), -(-lanes.count // 64)), np.uint64)
    hit[[graph.find(o.id) for o in scenario.origins]] = ALL
    live = _words(lanes.live)[circuit.dependency]
    live[_of_origins(graph, circuit, scenario)] = 0
    found = close(circuit, live, _stuck(graph, circuit, _words(lanes.failed)), hit, _barred(
        graph, circuit, scenario))  # fmt: skip
    by_entity = unpack(found, lanes.count).reshape(-1, len(graph.ids), lanes.count).any(axis=0)
    return [{graph.ids[i] for i in np.flatnonzero(lane)} for lane in by_entity.T]


def lost_by(graph: DependencyGraph, scenario: Scenario, lanes: Lanes) -> list[dict[str, float]]:
    """What each entity loses by the loss kernel, lane by lane."""
    circuit, _ = build_circuit(graph, scenario.mode, scenario.rules)
    start = np.zeros((len(circuit.entity), lanes.count))
    for origin in scenario.origins:
        start[graph.find(origin.id)] = origin.severity
    share = graph.dependencies["loss"].to_numpy()[circuit.dependency]
    stuck = unpack(_stuck(graph, circuit, _words(lanes.failed)), lanes.count)
    barred = _barred(graph, circuit, scenario)
    live = lanes.live[circuit.dependency]
    live[_of_origins(graph, circuit, scenario)] = False
    x = spread_loss(circuit, share, live, stuck, start, barred)
    by_entity = x.reshape(-1, len(graph.ids), lanes.count).max(axis=0)
    return [{graph.ids[i]: float(lane[i]) for i in np.flatnonzero(lane)} for lane in by_entity.T]


def _words(lanes: Bools) -> npt.NDArray[np.uint64]:
    """(rows, L) booleans as (rows, W) words, lane 64 w + i in bit i of word w."""
    words = -(-lanes.shape[1] // 64)
    padded = np.zeros((lanes.shape[0], 64 * words), np.uint64)
    padded[:, : lanes.shape[1]] = lanes
    weight = np.uint64(1) << np.arange(64, dtype=np.uint64)
    return (padded.reshape(-1, words, 64) * weight).sum(axis=2, dtype=np.uint64)


def _stuck(graph, circuit, failed):  # type: ignore[no-untyped-def]
    stuck = np.zeros((len(circuit.node), failed.shape[1]), np.uint64)
    switched = circuit.switch_of >= 0
    stuck[switched] = failed[graph.group_of[circuit.switch_of[switched]]]
    return stuck


def _of_origins(graph, circuit, scenario):  # type: ignore[no-untyped-def]
    """Members of what fails by itself: they count for nothing."""
    failing = [graph.find(o.id) for o in scenario.origins]
    return np.isin(circuit.entity[circuit.node[circuit.group]], failing)


def _barred(graph, circuit, scenario):  # type: ignore[no-untyped-def]
    return np.flatnonzero(np.isin(circuit.entity, [graph.find(p) for p in scenario.protect]))
