"""The verbs of the command line: a few lines each over the functions and shapes that REST uses too.

Exit codes: 0 done, 2 bad input or usage (one line on stderr), 3 a policy was broken.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from knockon.api.cli.answer import (
    PAGES,
    check_folder,
    check_kind,
    check_output,
    choose_rows,
    describe_run,
    emit,
    print_frame,
    print_json,
    print_page,
    write_answer,
    write_picture,
    write_tables,
)
from knockon.api.cli.compare import add_compare
from knockon.api.cli.far import answer_far
from knockon.api.cli.files import STDOUT, Output, name_stdin
from knockon.api.cli.help import Verbs
from knockon.api.cli.join import add_proposal_options, show_proposals
from knockon.api.cli.kept import add_kept
from knockon.api.cli.options import (
    Read,
    add_answer_options,
    add_chart_options,
    add_reader_options,
    add_scenario_options,
    add_source_options,
    add_strengths,
)
from knockon.api.cli.picture import add_map
from knockon.api.cli.plan import add_plan
from knockon.api.cli.policy import enforce_limits, enforce_no_worse, read_limits
from knockon.api.cli.progress import watch_worlds
from knockon.api.cli.questions import add_questions
from knockon.api.cli.settings import read_defaults
from knockon.api.cli.startup import collect_rarely
from knockon.api.cli.stdout import ClosedPipe, prepare_streams, say, silence_stdout, write_stdout
from knockon.api.cli.watch import add_watch
from knockon.graph.errors import KnockonError
from knockon.graph.scratch import clear_scratch

COMPLETE = "_KNOCKON_COMPLETE"  # set by the shell that asks what may come next


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.pass_context
@click.version_option(package_name="knockon", message="%(prog)s %(version)s")
def cli(context: click.Context) -> None:
    """This fails: who is hit, how hard, and why?

    SOURCE is a file or folder of any known format (`knockon sources` lists them); --with adds
    more. ENTITY is an id, or a name regardless of case. A FILE named - is standard input or
    output.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@add_source_options
@add_scenario_options
@add_answer_options
@add_chart_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="With --on: the workers read SOURCE, a folder of Parquet tables, and write the rows of "
    "all within reach to this folder, as Parquet; here are the totals and the first rows.",
)
def whatif(
    read: Read, entities: tuple[str, ...], kind: str | None, top: int | None, form: str,
    output: Path | None, out: Path | None, svg: Path | None, charts: dict[str, Path],
    fail_over: tuple[str, ...], no_worse_than: str | None, verbose: bool,
    columns: tuple[str, ...] | None, where: str | None,
    **scenario: Any,
) -> None:  # fmt: skip
    """Ranked impact of these entities failing together."""
    from knockon.graph.analysis.view import carry
    from knockon.graph.analysis.whatif import whatif as ask

    limits = read_limits(fail_over, kind)
    pictures = charts if svg is None else {"map": svg, **charts}
    aside = check_output(form, output, *pictures.values())
    if out is not None:
        beside = {"kind": kind, "svg": svg, "charts": charts, "fail_over": fail_over,
                  "no_worse_than": no_worse_than, "columns": columns, "where": where}  # fmt: skip
        answer_far(read, entities, out, form, output, top=top, beside=beside, scenario=scenario)
        return
    top = choose_rows(form, top)
    graph = read(for_lanes=True)
    check_kind(graph, kind)
    begun = perf_counter()
    with watch_worlds() as watch:
        impact = ask(graph, entities, watch=watch, **scenario)
    if verbose:
        click.echo(describe_run(impact, perf_counter() - begun), err=True)
    for what, path in sorted(pictures.items(), key=lambda item: item[1] == STDOUT):
        write_picture(impact, path, what)
    shown, carried = carry(graph, impact, columns=columns, where=where)
    write_answer(shown, form, output, kind=kind, top=top, carried=carried, aside=aside)
    if impact.partial:
        sys.exit(130)
    enforce_limits(impact, limits)
    if no_worse_than is not None:
        from knockon.graph.analysis.compare import compare

        other = read.of(no_worse_than)
        enforce_no_worse(compare(other, graph, impact.scenario, after=impact.scenario), kind)


