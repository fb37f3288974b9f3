"""What verbs do with an answer: print it, write it, draw it, hold it to a policy."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knockon.graph.errors import clip

if TYPE_CHECKING:
    from polars import DataFrame
    from rich.console import Console

    from knockon.graph.analysis.impact import Impact
    from knockon.graph.model.graph import DependencyGraph


def check_kind(graph: "DependencyGraph", kind: str | None) -> None:
    kinds = sorted(set(graph.entities["kind"].unique()))
    if kind is not None and kind not in kinds:
        from knockon.graph.errors import did_you_mean

        raise click.UsageError(f"no entity is of kind {clip(kind)!r}{did_you_mean(kind, kinds)}")


def write_answer(
    impact: "Impact", form: str, output: Path | None, *, kind: str | None, top: int | None
) -> None:
    """The answer in one of the forms, on the terminal or into a file."""
    from knockon.api.schema import select_rows, serialize_whatif

    if form == "json":
        print_json(serialize_whatif(impact, kind=kind, top=top), output)
    elif form == "table":
        from functools import partial

        from knockon.api.cli.tables import print_whatif

        print_page(partial(print_whatif, kind=kind, top=top), impact, output)
    else:
        print_frame(select_rows(impact, kind=kind, top=top), form, output)


def check_parquet(form: str, output: Path | None) -> None:
    if form == "parquet" and output is None:
        raise click.UsageError("--format parquet: expected -o FILE to write to, got none")


def print_frame(frame: "DataFrame", form: str, output: Path | None) -> None:
    """The frame as CSV, or as Parquet, which needs a file."""
    from knockon.api.export import format_csv, write_parquet, write_text

    if form == "parquet" and output is not None:
        write_parquet(output, frame)
    elif output is None:
        click.echo(format_csv(frame), nl=False)
    else:
        write_text(output, format_csv(frame))


def print_page(show: "Callable[[Console, Any], None]", answer: Any, output: Path | None) -> None:
    """What `show` prints, on the terminal or into a file."""
    from io import StringIO

    from knockon.api.cli.tables import make_console
    from knockon.api.export import write_text

    page = StringIO() if output is not None else None
    show(make_console(page), answer)
    if output is not None and page is not None:
        write_text(output, page.getvalue())


def print_json(data: Any, output: Path | None) -> None:
    import json

    from knockon.api.export import write_text

    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    click.echo(text, nl=False) if output is None else write_text(output, text)


def write_picture(impact: "Impact", path: Path, what: str = "map") -> None:
    from knockon.api.export import write_text

    write_text(path, impact.to_svg() if what == "map" else getattr(impact, f"{what}_svg")())
    click.echo(f"{what}: {path}", err=True)


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


def enforce_limit(impact: "Impact", limit: float) -> None:
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
