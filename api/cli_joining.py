"""Joining on the command line: the options that say which entities are one, and `aliases`."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import click

Command: TypeAlias = Callable[..., None]


def joining(command: Command) -> Command:
    """The options that say which entities are one."""
    for add in (
        click.option(
            "--join-above",
            type=float,
            metavar="SCORE",
            help="Join entities whose names are more alike than this; 0.97 is safe.",
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


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--with", "others", multiple=True, metavar="SOURCE", help="One more source.")
@click.option(
    "--aliases",
    "decided",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep what this table decides.",
)
@click.option(
    "--least", type=click.FloatRange(0, 1), default=0.7, show_default=True,
    help="Score from which a pair is proposed.",
)  # fmt: skip
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to this CSV file, to be edited.",
)  # fmt: skip
def aliases(
    sources: tuple[str, ...], others: tuple[str, ...], decided: Path | None, least: float,
    output: Path | None,
) -> None:  # fmt: skip
    """Propose which entities are one thing: a table to edit and to give to --aliases."""
    from knockon.loaders.merge import propose_aliases

    frame, notes = propose_aliases([*sources, *others], decided, least)
    if output is None:
        from knockon.api.report import console, print_aliases

        print_aliases(console(), frame, notes)
        return
    from knockon.api.export import csv_text, write_text

    write_text(output, csv_text(frame))
    for note in notes:
        click.echo(str(note), err=True)
    click.echo(f"written: {output} ({frame.height:,} pairs; merge: yes joins, no keeps apart)")
