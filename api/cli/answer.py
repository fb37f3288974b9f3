"""What verbs do with an answer: print it, write it, draw it, hold it to a policy."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.api.cli.files import FORMS, PICTURES, STDOUT, check_suffix, choose_form
from knockon.api.cli.stdout import say, write_stdout
from knockon.graph.errors import clip

if TYPE_CHECKING:
    from polars import DataFrame

    from knockon.api.text.console import Out
    from knockon.graph.analysis.answer import Answer
    from knockon.graph.analysis.impact import Impact
    from knockon.graph.model.graph import DependencyGraph
    from knockon.graph.model.tables import Tables

PAGES = ("table", "markdown")  # forms for people


_BYTES = ("parquet", "png", "pdf")  # forms that no terminal shows


def check_kind(graph: "DependencyGraph", kind: str | None) -> None:
    """Refuse a kind that no entity is of."""
    kinds = sorted(set(graph.entities["kind"].unique()))
    if kind is not None:
        from knockon.api.schema import list_kinds
        from knockon.graph.errors import did_you_mean

        if set(list_kinds(kind)) & set(kinds):
            return
        raise click.UsageError(f"no entity is of kind {clip(kind)!r}{did_you_mean(kind, kinds)}")


def write_answer(
    impact: "Impact", form: str, output: Path | None, *, kind: str | None, top: int | None,
    carried: Sequence[str] = (), aside: bool = False,
) -> None:  # fmt: skip
    """The answer in one of the forms, on the terminal or into a file.

    carried: columns of the inventory in its rows
    aside: standard output is taken, so that the table goes to standard error
    """
    from knockon.api.schema import dump_whatif, select_rows

    if form in PICTURES:
        emit(draw(impact, "map", form), output)
    elif form == "json":
        emit(dump_whatif(impact, kind=kind, top=top), output)
    elif form in PAGES:
        from functools import partial

        from knockon.api.text.tables import print_whatif

        show = partial(print_whatif, kind=kind, top=top, carried=carried)
        print_page(show, impact, output, form=form, aside=aside)
    else:
        rows, _ = select_rows(impact, kind=kind, top=top)
        print_frame(rows, form, output)


def write_rows(
    answer: "Answer", form: str, output: Path | None, *, top: int | None, aside: bool,
    carried: Sequence[str] = (),
) -> None:  # fmt: skip
    """The answer of a verb in one of the forms, on the terminal or into a file."""
    from functools import partial

    from knockon.api.schema import dump_json, serialize_answer

    if form in PICTURES:
        emit(draw(answer, answer.verb, form), output)
    elif form == "json":
        emit(dump_json(serialize_answer(answer, top=top)), output)
    elif form in PAGES:
        from knockon.api.text.rows import print_answer

        show = partial(print_answer, top=top, carried=carried)
        print_page(show, answer, output, form=form, aside=aside)
    else:
        print_frame(answer.rows if top is None else answer.rows.head(top), form, output)


def check_output(
    form: str, output: Path | None, *beside: Path | None, what: str = "picture"
) -> bool:
    """Whether standard output is taken by a file beside the answer, whose table then goes aside.

    beside: where pictures go, or a page (`what`). Refuses a file whose suffix says that it holds
    another form, bytes on a terminal, and two things on standard output.
    """
    if form in _BYTES and output is None:
        raise click.UsageError(f"--format {form}: expected -o FILE to write to, got none")
    if output is not None:
        check_suffix(output, form)
    aside = output is None and STDOUT in beside
    if aside and form != "table":
        raise click.UsageError(
            f"--format {form}: expected -o FILE, a {what} goes to standard output"
        )
    return aside


def check_folder(output: Path | None) -> None:
    """Refuse a name that says that it is neither a folder nor YAML."""
    if output is None or output == STDOUT or output.is_dir():
        return
    if FORMS.get(output.suffix.lower(), "yaml") != "yaml":
        raise click.UsageError(
            f"-o {clip(str(output))}: its suffix {output.suffix} contradicts what is written: "
            "expected a folder, or a .yaml file"
        )


def choose_rows(form: str, top: int | None) -> int | None:
    """How many rows are written: files for machines hold all, unless a number is stated."""
    return None if form in ("csv", "parquet") and not is_stated("top") else top


def is_stated(name: str) -> bool:
    """Whether the option was written on the command line, not left at its default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not click.core.ParameterSource.DEFAULT


def write_tables(tables: "Tables", output: Path, form: str) -> None:
    """The native tables, as a folder, a YAML file, or YAML on standard output."""
    from knockon.loaders.native import write

    if output == STDOUT:
        write_stdout(write.dump_yaml(tables))
    elif output.suffix in (".yaml", ".yml"):
        write.write_yaml(tables, output)
    else:
        write.write_folder(tables, output, form)  # type: ignore[arg-type]


def emit(content: str | bytes, output: Path | None) -> None:
    """Data, into a file or to standard output."""
    if output is None or output == STDOUT:
        write_stdout(content)
        return
    from knockon.api.export import write_file

    write_file(output, content)


def print_frame(frame: "DataFrame", form: str, output: Path | None) -> None:
    """The frame as CSV, or as Parquet."""
    from knockon.api.export import format_csv, format_parquet

    emit(format_parquet(frame) if form == "parquet" else format_csv(frame), output)


def print_page(
    show: "Callable[[Out, Any], None]", answer: Any, output: Path | None, *,
    form: str = "table", aside: bool = False,
) -> None:  # fmt: skip
    """What `show` prints, on the terminal, into a file, or aside on standard error."""
    from io import StringIO

    from knockon.api.text.console import format_markdown, make_console

    if form == "markdown":
        emit(format_markdown(show, answer), output)
        return
    if output is not None and output != STDOUT:
        page = StringIO()
        show(make_console(page), answer)
        emit(page.getvalue(), output)
        return
    console = make_console(sys.stderr if aside else None)
    with console.capture() as captured:
        show(console, answer)
    if aside:
        click.echo(captured.get(), nl=False, err=True, color=True)
    else:
        say(captured.get())


def print_json(data: Any, output: Path | None) -> None:
    from knockon.api.schema import dump_json

    emit(dump_json(data), output)


def write_picture(answer: "Answer | Impact", path: Path, what: str = "map") -> None:
    """A picture of an answer by its name, in the form that the suffix of the file says, or as SVG
    to standard output."""
    emit(draw(answer, what, choose_form(path, PICTURES)), path)
    if path != STDOUT:
        click.echo(f"{what}: {path}", err=True)


def draw(answer: "Answer | Impact", what: str, form: str) -> str | bytes:
    """A picture of an answer by its name, in a form."""
    from knockon.graph.maps.forms import draw_picture

    return draw_picture(answer, what, form)


def describe_run(impact: "Impact", seconds: float) -> str:
    """By which form of the kernel an answer came, from how much work, in what memory."""
    from knockon.graph.engine.memory import says

    work = impact.work
    how = "every case" if impact.exact else "random worlds"
    room = ""
    if work.graph_bytes:
        fixed, block = says(work.graph_bytes), says(work.block_bytes)
        room = f"; {fixed} for the graph, {block} for each block of 512 lanes"
    kernel = "lane" if impact.scenario.hours is None else "timeline"
    return (
        f"{kernel} kernel: {impact.form}; {impact.worlds:,} lanes ({how}) of "
        f"{work.arcs:,} arcs within reach{room}; {seconds:.2f} s"
    )
