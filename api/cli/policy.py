"""Policies that an answer is held to; one that is broken ends the command with 3."""

import sys
from typing import TYPE_CHECKING

import click

from knockon.api.cli.fields import Command
from knockon.graph.errors import clip

if TYPE_CHECKING:
    from polars import DataFrame

    from knockon.graph.analysis.comparison import Comparison
    from knockon.graph.analysis.impact import Impact

_ERRORS = 2.0  # standard errors that a change must exceed
ENTERPRISE = "enterprise"
WEIGHT = "weight"


def add_policy_options(command: Command) -> Command:
    """`--fail-over`, `--no-worse` and the kind that they look at."""
    for add in (
        click.option("--kind", metavar="TEXT", help="The kind that policies look at.  "
                     f"[default: {ENTERPRISE}]"),
        click.option(
            "--no-worse", is_flag=True,
            help="Exit with 3 if one of them became more probable, beyond two standard errors.",
        ),
        add_fail_over,
    ):  # fmt: skip
        command = add(command)
    return command


def add_fail_over(command: Command) -> Command:
    """`--fail-over P`, of enterprises; `KIND=P`; `weight=X`, of the impact in all."""
    return click.option(
        "--fail-over", multiple=True, metavar="P|KIND=P|weight=X",
        help="Exit with 3 if an enterprise (or one of KIND) is hit with a probability over P, or "
        "if the impact of all is over X.",
    )(command)  # fmt: skip


def read_limits(stated: tuple[str, ...], kind: str | None = None) -> dict[str, float]:
    """The limit of each kind, and of the weight. Raises UsageError."""
    limits: dict[str, float] = {}
    for text in stated:
        name, mark, value = text.rpartition("=")
        try:
            limit = float(value)
        except ValueError:
            limit = float("nan")
        what = name.strip() if mark else kind or ENTERPRISE
        most = float("inf") if what == WEIGHT else 1.0
        if not what or not 0 <= limit <= most:
            expected = "a number of at least 0" if what == WEIGHT else "a number from 0 to 1"
            raise click.UsageError(f"--fail-over: expected {expected}, got {clip(text)!r}")
        limits[what] = limit
    return limits


def enforce_limits(impact: "Impact", limits: dict[str, float]) -> None:
    """Exit with 3 if an answer to a what-if breaks one of the limits."""
    import polars as pl

    rows = impact.entities.filter(pl.col("rank") > 0)
    _enforce(rows, "probability", limits, impact.totals.impact)


def enforce_on_rows(answer: "Comparison", limits: dict[str, float]) -> None:
    """Exit with 3 if the second of two answers breaks one of the limits."""
    totals = {row["figure"]: row["after"] for row in answer.totals.iter_rows(named=True)}
    _enforce(answer.rows, "after", limits, totals["impact"])


def enforce_no_worse(answer: "Comparison", kind: str | None = None) -> None:
    """Exit with 3 if one of the kind became more probable, beyond two standard errors."""
    import polars as pl

    worse = answer.rows.filter(
        (pl.col("kind") == (kind or ENTERPRISE))
        & (pl.col("change") > _ERRORS * pl.col("std_error"))
    ).sort("change", descending=True)
    if worse.height:
        row = worse.row(0, named=True)
        _leave(
            f"{worse.height:,} of kind {kind or ENTERPRISE} became more probable, first "
            f"{clip(row['name'])!r} from {row['before'] or 0:.3f} to {row['after']:.3f}"
        )


def _enforce(rows: "DataFrame", column: str, limits: dict[str, float], impact: float) -> None:
    import polars as pl

    for what, limit in limits.items():
        if what == WEIGHT:
            if impact > limit:
                _leave(f"the impact is {impact:,.6g}, over {limit:,.6g}")
            continue
        over = rows.filter((pl.col("kind") == what) & (pl.col(column) > limit))
        if over.height:
            worst = over.sort(column, descending=True, maintain_order=True).row(0, named=True)
            _leave(
                f"{over.height:,} of kind {what} are hit with a probability over {limit:g}, first "
                f"{clip(worst['name'])!r} with {worst[column]:.3f}"
            )


def _leave(why: str) -> None:
    click.echo(f"knockon: policy broken: {why}", err=True)
    sys.exit(3)
