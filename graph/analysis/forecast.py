"""What a question will take, told before any work: time, memory, and by which plan it runs.

Constants are measured (`costs.csv`, written by tests/bench/costs.py) and scaled by how fast this
machine is. What is not known before, such as how many will be hit, makes a range, never a guess.
"""

import csv
from dataclasses import asdict, dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from knockon.graph.analysis.plan import Plan, can_enumerate
from knockon.graph.analysis.prepare import prepare
from knockon.graph.engine.cluster.choose import BLOCKS, WORLDS, weigh
from knockon.graph.engine.cluster.choose import Size as Circuit
from knockon.graph.engine.memory import find_allowed, says
from knockon.graph.engine.wiring import measure_arcs, measure_block
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario

LOCAL, NOWHERE = "local", "none"
_BLOCK = 512  # worlds
_MEMORY = 2.0  # range of memory, above and below


class Size(NamedTuple):
    """Of a graph. counted: whether the entities are counted, not estimated; alike: whether all
    strengths are stated, None where that is not known; whole: the same of losses"""

    dependencies: int
    entities: int
    counted: bool
    alike: bool | None
    whole: bool | None


class Reach(NamedTuple):
    """What the failure can reach: dependencies as arcs, entities as nodes; exact: draws are so few
    that every case is looked at"""

    arcs: int
    nodes: int
    exact: bool


class Machine(NamedTuple):
    """Where it would run. free: bytes; speed: seconds of the calibration"""

    cores: int
    free: int
    speed: float


class Range(NamedTuple):
    """From the least to the most."""

    low: float
    high: float

    def times(self, low: float, high: float) -> "Range":
        return Range(self.low * low, self.high * high)


