"""What the cells of a register say is carried: columns, countries, costs, three-valued fields."""

from pathlib import Path

import polars as pl
import pytest

from knockon.graph.errors import InputError
from tests.loaders.registers.dora.dora_forms import (
    BANK,
    HOST,
    OTHER,
    SUPPLIER,
    chain,
    fallen,
    read_small,
    reasons,
    small,
)

Rows = list[dict[str, str]]
USE = small()["b_02.02"][0]


def one(frame: pl.DataFrame, **where: str) -> dict[str, object]:
    """The only row with these values."""
    (row,) = frame.filter(**where).iter_rows(named=True)
    return row


def test_a_use_of_a_service_carries_its_cells(tmp_path: Path) -> None:
    """On the dependency, and on the service, in words."""
    cells = {
        "c0070": "2025-01-17", "c0080": "2030-12-31", "c0090": "", "c0100": "180", "c0110": "90",
        "c0120": "eba_GA:IE", "c0130": "eba_GA:DE", "c0140": "eba_BT:x28", "c0150": "eba_GA:NL",
        "c0160": "eba_GA:PL", "c0170": "eba_ZZ:x793", "c0180": "eba_ZZ:x797",
    }  # fmt: skip
    tables = read_small(tmp_path, b_02_02=[{**USE, **cells}])
    told = {
        "function_id": "F1", "starts": "2025-01-17", "ends": "2030-12-31",
        "notice_days_entity": "180", "notice_days_provider": "90", "governing_law": "IE",
        "provided_from": "DE", "stores_data": "Yes", "data_stored_in": "NL",
        "data_managed_in": "PL", "data_sensitivity": "High", "reliance": "Full reliance",
        "contract": "C1",
    }  # fmt: skip
    use = one(tables.dependencies, dependent=f"function:{BANK}:F1")
    service = one(tables.entities, kind="service")
    assert {c: use[c] for c in told} == {c: service[c] for c in told} == told
    assert one(tables.entities, kind="critical_function")["function_id"] == "F1"


def test_total_assets_stand_on_the_entity(tmp_path: Path) -> None:
    """b_01.02.0110 in the currency of b_01.02.0100."""
    bank = {"c0010": BANK, "c0020": "Bank", "c0100": "eba_CU:SEK", "c0110": "98000000000"}
    told = one(read_small(tmp_path, b_01_02=[bank]).entities, id=BANK)
    assert (told["total_assets"], told["assets_currency"]) == ("98000000000", "SEK")


def test_costs_add_up(tmp_path: Path) -> None:
    """A contract's cost stands on one service, whatever its services, uses and subcontractors."""
    uses = [
        {**USE, "c0060": kind, "c0050": function, "c0030": code}
        for kind, function, code in (
            ("S19", "F1", SUPPLIER), ("S17", "F1", SUPPLIER), ("S17", "F2", SUPPLIER),
            ("S17", "F1", OTHER),
        )
    ]  # fmt: skip
    tables = read_small(
        tmp_path,
        b_02_01=[{"c0010": "C1", "c0040": "eba_CU:EUR", "c0050": "1000"}],
        b_02_02=uses,
        b_05_01=[{"c0010": SUPPLIER, "c0050": "S", "c0100": "1500", "c0090": "EUR", "c0110": ""}],
        b_05_02=chain(("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", SUPPLIER)),
    )
    costs = tables.entities["annual_cost"].drop_nulls()
    assert costs.to_list() == ["1000"]
    assert one(tables.entities, annual_cost="1000")["currency"] == "EUR"
    supplier = one(tables.entities, id=SUPPLIER)
    assert (supplier["provider_annual_cost"], supplier["provider_currency"]) == ("1500", "EUR")


def test_one_row_per_country_is_one_use_in_all_of_them(tmp_path: Path) -> None:
    """The countries of storage are keys since taxonomy 4.0: none is lost, nothing counts twice."""
    uses = [
        {**USE, "c0130": f"eba_GA:{a}", "c0150": f"eba_GA:{b}", "c0160": f"eba_GA:{c}"}
        for a, b, c in (("DE", "DE", "DE"), ("DE", "IE", "DE"), ("FR", "IE", "qx2007"))
    ]
    tables = read_small(tmp_path, b_02_02=uses)
    use = one(tables.dependencies, dependent=f"function:{BANK}:F1")
    assert (use["provided_from"], use["data_stored_in"], use["data_managed_in"]) == (
        "DE; FR", "DE; IE", "DE",
    )  # fmt: skip
    service = one(tables.entities, kind="service")
    assert (service["data_stored_in"], service["country"]) == ("DE; IE", None)
    assert "rows of b_02.02: 3 kept" in reasons(tables)
    assert "note 1: a use of a service in several rows" in reasons(tables)


