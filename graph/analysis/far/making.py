"""The parts of a question, made where the rows lie: circuit, strengths, draws, all by the functions
that make those of a whole graph, for what decides about a row stands in it, its group and its ends.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.assemble import count_by_relation
from knockon.graph.analysis.fill import Beyond, Filled
from knockon.graph.analysis.filled import count_rows, count_sources
from knockon.graph.analysis.owned import PARTS
from knockon.graph.analysis.prepare import build_circuit_of
from knockon.graph.analysis.rollout_effect import count_direct
from knockon.graph.arrays import Bools, Ints, distinct
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.cluster.blocks.cut import make_exports
from knockon.graph.engine.cluster.blocks.load import Loaded
from knockon.graph.engine.cluster.blocks.loading import OWN, ROWS, from_bytes, to_array
from knockon.graph.engine.cluster.blocks.part import WITHIN, Exports, Making, Part, lay_out_part
from knockon.graph.engine.cluster.blocks.sections import read_section
from knockon.graph.engine.cluster.shipment import Array, open_shipment
from knockon.graph.engine.counting import Stakes
from knockon.graph.engine.draws import Draws, Strengths
from knockon.graph.engine.nodes import Nodes
from knockon.graph.engine.staging import add_rings, find_staged_arcs
from knockon.graph.model.conform import constant
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import ENTITY_COLUMNS, Tables
from knockon.graph.scenario.rollout import find_share_reached
from knockon.graph.scenario.scenario import Scenario


class Filling(NamedTuple):
    """What tables of strengths need that lies beyond a part.

    called: cells of the tables that mean an entity, and its id; told: by part the file in which it
    tells others of its entities (`neighbours.tell`); reached: by part the shipment of the nodes
    within reach (`adding.note_reached`), empty where there are none; (): not known yet
    """

    called: tuple[tuple[str, str], ...]
    told: tuple[str, ...]
    reached: tuple[str, ...] = ()


class Asked(NamedTuple):
    """What all parts of a question share.

    scenario: without origins and protection; failing, protected: ids; modes: how many modes the
    failure can turn into; runs: of `part.Making`: low and high ones where strengths are unknown
    filling: where tables fill some of these
    """

    loaded: Loaded
    scenario: Scenario
    failing: tuple[str, ...]
    protected: tuple[str, ...]
    modes: int
    runs: tuple[str, ...]
    filling: Filling | None = None

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
    """The graph of a part, with its ghosts as bare entities: first: number of its own first

    owners: `id` and `owner` of all of them, where tables fill strengths
    """

    graph: DependencyGraph
    first: int
    own: int
    owners: pl.DataFrame | None


def make_part(shared: Asked, scratch: Any, part: int) -> tuple[Array, Array, Array, Array, Array]:
    """The names of the shipments of a part, one for each run; whether any loss is partial, any
    weight a fraction, the sum of weights, and how many depend on the origins by relations that
    come in rings, and by others; and where tables fill strengths, once it is known what is within
    reach: whether any dependency there shares its draw, and how many have their strength from
    where; the rows that filled them; words that occur (`_list_words`)."""
    mini = build_mini(shared, part)
    graph, own = mini.graph, mini.graph.entities[mini.first : mini.first + mini.own]
    number = _number_own_first(mini, shared.modes)
    filled = _fill(shared, mini, part, number)
    every = np.ones(len(filled.circuit.entity), np.bool_)
    circuit, _ = filled.circuit.within(every, filled.transmits)
    circuit, share = _wait_for_rings(shared, mini, circuit)
    draws = Draws.lay_out(
        graph, circuit, filled.strengths, share, mode=shared.scenario.mode, rho=filled.by.rho
    )  # fmt: skip
    others = 1.0 - own["id"].is_in(shared.failing).to_numpy()
    weight = own["weight"].to_numpy()
    made = Part(
        _put_own_first(circuit, number),
        draws,
        shared.modes * mini.own,
        Stakes(Nodes.of(np.tile(np.arange(mini.own), shared.modes)), weight * others, others),
        np.flatnonzero(others == 0),
        _find_exports(shared, part, own["id"]),
    )
    flags = [(graph.dependencies["loss"] != 1).any(), (weight != np.floor(weight)).any()]
    direct, used = count_direct(graph, shared.failing), filled.used
    return (
        lay_out_part(made, shared.making),
        np.array([*flags, weight.sum(), *direct], np.float64),
        np.array([filled.shares, *count_sources(filled.by, used).values()], np.int64),
        to_array(count_rows(filled.by, used)),
        to_array(_list_words(graph.dependencies, own["kind"], shared.failing)),
    )


class _Filled(NamedTuple):
    """The circuit of a part, its strengths, and what filled them. transmits: (m,) dependencies that
    may; used: those of the circuit within reach, where tables fill strengths and it is known"""

    circuit: Circuit
    by: Filled
    strengths: Strengths
    transmits: Bools
    used: Ints

    @property
    def shares(self) -> bool:
        """Whether any that is used shares its draw with others."""
        return self.by.rho is not None and bool((self.by.rho[self.used] > 0).any())


def _fill(shared: Asked, mini: Mini, part: int, number: Ints) -> _Filled:
    graph, scenario = mini.graph, shared.scenario
    named = set(graph.entities["id"].filter(graph.entities["id"].is_in(shared.protected)))
    protecting = replace(scenario, protect=tuple(sorted(named)))
    whole = build_circuit_of(graph, protecting, _look_beyond(shared, mini))
    barred = graph.entities["id"].is_in([*shared.failing, *shared.protected]).to_numpy()
    reached = _find_reached(shared, part, number)
    if reached is None:
        strengths = whole.strengths._replace(high=whole.filled.most)
        transmits = (strengths.high > 0) & ~barred[graph.dependent]
        return _Filled(
            whole.circuit, whole.filled, strengths, transmits, np.zeros(0, np.int64)
        )  # fmt: skip
    filled = whole.filled.arriving(whole.circuit, reached, graph.size, scenario.assume)
    transmits = (filled.strengths.high > 0) & ~barred[graph.dependent]
    used = distinct(whole.circuit.within(reached, transmits)[0].dependency)
    return _Filled(whole.circuit, filled, filled.strengths, transmits, used)


def _wait_for_rings(shared: Asked, mini: Mini, circuit: Circuit) -> tuple[Circuit, float]:
    """The circuit with those that wait for their ring, and the share that is ever reached; as it
    is where only what is within reach is looked for: rings do not change that."""
    scenario = shared.scenario
    if not scenario.rollout or shared.runs == (WITHIN,):
        return circuit, 1.0
    failing = mini.graph.entities["id"].is_in(shared.failing).to_numpy()
    by_ring = find_staged_arcs(mini.graph, circuit, np.flatnonzero(failing))
    share = find_share_reached(scenario.rollout, scenario.halt)
    return add_rings(mini.graph, circuit, by_ring), share


def _list_words(
    dependencies: pl.DataFrame, kinds: pl.Series, failing: Sequence[str]
) -> pl.DataFrame:
    """Relations and kinds that occur: a frame `column`, `word`, and `direct`, by how many
    dependencies of this relation others depend on what fails."""
    direct = count_by_relation(dependencies, failing)
    words = (("relation", dependencies["relation"]), ("kind", kinds))
    return pl.concat(
        pl.DataFrame({"word": of.unique().cast(pl.String)}).select(
            pl.lit(column).alias("column"),
            "word",
            pl.col("word").replace_strict(direct, default=0, return_dtype=pl.Int64).alias("direct"),
        )
        for column, of in words
    )


def build_mini(shared: Asked, part: int) -> Mini:
    """The graph of a part. Ranges of ids ascend, so that ghosts stand before or after its own."""
    own = shared.own(part)
    bare = [constant(c) for c in ENTITY_COLUMNS if c.default is not None]
    asks = sorted(q for q in shared.loaded.asks[part] if q != part)
    ghosts = {q: shared.asks(part, q).to_frame() for q in asks}
    sides = [[ghosts[q] for q in asks if there(q)] for there in (part.__gt__, part.__lt__)]
    none = pl.DataFrame(schema={"id": pl.String})
    frames = [pl.concat([none, *side]) for side in sides]
    entities = [f.with_columns(pl.col("id").alias("name"), *bare) for f in frames]
    owners = None
    if shared.filling is not None:
        told = _read_told(shared, part)
        owners, known = told.select("id", "owner"), told.drop("owner")
        entities = [
            f.drop({*f.columns} & {*known.columns} - {"id"}).join(
                known, on="id", how="left", maintain_order="left"
            )
            for f in entities
        ]
    both = pl.concat([entities[0], own, entities[1]], how="diagonal_relaxed")
    graph = DependencyGraph.from_tables(Tables(both, shared.rows(part)), checked=True)
    return Mini(graph, frames[0].height, own.height, owners)


def _read_told(shared: Asked, part: int) -> pl.DataFrame:
    """What is told of the entities of a part and of its ghosts."""
    assert shared.filling is not None
    told = []
    for q in sorted({part, *shared.loaded.asks[part]}):
        path = shared.loaded.loading.at(shared.filling.told[q])
        told.append(from_bytes(read_section(path, OWN if q == part else part)))
    return pl.concat(told, how="diagonal_relaxed")


def _look_beyond(shared: Asked, mini: Mini) -> Beyond | None:
    """What the part knows of entities that are not its own, in its own numbers; None where no
    tables fill strengths."""
    if shared.filling is None or mini.owners is None:
        return None
    ids = mini.graph.entities.select("id", "kind").with_row_index("number")
    cells = pl.DataFrame(shared.filling.called, schema={"cell": pl.String, "id": pl.String},
                         orient="row")  # fmt: skip
    called = cells.join(ids, on="id").select("cell", pl.col("number").cast(pl.Int64))
    of = ids.join(mini.owners, on="id", how="left", maintain_order="left")
    of = of.join(
        ids.select(pl.col("id").alias("owner"), pl.col("number").alias("at")), on="owner",
        how="left", maintain_order="left",
    )  # fmt: skip
    elsewhere = pl.col("owner").rank("dense").cast(pl.Int64) + ids.height
    owner = of.select(
        pl.when(~pl.col("kind").is_in(PARTS))
        .then(pl.col("number").cast(pl.Int64))
        .otherwise(pl.coalesce(pl.col("at").cast(pl.Int64), elsewhere, -1))
    )
    return Beyond(dict(called.iter_rows()), owner.to_series().to_numpy())


def _find_reached(shared: Asked, part: int, number: Ints) -> Bools | None:
    """(N,) the nodes of the circuit of a part that the failure can reach; None: not known yet."""
    if shared.filling is None or not shared.filling.reached:
        return None
    own_first = np.zeros(len(number), np.bool_)
    if name := shared.filling.reached[part]:
        own_first[open_shipment(name, folder_of(shared))] = True
    reached: Bools = own_first[number]
    return reached


def _number_own_first(mini: Mini, modes: int) -> Ints:
    """(N,) the number of each node where those of its own entities are first, mode by mode, then
    those of ghosts."""
    size = mini.graph.size
    ghosts = size - mini.own
    entity = np.arange(size)
    mine = (entity >= mini.first) & (entity < mini.first + mini.own)
    place = np.where(mine, entity - mini.first, np.cumsum(~mine) - 1)
    return np.concatenate([
        np.where(mine, k * mini.own + place, modes * mini.own + k * ghosts + place)
        for k in range(modes)
    ]).astype(np.int32)  # fmt: skip


def _put_own_first(circuit: Circuit, number: Ints) -> Circuit:
    """The circuit with its nodes by these numbers; those that wait for rings stay the last."""
    waiting = np.arange(len(number), len(circuit.entity), dtype=np.int32)
    number = np.concatenate([number, waiting])
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