@dataclass(frozen=True)
class Forecast:
    """What a question will take.

    reach: None where it is not known before the graph is loaded; then the most is taken
    worlds: random ones at most, 0 where every case is looked at; runs: coupled ones
    seconds: of processor, in parts `load`, `prepare`, `worlds`, `finish`, and `all`; clock: by the
    clock; memory: bytes at the peak; allowed: that it may take
    plan: `local`, `worlds`, `blocks`, or `none` where nothing does; partitions: tasks of a run, or
    parts of the graph; shipped: bytes that go to a folder of the cluster
    factor: range of the constants; speed: of this machine against the one that measured, above 1
    is slower
    """

    size: Size
    reach: Reach | None
    worlds: int
    runs: Range
    seconds: dict[str, Range]
    clock: Range
    memory: Range
    allowed: int
    plan: str
    why: str
    partitions: int
    shipped: int
    factor: float
    speed: float
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it; a range is `{"low", "high"}`."""
        found = asdict(self)
        for name in ("size", "reach", "runs", "clock", "memory"):
            value = getattr(self, name)
            found[name] = None if value is None else value._asdict()
        found["seconds"] = {name: part._asdict() for name, part in self.seconds.items()}
        return found


@cache
def read_costs() -> dict[str, float]:
    """The measured constants, by name."""
    with (Path(__file__).parent / "costs.csv").open(newline="") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


def measure_graph(graph: DependencyGraph) -> Size:
    """The size of a graph that is loaded."""
    rows = graph.dependencies
    stated, loss = rows["probability"], rows["loss"]
    alike = not (stated.is_nan() | stated.is_null()).any()
    return Size(len(graph.dependent), graph.size, True, alike, bool((loss == 1).all()))


def find_reach(graph: DependencyGraph, scenario: Scenario) -> Reach:
    """What a failure can reach in a graph that is loaded."""
    prepared = prepare(graph, scenario)
    exact = can_enumerate(scenario, prepared.runs) and scenario.hours is None
    return Reach(len(prepared.kernel.provider), len(prepared.kernel.entity), exact)


def forecast(size: Size, scenario: Scenario, reach: Reach | None, machine: Machine) -> Forecast:
    """What a what-if will take on this machine, or on a cluster.

    Raises nothing: what does not fit has the plan `none`, and says what would help.
    """
    costs = read_costs()
    speed = machine.speed / costs["speed"]
    worlds = 0 if reach is not None and reach.exact else Plan.of(scenario, exact=False).worlds
    runs = Range(1, 3) if size.alike is None else Range(*(1, 1) if size.alike else (3, 3))
    seconds = _count_seconds(size, scenario, reach, worlds, runs, speed)
    every = seconds["all"]
    circuit = Circuit(*_most(size, reach), int(runs.high))
    own = costs["memory"] + costs["memory_dependency"] * size.dependencies
    own += costs["memory_entity"] * size.entities
    block = measure_block(circuit.nodes)
    memory = Range(
        own / _MEMORY, _MEMORY * (own + block * min(machine.cores, max(1, worlds // _BLOCK)))
    )
    allowed = find_allowed(scenario.memory, machine.free)
    place = _choose_place(size, scenario, memory, allowed, circuit, machine)
    partitions = ceil(worlds / _BLOCK) if place.plan != BLOCKS else place.parts
    return Forecast(
        size, reach, worlds, runs, seconds, Range(every.low / machine.cores, every.high), memory,
        allowed, place.plan, place.why, partitions,
        measure_arcs(circuit.arcs, circuit.runs) if place.plan in (WORLDS, BLOCKS) else 0,
        costs["factor"], speed,
        (*_note(size, reach, scenario), *_note_far(place.plan, memory, allowed)),
    )  # fmt: skip


def _most(size: Size, reach: Reach | None) -> tuple[int, int]:
    return (size.dependencies, size.entities) if reach is None else (reach.arcs, reach.nodes)


def _count_seconds(
    size: Size, scenario: Scenario, reach: Reach | None, worlds: int, runs: Range, speed: float
) -> dict[str, Range]:  # fmt: skip
    """Of processor, by part; the low end where nothing is within reach, as far as is known."""
    c, (arcs, nodes) = read_costs(), _most(size, reach)
    load = c["load_dependency"] * size.dependencies + c["load_entity"] * size.entities
    fixed = c["prepare_dependency"] * size.dependencies
    known = reach is not None
    blocks = max(1.0, worlds / _BLOCK)
    ran = (c["block_node"] * nodes + c["block_arc"] * arcs) * blocks
    if scenario.hours is not None:
        ran += c["hours_arc"] * arcs * max(1, worlds)
    elif not _lose_alike(size, scenario):
        ran += c["losses_arc"] * arcs * max(1, worlds)
    wired = c["wire_arc"] * arcs
    rest = c["finish_node"] * nodes + c["finish_arc"] * arcs
    laid = c["prepare_arc"] * arcs
    parts = {
        "start": Range(c["start"], c["start"]),
        "load": Range(load, load),
        "prepare": Range(fixed + laid * known, fixed + laid),
        "worlds": Range((wired + ran * runs.low) * known, wired + ran * runs.high),
        "finish": Range(rest * known, rest),
    }  # fmt: skip
    factor = c["factor"]
    found = {name: part.times(speed / factor, speed * factor) for name, part in parts.items()}
    low, high = (sum(ends) for ends in zip(*found.values(), strict=True))
    return {**found, "all": Range(low, high)}


class _Place(NamedTuple):
    plan: str
    why: str
    parts: int = 0


def _choose_place(
    size: Size, scenario: Scenario, memory: Range, allowed: int, circuit: Circuit, machine: Machine
) -> _Place:  # fmt: skip
    """Here, where it fits; on the cluster that is named, whole or cut."""
    can_cut = scenario.hours is None and _lose_alike(size, scenario)
    if scenario.on is not None:
        from knockon.graph.engine.cluster.connect import ask_workers, parse_address

        workers = ask_workers(parse_address(scenario.on))
        fit = weigh(circuit, workers, scenario.memory)
        if scenario.plan == WORLDS or (scenario.plan != BLOCKS and fit.fits) or not can_cut:
            return _Place(WORLDS, fit.why)
        return _Place(BLOCKS, fit.why, _count_parts(circuit, fit.memory, workers.cores))
    if memory.high <= allowed:
        return _Place(LOCAL, f"{says(memory.high)} at most fit into {says(allowed)}")
    if memory.low <= allowed:
        return _Place(
            LOCAL, f"it may fit: from {says(memory.low)} to {says(memory.high)} of {says(allowed)}"
        )
    words = f"it takes at least {says(memory.low)}, and may take {says(allowed)} here"
    if not can_cut:
        return _Place(NOWHERE, f"{words}; hours and shares of losses want the whole graph in one")
    return _Place(
        BLOCKS, f"{words}; --on a cluster whose workers have as much cuts it",
        _count_parts(circuit, allowed, machine.cores),
    )  # fmt: skip


def _lose_alike(size: Size, scenario: Scenario) -> bool:
    """As `Prepared.alike`, by what is known: whoever is hit loses the same share."""
    return size.whole is not False and len({o.severity for o in scenario.origins}) < 2


def _count_parts(circuit: Circuit, room: int, tasks: int) -> int:
    from knockon.graph.engine.cluster.blocks.part import choose_count, share_out

    return choose_count(*circuit, share_out(room, tasks))


def _note_far(plan: str, memory: Range, allowed: int) -> list[str]:
    """Who cannot hold the graph need not, where workers can."""
    if plan not in (WORLDS, BLOCKS) or memory.low <= allowed:
        return []
    return [
        f"this machine, too, would take at least {says(memory.low)}, which it has not: with --out "
        "FOLDER the workers read Parquet and write the rows, and this machine holds little"
    ]


def _note(size: Size, reach: Reach | None, scenario: Scenario) -> "list[str]":
    notes = []
    if not size.counted:
        notes.append("entities are estimated from the ids of the first and the last rows")
    if reach is None:
        notes.append(
            "what is within reach is not known before the graph is loaded: the least is nothing, "
            "the most is all of it"
        )
    if size.alike is None:
        notes.append("whether strengths are unknown is not known: one run at least, three at most")
    if scenario.precision is not None:
        notes.append("fewer worlds may be enough for the precision")
    notes.append("kernels that were never compiled on this machine take some 15 s more, once")
    return notes