def test_rows_that_repeat_their_keys_say_what_differs(tmp_path: Path) -> None:
    """A second row of one key that says something else is no mere repetition."""
    tables = read_small(tmp_path, b_02_02=[{**USE, "c0180": "1"}, {**USE, "c0180": "4"}])
    assert "whose keys stand before, with another reliance (b_02.02.csv:3)" in (
        reasons(tables).replace("register.zip/", "")
    )


@pytest.mark.parametrize("cell", ["eba_GA:qx2007", "qx2007", "Not Applicable", "N/A", "-", ""])
def test_not_applicable_is_no_country(tmp_path: Path, cell: str) -> None:
    """Nor is it anything else; Namibia has a prefix."""
    tables = read_small(
        tmp_path, b_02_02=[{**USE, "c0050": cell, "c0130": cell, "c0150": "eba_GA:NA"}]
    )
    service = one(tables.entities, kind="service")
    assert (service["country"], service["provided_from"]) == (None, None)
    assert service["data_stored_in"] == "NA"
    assert "the financial entity itself uses it" in reasons(tables)


WRITTEN = {
    "critical_function": (
        "eba_BT:x28", "EBA_BT:X28", "x28", "Yes", "yes", "YES ", "Y", "TRUE", "1", "1. Yes",
    ),
    "function": ("eba_BT:x29", "no", "2. No", "2"),
    "unassessed_function": (
        "eba_BT:x21", "assessment not performed", "3", "3 - Assessment not performed",
        "Not assessed", "", "N/A", "maybe", "4",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "written"), [(k, w) for k, ws in WRITTEN.items() for w in ws])
def test_three_values_of_criticality(tmp_path: Path, kind: str, written: str) -> None:
    """Only who has assessed a function as not critical says that it is not."""
    functions = [{"c0010": "F1", "c0030": "Payments", "c0040": BANK, "c0050": written}]
    tables = read_small(tmp_path, b_06_01=functions)
    assert one(tables.entities, name="Payments")["kind"] == kind
    assert ("a function that nobody has assessed" in reasons(tables)) == (
        kind == "unassessed_function"
    )
    told = written in ("maybe", "4")
    assert ("a code of b_06.01 critical that no list holds" in reasons(tables)) == told


@pytest.mark.parametrize(
    ("cell", "word"),
    [("eba_BT:x21", "Assessment not performed"), ("1", "Yes"), ("no", "No")],
)
def test_three_values_of_alternatives(tmp_path: Path, cell: str, word: str) -> None:
    """b_07.01.0110 is three-valued, too."""
    about = {"c0010": "C1", "c0020": SUPPLIER, "c0040": "S19", "c0110": cell}
    service = one(read_small(tmp_path, b_07_01=[about]).entities, kind="service")
    assert service["alternatives"] == word


@pytest.mark.parametrize(
    "written", ["eba_TA:S17", "S17", "s17", "S17. Cloud services: IaaS", "Cloud services: IaaS"]
)
def test_types_of_service_are_one_however_written(tmp_path: Path, written: str) -> None:
    """b_02.02 and b_05.02 need not write them alike."""
    steps = chain(("eba_TA:S17", SUPPLIER, "1", ""), ("S17", HOST, "2", SUPPLIER))
    tables = read_small(tmp_path, b_02_02=[{**USE, "c0060": written}], b_05_02=steps)
    assert fallen(tables, HOST) == {"Payments"}
    assert "does not list" not in reasons(tables).replace("that b_05.01 does not list", "")


def test_a_contract_that_only_other_tables_list(tmp_path: Path) -> None:
    """b_03.02 names its provider, b_04.01 its user: the provider's failure reaches the bank."""
    tables = read_small(
        tmp_path,
        b_02_01=[{"c0010": "C9"}],
        b_03_02=[{"c0010": "C9", "c0020": HOST}],
        b_04_01=[{"c0010": "C9", "c0020": BANK}],
    )
    ends = tables.dependencies.select("dependent", "provider").rows()
    assert (BANK, f"service:{BANK}:C9:{HOST}:unstated") in ends
    assert "note 1: a contract without a service; its provider in b_03.02 serves it" in (
        reasons(tables)
    )


def test_a_contract_of_which_only_the_signatures_are_known(tmp_path: Path) -> None:
    """Who signed it is taken to use it; without a provider it is told."""
    signed = [{"c0010": "C9", "c0020": BANK}, {"c0010": "C8", "c0020": BANK}]
    tables = read_small(
        tmp_path, b_03_01=signed, b_03_02=[{"c0010": "C9", "c0020": HOST}]
    )  # fmt: skip
    ends = tables.dependencies.select("dependent", "provider").rows()
    assert (BANK, f"service:{BANK}:C9:{HOST}:unstated") in ends
    assert "note 1: a contract whose users no table lists" in reasons(tables)
    assert "note 1: a signed contract of which no table tells the provider (C8 at" in (
        reasons(tables)
    )


