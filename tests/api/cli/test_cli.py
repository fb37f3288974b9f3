"""The command, run as a user runs it: exit codes, one line on stderr, files on disk."""

import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from knockon.api.cli import verbs as cli
from knockon.graph.scenario.scenario import Scenario

HOSTILE = [
    '"quoted" <script>alert(1)</script>',
    "new\nline",
    "\u202eright to left\u202c",
    "x" * 500,
]


@pytest.fixture
def chain(tmp_path: Path) -> str:
    """C needs B, B needs A; an unknown strength leads on to D."""
    folder = tmp_path / "chain"
    folder.mkdir()
    (folder / "entities.csv").write_text(
        "id,name,kind,sector\nA,Alpha,platform,\nB,Beta,service,bank\nC,Gamma,enterprise,bank\n"
        "D,Delta,enterprise,\n"
    )
    (folder / "dependencies.csv").write_text("dependent,provider,probability\nB,A,1\nC,B,1\nD,C,\n")
    return str(folder)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    return int(stop.value.code or 0)


def test_json_holds_the_promised_shape(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` prints one document with every key of the contract."""
    assert run("whatif", chain, "alpha", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    keys = ("schema", "graph", "scenario", "headline", "assumption", "question", "totals")
    filled = ("holding", "strength_sources", "strength_rows")
    assert tuple(answer) == (*keys, *filled, "entities", "notes", "more")
    assert answer["headline"].startswith("If Alpha fails: ")
    assert answer["graph"] == {"title": "dependency graph", "entities": 4, "dependencies": 3}
    assert answer["scenario"]["origins"] == [{"id": "A", "name": "Alpha", "severity": 1.0}]
    assert [(r["id"], r["rank"], r["hops"], r["verdict"]) for r in answer["entities"]] == [
        ("A", 0, 0, "hit"),
        ("B", 1, 1, "hit"),
        ("C", 2, 2, "hit"),
        ("D", 3, 3, "unknown"),
    ]
    assert answer["entities"][3]["route"] == ["A", "B", "C", "D"]
    assert (answer["totals"]["hit_low"], answer["totals"]["hit_high"]) == (2.0, 3.0)
    assert answer["more"] == 0


def test_top_and_kind_leave_rows_out_and_say_so(
    chain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`more` counts the rows of the kind that --top left out, not those of other kinds."""
    assert run("whatif", chain, "A", "--format", "json", "--kind", "enterprise", "--top", "1") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [r["id"] for r in answer["entities"]] == ["A", "C"]
    assert answer["more"] == 1


def test_functions_that_nobody_assessed_come_with_the_critical_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unknown is never shown as not critical: rows, `more` and a note; alone by their own name."""
    source = tmp_path / "g.yaml"
    source.write_text(
        "entities:\n- {id: c, kind: critical_function}\n- {id: u, kind: unassessed_function}\n"
        "- {id: f, kind: function}\ndependencies:\n"
        + "".join(f"- {{dependent: {d}, provider: p, probability: 1}}\n" for d in "cuf")
    )
    found = {}
    for kind in ("critical_function", "unassessed_function", "function"):
        assert run("whatif", str(source), "p", "--format", "json", "--kind", kind) == 0
        answer = json.loads(capsys.readouterr().out)
        noted = [note for note in answer["notes"] if "nobody assessed" in note]
        found[kind] = ([r["id"] for r in answer["entities"][1:]], len(noted))
    assert found == {
        "critical_function": (["c", "u"], 1), "unassessed_function": (["u"], 0),
        "function": (["f"], 0),
    }  # fmt: skip
    top = ("--kind", "critical_function", "--top", "1")
    assert run("whatif", str(source), "p", *top) == 0
    assert "1 more row: --top 2" in capsys.readouterr().out
    source.write_text(source.read_text().replace("kind: critical_function", "kind: service"))
    assert run("whatif", str(source), "p", *top) == 0
    assert "1 function that nobody assessed is shown" in " ".join(capsys.readouterr().out.split())


def test_rules_of_ones_own_stand_in_the_answer(
    chain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked again without them, the answer would be another one; shipped ones are not listed."""
    (tmp_path / "rules.csv").write_text("mode,relation,becomes\nflood,uses,flood\n")
    rules = ("--rules", str(tmp_path / "rules.csv"), "--mode", "flood", "--format", "json")
    assert run("whatif", chain, "A", *rules) == 0
    scenario = json.loads(capsys.readouterr().out)["scenario"]
    assert scenario["rules"] == [["flood", "uses", "flood"]]
    assert Scenario.from_dict(scenario).mode == "flood"
    assert run("whatif", chain, "A", "--format", "json") == 0
    assert "rules" not in json.loads(capsys.readouterr().out)["scenario"]


def test_table_names_the_hit_and_what_is_unknown(
    chain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table leads with the headline and shows name, verdict and way of every row."""
    assert run("whatif", chain, "A") == 0
    out = capsys.readouterr().out
    assert out.startswith("If Alpha fails: 1 to 2 of 2 enterprises and 1 of 1 service are hit")
    assert "Gamma" in out
    assert "0 to 100 %" in out
    assert "Gamma ← Beta" in out  # how D is reached, nearest first


def test_csv_is_safe_in_a_spreadsheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that begins like a formula comes out behind a quote mark."""
    source = tmp_path / "formulas.csv"
    source.write_text("dependent,provider,probability\n=1+1,A,1\n@cmd,A,1\n")
    assert run("whatif", str(source), "A", "--format", "csv") == 0
    rows = pl.read_csv(io.StringIO(capsys.readouterr().out))
    assert rows["name"].to_list() == ["A", "'=1+1", "'@cmd"]
    assert rows["route"].to_list() == ["A", "A > =1+1", "A > @cmd"]


def test_parquet_reads_back(chain: str, tmp_path: Path) -> None:
    """`--format parquet -o FILE` writes the frame, lists and all."""
    file = tmp_path / "answer.parquet"
    assert run("whatif", chain, "A", "--format", "parquet", "-o", str(file)) == 0
    assert pl.read_parquet(file)["route"].to_list()[-1] == ["A", "B", "C", "D"]


def test_policy_decides_the_exit_code(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--fail-over exits with 3 and names the worst enterprise, or with 0."""
    assert run("whatif", chain, "A", "--fail-over", "0.9") == 3
    assert "policy broken: 1 of kind enterprise" in capsys.readouterr().err
    assert run("whatif", chain, "A", "--protect", "Beta", "--fail-over", "0.9") == 0


def test_protected_entities_are_spared(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is protected is shown as spared, and nothing lies behind it."""
    assert run("whatif", chain, "A", "--protect", "Beta", "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert [(r["id"], r["verdict"]) for r in answer["entities"]] == [("A", "hit"), ("B", "spared")]


def test_load_reports_and_writes_tables_that_read_the_same(
    chain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`load -o` writes a folder or a YAML file that loads as the same graph."""
    for name in ("copy", "copy.yaml"):
        assert run("load", chain, "-o", str(tmp_path / name)) == 0
        assert run("load", str(tmp_path / name)) == 0
    out = capsys.readouterr().out
    assert out.count("<Graph 4 entities, 3 dependencies, 0 groups, 0 cycles>") == 4


def test_several_sources_are_one_graph(
    chain: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--with adds a source; what it says of the same ids is joined."""
    more = tmp_path / "more.csv"
    more.write_text("dependent,provider,probability\nE,D,1\n")
    assert run("whatif", chain, "A", "--with", str(more), "--format", "json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["entities"][-1]["route"] == ["A", "B", "C", "D", "E"]


@pytest.fixture
def split(tmp_path: Path) -> str:
    """A provider under two names, one of which a spreadsheet would run, and two that are apart."""
    path = tmp_path / "split.csv"
    path.write_text(
        'dependent,provider,probability\nA,=Acme,1\nB,"=ACME, Inc.",1\nC,Zeta 1,1\nC,Zeta 2,1\n'
    )
    return str(path)


def test_aliases_are_proposed_edited_and_used(
    split: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The written table is safe in a spreadsheet, undecided joins nothing, yes joins, no parts."""
    table = tmp_path / "aliases.csv"
    assert run("aliases", split, "-o", str(table)) == 0
    assert "1 pairs" in capsys.readouterr().out
    row = pl.read_csv(table).row(0, named=True)
    assert (row["alias"], row["same_as"], row["score"]) == ("'=Acme", "'=ACME, Inc.", 0.98)
    assert row["why"] == "the same but for the legal form"
    hit = {}
    for merge in ("", "yes", "no"):
        pl.read_csv(table).with_columns(merge=pl.lit(merge)).write_csv(table)
        shared = ("--join-above", "0.97", "--aliases", str(table))
        options = shared if merge == "no" else shared[2:]
        assert run("whatif", split, "=acme", *options, "--format", "json") == 0
        answer = json.loads(capsys.readouterr().out)
        hit[merge] = {r["id"] for r in answer["entities"] if r["rank"]}
        assert ("joins with another (=Acme as" in " ".join(answer["notes"])) == (merge == "yes")
    assert hit == {"": {"A"}, "yes": {"A", "B"}, "no": {"A"}}
    assert run("aliases", split, "--aliases", str(table), "-o", str(table)) == 0
    assert pl.read_csv(table)["merge"].to_list() == ["no"]


def test_aliases_are_shown_without_a_file(split: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without -o the proposals are a table for people; several sources may stand side by side."""
    assert run("aliases", split, "--least", "0.99") == 0
    assert "nothing in these sources looks like one thing twice" in capsys.readouterr().out
    assert run("aliases", split, split) == 0
    out = capsys.readouterr().out
    assert "0.98" in out
    assert "legal form" in out
    assert "Zeta" not in out


def test_map_draws_a_file(chain: str, tmp_path: Path) -> None:
    """`map -o` and `whatif --svg` write the same picture."""
    assert run("map", chain, "A", "-o", str(tmp_path / "a.svg")) == 0
    assert run("whatif", chain, "A", "--svg", str(tmp_path / "b.svg")) == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_sources_tells_how_to_export_each(capsys: pytest.CaptureFixture[str]) -> None:
    """`sources` lists every known format with its home."""
    assert run("sources") == 0
    assert "FedRAMP" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("whatif", "CHAIN", "Alfa"), "no entity has the id or name 'Alfa'; nearest: 'Alpha' (A)"),
        (("whatif", "CHAIN", "A", "--mode", "outtage"), "did you mean 'outage'?"),
        (("whatif", "CHAIN", "A", "--assume", "2"), "expected a number from 0 to 1, got 2.0"),
        (("whatif", "CHAIN", "A", "--worlds", "0"), "expected a whole number of at least 1"),
        (("whatif", "CHAIN", "A", "--severity", "nan"), "expected a number above 0"),
        (("whatif", "CHAIN", "A", "A"), "'A' is named twice"),
        (("whatif", "CHAIN", "A", "--protect", "A"), "'A' cannot both fail and be protected"),
        (("whatif", "CHAIN", "A", "--kind", "enterprize"), "did you mean 'enterprise'?"),
        (("whatif", "CHAIN", "A", "--fail-over", "7"), "expected a number from 0 to 1, got '7'"),
        (("whatif", "CHAIN", "A", "--format", "parquet"), "expected -o FILE"),
        (("whatif", "CHAIN", "A", "--svg", "/nowhere/a.svg"), "cannot write /nowhere/a.svg"),
        (("whatif", "CHAIN"), "Missing argument 'ENTITY...'"),
        (("whatif", "CHAIN", "A", "--hourz", "3"), "No such option"),
        (("whatif", "nothing/here.csv", "A"), "nothing/here.csv"),
        (("wahtif", "CHAIN", "A"), "No such command 'wahtif'"),
        (("load", "CHAIN", "-o", "/proc/x"), "/proc/x"),
        (("load", "CHAIN", "--aliases", "/nowhere.csv"), "/nowhere.csv: no such file"),
        (("load", "CHAIN", "--join-above", "97"), "expected a number from 0 to 1, got 97"),
        (("aliases", "CHAIN", "--least", "2"), "2.0 is not in the range"),
        (("aliases", "CHAIN", "-o", "/proc/x"), "cannot write /proc/x"),
    ],
)  # fmt: skip
def test_bad_usage_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], expected: str, chain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mistake is answered by one line that says what was expected."""
    assert run(*(chain if a == "CHAIN" else a for a in arguments)) == 2
    err = capsys.readouterr().err
    assert err.startswith("knockon: ")
    assert err.count("\n") == 1
    assert expected in err


def test_two_entities_of_one_name_need_an_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An ambiguous name is refused with the ids that carry it."""
    source = tmp_path / "twins.yaml"
    source.write_text(
        "entities:\n- {id: x1, name: Twin}\n- {id: x2, name: twin}\n"
        "dependencies:\n- {dependent: x1, provider: x2}\n"
    )
    assert run("whatif", str(source), "TWIN") == 2
    assert (
        "2 entities have the name 'TWIN'; give the id of one: 'x1', 'x2'" in capsys.readouterr().err
    )


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_reach_the_terminal_as_text(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Markup, control and bidirectional characters in names do nothing to the terminal."""
    source = tmp_path / "hostile.parquet"
    pl.DataFrame({"dependent": [name + "\x1b[31m"], "provider": ["A"]}).write_parquet(source)
    assert run("whatif", str(source), "A") == 0
    out = capsys.readouterr().out
    assert not {"\x1b", "\u202e", "\u202c"} & set(out)


def test_a_small_whatif_imports_nothing_heavy(chain: str) -> None:
    """The small path starts without networkx, pydantic, fastapi, numba, a layout engine, or
    what talks to others."""
    script = (
        "import sys\nimport knockon.api.cli.verbs as c\n"
        f"try: c.main(['whatif', {chain!r}, 'A'])\nexcept SystemExit: pass\n"
        "heavy = {'networkx', 'pydantic', 'fastapi', 'numba', 'scipy', 'wasmtime', 'graphviz',\n"
        "         'asyncio', 'ssl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_totals_lead_with_the_range(chain: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where anything is unknown no column is `expected`: low to high, then the assumption."""
    assert run("whatif", chain, "A") == 0
    out = capsys.readouterr().out
    assert "if unknown counts 0.5" in out
    assert "expected hit" not in out
