"""The parts of a question, made where the rows lie: circuit, strengths, draws, all by the functions
that make those of a whole graph, for what decides about a row stands in it, its group and its ends.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.prepare import build_circuit_of
from knockon.graph.arrays import Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.cluster.blocks.cut import make_exports
from knockon.graph.engine.cluster.blocks.load import Loaded
from knockon.graph.engine.cluster.blocks.loading import OWN, ROWS, from_bytes, to_array
from knockon.graph.engine.cluster.blocks.part import Exports, Making, Part, lay_out_part
from knockon.graph.engine.cluster.blocks.sections import read_section
from knockon.graph.engine.cluster.shipment import Array
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.nodes import Nodes
from knockon.graph.model.conform import constant
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import ENTITY_COLUMNS, Tables
from knockon.graph.scenario.scenario import Scenario


class Asked(NamedTuple):
    """What all parts of a question share.

    scenario: without origins and protection; failing, protected: ids; modes: how many modes the
    failure can turn into; runs: of `part.Making`: low and high ones where strengths are unknown
    """

    loaded: Loaded
    scenario: Scenario
    failing: tuple[str, ...]
    protected: tuple[str, ...]
    modes: int
    runs: tuple[str, ...]

    @property
    def making(self) -> Making:
        return Making(self.loaded.loading.folder, self.scenario.seed, self.runs)

    def own(self, part: int) -> pl.DataFrame:
        """The entities of a part."""
        return self._read(self.loaded.numbered[part], OWN)

    def rows(self, part: int) -> pl.DataFrame:
        """Its dependencies."""
        return self._read(self.loaded.loading.gathered[part], ROWS)

    def asks(self, part: int, of: int) -> pl.Series:
        """The ids that it asks of another."""
        return self._read(self.loaded.loading.gathered[part], of)["id"]

    def _read(self, file: str, section: int) -> pl.DataFrame:
        return from_bytes(read_section(self.loaded.loading.at(file), section))

    def count_ghosts(self, part: int, before: int | None = None) -> int:
        """How many entities of other parts it has; before: of those before this one."""
        asks = self.loaded.asks[part]
        return sum(n for q, n in asks.items() if q != part and (before is None or q < before))


class Mini(NamedTuple):
    """The graph of a part, with its ghosts as bare entities: first: number of its own first"""

    graph: DependencyGraph
    first: int
    own: int


def make_part(shared: Asked, scratch: Any, part: int) -> tuple[Array, Array]:
    """The names of the shipments of a part, one for each run; and whether any loss is partial, any
    weight a fraction, and the sum of weights."""
    mini = build_mini(shared, part)
    graph, scenario = mini.graph, shared.scenario
    named = set(graph.entities["id"].filter(graph.entities["id"].is_in(shared.protected)))
    whole = build_circuit_of(graph, replace(scenario, protect=tuple(sorted(named))))
    barred = graph.entities["id"].is_in([*shared.failing, *shared.protected]).to_numpy()
    transmits = (whole.strengths.high > 0) & ~barred[graph.dependent]
    every = np.ones(len(whole.circuit.entity), np.bool_)
    circuit, _ = whole.circuit.within(every, transmits)
    draws = Draws.lay_out(
        graph, circuit, whole.strengths, mode=scenario.mode, rho=whole.filled.rho
    )  # fmt: skip
    own = graph.entities[mini.first : mini.first + mini.own]
    others = 1.0 - own["id"].is_in(shared.failing).to_numpy()
    weight = own["weight"].to_numpy()
    made = Part(
        _put_own_first(circuit, mini, shared.modes),
        draws,
        shared.modes * mini.own,
        Stakes(Nodes.of(np.tile(np.arange(mini.own), shared.modes)), weight * others, others),
        np.flatnonzero(others == 0),
        _find_exports(shared, part, own["id"]),
    )
    flags = [(graph.dependencies["loss"] != 1).any(), (weight != np.floor(weight)).any()]
    return lay_out_part(made, shared.making), np.array([*flags, weight.sum()], np.float64)


def build_mini(shared: Asked, part: int) -> Mini:
    """The graph of a part. Ranges of ids ascend, so that ghosts stand before or after its own."""
    own = shared.own(part)
    bare = [constant(c) for c in ENTITY_COLUMNS if c.default is not None]
    none = pl.Series("id", [], pl.String)
    sides = [
        pl.concat(
            [none, *(shared.asks(part, q) for q in sorted(shared.loaded.asks[part]) if there(q))]
        )
        for there in (part.__gt__, part.__lt__)
    ]
    frames = [side.to_frame().with_columns(pl.col("id").alias("name"), *bare) for side in sides]
    entities = pl.concat([frames[0], own, frames[1]], how="diagonal_relaxed")
    graph = DependencyGraph.from_tables(Tables(entities, shared.rows(part)), checked=True)
    return Mini(graph, len(sides[0]), own.height)


def _put_own_first(circuit: Circuit, mini: Mini, modes: int) -> Circuit:
    """The circuit with the nodes of its own entities first, mode by mode, then those of ghosts."""
    size = mini.graph.size
    ghosts = size - mini.own
    entity = np.arange(size)
    mine = (entity >= mini.first) & (entity < mini.first + mini.own)
    place = np.where(mine, entity - mini.first, np.cumsum(~mine) - 1)
    number = np.concatenate([
        np.where(mine, k * mini.own + place, modes * mini.own + k * ghosts + place)
        for k in range(modes)
    ]).astype(np.int32)  # fmt: skip
    return replace(
        circuit,
        entity=np.zeros(len(circuit.entity), np.int32),
        provider=number[circuit.provider],
        node=number[circuit.node],
    )


def _find_exports(shared: Asked, part: int, own: pl.Series) -> Exports:
    """Who has ghosts of the nodes of a part, and which nodes they are there."""
    modes, sizes, found = shared.modes, shared.loaded.sizes, []
    for other, asks in enumerate(shared.loaded.asks):
        if other == part or part not in asks:
            continue
        at = own.search_sorted(shared.asks(other, part)).to_numpy().astype(np.int64)
        ghost = shared.count_ghosts(other, part) + np.arange(len(at))
        ghosts, before = shared.count_ghosts(other), modes * sizes[other]
        nodes: list[Ints] = [k * len(own) + at for k in range(modes)]
        there: list[Ints] = [before + k * ghosts + ghost for k in range(modes)]
        found.append((other, np.concatenate(nodes), np.concatenate(there)))
    return make_exports(found)


class Finding(NamedTuple):
    """Entities that are looked for. names: as they were asked for"""

    asked: Asked
    names: tuple[str, ...]


def find_named(shared: Finding, scratch: Any, part: int) -> Array:
    """The entities of a part with one of the ids or names: a frame `asked`, `id`, `name`."""
    own = shared.asked.own(part).select("id", "name")
    folded = pl.DataFrame({"asked": shared.names}).with_columns(
        pl.col("asked").str.strip_chars().str.to_lowercase().alias("folded")
    )
    by_id = folded.join(own, left_on="asked", right_on="id", how="inner").with_columns(id="asked")
    by_name = folded.join(
        own.with_columns(pl.col("name").str.to_lowercase().alias("folded")), on="folded"
    )
    columns = ("asked", "id", "name")
    return to_array(pl.concat([by_id.select(columns), by_name.select(columns)]).unique())


def folder_of(shared: Asked) -> Path:
    """Where the shipments lie."""
    return Path(shared.loaded.loading.folder)
