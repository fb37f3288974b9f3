"""Keys of registers: what two banks number alike stays two, what one writes in two ways is one."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from tests.loaders.registers.dora.dora_forms import (
    BANK,
    HOST,
    OTHER,
    SUPPLIER,
    Register,
    chain,
    datapoint_zip,
    fallen,
    header_zip,
    lei,
    read_small,
    reasons,
    small,
    workbook,
)

SECOND = lei("SECOND")
WRITERS = (header_zip, datapoint_zip, workbook)
Rows = list[dict[str, str]]


def second(**tables: Rows) -> Register:
    """The register of another bank, which numbers its contract, function and branch alike."""
    register = small(**tables)
    register["b_01.02"] = [{"c0010": SECOND, "c0020": "Second Bank"}]
    register["b_02.02"] = [{**row, "c0020": SECOND} for row in register["b_02.02"]]
    register["b_06.01"] = [{**r, "c0030": "Loans", "c0040": SECOND} for r in register["b_06.01"]]
    return register


def provider(code: str, kind: str, **cells: str) -> dict[str, str]:
    """A row of b_05.01."""
    return {"c0010": code, "c0020": kind, "c0050": f"Named {code}", "c0110": "", **cells}


def using(code: str, kind: str = "") -> Rows:
    """A row of b_02.02 on contract C1 with this provider."""
    return [{**small()["b_02.02"][0], "c0030": code, "c0040": kind}]


@pytest.mark.parametrize("write", WRITERS)
def test_contracts_of_two_banks_that_share_a_number(
    tmp_path: Path, write: Callable[[Register, Path], Path]
) -> None:
    """Host serves the supplier under the first bank's C1, and not under the second's."""
    typed = {"c0040": "eba_qCO:qx2000"}  # a datapoint package has no row of nothing but keys
    chained = [
        {**row, **typed} for row in chain(("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", SUPPLIER))
    ]
    paths = [tmp_path / f"{name}{'.xlsx' if write is workbook else '.zip'}" for name in "ab"]
    for make, steps, path in ((small, chained, paths[0]), (second, chained[:1], paths[1])):
        register = make(b_05_02=steps)
        register["b_02.02"] = [{**row, **typed} for row in register["b_02.02"]]
        write(register, path)
    both = load_tables(paths)
    assert fallen(both, HOST) == {"Payments"}
    assert fallen(both, "Supplier") == {"Payments", "Loans"}


def test_assessments_and_costs_of_two_banks_stay_apart(tmp_path: Path) -> None:
    """Each service keeps what its own bank says of its contract C1."""
    for make, cost, word in ((small, "100", "eba_ZZ:x959"), (second, "7", "eba_ZZ:x962")):
        about = {
            "b_02_01": [{"c0010": "C1", "c0040": "EUR", "c0050": cost}],
            "b_07_01": [{"c0010": "C1", "c0020": SUPPLIER, "c0040": "S19", "c0050": word}],
        }
        header_zip(make(**about), tmp_path / f"{make.__name__}.zip")
    services = load_tables([tmp_path / "small.zip", tmp_path / "second.zip"]).entities.filter(
        pl.col("kind") == "service"
    )
    told = services.select("keeper", "annual_cost", "substitutability").rows()
    assert sorted(told) == [
        (BANK, "100", "Not substitutable"), (SECOND, "7", "Easily substitutable"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "keeper"),
    [
        ({"b_01_01": [{"c0010": OTHER, "c0020": "Keeper"}]}, OTHER),
        ({"b_01_02": []}, BANK),  # the only user
        ({"b_01_02": [{"c0010": BANK, "c0050": "eba_RP:x56"},
                      {"c0010": OTHER, "c0050": "eba_RP:x53"}]}, OTHER),
    ],
)  # fmt: skip
def test_who_keeps_a_register(tmp_path: Path, tables: dict[str, Rows], keeper: str) -> None:
    """b_01.01 says so, else the ultimate parent, else the only entity."""
    services = read_small(tmp_path, **tables).entities.filter(pl.col("kind") == "service")
    assert services["keeper"].to_list() == [keeper]


def test_a_register_that_does_not_say_who_keeps_it(tmp_path: Path) -> None:
    """Its contracts carry the name of the file, so that those of another stay apart."""
    group = [{"c0010": BANK, "c0020": "A"}, {"c0010": OTHER, "c0020": "B"}]
    chained = chain(("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", SUPPLIER))
    uses = [{**small()["b_02.02"][0], "c0020": user} for user in (BANK, OTHER)]
    given = {"b_01_02": group, "b_02_02": uses}
    header_zip(small(**given, b_05_02=chained), tmp_path / "one.zip")
    header_zip(small(**given), tmp_path / "two.zip")
    both = load_tables([tmp_path / "one.zip", tmp_path / "two.zip"])
    assert {"service:one:C1", "service:two:C1"} <= {
        i.rpartition(":99")[0] for i in both.entities["id"]
    }
    assert "note 1: a register that does not say who keeps it" in reasons(both)


def test_a_branch_belongs_to_its_head_office(tmp_path: Path) -> None:
    """Two entities of a group number their branches alike."""
    tables = read_small(
        tmp_path,
        b_01_03=[
            {"c0010": "B1", "c0020": BANK, "c0030": "Oslo"},
            {"c0010": "B1", "c0020": OTHER, "c0030": "Porto"},
        ],
        b_04_01=[{"c0010": "C1", "c0020": OTHER, "c0040": "b1"}],
    )
    users = tables.dependencies.filter(pl.col("dependent").str.starts_with("branch:"))
    assert users["dependent"].to_list() == [f"branch:{OTHER}:B1"]
    branches = tables.entities.filter(pl.col("kind") == "branch")
    assert set(branches.select("name", "parent").rows()) == {("Oslo", BANK), ("Porto", OTHER)}
    assert "a branch that differs from the one listed by case" in reasons(tables)


def test_a_branch_of_another_head_office_is_not_taken(tmp_path: Path) -> None:
    """b_01.03 lists B1 of the bank only: the other entity's B1 is one that no table lists."""
    tables = read_small(
        tmp_path,
        b_01_03=[{"c0010": "B1", "c0020": BANK, "c0030": "Oslo"}],
        b_04_01=[{"c0010": "C1", "c0020": OTHER, "c0040": "B1"}],
    )
    assert "invented 1: a branch that b_01.03 does not list" in reasons(tables)
    users = tables.dependencies.filter(pl.col("dependent").str.starts_with("branch:"))
    assert users["dependent"].to_list() == [f"branch:{OTHER}:B1"]


