"""Two tables of Parquet as parts, read, checked and numbered where they lie: by workers.

Rows are dealt by dependent into ranges of ids, entities likewise (`deal`). Each part is then
checked as a whole graph is (`model.check`), for a group, and a row that stands twice, lie in one
part; it asks the parts that have them for the entities that it names (`gather`). With what it is
asked for, a part knows all its entities, and has them in the order of their ids (`number`). What
was dropped, merged or invented is added up over parts (`load.py`).
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.engine.cluster.blocks.part import write_names
from knockon.graph.engine.cluster.blocks.sections import find_sent, read_section, write_sections
from knockon.graph.engine.cluster.blocks.storage import open_table
from knockon.graph.engine.cluster.shipment import Array
from knockon.graph.errors import InputError, clip
from knockon.graph.model.check import check
from knockon.graph.model.conform import constant
from knockon.graph.model.tables import (
    DEPENDENCY_COLUMNS,
    ENDS,
    ENTITY_COLUMNS,
    FILE,
    LINE,
    Tables,
    empty,
)

DEPENDENCIES, ENTITIES = "dependencies", "entities"
ROWS, OWN = -1, -2  # sections of what a part has: its dependencies, its entities
TOLD: dict[str, Any] = {"action": pl.String, "count": pl.Int64, "reason": pl.String,
        "examples": pl.List(pl.String)}  # fmt: skip
FAULT = "fault"
_SAMPLES = 256  # ids that stand for those of a piece
_NODE = 4  # dependencies that an entity costs as much as
_EXAMPLES = 5


class Piece(NamedTuple):
    """Some row groups of a table. first: number of the first row in the file; rows: of them"""

    table: str
    groups: tuple[int, ...]
    first: int
    rows: int


class Loading(NamedTuple):
    """What the tasks of a load share.

    folder: that all see; name: of the load; source: folder of the tables
    bounds: (P - 1,) the least id of each part but the first
    dealt, gathered: files that the tasks before wrote
    """

    folder: str
    name: str
    source: str
    bounds: tuple[str, ...] = ()
    dealt: tuple[str, ...] = ()
    gathered: tuple[str, ...] = ()

    def at(self, name: str) -> Path:
        return Path(self.folder) / self.name / name


def survey(shared: Loading, scratch: Any, piece: Piece) -> Array:
    """A sample of the ids of a piece as a frame: `id`, and `cost`, what each stands for."""
    if piece.table == ENTITIES:
        return to_array(_sample(_text(_read_piece(shared, piece, ["id"])["id"]), _NODE))
    ends = [_text(column) for column in _read_piece(shared, piece, list(ENDS))]
    return to_array(pl.concat([_sample(ends[0], 1), _sample(ends[1].unique(), _NODE)]))


def deal(shared: Loading, scratch: Any, piece: Piece) -> Array:
    """The name of a file with the rows of a piece by part."""
    stem = shared.at(f"dealt-{piece.table}-{piece.groups[0]}")
    sent = find_sent(stem)
    if sent is None:
        frame = _read_piece(shared, piece)
        lines = pl.int_range(piece.first, piece.first + frame.height, eager=True) + 1
        frame = frame.with_columns(
            pl.lit(f"{piece.table}.parquet").alias(FILE), lines.cast(pl.UInt32).alias(LINE)
        )
        of = _text(frame["id" if piece.table == ENTITIES else "dependent"]).fill_null("")
        part = find_part(of, shared.bounds)
        order = np.argsort(part, kind="stable")
        starts = np.searchsorted(part[order], np.arange(len(shared.bounds) + 2))
        sections = {
            p: to_bytes(frame[order[starts[p] : starts[p + 1]]])
            for p in np.unique(part).tolist()
        }  # fmt: skip
        sent = write_sections(sections, stem)
    return write_names([sent.name])


def gather(shared: Loading, scratch: Any, part: int) -> tuple[Array, Array, Array, Array]:
    """Check the rows of a part. The name of a file with what it has (`ROWS`, `OWN`) and the ids
    that it asks of each part; how many these are, (k, 2) part and number; a frame of faults and
    findings (`TOLD`); and one of shared causes."""
    dependencies = _read_dealt(shared, DEPENDENCIES, part)
    entities = _read_dealt(shared, ENTITIES, part)
    if dependencies is None:
        dependencies = empty(DEPENDENCY_COLUMNS)
    try:
        tables = Tables(pl.DataFrame() if entities is None else entities, dependencies)
        checked = check(tables)
    except InputError as fault:
        faults = [(FAULT, 1, text, None) for text in fault.faults or [str(fault)]]
        told = pl.DataFrame(faults, schema=TOLD, orient="row")
        return write_names([""]), np.zeros((0, 2)), to_array(told), to_array(_NO_CAUSES)
    rows = checked.dependencies.with_columns(pl.col(name).cast(pl.String) for name in ENDS)
    ids = pl.Series("id", [], pl.String) if entities is None else _text(entities["id"])
    described = checked.entities.join(ids.to_frame(), on="id", how="semi", maintain_order="left")
    needed = pl.concat([rows[name].alias("id") for name in ENDS]).unique().sort().to_frame()
    asked = needed.join(described, on="id", how="anti", maintain_order="left")["id"]
    owner = find_part(asked, shared.bounds)
    asks = {q: asked.filter(pl.Series(owner == q)) for q in np.unique(owner).tolist()}
    has = {ROWS: to_bytes(rows), OWN: to_bytes(described)}
    sections = {**has, **{q: to_bytes(each.to_frame()) for q, each in asks.items()}}
    stem = shared.at(f"gathered-{part}")
    sent = find_sent(stem) or write_sections(sections, stem)
    counts = np.array([(q, len(each)) for q, each in asks.items()], np.int64).reshape(-1, 2)
    told = pl.DataFrame(
        [(f.action, f.count, f.reason, list(f.examples)) for f in checked.report
         if f.action != "invented"],
        schema=TOLD, orient="row",
    )  # fmt: skip
    return write_names([sent.name]), counts, to_array(told), to_array(_list_causes(rows))


def number(shared: Loading, scratch: Any, part: int) -> tuple[Array, Array, Array]:
    """The name of a file with all entities of a part, by id; how many these are, of which no row
    describes, how many dependencies it has, and of unknown strength; and examples of those that no
    row describes."""
    file = shared.at(shared.gathered[part])
    described, rows = (from_bytes(read_section(file, which)) for which in (OWN, ROWS))
    asks = [read_section(shared.at(f), part) for f in shared.gathered]
    asked = [from_bytes(data)["id"] for data in asks if data is not None]
    none = pl.Series("id", [], pl.String)
    missing = pl.concat([none, *asked]).unique().sort().to_frame()
    missing = missing.join(described, on="id", how="anti", maintain_order="left")
    bare = [constant(c) for c in ENTITY_COLUMNS if c.default is not None]
    all_of = pl.concat([described, missing.with_columns(bare)], how="diagonal").sort("id")
    all_of = all_of.with_columns(pl.col("name").fill_null(pl.col("id")))
    stem = shared.at(f"numbered-{part}")
    sent = find_sent(stem) or write_sections({OWN: to_bytes(all_of)}, stem)
    unknown = rows["probability"].null_count()
    sizes = np.array([all_of.height, missing.height, rows.height, unknown], np.int64)
    shown = missing["id"].head(_EXAMPLES).map_elements(clip, pl.String).to_frame()
    return write_names([sent.name]), sizes, to_array(shown)


def find_part(ids: pl.Series, bounds: Sequence[str]) -> Ints:
    """(n,) the part that each id lies in."""
    if not bounds:
        return np.zeros(len(ids), np.int64)
    found = pl.Series(bounds).search_sorted(ids, side="right")
    return found.to_numpy().astype(np.int64)


def to_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as Parquet."""
    out = BytesIO()
    frame.write_parquet(out, compression="lz4", statistics=False)
    return out.getvalue()


