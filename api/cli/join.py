"""Joining on the command line: the options that say which entities are one, and proposals."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

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
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Your table of which entities are one (`knockon aliases` proposes it).",
        ),
        click.option(
            "--join",
            is_flag=True,
            help="Join what the sources call the same: same_as, LEI, domain.",
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
            type=click.Path(dir_okay=False, path_type=Path),
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
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Keep the rows of this table as they are.",
        ),
        click.option("--with", "others", multiple=True, metavar="SOURCE", help="One more source."),
    ):
        command = add(command)
    return click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")(command)


def show_proposals(rows: "pl.DataFrame", notes: "list[Finding]", output: Path | None) -> None:
    """The table of proposals for people, or as a CSV file that is safe in a spreadsheet."""
    if output is None:
        from knockon.api.cli.tables import make_console, print_aliases

        print_aliases(make_console(), rows, notes)
        return
    from knockon.api.export import format_csv, write_text

    write_text(output, format_csv(rows))
    for note in notes:
        click.echo(str(note), err=True)
    click.echo(f"written: {output} ({rows.height:,} pairs; merge: yes joins, no keeps apart)")