def full() -> Register:
    """A register in which every key is used in several tables."""
    return small(
        b_01_01=[{"c0010": BANK, "c0020": "Bank"}],
        b_01_03=[{"c0010": "B1", "c0020": BANK, "c0030": "Oslo"}],
        b_02_01=[{"c0010": "C1", "c0050": "5"}],
        b_03_01=[{"c0010": "C1", "c0020": BANK, "c0030": "true"}],
        b_03_02=[{"c0010": "C1", "c0020": SUPPLIER}],
        b_04_01=[{"c0010": "C1", "c0020": BANK, "c0040": "B1"}],
        b_05_01=[provider(SUPPLIER, "LEI", c0110=OTHER), provider(HOST, "LEI")],
        b_05_02=chain(("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", SUPPLIER)),
        b_07_01=[{"c0010": "C1", "c0020": SUPPLIER, "c0040": "S19", "c0050": "eba_ZZ:x959"}],
    )


def graph_of(tables: Tables) -> tuple[list[object], list[object]]:
    return (
        sorted(tables.entities.select("id", "name", "kind", "parent").rows(), key=str),
        sorted(tables.dependencies.select("dependent", "provider", "relation").rows(), key=str),
    )


CODES = (BANK, SUPPLIER, HOST, OTHER, "C1", "F1", "B1")
KEYS = [
    (table, column)
    for table, rows in full().items()
    for column, value in rows[0].items()
    if value in CODES and table[2:5] != "01."
]


