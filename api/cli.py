"""The command `knockon`: a few lines per verb over the functions and shapes that REST uses too.

Exit codes: 0 done, 2 bad input or usage (one line on stderr), 3 a policy was broken.
"""

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from knockon.graph.errors import KnockonError, clip

if TYPE_CHECKING:
    from knockon.graph.graph import DependencyGraph
    from knockon.graph.whatif import Impact

TOP = 20
Command: TypeAlias = Callable[..., None]
Read: TypeAlias = "Callable[[], DependencyGraph]"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="knockon", message="%(prog)s %(version)s")
def cli() -> None:
    """This fails: who is hit, how hard, and why?

    SOURCE is a file or folder of any known format (`knockon sources` lists them); --with adds
    more. ENTITY is an id, or a name regardless of case.
    """


def sourced(command: Command) -> Command:
    """The options of every verb that reads one graph. The verb gets `read`, which reads it."""

    @wraps(command)
    def with_sources(
        source: str, others: tuple[str, ...], join: bool, mapping: tuple[str, ...],
        both_ways: bool, strict: bool, query: str | None, **rest: Any,
    ) -> None:  # fmt: skip
        options = {"mapping": _pairs(mapping), "both_ways": both_ways, "strict": strict,
                   "query": query}  # fmt: skip
        command(read=lambda: _graph([source, *others], join, **options), **rest)

    added: Command = with_sources
    for add in (
        click.option("--query", help="Of a database: the rows of dependencies."),
        click.option("--validate", "strict", is_flag=True, help="Hold the source to its schema."),
        click.option("--both-ways", is_flag=True, help="Read undirected edges both ways."),
        click.option(
            "--map", "mapping", multiple=True, metavar="THEIRS=OURS", help="Name a column."
        ),
        click.option("--join", is_flag=True, help="Join entities that the source calls the same."),
        click.option("--with", "others", multiple=True, metavar="SOURCE", help="One more source."),
    ):
        added = add(added)
    return click.argument("source")(added)


def _pairs(mapping: Sequence[str]) -> dict[str, str]:
    """`consumer=dependent` as {"consumer": "dependent"}."""
    pairs = [text.rpartition("=") for text in mapping]
    for (theirs, _, ours), text in zip(pairs, mapping, strict=True):
        if not theirs or not ours:
            raise click.UsageError(f"--map: expected THEIRS=OURS, got {clip(text)!r}")
    return {theirs.strip(): ours.strip() for theirs, _, ours in pairs}


def asking(command: Command) -> Command:
    """The options of a scenario."""
    for add in (
        click.option(
            "--severity",
            type=float,
            default=1.0,
            show_default=True,
            help="Share of its function that each ENTITY loses.",
        ),
        click.option(
            "--protect", multiple=True, metavar="ENTITY", help="Nothing hits this entity."
        ),
        click.option(
            "--seed", type=int, default=0, show_default=True, help="Of the random worlds."
        ),
        click.option(
            "--worlds",
            type=int,
            help="Random worlds to draw.  [default: every case where few, else 2,000]",
        ),
        click.option(
            "--assume",
            type=float,
            default=0.5,
            show_default=True,
            help="Strength at which unknown ones count in the middle figure.",
        ),
        click.option(
            "--mode", default="outage", show_default=True, help="outage, bad_update or compromise."
        ),
    ):
        command = add(command)
    return click.argument("entities", nargs=-1, required=True, metavar="ENTITY...")(command)


def showing(command: Command) -> Command:
    """The options of an answer."""
    for add in (
        click.option(
            "--fail-over",
            type=float,
            metavar="P",
            help="Exit with 3 if an enterprise is hit with a probability over P.",
        ),
        click.option(
            "--svg",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Also draw the impact map into this file.",
        ),
        click.option(
            "-o",
            "output",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write the answer to this file.",
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["table", "json", "csv", "parquet"]),
            default="table",
            show_default=True,
        ),
        click.option(
            "--top",
            type=click.IntRange(min=0),
            default=TOP,
            show_default=True,
            help="Rows to show.",
        ),
        click.option("--kind", help="Show rows of this kind only."),
        click.option("-v", "--verbose", is_flag=True, help="Tell on stderr how it was computed."),
    ):
        command = add(command)
    return command


@cli.command()
@sourced
@asking
@showing
def whatif(
    read: Read, entities: tuple[str, ...], kind: str | None, top: int, form: str,
    output: Path | None, svg: Path | None, fail_over: float | None, verbose: bool, **scenario: Any,
) -> None:  # fmt: skip
    """Ranked impact of these entities failing together."""
    from knockon.graph.whatif import whatif as ask

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise click.UsageError(f"--fail-over: expected a number from 0 to 1, got {fail_over:g}")
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet: expected -o FILE to write to, got none")
    graph = read()
    _check_kind(graph, kind)
    begun = perf_counter()
    impact = ask(graph, entities, **scenario)
    if verbose:
        how = "every case" if impact.exact else "random worlds"
        click.echo(
            f"lane kernel: {impact.form}; {impact.worlds:,} lanes ({how}) of "
            f"{len(impact.spread.circuit.provider):,} arcs within reach; "
            f"{perf_counter() - begun:.2f} s",
            err=True,
        )
    _emit(impact, form, output, kind=kind, top=top)
    if svg is not None:
        _draw(impact, svg)
    if fail_over is not None:
        _hold_to(impact, fail_over)


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
    from knockon.graph.whatif import whatif as ask

    _draw(ask(read(), entities, **scenario), output)


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
    from knockon.api.report import console, print_load

    graph = read()
    print_load(console(), graph)
    if output is not None:
        from knockon.loaders.write import write_folder, write_yaml

        if output.suffix in (".yaml", ".yml"):
            write_yaml(graph.tables, output)
        else:
            write_folder(graph.tables, output, form)  # type: ignore[arg-type]
        click.echo(f"written: {output}")


