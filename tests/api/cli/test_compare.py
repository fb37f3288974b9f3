"""`knockon compare`: two sources, a change, two saved answers; and the policies that end with 3."""

import json
from pathlib import Path
from typing import Any

import pytest

from knockon.api.cli.verbs import main
from tests.paths import SAMPLES

CROWDSTRIKE = str(SAMPLES / "crowdstrike-2024")
BEFORE = "dependent,provider,probability\nB,A,1\nD,C,1\n"
AFTER = BEFORE + "C,A,0.5\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    for name, text in (("before.csv", BEFORE), ("after.csv", AFTER)):
        (tmp_path / name).write_text(text)
    (tmp_path / "more.csv").write_text("dependent,provider,probability\nC,A,0.5\n")
    return str(tmp_path / "before.csv"), str(tmp_path / "after.csv")


def run(capsys: Any, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(words)
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


def ask(capsys: Any, *words: str) -> dict[str, Any]:
    code, out, err = run(capsys, "compare", *words, "--format", "json")
    assert code == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_two_sources(capsys: Any, files: tuple[str, str]) -> None:
    """The row keys of the design come first; what stands beside them is there."""
    answer = ask(capsys, *files, "A")
    row = answer["rows"][0]
    assert [*row][:3] == ["id", "name", "kind"]
    assert {k: row[k] for k in ("id", "before", "after", "change", "std_error")} == {
        "id": "C", "before": 0.0, "after": 0.5, "change": 0.5, "std_error": 0.0,
    }  # fmt: skip
    assert answer["newly_hit"] == ["C", "D"]
    assert answer["differences"][0]["what"] == "came"


def test_rows_added_and_taken_away_are_a_second_graph(
    capsys: Any, files: tuple[str, str], tmp_path: Path
) -> None:
    """`--add FILE` and `--without`, each undoes the other."""
    added = ask(capsys, files[0], "A", "--add", str(tmp_path / "more.csv"))
    assert [r["id"] for r in added["rows"] if r["change"]] == ["C", "D"]
    taken = ask(capsys, files[1], "A", "--without", "C -> A")
    assert taken["saved"] == ["C", "D"]
    code, _, err = run(capsys, "compare", files[1], "A", "--without", "D -> A")
    assert (code, err.strip()) == (2, "knockon: without: there is no dependency 'D -> A'")


def test_protect_is_the_change(capsys: Any) -> None:
    """Delta is hit before, safe after, and so is what it runs."""
    answer = ask(capsys, CROWDSTRIKE, "falcon-cf291", "--mode", "bad_update", "--protect", "delta")
    assert answer["saved"] == ["delta", "endeavor-air"]


def test_another_scenario(capsys: Any, files: tuple[str, str]) -> None:
    """A field by name; one that there is not names the nearest."""
    answer = ask(capsys, files[1], "A", "--after", "protect=C")
    assert answer["saved"] == ["C", "D"]
    code, _, err = run(capsys, "compare", files[1], "A", "--after", "hour=8")
    assert code == 2
    assert "did you mean 'hours'?" in err


def test_nothing_to_compare_with_says_what_was_expected(
    capsys: Any, files: tuple[str, str]
) -> None:
    """Neither a second source nor a change."""
    code, _, err = run(capsys, "compare", files[0], "A")
    assert code == 2
    assert "expected a second source" in err


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (3, "plan: expected the object that `harden --format json` writes, got 3"),
        ({"nonsense": 1}, "unknown key 'nonsense'"),
        ({"halt": "soon"}, "halt: expected a number of hours, got 'soon'"),
    ],
)
def test_a_plan_that_is_none_is_refused(
    capsys: Any, files: tuple[str, str], tmp_path: Path, plan: Any, said: str
) -> None:
    """It is no source either: one line says what a plan is."""
    (tmp_path / "plan.json").write_text(json.dumps({"rows": [], "plan": plan}))
    code, _, err = run(capsys, "compare", files[1], "A", "--add", str(tmp_path / "plan.json"))
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_a_plan_of_harden_is_a_change(capsys: Any, files: tuple[str, str], tmp_path: Path) -> None:
    """What harden says that it saves is what compare finds."""
    plan = str(tmp_path / "plan.json")
    words = ("harden", files[1], "A", "--budget", "1", "--format", "json", "-o", plan)
    assert run(capsys, *words)[0] == 0
    saved = json.loads(Path(plan).read_text())["saves"]
    answer = ask(capsys, files[1], "A", "--add", plan)
    totals = {row["figure"]: row for row in answer["totals"]}
    assert totals["impact"]["before"] - totals["impact"]["after"] == pytest.approx(saved)


def test_two_saved_answers(capsys: Any, files: tuple[str, str], tmp_path: Path) -> None:
    """Errors add up; a row that is in one only has no figure on the other side."""
    saved = []
    for place, source in enumerate(files):
        saved.append(str(tmp_path / f"{place}.json"))
        assert run(capsys, "whatif", source, "A", "--format", "json", "-o", saved[-1])[0] == 0
    answer = ask(capsys, *saved)
    rows = {row["id"]: row for row in answer["rows"]}
    assert (rows["C"]["before"], rows["C"]["after"]) == (None, 0.5)
    assert "their worlds are not known" in answer["notes"][0]
    code, _, err = run(capsys, "compare", saved[0], files[1], "A")
    assert code == 2
    assert "one of each" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--no-worse"], 0, ""),
        (["--no-worse", "--kind", "unknown"], 3, "2 of kind unknown became more probable"),
        (["--fail-over", "unknown=0.4"], 3, "3 of kind unknown are hit with a probability over"),
        (["--fail-over", "unknown=1"], 0, ""),
        (["--fail-over", "weight=1.5"], 3, "the impact is 2, over 1.5"),
        (["--fail-over", "2"], 2, "expected a number from 0 to 1, got '2'"),
    ],
)
def test_policies(
    capsys: Any, files: tuple[str, str], words: list[str], code: int, said: str
) -> None:
    """A broken one ends with 3, after the answer."""
    got, out, err = run(capsys, "compare", *files, "A", *words)
    assert got == code, err
    assert said in err
    assert ("can be hit that could not" in out) == (code != 2)


def test_no_worse_than_another_source(capsys: Any, files: tuple[str, str]) -> None:
    """Of a what-if: against the same question there."""
    worse = ("whatif", files[1], "A", "--kind", "unknown", "--no-worse-than", files[0])
    assert run(capsys, *worse)[0] == 3
    better = ("whatif", files[0], "A", "--kind", "unknown", "--no-worse-than", files[1])
    assert run(capsys, *better)[0] == 0


def test_the_picture_shows_both_sides(capsys: Any, files: tuple[str, str], tmp_path: Path) -> None:
    """Names, figures, the same bytes twice."""
    drawn = []
    for number in range(2):
        path = tmp_path / f"{number}.svg"
        assert run(capsys, "compare", *files, "A", "--svg", str(path))[0] == 0
        drawn.append(path.read_text())
    assert drawn[0] == drawn[1]
    assert "+50 %" in drawn[0]
    assert "0 %, then 50 %" in drawn[0]
