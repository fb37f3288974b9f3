"""README and docs are true: commands and Python run, pictures are what the code draws."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

SAMPLES = sorted((ROOT / "samples").glob("*/README.md"))
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", *DOCS, *SAMPLES]
FLAGS = ("-o", "--svg", "--timeline", "--exceedance", "--detection", "--report")


def list_commands(text: str) -> list[str]:
    """The lines of shell that call knockon."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line for b in blocks for line in b.splitlines() if "knockon " in line]


def list_quotes(text: str) -> dict[str, list[str]]:
    """By command, what a page says that it prints: blocks of text right after it."""
    found: dict[str, list[str]] = {}
    for shell, blocks in re.findall(r"```sh\n([^`]*)```((?:\n\n```text\n[^`]*```)+)", text):
        command = list_commands(f"```sh\n{shell}```")[-1]
        found[command] = re.findall(r"```text\n([^`]*)```", blocks)
    return found


QUOTES = {c: said for path in PAGES for c, said in list_quotes(path.read_text()).items()}
COMMANDS = list(dict.fromkeys(c for path in PAGES for c in list_commands(path.read_text())))
SLOW = re.compile(  # 6 s each
    "knockon (harden samples/federal-cloud-2024 .*--mode bad_update|rank .* --among enterprise)"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like the checkout and may be written to, with `knockon` to be called."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "out").mkdir()
    command = tmp_path / "bin" / "knockon"
    command.parent.mkdir()
    code = "from knockon.api.start import main; main()"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{code}" "$@"\n')
    command.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [pytest.param(c, marks=[pytest.mark.slow] if SLOW.search(c) else [], id=c) for c in COMMANDS],
)
def test_every_command_runs(command: str, checkout: Path) -> None:
    """Each line with `knockon`, of the README, the docs and the samples, ends well, writes the file
    that it names, and prints what the page says right after it."""
    path = f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command], cwd=checkout, capture_output=True, text=True,
        env=os.environ | {"PATH": path},
    )  # fmt: skip
    assert (done.returncode, "knockon:" in done.stderr) == (0, False), done.stderr
    said = " ".join(done.stdout.split())
    assert all(" ".join(quote.split()) in said for quote in QUOTES.get(command, ())), said
    words = shlex.split(command)
    named = [words[words.index(flag) + 1] for flag in FLAGS if flag in words]
    assert all(name == "-" or (checkout / name).exists() for name in named)


def test_every_block_that_calls_knockon_is_run() -> None:
    """None but `serve` and `watch`, which do not end, and `--on`, which needs a server, hides in a
    block of another language."""
    for path in PAGES:
        blocks = re.findall(r"```(\w*)\n(.*?)```", path.read_text(), re.S)
        calls = [
            b
            for language, b in blocks
            if language != "sh" and re.search("^knockon (?!serve|watch|.* --on sc://)", b, re.M)
        ]
        assert not calls, path


@pytest.mark.parametrize(
    "path",
    [p for p in PAGES if "```python" in p.read_text() and p.name != "http.md"],  # wants a server
    ids=lambda p: p.name,
)
def test_the_python_runs(path: Path, checkout: Path) -> None:
    """The Python of a page, run in one go, prints the headline of the incident."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", path.read_text(), re.S))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"}, check=True,
    )  # fmt: skip
    assert "ships a bad update" in done.stdout.splitlines()[0]


def test_the_table_of_sources_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The docs list every format that there is, in the words of the registry."""
    from knockon.api.cli.verbs import main

    with pytest.raises(SystemExit):
        main(["sources", "--format", "markdown"])
    assert capsys.readouterr().out in (ROOT / "docs" / "formats.md").read_text()


def test_the_native_table_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The example of the native format is one."""
    import knockon

    (table,) = re.findall(r"```csv\n(.*?)```", (ROOT / "docs" / "inventories.md").read_text(), re.S)
    (tmp_path / "dependencies.csv").write_text(table)
    graph = knockon.load(tmp_path)
    assert repr(graph) == "<Graph 5 entities, 4 dependencies, 1 group, 0 cycles>"
    assert knockon.whatif(graph, "dns-a").entities["verdict"].to_list() == ["hit", "spared"]


def test_the_picture_is_current() -> None:
    """The committed map is, byte for byte, what `make demo` draws."""
    import knockon

    graph = knockon.load(ROOT / "samples" / "federal-cloud-2024")
    drawn = knockon.whatif(graph, "Falcon Platform").to_svg()
    assert drawn == (ROOT / "samples" / "federal-cloud-2024" / "falcon.svg").read_text()


def test_the_chart_is_current() -> None:
    """The committed detection curve is, byte for byte, what the command above it draws."""
    import knockon

    graph = knockon.load(ROOT / "samples" / "crowdstrike-2024")
    asked = {"mode": "bad_update", "rollout": "1%@0,100%@1", "halt": 0.6}
    drawn = knockon.whatif(graph, "falcon-cf291", **asked).detection_svg()
    assert drawn == (ROOT / "samples" / "crowdstrike-2024" / "detection.svg").read_text()


def test_the_demo_is_the_one_of_the_readme() -> None:
    """`make demo` asks what the README says that it asks."""
    recipe = (ROOT / "Makefile").read_text()
    assert 'samples/federal-cloud-2024 "Falcon Platform" --top 15' in recipe
    assert "--svg out/falcon.svg" in recipe


def test_the_demo_says_what_is_typical_and_which_ten_strengths_to_ask_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its second and third command: totals as frequencies, then ten strengths by what they
    narrow."""
    from knockon.api.cli.verbs import main

    monkeypatch.chdir(ROOT)
    asked = re.findall(r"knockon (.*--strengths incidents)$", (ROOT / "Makefile").read_text(), re.M)
    said = []
    for words in asked:
        with pytest.raises(SystemExit) as left:
            main(shlex.split(words))
        assert not left.value.code
        said.append(" ".join(capsys.readouterr().out.split()))
    assert re.search(
        r"Half of all cases: at most \d+ of 259 hit; one in twenty: \d+ or more", said[0]
    )
    assert "the true average is lower" in said[0]
    assert "if the first 10 strengths below were known" in said[1]
    assert said[1].count(" 30 to 75 % ") == 10
