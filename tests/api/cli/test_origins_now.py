"""`--now FILE`: what a status page reports as down fails, from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from knockon.api.cli.verbs import main

GRAPH = "dependent,provider,probability\nApp,VMs,1\nApp,Disks,\nShop,App,1\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, Path]:
    (tmp_path / "graph.csv").write_text(GRAPH)
    return str(tmp_path / "graph.csv"), tmp_path / "status.json"


def status(path: Path, **components: str) -> str:
    listed = [{"id": f"c-{name}", "name": name, "status": s} for name, s in components.items()]
    path.write_text(json.dumps({"page": {"id": "p", "name": "Cloud"}, "components": listed}))
    return str(path)


def origins(answer: dict[str, Any]) -> dict[str, float]:
    return {origin["id"]: origin["severity"] for origin in answer["scenario"]["origins"]}


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_what_is_down_now_fails(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    now = status(path, VMs="major_outage", Disks="partial_outage", Mail="major_outage")
    code, out, _ = run(capsys, "whatif", graph, "--now", now, "--format", "json")
    assert code == 0
    answer = json.loads(out)
    assert origins(answer) == {"Disks": 0.3, "VMs": 1.0}
    hit = {row["id"]: row["probability"] for row in answer["entities"] if row["rank"]}
    assert hit == {"App": 1.0, "Shop": 1.0}
    assert any("down now, but no entity of the graph (Mail" in note for note in answer["notes"])


def test_named_entities_fail_too_and_keep_their_severity(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    now = status(path, VMs="major_outage", Disks="major_outage")
    words = ("whatif", graph, "vms", "--severity", "0.5", "--now", now, "--format", "json")
    _, out, _ = run(capsys, *words)
    assert origins(json.loads(out)) == {"Disks": 1.0, "VMs": 0.5}


def test_nothing_down_is_told_and_is_no_error(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    code, out, err = run(capsys, "whatif", graph, "--now", status(path, VMs="operational"))
    assert (code, out) == (0, "")
    assert err.startswith("nothing is down now: ")


@pytest.mark.parametrize("hours", [(), ("--hours", "4")])
def test_a_program_gets_the_usual_shape_where_nothing_is_down(
    hours: tuple[str, ...], files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    page = status(path, VMs="operational")
    words = ("whatif", graph, *hours, "--format", "json")
    code, out, err = run(capsys, *words, "--now", page)
    found = json.loads(out)
    wanted = json.loads(run(capsys, *words, "VMs")[1])
    assert code == 0
    assert err.startswith("nothing is down now: ")
    assert wanted.keys() == found.keys()
    assert found["totals"].keys() == wanted["totals"].keys()
    assert found["entities"] == found["scenario"]["origins"] == found["totals"]["by_kind"] == []
    assert found["totals"]["hit_high"] == found["totals"]["impact_high"] == 0
    assert found["graph"]["entities"] == wanted["graph"]["entities"]
    assert found["headline"].startswith("If nothing fails")
    assert any("a status page was read (Cloud" in note for note in found["notes"])


@pytest.mark.parametrize(
    "verb",
    [
        ("why", "{}", "Disks"), ("harden", "{}"), ("strengths", "{}"), ("compare", "{}", "{}"),
        ("compare", "{}", "--without", "Disks"),
    ],
)  # fmt: skip
def test_other_verbs_answer_in_their_shape_too(
    verb: tuple[str, ...], files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    page = status(path, VMs="operational")
    words = (*(word.format(graph) for word in verb), "--format", "json")
    code, out, _ = run(capsys, *words, "--now", page)
    failing = ("--if", "VMs") if verb[0] == "why" else ("VMs",)
    wanted = json.loads(run(capsys, *words, *failing)[1])
    assert code == 0
    found = json.loads(out)
    assert found.keys() == wanted.keys()
    assert found["rows"] == []


def test_a_plan_of_nothing_takes_no_entity_in_its_place(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    graph, path = files
    words = ("plan", graph, "--now", status(path, VMs="operational"), "--format", "json")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert json.loads(out)["scenario"]["origins"] == []


def test_a_second_source_beside_a_status_page(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no entity that fails, and is read as it is without the page."""
    graph, path = files
    down = status(path, VMs="major_outage")
    for words in (("compare", graph, graph), ("whatif", graph, "--no-worse-than", graph)):
        code, out, _ = run(capsys, *words, "--now", down, "--format", "json")
        assert code == 0
        assert origins(json.loads(out)) == {"VMs": 1.0}


def test_columns_without_rows_where_nothing_is_down(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    graph, path = files
    words = ("whatif", graph, "--now", status(path, VMs="operational"), "--format", "csv")
    wanted = tmp_path / "hit.csv"
    code, _, err = run(capsys, *words, "-o", str(wanted), "--svg", str(tmp_path / "map.svg"))
    assert code == 0
    assert wanted.read_text().startswith("rank,rank_best,rank_worst,id,")
    assert len(wanted.read_text().splitlines()) == 1
    assert err.endswith(f"; nothing was written to {tmp_path / 'map.svg'}\n")


@pytest.mark.parametrize("flag", ["-o", "--svg", "--exceedance"])
def test_nothing_down_says_that_no_file_was_written(
    flag: str, files: tuple[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whoever waits for the file learns why it does not come."""
    graph, path = files
    wanted = tmp_path / "wanted"
    words = ("whatif", graph, "--now", status(path, VMs="operational"), flag, str(wanted))
    code, _, err = run(capsys, *words)
    assert code == 0
    assert err.endswith(f"; nothing was written to {wanted}\n")
    assert not wanted.exists()


def test_what_is_down_but_unknown_is_an_error(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that does not fit must not look like good news."""
    graph, path = files
    code, _, err = run(capsys, "whatif", graph, "--now", status(path, Disk="major_outage"))
    assert code == 2
    assert err.count("\n") == 1
    assert "what is down now is no entity of the graph: Disk; nearest: Disks (Disks)" in err


def test_something_must_fail(files: tuple[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "whatif", files[0])
    options = "--whole, --all-named, --origins FILE, --now FILE"
    assert (code, err) == (2, f"knockon: Missing argument 'ENTITY...', or {options}.\n")


def test_the_map_takes_it_too(
    files: tuple[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    graph, path = files
    now, svg = status(path, VMs="major_outage"), tmp_path / "map.svg"
    code, _, _ = run(capsys, "map", graph, "--now", now, "-o", str(svg))
    assert code == 0
    assert "VMs" in svg.read_text()
