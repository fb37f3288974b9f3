"""Help: sections, nothing cut, three examples a verb, and each of them runs."""

import re
import shlex
from pathlib import Path

import click
import pytest

import knockon
from knockon.api.cli.help import list_examples
from knockon.api.cli.verbs import cli, main
from knockon.graph.scenario.questions import QUESTIONS
from tests.paths import ROOT

KEPT = {"show", "history"}  # of an answer that is there already: tests/api/rest/test_answers.py
ANSWERING = sorted(set(cli.commands) - {"completion", "serve", "token", "watch"} - KEPT)


def print_help(verb: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([verb, "--help"] if verb else ["--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("verb", ["", "watch", *ANSWERING])
def test_nothing_is_cut(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No summary ends in dots, and every option is in one section."""
    text = print_help(verb, capsys)
    assert not re.search(r"[a-z]\.\.\.|…", text)
    command = cli.commands.get(verb, cli)
    options = [p for p in command.params if isinstance(p, click.Option)]
    heads = re.findall(r"^  (-[\w-]+)(?=[ ,])", text, re.M)
    assert len(heads) == len(options) + 1  # and --help


def test_the_question_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    """`--kind` says who fails in `rank`, and which rows are shown in `whatif`."""
    rank, whatif = print_help("rank", capsys), print_help("whatif", capsys)
    assert rank.index("This question:") < rank.index("--kind") < rank.index("What fails:")
    assert whatif.index("The answer:") < whatif.index("--kind") < whatif.index("Sources:")


@pytest.mark.parametrize("verb", ANSWERING)
def test_a_verb_has_three_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They stand in its help as one types them."""
    examples = list_examples(verb)
    assert len(examples) == 3
    assert all(f"  {example}\n" in print_help(verb, capsys) for example in examples)


@pytest.mark.slow
@pytest.mark.parametrize("example", [e for verb in ANSWERING for e in list_examples(verb)])
def test_an_example_runs(
    example: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a checkout with a folder `out`."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(shlex.split(example)[1:])
    assert ended.value.code == 0, capsys.readouterr().err


def test_every_verb_is_a_function_too() -> None:
    """The public face has `load`, `whatif`, `backtest` and one function per verb of the table."""
    verbs = {"load", "whatif", "backtest", *(q.name for q in QUESTIONS)}
    assert verbs <= set(dir(knockon))
    assert all(callable(getattr(knockon, verb)) for verb in verbs)
