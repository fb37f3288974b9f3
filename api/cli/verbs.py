"""The command `knockon`: a few lines per verb over the functions and shapes that REST uses too.

Exit codes: 0 done, 2 bad input or usage (one line on stderr), 3 a policy was broken.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.answer import (
    check_kind,
    check_parquet,
    draw,
    emit,
    hold_to,
    how,
    print_frame,
    print_json,
    print_page,
)
from knockon.api.cli.joining import joining, proposing, show_proposals
from knockon.api.cli.options import Read, asking, charting, read_graph, reading, showing, sourced
from knockon.api.cli.progress import watching
from knockon.api.cli.startup import collect_often, collect_rarely
from knockon.graph.errors import KnockonError, clip

if TYPE_CHECKING:
    from knockon.graph.model.graph import DependencyGraph


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="knockon", message="%(prog)s %(version)s")
def cli() -> None:
    """This fails: who is hit, how hard, and why?

    SOURCE is a file or folder of any known format (`knockon sources` lists them); --with adds
    more. ENTITY is an id, or a name regardless of case.
    """


@cli.command()
@sourced
@asking
@showing
@charting
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
    with watching() as watch:
        impact = ask(graph, entities, watch=watch, **scenario)
    if verbose:
        click.echo(how(impact, perf_counter() - begun), err=True)
    emit(impact, form, output, kind=kind, top=top)
    if svg is not None:
        draw(impact, svg)
    for what, path in charts.items():
        draw(impact, path, what)
    if impact.partial:
        sys.exit(130)
    if fail_over is not None:
        hold_to(impact, fail_over)


@cli.command("map")
@sourced
@asking
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

    draw(ask(read(for_lanes=True), entities, **scenario), output)


@cli.command()
@sourced
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
    from knockon.api.cli.tables import console, print_load

    graph = read()
    print_load(console(), graph)
    if output is not None:
        from knockon.loaders.native.write import write_folder, write_yaml

        if output.suffix in (".yaml", ".yml"):
            write_yaml(graph.tables, output)
        else:
            write_folder(graph.tables, output, form)  # type: ignore[arg-type]
        click.echo(f"written: {output}")


@cli.command()
@proposing
@reading
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
    from knockon.api.backtest_json import backtest_json
    from knockon.api.cli.backtest_table import print_backtest
    from knockon.graph.analysis.backtest.backtest import backtest as ask
    from knockon.loaders.native.incidents import read_incidents

    check_parquet(form, output)
    found = ask(read_incidents(folder))
    if form == "json":
        print_json(backtest_json(found), output)
    elif form == "table":
        print_page(print_backtest, found, output)
    else:
        print_frame(found.rows, form, output)
    if report is not None:
        from knockon.api.backtest_page import backtest_page
        from knockon.api.export import write_text

        write_text(report, backtest_page(found))
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
        from knockon.api.cli.tables import markdown_sources

        click.echo(markdown_sources(rows), nl=False)
    else:
        from knockon.api.cli.tables import console, print_sources

        print_sources(console(), rows)


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@joining
def serve(sources: tuple[str, ...], host: str, port: int, **joined: Any) -> None:
    """REST API and web page over one graph per SOURCE."""
    graphs: dict[str, DependencyGraph] = {}
    for source in sources:
        name = (
            Path(source).resolve().stem if Path(source).is_file() else Path(source).resolve().name
        )
        if name in graphs:
            raise click.UsageError(f"two sources are called {clip(name)!r}; rename one")
        graphs[name] = read_graph([source], **joined)
    from knockon.api.rest.app import serve as run

    collect_often()
    run(graphs, host=host, port=port)


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
