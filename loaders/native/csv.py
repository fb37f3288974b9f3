"""One CSV file of dependencies, of any column names."""

from collections.abc import Mapping

from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.table import table
from knockon.loaders.parsing.csv_text import SEPARATORS, read_csv_table
from knockon.loaders.parsing.source import Source, SourceLike


def read_csv(source: SourceLike, mapping: Mapping[str, str] | None = None) -> Tables:
    """One CSV file of dependencies; the entities are the ends of its rows.

    Columns are told by name, by `mapping` ({theirs: ours}) or by guess; the separator is the one
    of its first line, of commas, tabs, semicolons and bars.
    """
    source = Source.of(source)
    return table(source, read_csv_table(source, "".join(SEPARATORS)), mapping=mapping)
