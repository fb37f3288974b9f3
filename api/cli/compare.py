"""`knockon compare SOURCE [OTHER] ENTITY...`: a second source, a change, or two saved answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.answer import check_output, choose_rows, write_picture, write_rows
from knockon.api.cli.fields import add_fields
from knockon.api.cli.files import SOURCE, Output
from knockon.api.cli.options import Read, add_form_options, add_source_options
from knockon.api.cli.origins import add_origin_options, is_source
from knockon.api.cli.policy import (
    add_policy_options,
    enforce_no_worse,
    enforce_on_rows,
    read_limits,
)
from knockon.api.cli.progress import watch_worlds
from knockon.api.cli.saved import read_change, read_saved
from knockon.graph.scenario.origins import Nobody
from knockon.graph.scenario.questions import find_question

if TYPE_CHECKING:
    from knockon.graph.analysis.comparison import Comparison
    from knockon.graph.model.graph import DependencyGraph

QUESTION = find_question("compare")


def add_compare(cli: click.Group) -> None:
    """The command, its options from the table of questions."""
    command = add_policy_options(add_fields(_run, QUESTION.all_fields))
    command = click.option(
        "--svg", type=Output("svg"), metavar="FILE", help="Also draw the answer into this file."
    )(command)
    command = click.option(
        "--add", multiple=True, type=SOURCE, metavar="FILE",
        help="The second graph has these rows, too: a file of any known format, or the plan of "
        "`harden --format json`.",
    )(command)  # fmt: skip
    command = add_origin_options(add_form_options(command), needed=False, other_first=True)
    cli.command("compare", help=QUESTION.summary)(add_source_options(command))


def _run(
    read: Read, entities: tuple[Any, ...], form: str, output: Path | None, top: int | None,
    svg: Path | None, add: tuple[str, ...], kind: str | None, fail_over: tuple[str, ...],
    no_worse: bool, columns: tuple[str, ...] | None, where: str | None, **options: Any,
) -> None:  # fmt: skip
    aside = check_output(form, output, svg)
    other, origins = _split(entities)
    if other is None and not (add or any(options[n] for n in ("without", "after", "protect"))):
        raise click.UsageError(
            "expected a second source, knockon compare SOURCE OTHER ENTITY..., or what changes: "
            "--without, --add FILE, --protect, --after NAME=VALUE"
        )
    limits = read_limits(fail_over, kind)
    graph, answer = _ask(read, other, origins, add, options)
    shown, carried = answer, tuple[str, ...]()
    if columns or where is not None:
        if graph is None:
            raise click.UsageError("--columns, --where: expected a source, saved answers hold none")
        from knockon.graph.analysis.view import carry

        shown, carried = carry(graph, answer, columns=columns, where=where)
    if svg is not None:
        write_picture(answer, svg, "compare")
    write_rows(shown, form, output, top=choose_rows(form, top), aside=aside, carried=carried)
    if answer.partial:
        sys.exit(130)
    enforce_on_rows(answer, limits)
    if no_worse:
        enforce_no_worse(answer, kind)


def _ask(
    read: Read, other: str | None, origins: tuple[Any, ...], add: tuple[str, ...],
    options: dict[str, Any],
) -> "tuple[DependencyGraph | None, Comparison]":  # fmt: skip
    saved = None if other is None else read_saved((*read.sources, other))
    if saved is not None:
        from knockon.graph.analysis.compare_saved import compare_saved

        return None, compare_saved(*saved)
    if not origins and not isinstance(origins, Nobody):
        raise click.UsageError("Missing argument 'ENTITY...': what fails in both graphs.")
    graph = read(for_lanes=True)
    base = read.sources if other is None else (other,)
    plans = {source: read_change(source) for source in add}
    rows = [source for source, plan in plans.items() if plan is None]
    second = read.of(*base, *rows) if other is not None or rows else None
    options["changes"] = [plan for plan in plans.values() if plan is not None]
    with watch_worlds() as watch:
        answer: Comparison = QUESTION.load()(graph, second, origins, watch=watch, **options)
    return graph, answer


def _split(words: tuple[Any, ...]) -> tuple[str | None, tuple[Any, ...]]:
    """The second source, where the first word is one, and what fails."""
    first = words[0] if words and isinstance(words[0], str) else ""
    if first and is_source(first):
        return first, Nobody() if isinstance(words, Nobody) else words[1:]
    return None, words
