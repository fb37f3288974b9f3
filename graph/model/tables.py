"""The two tables between loaders and graph: their columns, and the report that goes with them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl

from knockon.graph.arrays import Ints
from knockon.graph.model.hours import EXPECTED, LONGEST, TO

KINDS = (
    "security_vendor", "platform", "cloud_provider", "enterprise", "service", "component",
    "identity_provider", "dns_provider", "cdn_provider", "certificate_authority", "network",
    "site", "data_store", "unknown",
)  # fmt: skip
RELATIONS = (
    "runs", "contains", "hosted_on", "uses", "authenticates_with", "resolved_by", "delivered_by",
    "certified_by", "supplied_by", "operated_by",
)  # fmt: skip

MOST = 1e15  # weight or backlog: sums of their squares stay numbers
FILE, LINE = "_file", "_line"  # where a row was read: optional columns of either table
INSIDE = "inside"  # optional, of dependencies: true where a reader of one system's parts wrote it
ALSO_KNOWN_AS = "also_known_as"  # optional, of entities: other ids and names, a list in JSON
UNREAD = "read as no dependency"  # ends the reason of a finding: stated, but it leads nowhere
ROW = "__row"  # number of a row as it came, while rows are dropped and merged
_EXAMPLES = 5


@dataclass(frozen=True)
class Column:
    """One column of the contract: its type, what an empty cell means, and what it may hold."""

    name: str
    dtype: pl.DataType
    default: object = None
    required: bool = False
    expected: str = "text"
    valid: Callable[[pl.Expr], pl.Expr] | None = None


def _text(name: str, default: object = None, *, required: bool = False) -> Column:
    return Column(name, pl.String(), default, required)


def _number(
    name: str, default: object, expected: str, valid: Callable[[pl.Expr], pl.Expr]
) -> Column:
    return Column(name, pl.Float64(), default, False, expected, valid)


def _amount(name: str, default: float) -> Column:
    most = f"a number of at least 0, at most {MOST:g}"
    return _number(name, default, most, lambda c: c.is_between(0, MOST))


def _hours(name: str) -> tuple[Column, Column]:
    """Hours, and beside them the upper end where they are a range (`hours`)."""
    low = _number(name, 0.0, EXPECTED, lambda c: c.is_between(0, LONGEST))
    return low, _number(name + TO, None, EXPECTED, lambda c: c.is_between(0, LONGEST))


ENTITY_COLUMNS = (
    _text("id", required=True),
    _text("name"),
    _text("kind", "unknown"),
    _text("parent"),
    _text("sector"),
    _text("country"),
    _amount("weight", 1.0),
    *_hours("repair_hours"),
    _amount("backlog", 0.0),
    _number(
        "failure_probability", None, "a number from 0 to 1, or empty for unknown",
        lambda c: c.is_between(0, 1),
    ),
    _number(
        "failures_per_year",
        None,
        f"a number of at least 0, at most {MOST:g}, or empty for unknown",
        lambda c: c.is_between(0, MOST),
    ),
)  # fmt: skip
DEPENDENCY_COLUMNS = (
    _text("dependent", required=True),
    _text("provider", required=True),
    _text("relation", "uses"),
    _number(
        "probability", None, "a number from 0 to 1, or empty for unknown",
        lambda c: c.is_between(0, 1),
    ),
    _number(
        "loss", 1.0, "a number above 0, at most 1", lambda c: c.is_between(0, 1, closed="right")
    ),
    *_hours("grace_hours"),
    _text("group"),
    Column("needs", pl.Int64(), 1, False, "a whole number of at least 1", lambda c: c >= 1),
    *_hours("switch_hours"),
    _number("switch_probability", 1.0, "a number from 0 to 1", lambda c: c.is_between(0, 1)),
    _text("shared_cause"),
    _number("rho", 0.0, "a number from 0 to 1", lambda c: c.is_between(0, 1)),
    _text("source"),
    _text("evidence"),
    _text("as_of"),
)  # fmt: skip
ENDS = ("dependent", "provider")
IDENTITY = (*ENDS, "relation", "group")


@dataclass(frozen=True)
class Finding:
    """Something that reading or checking did to the rows: how many, why, and where.

    `action` is one of `read`, `dropped`, `merged`, `invented`, `changed`, `note`.
    """

    action: str
    count: int
    reason: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" ({'; '.join(self.examples[:_EXAMPLES])})" if self.examples else ""
        more = (
            f" and {self.count - _EXAMPLES:,} more"
            if self.count > _EXAMPLES < len(self.examples)
            else ""
        )
        return f"{self.action} {self.count:,}: {self.reason}{where}{more}"


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of the ends among the sorted ids, for these two frames and no others.

    dependent, provider: (m,) one per row of the dependencies
    """

    entities: pl.DataFrame
    dependencies: pl.DataFrame
    dependent: Ints
    provider: Ints


@dataclass(frozen=True, eq=False)
class Tables:
    """What a loader hands over: two frames, a head, and the report of what it did.

    `entities` may be empty: the ends of the dependencies then are the entities. Columns that
    the contract does not know are kept. `weight_unit` says what `weight` counts; `hindsight` why
    the graph knows the outcome of an incident, if it does. `numbers` are those that `check` found.
    """

    entities: pl.DataFrame
    dependencies: pl.DataFrame
    title: str | None = None
    weight_unit: str | None = None
    hindsight: str | None = None
    sources: dict[str, str] = field(default_factory=dict)
    report: tuple[Finding, ...] = ()
    numbers: Numbers | None = None

    def __repr__(self) -> str:
        return (
            f"<Tables {self.entities.height:,} entities, {self.dependencies.height:,} dependencies>"
        )


def known_as(entities: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """The other ids and names of each entity that has some; text that is no list is one name."""
    if ALSO_KNOWN_AS not in entities.columns:
        return {}
    told = entities.select("id", ALSO_KNOWN_AS).drop_nulls()
    return {identifier: list_names(cell) for identifier, cell in told.iter_rows()}


def list_names(cell: object) -> tuple[str, ...]:
    """The names in a cell of `also_known_as`; text that is no list is one name."""
    try:
        names = json.loads(cell) if isinstance(cell, str) and cell.startswith("[") else cell
    except (ValueError, RecursionError):
        names = cell
    return tuple(map(str, names)) if isinstance(names, list) else (str(cell),)


def at(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Where each row of the frame stands, as text: `dependencies.csv:17`, or `row 17`."""
    number = pl.col(ROW) if ROW in frame.columns else pl.int_range(pl.len())
    row = pl.lit(f"{name} row ") + (number + 1).cast(pl.String)
    if FILE not in frame.columns:
        return row
    line = pl.col(LINE).cast(pl.String) if LINE in frame.columns else pl.lit(None, pl.String)
    return (
        pl.when(pl.col(FILE).is_null())
        .then(row)
        .when(line.is_null())
        .then(pl.col(FILE).cast(pl.String))
        .otherwise(pl.col(FILE).cast(pl.String) + ":" + line)
    )


def empty(columns: Iterable[Column]) -> pl.DataFrame:
    """A table of the contract without rows."""
    return pl.DataFrame(schema={c.name: c.dtype for c in columns})
