"""A verb of the table is a command, a resource and a page of text, without a line of its own."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Unpack

import click
import polars as pl
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from knockon.api.cli.questions import build_command
from knockon.api.rest import questions as rest
from knockon.api.rest.app import create_app
from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario import questions as table
from knockon.graph.scenario.field import Bounds, Field
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.kinds import AMONG, WHOLE
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.scenario import Scenario, ScenarioLike
from tests.toys import dep, graph_of

STEPS = Field("steps", WHOLE, "How far to look.", default=1, bounds=Bounds(1, 9))
AMONG_WHOM = Field("among", AMONG, "Whose steps count.", null="everybody")


@dataclass(frozen=True, eq=False, kw_only=True)
class Steps(Answer):
    """Who depends on the target."""

    verb: ClassVar[str] = "steps"
    steps: int
    among: list[str] | None


@take_options
def ask(
    graph: DependencyGraph, target: str, origins: ScenarioLike = (), *, steps: int = 1,
    among: Any = None, watch: Any = None, **options: Unpack[Options],
) -> Steps:  # fmt: skip
    """Who depends on the target.

    {options}
    """
    scenario = Scenario.of(graph, origins, **options)
    own = VERB.read({"steps": steps, "among": among})
    number = graph.find(target)
    rows = graph.dependencies.filter(pl.col("provider") == graph.ids[number]).select("dependent")
    return Steps(
        **find_head(graph, scenario), headline=f"{rows.height} depend on {target}", rows=rows,
        steps=own["steps"], among=own["among"] and list(own["among"]), notes=("a note",),
    )  # fmt: skip


VERB = table.Question(
    "steps", "Who depends on it", f"{__name__}:ask", (STEPS, AMONG_WHOM), origins="some",
    target=True, top=2,
)  # fmt: skip
GRAPH = graph_of(dep("B", "A"), dep("C", "A"), dep("D", "A"), dep("E", "D"))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(table, "QUESTIONS", (VERB,))
    monkeypatch.setattr(rest, "QUESTIONS", (VERB,))
    monkeypatch.setattr(table.Question, "load", lambda _: ask)
    return TestClient(create_app({"toy": GRAPH}))


def run_command(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> Any:
    monkeypatch.setattr(table.Question, "load", lambda _: ask)
    source = folder / "toy.csv"
    source.write_text("dependent,provider\nB,A\nC,A\nD,A\nE,D\n")
    return CliRunner().invoke(click.command("steps")(build_command(VERB)), [str(source), *words])


def test_the_rows_and_what_stands_beside_them_are_json(client: TestClient) -> None:
    """By GET and POST alike, with the scenario as asked."""
    got = client.get("/v1/graphs/toy/steps?target=A&origin=B&steps=3&mode=compromise")
    body = {"target": "A", "origins": ["B"], "steps": 3, "mode": "compromise"}
    assert got.status_code == 200, got.text
    assert client.post("/v1/graphs/toy/steps", json=body).json() == got.json()
    answer = got.json()
    assert answer["rows"] == [{"dependent": "B"}, {"dependent": "C"}]
    assert (answer["more"], answer["steps"], answer["among"]) == (1, 3, None)
    assert answer["scenario"]["mode"] == "compromise"
    assert answer["scenario"]["origins"] == [{"id": "B", "name": "B", "severity": 1.0}]
    assert answer["notes"] == ["a note"]


def test_a_list_or_a_word_says_among_whom(client: TestClient) -> None:
    """A list in a body; a kind in a query string."""
    body = {"target": "A", "among": ["B", "C"]}
    assert client.post("/v1/graphs/toy/steps", json=body).json()["among"] == ["B", "C"]
    assert client.get("/v1/graphs/toy/steps?target=A&among=x").json()["among"] == ["x"]


def test_csv_and_markdown_are_the_same_rows(client: TestClient) -> None:
    """By suffix and by Accept header."""
    csv = client.get("/v1/graphs/toy/steps.csv?target=A")
    assert csv.text == "dependent\nB\nC\n"
    assert csv.headers["knockon-more"] == "1"
    page = client.get("/v1/graphs/toy/steps?target=A", headers={"accept": "text/markdown"})
    assert page.text.startswith("**3 depend on A**")
    assert client.get("/v1/graphs/toy/steps.md?target=A").text == page.text


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("", 422, "target"),
        ("target=Z", 404, "no entity"),
        ("target=A&steps=10", 422, "steps: expected a whole number from 1 to 9, got"),
        ("target=A&step=1", 422, "did you mean 'steps'?"),
        ("target=A&mode=wind", 422, "mode"),
    ],
)
def test_what_cannot_be_is_one_problem(
    client: TestClient, query: str, code: int, said: str
) -> None:
    """It names the field, and the nearest right one."""
    got = client.get(f"/v1/graphs/toy/steps?{query}")
    assert got.status_code == code
    assert said in got.json()["detail"] + str(got.json())


def test_the_document_describes_the_verb(client: TestClient) -> None:
    """With its own fields, and an example that answers."""
    document = client.get("/v1/openapi.json").json()
    operation = document["paths"]["/v1/graphs/{graph}/steps"]
    names = {p["name"]: p for p in operation["get"]["parameters"]}
    assert {"graph", "target", "origin", "steps", "among", "top"} <= set(names)
    body = operation["post"]["requestBody"]["content"]["application/json"]["example"]
    assert client.post("/v1/graphs/toy/steps", json=body).status_code == 200


def test_the_command_answers_in_every_form(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A table, JSON with the same keys as REST, CSV with all rows."""
    shown = run_command(monkeypatch, tmp_path, "A")
    assert shown.exit_code == 0, shown.output
    assert "3 depend on A" in shown.output
    assert "1 more row: --top 3" in shown.output
    as_json = json.loads(run_command(monkeypatch, tmp_path, "A", "--format", "json").output)
    assert [*as_json] == [
        "schema", "graph", "scenario", "headline", "question", "rows", "steps", "among", "notes",
        "more",
    ]  # fmt: skip
    assert run_command(monkeypatch, tmp_path, "A", "--format", "csv").output.count("\n") == 4


def test_what_fails_stands_behind_if(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One or several; without `--if` a second entity is a mistake."""
    said = run_command(monkeypatch, tmp_path, "A", "--if", "B", "C", "--format", "json")
    assert [o["id"] for o in json.loads(said.output)["scenario"]["origins"]] == ["B", "C"]
    assert "behind --if" in run_command(monkeypatch, tmp_path, "A", "B").output


def test_an_answer_goes_to_plain_data_and_back() -> None:
    """Frames, lists and figures; without a picture a notebook shows the table."""
    answer = ask(GRAPH, "A", ["B"], steps=2)
    again = Steps.from_dict(json.loads(json.dumps(answer.to_dict())))
    assert again == answer
    assert answer._repr_svg_() is None
    assert "3 depend on A" in answer._repr_html_()
