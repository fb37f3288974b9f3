"""`knockon why`: the keys of the design, a page for people, a map."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.verbs import main
from knockon.api.rest.app import create_app
from tests.paths import SAMPLES
from tests.toys import dep, graph_of, group

DELTA = ("why", str(SAMPLES / "crowdstrike-2024"), "Delta Air Lines", "--if", "falcon-cf291")


def run(capsys: Any, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(words)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def test_the_keys_of_the_design(capsys: Any) -> None:
    """Rows and what stands beside them."""
    code, out, _ = run(capsys, *DELTA, "--mode", "bad_update", "--format", "json")
    answer = json.loads(out)
    assert code == 0
    assert {"schema", "graph", "scenario", "rows", "notes", "more"} <= set(answer)
    assert {"dominators", "saved_by", "held_by"} <= set(answer)
    row = answer["rows"][0]
    assert {"route", "probability", "steps", "groups"} <= set(row)
    assert {
        "dependent", "provider", "relation", "strength", "strength_source", "source", "evidence",
    } <= set(row["steps"][0])  # fmt: skip
    assert row["route"][0] == "falcon-cf291"
    assert row["route"][-1] == "delta"


def test_a_page_for_people_and_a_map(capsys: Any, tmp_path: Path) -> None:
    """Sentences that one would forward; the map names what fails, the target, what lies between."""
    path = tmp_path / "why.svg"
    code, out, _ = run(capsys, *DELTA, "--mode", "bad_update", "--svg", str(path))
    assert code == 0
    assert "Delta Air Lines uses Delta's Windows servers" in " ".join(out.split())
    picture = path.read_text()
    for name in ("Channel File 291", "Delta Air Lines", "made safe, it alone saves the target"):
        assert name in picture
    assert "…" not in picture


def test_why_not_is_said_and_drawn(capsys: Any, tmp_path: Path) -> None:
    """An outage of a content update crosses nothing."""
    path = tmp_path / "why.svg"
    code, out, _ = run(capsys, *DELTA, "--svg", str(path))
    assert code == 0
    assert "is not hit" in out
    assert "mode outage does not cross" in path.read_text()


def test_over_rest() -> None:
    """Target and origins; the number of routes."""
    graph = graph_of(*group("D", "PQ"), dep("P", "H"), dep("Q", "H"))
    client = TestClient(create_app({"g": graph}))
    got = client.get("/v1/graphs/g/why?target=D&origin=H&top=1")
    assert got.status_code == 200, got.text
    assert [r["route"] for r in got.json()["rows"]] == [["H", "P", "D"]]
    assert got.json()["dominators"] == ["P", "Q"]
    body = {"target": "D", "origins": ["H"], "top": 1}
    assert client.post("/v1/graphs/g/why", json=body).json() == got.json()
    assert "needs 1 of its 2" in client.get("/v1/graphs/g/why.md?target=D&origin=H").text
    assert client.get("/v1/graphs/g/why.svg?target=D&origin=H").text.startswith("<?xml")
    assert client.get("/v1/graphs/g/why?target=D").status_code == 422
    csv = client.get("/v1/graphs/g/why.csv?target=D&origin=H")
    assert csv.text.startswith("route,probability")
    assert "H > P > D" in csv.text