@pytest.mark.parametrize(("table", "column"), KEYS)
def test_a_key_in_small_letters_is_the_same_key(tmp_path: Path, table: str, column: str) -> None:
    """Wherever it stands, the graph is the one of capitals, and the report says so."""
    register = full()
    plain = load_tables([header_zip(register, tmp_path / "plain.zip")])
    register[table] = [{**row, column: row[column].lower()} for row in register[table]]
    lower = load_tables([header_zip(register, tmp_path / "lower.zip")])
    if (table, column) in (("b_02.01", "c0010"), ("b_06.01", "c0010")):
        names = {"C1": "c1", "F1": "f1"}  # then the table that defines it has it so
        register = {t: [{c: names.get(v, v) for c, v in row.items()} for row in rows]
                    for t, rows in register.items()}  # fmt: skip
        plain = load_tables([header_zip(register, tmp_path / "plain.zip")])
        lower_ids, plain_ids = graph_of(lower), graph_of(plain)
        assert len(lower_ids[0]) == len(plain_ids[0])
        assert len(lower_ids[1]) == len(plain_ids[1])
    else:
        assert graph_of(lower) == graph_of(plain)
    assert "in small letters" in reasons(lower) or "by case" in reasons(lower)


def test_keys_that_differ_by_case_and_are_both_listed(tmp_path: Path) -> None:
    """Two contracts in b_02.01: they stay two, and are named."""
    uses = [{**small()["b_02.02"][0], "c0010": c} for c in ("AB-1", "ab-1")]
    tables = read_small(tmp_path, b_02_01=[{"c0010": "AB-1"}, {"c0010": "ab-1"}], b_02_02=uses)
    assert tables.entities.filter(pl.col("kind") == "service").height == 2
    assert "that differ by case only; kept apart ('AB-1', 'ab-1')" in reasons(tables).replace(
        "(AB-1, ab-1)", "('AB-1', 'ab-1')"
    )


def test_one_code_of_two_types_is_two_providers(tmp_path: Path) -> None:
    """The type of code is part of the key: a tax number is no company number."""
    tables = read_small(
        tmp_path,
        b_05_01=[provider("1001", "DE_CRN"), provider("1001", "DE_VAT")],
        b_02_02=using("1001", "DE_VAT"),
    )
    used = tables.dependencies.filter(pl.col("relation") == "operated_by")
    assert used["provider"].to_list() == ["DE_VAT:1001"]
    assert set(tables.entities.filter(pl.col("kind") == "ict_provider")["id"]) == {
        "DE_CRN:1001", "DE_VAT:1001",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("1001", "eba_qCO:qx2003", "eba_GA:DE"), ("1001", "DE_CRN", ""), True),
        (("1001", "eba_qCO:qx2003", "eba_GA:DE"), ("1001", "CRN", "eba_GA:FR"), False),
        (("1001", "CRN", ""), ("1001", "CRN", ""), False),  # of which country, nobody says
        (("V-17", "", ""), ("V-17", "", ""), False),  # a number of the bank's own
        (("DEK1101R.HRB1", "EUID", ""), ("DEK1101R.HRB1", "eba_qCO:qx2002", ""), True),
        ((SUPPLIER, "", ""), (SUPPLIER.lower(), "LEI", ""), True),
    ],
)
def test_providers_of_two_banks(
    tmp_path: Path, one: tuple[str, str, str], other: tuple[str, str, str], same: bool
) -> None:
    """One provider where code, type and country are one; numbers of one's own stay one's own."""
    for name, make, (code, kind, country) in (("a", small, one), ("b", second, other)):
        listed = [provider(code, kind, c0080=country)]
        header_zip(make(b_05_01=listed, b_02_02=using(code)), tmp_path / f"{name}.zip")
    both = load_tables([tmp_path / "a.zip", tmp_path / "b.zip"])
    used = both.dependencies.filter(pl.col("relation") == "operated_by")["provider"]
    assert used.n_unique() == (1 if same else 2)
    assert set(used) <= set(both.entities["id"])


def test_an_lei_beside_another_code_joins(tmp_path: Path) -> None:
    """b_05.01.0030 holds another code; where that is an LEI it is the provider's LEI."""
    listed = [provider("DEK1101R.HRB1", "EUID", c0030=SUPPLIER.lower(), c0040="LEI")]
    tables = read_small(tmp_path, b_05_01=listed, b_02_02=using("DEK1101R.HRB1", "EUID"))
    told = tables.entities.filter(pl.col("id") == "DEK1101R.HRB1")
    assert told.select("lei", "code", "code_type").rows() == [(SUPPLIER, "DEK1101R.HRB1", "EUID")]
