"""Tables of strengths at the doors: command line, REST, the page's words."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.verbs import main
from knockon.api.rest.app import create_app
from knockon.graph.model.graph import DependencyGraph

SOURCE = (
    "dependent,provider,relation,dependent_kind\na,v,runs,enterprise\nb,v,runs,enterprise\n"
    "c,a,uses,enterprise\n"
)
OWN = "relation,provider,low,mid,high,source\nuses,a,0.7,0.8,0.9,our own drill of 2026\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "source.csv").write_text(SOURCE)
    (tmp_path / "own.csv").write_text(OWN)
    return str(tmp_path / "source.csv"), str(tmp_path / "own.csv")


def run(capsys: Any, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(words)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_tables_are_named_on_the_command_line(capsys: Any, files: tuple[str, str]) -> None:
    """A file and the shipped table; the answer counts whose strengths are whose."""
    source, own = files
    more = ("--mode", "bad_update", "--strengths", "incidents", "--strengths", own)
    code, out, _ = run(capsys, "whatif", source, "v", *more, "--format", "json")
    answer = json.loads(out)
    assert code == 0
    assert answer["strength_sources"] == {
        "stated": 0, "own table": 1, "register": 0, "incidents": 2, "none": 0,
    }  # fmt: skip
    assert [(r["table"], r["mid"], r["dependencies"]) for r in answer["strength_rows"]] == [
        ("incidents", 0.25, 2), ("own.csv", 0.8, 1),
    ]  # fmt: skip
    assert {e["id"]: e["strength_source"] for e in answer["entities"]} == {
        "v": None, "a": "incidents", "b": "incidents", "c": "incidents",
    }  # fmt: skip
    assert answer["scenario"]["strengths"][1] == "incidents"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("low,mid,high,source\n0.5,0.2,0.9,x\n", "own.csv:2: low: expected low <= mid <= high"),
        ("low,mid,high,source\n0.1,0.2,0.9,\n", "own.csv:2: source: expected where the strength"),
        ("low,mid,high,source\n0.1,0.2,9,x\n", "own.csv:2: high: expected a number from 0 to 1"),
        ("low,mid,high,source\n", "own.csv: expected at least one row"),
        ("share,source\n0.5,x\n", "own.csv:2: expected columns low, mid and high, or exposed"),
    ],
)
def test_a_table_that_cannot_be_is_one_line_and_exit_code_2(
    capsys: Any, files: tuple[str, str], text: str, fault: str
) -> None:
    source, own = files
    Path(own).write_text(text)
    code, _, err = run(capsys, "whatif", source, "v", "--strengths", own)
    assert code == 2
    assert fault in err
    assert len(err.splitlines()) == 1


def test_a_table_that_is_not_there_is_named(capsys: Any, files: tuple[str, str]) -> None:
    code, _, err = run(capsys, "whatif", files[0], "v", "--strengths", "incidnets")
    assert code == 2
    assert "there is no such file; did you mean 'incidents'?" in err


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from knockon.loaders.merge import load_tables

    path = tmp_path_factory.mktemp("served") / "g.csv"
    path.write_text(SOURCE)
    graph = DependencyGraph.from_tables(load_tables([path]), checked=True)
    with TestClient(create_app({"g": graph})) as served:
        yield served


def test_clients_name_shipped_tables(client: Any) -> None:
    """In a link as in a body, and the scenario of the answer can be asked again."""
    address = "/v1/graphs/g/whatif"
    link = client.get(f"{address}?origin=v&mode=bad_update&strengths=incidents").json()
    stated = {"origins": ["v"], "mode": "bad_update", "strengths": ["incidents"]}
    body = client.post(address, json=stated).json()
    again = client.post(address, json=link["scenario"]).json()
    assert link == body == again
    assert link["strength_sources"]["incidents"] == 3


@pytest.mark.parametrize(
    "strengths",
    ["own.csv", "/etc/passwd", ["incidents", "x"], 5, {"rows": []},
     [{"name": "own", "rows": [{"low": 0, "mid": 0, "high": 0, "source": "x"}]}],
     [{"low": 0, "mid": 0, "high": 0, "source": "x"}]],
)  # fmt: skip
def test_clients_name_nothing_else(client: Any, strengths: object) -> None:
    """No file of the server, and no rows: those are for the command line and Python."""
    sent = client.post("/v1/graphs/g/whatif", json={"origins": ["v"], "strengths": strengths})
    assert sent.status_code == 422
    assert "strengths" in sent.text


MARKET = (
    "dependent,provider,relation,dependent_kind,provider_kind\n"
    + "".join(f"c{i},v,runs,enterprise,security_vendor\n" for i in range(20))
    + "".join(f"d{i},c{i},uses,enterprise,enterprise\n" for i in range(20))
)
VERBS = {
    "whatif": ("v",), "rank": (), "why": ("d3", "--if", "v"), "cuts": ("d3", "--order", "1"),
    "harden": ("v", "--budget", "2"), "compare": ("v",),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_is_typical_of_past_incidents(
    verb: str, capsys: Any, tmp_path: Path
) -> None:
    """What they were, what hit meant there, that the average is lower; whose strengths it rests on,
    as a key; never a risk, never a likelihood, and no figure as if unknown counted a half."""
    source = tmp_path / "market.csv"
    source.write_text(MARKET)
    words = [verb, str(source), *VERBS[verb], "--mode", "bad_update", "--strengths", "incidents"]
    if verb == "compare":
        words.insert(2, str(source))
    code, out, _ = run(capsys, *words)
    said = " ".join(out.split())
    assert code == 0
    for phrase in (
        "typical of past incidents", "5 counted incidents of bad_update", "hit meant any machine",
        "the true average is lower", "stays unknown",
    ):  # fmt: skip
        assert phrase in said
    for phrase in ("risk", "likelihood", "likely", "unknown counts", "unknown at 0.5"):
        assert phrase not in said
    code, out, _ = run(capsys, *words, "--format", "json")
    sources = json.loads(out)["strength_sources"]
    assert sources["incidents"] > 0
    assert sources["stated"] == sources["none"] == 0


def test_totals_are_frequencies(capsys: Any, tmp_path: Path) -> None:
    """As the distribution has them, half and one in twenty."""
    source = tmp_path / "market.csv"
    source.write_text(MARKET)
    words = ("whatif", str(source), "v", "--mode", "bad_update", "--strengths", "incidents")
    _, out, _ = run(capsys, *words)
    _, found, _ = run(capsys, *words, "--format", "json")
    totals = json.loads(found)["totals"]
    said = " ".join(out.split())
    assert f"Half of all cases: at most {totals['p50']:.0f} of 40 hit; one in twenty:" in said


def test_the_form_of_the_page_asks_whether_registers_lower(client: Any) -> None:
    page = client.get("/").text
    assert 'id="trust_register" data-field="trust_register" data-default="false"' in page