def from_bytes(data: bytes | None) -> pl.DataFrame:
    """The frame of `to_bytes`."""
    return pl.DataFrame() if data is None else pl.read_parquet(BytesIO(data))


def to_array(frame: pl.DataFrame) -> Array:
    """A frame as an array, which is what tasks give back."""
    return np.frombuffer(to_bytes(frame), np.uint8)


def from_array(array: Array) -> pl.DataFrame:
    """The frame of `to_array`."""
    return from_bytes(array.tobytes())


def _read_piece(
    shared: Loading, piece: Piece, columns: Iterable[str] | None = None
) -> pl.DataFrame:  # fmt: skip
    with open_table(shared.source, piece.table) as file:
        table = file.read_row_groups(list(piece.groups), columns=columns and list(columns))
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _read_dealt(shared: Loading, table: str, part: int) -> pl.DataFrame | None:
    """The rows of a part, in the order of the file; None: there are none."""
    files = [f for f in shared.dealt if f.startswith(f"dealt-{table}-")]
    read = [read_section(shared.at(f), part) for f in files]
    frames = [from_bytes(data) for data in read if data is not None]
    return pl.concat(frames) if frames else None


def _text(column: pl.Series) -> pl.Series:
    """Ids as the check has them: text without blanks around it."""
    return column.cast(pl.String).str.strip_chars()


def _sample(ids: pl.Series, each: int) -> pl.DataFrame:
    """So many ids, evenly among all in their order, and what each stands for."""
    ids = ids.drop_nulls().sort().alias("id")
    step = max(1, len(ids) // _SAMPLES)
    return ids.gather_every(step).to_frame().with_columns(cost=pl.lit(float(each * step)))


_NO_CAUSES = pl.DataFrame(
    schema={"shared_cause": pl.String, "least": pl.Float64, "most": pl.Float64, "_at": pl.String}
)


def _list_causes(rows: pl.DataFrame) -> pl.DataFrame:
    """Named causes, the least and the most rho of each, and where the first row stands."""
    at = pl.format("{}:{}", FILE, LINE)
    sharing = rows.filter(pl.col("shared_cause").is_not_null() & (pl.col("rho") > 0))
    if not sharing.height:
        return _NO_CAUSES
    rho = pl.col("rho")
    return sharing.group_by("shared_cause").agg(
        rho.min().alias("least"), rho.max().alias("most"), at.first().alias("_at")
    )