@cli.command()
@add_source_options
@click.option(
    "-o",
    "output",
    type=Output(folder=True),
    metavar="FOLDER",
    help="Write the native tables: a folder, or a .yaml file; - is YAML on standard output.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "parquet", "markdown"]),
    default="csv",
    show_default=True,
    help="Of the tables in the folder; markdown: of the report, which -o FILE.md then holds.",
)
def load(read: Read, output: Path | None, form: str) -> None:
    """Read, merge and check sources; tell what was read, merged, dropped, and why."""
    from knockon.api.text.tables import print_load

    if form == "markdown":
        check_output(form, output)
        print_page(print_load, read(), output, form=form)
        return
    check_folder(output)
    graph = read()
    if output is not None:
        write_tables(graph.tables, output, form)
    print_page(print_load, graph, None, aside=output == STDOUT)
    if output not in (None, STDOUT):
        say(f"written: {output}\n")


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
    type=click.Choice(["table", "json", "csv", "parquet", "markdown"]),
    default="table",
    show_default=True,
    help="csv and parquet hold every row with a report.",
)
@click.option(
    "-o",
    "output",
    type=Output(),
    metavar="FILE",
    help="Write the answer to this file.",
)
@click.option(
    "--report",
    type=Output("html"),
    metavar="FILE.html",
    help="Also write a page for people into this HTML file.",
)
@add_strengths
def backtest(
    folder: Path, form: str, output: Path | None, report: Path | None, strengths: Any
) -> None:
    """Predictions against what really happened, for the incidents of a folder."""
    from knockon.api.backtest_json import serialize_backtest
    from knockon.api.cli.backtest_table import print_backtest
    from knockon.graph.analysis.backtest.backtest import backtest as ask
    from knockon.loaders.native.incidents import read_incidents

    aside = check_output(form, output, report, what="page")
    found = ask(read_incidents(folder), strengths)
    if report is not None:
        from knockon.api.backtest_page import render_backtest

        emit(render_backtest(found), report)
        if report != STDOUT:
            click.echo(f"report: {report}", err=True)
    if form == "json":
        print_json(serialize_backtest(found), output)
    elif form in PAGES:
        print_page(print_backtest, found, output, form=form, aside=aside)
    else:
        print_frame(found.rows, form, output)


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
        from knockon.api.text.tables import format_sources

        write_stdout(format_sources(rows))
    else:
        from knockon.api.text.tables import print_sources

        print_page(print_sources, rows, None)


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """What completes commands, options and files in a shell.

    In ~/.bashrc: eval "$(knockon completion bash)"; in ~/.zshrc the same with zsh; with fish:
    knockon completion fish > ~/.config/fish/completions/knockon.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is not None:
        say(made(cli, {}, "knockon", COMPLETE).source())


add_compare(cli)
add_map(cli)
add_questions(cli)
add_kept(cli)
add_watch(cli)
add_plan(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """The installed command: every error is one line on stderr and an exit code."""
    prepare_streams()
    collect_rarely()
    try:
        sys.exit(_run(sys.argv[1:] if arguments is None else [*arguments]))
    except click.ClickException as fault:
        _leave(fault.format_message(), 2)
    except KnockonError as fault:
        _leave(str(fault), 2)
    except (click.Abort, EOFError):
        _leave("stopped", 130)
    except KeyboardInterrupt:
        with suppress(OSError):
            click.echo("knockon: stopped", err=True)
        os._exit(130)  # threads that still compute or compile are not waited for
    except MemoryError:
        _leave("not enough memory: ask for fewer --worlds, or less at a time with --memory", 2)
    except (ClosedPipe, BrokenPipeError):
        silence_stdout()
        sys.exit(141)
    except OSError as fault:  # readers and writers have errors of their own
        silence_stdout()
        _leave(f"{fault.filename or 'standard output'}: {fault.strerror or fault}", 2)


def _run(arguments: list[str]) -> int:
    """The exit code. Not by `cli.main`, which has its own ways with Ctrl-C and closed pipes."""
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "knockon", COMPLETE, instruction)
    clear_scratch()
    verb = next((word for word in arguments if word in cli.commands), "")
    defaults, said = read_defaults(cli, verb)
    if said:
        click.echo(f"knockon: {', '.join(said)}", err=True)
    try:
        with cli.make_context("knockon", arguments, default_map={verb: defaults}) as context:
            cli.invoke(context)
    except click.exceptions.Exit as left:
        sys.stdout.flush()
        return left.exit_code
    sys.stdout.flush()
    return 0


def _leave(message: str, code: int) -> None:
    from knockon.graph.maps.text import clean

    with suppress(OSError):
        click.echo(f"knockon: {clean(name_stdin(message), 2000)}", err=True)
    sys.exit(code)
