"""Strengths that nobody stated, filled from tables: where the three coupled runs get theirs.

A dependency carries the failure of its provider in the mode in which that arrives, so a row is
looked up in that mode: the scenario's where the provider can fail in it, else the first of those
that it can turn into. What no row fits stays 0, `assume` and 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.idle_rows import Vocabulary, note_idle
from knockon.graph.analysis.owned import find_between_owners
from knockon.graph.analysis.statements import find_call_shares, find_statements
from knockon.graph.arrays import Bools, Floats, Ints, pick
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.draws import Strengths, find_rho
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.modes import find_reachable_modes, index_rules
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import (
    CALLS,
    INCIDENTS,
    OWN,
    REGISTER,
    SHIPPED_ROW,
    STATED,
    UNFILLED,
    StrengthRow,
    StrengthTable,
)

REGISTER_WORDS = "statements of sources"


@dataclass(frozen=True)
class Row:
    """A row that filled something, and the name and the source of its table."""

    table: str
    source: int
    row: StrengthRow


@dataclass(frozen=True, eq=False)
class Filled:
    """The strengths of the three runs, and where each comes from.

    strengths: (m,) by dependency; stated_rho: (m,), None where no dependency states one
    source: (m,) place in SOURCES; row: (m,) place in `rows`, -1 where no row fits
    unknown: (u,) dependencies without a stated strength; by_mode: (k, u) place in `rows` of each in
    each mode that the failure can turn into
    notes: what of the user's tables came to nothing
    """

    strengths: Strengths
    stated_rho: Floats | None
    source: Ints
    row: Ints
    rows: tuple[Row, ...] = ()
    unknown: Ints | None = None
    by_mode: Ints | None = None
    notes: tuple[str, ...] = ()

    @cached_property
    def rho(self) -> Floats | None:
        """(m,) how strongly those of one cause fall together: as stated, else as the row that
        filled it says; None where nothing does."""
        of_rows = np.array([*(r.row.rho for r in self.rows), 0.0])
        if not of_rows.any():
            return self.stated_rho
        filled: Floats = of_rows[self.row]
        if self.stated_rho is None:
            return filled
        return np.where(self.stated_rho > 0, self.stated_rho, filled)

    @cached_property
    def most(self) -> Floats:
        """(m,) the largest strength of each dependency in any mode, for what could be reached."""
        if self.by_mode is None or self.unknown is None or len(self.by_mode) < 2:
            return self.strengths.high
        most = self.strengths.high.copy()
        of_rows = np.array([*(r.row.high for r in self.rows), 1.0])
        most[self.unknown] = of_rows[self.by_mode].max(axis=0)
        return most

    def arriving(self, circuit: Circuit, reached: Bools, size: int, assume: float) -> "Filled":
        """The same with each row in the mode in which the failure can arrive at its provider.

        reached: (N,) nodes of the circuit of everybody, n = size of them to a mode
        """
        if self.by_mode is None or self.unknown is None or len(self.by_mode) < 2:
            return self
        layers = len(self.by_mode)
        provider = circuit.provider[reached[circuit.provider]]
        dependency = pick(circuit.dependency, circuit.member)[reached[circuit.provider]]
        first = np.full(len(self.source), layers, np.int64)
        np.minimum.at(first, dependency, provider // size)
        chosen = first[self.unknown]
        default = self.row[self.unknown]
        at = np.minimum(chosen, layers - 1), np.arange(len(self.unknown))
        return self._with(np.where(chosen < layers, self.by_mode[at], default), assume)

    def _with(self, row: Ints, assume: float) -> "Filled":
        """The same with these rows, (u,), for what is unknown."""
        assert self.unknown is not None
        columns = []
        for name, otherwise in (("low", 0.0), ("mid", assume), ("high", 1.0)):
            of_rows = np.array([*(getattr(r.row, name) for r in self.rows), otherwise])
            columns.append(of_rows[row])
        runs = []
        for before, now in zip(self.strengths, columns, strict=True):
            filled = before.copy()
            filled[self.unknown] = now
            runs.append(filled)
        source = self.source.copy()
        source[self.unknown] = np.array([*(r.source for r in self.rows), UNFILLED])[row]
        of_all = np.full(len(source), -1, np.int64)
        of_all[self.unknown] = row
        return replace(self, strengths=Strengths(*runs), source=source, row=of_all)


class Beyond(NamedTuple):
    """What must be known of entities that a part of a graph names, but has not.

    called: the number of the entity behind each cell of a table that names one
    owner: (n,) who owns each entity, as of `owned.find_owners`
    """

    called: Mapping[str, int]
    owner: Ints


def fill_strengths(
    graph: DependencyGraph, scenario: Scenario, beyond: Beyond | None = None
) -> Filled:
    """The strengths of every dependency under the tables of the scenario.

    beyond: where the graph is a part of another; then what came to nothing is not known here
    """
    plain, stated_rho = Strengths.of(graph, scenario.assume), find_rho(graph)
    open_ = np.isnan(graph.dependencies["probability"].to_numpy())
    source = np.where(open_, UNFILLED, STATED).astype(np.int8)
    nothing = np.broadcast_to(np.int64(-1), source.shape)
    if plain.alike:
        return Filled(plain, stated_rho, source, nothing)
    unknown = np.flatnonzero(open_)
    modes = find_reachable_modes(scenario.mode, scenario.rules)
    if not scenario.strengths and not scenario.trust_register:
        return Filled(plain, stated_rho, source, nothing)
    lookup = _Lookup(graph, unknown, scenario, beyond)
    by_mode = np.stack([lookup.find(scenario.strengths, mode) for mode in modes])
    notes = () if beyond else lookup.list_notes(scenario.strengths)
    if not lookup.rows:
        return Filled(plain, stated_rho, source, nothing, notes=notes)
    first = _find_first_mode(graph, scenario, modes, unknown)
    filled = Filled(plain, stated_rho, source, nothing, tuple(lookup.rows), unknown, by_mode, notes)
    return filled._with(by_mode[first, np.arange(len(unknown))], scenario.assume)


def _find_first_mode(
    graph: DependencyGraph, scenario: Scenario, modes: Sequence[str], unknown: Ints
) -> Ints:
    """(u,) the first of the modes that crosses each dependency, of all where none does."""
    table = index_rules(scenario.rules)
    listed = {relation for _, relation, _ in scenario.rules}
    relations = graph.dependencies["relation"].gather(unknown)
    words = relations.unique().to_list()
    crossing = {
        w: next((k for k, m in enumerate(modes) if w not in listed or (m, w) in table), 0)
        for w in words
    }
    found: Ints = relations.replace_strict(
        [*crossing], [*crossing.values()], return_dtype=pl.Int64
    ).to_numpy()
    return found


def list_candidates(
    tables: Sequence[StrengthTable], modes: Sequence[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """Table and key of the rows that may fill something, in the order in which they are met."""
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for mode in modes:
        for shipped in (False, True):
            for table in tables:
                for _, rows in _by_pattern(table, mode) if table.shipped is shipped else ():
                    found |= dict.fromkeys((table.name, row.key) for row in rows)
    return [*found]


class _Lookup:
    """Finds the most specific row for each of the unknown dependencies.

    rows: those that fit something so far, in the order in which they were met
    """

    def __init__(
        self, graph: DependencyGraph, unknown: Ints, scenario: Scenario, beyond: Beyond | None
    ) -> None:
        self.graph, self.unknown, self.scenario = graph, unknown, scenario
        self.beyond = beyond
        self.statements = find_statements(graph, unknown)
        self.rows: list[Row] = []
        self._number: dict[Row, int] = {}
        self._keys: dict[str, pl.Series] = {}
        self._between: Bools | None = None

    def find(self, tables: Sequence[StrengthTable], mode: str) -> Ints:
        """(u,) place in `rows` of the row for each in a mode; -1 where none fits."""
        found = np.full(len(self.unknown), -1, np.int64)
        own = [table for table in tables if not table.shipped]
        self._look_up(own, mode, found)
        self._read_statements(mode, found)
        if any(table.name == CALLS for table in tables):
            rows, at = find_call_shares(self.graph, self.unknown)
            self._take([Row(CALLS, OWN, row) for row in rows], at, found)
        self._look_up([t for t in tables if t.name == INCIDENTS], mode, found)
        return found

    def _read_statements(self, mode: str, found: Ints) -> None:
        """Fill what the words of a source say, where they say more than unknown."""
        stated, at = self.statements
        trust, assume = self.scenario.trust_register, self.scenario.assume
        read = [s.read(assume, trust=trust) if mode in s.modes else None for s in stated]
        at = at.copy()
        for place, row in enumerate(read):
            if row is None:
                at[at == place] = -1
        rows = [Row(REGISTER_WORDS, REGISTER, row or StrengthRow()) for row in read]
        self._take(rows, at, found)

    def _take(self, rows: Sequence[Row], at: Ints, found: Ints) -> None:
        """Put these rows, (u,) places of each dependency's, where nothing is found yet."""
        number = np.full(len(rows) + 1, -1, np.int64)
        left = (found < 0) & (at >= 0)
        for place in np.unique(at[left]).tolist():
            number[place] = self._enter(rows[place])
        found[left] = number[at[left]]

    def _enter(self, row: Row) -> int:
        if row not in self._number:
            self._number[row] = len(self.rows)
            self.rows.append(row)
        return self._number[row]

    def _look_up(self, tables: Sequence[StrengthTable], mode: str, found: Ints) -> None:
        for table in tables:
            source = SHIPPED_ROW if table.shipped else OWN
            able = self.between_owners if table.shipped else np.ones(len(found), np.bool_)
            for pattern, rows in _by_pattern(table, mode):
                left = np.flatnonzero((found < 0) & able)
                if len(left):
                    found[left] = self._match(pattern, rows, left, table.name, source)

    @property
    def between_owners(self) -> Bools:
        if self._between is None:
            owner = None if self.beyond is None else self.beyond.owner
            self._between = find_between_owners(self.graph, self.unknown, owner)
        return self._between

    def _match(
        self, pattern: tuple[str, ...], rows: Sequence[StrengthRow], left: Ints, table: str,
        source: int,
    ) -> Ints:  # fmt: skip
        """(left,) place in `rows` of the row with the same cells in the columns of the pattern."""
        if pattern:
            keys = pl.DataFrame([self._key(c).gather(left).alias(c) for c in pattern])
            cells = {c: [self._cell(c, getattr(r, c)) for r in rows] for c in pattern}
            stated = pl.DataFrame(cells, schema=keys.schema).with_row_index("at")
            stated = stated.unique(pattern, keep="first", maintain_order=True)
            joined = keys.join(stated, on=pattern, how="left", maintain_order="left")
            at = joined["at"].cast(pl.Int64).fill_null(-1).to_numpy()
        else:
            at = np.zeros(len(left), np.int64)
        number = np.full(len(rows) + 1, -1, np.int64)
        for place in np.unique(at[at >= 0]).tolist():
            number[place] = self._enter(Row(table, source, rows[place]))
        chosen: Ints = number[at]
        return chosen

    def _key(self, column: str) -> pl.Series:
        """(u,) what each dependency has in a column of the tables; entities by number."""
        if column not in self._keys:
            self._keys[column] = self._find_key(column)
        return self._keys[column]

    def _find_key(self, column: str) -> pl.Series:
        if column == "relation":
            return self.graph.dependencies["relation"].gather(self.unknown)
        end = column.removesuffix("_kind")
        numbers = (self.graph.dependent if end == "dependent" else self.graph.provider)[
            self.unknown
        ]
        if column != end:
            return self.graph.entities["kind"].gather(numbers)
        return pl.Series(column, numbers, pl.Int64)

    def _cell(self, column: str, cell: str) -> str | int:
        if column in ("dependent", "provider"):
            if self.beyond is not None:
                return self.beyond.called.get(cell, -1)
            return self._find_entity.get(cell, self._find_entity.get(cell.casefold(), -1))
        return cell

    @cached_property
    def _find_entity(self) -> dict[str, int]:
        """Every entity by its id, and by its name where no other has it."""
        called: dict[str, int] = {}
        for number, name in enumerate(self.graph.names):
            key = name.casefold()
            called[key] = -1 if key in called else number
        return called | {identifier: i for i, identifier in enumerate(self.graph.ids)}

    def list_notes(self, tables: Sequence[StrengthTable]) -> tuple[str, ...]:
        """What of the user's tables came to nothing."""
        graph = self.graph
        words = Vocabulary(
            lambda cell: self._cell("dependent", cell) != -1,
            lambda: [*map(str, graph.ids), *map(str, graph.names)],
            lambda: graph.dependencies["relation"].unique().to_list(),
            lambda: graph.entities["kind"].unique().to_list(),
        )
        return note_idle(tables, {(r.table, r.row.key) for r in self.rows}, words)


def _by_pattern(table: StrengthTable, mode: str) -> list[tuple[tuple[str, ...], list[StrengthRow]]]:
    """The rows that hold in a mode by the columns that they name, the most specific first."""
    by_pattern: dict[tuple[str, ...], list[StrengthRow]] = {}
    for row in table.rows:
        if row.mode in ("", mode):
            by_pattern.setdefault(row.speaks_for, []).append(row)
    ordered = sorted(by_pattern, key=_rank, reverse=True)
    return [(tuple(c for c in named if c != "mode"), by_pattern[named]) for named in ordered]


def _rank(named: tuple[str, ...]) -> tuple[bool, ...]:
    """How specific rows are that name these columns."""
    both = "dependent" in named and "provider" in named
    order = ("provider", "dependent", "provider_kind", "dependent_kind", "relation", "mode")
    return (both, *(c in named for c in order))
