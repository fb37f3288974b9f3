"""The installed command: every verb of the command line, and the one that opens the other door."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from knockon.api import command, start
from knockon.api.cli.verbs import cli
from tests.paths import ROOT


def test_the_installed_command_knows_every_verb() -> None:
    """What pyproject.toml names is what has `serve` too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"knockon": f"{start.__name__}:{start.main.__name__}"}
    assert {"whatif", "map", "load", "aliases", "backtest", "sources", "serve"} <= {*cli.commands}


def test_serve_names_each_graph_after_its_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file without its suffix, a folder whole; two of one name are refused."""
    ran: dict = {}
    monkeypatch.setattr("knockon.api.rest.app.serve", lambda graphs, **at: ran.update(at, g=graphs))
    for place in ("one", "two", "other/two"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "dependencies.csv").write_text("dependent,provider\nB,A\n")
    (tmp_path / "three.csv").write_text("dependent,provider\nB,A\n")
    sources = [str(tmp_path / name) for name in ("one", "two", "three.csv")]
    with pytest.raises(SystemExit) as left:
        command.main(["serve", *sources, "--port", "0"])
    assert not left.value.code
    assert ([*ran["g"]], ran["host"], ran["port"]) == (["one", "two", "three"], "127.0.0.1", 0)
    with pytest.raises(SystemExit) as left:
        command.main(["serve", *sources, str(tmp_path / "other" / "two")])
    assert left.value.code == 2
    assert "two sources are called 'two'; rename one" in capsys.readouterr().err


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `serve` would run with."""
    ran: dict[str, Any] = {}
    monkeypatch.setattr("knockon.api.rest.app.serve", lambda graphs, **at: ran.update(at))
    return ran


@pytest.mark.parametrize("by", ["variable", "file"])
def test_serve_watches_and_signs(
    by: str, served: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The secret is no option: a variable of its own, which no other command stumbles over."""
    (tmp_path / "g.csv").write_text("dependent,provider\nB,A\n")
    (tmp_path / "s.json").write_text("{}")
    (tmp_path / "secret").write_text("a secret of some length")
    arguments = ["serve", str(tmp_path / "g.csv"), "--port", "0", "--every", "7",
                 "--watch", str(tmp_path / "s.json"),
                 "--webhook", "https://r.example/in"]  # fmt: skip
    if by == "variable":
        monkeypatch.setenv("KNOCKON_WEBHOOK_SECRET", "a secret of some length")
    else:
        arguments += ["--webhook-secret-file", str(tmp_path / "secret")]
    with pytest.raises(SystemExit) as left:
        command.main(arguments)
    found = capsys.readouterr()
    assert (left.value.code or 0, found.err) == (0, "")
    watch = served["watch"]
    assert [source.label for source in watch.live.sources] == ["s.json"]
    assert (watch.live.pace.interval, len(watch.webhooks)) == (7, 1)
    assert watch.webhooks[0]._secret == b"a secret of some length"


def test_a_webhook_needs_something_to_tell_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a secret."""
    (tmp_path / "g.csv").write_text("dependent,provider\nB,A\n")
    (tmp_path / "s.json").write_text("{}")
    hook = ["serve", str(tmp_path / "g.csv"), "--port", "0", "--webhook", "https://r.example/in"]
    for more, words in (([], "--watch URL"), (["--watch", str(tmp_path / "s.json")], "is signed")):
        with pytest.raises(SystemExit) as left:
            command.main([*hook, *more])
        assert left.value.code == 2
        assert words in capsys.readouterr().err
