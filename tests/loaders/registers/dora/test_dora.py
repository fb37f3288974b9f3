"""The DORA register of information: an invented bank in every form, and the samples of the EBA."""

import json
import os
import shutil
from pathlib import Path
from zipfile import ZipFile

import polars as pl
import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.lei import is_lei
from knockon.loaders.merge import load_tables
from knockon.loaders.registers.dora.package import _points
from knockon.loaders.registers.dora.reader import read_dora
from knockon.loaders.registry import find_format
from tests.loaders.registers.dora.dora_forms import (
    BANK,
    HOST,
    OTHER,
    SAMPLE,
    SUPPLIER,
    chain,
    datapoint_zip,
    fallen,
    header_zip,
    lei,
    read_small,
    reasons,
    sample,
    small,
    workbook,
)
from tests.loaders.sums import added_up
from tests.paths import DATA

SHARED = DATA / "dora"
EBA = SHARED / "xbridge-sample_dora/test2_in.zip"
real = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the register samples are not at {SHARED}")

# ---- the question


@pytest.mark.parametrize(
    ("origin", "functions"),
    [
        # hosts Kernbuch for CA-001 and Quickrail for CA-002, nobody else
        ("Stellwerk Rechenzentren GmbH", {"Deposit accounts", "Lending", "Card acquiring"}),
        # rank 3 under CA-001, and under its own contract CA-008 for payments
        ("Fadenlicht Telecom S.A.", {"Deposit accounts", "Lending", "Payment processing"}),
        # behind the intra-group contract; its other service is for a function that is not critical
        ("Wolkenwerk Cloud B.V.", {"Payment processing"}),
        ("Lindenfurt IT Services GmbH", {"Payment processing"}),
        ("Wachturm Security GmbH", {"Payment processing", "Deposit accounts"}),
        ("Klarblick Analytics Oy", set()),
    ],
)
def test_which_critical_functions_fall(origin: str, functions: set[str]) -> None:
    """Worked out by hand from the sample's contracts and chains (its README)."""
    assert fallen(load_tables([SAMPLE]), origin) == functions


def test_a_subcontractor_takes_part_in_its_own_contracts_only() -> None:
    """Stellwerk serves Kernbuch for CA-001; Kernbuch's consulting under CA-009 does not fall."""
    graph = DependencyGraph.from_tables(load_tables([SAMPLE]))
    impact = whatif(graph, ["Stellwerk Rechenzentren GmbH"], assume=1.0)
    hit = set(impact.entities.filter(pl.col("probability_high") > 0)["name"])
    assert "Kernbuch Software AG: Cloud services: SaaS (CA-001)" in hit
    assert "Kernbuch Software AG: ICT Consulting (CA-009)" not in hit
    assert "Staff training" not in hit


# ---- forms


def test_three_forms_give_one_graph(tmp_path: Path) -> None:
    """Header form, datapoint form and the Excel template of one register are one graph."""
    register = sample()
    parts = [
        load_tables([SAMPLE]),
        load_tables([header_zip(register, tmp_path / "header.zip")]),
        load_tables([datapoint_zip(register, tmp_path / "points.zip")]),
        load_tables([workbook(register, tmp_path / "template.xlsx")]),
    ]
    # the template of the dry run has no column for the name in Latin letters, and another code
    places = ("_file", "_line", "evidence", "latin_name", "other_code")
    for tables in parts:
        assert tables.title == "Register of information of Bank of Lindenfurt SE"
        added_up(tables.report)
        for one, first in (
            (tables.entities, parts[0].entities),
            (tables.dependencies, parts[0].dependencies),
        ):
            columns = sorted(set(first.columns) - set(places))
            assert one.select(columns).equals(first.select(columns))


