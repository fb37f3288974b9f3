"""Parquet: dependencies of any column names, and knockon's own tables."""

from typing import Unpack

import polars as pl

from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.table import TableOptions, settle_tables
from knockon.loaders.parsing.faults import one_error
from knockon.loaders.parsing.parquet_guard import check_claims, check_repeats
from knockon.loaders.parsing.source import Source, SourceLike


def read_parquet(source: SourceLike, **options: Unpack[TableOptions]) -> Tables:
    """One Parquet file of dependencies; the entities are the ends of its rows.

    Columns are told by name, by `mapping` or by guess (`table`).
    """
    source = Source.of(source)
    return settle_tables(source, read_parquet_table(source), **options)


def read_parquet_table(source: SourceLike) -> pl.DataFrame:
    """A Parquet file with the name of the file and the number of each row.

    Raises InputError for damaged files, and for claims of size that cannot be true.
    """
    source = Source.of(source)
    check_claims(source)
    with one_error(source.place):
        frame = pl.read_parquet(source.file)
    check_repeats(frame, source)
    return frame.with_columns(
        pl.lit(source.name).alias(FILE), (pl.int_range(pl.len(), dtype=pl.UInt32) + 1).alias(LINE)
    )
