"""The installed command: every verb of the command line, and the one that opens the other door."""

import tomllib
from pathlib import Path

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
