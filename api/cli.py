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

from knockon.api.cli_joining import Command, joining, proposing, show_proposals
from knockon.api.cli_now import with_now
from knockon.api.progress import watching
from knockon.graph.errors import KnockonError, clip

if TYPE_CHECKING:
    from polars import DataFrame
    from rich.console import Console

    from knockon.graph.graph import DependencyGraph
    from knockon.graph.whatif import Impact

TOP = 20
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
        source: str, others: tuple[str, ...], join: bool, aliases: Path | None,
        join_above: float | None, options: dict[str, Any], **rest: Any,
    ) -> None:  # fmt: skip
        joined = {"join": join, "aliases": aliases, "join_above": join_above}
        command(read=lambda: _graph([source, *others], **joined, **options), **rest)

    added = joining(reading(with_sources))
    add = click.option("--with", "others", multiple=True, metavar="SOURCE", help="One more source.")
    return click.argument("source")(add(added))


def reading(command: Command) -> Command:
    """How sources are read. The verb gets `options`, for the readers that take them."""

    @wraps(command)
    def with_options(
        mapping: tuple[str, ...], both_ways: bool, strict: bool, query: str | None, **rest: Any
    ) -> None:
        options = {"mapping": _pairs(mapping), "both_ways": both_ways, "strict": strict,
                   "query": query}  # fmt: skip
        command(options=options, **rest)

    added: Command = with_options
    for add in (
        click.option("--query", help="Of a database: the rows of dependencies."),
        click.option("--validate", "strict", is_flag=True, help="Hold the source to its schema."),
        click.option("--both-ways", is_flag=True, help="Read undirected edges both ways."),
        click.option(
            "--map", "mapping", multiple=True, metavar="THEIRS=OURS", help="Name a column."
        ),
    ):
        added = add(added)
    return added


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
            "--precision",
            type=float,
            metavar="ERROR",
            help="Draw until no probability has a larger standard error, such as 0.005.",
        ),
        click.option(
            "--memory",
            callback=_bytes,
            metavar="SIZE",
            help="That the lanes may take, such as 8G.  [default: half of what is free]",
        ),
        click.option(
            "--assume",
            type=float,
            default=0.5,
            show_default=True,
            help="Strength at which unknown ones count in the middle figure.",
        ),
        click.option(
            "--halt", type=float, metavar="H", help="Hour at which the rollout is stopped."
        ),
        click.option(
            "--rollout",
            metavar="RINGS",
            help="Rings of a bad update: what is reached in all, from which hour on, such as "
            "1%@0,10%@4,100%@24.",
        ),
        click.option(
            "--hours",
            metavar="H",
            help="Hours that each ENTITY is down: 4, or a range 2..72. Impact then counts hours.",
        ),
        click.option(
            "--mode", default="outage", show_default=True, help="outage, bad_update or compromise."
        ),
        click.option(
            "--rules",
            type=click.Path(path_type=Path),
            callback=_rules,
            help="CSV of your own: mode, relation, becomes.  [default: graph/rules.csv]",
        ),
    ):
        command = add(command)
    return with_now(command)


def _rules(context: click.Context, option: click.Parameter, path: Path | None) -> Any:
    if path is None:
        from knockon.graph.modes import shipped_rules

        return shipped_rules()
    from knockon.loaders.rules import read_rules

    return read_rules(path)


def _bytes(context: click.Context, option: click.Parameter, text: str | None) -> int | None:
    from knockon.graph.memory import parse_bytes

    return None if text is None else parse_bytes(text)


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


