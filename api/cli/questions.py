"""The verbs that answer in rows, as commands: made from the table of questions."""

import sys
from pathlib import Path
from typing import Any

import click

from knockon.api.cli.answer import check_output, choose_rows, write_picture, write_rows
from knockon.api.cli.fields import Command, add_fields
from knockon.api.cli.files import CHARTS, PICTURES, SKETCHED, Output
from knockon.api.cli.options import Read, add_form_options, add_source_options
from knockon.api.cli.origins import add_origin_options
from knockon.api.cli.progress import watch_worlds
from knockon.graph.scenario.questions import QUESTIONS, Question


def add_questions(cli: click.Group) -> None:
    """A command for each verb of the table."""
    for question in (q for q in QUESTIONS if not q.other):  # these have commands of their own
        cli.command(question.name, help=question.summary)(build_command(question))


def build_command(question: Question) -> Command:
    """The command of a verb: SOURCE, what it asks about, its options, and those of an answer."""

    def run(
        read: Read, form: str, output: Path | None, top: int | None, target: str | None = None,
        entities: tuple[Any, ...] = (), svg: Path | None = None,
        columns: tuple[str, ...] | None = None, where: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        aside = check_output(form, output, svg)
        from knockon.graph.analysis.view import carry

        graph = read(for_lanes=True)
        about: list[Any] = [target] if question.target else []
        if question.counts:
            options["top"] = top
        with watch_worlds() as watch:
            answer = question.load()(graph, *about, entities, watch=watch, **options)
        if svg is not None:
            write_picture(answer, svg, question.name)
        shown, carried = carry(graph, answer, columns=columns, where=where)
        write_rows(shown, form, output, top=choose_rows(form, top), aside=aside, carried=carried)
        if answer.partial:
            sys.exit(130)

    command: Command = add_fields(run, question.all_fields)
    if question.picture:
        command = click.option(
            "--svg", type=Output("svg"), metavar="FILE", help="Also draw the answer into this file."
        )(command)
    forms = PICTURES if question.name in SKETCHED else CHARTS
    command = add_form_options(command, forms if question.picture else ())
    if question.origins == "needed":
        command = add_origin_options(command, needed=True, by_option=question.target)
    elif question.origins == "some":
        command = add_origin_options(command, needed=False, by_option=question.target)
    if question.target:
        command = click.argument("target", metavar="TARGET")(command)
    return add_source_options(command)
