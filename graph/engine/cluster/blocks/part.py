"""A part of a cut circuit, and the same laid out for the kernels, on a worker."""

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
from knockon.graph.engine.worlds import Run

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
    """A part as the kernels read it, for each of the coupled runs."""

    wiring: Wiring
    drawings: tuple[Drawing, ...]
    shared: tuple[Shared, ...]
    own: int
    stakes: Stakes
    origins: Ints
    exports: Exports


class Making(NamedTuple):
    """What the making of all parts of a question shares. seed: of the scenario"""

    folder: str
    seed: int


def lay_out(shared: Making, scratch: Any, name: str) -> Array:
    """The name, as bytes, of the shipment of a part that is laid out; name: of the part's.

    Cost: as for `wiring.wire`, and a hash of identity for each draw and run.
    """
    folder = Path(shared.folder)
    laid = lay_out_part(open_shipment(name, folder), shared.seed)
    return np.frombuffer(ship(laid, folder).encode(), np.uint8)


def lay_out_part(part: Part, seed: int) -> Laid:
    """The part as the kernels read it; what only answers need is left out."""
    lanes = Lanes(part.circuit, WORDS, compiled=True)
    runs = Run.each(part.draws, seed)
    sharing = (run.sharing for run in runs)
    shared = tuple(Shared.none() if s is None else s.salted() for s in sharing)
    drawings = tuple(lanes.drawing(run, given=False) for run in runs)
    wiring = lanes.wiring()._replace(arc=np.zeros(0, np.int32))
    return Laid(wiring, drawings, shared, part.own, part.stakes, part.origins, part.exports)


def choose_count(arcs: int, nodes: int, runs: int, memory: int) -> int:
    """How many parts a circuit has, so that each is in work within so much memory; at least two.

    A part has its share of the arcs and of the nodes, and a ghost for each arc at worst.
    """
    count = _FEWEST
    while count < nodes and measure_part(arcs, nodes, runs, count) > memory:
        count += 1 + count // 8
    return count


def measure_part(arcs: int, nodes: int, runs: int, count: int) -> int:
    """Bytes of one of so many parts in work: it, and a block of its lanes."""
    ghosts = min(nodes, arcs // count)
    return arcs // count * (16 + 8 * runs) + (nodes // count + ghosts) * 3 * 8 * WORDS
