"""`knockon.toml` and variables: defaults of options, told on stderr; what is none is refused."""

from pathlib import Path

import pytest

from knockon.api.cli.settings import read_defaults
from knockon.api.cli.verbs import main
from knockon.api.command import cli

TABLE = "dependent,provider,probability\nb,a,0.5\nc,b,\nd,c,1\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "deps.csv").write_text(TABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["whatif", "deps.csv", "a", "--format", "json", *words])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def read_assume(out: str) -> float:
    import json

    return float(json.loads(out)["scenario"]["assume"])


def test_the_nearest_word_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Command line, variable of the verb, variable, table of the verb, file, the default."""
    steps = [0.5]
    assert read_assume(ask(capsys)[1]) == 0.5
    (folder / "knockon.toml").write_text("assume = 0.1\n")
    steps.append(read_assume(ask(capsys)[1]))
    (folder / "knockon.toml").write_text("assume = 0.1\n[whatif]\nassume = 0.2\n")
    steps.append(read_assume(ask(capsys)[1]))
    monkeypatch.setenv("KNOCKON_ASSUME", "0.3")
    steps.append(read_assume(ask(capsys)[1]))
    monkeypatch.setenv("KNOCKON_WHATIF_ASSUME", "0.4")
    steps.append(read_assume(ask(capsys)[1]))
    steps.append(read_assume(ask(capsys, "--assume", "0.6")[1]))
    assert steps == [0.5, 0.1, 0.2, 0.3, 0.4, 0.6]


def test_what_was_set_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, so that no answer rests on a file that nobody thinks of; others' are not."""
    (folder / "knockon.toml").write_text("seed = 3\n[rank]\ntop = 2\n")
    code, _, err = ask(capsys)
    assert (code, err) == (0, "knockon: seed of knockon.toml\n")


def test_several_values_and_flags(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list of TOML or of JSON for an option that may be repeated, true for a flag."""
    (folder / "knockon.toml").write_text('protect = ["b", "c"]\ntrust_register = true\n')
    scenario = ask(capsys)[1]
    assert '"protect": ["b", "c"]' in " ".join(scenario.split()).replace("[ ", "[").replace(
        " ]", "]"
    )
    monkeypatch.setenv("KNOCKON_PROTECT", '["d"]')
    assert '"d"' in ask(capsys)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("asume = 1", "knockon.toml: no verb has an option 'asume'; did you mean 'assume'?"),
        ("[whatiff]\ntop = 1", "[whatiff] is no verb; did you mean 'whatif'?"),
        ("[whatif]\nfail-ovr = 1", "whatif has no option 'fail-ovr'; did you mean 'fail-over'?"),
        ("assume = [1, 2]", "knockon.toml: assume: expected one value, got 2"),
        ("assume = 2020-01-01", "knockon.toml: assume: expected a text or a number"),
        ("trust-register = 3", "trust-register: expected true or false, got 3"),
        ("assume = ", "knockon.toml: expected TOML"),
        ("assume = 7", "assume: expected a number from 0 to 1, got"),
        ("svg = 'x.svg'", "no verb has an option 'svg'"),
        ("#" * 300_000, "settings may have 262,144 bytes"),
    ],
)
def test_what_is_no_setting_is_refused(
    text: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with file, option and the nearest name; nothing is answered."""
    (folder / "knockon.toml").write_text(text)
    code, out, err = ask(capsys)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_another_file_or_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """KNOCKON_CONFIG names it, or takes the file of the folder away."""
    (folder / "knockon.toml").write_text("assume = 0.1\n")
    (folder / "other.toml").write_text("assume = 0.2\n")
    monkeypatch.setenv("KNOCKON_CONFIG", "other.toml")
    assert read_assume(ask(capsys)[1]) == 0.2
    monkeypatch.setenv("KNOCKON_CONFIG", "")
    assert read_assume(ask(capsys)[1]) == 0.5
    monkeypatch.setenv("KNOCKON_CONFIG", "gone.toml")
    assert ask(capsys)[0] == 2


def test_a_variable_of_no_option_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be somebody else's, so the command answers."""
    monkeypatch.setenv("KNOCKON_ASUME", "0.3")
    code, _, err = ask(capsys)
    assert (code, err) == (0, "knockon: KNOCKON_ASUME sets no option; did you mean 'assume'?\n")


def test_progress_in_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line on stderr is one object; the last says that all worlds are done."""
    import json

    _, _, err = ask(capsys, "--progress", "json", "--worlds", "1024")
    lines = [json.loads(line) for line in err.splitlines()]
    assert {line["step"] for line in lines} == {"reading", "worlds"}
    last = lines[-1]
    assert (last["done"], last["step"]) == (last["total"], "worlds")


def test_everybody_is_let_in_where_serve_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What opens a box of a map opens no server."""
    (folder / "knockon.toml").write_text('open = ["c"]\n')
    monkeypatch.setenv("KNOCKON_OPEN", '["b"]')
    assert list(read_defaults(cli, "map")[0].values()) == [["b"]]
    assert read_defaults(cli, "serve") == ({}, [])
    monkeypatch.setenv("KNOCKON_SERVE_OPEN", "true")
    assert read_defaults(cli, "serve")[0] == {"is_open": "true"}