def test_a_datapoint_package_written_by_hand(tmp_path: Path) -> None:
    """Datapoints of taxonomy 4.0 and of the dry run, as the EBA numbers them."""
    tables = {
        "b_01.02": f"datapoint,factValue,ESI\ndp480324,Bank,{BANK}\n",
        "b_02.02": (
            "datapoint,factValue,CRZ,qLES,ICT,IOB,TYA,qNNB,qNMP,qNMR\n"
            f"dp3291599,9999-12-31,C1,{BANK},{SUPPLIER},F1,eba_TA:S19,,,\n"
        ),
        "b_05.01": f"datapoint,factValue,ICT\ndp3291720,Supplier,{SUPPLIER}\n",
        "b_06.01": (
            "datapoint,factValue,eba_dim:IOB,qLES\n"
            f"dp487452,Payments,F1,{BANK}\n485467,eba_BT:x28,F1,{BANK}\ndp1,lost,F1,{BANK}\n"
        ),
    }
    with ZipFile(tmp_path / "r.zip", "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"x/reports/{name}.csv", text)
    read = load_tables([tmp_path / "r.zip"])
    assert fallen(read, "Supplier") == {"Payments"}
    assert "dropped 1: a datapoint that the table does not know (dp1 at b_06.01.csv:4" in (
        reasons(read).replace("r.zip/", "")
    )
    assert added_up(read.report)["datapoints of b_06.01"] == (3, 2)


@real
@pytest.mark.parametrize("name", ["dora_jc-2023-86_2024-07-11", "dora_dora_4.0", "dora_dora_4.2"])
def test_datapoints_are_those_of_the_taxonomy(name: str) -> None:
    """Every key and datapoint of the published modules is known, for the same column."""
    module = json.loads((SHARED / f"xbridge-modules/{name}.json").read_text())
    for table in module["tables"]:
        points, code = _points(), table["url"].removesuffix(".csv")
        for key, column in table["open_keys_mapping"].items():
            assert points[code][key] == f"c{column}"
        for column in table["columns"]:
            if column["code"][1:] not in table["open_keys_mapping"].values():
                assert points[code][str(column["variable_id"])] == column["code"]


@real
def test_closed_lists_are_those_of_the_template() -> None:
    """Every code of the sheet `Drop down`, with its meaning; countries and currencies are codes."""
    from openpyxl import load_workbook

    from knockon.loaders.registers.dora.lists import meanings

    path = next((SHARED / "eba-xlsx-template").glob("*.xlsx"))
    sheet = load_workbook(path, read_only=False)["Drop down"]
    known, seen = meanings(), 0
    for column in range(1, sheet.max_column):
        head = str(sheet.cell(1, column).value)
        if not head.startswith("LIST") or head in ("LISTCOUNTRY", "LISTCURRENCY"):
            continue
        for row in range(2, sheet.max_row + 1):
            code = sheet.cell(row, column).value
            if code is not None:
                words = str(sheet.cell(row, column + 1).value).replace('"', "")
                assert known[str(code)] == " ".join(words.split())
                seen += 1
    assert seen > 200


# ---- the samples of others


@real
def test_the_sample_of_the_eba() -> None:
    """Its rows are random and refer to nothing; the one contract with a function answers."""
    tables = load_tables([EBA])
    sums = added_up(tables.report)
    assert len(sums) == 15
    assert all(read == 1 for read, _ in sums.values())
    graph = DependencyGraph.from_tables(tables)
    impact = whatif(graph, ["fqgphlyj"], assume=1.0)
    hit = impact.entities.filter(pl.col("rank") > 0)
    functions = hit.filter(pl.col("kind").str.contains("function"))
    assert functions["name"].to_list() == ["jwmnawci"]
    assert hit.filter(pl.col("kind") == "enterprise")["id"].to_list() == ["tcjxbgiu"]
    assert "a function that b_06.01 does not list" in reasons(tables)
    # kvuanydu is not assessed (eba_BT:x21), so no function is critical
    assert not fallen(tables, "uxtwjgbp")
    assert not fallen(tables, "fqgphlyj")


@real
def test_an_empty_template_says_so() -> None:
    """Nobody filled it in: one clear line, not an empty graph."""
    path = next((SHARED / "eba-xlsx-template").glob("*.xlsx"))
    assert find_format(path).name == "dora"
    with pytest.raises(InputError, match="a register without a row that can be used"):
        load_tables([path])


# ---- chains


def test_ranks_make_a_chain(tmp_path: Path) -> None:
    """Rank 3 serves rank 2, which serves the direct provider; the order of rows is free."""
    rows = chain(
        ("S19", OTHER, "3", HOST), ("S19", SUPPLIER, "1", ""), ("S19", HOST, "2.0", SUPPLIER)
    )
    tables = read_small(tmp_path, b_05_02=rows)
    links = tables.dependencies.filter(pl.col("relation") == "supplied_by")
    ends = set(links.select("dependent", "provider").iter_rows())
    node = f"service:{BANK}:C1:{{}}:S19".format
    assert ends == {(node(SUPPLIER), node(HOST)), (node(HOST), node(OTHER))}
    assert fallen(tables, OTHER) == {"Payments"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", "")], "without its recipient"),
        ([("S19", SUPPLIER, "1", ""), ("S19", HOST, "4", "")], "a gap in the ranks"),
        ([("S19", HOST, "2", "Not Applicable")], "without its recipient"),
        ([("S17", SUPPLIER, "1", ""), ("S17", HOST, "2", SUPPLIER)], "does not list; part of"),
        ([("S17", HOST, "2", SUPPLIER)], "that its chain does not list"),
    ],
)
def test_a_broken_chain_is_not_shown_as_safe(
    tmp_path: Path, rows: list[tuple[str, str, str, str]], said: str
) -> None:
    """Where a recipient, a rank or a type of service is missing, the subcontractor still counts."""
    tables = read_small(tmp_path, b_05_02=chain(*rows))
    assert fallen(tables, HOST) == {"Payments"}
    assert said in reasons(tables)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("S19", HOST, "zero", SUPPLIER), "dropped 1: a link of a supply chain whose rank"),
        (("S19", HOST, "0", SUPPLIER), "dropped 1: a link of a supply chain whose rank"),
        (("S19", HOST, "2", HOST), "dropped 1: a subcontractor that is its own recipient"),
        (("S19", "", "2", SUPPLIER), "dropped 1: a row of b_05.02 without its provider"),
    ],
)
def test_links_that_cannot_be(tmp_path: Path, row: tuple[str, str, str, str], said: str) -> None:
    """They are dropped, and counted with their place."""
    tables = read_small(tmp_path, b_05_02=chain(("S19", SUPPLIER, "1", ""), row))
    assert said in reasons(tables)
    assert "b_05.02.csv:3" in reasons(tables)
    assert added_up(tables.report)["b_05.02"] == (2, 1)


