"""Markdown that shows names as they are, and calls nobody; colours that can be left out."""

import pytest
from markdown_it import MarkdownIt

from knockon.api.cli.verbs import main
from knockon.api.text.console import Markdown, escape, make_console
from tests.paths import SAMPLES

HOSTILE = [
    "a | b", "<img src=x>", "*bold* _it_ `code`", "[a](http://x.test)", "# Title", "1. one",
    "- item", "&lt;", "~~gone~~", "$x$", "\\|", "@angular/core", "fixes #123", "www.evil.test",
    "two\nlines", "===", "someone@corp.test", "+ plus", "> said", "`a` | @b",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_never_markup(name: str) -> None:
    """What is shown of a paragraph and of a cell is the name, and nothing else."""
    from rich.table import Table
    from rich.text import Text

    page = Markdown()
    page.print(Text(name))
    table = Table("name", "figure")
    table.add_row(Text(name), Text("1"))
    page.print(table)
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page.text())
    kinds = {t.type for t in tokens}
    assert not kinds & {"heading_open", "html_block", "bullet_list_open", "ordered_list_open"} or (
        name.startswith("- ") and "bullet_list_open" in kinds
    )
    inner = [child for t in tokens for child in t.children or []]
    assert {child.type for child in inner} <= {"text", "code_inline", "text_special"}
    shown = ["".join(c.content for c in t.children or []) for t in tokens if t.type == "inline"]
    said = " ".join(name.split())
    plain = said.replace("`", "'") if "@" in said or "://" in said else said
    assert shown[0] == plain.removeprefix("- ")
    assert shown[1:] == ["name", "figure", plain, "1"]


def test_what_calls_people_is_code() -> None:
    """Names of packages and numbers of tickets."""
    assert escape("@angular/core") == "`@angular/core`"
    assert escape("C# and A @ B") == "C\\# and A @ B"


@pytest.mark.parametrize(
    "arguments",
    [
        ("whatif", str(SAMPLES / "dora-register"), "Stellwerk Rechenzentren GmbH", "--hours", "4"),
        ("load", str(SAMPLES / "dora-register")),
        ("backtest", str(SAMPLES / "incidents")),
    ],
)
def test_answers_as_markdown(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    """Well-formed tables, nothing cut that a terminal would cut, the same in a file."""
    assert run(*arguments, "--format", "markdown") == 0
    text = capsys.readouterr().out
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    tables = sum(t.type == "table_open" for t in tokens)
    assert tables == {"whatif": 2, "load": 0, "backtest": 3}[arguments[0]]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert tables == sum(line.startswith(("| --", "| :-")) for line in lines)
    assert run(*arguments, "--format", "markdown", "-o", str(tmp_path / "a.md")) == 0
    assert (tmp_path / "a.md").read_text() == text


def test_no_color_is_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, too (https://no-color.org)."""
    from rich.text import Text

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = {}
    for value in ("", "1"):
        monkeypatch.setenv("NO_COLOR", value)
        console = make_console()
        with console.capture() as captured:
            console.print(Text("hit", style="red"))
        shown[value] = captured.get()
    assert "31m" in shown[""]
    assert "31m" not in shown["1"]


def test_alone_it_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """And ends well."""
    assert run() == 0
    alone = capsys.readouterr().out
    assert run("--help") == 0
    assert capsys.readouterr().out == alone
    assert "whatif" in alone


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_by_the_shells_own_means(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that asks the command, which answers with verbs, options, words and files."""
    assert run("completion", shell) == 0
    assert f"_KNOCKON_COMPLETE={shell}_complete" in capsys.readouterr().out
    monkeypatch.setenv("_KNOCKON_COMPLETE", f"{shell}_complete")
    asked = {
        ("wh", "1"): "whatif", ("whatif x --mode ba", "4" if shell != "x" else ""): "bad_update",
        ("whatif x A --expo", "3"): "", ("whatif x A --exc", "4"): "--exceedance",
    }  # fmt: skip
    for (line, place), expected in asked.items():
        monkeypatch.setenv("COMP_WORDS", f"knockon {line}")
        monkeypatch.setenv("COMP_CWORD", line.split()[-1] if shell == "fish" else place)
        assert run() == 0
        assert expected in capsys.readouterr().out


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)
