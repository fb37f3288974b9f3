"""Joining on the command line: the options that say which entities are one, and proposals."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from knockon.api.cli.files import INPUT, SOURCE, STDOUT, Output
from knockon.api.cli.stdout import say

if TYPE_CHECKING:
    import polars as pl

    from knockon.graph.model.tables import Finding

Command: TypeAlias = Callable[..., None]


def add_join_options(command: Command) -> Command:
    """The options that say which entities are one."""
    for add in (
        click.option(
            "--join-above",
            type=float,
            metavar="SCORE",
            help="Join entities whose names are more alike than this; above 0.97: in all but form.",
        ),
        click.option(
            "--aliases",
            type=INPUT,
            metavar="FILE",
            help="Your table of which entities are one (`knockon aliases` proposes it).",
        ),
        click.option(
            "--join/--no-join",
            default=None,
            help="Join what has one LEI or one domain, too; or not even what a source lists as "
            "same_as another, which is one if neither is said.",
        ),
    ):
        command = add(command)
    return command


def add_proposal_options(command: Command) -> Command:
    """The options of `aliases`."""
    for add in (
        click.option(
            "-o",
            "output",
            type=Output("csv"),
            help="Write the table to this CSV file, to be edited.",
        ),
        click.option(
            "--least",
            type=click.FloatRange(0, 1),
            default=0.7,
            show_default=True,
            help="Score from which a pair is proposed.",
        ),
        click.option(
            "--aliases",
            "decided",
            type=INPUT,
            metavar="FILE",
            help="Keep the rows of this table as they are.",
        ),
        click.option(
            "--with", "others", multiple=True, type=SOURCE, metavar="SOURCE", help="One more."
        ),
    ):
        command = add(command)
    return click.argument("sources", nargs=-1, required=True, type=SOURCE, metavar="SOURCE...")(
        command
    )


def show_proposals(rows: "pl.DataFrame", notes: "list[Finding]", output: Path | None) -> None:
    """The table of proposals for people, or as a CSV file that is safe in a spreadsheet."""
    from knockon.api.cli.answer import emit, print_page

    if output is None:
        from knockon.api.text.tables import print_aliases

        print_page(lambda out, found: print_aliases(out, found, notes), rows, None)
        return
    from knockon.api.export import format_csv

    emit(format_csv(rows), output)
    for note in notes:
        click.echo(str(note), err=True)
    if output != STDOUT:
        say(f"written: {output} ({rows.height:,} pairs; merge: yes joins, no keeps apart)\n")
