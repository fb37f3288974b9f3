"""`knockon harden`: files of fixes, costs and scenarios; a plan that `compare --add` takes."""

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knockon.api.cli.verbs import main
from tests.paths import SAMPLES

TOY = """dependent,provider,probability
B,A,1
C,A,1
D,B,1
D,C,1
E,A,1
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.csv"
    path.write_text(TOY)
    return path


class Done(NamedTuple):
    """How a command ended, and what it said."""

    exit_code: int
    output: str
    stderr: str


def run(*words: Any) -> Done:
    said = redirect_stdout(StringIO()), redirect_stderr(StringIO())
    with said[0] as out, said[1] as err, pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())


def ask(*words: Any) -> dict[str, Any]:
    done = run("harden", *words, "--format", "json")
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.output)
    return found


def test_the_rows_have_the_keys_of_the_contract(toy: Path) -> None:
    """And beside them stand bound, gap and the plan."""
    answer = ask(toy, "A", "--budget", 2)
    assert {
        "step",
        "fix",
        "dependent",
        "provider",
        "saves",
        "saves_alone",
        "std_error",
        "cost",
    } <= {*answer["rows"][0]}
    assert (answer["bound"], answer["gap"], answer["budget"]) == (4, 0, 2)
    assert {"entities", "dependencies", "edits", "safe", "halt"} == set(answer["plan"])


def test_fixes_and_costs_come_from_files(toy: Path, tmp_path: Path) -> None:
    """Kinds, or rows with ends by id or name; costs in the same file or in another."""
    fixes, costs = tmp_path / "fixes.csv", tmp_path / "costs.csv"
    fixes.write_text("fix,dependent,provider,cost\nsecond_provider,B,A,2\nsafe,C,,\nsafe,E,,\n")
    costs.write_text("fix,dependent,provider,cost\nsafe,E,,0.5\n")
    answer = ask(toy, "A", "--budget", 3.5, "--changeable", fixes, "--costs", costs)
    assert {(r["fix"], r["dependent"], r["cost"]) for r in answer["rows"]} == {
        ("second_provider", "B", 2), ("safe", "C", 1), ("safe", "E", 0.5),
    }  # fmt: skip
    assert answer["saves"] == answer["bound"] == 4
    kinds = ask(toy, "A", "--changeable", "second_provider,safe")
    assert {r["fix"] for r in kinds["rows"]} <= {"second_provider", "safe"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fix,dependent,provider\nsafes,B,\n", "fixes.csv:2: unknown fix 'safes'; did you mean"),
        ("fix,dependent,provider\nsafe,,\n", "fixes.csv:2: safe: expected a dependent, got none"),
        ("fix,dependent,provider\nsafe,Z,\n", "fixes.csv:2: no entity has the id or name 'Z'"),
        (
            "fix,dependent,provider\nsecond_provider,D,A\n",
            "fixes.csv:2: second_provider: expected a",
        ),
        ("fix,dependent,price\nsafe,D,3\n", "fixes.csv:2: unknown column 'price'"),
        ("fix,dependent,cost\nsafe,D,much\n", "fixes.csv:2: cost: expected a number"),
        ("fix,dependent,cost\nsafe,D,-1\n", "fixes.csv:2: cost: expected a number of at least 0"),
        ("fix,dependent\nsafe,D\nsafe,D\n", "fixes.csv:3: safe of these ends stands twice"),
        ("fix,dependent,provider\n", "expected at least one row"),
        ("fix,dependent,provider,spare\nsecond_provider,B,A,B\n", "a spare other than both ends"),
        ("fix,dependent\nhalt,\n", "halt: expected a rollout in rings"),
    ],
)
def test_a_fault_in_a_file_is_one_line_with_its_place(
    toy: Path, tmp_path: Path, text: str, said: str
) -> None:
    """It ends with 2."""
    fixes = tmp_path / "fixes.csv"
    fixes.write_text(text)
    done = run("harden", toy, "A", "--changeable", fixes)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["A", "--budget", "0"], "budget: expected a number above 0"),
        (["A", "--changeable", "seconds"], "changeable: unknown fix 'seconds'"),
        (["A", "--against", "everything"], "against: expected scenario, all, or a list"),
        ([], "expected at least one entity that fails"),
        (["A", "--costs", "nofile.csv"], "costs: expected rows of fix"),
    ],
)
def test_what_cannot_be_asked_is_one_line(toy: Path, words: list[str], said: str) -> None:
    """With the nearest right word where there is one."""
    done = run("harden", toy, *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_scenarios_come_from_a_file(toy: Path, tmp_path: Path) -> None:
    """As JSON, YAML or CSV, with weights."""
    listed = [{"origins": ["B"], "weight": 2}, {"origins": ["C", "A"]}]
    as_json, as_yaml, as_csv = (tmp_path / f"s.{end}" for end in ("json", "yaml", "csv"))
    as_json.write_text(json.dumps(listed))
    as_yaml.write_text("- {origins: [B], weight: 2}\n- {origins: [C, A]}\n")
    as_csv.write_text("origins,weight\nB,2\nC; A,\n")
    answers = [ask(toy, "--against", path, "--budget", 1) for path in (as_json, as_yaml, as_csv)]
    assert [(a["impact"], a["saves"], a["against"]) for a in answers] == [(5, 3, "2 scenarios")] * 3
    assert [r["dependent"] for r in answers[0]["rows"]] == ["D"]


def test_against_all_needs_nobody_named(toy: Path) -> None:
    """Who is named all the same does not enter, and a note says so."""
    alone, named = ask(toy, "--against", "all"), ask(toy, "A", "--against", "all")
    assert alone["rows"] == named["rows"]
    assert alone["impact"] == 4 + 1 + 1
    assert any("does not enter" in note for note in named["notes"])


def test_a_plan_is_what_compare_adds(toy: Path, tmp_path: Path) -> None:
    """Saved, it is what the second graph has: all that it saves is no longer hit."""
    plan = tmp_path / "plan.json"
    options = ("--budget", 2, "--changeable", "second_provider,safe")
    done = run("harden", toy, "A", *options, "--format", "json", "-o", plan)
    assert done.exit_code == 0, done.stderr
    compared = run("compare", toy, "A", "--add", plan, "--format", "json")
    assert compared.exit_code == 0, compared.stderr
    rows = json.loads(compared.output)["rows"]
    saved = sum(row["before"] - row["after"] for row in rows if row["before"] is not None)
    assert saved == json.loads(plan.read_text())["saves"]


def test_the_curve_is_a_chart(toy: Path, tmp_path: Path) -> None:
    """A point for each fix, and the line that all together reach; markdown is a page of text."""
    chart = tmp_path / "curve.svg"
    done = run("harden", toy, "A", "--budget", 2, "--svg", chart)
    assert done.exit_code == 0, done.stderr
    svg = chart.read_text()
    assert svg.count("<circle") == 2
    assert "all 9 candidates together: 4" in svg or "candidates together: 4" in svg
    assert run("harden", toy, "A", "--format", "markdown").output.startswith("**")


@pytest.mark.slow
def test_which_two_fixes_would_have_helped_the_federal_market_most(tmp_path: Path) -> None:
    """A second provider beside Falcon Platform for Slack and for Sumo Logic; of two to be made
    safe no others do better, and what they save is what whatif says with both protected."""
    asked = (SAMPLES / "federal-cloud-2024", "Falcon Platform", "--mode", "bad_update")
    safe = ask(*asked, "--budget", 2)
    assert [(r["fix"], r["dependent"]) for r in safe["rows"]] == [
        ("safe", "FR1823447014"), ("safe", "FR1918740338"),
    ]  # fmt: skip
    assert safe["words"] == ["Slack made safe", "Sumo Logic made safe"]
    assert safe["gap"] == 0
    assert 55 < safe["saves"] < 70
    assert sum(r["saves_high"] for r in safe["rows"]) == 140
    assert all(r["saves_low"] == 0 for r in safe["rows"])
    totals = []
    for more in ((), ("--protect", "FR1823447014", "--protect", "FR1918740338")):
        file = tmp_path / "answer.json"
        assert run("whatif", *asked, *more, "--format", "json", "-o", file).exit_code == 0
        totals.append(json.loads(file.read_text())["totals"]["impact"])
    assert safe["saves"] == pytest.approx(totals[0] - totals[1], abs=1e-9)
