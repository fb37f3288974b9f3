"""The step-1 tests of Regulation (EU) 2024/1502, worked out by hand for five invented banks."""

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.analysis.concentration import Concentration, concentration
from knockon.graph.analysis.three_valued import Part, all_of, any_of, find_share
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from tests.paths import SAMPLES

FOLDER = SAMPLES / "supervisor-five-banks"
BANKS = "alder", "birch", "cedar", "dogwood", "elm"


def read(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def graph() -> DependencyGraph:
    return ko.load(*(FOLDER / bank for bank in BANKS))


@pytest.fixture(scope="module")
def answer(graph: DependencyGraph) -> Concentration:
    return concentration(
        graph, designation=True, systemic=read("systemic"), designated=read("designated")
    )


# provider: (test, category) -> (low, high, met), as in the README of the sample
SCORE = "O-SII with a score above 3,000"
POINTS, OTHERS = "systemic, of points (g) to (j)", "systemic, of other points"


def shares(category: str, one: Any, two: Any, three: Any, four: Any) -> dict[Any, Any]:
    return dict(zip((("1.1", category), ("1.2", category), ("4.1", category), ("4.2", category)),
                    (one, two, three, four), strict=True))  # fmt: skip


def counts(gsii: int, osii: int, above: int, met_1: bool, points: int, met_2: bool) -> Any:
    return {
        ("2.1", "G-SII"): (gsii, gsii, met_1), ("2.1", "O-SII"): (osii, osii, met_1),
        ("2.1", SCORE): (above, above, met_1), ("2.2", POINTS): (points, points, met_2),
        ("2.2", OTHERS): (0, 0, met_2),
    }  # fmt: skip


NONE = (0, 0, False)
BY_HAND: dict[str, dict[tuple[str, str], tuple[float, float, bool | None]]] = {
    "Nimbus Holding": {
        **shares("a", (0.6, 0.8, True), (0.88, 0.9, True), (0.2, 0.4, True), (0.2, 0.4, True)),
        **shares("h", (1, 1, True), (1, 1, True), NONE, NONE),
        **counts(1, 3, 2, True, 1, True),
    },
    "Magpie Markets Data": {
        **shares("a", (0.6, 0.6, True), (0.58, 0.58, True), (0.2, 0.2, True), (0.2, 0.2, True)),
        **counts(0, 3, 1, True, 0, False),
    },
    "Kestrel Ledger": {
        **shares("a", (0.4, 0.4, True), (0.21, 0.21, True), NONE, NONE),
        **counts(0, 1, 0, False, 0, False),
    },
    "Osprey Hosting": {
        **shares("a", (0.2, 0.2, True), (0.1, 0.1, True), (0, 0.2, None), (0, 0.2, None)),
        **shares("f", (0.5, 0.5, True), (0.75, 0.75, True), NONE, NONE),
        **counts(0, 1, 0, False, 0, False),
    },
    "Larch Telecom": {
        **shares("a", (0.2, 0.2, False), (0.02, 0.02, False), NONE, NONE),
        **counts(0, 0, 0, False, 0, False),
    },
    "Quill Cards": {
        **shares("b", (1, 1, True), (1, 1, True), NONE, NONE),
        **counts(0, 0, 0, False, 0, False),
    },
}  # fmt: skip


def test_every_row_as_worked_out_by_hand(answer: Concentration) -> None:
    """All six tests, all six providers, every category; and no other row."""
    found: dict[str, dict[Any, Any]] = {}
    for row in answer.rows.iter_rows(named=True):
        figures = (pytest.approx(row["value_low"]), pytest.approx(row["value_high"]), row["met"])
        found.setdefault(row["name"], {})[row["test"], row["category"]] = figures
    assert found == BY_HAND


def test_what_they_add_up_to(answer: Concentration) -> None:
    """Only the group with a G-SII, a systemic CCP and users who cannot leave."""
    assert answer.step_1 is not None
    assert dict(answer.step_1.select("name", "met").iter_rows()) == {
        "Nimbus Holding": True, "Magpie Markets Data": False, "Kestrel Ledger": False,
        "Osprey Hosting": False, "Larch Telecom": False, "Quill Cards": False,
    }  # fmt: skip
    assert answer.headline == (
        "1 of 6 groups of providers behind critical or important functions fulfils all step-1 "
        "tests (Nimbus Holding)"
    )


def test_one_of_two_is_said_apart(answer: Concentration) -> None:
    """Larch reaches 1.1 but not 1.2: `reached` says the one, `met` what the text makes of both."""
    larch = answer.rows.filter((pl.col("name") == "Larch Telecom") & (pl.col("category") == "a"))
    assert larch.filter(pl.col("test") == "1.1")["reached"].item() is True
    assert larch.filter(pl.col("test") == "1.1")["met"].item() is False


def test_what_is_missing_is_said_per_test(answer: Concentration) -> None:
    """Whose cells; nothing where all is there."""
    missing = {
        (row["name"], row["test"], row["category"]): row["missing"]
        for row in answer.rows.iter_rows(named=True)
        if row["missing"]
    }
    about_elm = "whether what Elm Bank uses it for is critical or important"
    cedar = "assessment by Cedar Bank (b_07.01: {}), or what it is used for"
    dogwood = "assessment by Dogwood Bank (b_07.01: {}), or what it is used for"
    one, two = "0050, 0060, 0110", "0060, 0090"
    assert missing == {
        ("Nimbus Holding", "1.1", "a"): about_elm, ("Nimbus Holding", "1.2", "a"): about_elm,
        ("Nimbus Holding", "4.1", "a"): cedar.format(one),
        ("Nimbus Holding", "4.2", "a"): cedar.format(two),
        ("Osprey Hosting", "4.1", "a"): dogwood.format(one),
        ("Osprey Hosting", "4.2", "a"): dogwood.format(two),
    }  # fmt: skip


def test_without_lists_the_tests_are_open(graph: DependencyGraph) -> None:
    """2.1 and 2.2 need a list; shares are said to be of these registers."""
    answer = concentration(graph, designation=True)
    second = answer.rows.filter(pl.col("test").is_in(["2.1", "2.2"]))
    assert second["met"].is_null().all()
    assert second["value"].is_null().all()
    assert second["missing"].str.contains("--systemic").all()
    assert answer.step_1 is not None
    met = dict(answer.step_1.select("name", "met").iter_rows())
    assert met["Nimbus Holding"] is None
    assert met["Larch Telecom"] is False  # 1.2 fails whatever the list says
    assert any("of these registers, not of the Union" in note or "not of the" in note
               for note in answer.notes)  # fmt: skip
    assert set(answer.rows["of"].drop_nulls()) == {"these registers"}


def test_totals_of_the_union(graph: DependencyGraph) -> None:
    """3 to 4 of 40, 880 to 900 of 9,000: it hangs on one unassessed function."""
    answer = concentration(
        graph, designation=True, systemic=read("systemic"), totals=read("totals")
    )
    rows = {
        (r["test"], r["category"]): r
        for r in answer.rows.filter(pl.col("name") == "Nimbus Holding").iter_rows(named=True)
    }
    assert (rows["1.1", "a"]["value_low"], rows["1.1", "a"]["value_high"]) == (0.075, 0.1)
    assert rows["1.2", "a"]["value"] == pytest.approx(880 / 9000)
    assert rows["1.1", "a"]["met"] is rows["1.2", "a"]["met"] is None
    assert rows["1.1", "h"]["met"] is False
    assert rows["1.1", "a"]["of"] == "the Union"


def test_a_list_of_designated_providers(answer: Concentration) -> None:
    """Joined by LEI to their groups; one of them is in none of the registers."""
    assert answer.designated is not None
    assert answer.designated.select("name", "uses", "met").rows() == [
        ("Nimbus Holding", True, True), ("Osprey Hosting", True, False),
        ("Heron Mainframes", False, None),
    ]  # fmt: skip
    marked = answer.rows.filter("designated")["name"].unique().sort().to_list()
    assert marked == ["Nimbus Holding", "Osprey Hosting"]


def test_intra_group_providers_are_left_out(answer: Concentration) -> None:
    """Alder IT serves its own group, and Dogwood."""
    assert "Alder IT" not in set(answer.rows["name"])
    assert any("Alder" in n and "also serves others (Dogwood Bank)" in n for n in answer.notes)


def tech_group(*, served: int) -> DependencyGraph:
    """A cloud group with a payment institution, which uses the cloud and says so as intra-group;
    so many banks use the cloud, too."""
    users = ["Pay", *(f"Bank {i}" for i in range(served))]
    words = ["Payment institution", *["Credit institutions"] * served]
    entities: list[dict[str, Any]] = [
        {"id": u, "kind": "enterprise", "sector": w, "parent": "Cloud Inc" if u == "Pay" else None}
        for u, w in zip(users, words, strict=True)
    ]
    entities += [{"id": f"f{u}", "kind": "critical_function", "parent": u} for u in users]
    entities += [{"id": f"s{u}", "kind": "service", "parent": "Cloud"} for u in users]
    entities += [
        {"id": "Cloud", "kind": "ict_provider", "parent": "Cloud Inc", "intra_group": "yes"},
        {"id": "Cloud Inc", "kind": "ict_provider"},
    ]
    ends = [e for u in users for e in (
        (u, f"f{u}", "uses"), (f"f{u}", f"s{u}", "uses"), (f"s{u}", "Cloud", "operated_by"))
    ]  # fmt: skip
    return DependencyGraph.from_polars(
        pl.DataFrame(ends, schema=["dependent", "provider", "relation"], orient="row"),
        pl.DataFrame(entities, infer_schema_length=None),
    )


def test_a_group_with_one_financial_entity_is_not_left_out() -> None:
    """The payment institution of a cloud group does not make the cloud an intra-group provider:
    three banks use it, and its own one use counts nowhere."""
    rows = concentration(tech_group(served=3), designation=True).rows
    shares = rows.filter(pl.col("test") == "1.1").select("name", "category", "value").rows()
    assert shares == [("Cloud Inc", "a", 1.0)]
    assert concentration(tech_group(served=1), designation=True).rows.is_empty()


def register(**cells: Any) -> DependencyGraph:
    """Two banks, each with a critical function on a service of P; cells of the second bank."""
    banks = [
        {"id": "A", "kind": "enterprise", "sector": "Credit institutions", "total_assets": "100",
         "assets_currency": "EUR"},
        {"id": "B", "kind": "enterprise", "sector": "Credit institutions", "total_assets": "300",
         "assets_currency": "EUR"} | cells.get("bank", {}),
    ]  # fmt: skip
    parts: list[dict[str, Any]] = [
        *({"id": f"f{b['id']}", "kind": "critical_function", "parent": b["id"]} for b in banks),
        {"id": "sA", "kind": "service", "parent": "P", "substitutability": "Easily substitutable",
         "reintegration": "Easy", "alternatives": "Yes"},
        {"id": "sB", "kind": "service", "parent": "Q", "substitutability": "Easily substitutable",
         "reintegration": "Easy", "alternatives": "Yes"} | cells.get("service", {}),
        {"id": "P", "kind": "ict_provider"}, {"id": "Q", "kind": "ict_provider"},
    ]  # fmt: skip
    ends = [("A", "fA", "uses"), ("B", "fB", "uses"), ("fA", "sA", "uses"), ("fB", "sB", "uses"),
            ("sA", "P", "operated_by"), ("sB", "Q", "operated_by")]  # fmt: skip
    return DependencyGraph.from_polars(
        pl.DataFrame(ends, schema=["dependent", "provider", "relation"], orient="row"),
        pl.DataFrame([*banks, *parts], infer_schema_length=None),
    )


def find(graph: DependencyGraph, name: str, test: str) -> dict[str, Any]:
    rows = concentration(graph, designation=True).rows
    return rows.filter((pl.col("name") == name) & (pl.col("test") == test)).row(0, named=True)


def test_assets_in_two_currencies_are_no_sum() -> None:
    """Value and verdict are open, and why is said."""
    row = find(register(bank={"assets_currency": "SEK"}), "P", "1.2")
    assert (row["value"], row["met"]) == (None, None)
    assert row["missing"] == "total assets in EUR and SEK: one currency is needed"


def test_assets_that_nobody_states() -> None:
    """Of the user: 0 to 100 %. Of another: the share may be anything below what is known."""
    graph = register(bank={"total_assets": None})
    assert find(graph, "Q", "1.2")["met"] is None
    assert find(graph, "P", "1.2")["met"] is None
    assert find(graph, "P", "1.2")["value"] is None
    assert find(graph, "P", "1.1")["missing"] == "1.2: total assets of B (b_01.02.0110)"


def test_a_category_that_nobody_states() -> None:
    """It may be of any: shares are ranges."""
    row = find(register(bank={"sector": None}), "P", "1.1")
    assert (row["value_low"], row["value_high"]) == (0.5, 1.0)
    assert row["missing"] == "category of B"


NS, HC, MEDIUM = "Not substitutable", "Highly complex substitutability", "Medium complexity"
ONE = "Lack of real alternatives"
TWO = "Difficulties in migrating or reintegrating"
THREE = "Lack of real alternatives and difficulties in migrating or reintegrating"


@pytest.mark.parametrize(
    ("cells", "no_alternative", "hard"),
    [  # substitutability (0050), reason (0060), reintegration (0090), alternatives (0110)
        ((NS, ONE, "Easy", "No"), True, False),
        ((NS, THREE, "Easy", "No"), True, True),
        ((NS, TWO, "Easy", "Yes"), False, True),
        ((NS, None, "Easy", None), True, None),
        ((HC, ONE, "Difficult", "No"), True, False),
        ((HC, ONE, "Difficult", "Assessment not performed"), None, False),
        ((HC, TWO, "Easy", "Yes"), False, True),
        ((HC, None, "Highly complex", "Yes"), False, True),
        ((HC, None, "Easy", None), None, None),
        ((MEDIUM, None, "Difficult", "Yes"), False, False),
        ((MEDIUM, None, "Highly complex", "Yes"), False, True),
        ((MEDIUM, None, "Easy", "No"), None, False),
        ((MEDIUM, None, None, "Yes"), False, None),
        ((None, None, None, None), None, None),
    ],
)
def test_cells_of_substitutability(
    cells: tuple[str | None, ...], no_alternative: bool | None, hard: bool | None
) -> None:
    """The reading of b_07.01, cell by cell; what is not assessed is open."""
    names = "substitutability", "substitution_obstacle", "reintegration", "alternatives"
    graph = register(service=dict(zip(names, cells, strict=True)))
    assert find(graph, "Q", "4.1")["reached"] is no_alternative
    assert find(graph, "Q", "4.2")["reached"] is hard
    either = (
        True
        if True in (no_alternative, hard)
        else None
        if None in (no_alternative, hard)
        else False
    )
    assert find(graph, "Q", "4.1")["met"] is find(graph, "Q", "4.2")["met"] is either


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"systemic": [{"lei": "A", "status": "G-SIB!"}]}, None),
        ({"systemic": [{"lei": "A", "status": "big"}]}, "expected an LEI and G-SII"),
        ({"systemic": [{"lei": "A"}]}, "expected a column 'status'"),
        ({"systemic": [{"lei": "A", "status": "O-SII", "score": "high"}]}, "score: expected"),
        ({"totals": [{"category": "z"}]}, "from a to t"),
        ({"totals": [{"category": "a", "entities": "1"}]}, "these registers hold 2"),
        ({"totals": [{"category": "a", "total_assets": "9"}]}, "in no currency"),
        ({"totals": [{"category": "a"}, {"category": "(A)"}]}, "stands there twice"),
        ({"totals": "category,entities\na,1,2\n"}, "2 cells in row 2, got 3"),
        ({"designated": [{"name": "X"}]}, "expected a column 'lei'"),
        ({"by": "parent"}, "by: the tests of the regulation"),
    ],
)
def test_lists_that_cannot_be_read(asked: dict[str, Any], said: str | None) -> None:
    """One error that says what was expected; spellings of a status are alike."""
    if said is None:
        concentration(register(), designation=True, **asked)
        return
    with pytest.raises(ScenarioError) as error:
        concentration(register(), designation=True, **asked)
    assert said in str(error.value)