def test_a_chain_without_a_contract_hits_nobody_and_says_so(tmp_path: Path) -> None:
    """No function uses it: nothing can be told, which is a note."""
    rows = chain(("S19", HOST, "1", ""))
    rows[0]["c0010"] = "C2"
    tables = read_small(tmp_path, b_05_02=rows)
    assert fallen(tables, HOST) == set()
    assert "a chain of a contract that b_02.02 does not list; no function uses it" in (
        reasons(tables)
    )


def test_ranks_in_a_ring_end(tmp_path: Path) -> None:
    """Two providers that serve each other are legal; both fall with either."""
    rows = chain(
        ("S19", SUPPLIER, "1", ""), ("S19", HOST, "2", OTHER), ("S19", OTHER, "3", HOST),
        ("S19", HOST, "4", SUPPLIER),
    )  # fmt: skip
    tables = read_small(tmp_path, b_05_02=rows)
    assert fallen(tables, OTHER) == fallen(tables, HOST) == {"Payments"}


# ---- columns and codes


def test_substitutability_is_a_column_only() -> None:
    """It makes no group and no probability; the words are those of the closed list."""
    tables = load_tables([SAMPLE])
    rows = tables.entities.filter(pl.col("substitutability").is_not_null())
    assert dict(rows.select("name", "substitutability").iter_rows()) == {
        "Kernbuch Software AG: Cloud services: SaaS (CA-001)": "Not substitutable",
        "Stellwerk Rechenzentren GmbH: Cloud services: SaaS (CA-001)": (
            "Medium complexity in terms of substitutability"
        ),
        "Quickrail Payments Ltd: Cloud services: SaaS (CA-002)": "Highly complex substitutability",
        "Lindenfurt IT Services GmbH: ICT operation management (including maintenance) (CA-003)": (
            "Highly complex substitutability"
        ),
        "Wachturm Security GmbH: ICT security management services (CA-005)": "Easily substitutable",
        "Fadenlicht Telecom S.A.: Telecom carrier (CA-008)": "Easily substitutable",
    }
    assert tables.dependencies["group"].is_null().all()
    stated = tables.dependencies.filter(pl.col("probability").is_not_null())
    assert set(stated["relation"]) == {"operated_by"}
    assert set(stated["probability"]) == {1.0}


