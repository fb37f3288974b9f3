"""`knockon concentration` and its resource: the same rows, by every door."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from knockon import load
from knockon.api.cli.verbs import cli
from knockon.api.rest.app import create_app
from tests.paths import SAMPLES

REGISTER = SAMPLES / "dora-register"
KEYS = [
    "relation", "id", "users", "share", "critical", "critical_share", "users_indirect",
    "critical_indirect",
]  # fmt: skip


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app({"register": load(REGISTER)}))


def test_the_command_and_the_resource_say_the_same(client: TestClient) -> None:
    """By GET, by POST, by the command line."""
    said = CliRunner().invoke(
        cli, ["concentration", str(REGISTER), "--by", "parent", "--format", "json"]
    )
    assert said.exit_code == 0, said.output
    by_command = json.loads(said.output)
    got = client.get("/v1/graphs/register/concentration?by=parent").json()
    posted = client.post("/v1/graphs/register/concentration", json={"by": "parent"}).json()
    assert by_command == got == posted
    assert set(KEYS) <= set(got["rows"][0])
    assert [*got][-2:] == ["notes", "more"]
    assert {"hhi", "unions"} <= set(got)


def test_the_table_names_the_largest(tmp_path: Path) -> None:
    """The headline first, then rows, then notes."""
    said = CliRunner().invoke(cli, ["concentration", str(REGISTER), "--among", "critical_function"])
    assert said.output.startswith("Stellwerk Rechenzentren GmbH (supplied by) is used by 3 of 4")
    assert "Kernbuch Software AG" in said.output


def test_lists_come_as_files_and_as_rows(client: TestClient, tmp_path: Path) -> None:
    """`--designation` with a list of designated providers; in REST the rows themselves."""
    listed = tmp_path / "designated.csv"
    listed.write_text("lei,name\n999900WACHTURM000081,Wachturm\n")
    said = CliRunner().invoke(
        cli,
        ["concentration", str(REGISTER), "--designation", "--designated", str(listed),
         "--format", "json"],
    )  # fmt: skip
    assert said.exit_code == 0, said.output
    by_command = json.loads(said.output)
    body = {
        "designation": True,
        "designated": [{"lei": "999900WACHTURM000081", "name": "Wachturm"}],
    }
    got = client.post("/v1/graphs/register/concentration", json=body)
    assert got.status_code == 200, got.text
    assert got.json() == by_command
    asked = client.get("/v1/graphs/register/concentration?designation=true")
    assert asked.status_code == 200, asked.text
    assert {"id", "name", "test", "category", "value", "threshold", "met", "missing"} <= set(
        asked.json()["rows"][0]
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("designation=maybe", "designation: expected true or false"),
        ("by=parnt", "did you mean 'parent'"),
        ("unions=-1", "unions"),
        ("designated=nothing", "expected a column 'lei'"),
        ("hours=4", "unknown key"),
    ],
)
def test_what_cannot_be_is_one_problem(client: TestClient, query: str, said: str) -> None:
    """422, with the nearest right word."""
    got = client.get(f"/v1/graphs/register/concentration?{query}")
    assert got.status_code == 422, got.text
    assert said in str(got.json())


def test_columns_and_conditions_by_every_door(client: TestClient) -> None:
    """A what-if with the inventory beside its rows: JSON, CSV, Markdown, command line."""
    where = "kind = 'critical_function' and rto_hours < 10"
    query = {"origin": "Stellwerk Rechenzentren GmbH", "hours": "8", "where": where,
             "columns": "rto_hours,activity"}  # fmt: skip
    got = client.get("/v1/graphs/register/whatif", params=query)
    assert got.status_code == 200, got.text
    rows = got.json()["entities"]
    assert [row["name"] for row in rows if row["rank"]] == ["Card acquiring", "Deposit accounts"]
    assert rows[2]["rto_hours"] == "4"
    assert {row["id"]: row["exceeds"] for row in got.json()["recovery"]} == {
        "function:999900LINDENBANK0040:F2": True, "function:999900LINDENBANK0040:F3": False,
        "function:999900LINDENPAY00041:F1": True,
    }  # fmt: skip
    body = {"origins": [query["origin"]], "hours": 8, "columns": ["rto_hours", "activity"],
            "where": where}  # fmt: skip
    assert client.post("/v1/graphs/register/whatif", json=body).json() == got.json()
    csv = client.get("/v1/graphs/register/whatif.csv", params=query).text.splitlines()
    assert csv[0].endswith("rto_hours,activity")
    page = client.get("/v1/graphs/register/whatif.md", params=query).text
    assert "rto hours" in page
    said = CliRunner().invoke(
        cli, ["whatif", str(REGISTER), query["origin"], "--hours", "8", "--columns",
              query["columns"], "--where", where, "--format", "json"],
    )  # fmt: skip
    assert json.loads(said.output) == got.json()
    wrong = client.get("/v1/graphs/register/whatif", params=query | {"where": "rto_hour < 3"})
    assert wrong.status_code == 422
    assert "did you mean 'rto_hours'" in str(wrong.json())
