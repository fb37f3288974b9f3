"""What changes: the same failure in two graphs, or two scenarios, on common worlds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import find_head
from knockon.graph.analysis.compare_words import (
    describe_differences,
    describe_sides,
    write_headline,
)
from knockon.graph.analysis.comparison import COLUMNS, Comparison
from knockon.graph.analysis.differences import (
    Differences,
    explain_move,
    find_differences,
    find_within_reach,
    take_away,
)
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.joined_routes import join_routes
from knockon.graph.analysis.paired import Pairs, count_pairs
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.sides import (
    add_to_scenario,
    change_scenario,
    keep_known,
    make_plain_scenario,
)
from knockon.graph.analysis.whatif import ask_prepared
from knockon.graph.arrays import Bools, Floats
from knockon.graph.errors import clip, some
from knockon.graph.model.change import Change
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike

_EXPLAINED = 200  # rows whose move is explained by a difference on their route


@take_options
def compare(
    graph: DependencyGraph,
    other: DependencyGraph | None,
    origins: ScenarioLike,
    *,
    without: Sequence[str] = (),
    changes: Sequence[Change] = (),
    after: "Scenario | Mapping[str, Any] | None" = None,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Comparison:
    """The same failure in two graphs, or under two scenarios, entity by entity.

    graph, other: before and after; None: the same graph
    origins: what fails in both, by id or name; or a Scenario
    without: entities, or dependencies as `DEPENDENT -> PROVIDER`, that the second graph lacks
    changes: made to the second graph, such as the plan of `harden`; what they make safe, and when
        they stop a rollout, holds for the second scenario
    after: the scenario in the second; or the fields in which it differs from the first, by name.
        None: the same. Without `protect` among them, what is to be protected is protected in the
        second only
    {options}
    Both run over the same worlds, in which the same dependency falls alike, so that nothing moves
    by chance; `std_error` is that of the worlds in which the two disagree.
    Raises what `whatif` raises, and ScenarioError where nothing that fails is in a graph.
    """
    both = isinstance(after, Scenario)
    own = find_question("compare").read({"without": without, "after": None if both else after})
    second = take_away(graph if other is None else other, own["without"])
    for change in changes:
        second = change.apply(second)
    graphs = graph, second
    stated = make_plain_scenario(origins, options)
    if isinstance(after, Scenario):
        asked = stated, add_to_scenario(after, changes)
    else:
        then = change_scenario(stated, own["after"])
        first = stated if "protect" in own["after"] else replace(stated, protect=())
        asked = first, add_to_scenario(then, changes)
    sides, notes = [], []
    for place, of, by, said in zip(("first", "second"), graphs, graphs[::-1], asked, strict=True):
        known, missing = keep_known(of, by, said)
        if missing:
            notes.append(f"not in the {place} graph: {some(map(clip, missing))}")
        sides.append(prepare(of, known.resolve(of)))
    return _put_together((sides[0], sides[1]), notes, watch)


def _put_together(
    sides: tuple[Prepared, Prepared], notes: Sequence[str], watch: Watch | None
) -> Comparison:
    graphs = sides[0].graph, sides[1].graph
    answers = ask_prepared(sides[0], watch), ask_prepared(sides[1], watch)
    differences = find_differences(*graphs)
    rows = _join_rows(graphs, answers)
    changed = (*differences.touched, *_list_asked_otherwise(answers))
    alike = _ask_alike(answers)
    touched = set().union(*(find_within_reach(g, changed) for g in graphs))
    same = np.array([alike and i not in touched for i in rows["id"]], np.bool_)
    error, pairs = _find_errors(sides, answers, rows, same, watch)
    change = (rows["after"].fill_null(0) - rows["before"].fill_null(0)).to_numpy()
    change = np.where(same, 0.0, change)
    after = pl.when(pl.Series(same)).then("before").otherwise("after")
    rows = rows.with_columns(
        after.alias("after"), pl.Series("change", change), pl.Series("std_error", error)
    )
    rows = rows.with_columns(pl.col("change").abs().alias("size")).sort(
        ["size", "impact_after", "name", "id"], descending=[True, True, False, False]
    )
    head = find_head(graphs[0], answers[0].scenario)
    known = [set(g.entities["id"]) for g in graphs]
    can = [set(rows.filter(pl.col(f"{side}_high") > 0)["id"]) for side in ("before", "after")]
    newly, saved = sorted(can[1] - can[0]), sorted(can[0] - can[1])
    return Comparison(
        **head,
        headline=write_headline(answers, rows, newly, saved),
        rows=_explain(rows, differences, graphs, answers).select(COLUMNS),
        strength_sources=_add_sources(answers),
        notes=(*notes, *describe_differences(differences, known), *describe_sides(answers, pairs)),
        partial=any(a.partial for a in answers) or (pairs is not None and pairs.stopped),
        other=asdict(answers[1].graph),
        scenario_after=answers[1].scenario.to_dict(),
        totals=_find_totals(answers),
        differences=differences.dependencies,
        newly_hit=newly,
        saved=saved,
        worlds=None if pairs is None else pairs.worlds,
        routes=join_routes(*answers),
    )


def _join_rows(
    graphs: tuple[DependencyGraph, DependencyGraph], answers: tuple[Impact, Impact]
) -> pl.DataFrame:
    """Every entity that either side can hit, what fails left out; null where it is absent."""
    sides = []
    for side, graph, answer in zip(("before", "after"), graphs, answers, strict=True):
        rows = answer.entities.filter(pl.col("rank") > 0).select(
            "id", pl.col("probability").alias(side),
            pl.col("probability_low").alias(f"{side}_low"),
            pl.col("probability_high").alias(f"{side}_high"),
            pl.col("std_error").alias(f"error_{side}"),
            pl.when(pl.col("probability_high") > 0).then("rank").alias(f"rank_{side}"),
            pl.col("impact").alias(f"impact_{side}"),
            pl.col("hops").is_not_null().alias(f"reached_{side}"),
        )  # fmt: skip
        failing = answer.scenario.origin_ids
        rest = graph.entities.filter(~pl.col("id").is_in(failing)).select("id", "name", "kind")
        sides.append(
            rest.join(rows, on="id", how="left").with_columns(
                pl.col(
                    side, f"{side}_low", f"{side}_high", f"error_{side}", f"impact_{side}"
                ).fill_null(0.0),
                pl.col(f"reached_{side}").fill_null(False),
            )
        )
    failing = [i for a in answers for i in a.scenario.origin_ids]
    both = sides[0].join(sides[1], on="id", how="full", coalesce=True, suffix="_then")
    return (
        both.with_columns(
            pl.coalesce("name_then", "name").alias("name"),
            pl.coalesce("kind_then", "kind").alias("kind"),
        )
        .filter(
            (pl.col("reached_before").fill_null(False) | pl.col("reached_after").fill_null(False))
            & ~pl.col("id").is_in(failing)
        )
        .sort("id")
    )


def _add_sources(answers: tuple[Impact, Impact]) -> dict[str, int]:
    """Of both sides together, where either has a strength from."""
    counts = [a.within.by_source for a in answers]
    return {name: max(c.get(name, 0) for c in counts) for name in counts[0]}


def _ask_alike(answers: tuple[Impact, Impact]) -> bool:
    """Whether the two scenarios differ in who fails or is safe at most."""
    asked = [replace(a.scenario, origins=(), protect=()) for a in answers]
    return asked[0] == asked[1]


def _list_asked_otherwise(answers: tuple[Impact, Impact]) -> set[str]:
    """Entities that fail, lose another share, or are safe in one of the two only."""
    origins = [set(a.scenario.origins) for a in answers]
    safe = [set(a.scenario.protect) for a in answers]
    return {o.id for o in origins[0] ^ origins[1]} | (safe[0] ^ safe[1])


def _find_errors(
    sides: tuple[Prepared, Prepared], answers: tuple[Impact, Impact],
    rows: pl.DataFrame, same: Bools, watch: Watch | None,
) -> tuple[Floats, Pairs | None]:  # fmt: skip
    """(U,) standard errors of the changes, and the worlds that they come from, if any.

    Where one side's figure is exact, the error is that of the other; where both are, there is none.
    """
    drawn = [rows[f"error_{side}"].fill_null(0.0).to_numpy() for side in ("before", "after")]
    error: Floats = np.where(same, 0.0, np.hypot(*drawn))
    paired = ~same & (drawn[0] > 0) & (drawn[1] > 0)
    if not paired.any():
        return error, None
    number_of = {i: n for n, i in enumerate(rows["id"])}
    spare = rows.height  # of entities that are in no row: what fails
    places = _place(sides[0], number_of, spare), _place(sides[1], number_of, spare)
    worlds = min(a.worlds for a in answers)
    pairs = count_pairs(sides[0], sides[1], places, spare + 1, worlds, watch)
    return np.where(paired, pairs.std_error[:spare], error), pairs


def _place(prepared: Prepared, number_of: dict[str, int], spare: int) -> Any:
    ids = prepared.graph.entities["id"].gather(prepared.nodes.entity)
    return np.array([number_of.get(i, spare) for i in ids], np.int64)


def _explain(
    rows: pl.DataFrame, differences: Differences,
    graphs: tuple[DependencyGraph, DependencyGraph], answers: tuple[Impact, Impact],
) -> pl.DataFrame:  # fmt: skip
    """The rows with the difference that their route shows, for the largest moves."""
    routes = [dict(a.entities.select("id", "route").iter_rows()) for a in answers]
    names = {i: n for g in graphs for i, n in g.entities.select("id", "name").iter_rows()}
    because: list[str | None] = [None] * rows.height
    for row, (identifier, change) in enumerate(rows.head(_EXPLAINED)[["id", "change"]].iter_rows()):
        if change:
            found = [routes[side].get(identifier) or () for side in (change > 0, change <= 0)]
            because[row] = explain_move(differences, found, names, rises=change > 0) or None
    return rows.with_columns(pl.Series("because", because, pl.String))


def _find_totals(answers: tuple[Impact, Impact]) -> pl.DataFrame:
    rows = []
    for figure in ("hit", "impact"):
        row: dict[str, Any] = {"figure": figure}
        for side, answer in zip(("before", "after"), answers, strict=True):
            for end in ("", "_low", "_high"):
                row[f"{side}{end}"] = getattr(answer.totals, f"{figure}{end}")
        rows.append(row)
    return pl.DataFrame(rows)
