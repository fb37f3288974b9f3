"""A part of a cut circuit, and the same laid out for the kernels, on a worker."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from knockon.graph.arrays import Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.cluster.shipment import Array, open_shipment, ship
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.kernels.layout import WORDS, Drawing, Shared, Wiring
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.wiring import measure_arcs
from knockon.graph.engine.worlds import Run

LOW, MIDDLE, HIGH = "low", "middle", "high"
WITHIN, POSSIBLE, SURE = "within", "possible", "sure"  # without draws: who can be hit, who must be
REACHING = (WITHIN, POSSIBLE, SURE)
_FEWEST = 2  # parts, else nothing would be cut


class Exports(NamedTuple):
    """Which nodes of a part others have ghosts of.

    receiver: (R,) numbers of parts, ascending; start: (R + 1,) first row of each in
    node: (X,) nodes of this part, by receiver; ghost: (X,) the node that each is there
    """

    receiver: Ints
    start: Ints
    node: Ints
    ghost: Ints


class Part(NamedTuple):
    """A part of a circuit: its own nodes first, then ghosts.

    circuit: of the arcs that lead to its own nodes; draws: those behind these
    own: how many nodes are its own; stakes: of these; origins: (k,) those of them that fail
    """

    circuit: Circuit
    draws: Draws
    own: int
    stakes: Stakes
    origins: Ints
    exports: Exports


class Laid(NamedTuple):
    """A part as the kernels read it, for one run."""

    wiring: Wiring
    drawing: Drawing
    shared: Shared
    own: int
    stakes: Stakes
    origins: Ints
    exports: Exports


class Making(NamedTuple):
    """What the making of all parts of a question shares. seed: of the scenario; runs: `LOW`..."""

    folder: str
    seed: int
    runs: tuple[str, ...]


def lay_out(shared: Making, scratch: Any, name: str) -> Array:
    """The names of the shipments of a part that is laid out, one for each run; name: of the part's.

    Cost: as for `wiring.wire`, and a hash of identity for each draw.
    """
    return lay_out_part(open_shipment(name, Path(shared.folder)), shared)


def lay_out_part(part: Part, shared: Making) -> Array:
    """The part as the kernels read it, for each run; what only answers need is left out."""
    lanes = Lanes(part.circuit, WORDS, compiled=True)
    names = []
    for kind in shared.runs:
        run = choose_run(part.draws, shared.seed, kind)
        drawing = lanes.drawing(run, given=False)
        wiring = lanes.wiring()._replace(arc=np.zeros(0, np.int32))
        laid = Laid(
            wiring, drawing, Shared.none() if kind in REACHING else lanes.sharing(run), part.own,
            part.stakes, part.origins, part.exports,
        )  # fmt: skip
        names.append(ship(laid, Path(shared.folder)))
    return write_names(names)


def choose_run(draws: Draws, seed: int, kind: str) -> Run:
    """One of the coupled runs, or one without draws in which what could happen does."""
    low, middle, high = draws.strengths
    run = Run(draws, seed, {LOW: low, HIGH: high, WITHIN: high}.get(kind, middle))
    if kind not in REACHING:
        return run
    most, least = run.widen()
    return least if kind == SURE else most


def write_names(names: Sequence[str]) -> Array:
    """Names as an array, which is what tasks give back."""
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def read_names(array: Array) -> list[str]:
    """The names in an array."""
    return array.tobytes().decode().split("\n")


def choose_count(arcs: int, nodes: int, runs: int, memory: int) -> int:
    """How many parts a circuit has, so that each is in work within so much memory; at least two.

    A part has its share of the arcs and of the nodes, and a ghost for each arc at worst.
    """
    count = _FEWEST
    while count < nodes and measure_part(arcs, nodes, runs, count) > memory:
        count += 1 + count // 8
    return count


def share_out(memory: int, tasks: int) -> int:
    """Bytes of each part in work: half of the memory of a worker, among so many at a time."""
    return memory // (2 * tasks)


def measure_part(arcs: int, nodes: int, runs: int, count: int) -> int:
    """Bytes of one of so many parts in work: it, and a block of its lanes."""
    ghosts = min(nodes, arcs // count)
    return measure_arcs(arcs // count, runs) + (nodes // count + ghosts) * 3 * 8 * WORDS
