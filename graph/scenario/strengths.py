"""Tables of strengths: what past incidents, or the user, say of strengths that nobody stated.

A row says for which dependencies it speaks (an empty cell: for any) and how strong these are: low,
middle and high, or how many were exposed to a failure and how many of them were hit. The most
specific row of the first table that fits decides: dependent and provider, provider, dependent,
kinds, relation, mode. The shipped table `incidents` is `strengths_incidents.csv`, made from counts
in `evidence/`; every other one is the user's.
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

from knockon.graph.errors import (
    InputError,
    ScenarioError,
    clip,
    find_nearest,
    some,
)

NONE, INCIDENTS, CALLS, WORDS = "none", "incidents", "calls", "register"
SHIPPED = (INCIDENTS, CALLS, WORDS)
STATED, OWN, REGISTER, SHIPPED_ROW, UNFILLED = range(5)
SOURCES = ("stated", "own table", "register", INCIDENTS, NONE)
"""Where the strength of a dependency comes from, the weakest last."""
SPEAKS_FOR = ("mode", "relation", "dependent", "provider", "provider_kind", "dependent_kind")
_RANGE = ("low", "mid", "high")
_COUNTS = ("exposed", "hit")
COLUMNS = (*SPEAKS_FOR, *_RANGE, "rho", *_COUNTS, "as_of", "source", "note")
OF_ROWS_TO_FILL = (
    "dependent_name", "provider_name", "now_low", "now_mid", "now_high", "strength_source",
    "dependencies", "narrows",
)  # fmt: skip
"""What `knockon strengths` says beside the columns of a table; not read back."""
AT = "_at"  # of a row: where it stands, for messages
MOST_ROWS = 1_000_000
_MOST_EXPOSED = 1e12
_Z = 1.6449  # standard deviations from the middle to an end of a range of 90 %


@dataclass(frozen=True)
class StrengthRow:
    """What is said of the dependencies that a row speaks for; empty texts speak for any.

    low, mid, high: strengths of the three runs; rho: how strongly they rise and fall together
    exposed, hit: counts that are still to be turned into these; 0, 0 where none are stated
    incidents: how many incidents they come from; 0: not said
    """

    mode: str = ""
    relation: str = ""
    dependent: str = ""
    provider: str = ""
    provider_kind: str = ""
    dependent_kind: str = ""
    low: float = 0.0
    mid: float = 0.5
    high: float = 1.0
    rho: float = 0.0
    exposed: float = 0.0
    hit: float = 0.0
    as_of: str = ""
    source: str = ""
    note: str = ""
    incidents: int = 0

    @property
    def speaks_for(self) -> tuple[str, ...]:
        """The columns that it names something in."""
        return tuple(c for c in SPEAKS_FOR if getattr(self, c))

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(getattr(self, c) for c in SPEAKS_FOR)

    def to_dict(self) -> dict[str, Any]:
        """What it states, as plain JSON; `StrengthTable.of` reads it back."""
        stated = {n: v for n, v in asdict(self).items() if v not in ("", 0) and n not in _COUNTS}
        return stated | {name: getattr(self, name) for name in _RANGE}


@dataclass(frozen=True)
class StrengthTable:
    """Rows that were checked, under the name that answers call them by.

    empty: rows that state nothing yet, as in a table to fill in
    unread: columns that are none of the contract
    places: where each mode is first named
    """

    name: str
    rows: tuple[StrengthRow, ...]
    empty: int = 0
    unread: tuple[str, ...] = ()
    places: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def shipped(self) -> bool:
        return self.name in SHIPPED

    @classmethod
    def of(cls, name: str, rows: Iterable[Mapping[str, Any]]) -> "StrengthTable":
        """The table of rows by column name, numbers as numbers or texts.

        Columns that are not of the contract are let be, and named in `unread`. A row with `_at`
        stands there. Raises InputError with every fault: a column that is missing or is none but
        nearly one, low > mid > high, a share over 1, a row without a source, two rows that speak
        for the same.
        """
        faults: list[str] = []
        found: list[StrengthRow] = []
        places: list[str] = []
        unread: dict[str, None] = {}
        empty, first, columns = 0, "", dict[str, None]()
        for number, stated in enumerate(rows, start=1):
            place = str(stated.get(AT) or f"{name} row {number}")
            first = first or place
            columns.update(dict.fromkeys(str(c) for c in stated if c not in (AT, None)))
            if number > MOST_ROWS:
                raise InputError(f"{name}: expected at most {MOST_ROWS:,} rows, got more")
            for column in [str(c) for c in stated if c is not None and str(c) not in _KNOWN]:
                if column not in unread:
                    unread[column] = None
                    _check_column(column, stated, place, faults)
            row = _Reading(stated, place, faults).read()
            if row is None:
                empty += 1
            elif not faults:
                found.append(row)
                places.append(place)
        if first and not {*_RANGE} <= {*columns} and not {*_COUNTS} <= {*columns}:
            raise InputError(
                f"{first}: expected columns low, mid and high, or exposed and hit; found "
                + (some(repr(clip(c, 30)) for c in columns) or "none")
            )
        if faults:
            raise InputError.of(faults)
        joined = tuple(_join_counts(name, found, places))
        where = {r.mode: at for r, at in zip(reversed(found), reversed(places), strict=True)}
        return cls(name, joined, empty, tuple(unread), tuple(where.items()))

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "rows": [row.to_dict() for row in self.rows]}


StrengthsLike: TypeAlias = "str | StrengthTable | Mapping[str, Any] | Sequence[Any] | None"


@cache
def load_shipped_strengths(name: str = INCIDENTS) -> StrengthTable:
    """A table that comes with knockon."""
    if name in (CALLS, WORDS):  # their rows come from the graph
        return StrengthTable(name, ())
    text = files("knockon.graph.scenario").joinpath(f"strengths_{name}.csv").read_text("utf-8")
    return StrengthTable.of(name, csv.DictReader(text.splitlines()))


def read_strengths(value: StrengthsLike, *, named_only: bool = False) -> tuple[StrengthTable, ...]:
    """The tables that a value names or holds: the user's own first, each in its order.

    value: `none`, `incidents`, a StrengthTable, a frame or rows of one, `{"name", "rows"}`, or a
        list of these
    named_only: only names of shipped tables will do
    Raises ScenarioError, and InputError for rows that cannot be.
    """
    found: list[StrengthTable] = []
    for number, one in enumerate(_list(value), start=1):
        if isinstance(one, str):
            found += [load_shipped_strengths(n) for n in _read_names(one, named_only=named_only)]
        elif named_only:
            raise ScenarioError(
                f"strengths: expected {_name_shipped()}: tables of one's own are for the command "
                "line and Python"
            )
        else:
            found.append(_read_table(one, number))
    named = list(dict.fromkeys(found))
    return tuple(sorted(named, key=lambda table: table.shipped))


def dump_strengths(tables: Sequence[StrengthTable]) -> list[Any]:
    """The tables as plain JSON: shipped ones by name."""
    return [t.name if t.shipped else t.to_dict() for t in tables]


def describe_strengths() -> tuple[tuple[str, str], ...]:
    """The names that a client may say, each with what it means."""
    return (
        (NONE, "unknown is unknown"), (INCIDENTS, "what was typical of past incidents"),
        (CALLS, "shares of a caller's requests, in traces"),
        (WORDS, "what registers and exports say in words"),
    )  # fmt: skip


def _list(value: StrengthsLike) -> list[Any]:
    if value is None:
        return []
    if hasattr(value, "to_dicts") or isinstance(value, str | StrengthTable | Mapping):
        return [value]
    if not isinstance(value, Iterable):
        raise _refuse(value)
    listed = list(value)
    rows = listed and all(isinstance(v, Mapping) and "rows" not in v for v in listed)
    return [listed] if rows else listed


def _name_shipped() -> str:
    return f"{', '.join(SHIPPED)} or {NONE}"


def _read_names(text: str, *, named_only: bool = False) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in (*SHIPPED, NONE):
            near = find_nearest(name.lower(), (*SHIPPED, NONE), 1, 0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            table = "" if named_only else ", or a table"
            raise ScenarioError(
                f"strengths: expected {_name_shipped()}{table}, got {clip(name)!r}{hint}"
            )
    return [name for name in names if name != NONE]


def _read_table(value: Any, number: int) -> StrengthTable:
    if isinstance(value, StrengthTable):
        return value
    name = f"table {number}"
    if isinstance(value, Mapping):
        rows, name = value.get("rows"), str(value.get("name") or name)
    else:
        rows = value.to_dicts() if hasattr(value, "to_dicts") else value
    if name in SHIPPED:
        raise ScenarioError(f"strengths: a table of one's own cannot be called {name!r}")
    if not isinstance(rows, list | tuple) or not all(isinstance(r, Mapping) for r in rows):
        raise _refuse(value)
    return StrengthTable.of(name, rows)


def _refuse(value: object) -> ScenarioError:
    return ScenarioError(
        f"strengths: expected {', '.join(SHIPPED)} or {NONE}, or rows of {', '.join(COLUMNS)}, "
        f"got {clip(repr(value))}"
    )


_KNOWN = {*COLUMNS, *OF_ROWS_TO_FILL, "incidents", AT}


def _check_column(column: str, stated: Mapping[str, Any], place: str, faults: list[str]) -> None:
    """A column that is nearly one of the contract which is missing: let be, its rows would speak
    for more than they name."""
    near = find_nearest(column.strip().lower(), [c for c in COLUMNS if c not in stated], 1, 0.75)
    if near:
        faults.append(f"{place}: no column is called {clip(column)!r}; did you mean {near[0]!r}?")


class _Reading:
    """One row as it came; faults are added to a list, each with its place."""

    def __init__(self, stated: Mapping[str, Any], place: str, faults: list[str]) -> None:
        self.stated = {str(k): v for k, v in stated.items() if k is not None}
        self.place, self.faults = place, faults

    def read(self) -> StrengthRow | None:
        """The row; None where it states no strength yet."""
        known = [c for c in (*_RANGE, *_COUNTS) if self.text(c)]
        if not known:
            return None
        numbers = {c: self.number(c, 1.0) for c in _RANGE}
        numbers |= {c: self.number(c, _MOST_EXPOSED) for c in _COUNTS}
        rho = self.number("rho", 1.0)
        texts = {c: self.text(c) for c in (*SPEAKS_FOR, "as_of", "source", "note")}
        texts |= {c: "" for c in SPEAKS_FOR if texts[c] == "*"}
        before = len(self.faults)
        if not texts["source"]:
            self.fault("source", "expected where the strength comes from, got nothing")
        if rho is not None and rho >= 1:
            self.fault("rho", f"expected a number of at least 0, below 1, got {rho:g}")
        counted = any(numbers[c] is not None for c in _COUNTS)
        ranged = any(numbers[c] is not None for c in _RANGE)
        if counted and ranged:
            self.fault("low", "expected low, mid and high, or exposed and hit, got both")
        for several in (_COUNTS if counted else (), _RANGE if ranged else ()):
            self.check_whole(several, numbers)
        if len(self.faults) > before:
            return StrengthRow()
        stated: dict[str, Any] = {c: v for c, v in numbers.items() if v is not None}
        row = StrengthRow(**stated | texts, incidents=self.count())
        row = replace(row, rho=-1.0 if rho is None else rho)
        if not counted:
            return replace(row, rho=max(row.rho, 0.0))
        if not row.mode:
            self.fault("mode", "expected the mode of the failure that was counted, got nothing")
        return row

    def check_whole(self, several: Sequence[str], numbers: Mapping[str, float | None]) -> None:
        missing = [c for c in several if numbers[c] is None]
        if missing:
            if not any(self.text(c) for c in missing):
                words = " and ".join(", ".join(several).rsplit(", ", 1))
                self.fault(missing[0], f"expected {words} together, got nothing")
            return
        values = [float(numbers[c] or 0.0) for c in several]
        if several is _RANGE and values != sorted(values):
            low, mid, high = values
            self.fault("low", f"expected low <= mid <= high, got {low:g}, {mid:g}, {high:g}")
        if several is _COUNTS and (values[1] > values[0] or values[0] < 1):
            exposed, hit = values
            self.fault("hit", f"expected at most those exposed, got {hit:g} of {exposed:g}")

    def number(self, column: str, most: float) -> float | None:
        text = self.text(column)
        if not text:
            return None
        try:
            if "_" in text or not text.isascii():
                raise ValueError
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            self.fault(column, f"expected a number from 0 to {most:g}, got {clip(text, 40)!r}")
            return None
        return value

    def count(self) -> int:
        text = self.text("incidents")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def text(self, column: str) -> str:
        value = self.stated.get(column)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ""
        return str(value).strip()

    def fault(self, column: str, why: str) -> None:
        self.faults.append(f"{self.place}: {column}: {why}")


def _join_counts(
    name: str, rows: Sequence[StrengthRow], places: Sequence[str]
) -> list[StrengthRow]:
    """The rows with counts turned into strengths; counts of one key speak together.

    places: of the rows. Raises InputError for two rows of one key that state strengths.
    """
    by_key: dict[tuple[str, ...], list[StrengthRow]] = {}
    where: dict[tuple[str, ...], list[str]] = {}
    for row, place in zip(rows, places, strict=True):
        by_key.setdefault(row.key, []).append(row)
        where.setdefault(row.key, []).append(place)
    joined = []
    for same in by_key.values():
        if len(same) > 1 and not all(row.exposed for row in same):
            said = ", ".join(f"{c} {getattr(same[0], c)}" for c in same[0].speaks_for) or "all"
            at = some(where[same[0].key])
            raise InputError(
                f"{name}: {len(same)} rows speak for the same: {clip(said, 120)} ({at})"
            )
        joined.append(weigh_counts(same) if same[0].exposed else same[0])
    return joined


def weigh_counts(counted: Sequence[StrengthRow]) -> StrengthRow:
    """The shipped row of the same mode and relation, moved by incidents of the user's own.

    An incident of n exposed has n / (1 + (n - 1) rho) voices: what n draws with an intra-class
    correlation rho say of their mean. The shipped range has as many voices as make a Beta of its
    middle as wide; its ends move with the middle and draw closer as voices are added. Without a
    shipped row the range before is that of a Beta(1, 1), and rho must be stated.
    """
    first = counted[0]
    prior = _find_prior(first)
    rho = max(first.rho, 0.0) if prior is None else first.rho if first.rho >= 0 else prior.rho
    if prior is None and first.rho < 0:
        raise InputError(
            f"strengths: exposed and hit for the mode {first.mode!r}, of which no incidents ship: "
            "expected rho too"
        )
    low, mid, high = (0.05, 0.5, 0.95) if prior is None else (prior.low, prior.mid, prior.high)
    width = max(high - low, 1e-6) / (2 * _Z)
    before = 2.0 if prior is None else max(mid * (1 - mid) / width**2 - 1, 0.0)
    voices = [row.exposed / (1 + (row.exposed - 1) * rho) for row in counted]
    shares = [row.hit / row.exposed for row in counted]
    after = before + sum(voices)
    moved = (before * mid + sum(v * s for v, s in zip(voices, shares, strict=True))) / after
    counts = [f"{row.hit:,.10g} of {row.exposed:,.10g} hit" for row in counted]
    closer = math.sqrt(
        (moved * (1 - moved) / (after + 1)) / (mid * (1 - mid) / (before + 1))
    )  # fmt: skip
    return replace(
        first,
        low=max(moved - (mid - low) * closer, 0.0),
        mid=moved,
        high=min(moved + (high - mid) * closer, 1.0),
        rho=rho,
        exposed=0.0,
        hit=0.0,
        note="; ".join([*counts, *dict.fromkeys(row.note for row in counted if row.note)]),
        source="; ".join(dict.fromkeys(row.source for row in counted)),
        incidents=len(counted),
    )


def _find_prior(row: StrengthRow) -> StrengthRow | None:
    shipped = {(r.mode, r.relation): r for r in load_shipped_strengths().rows}
    return shipped.get((row.mode, row.relation)) or shipped.get((row.mode, ""))
