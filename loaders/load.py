"""What a notebook begins with: sources as a graph, and a folder of incidents predicted."""

from typing import TYPE_CHECKING

from knockon.graph.errors import InputError
from knockon.graph.keywords import check_keywords

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from knockon.graph.analysis.backtest.backtest import Backtest
    from knockon.graph.model.graph import DependencyGraph


@check_keywords(InputError)
def load(
    *sources: "str | Path",
    join: bool | None = None,
    aliases: "str | Path | None" = None,
    join_above: float | None = None,
    mapping: "Mapping[str, str] | None" = None,
    both_ways: bool = False,
    entities: "Sequence[str | Path]" = (),
    sheet: str | None = None,
    header_row: int | None = None,
    company: str | None = None,
    strict: bool = False,
    query: str | None = None,
    no_environment: bool = False,
) -> "DependencyGraph":
    """The graph of one or several files or folders of any known format.

    join: of what the sources call the same, merge what `same_as` states (None), what has one LEI
        or domain, too (True), or nothing (False)
    aliases: your table of aliases, a CSV file that `knockon aliases` proposes
    join_above: also merge entities whose names are more alike than this, 0..1; above
        0.97 they differ in form only
    mapping: {their column: ours}, {their word: our relation} or {"dependent:": a constant}, for
        tables and graph files of other names
    both_ways: read the undirected edges of a graph file both ways; else they are refused
    entities: CSV files that describe the entities of a table
    sheet: of a workbook, by name
    header_row: the row, or line, that names the columns; 1 is the first
    company: whose list it is: the dependent of all rows
    strict: hold a bill of materials to its official schema (`knockon[validate]`)
    query: of a database: what returns the rows of dependencies
    no_environment: leave out what only environment variables, arguments and settings say
    Raises InputError with every fault found, and for an option that none of the sources takes.
    """
    from knockon.graph.model.graph import DependencyGraph
    from knockon.loaders.merge import load_tables

    tables = load_tables(
        sources, join=join, aliases=aliases, join_above=join_above, mapping=mapping,
        both_ways=both_ways, entities=entities, sheet=sheet, header_row=header_row,
        company=company, strict=strict, query=query, no_environment=no_environment,
    )  # fmt: skip
    return DependencyGraph.from_tables(tables, checked=True)


def backtest(folder: "str | Path") -> "Backtest":
    """The incidents of a folder, each predicted and held against what was reported.

    Raises InputError with every fault of every file.
    """
    from pathlib import Path

    from knockon.graph.analysis.backtest.backtest import backtest as ask
    from knockon.loaders.native.incidents import read_incidents

    return ask(read_incidents(Path(folder)))