def test_entities_of_the_sample() -> None:
    """Kinds, owners, countries and codes of the invented bank."""
    entities = load_tables([SAMPLE]).entities
    about = {row["name"]: row for row in entities.iter_rows(named=True)}
    bank = about["Bank of Lindenfurt SE"]
    assert (bank["kind"], bank["country"], bank["sector"]) == (
        "enterprise", "DE", "Credit institutions",
    )  # fmt: skip
    assert about["Lindenfurt Pay S.A."]["parent"] == bank["id"]
    assert bank["parent"] is None
    assert about["Lisbon branch"]["parent"] == bank["id"]
    assert about["Stellwerk Rechenzentren GmbH"]["parent"] == about["Wolkenwerk Cloud B.V."]["id"]
    assert about["Lindenfurt IT Services GmbH"]["intra_group"] == "yes"
    assert about["Wolkenwerk Cloud B.V."]["kind"] == "cloud_provider"
    assert about["Wachturm Security GmbH"]["kind"] == "security_vendor"
    assert about["Lending"]["rto_hours"] == "24"
    assert about["Lending"]["kind"] == "critical_function"
    assert about["Lending"]["activity"] == "Lending activities"
    assert about["Staff training"]["kind"] == "function"
    codes = [e["id"] for e in about.values() if len(e["id"]) == 20]
    assert len(codes) == 11
    assert all(is_lei(code) for code in codes)


def test_unknown_codes_are_kept_and_counted(tmp_path: Path) -> None:
    """A code that no list holds stays as it is."""
    functions = [{"c0010": "F1", "c0030": "Payments", "c0040": BANK, "c0050": "eba_BT:x99"}]
    tables = read_small(tmp_path, b_06_01=functions)
    assert tables.entities.filter(pl.col("name") == "Payments")["critical"].to_list() == [
        "eba_BT:x99"
    ]
    assert "a code of b_06.01 critical that no list holds; kept (eba_BT:x99 at b_06.01.csv:2)" in (
        reasons(tables)
    )


def test_what_other_tables_do_not_list_is_invented(tmp_path: Path) -> None:
    """A provider, a function and an entity that only a contract names are entities, and counted."""
    tables = read_small(tmp_path, b_05_01=[], b_06_01=[], b_01_02=[])
    assert tables.entities.filter(pl.col("id") == SUPPLIER)["kind"].to_list() == ["ict_provider"]
    for what in ("a provider that b_05.01", "a function that b_06.01", "a financial entity that"):
        assert f"invented 1: {what}" in reasons(tables)


def test_rows_without_keys_and_repeated_rows_are_counted(tmp_path: Path) -> None:
    """Read is kept and merged and dropped."""
    row = small()["b_02.02"][0]
    tables = read_small(tmp_path, b_02_02=[row, row, {**row, "c0010": " "}])
    assert added_up(tables.report)["b_02.02"] == (3, 1)


def test_a_function_name_that_two_entities_share(tmp_path: Path) -> None:
    """The name says whose function it is."""
    functions = [
        {"c0010": "F1", "c0030": "Payments", "c0040": owner, "c0050": "eba_BT:x28"}
        for owner in (BANK, OTHER)
    ]
    tables = read_small(tmp_path, b_06_01=functions)
    names = tables.entities.filter(pl.col("kind") == "critical_function")["name"]
    assert set(names) == {"Payments (Bank)", f"Payments ({OTHER})"}


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        (lei("ANY"), True), ("5493001KJTIIGC8Y1R12", True), ("5493001KJTIIGC8Y1R13", False),
        ("5493001kjtiigc8y1r12", False), ("DE123", False), ("", False), ("٣" * 20, False),
    ],
)  # fmt: skip
def test_check_digits(code: str, valid: bool) -> None:
    """ISO 7064 MOD 97-10; the second is the number of a well-known data vendor."""
    assert is_lei(code) is valid


