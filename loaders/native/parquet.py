"""Parquet: dependencies of any column names, and knockon's own tables."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.table import table
from knockon.loaders.parsing.parquet_guard import check_claims
from knockon.loaders.registry import one_error


def read_parquet(path: Path, mapping: Mapping[str, str] | None = None) -> Tables:
    """One Parquet file of dependencies; the entities are the ends of its rows.

    Columns are told by name, by `mapping` ({theirs: ours}) or by guess.
    """
    return table(path, read_parquet_table(path), mapping=mapping)


def read_parquet_table(path: Path) -> pl.DataFrame:
    """A Parquet file with the name of the file and the number of each row.

    Raises InputError for damaged files, and for claims of size that cannot be true.
    """
    check_claims(path)
    with one_error(path):
        frame = pl.read_parquet(path)
    return frame.with_columns(
        pl.lit(path.name).alias(FILE), (pl.int_range(pl.len(), dtype=pl.UInt32) + 1).alias(LINE)
    )
