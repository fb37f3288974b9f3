"""One CSV file of dependencies, of any column names."""

from typing import Unpack

from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.table import TableOptions, settle_tables
from knockon.loaders.parsing.csv_text import SEPARATORS, read_csv_table
from knockon.loaders.parsing.source import Source, SourceLike


def read_csv(
    source: SourceLike, header_row: int | None = None, **options: Unpack[TableOptions]
) -> Tables:
    """One CSV file of dependencies; the entities are the ends of its rows.

    Columns are told by name, by `mapping` or by guess (`table`); the separator is the one of its
    first line, of commas, tabs, semicolons and bars. header_row: the line with the heads
    """
    source = Source.of(source)
    frame = read_csv_table(source, "".join(SEPARATORS), header_row or 1)
    return settle_tables(source, frame, **options)
