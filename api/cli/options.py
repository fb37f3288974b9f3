"""The options that verbs share: sources and how to read them, scenarios, answers, charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.fields import Command, add_fields
from knockon.api.cli.files import CHARTS, PICTURES, SOURCE, Output
from knockon.api.cli.join import add_join_options
from knockon.api.cli.origins import add_origin_options
from knockon.api.cli.policy import add_fail_over
from knockon.api.cli.progress import add_progress
from knockon.api.cli.startup import begin_kernels
from knockon.graph.errors import clip
from knockon.graph.scenario.fields import FIELDS, VIEW, find_field
from knockon.loaders.formats import OPTIONS

if TYPE_CHECKING:
    from knockon.graph.model.graph import DependencyGraph

KEPT = "knockon.graphs"
"""What `save` asks for in the meta of a context: the sources and graphs that were read."""


@dataclass(frozen=True)
class Read:
    """Reads the graph of the sources that a command was given, with its options."""

    sources: tuple[str, ...]
    options: dict[str, Any]
    known: "DependencyGraph | None" = None  # the graph, where it is read already

    def __call__(self, *, for_lanes: bool = False) -> "DependencyGraph":
        if self.known is not None:
            return self.known
        return read_graph(self.sources, for_lanes=for_lanes, **self.options)

    def of(self, *sources: str) -> "DependencyGraph":
        """The graph of other sources, read in the same way."""
        return read_graph(sources, **self.options)


def add_strengths(command: Command) -> Command:
    """The option `--strengths` alone, for a verb that takes its scenarios from elsewhere."""
    return add_fields(command, [find_field("strengths")])


def add_source_options(command: Command) -> Command:
    """The options of every verb that reads one graph. The verb gets `read`, which reads it."""

    @wraps(command)
    def with_sources(
        source: str, others: tuple[str, ...], join: bool | None, aliases: Path | None,
        join_above: float | None, options: dict[str, Any], **rest: Any,
    ) -> None:  # fmt: skip
        options |= {"join": join, "aliases": aliases, "join_above": join_above}
        command(read=Read((source, *others), options), **rest)

    added = add_join_options(add_reader_options(with_sources))
    add = click.option(
        "--with", "others", multiple=True, type=SOURCE, metavar="SOURCE", help="One more source."
    )
    return click.argument("source", type=SOURCE)(add(add_progress(added)))


def add_reader_options(command: Command) -> Command:
    """How sources are read. The verb gets `options`, for the readers that take them."""

    @wraps(command)
    def with_options(mapping: tuple[str, ...], entity_files: tuple[str, ...], **rest: Any) -> None:
        names = [name for name in OPTIONS if name not in ("mapping", "entities")]
        options = {name: rest.pop(name) for name in names}
        options |= {"mapping": _parse_pairs(mapping), "entities": entity_files}
        command(options=options, **rest)

    added: Command = with_options
    for add in (
        click.option("--query", help="Of a database: the rows of dependencies."),
        click.option(
            "--no-environment",
            is_flag=True,
            help="Leave out what only environment variables, arguments and settings say.",
        ),
        click.option("--validate", "strict", is_flag=True, help="Hold the source to its schema."),
        click.option("--both-ways", is_flag=True, help="Read undirected edges both ways."),
        click.option("--company", metavar="NAME", help="Whose list it is: who depends on all."),
        click.option(
            "--header-row", type=click.IntRange(min=1), metavar="N",
            help="The row of a sheet, or line, that names the columns.",
        ),
        click.option("--sheet", metavar="NAME", help="The sheet of a workbook."),
        click.option(
            "--entities", "entity_files", multiple=True, type=SOURCE, metavar="FILE",
            help="A CSV file beside a table of dependencies: ids, names, kinds.",
        ),
        click.option(
            "--map", "mapping", multiple=True, metavar="THEIRS=OURS",
            help="Name a column, or what a word means ('Sits in=hosted_on'), or say what is the "
            "same in all rows (dependent:=Acme).",
        ),
    ):  # fmt: skip
        added = add(added)
    return added


def _parse_pairs(mapping: Sequence[str]) -> dict[str, str]:
    """`consumer=dependent` as {"consumer": "dependent"}, `dependent:=A` as {"dependent:": "A"}."""
    pairs = []
    for text in mapping:
        head, mark, tail = text.partition(":=")
        constant = mark and head.strip().isidentifier()
        pairs.append((f"{head.strip()}:", tail) if constant else text.rpartition("=")[::2])
        if not all(part.strip(": ") for part in pairs[-1]):
            raise click.UsageError(f"--map: expected THEIRS=OURS, got {clip(text)!r}")
    return {theirs.strip(): ours.strip() for theirs, ours in pairs}


def add_scenario_options(command: Command, *, needed: bool = True) -> Command:
    """What fails, and under which assumptions; needed: something must."""
    return add_origin_options(add_fields(command, FIELDS), needed=needed)


def add_answer_options(command: Command) -> Command:
    """The options of an answer."""
    for add in (
        click.option(
            "--no-worse-than",
            type=SOURCE,
            metavar="SOURCE",
            help="Exit with 3 if an enterprise (or one of --kind) is hit more probably than in "
            "this source, beyond two standard errors.",
        ),
        add_fail_over,
        click.option(
            "--svg",
            type=Output("svg"),
            metavar="FILE",
            help="Also draw the impact map into this file.",
        ),
        add_form_options,
    ):
        command = add(command)
    command = add_fields(command, VIEW)
    return click.option(
        "-v", "--verbose", is_flag=True, help="Tell on stderr how it was computed."
    )(command)


def add_form_options(command: Command, drawn: Sequence[str] = PICTURES) -> Command:
    """In which form an answer is written, and where to; drawn: the forms of its picture."""
    forms = ["table", "json", "csv", "parquet", "markdown", *drawn]
    command = click.option(
        "-o", "output", type=Output(), metavar="FILE", help="Write the answer to this file."
    )(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default="table",
        show_default=True,
        help="Rows, or the picture of the answer." if drawn else None,
    )(command)


def add_chart_options(command: Command) -> Command:
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
        paths = {"exceedance": exceedance, "timeline": timeline, "detection": detection}
        command(charts={what: path for what, path in paths.items() if path is not None}, **rest)

    added: Command = with_charts
    for name, words in (
        ("--detection", "Also draw how many are hit by when the rollout is stopped."),
        ("--timeline", "Also draw who is down when, and how fast all is restored."),
        ("--exceedance", "Also draw how bad it gets, and how often as bad or worse."),
    ):
        added = click.option(name, type=Output(*CHARTS), metavar="FILE.svg", help=words)(added)
    return added


def read_graph(
    sources: Sequence[str], *, for_lanes: bool = False, **options: Any
) -> "DependencyGraph":
    """The graph of the sources; for_lanes: what kernels it may want are loaded meanwhile."""
    from knockon.api.cli.progress import show_reading
    from knockon.graph.model.graph import DependencyGraph
    from knockon.loaders.merge import load_tables

    if for_lanes:
        begin_kernels(sources)
    with show_reading(sources) as progress:
        tables = load_tables(sources, progress=progress, **options)
    graph = DependencyGraph.from_tables(tables, checked=True)
    context = click.get_current_context(silent=True)
    if context is not None and KEPT in context.meta:
        context.meta[KEPT].append((sources, graph))
    return graph
