"""How large a source is, by what Parquet says of itself: no row is read but a few at both ends."""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.source import Source, SourceLike

SAMPLE = 100_000  # rows at each end


class Size(NamedTuple):
    """Of a graph in Parquet. entities: as counted, or about; counted: whether they are; stated:
    whether there is a column of probabilities; bytes: on disk"""

    dependencies: int
    entities: int
    counted: bool
    stated: bool
    bytes: int


def measure_parquet(source: SourceLike) -> Size | None:
    """The size of a Parquet file of dependencies, or of a folder of knockon's own tables in
    Parquet; None for anything else. Raises InputError for a file that is damaged.

    Rows are counted in the metadata. Entities without a table of their own are estimated from the
    ids of the first and of the last rows, by how many are among both (Lincoln 1930, Petersen
    1896), which is too few where a few carry most.
    """
    source = Source.of(source)
    path = Path(source.path)
    main = path / "dependencies.parquet" if path.is_dir() else path
    if not main.is_file() or (main == path and not source.is_parquet):
        return None
    with one_error(str(main)):
        rows = pl.scan_parquet(main)
        columns = rows.collect_schema().names()
        count = int(rows.select(pl.len()).collect().item())
        described = path / "entities.parquet"
        if path.is_dir() and described.is_file():
            entities = int(pl.scan_parquet(described).select(pl.len()).collect().item())
            counted, size = True, main.stat().st_size + described.stat().st_size
        else:
            ends = [c for c in ("dependent", "provider") if c in columns] or columns[:2]
            entities = _estimate_entities(rows.select(ends), count)
            counted, size = False, main.stat().st_size
    return Size(count, entities, counted, "probability" in columns, size)


def _estimate_entities(rows: pl.LazyFrame, count: int) -> int:
    if count <= 2 * SAMPLE:
        return len(_list_ids(rows))
    first, last = (_list_ids(rows.slice(at, SAMPLE)) for at in (0, count - SAMPLE))
    both = int(first.is_in(last.implode()).sum())
    return int(min(len(first) * len(last) / max(both, 1), 2 * count))


def _list_ids(rows: pl.LazyFrame) -> pl.Series:
    frame = rows.collect()
    return pl.concat([frame[c].cast(pl.String).alias("id") for c in frame.columns]).unique()
