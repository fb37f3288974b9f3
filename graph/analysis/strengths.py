"""What is known of strengths: stated, filled and by what; and which would be worth asking for."""

from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.analysis.fill import Filled
from knockon.graph.analysis.narrowing import (
    Ends,
    count_worlds,
    find_open,
    measure_narrowing,
    measure_together,
)
from knockon.graph.analysis.owned import find_between_owners
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, Whole, build_circuit_of, prepare
from knockon.graph.arrays import Ints, distinct
from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.modes import find_reachable_modes
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.scenario import NothingFails, Scenario, ScenarioLike
from knockon.graph.scenario.strengths import COLUMNS, SOURCES
from knockon.graph.words import join, many, measure

WORTH_ASKING = 10  # strengths that an answer speaks of together
_TEXTS = ("mode", "relation", "dependent", "provider", "provider_kind", "dependent_kind")
_SCHEMA: dict[str, Any] = {
    **{c: pl.String if c in (*_TEXTS, "as_of", "source", "note") else pl.Float64 for c in COLUMNS},
    "dependent_name": pl.String, "provider_name": pl.String, "now_low": pl.Float64,
    "now_mid": pl.Float64, "now_high": pl.Float64, "strength_source": pl.String,
    "dependencies": pl.Int64, "narrows": pl.Float64,
}  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class StrengthReport(Answer):
    """What is known of strengths.

    rows: a table to fill in, those first that would narrow the answer most: the columns of a table
        of strengths (`low`, `mid`, `high`, `source` left empty), and what they are `now_low`,
        `now_mid`, `now_high`, `strength_source`; `dependencies`, how many it speaks for; `narrows`,
        what knowing it takes off the range of the impact (null where nothing fails: then rows
        speak for all that depend on a provider, those with most dependencies first)
    relations: per relation how many dependencies are `stated`, `own_table`, `register`,
        `incidents`, `none`, and how many lie `between_owners`
    range: the mean impact at the low and the high strengths, and the same if the first ten rows
        were known (`low_if_known`, `high_if_known`), each with its `_std_error`, 0 where nothing
        was drawn; None where nothing fails
    sentences: the same for a person
    """

    verb: ClassVar[str] = "strengths"

    relations: pl.DataFrame
    range: dict[str, float] | None
    sentences: list[str]