TRUTHS = st.sampled_from([True, False, None])
PARTS = st.lists(st.builds(Part, st.sampled_from([None, 0.0, 1.0, 2.0]), TRUTHS,
                           st.sampled_from([True, None])), max_size=5)  # fmt: skip


def settle(parts: list[Part]) -> Iterator[tuple[float, float]]:
    """(counted, all) for every way to fill in what is not known, amounts up to 100."""
    if not parts:
        yield 0.0, 0.0
        return
    head, *rest = parts
    for amount in (0.0, 1.0, 100.0) if head.amount is None else (head.amount,):
        for counted in (True, False) if head.counted is None else (head.counted,):
            for belongs in (True, False) if head.belongs is None else (True,):
                for part, whole in settle(rest):
                    yield part + amount * (counted and belongs), whole + amount * belongs


@given(PARTS)
def test_a_share_holds_whatever_is_not_known(parts: list[Part]) -> None:
    """Every way to fill in the blanks lies within; without blanks it is one figure."""
    share = find_share(parts)
    for part, whole in settle(parts):
        if whole:
            assert share.low <= Fraction(part) / Fraction(whole) <= share.high
    if all(None not in (p.amount, p.counted, p.belongs) for p in parts):
        assert share.known


@given(st.lists(TRUTHS))
def test_three_values(values: list[bool | None]) -> None:
    """Kleene: as Python's own where all is known; open only where it matters."""
    known = [v for v in values if v is not None]
    assert all_of(values) is (all(known) if len(known) == len(values) or not all(known) else None)
    assert any_of(values) is (any(known) if len(known) == len(values) or any(known) else None)


def test_the_sample_is_what_its_script_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte."""
    import runpy

    module = runpy.run_path(str(SAMPLES / "make_supervisor.py"))
    monkeypatch.setitem(module["main"].__globals__, "ROOT", tmp_path)
    module["main"]()
    written = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.csv")}
    assert written == {p.relative_to(FOLDER): p.read_bytes() for p in FOLDER.rglob("*.csv")}
