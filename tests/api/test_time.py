"""Hours and rollouts through the doors: command line and REST alike."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from knockon.api.cli.verbs import main
from knockon.api.rest.app import create_app
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.native.yaml import read_yaml

SAMPLE = """
title: devices
weight_unit: devices
entities:
  - {id: falcon, name: Falcon, kind: security_vendor, weight: 0}
  - {id: devices, name: Devices, kind: platform, weight: 8500000, repair_hours: 2..72}
  - {id: airline, name: Airline, kind: enterprise, backlog: 0.5}
dependencies:
  - {dependent: devices, provider: falcon, relation: runs, probability: 1}
  - {dependent: airline, provider: devices, relation: uses, probability: 1, grace_hours: 3}
"""
Q = "/v1/graphs/devices/whatif"


@pytest.fixture
def devices(tmp_path: Path) -> str:
    path = tmp_path / "devices.yaml"
    path.write_text(SAMPLE)
    return str(path)


@pytest.fixture
def client(devices: str) -> TestClient:
    return TestClient(
        create_app({"devices": DependencyGraph.from_tables(read_yaml(Path(devices)))})
    )


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(["whatif", *arguments])
    return int(end.value.code or 0)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert run(*arguments, "--format", "json") == 0
    return json.loads(capsys.readouterr().out)


def test_85_000_of_8_5_million_devices(devices: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A first ring of 1 % held for 60 minutes, a stop after 36 minutes."""
    staged = ["--mode", "bad_update", "--rollout", "1%@0,100%@1", "--halt", "0.6"]
    found = answer(capsys, devices, "Falcon", *staged)
    (row,) = (r for r in found["entities"] if r["id"] == "devices")
    assert row["impact"] == 85_000
    assert found["rollout"] == [
        {"rollout": "as it was", "hit": 0.02, "impact": pytest.approx(85_000.01),
         "saved": pytest.approx(8_415_000.99)},
        {"rollout": "all at once", "hit": 2.0, "impact": 8_500_001.0, "saved": 0.0},
    ]  # fmt: skip
    assert run(devices, "Falcon", *staged) == 0
    page = capsys.readouterr().out
    assert "as it was: 1%@0,100%@1, stopped at 0.6 h" in page
    assert "8,415,001" in page
    assert "down h" not in page


def test_hours_are_shown_where_they_are_asked_for(
    devices: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Start and duration in the table, with percentiles in JSON and CSV."""
    asked = [devices, "Falcon", "--mode", "bad_update", "--hours", "2..6", "--worlds", "300"]
    assert run(*asked) == 0
    page = capsys.readouterr().out
    assert "from h" in page
    assert "down h" in page
    found = answer(capsys, *asked)
    assert found["scenario"]["hours"] == "2..6"
    (row,) = (r for r in found["entities"] if r["id"] == "airline")
    assert row["start_hours"] == 3
    assert row["down_hours_p50"] < row["down_hours"] < row["down_hours_p95"]
    assert run(*asked, "--format", "csv") == 0
    assert "start_hours,down_hours,down_hours_p50,down_hours_p95" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--hours", "1e-300"), "hours: expected at least 0.000001 (4 ms), got 1e-300"),
        (("--hours", "1e-300..72"), "hours: expected at least 0.000001 (4 ms), got 1e-300"),
        (("--hours", "72..2"), "hours: expected a number above 0"),
        (("--hours", "soon"), "got 'soon'"),
        (("--halt", "3"), "expected a rollout that it stops at 3 hours"),
        (("--rollout", "1%@0,100%@1"), "expected the mode bad_update"),
        (("--mode", "bad_update", "--rollout", "1%@0,9%@4"), "rise to 100%"),
    ],
)
def test_times_that_cannot_be_are_one_line(
    devices: str, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], expected: str
) -> None:
    """Exit code 2, and nothing but the message."""
    assert run(devices, "Falcon", *options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert expected in line


def test_small_work_with_hours_starts_without_numba(devices: str) -> None:
    """Nor networkx, pydantic, fastapi."""
    code = (
        "import sys; from knockon.api.cli.verbs import cli; "
        f"cli.main(['whatif', {devices!r}, 'Falcon', '--mode', 'bad_update', '--hours', '4..9', "
        "'--rollout', '1%@0,100%@1', '--format', 'json'], standalone_mode=False); "
        "print([m for m in ('numba', 'networkx', 'pydantic', 'fastapi') if m in sys.modules], "
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_rest_takes_the_same(client: TestClient) -> None:
    """In the query string and in the body, as a number or as text."""
    body = {"origins": ["falcon"], "mode": "bad_update", "hours": 4, "rollout": "1%@0,100%@1",
            "halt": 0.6, "worlds": 64}  # fmt: skip
    posted = client.post(Q, json=body)
    assert posted.status_code == 200
    found = posted.json()
    scenario = {k: found["scenario"][k] for k in ("hours", "rollout", "halt")}
    assert scenario == {"hours": 4, "rollout": "1%@0,100%@1", "halt": 0.6}
    assert [r["rollout"] for r in found["rollout"]] == ["as it was", "all at once"]
    query = "origin=falcon&mode=bad_update&hours=4&rollout=1%25@0,100%25@1&halt=0.6&worlds=64"
    assert client.get(f"{Q}?{query}").json() == found
    assert client.post(Q, json=body | {"hours": "4"}).json() == found
    assert "down_hours_p95" in client.get(f"{Q}.csv?{query}").text
    assert client.get(f"{Q}?origin=falcon&hours=&rollout=&halt=").status_code == 200
    ranged = client.post(Q, json=body | {"hours": "2..72"}).json()
    assert ranged["scenario"]["hours"] == "2..72"


def test_an_entity_shows_the_end_of_its_range(client: TestClient) -> None:
    """The low end under the column's name, the high end beside it."""
    entity = client.get("/v1/graphs/devices/entities/devices").json()["entity"]
    assert (entity["repair_hours"], entity["repair_hours_to"]) == (2, 72)
