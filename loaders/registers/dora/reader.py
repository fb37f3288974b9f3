"""Register of information on ICT services (DORA: Regulation (EU) 2022/2554, Article 28; tables and
columns of Implementing Regulation (EU) 2024/2956).

What becomes what:

| in the register | here |
|---|---|
| b_01.01, b_01.02 financial entity | `enterprise`, id its LEI; parent: its direct parent |
| b_01.03 branch | `branch`, id `branch:LEI:CODE`; parent: its head office |
| b_06.01 function | `critical_function` where assessed critical or important, `function` where |
| | assessed as not, `unassessed_function` where nobody has assessed it, or the cell is blank; |
| | id `function:LEI:F1`; parent: the financial entity |
| b_02.02, b_05.02 a service that a provider renders under a contract | `service`, |
| | id `service:KEEPER:CONTRACT:PROVIDER:TYPE`; parent: the provider |
| b_05.01, b_03.02, b_03.03 provider | id its LEI or EUID, else type and code (`DE_CRN:HRB 1`); |
| | parent: its ultimate parent |
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

Columns, beside the words of the tables: `total_assets` (b_01.02.0110) in `assets_currency`;
`annual_cost` (b_02.01.0050) in `currency` on the first service of each contract, so that it can be
added up; `provider_annual_cost` (b_05.01.0100) in `provider_currency`. A use of a service
(b_02.02), on the dependency, and put together on the service: `function_id`, `reliance`,
`notice_days_entity`, `notice_days_provider`, `governing_law`, `provided_from`, `stores_data`,
`data_stored_in`, `data_managed_in`, `data_sensitivity`, `starts`, `ends`, `end_reason`; a register
has a row per country, which is one dependency with all countries (`DE; IE`).
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.assembling.findings import RowFindings
from knockon.loaders.assembling.rows import build_frame
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.registers.dora.chains import Chains
from knockon.loaders.registers.dora.columns import TABLES, name_columns
from knockon.loaders.registers.dora.keeper import keeper_of
from knockon.loaders.registers.dora.keys import settle_keys
from knockon.loaders.registers.dora.lists import NO
from knockon.loaders.registers.dora.package import open_package
from knockon.loaders.registers.dora.register import Register
from knockon.loaders.registers.dora.rows import Row, place
from knockon.loaders.registers.dora.services import add_providers, add_services

ITS = "Implementing Regulation (EU) 2024/2956"


def read_dora(source: SourceLike) -> Tables:
    """The graph of one register: package as ZIP or folder, in either form, or filled-in template.

    Raises InputError where it cannot be read, or holds no row that can be used. Rows without their
    keys, repeated rows and references to what no table lists are counted in the report.
    """
    source = Source.of(source)
    findings = RowFindings()
    package = open_package(source, findings)
    listed = {
        table: list(name_columns(frame, table, findings).iter_rows(named=True))
        for table, frame in sorted(package.tables.items())
        if table in TABLES
    }
    keeper = keeper_of(listed, package.parameters, source, findings)
    settle_keys(listed, keeper, findings)
    rows = {table: list(_usable(found, table, findings)) for table, found in listed.items()}
    for table in sorted(package.tables.keys() - TABLES.keys()):
        frame = package.tables[table]
        findings.read(table, frame.height)
        if frame.height:
            what = "a row of a table that holds no dependencies (b_99.01 defines terms)"
            findings.lose(table, "dropped", what, table, frame.height)
    if not any(rows.values()):
        raise InputError(
            f"{source.name}: a register without a row that can be used: is it filled in?"
        )
    register = Register(findings, rows, package.parameters, keeper)
    chains = Chains(rows, keeper, findings)
    register.add_entities()
    add_providers(register, chains)
    add_services(register, chains)
    register.add_uses(chains)
    return Tables(
        entities=build_frame(list(register.entities.values())),
        dependencies=build_frame(register.dependencies),
        title=f"Register of information of {register.name}",
        sources={register.source: ITS},
        report=findings.report(),
    )


def _usable(rows: list[Row], table: str, findings: RowFindings) -> Iterator[Row]:
    """The rows that have their keys, each once."""
    keys = TABLES[table].keys
    seen: dict[tuple[Any, ...], dict[str, Any]] = {}
    findings.read(table, len(rows))
    for row in rows:
        key = tuple(row.get(k) for k in keys)
        needed = [k for k in TABLES[table].needed if not row.get(k)]
        said = {c: v for c, v in row.items() if v and c not in (FILE, LINE)}
        if needed:
            what = f"a row of {table} without its {' and '.join(needed)}"
            findings.lose(table, "dropped", what, place(row))
        elif row.get("link") == NO:
            what = f"a row of {table} whose link is said not to be"
            findings.lose(table, "dropped", what, place(row))
        elif key in seen:
            differ = sorted(c for c in said | seen[key] if said.get(c) != seen[key].get(c))
            with_others = f", with another {' and '.join(differ)}" if differ else ""
            what = f"a row of {table} whose keys stand before{with_others}"
            findings.lose(table, "merged", what, place(row))
        else:
            seen[key] = said
            yield row
