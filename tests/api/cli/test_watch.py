"""`knockon watch`: one picture of what is down now, its exit codes, and lines of JSON."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knockon.api.cli.verbs import main
from knockon.api.cli.watch import _NAME, _Screen, _watch, build_live
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.load import load
from tests.api.live.pages import ToyClock, page

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "dependencies.csv"
    path.write_text("dependent,provider,probability\nshop,cloud,1\nbank,shop,\n")
    return path


@pytest.fixture
def status(tmp_path: Path) -> Callable[..., str]:
    def write(name: str = "status.json", **components: str) -> str:
        path = tmp_path / name
        path.write_text(json.dumps(page(**components)))
        return str(path)

    return write


@pytest.fixture
def run(source: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The exit code, and what was written to standard output and error."""

    def watch(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["watch", str(source), *arguments, "--once"])
        found = capsys.readouterr()
        return int(ended.value.code or 0), found.out, found.err

    return watch


def test_nothing_is_down(run: Run, status: Callable[..., str]) -> None:
    code, out, _ = run(status(Cloud="operational"))
    assert code == 0
    assert "Nothing of this graph is reported as down, by 1 status page." in out


def test_something_is_down(run: Run, status: Callable[..., str]) -> None:
    """Who that hits, as a what-if shows it."""
    code, out, _ = run(status(Cloud="major_outage"))
    assert code == 3
    words = " ".join(out.split())
    assert "Down now: cloud." in words
    assert "Cloud: major outage" in words
    assert all(name in words for name in ("shop", "bank"))


@pytest.mark.parametrize(
    ("components", "words"),
    [
        ({"Clouds": "major_outage"}, "down, but fits no entity: Clouds"),
        ({"Cloud": "on_fire"}, "not understood in part: status.json"),
    ],
)
def test_what_is_not_known_is_not_fine(
    run: Run, status: Callable[..., str], components: dict[str, str], words: str
) -> None:
    code, out, _ = run(status(**components))
    assert code == 4
    assert f"Not known whether anything of this graph is down: {words}" in " ".join(out.split())


def test_a_page_that_is_not_read_is_not_fine(
    run: Run, status: Callable[..., str], tmp_path: Path
) -> None:
    """But what the others report as down counts more."""
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    code, out, _ = run(status(Cloud="operational"), str(broken))
    assert (code, "1 of 2 status pages not read: broken.json" in " ".join(out.split())) == (4, True)
    assert run(status(Cloud="partial_outage"), str(broken))[0] == 3


def test_a_table_says_which_is_which(run: Run, status: Callable[..., str], tmp_path: Path) -> None:
    table = tmp_path / "placing.csv"
    table.write_text("component,entity\nDisks,Cloud\nMail,\n")
    page_ = status(Disks="major_outage", Mail="major_outage")
    code, out, _ = run(page_, "--placing", str(table), "--format", "json")
    now = json.loads(out)
    assert code == 3
    assert [d["id"] for d in now["down"]] == ["cloud"]
    assert now["sources"][0]["foreign"] == ["Mail"]
    table.write_text("component,entity\nDisks,Clod\n")
    code, _, err = run(page_, "--placing", str(table))
    assert (code, err) == (2, "knockon: no entity has the id or name 'Clod'; nearest: 'cloud'\n")


def test_json_is_a_line(run: Run, status: Callable[..., str]) -> None:
    """As `/v1/graphs/{g}/now` has it."""
    _, out, _ = run(status(Cloud="major_outage"), "--format", "json", "--top", "1")
    (line,) = out.splitlines()
    now = json.loads(line)
    assert now["impact"]["entities"][1]["id"] == "shop"
    assert now["impact"]["more"] == 1


@pytest.mark.parametrize("given", ["ftp://a/b", "no/such/file", "http://a b"])
def test_other_addresses_are_one_clear_line(run: Run, given: str) -> None:
    code, _, err = run(given)
    assert code == 2
    assert err.startswith(f"knockon: {given}: expected ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("form", "shown"), [("json", 3), ("table", 3)])
def test_it_goes_on_and_shows_changes_only(
    source: Path, status: Callable[..., str], capsys: pytest.CaptureFixture[str], form: str,
    shown: int,
) -> None:  # fmt: skip
    """Where standard output is no terminal; the pages change while it sleeps."""
    graph = load(source)
    assert isinstance(graph, DependencyGraph)
    states = ["operational", "operational", "major_outage", "major_outage", "operational"]

    class Slept(ToyClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if not states:
                raise EnoughError
            status(Cloud=states.pop(0))

    paging: dict[str, Any] = {"every": 60.0, "private": (), "placing": None}
    live, _ = build_live({_NAME: graph}, [status(Cloud="operational")], paging)
    live.clock = Slept()
    for source_ in live.sources:
        source_.due = 0
    with pytest.raises(EnoughError):
        asyncio.run(_watch(live, _Screen(graph, form, 5), once=False))
    out = capsys.readouterr().out
    assert out.count("\n" if form == "json" else "status page  ") == shown
    assert "not known" not in out
    if form == "json":
        downs = [[d["id"] for d in json.loads(line)["down"]] for line in out.splitlines()]
        assert downs == [[], ["cloud"], []]


class EnoughError(Exception):
    pass