def test_providers_that_nothing_depends_on_are_told(tmp_path: Path) -> None:
    """One that signed without a service, one that no contract names; not a mere parent."""
    tables = read_small(
        tmp_path,
        b_03_02=[{"c0010": "C1", "c0020": HOST}],
        b_05_01=[
            {"c0010": SUPPLIER, "c0050": "S", "c0110": BANK},
            {"c0010": BANK, "c0050": "P", "c0110": ""},
            {"c0010": OTHER, "c0050": "O", "c0110": ""},
        ],
    )
    said = reasons(tables)
    assert "note 1: a provider that signed a contract without a service of it" in said
    unnamed = "note 1: a provider of b_05.01 that no contract names; nothing depends on it"
    assert f"{unnamed} ({OTHER}" in said


def test_links_that_are_said_not_to_be(tmp_path: Path) -> None:
    """The column of `true` in b_02.03 is not always true."""
    for cell, links in (("true", 1), ("false", 0)):
        tables = read_small(
            tmp_path,
            b_02_02=[USE, {**USE, "c0010": "C2", "c0030": HOST}],
            b_02_03=[{"c0010": "C1", "c0020": "C2", "c0030": cell}],
        )
        assert tables.dependencies.filter(relation="supplied_by").height == links
    assert "dropped 1: a row of b_02.03 whose link is said not to be" in reasons(tables)


def test_columns_that_no_edition_has_are_told(tmp_path: Path) -> None:
    """A column of the bank's own is left out, by name."""
    tables = read_small(tmp_path, b_02_02=[{**USE, "c0999": "x", "remark": "y"}])
    assert "note 2: a column of b_02.02 that is not read ('remark'; c0999)" in reasons(tables)


@pytest.mark.parametrize(
    "cells",
    [
        {"c0050": "eba_BT:x28", "c0060": "why", "c0070": "2026-01-01", "c0080": "4", "c0090": "2",
         "c0100": "eba_ZZ:x793"},
        {"c0060": "eba_BT:x28", "c0070": "why", "c0080": "2026-01-01", "c0090": "4", "c0100": "2",
         "c0110": "eba_ZZ:x793"},
    ],
)  # fmt: skip
def test_both_numberings_of_functions(tmp_path: Path, cells: dict[str, str]) -> None:
    """The regulation's own text leaves out 0050, the taxonomies do not."""
    row = {"c0010": "F1", "c0030": "Payments", "c0040": BANK, **cells}
    told = one(read_small(tmp_path, b_06_01=[row]).entities, name="Payments")
    columns = ("kind", "critical", "reason", "assessed", "rto_hours", "rpo_hours", "impact")
    assert [told[c] for c in columns] == [
        "critical_function", "Yes", "why", "2026-01-01", "4", "2", "High",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "country"),
    [
        ({"c0030": "Named", "c0040": "eba_CT:x212", "c0050": "eba_GA:IE", "c0070": "5"}, "IE"),
        ({"c0030": "Named", "c0050": "IE"}, "IE"),
        ({"c0030": "", "c0050": "Named", "c0080": "IE"}, "IE"),
        ({"c0050": "Named"}, None),
        ({"c0030": "Named"}, None),
    ],
)
def test_editions_of_providers(tmp_path: Path, row: dict[str, str], country: str | None) -> None:
    """b_05.01 has two numberings; a table with few columns is told by what stands in 0050."""
    told = one(read_small(tmp_path, b_05_01=[{"c0010": SUPPLIER, **row}]).entities, id=SUPPLIER)
    assert (told["name"], told["country"]) == ("Named", country)


def test_users_times_services_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Branches that use a contract use each service of it: a small file makes no millions."""
    monkeypatch.setattr("knockon.loaders.registers.dora.chains.MAX_UNTOLD", 300)
    uses = [{**USE, "c0050": f"F{n}", "c0060": f"S{n % 19 + 1:02d}"} for n in range(19)]
    branches = [{"c0010": "C1", "c0020": BANK, "c0040": f"B{n}"} for n in range(19)]
    with pytest.raises(InputError, match=r"contract C1: users and subcontractors .* more than 300"):
        read_small(tmp_path, b_02_02=uses, b_04_01=branches)
    assert read_small(tmp_path, b_02_02=uses, b_04_01=branches[:15]).dependencies.height > 285
