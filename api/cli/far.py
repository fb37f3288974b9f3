"""`whatif --out FOLDER`: tables that the workers of a server read, and rows that they write."""

from pathlib import Path
from typing import Any

import click

from knockon.api.cli.answer import emit, print_frame, print_page
from knockon.api.cli.options import Read
from knockon.graph.engine.cluster.blocks.storage import is_address
from knockon.graph.errors import clip

_LEFT_OUT = "whatif --out FOLDER: the workers read SOURCE and write the rows; expected no {}"


def answer_far(
    read: Read, entities: tuple[Any, ...], out: Path, form: str, output: Path | None, *,
    top: int | None, beside: dict[str, Any], scenario: dict[str, Any],
) -> None:  # fmt: skip
    """Ask about the tables of a folder without reading them here, and show the first rows.

    beside: other options of the verb, of which none may be stated
    """
    for name, value in beside.items():
        if value:
            raise click.UsageError(_LEFT_OUT.format(f"--{name.replace('_', '-')}"))
    stated = [name for name, value in read.options.items() if value not in (None, False, (), {})]
    if stated:
        raise click.UsageError(_LEFT_OUT.format(f"--{stated[0].replace('_', '-')}"))
    if len(read.sources) > 1:
        raise click.UsageError(_LEFT_OUT.format("--with"))
    if scenario.get("plan") == "worlds":
        raise click.UsageError(_LEFT_OUT.format("--plan worlds"))
    if form not in ("table", "markdown", "json", "csv", "parquet"):
        raise click.UsageError(_LEFT_OUT.format(f"--format {form}"))
    source = read.sources[0]
    if not is_address(source):
        _check_tables(Path(source))
    from knockon.graph.analysis.far.whatif import whatif_far

    answer = whatif_far(source, entities, out=out, top=20 if top is None else top, **scenario)
    if form == "json":
        from knockon.api.schema import dump_far

        emit(dump_far(answer), output)
    elif form in ("csv", "parquet"):
        print_frame(answer.entities, form, output)
    else:
        from knockon.api.text.far import print_far

        print_page(print_far, answer, output, form=form)


def _check_tables(source: Path) -> None:
    """Refuse what is no folder of Parquet tables, and files whose claims cannot be true."""
    from knockon.loaders.parsing.parquet_guard import check_claims
    from knockon.loaders.parsing.source import Source

    tables = [source / f"{name}.parquet" for name in ("dependencies", "entities")]
    if not tables[0].is_file():
        raise click.UsageError(
            "whatif --out FOLDER: expected SOURCE to be a folder with dependencies.parquet, got "
            f"{clip(str(source))!r}: `knockon load SOURCE -o FOLDER --format parquet` makes one"
        )
    for table in tables:
        if table.is_file():
            check_claims(Source.of(table))
