"""The verbs of the command line: a few lines each over the functions and shapes that REST uses too.

Exit codes: 0 done, 2 bad input or usage (one line on stderr), 3 a policy was broken.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from knockon.api.cli.answer import (
    check_kind,
    check_parquet,
    describe_run,
    enforce_limit,
    print_frame,
    print_json,
    print_page,
    write_answer,
    write_picture,
)
from knockon.api.cli.join import add_proposal_options, show_proposals
from knockon.api.cli.options import (
    Read,
    add_answer_options,
    add_chart_options,
    add_reader_options,
    add_scenario_options,
    add_source_options,
)
from knockon.api.cli.progress import watch_worlds
from knockon.api.cli.startup import collect_rarely
from knockon.graph.errors import KnockonError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="knockon", message="%(prog)s %(version)s")
def cli() -> None:
    """This fails: who is hit, how hard, and why?

    SOURCE is a file or folder of any known format (`knockon sources` lists them); --with adds
    more. ENTITY is an id, or a name regardless of case.
    """


@cli.command()
@add_source_options
@add_scenario_options
@add_answer_options
@add_chart_options
def whatif(
    read: Read, entities: tuple[str, ...], kind: str | None, top: int, form: str,
    output: Path | None, svg: Path | None, charts: dict[str, Path], fail_over: float | None,
    verbose: bool, **scenario: Any,
) -> None:  # fmt: skip
    """Ranked impact of these entities failing together."""
    from knockon.graph.analysis.whatif import whatif as ask

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise click.UsageError(f"--fail-over: expected a number from 0 to 1, got {fail_over:g}")
    check_parquet(form, output)
    graph = read(for_lanes=True)
    check_kind(graph, kind)
    begun = perf_counter()
    with watch_worlds() as watch:
        impact = ask(graph, entities, watch=watch, **scenario)
    if verbose:
        click.echo(describe_run(impact, perf_counter() - begun), err=True)
    write_answer(impact, form, output, kind=kind, top=top)
    if svg is not None:
        write_picture(impact, svg)
    for what, path in charts.items():
        write_picture(impact, path, what)
    if impact.partial:
        sys.exit(130)
    if fail_over is not None:
        enforce_limit(impact, fail_over)


@cli.command("map")
@add_source_options
@add_scenario_options
@click.option(
    "-o",
    "output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The SVG file.",
)
def map_(read: Read, entities: tuple[str, ...], output: Path, **scenario: Any) -> None:
    """The impact map of these entities failing together, as SVG."""
    from knockon.graph.analysis.whatif import whatif as ask

    write_picture(ask(read(for_lanes=True), entities, **scenario), output)


@cli.command()
@add_source_options
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path),
    help="Write the native tables: a folder, or a .yaml file.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Of the tables in the folder.",
)
def load(read: Read, output: Path | None, form: str) -> None:
    """Read, merge and check sources; tell what was read, merged, dropped, and why."""
    from knockon.api.cli.tables import make_console, print_load

    graph = read()
    print_load(make_console(), graph)
    if output is not None:
        from knockon.loaders.native.write import write_folder, write_yaml

        if output.suffix in (".yaml", ".yml"):
            write_yaml(graph.tables, output)
        else:
            write_folder(graph.tables, output, form)  # type: ignore[arg-type]
        click.echo(f"written: {output}")


@cli.command()
@add_proposal_options
@add_reader_options
def aliases(
    sources: tuple[str, ...], others: tuple[str, ...], decided: Path | None, least: float,
    output: Path | None, options: dict[str, Any],
) -> None:  # fmt: skip
    """Propose which entities are one thing: a table to edit and to give to --aliases."""
    from knockon.loaders.merge import propose_aliases

    rows, notes = propose_aliases([*sources, *others], decided, least, **options)
    show_proposals(rows, notes, output)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "parquet"]),
    default="table",
    show_default=True,
    help="csv and parquet hold every row with a report.",
)
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the answer to this file.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a page for people into this HTML file.",
)
def backtest(folder: Path, form: str, output: Path | None, report: Path | None) -> None:
    """Predictions against what really happened, for the incidents of a folder."""
    from knockon.api.backtest_json import serialize_backtest
    from knockon.api.cli.backtest_table import print_backtest
    from knockon.graph.analysis.backtest.backtest import backtest as ask
    from knockon.loaders.native.incidents import read_incidents

    check_parquet(form, output)
    found = ask(read_incidents(folder))
    if form == "json":
        print_json(serialize_backtest(found), output)
    elif form == "table":
        print_page(print_backtest, found, output)
    else:
        print_frame(found.rows, form, output)
    if report is not None:
        from knockon.api.backtest_page import render_backtest
        from knockon.api.export import write_text

        write_text(report, render_backtest(found))
        click.echo(f"report: {report}", err=True)


@cli.command()
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table",
    show_default=True,
)  # fmt: skip
def sources(form: str) -> None:
    """The known formats, and how to export each from its home system."""
    from knockon.loaders.registry import formats

    rows = [
        {"format": f.name, "what": f.what, "entities": f.entities, "dependencies": f.dependencies,
         "groups": f.groups or "-", "found by": f.sign, "how to export": f.export}
        for f in formats()
    ]  # fmt: skip
    if form == "json":
        print_json(rows, None)
    elif form == "markdown":
        from knockon.api.cli.tables import format_sources

        click.echo(format_sources(rows), nl=False)
    else:
        from knockon.api.cli.tables import make_console, print_sources

        print_sources(make_console(), rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """The installed command: every error is one line on stderr and an exit code."""
    collect_rarely()
    try:
        code = cli.main(arguments, prog_name="knockon", standalone_mode=False)
    except click.ClickException as fault:
        _leave(fault.format_message(), 2)
    except KnockonError as fault:
        _leave(str(fault), 2)
    except (click.Abort, KeyboardInterrupt):
        _leave("stopped", 130)
    except MemoryError:
        _leave("not enough memory: ask for fewer --worlds, or less at a time with --memory", 2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)


def _leave(message: str, code: int) -> None:
    from knockon.graph.maps.text import clean

    click.echo(f"knockon: {clean(message, 2000)}", err=True)
    sys.exit(code)