# ---- bad packages


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"b_05.02.csv": "c0010\nx\n", "a/b_05.02.csv": "c0010\nx\n"}, "stands twice, in "),
        ({"b_05.02.csv": "who,what\nx,y\n"}, r"b_05\.02\.csv:1: expected columns c0010\.\.\. or"),
        ({"b_05.02.csv": "c0010;c0020\nx;y\n"}, r"b_05\.02\.csv:1: expected commas"),
        ({"b_05.02.csv": "c0010,c0020\nx\n"}, r"b_05\.02\.csv:2: expected 2 cells, got 1"),
        ({"b_05.02.csv": b"c0010\n\xe9\n"}, r"b_05\.02\.csv:2: expected UTF-8"),
        ({"b_05.02.csv": "datapoint,factValue,XYZ\ndp1,2,3\n"}, "expected keys of b_05.02 "),
        ({"b_05.01.csv": "datapoint,factValue,ICT\ndp3291720,A,x\ndp3291720,B,x\n"},
         r"b_05\.01\.csv:2: the same datapoint stands twice"),
        ({"b_05.02.csv": ""}, "a register without a row"),
        ({"b_06.01.csv": "c0010,c0040\n,0\n"}, "a register without a row"),
        ({"parameters.csv": "name\nx\n", "b_05.02.csv": ""}, "expected two columns, got 1"),
    ],
)  # fmt: skip
def test_bad_packages(tmp_path: Path, members: dict[str, str | bytes], message: str) -> None:
    """One line: what was expected, what came, where."""
    with ZipFile(tmp_path / "r.zip", "w") as archive:
        for name, text in members.items():
            archive.writestr(f"reports/{name}", text)
    with pytest.raises(InputError, match=message):
        load_tables([tmp_path / "r.zip"])


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages and workbooks that unpack to more than the limit are not read."""
    monkeypatch.setattr("knockon.loaders.registers.dora.package.MAX_BYTES", 10_000)
    monkeypatch.setattr("knockon.loaders.parsing.excel.MAX_BYTES", 10_000)
    package = header_zip(small(b_05_01=[{"c0010": "x" * 20_000}]), tmp_path / "r.zip")
    book = workbook(sample(), tmp_path / "r.xlsx")
    for path in (package, book):
        with pytest.raises(InputError, match="unpacks to more than"):
            read_dora(path)


def test_filing_indicators_are_compared(tmp_path: Path) -> None:
    """Promised tables that are missing, and reported ones that are there, are noted."""
    shutil.copytree(SAMPLE, tmp_path / "r")
    (tmp_path / "r/reports/b_07.01.csv").unlink()
    indicators = tmp_path / "r/reports/FilingIndicators.csv"
    indicators.write_text(indicators.read_text().replace("B_02.03,true", "B_02.03,false"))
    said = reasons(load_tables([tmp_path / "r"]))
    assert "promise is missing (b_07.01)" in said
    assert "call not reported (b_02.03)" in said


def test_other_archives_are_no_register(tmp_path: Path) -> None:
    """A ZIP of something else, or a damaged one, is no known format."""
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    for name in ("a.zip", "b.zip"):
        with pytest.raises(InputError, match="found a ZIP archive"):
            load_tables([tmp_path / name])


def test_a_pipe_among_the_tables_is_refused(tmp_path: Path) -> None:
    """Nobody waits for somebody to write into it."""
    folder = tmp_path / "register"
    shutil.copytree(SAMPLE, folder)
    table = next(folder.rglob("b_02.01.csv"))
    table.unlink()
    os.mkfifo(table)
    with pytest.raises(InputError, match=r"b_02.01.csv: expected a file, found a pipe"):
        load_tables([folder])


def test_a_package_that_a_spreadsheet_saved_anew(tmp_path: Path) -> None:
    """Names in capitals and a column of nothing at the end change no row."""
    packed = header_zip(sample(), tmp_path / "r.zip")
    folder, anew = tmp_path / "plain", tmp_path / "anew"
    with ZipFile(packed) as archive:
        archive.extractall(folder)
    for path in (p for p in folder.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8-sig")
        made = anew / "reports" / path.name.upper()
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("".join(f"{line},\n" for line in text.splitlines()))
    wanted, found = load_tables([folder]), load_tables([anew])
    ends = ("dependent", "provider", "relation")
    assert found.dependencies.select(ends).equals(wanted.dependencies.select(ends))
    assert found.entities["id"].to_list() == wanted.entities["id"].to_list()