def charting(command: Command) -> Command:
    """The options of charts. The verb gets `charts`: what is drawn, and into which file."""

    @wraps(command)
    def with_charts(
        exceedance: Path | None, timeline: Path | None, detection: Path | None, **rest: Any
    ) -> None:
        if timeline is not None and rest["hours"] is None:
            raise click.UsageError("--timeline: expected --hours H too, such as --hours 4")
        if detection is not None and not rest["rollout"]:
            raise click.UsageError(
                "--detection: expected --rollout RINGS too, such as --rollout 1%@0,10%@4,100%@24"
            )
        given = {"exceedance": exceedance, "timeline": timeline, "detection": detection}
        command(charts={what: path for what, path in given.items() if path is not None}, **rest)

    added: Command = with_charts
    for name, words in (
        ("--detection", "Also draw how many are hit by when the rollout is stopped."),
        ("--timeline", "Also draw who is down when, and how fast all is restored."),
        ("--exceedance", "Also draw how bad it gets, and how often as bad or worse."),
    ):
        added = click.option(
            name, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.svg", help=words
        )(added)
    return added


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
    from knockon.graph.whatif import whatif as ask

    if fail_over is not None and not 0 <= fail_over <= 1:
        raise click.UsageError(f"--fail-over: expected a number from 0 to 1, got {fail_over:g}")
    _check_parquet(form, output)
    graph = read()
    _check_kind(graph, kind)
    begun = perf_counter()
    with watching() as watch:
        impact = ask(graph, entities, watch=watch, **scenario)
    if verbose:
        click.echo(_how(impact, perf_counter() - begun), err=True)
    _emit(impact, form, output, kind=kind, top=top)
    if svg is not None:
        _draw(impact, svg)
    for what, path in charts.items():
        _draw(impact, path, what)
    if impact.partial:
        sys.exit(130)
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
    from knockon.api.backtest import backtest_json
    from knockon.api.backtest_table import print_backtest
    from knockon.graph.backtest import backtest as ask
    from knockon.loaders.incidents import read_incidents

    _check_parquet(form, output)
    found = ask(read_incidents(folder))
    if form == "json":
        _print_json(backtest_json(found), output)
    elif form == "table":
        _print_page(print_backtest, found, output)
    else:
        _print_frame(found.rows, form, output)
    if report is not None:
        from knockon.api.backtest_page import backtest_page
        from knockon.api.export import write_text

        write_text(report, backtest_page(found))
        click.echo(f"report: {report}", err=True)


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
        graphs[name] = _graph([source], **joined)
    from knockon.api.rest import serve as run

    run(graphs, host=host, port=port)


def _graph(sources: Sequence[str], **options: Any) -> "DependencyGraph":
    from knockon.api.telling import told
    from knockon.graph.graph import DependencyGraph
    from knockon.loaders.merge import load_tables

    with told(sources) as progress:
        tables = load_tables(sources, progress=progress, **options)
    return DependencyGraph.from_tables(tables, checked=True)


def _check_kind(graph: "DependencyGraph", kind: str | None) -> None:
    kinds = sorted(set(graph.entities["kind"].unique()))
    if kind is not None and kind not in kinds:
        from knockon.graph.errors import did_you_mean

        raise click.UsageError(f"no entity is of kind {clip(kind)!r}{did_you_mean(kind, kinds)}")


def _emit(impact: "Impact", form: str, output: Path | None, *, kind: str | None, top: int) -> None:
    from knockon.api.schema import shown_rows, whatif_json

    if form == "json":
        _print_json(whatif_json(impact, kind=kind, top=top), output)
    elif form == "table":
        from functools import partial

        from knockon.api.report import print_whatif

        _print_page(partial(print_whatif, kind=kind, top=top), impact, output)
    else:
        _print_frame(shown_rows(impact, kind=kind, top=top), form, output)


def _check_parquet(form: str, output: Path | None) -> None:
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet: expected -o FILE to write to, got none")


def _print_frame(frame: "DataFrame", form: str, output: Path | None) -> None:
    """The frame as CSV, or as Parquet, which needs a file."""
    from knockon.api.export import csv_text, write_parquet, write_text

    if form == "parquet" and output is not None:
        write_parquet(output, frame)
    elif output is None:
        click.echo(csv_text(frame), nl=False)
    else:
        write_text(output, csv_text(frame))


def _print_page(show: "Callable[[Console, Any], None]", answer: Any, output: Path | None) -> None:
    """What `show` prints, on the terminal or into a file."""
    from io import StringIO

    from knockon.api.export import write_text
    from knockon.api.report import console

    page = StringIO() if output is not None else None
    show(console(page), answer)
    if output is not None and page is not None:
        write_text(output, page.getvalue())


def _print_json(data: Any, output: Path | None) -> None:
    import json

    from knockon.api.export import write_text

    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    click.echo(text, nl=False) if output is None else write_text(output, text)


def _draw(impact: "Impact", path: Path, what: str = "map") -> None:
    from knockon.api.export import write_text

    write_text(path, impact.to_svg() if what == "map" else getattr(impact, f"{what}_svg")())
    click.echo(f"{what}: {path}", err=True)


def _how(impact: "Impact", seconds: float) -> str:
    """By which form of the kernel an answer came, from how much work, in what memory."""
    from knockon.graph.memory import says

    lanes = impact.spread.lanes
    how = "every case" if impact.exact else "random worlds"
    room = ""
    if lanes.compiled:
        fixed, block = lanes.taken
        room = f"; {says(fixed)} for the graph, {says(block)} for each block of 512 lanes"
    kernel = "lane" if impact.scenario.hours is None else "timeline"
    return (
        f"{kernel} kernel: {impact.form}; {impact.worlds:,} lanes ({how}) of "
        f"{len(lanes.circuit.provider):,} arcs within reach{room}; {seconds:.2f} s"
    )


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
