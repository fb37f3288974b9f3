"""Register of information on ICT services (DORA: Regulation (EU) 2022/2554, Article 28; tables and
columns of Implementing Regulation (EU) 2024/2956).

What becomes what:

| in the register | here |
|---|---|
| b_01.01, b_01.02 financial entity | `enterprise`, id its LEI; parent: its direct parent |
| b_01.03 branch | `branch`, id `branch:CODE`; parent: its head office |
| b_06.01 function | `critical_function` where assessed critical or important, else `function`, |
| | id `function:LEI:F1`; parent: the financial entity |
| b_02.02, b_05.02 a service that a provider renders under a contract | `service`, |
| | id `service:CONTRACT:PROVIDER:TYPE`; parent: the provider |
| b_05.01, b_03.02, b_03.03 provider | id its LEI or other code; parent: its ultimate parent |
| financial entity uses its function | unknown strength: the register does not say how much |
| function uses service (b_02.02) | unknown strength; the entity itself where no function is named |
| branch uses service (b_04.01) | unknown strength |
| service operated_by provider | strength 1: the service is nothing but the provider's work |
| service supplied_by the service of the next rank (b_05.02) | unknown strength |
| service of an intra-group contract supplied_by those of the contract behind it (b_02.03) | same |

A subcontractor is tied to the contract and service that it takes part in, not to the direct
provider as a whole: other contracts of that provider do not fall with it. Substitutability,
alternatives and exit plans are columns: that a provider could be replaced within months is no spare
that works tonight, and no probability. Contracts that have ended are kept, and counted.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from knockon.graph.errors import InputError
from knockon.graph.model.tables import LINE, Tables
from knockon.loaders.assembling.tally_rows import RowTally
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.dora.chains import Row, place
from knockon.loaders.registers.dora.columns import TABLES, named
from knockon.loaders.registers.dora.package import open_package
from knockon.loaders.registers.dora.register import Register

ITS = "Implementing Regulation (EU) 2024/2956"


def read_dora(source: SourceLike) -> Tables:
    """The graph of one register: package as ZIP or folder, in either form, or filled-in template.

    Raises InputError where it cannot be read, or holds no row that can be used. Rows without their
    keys, repeated rows and references to what no table lists are counted in the report.
    """
    source = Source.of(source)
    tally = RowTally()
    package = open_package(source, tally)
    rows = {
        table: list(_usable(named(frame, table, tally), table, tally))
        for table, frame in sorted(package.tables.items())
        if table in TABLES
    }
    for table in sorted(package.tables.keys() - TABLES.keys()):
        frame = package.tables[table]
        tally.read(table, frame.height)
        if frame.height:
            what = "a row of a table that holds no dependencies"
            tally.lose(table, "dropped", what, table, frame.height)
    if not any(rows.values()):
        raise InputError(
            f"{source.name}: a register without a row that can be used: is it filled in?"
        )
    register = Register(tally, rows, package.parameters)
    register.build()
    return Tables(
        entities=_frame(list(register.entities.values())),
        dependencies=_frame(register.dependencies),
        title=f"Register of information of {register.keeper}",
        sources={register.source: ITS},
        report=tally.findings(),
    )


def _usable(frame: pl.DataFrame, table: str, tally: RowTally) -> Iterator[Row]:
    """The rows that have their keys, each once."""
    keys = TABLES[table].keys
    seen: set[tuple[Any, ...]] = set()
    tally.read(table, frame.height)
    for row in frame.iter_rows(named=True):
        key = tuple(row.get(k) for k in keys)
        needed = [k for k in TABLES[table].needed if not row.get(k)]
        if needed:
            what = f"a row of {table} without its {' and '.join(needed)}"
            tally.lose(table, "dropped", what, place(row))
        elif key in seen:
            what = f"a row of {table} whose keys stand before"
            tally.lose(table, "merged", what, place(row))
        else:
            seen.add(key)
            yield row


def _frame(rows: list[Row]) -> pl.DataFrame:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    numbers = {"probability": pl.Float64(), LINE: pl.Int64()}
    return pl.DataFrame(
        {c: [row.get(c) for row in rows] for c in columns},
        {c: numbers.get(c, pl.String()) for c in columns},
    )