@take_options
def strengths(
    graph: DependencyGraph,
    origins: ScenarioLike = (),
    *,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> StrengthReport:
    """What is stated of strengths, what tables fill, and which would be worth asking for.

    origins: what fails; then the rows are what is open within its reach, by what it narrows
    {options}
    watch: Called with what was looked at and all; where it returns False, the rest is not
        measured.
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError, MemoryLimitError.
    """
    scenario = Scenario.of(graph, origins, **options)
    head = find_head(graph, scenario)
    whole = build_circuit_of(graph, scenario)
    if not scenario.origins and not isinstance(scenario, NothingFails):
        relations = _count_relations(graph, whole.filled, np.arange(len(graph.dependent)))
        rows = _list_providers(graph, scenario, whole)
        return StrengthReport(
            **head, headline=_write_headline(whole.filled, relations, "in the graph"), rows=rows,
            notes=whole.notes, relations=relations, range=None,
            sentences=_describe_relations(relations),
        )  # fmt: skip
    prepared = prepare(graph, scenario, whole)
    used = distinct(prepared.circuit.dependency)
    relations = _count_relations(graph, prepared.filled, used)
    open_ = find_open(prepared)
    narrows, ends, stopped = measure_narrowing(prepared, open_, watch)
    order = np.lexsort((open_, -np.nan_to_num(narrows, nan=-1.0)))
    open_, narrows = open_[order], narrows[order]
    rows = _list_dependencies(prepared, open_, narrows)
    found = _find_range(prepared, open_, ends)
    left = int(np.isnan(narrows).sum())
    notes = [f"{left:,} more were not measured: they stand last"] if left else []
    worlds = count_worlds(prepared)
    if len(open_) > 1 and worlds > 1:
        notes.append(
            f"what each row narrows is measured over {worlds:,} worlds: rows whose figures are "
            "nearly equal may change places"
        )
    if scenario.hours is not None:
        notes.append("hours are not looked at here: impact is weight lost")
    return StrengthReport(
        **head,
        headline=_write_headline(prepared.filled, relations, "within reach"),
        rows=rows,
        notes=(*prepared.notes, *notes),
        partial=stopped,
        relations=relations,
        range=found,
        sentences=[*_describe_relations(relations), *_describe_range(rows, found)],
    )


def _count_relations(graph: DependencyGraph, filled: Filled, used: Ints) -> pl.DataFrame:
    """Per relation how many of these dependencies have their strength from where."""
    frame = pl.DataFrame(
        {
            "relation": graph.dependencies["relation"].gather(used),
            "source": filled.source[used],
            "between": find_between_owners(graph, used),
        }
    )
    counts = [
        (pl.col("source") == place).sum().cast(pl.Int64).alias(name.replace(" ", "_"))
        for place, name in enumerate(SOURCES)
    ]
    between = pl.col("between").sum().cast(pl.Int64).alias("between_owners")
    size = pl.len().cast(pl.Int64).alias("dependencies")
    return (
        frame.group_by("relation")
        .agg(size, *counts, between)
        .sort(["dependencies", "relation"], descending=[True, False])
    )


def _write_headline(filled: Filled, relations: pl.DataFrame, where: str) -> str:
    total = int(relations["dependencies"].sum())
    if not total:
        return f"No dependency {where}: no strength is asked for"
    stated = int(relations["stated"].sum())
    parts = [f"{stated:,} stated" if stated else "none stated"]
    for source in SOURCES[1:-1]:
        count = int(relations[source.replace(" ", "_")].sum())
        owner = "your own table" if source == "own table" else f"the {source}"
        words = "typical of past incidents" if source == "incidents" else f"from {owner}"
        parts += [f"{count:,} {words}"] if count else []
    unknown = int(relations["none"].sum())
    parts += [f"{unknown:,} unknown"] if unknown else []
    return f"Strengths of {many(total, 'dependency')} {where}: {join(parts)}"


def _describe_relations(relations: pl.DataFrame) -> list[str]:
    """A line for each relation."""
    said = []
    for row in relations.iter_rows(named=True):
        parts = [
            f"{row[name]:,} {words}"
            for name, words in (
                ("stated", "stated"), ("own_table", "from your own table"),
                ("register", "from the register"), ("incidents", "typical of past incidents"),
                ("none", "unknown"),
            )
            if row[name]
        ]  # fmt: skip
        said.append(
            f"{row['relation']}: {row['dependencies']:,}, {_join_all(parts)}; "
            f"{row['between_owners']:,} between owners"
        )
    return said


def _join_all(parts: list[str]) -> str:
    """`of which 3 stated and 4 unknown`, `all unknown`."""
    if len(parts) == 1:
        return f"all {parts[0].partition(' ')[2]}"
    return f"of which {join(parts)}"


def _list_dependencies(prepared: Prepared, rows: Ints, narrows: Any) -> pl.DataFrame:
    """A row for each dependency of these draws."""
    graph, draws = prepared.graph, prepared.draws
    of_row = np.full(len(draws.key), -1, np.int64)
    of_row[draws.of_member] = prepared.kernel.dependency
    dependency = of_row[rows]
    low, middle, high = (q[rows] for q in draws.strengths)
    source = prepared.filled.source[dependency]
    table = graph.dependencies[dependency].select("relation", "dependent", "provider")
    names = graph.entities["name"]
    frame = table.with_columns(
        _name_mode(prepared.scenario),
        names.gather(graph.dependent[dependency]).alias("dependent_name"),
        names.gather(graph.provider[dependency]).alias("provider_name"),
        pl.Series("now_low", low), pl.Series("now_mid", middle), pl.Series("now_high", high),
        pl.Series("strength_source", np.array(SOURCES)[source]),
        pl.lit(1, pl.Int64).alias("dependencies"),
        pl.Series("narrows", narrows).fill_nan(None),
    )  # fmt: skip
    return _complete(frame)


def _name_mode(scenario: Scenario) -> pl.Expr:
    """The mode that rows speak for: none where the failure may arrive in several."""
    modes = find_reachable_modes(scenario.mode, scenario.rules)
    return pl.lit(scenario.mode if len(modes) == 1 else None, pl.String).alias("mode")


def _list_providers(graph: DependencyGraph, scenario: Scenario, whole: Whole) -> pl.DataFrame:
    """A row for each provider and relation with open strengths, most dependencies first."""
    low, middle, high = whole.strengths
    open_ = np.flatnonzero(low < high)
    frame = graph.dependencies[open_].select("relation", "provider").with_columns(
        graph.entities["name"].gather(graph.provider[open_]).alias("provider_name"),
        pl.Series("now_low", low[open_]), pl.Series("now_mid", middle[open_]),
        pl.Series("now_high", high[open_]),
        pl.Series("source_at", whole.filled.source[open_]),
    )  # fmt: skip
    counted = frame.group_by("relation", "provider", "provider_name").agg(
        pl.len().cast(pl.Int64).alias("dependencies"),
        pl.col("now_low").min(), pl.col("now_mid").mean(), pl.col("now_high").max(),
        pl.col("source_at").max(),
    )  # fmt: skip
    ordered = counted.sort(
        ["dependencies", "provider", "relation"], descending=[True, False, False]
    )
    source = np.array(SOURCES)[ordered["source_at"].to_numpy()]
    return _complete(
        ordered.with_columns(
            _name_mode(scenario),
            pl.Series("strength_source", source, pl.String),
        )
    )


def _complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column of the answer, in order."""
    missing = [pl.lit(None, kind).alias(c) for c, kind in _SCHEMA.items() if c not in frame.columns]
    return frame.with_columns(missing).select(*_SCHEMA)


def _find_range(prepared: Prepared, rows: Ints, ends: tuple[float, float]) -> dict[str, float]:
    if not len(rows):
        whole = known = Ends(*ends, 0.0, 0.0)
    else:  # over more worlds than what each of them narrows
        whole = measure_together(prepared, ())
        known = measure_together(prepared, rows[:WORTH_ASKING].tolist())
    return {
        "low": whole.low, "high": whole.high,
        "low_if_known": max(known.low, whole.low), "high_if_known": min(known.high, whole.high),
        "low_std_error": whole.low_std_error, "high_std_error": whole.high_std_error,
        "low_if_known_std_error": known.low_std_error,
        "high_if_known_std_error": known.high_std_error,
    }  # fmt: skip


def _describe_range(rows: pl.DataFrame, found: dict[str, float]) -> list[str]:
    """What could be, and what the strengths worth asking for would make of it."""
    if not rows.height or found["low"] == found["high"]:
        return ["Every strength within reach is known as it is: nothing is worth asking for."]
    asked = min(WORTH_ASKING, rows.height)
    first = rows.row(0, named=True)
    how_many = "one strength" if asked == 1 else f"{asked} strengths"
    low, high, low_known, high_known = (
        " ± ".join(filter(None, measure(found[end], 2 * found[f"{end}_std_error"])))
        for end in ("low", "high", "low_if_known", "high_if_known")
    )
    drawn = " (± two standard errors)" if any(" ± " in end for end in (low, high)) else ""
    return [
        f"Mean impact {low} to {high}{drawn}, whatever the strengths are within their ranges; if "
        f"the first {how_many} below were known to be what they count as now, {low_known} to "
        f"{high_known}. Most worth asking: how often "
        f"{clip(first['dependent_name'], 60)} is disrupted when {clip(first['provider_name'], 60)} "
        "fails."
    ]
