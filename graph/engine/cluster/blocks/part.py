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


def measure_part(arcs: int, nodes: int, runs: int) -> int:
    """Bytes of a part in work: it, as many ghosts as nodes, and a block of its lanes."""
    return arcs * (16 + 8 * runs) + 2 * nodes * 4 * 8 * WORDS