@cli.command()
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def sources(form: str) -> None:
    """The known formats, and how to export each from its home system."""
    from knockon.loaders.registry import formats

    rows = [
        {"format": f.name, "what": f.what, "entities": f.entities, "dependencies": f.dependencies,
         "groups": f.groups or "-", "found by": f.sign, "how to export": f.export}
        for f in formats()
    ]  # fmt: skip
    if form == "json":
        _print_json(rows, None)
    else:
        from knockon.api.report import console, print_sources

        print_sources(console(), rows)


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--join", is_flag=True, help="Join entities that a source calls the same.")
def serve(sources: tuple[str, ...], host: str, port: int, join: bool) -> None:
    """REST API and web page over one graph per SOURCE."""
    graphs: dict[str, DependencyGraph] = {}
    for source in sources:
        name = (
            Path(source).resolve().stem if Path(source).is_file() else Path(source).resolve().name
        )
        if name in graphs:
            raise click.UsageError(f"two sources are called {clip(name)!r}; rename one")
        graphs[name] = _graph([source], join)
    from knockon.api.rest import serve as run

    run(graphs, host=host, port=port)


def _graph(sources: Sequence[str], join: bool, **options: Any) -> "DependencyGraph":
    from knockon.api.telling import told
    from knockon.graph.graph import DependencyGraph
    from knockon.loaders.merge import load_tables

    with told(sources) as progress:
        tables = load_tables(sources, join=join, progress=progress, **options)
    return DependencyGraph.from_tables(tables, checked=True)


def _check_kind(graph: "DependencyGraph", kind: str | None) -> None:
    kinds = sorted(set(graph.entities["kind"].unique()))
    if kind is not None and kind not in kinds:
        from knockon.graph.errors import did_you_mean

        raise click.UsageError(f"no entity is of kind {clip(kind)!r}{did_you_mean(kind, kinds)}")


def _emit(impact: "Impact", form: str, output: Path | None, *, kind: str | None, top: int) -> None:
    from knockon.api.export import csv_text, write_parquet, write_text
    from knockon.api.schema import shown_rows, whatif_json

    if form == "json":
        _print_json(whatif_json(impact, kind=kind, top=top), output)
    elif form == "parquet" and output is not None:
        write_parquet(output, shown_rows(impact, kind=kind, top=top))
    elif form == "csv":
        text = csv_text(shown_rows(impact, kind=kind, top=top))
        click.echo(text, nl=False) if output is None else write_text(output, text)
    else:
        from io import StringIO

        from knockon.api.report import console, print_whatif

        page = StringIO() if output is not None else None
        print_whatif(console(page), impact, kind=kind, top=top)
        if output is not None and page is not None:
            write_text(output, page.getvalue())


def _print_json(data: Any, output: Path | None) -> None:
    import json

    from knockon.api.export import write_text

    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    click.echo(text, nl=False) if output is None else write_text(output, text)


def _draw(impact: "Impact", path: Path) -> None:
    from knockon.api.export import write_text

    write_text(path, impact.to_svg())
    click.echo(f"map: {path}", err=True)


def _hold_to(impact: "Impact", limit: float) -> None:
    """Exit with 3 if an enterprise, no origin itself, is hit with a probability over the limit."""
    import polars as pl

    over = impact.entities.filter(
        (pl.col("rank") > 0) & (pl.col("kind") == "enterprise") & (pl.col("probability") > limit)
    )
    if over.height:
        worst = over.row(0, named=True)
        click.echo(
            f"knockon: policy broken: {over.height:,} enterprises are hit with a probability over "
            f"{limit:g}, first {clip(worst['name'])!r} with {worst['probability']:.3f}",
            err=True,
        )
        sys.exit(3)


def main(arguments: Sequence[str] | None = None) -> None:
    """The installed command: every error is one line on stderr and an exit code."""
    try:
        code = cli.main(arguments, prog_name="knockon", standalone_mode=False)
    except click.ClickException as fault:
        _leave(fault.format_message(), 2)
    except KnockonError as fault:
        _leave(str(fault), 2)
    except (click.Abort, KeyboardInterrupt):
        _leave("stopped", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    sys.exit(code if isinstance(code, int) else 0)


def _leave(message: str, code: int) -> None:
    from knockon.graph.maps.text import clean

    click.echo(f"knockon: {clean(message, 2000)}", err=True)
    sys.exit(code)
