"""A load, as the client sees it: tasks of `loading`, and what they say added up."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from knockon.graph.engine.cluster.blocks import loading
from knockon.graph.engine.cluster.blocks.loading import (
    DEPENDENCIES,
    ENTITIES,
    FAULT,
    TOLD,
    Loading,
    Piece,
    from_array,
)
from knockon.graph.engine.cluster.blocks.part import choose_count, read_names, share_out
from knockon.graph.engine.cluster.blocks.rounds import NOTHING, Room
from knockon.graph.engine.cluster.blocks.storage import describe_table, open_table
from knockon.graph.engine.cluster.shipment import digest
from knockon.graph.engine.executor import Executor
from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Finding

_PIECE = 1 << 19  # rows that a task reads
_ROW = 800  # bytes of a row in the check
_EXAMPLES = 5
_VERSION = "1"  # of what lies in the files of a load


class Loaded(NamedTuple):
    """A graph as parts, in files.

    loading: what its tasks share; numbered: file of the entities of each part
    sizes: (P,) entities of each; asks: of each, how many entities it asks of which part
    dependencies: in all; unknown: of these, of unknown strength
    report: what reading and checking did
    """

    loading: Loading
    numbered: tuple[str, ...]
    sizes: tuple[int, ...]
    asks: tuple[dict[int, int], ...]
    dependencies: int
    unknown: int
    report: tuple[Finding, ...]

    @property
    def entities(self) -> int:
        return sum(self.sizes)


def load_parts(executor: Executor, room: Room, source: str, parts: int) -> Loaded:
    """Deal, check and number the tables of a folder, or of an address (`storage`).

    room: whose folder gets the parts; what an earlier load left there of the same files is taken.
    Raises InputError with every fault of the tables.
    """
    pieces, named = _list_pieces(source, min(_PIECE, share_out(room.memory, room.tasks) // _ROW))
    name = digest("\n".join([_VERSION, str(parts), str(len(pieces)), *named]).encode())
    shared = Loading(str(room.folder), name, source)

    def run(work: Callable[..., Any], tasks: Sequence[Any]) -> Iterator[Any]:
        for _, found in executor.run(work, shared, tasks, workers=1, workspace=NOTHING):
            yield found

    samples = pl.concat([from_array(found) for found in run(loading.survey, pieces)])
    shared = shared._replace(bounds=_choose_bounds(samples, parts))
    shared = shared._replace(dealt=tuple(read_names(f)[0] for f in run(loading.deal, pieces)))
    numbers = range(len(shared.bounds) + 1)
    files, asks, told, causes = zip(*run(loading.gather, numbers), strict=True)
    report = _add_up([from_array(each) for each in told], [from_array(each) for each in causes])
    shared = shared._replace(gathered=tuple(read_names(f)[0] for f in files))
    numbered, sizes, examples = zip(*run(loading.number, numbers), strict=True)
    counts = np.stack(sizes)
    if any(piece.table == ENTITIES for piece in pieces) and counts[:, 1].any():
        shown = pl.concat([from_array(each) for each in examples])["id"].head(_EXAMPLES)
        reason = "an entity that only dependencies name (kind unknown)"
        report.append(Finding("invented", int(counts[:, 1].sum()), reason, tuple(shown)))
    return Loaded(
        shared, tuple(read_names(f)[0] for f in numbered), tuple(counts[:, 0].tolist()),
        tuple(dict(map(tuple, each.tolist())) for each in asks), int(counts[:, 2].sum()),
        int(counts[:, 3].sum()), tuple(report),
    )  # fmt: skip


def count_parts(source: str, room: Room) -> int:
    """How many parts the tables of a folder make, so that each is checked, and in work, within the
    memory of a worker."""
    pieces, _ = _list_pieces(source, _PIECE)
    rows = sum(piece.rows for piece in pieces if piece.table == DEPENDENCIES)
    entities = sum(piece.rows for piece in pieces if piece.table == ENTITIES)
    memory = share_out(room.memory, room.tasks)
    of_work = choose_count(rows, max(entities, rows // 4), 1, memory)
    return max(of_work, -(-_ROW * (rows + entities) // memory))


def _list_pieces(source: str, size: int) -> tuple[list[Piece], list[str]]:
    """The pieces of both tables, of so many rows where row groups are smaller, and what tells these
    files from others."""
    pieces, named = [], []
    for table in (DEPENDENCIES, ENTITIES):
        path, told = f"{source}/{table}.parquet", describe_table(source, table)
        if told is None:
            if table == DEPENDENCIES:
                raise InputError(f"{path}: expected a table of dependencies as Parquet")
            continue
        named.append(told)
        with open_table(source, table) as file:
            _check_columns(path, file.schema_arrow.names, table)
            rows = [
                file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)
            ]
        groups: list[int] = []
        first = at = 0
        for i, count in enumerate(rows):
            groups.append(i)
            at += count
            if at - first >= size or i + 1 == len(rows):
                pieces.append(Piece(table, tuple(groups), first, at - first))
                groups, first = [], at
    return pieces, named


def _check_columns(path: str, columns: Sequence[str], table: str) -> None:
    for name in ("id",) if table == ENTITIES else ("dependent", "provider"):
        if name not in columns:
            found = some(repr(clip(c, 30)) for c in columns)
            raise InputError(f"{path}: {table} need a column {name!r}; found {found}")


def _choose_bounds(samples: pl.DataFrame, parts: int) -> tuple[str, ...]:
    """(P - 1,) ids between which parts cost about the same."""
    if not samples.height:
        return ()
    ordered = samples.group_by("id").agg(pl.col("cost").sum()).sort("id")
    cost = np.cumsum(ordered["cost"].to_numpy())
    at = np.searchsorted(cost, np.arange(1, parts) * (cost[-1] / parts))
    return tuple(ordered["id"].gather(np.unique(np.minimum(at, len(cost) - 1))).to_list())


def _add_up(told: list[pl.DataFrame], causes: list[pl.DataFrame]) -> list[Finding]:
    """What was done to the rows of all parts. Raises InputError with the faults of all."""
    every = pl.concat([pl.DataFrame(schema=TOLD), *told])
    faults = every.filter(pl.col("action") == FAULT)["reason"].to_list()
    split = (
        pl.concat(causes)
        .group_by("shared_cause")
        .agg(pl.col("least").min(), pl.col("most").max(), "_at")
        .filter(pl.col("least") < pl.col("most"))
        .sort("shared_cause")
    )
    for cause, least, most, at in split.iter_rows():
        faults.append(
            f"shared cause {clip(cause)!r}: expected one value of rho, got {least:g} to {most:g}, "
            f"such as at {some(at)}"
        )
    if faults:
        raise InputError.of(list(dict.fromkeys(faults)))
    added = every.group_by("action", "reason", maintain_order=True).agg(
        pl.col("count").sum(),
        pl.col("examples").list.explode(keep_nulls=False, empty_as_null=False),
    )
    line = pl.element().str.extract(r":(\d+)$").cast(pl.Int64)
    added = added.with_columns(
        pl.col("examples").list.eval(pl.element().sort_by(line)).list.head(_EXAMPLES)
    )
    columns = added.select("action", "count", "reason", "examples")
    return [Finding(a, n, r, tuple(e)) for a, n, r, e in columns.iter_rows()]
