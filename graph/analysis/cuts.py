"""What alone or together takes a target down: minimal cut sets, and how probable that is.

A cut set is a set of entities whose failing together hits the target, none of which could be left
out; of one member, it is a single point of failure. Entities fail in the mode of the scenario, for
longer than any grace lasts; a dependency counts where it may transmit at all (`strength` asks for
more), an unknown one always: unknown is never safe. How probably each set does hit the target
stands beside it. Probabilities are exact, by decision diagrams (`knockon.graph.engine.formulas`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import INSIDE, Answer, find_head
from knockon.graph.analysis.cut_sets import CutSetsFound, find_cut_sets
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.target import Target, lay_out_target
from knockon.graph.analysis.target_chance import TargetChance, compile_stated, find_target_chance
from knockon.graph.analysis.users import find_among
from knockon.graph.arrays import Ints
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike

_NO_HOURS = (
    "cuts leave hours out: a set counts where it fails for longer than any grace, however long the "
    "outage asked about; ask whatif with --hours of a set"
)


@dataclass(frozen=True, eq=False, kw_only=True)
class CutSets(Answer):
    """What takes a target down.

    rows: the minimal cut sets, the smallest first, among these the most probable: `members` (ids),
        `order` (how many), `probability` (that all members fail, and that this hits the target;
        null where a member does not state its `failure_probability`), `hits` with `hits_low` and
        `hits_high` (that the target is hit where just these fail; null where it was not found)
    target: its id; target_name: its name
    target_probability: that the target is hit, entities failing as probably as they state, those
        that state nothing never; null where nothing states a probability, or where only bounds
        were found: these stand in `target_probability_low` and `target_probability_high`, which
        also part where strengths are unknown
    importance: a row each entity that states a probability p, where P is that of the target, P(1)
        the same if it fails for sure, P(0) if never: `id`, `probability`, `birnbaum`
        (P(1) - P(0)), `criticality` (birnbaum p / P), `fussell_vesely` (1 - P(0) / P, which is the
        same in a coherent system), `risk_achievement` (P(1) / P), `risk_reduction` (P / P(0), null
        where P(0) is 0)
    counts: `order`, `sets`: how many minimal cut sets there are of each order looked at
    complete: up to which order all are listed; null where those of all orders are
    entities: the name of each id in the rows; kinds: likewise, and of the target, for the map, in
        no JSON
    """

    verb: ClassVar[str] = "cuts"

    target: str
    target_name: str
    target_probability: float | None
    target_probability_low: float | None
    target_probability_high: float | None
    importance: pl.DataFrame
    counts: pl.DataFrame
    complete: int | None
    entities: dict[str, str]
    kinds: dict[str, str] = field(default_factory=dict, metadata=INSIDE)


@take_options
def cuts(
    graph: DependencyGraph,
    target: str,
    origins: ScenarioLike = (),
    *,
    order: int | str = 3,
    among: str | Sequence[str] | None = None,
    strength: float | None = None,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> CutSets:
    """What alone or together takes this entity down, and how probable that is.

    target: by id or name
    origins: what has failed already; or a Scenario, which has all options in it
    order: sets of at most so many members; `all` for those of all orders
    among: a kind of entities, or a list of ids or names, that may be members; None: every entity
        but the target, and the gates of fault trees
    strength: dependencies that transmit at least so probably count; None: all that may
    {options}
    watch: called with the steps done and in all; where it returns False, what is known by then is
        the answer, marked as partial
    Raises UnknownEntityError, AmbiguousEntityError, ScenarioError.
    """
    scenario = Scenario.of(graph, origins, **options)
    own = find_question("cuts").read({"order": order, "among": among, "strength": strength})
    timed, scenario = scenario.hours is not None, replace(scenario, hours=None)
    laid = lay_out_target(graph, scenario, target)
    candidates = _find_candidates(laid, own["among"])
    most = None if own["order"] == "all" else own["order"]
    stated = compile_stated(laid)
    found = find_cut_sets(
        laid, candidates, most, own["strength"], stated if stated.needed else None, watch
    )
    chance = find_target_chance(laid, found, stated, watch)
    notes = (
        *laid.notes,
        *([_NO_HOURS] if timed else []),
        *_note_candidates(laid, candidates, own["among"]),
        *found.notes,
        *chance.notes,
    )
    name = graph.entities["name"][laid.entity]
    return CutSets(
        **find_head(graph, scenario, "cuts", own),
        headline=_write_headline(found, chance, name),
        rows=_make_rows(laid, found, chance),
        strength_sources=laid.strength_sources,
        target=graph.id_of(laid.entity),
        target_name=name,
        target_probability=chance.middle,
        target_probability_low=chance.low,
        target_probability_high=chance.high,
        importance=chance.importance,
        counts=pl.DataFrame(
            [(k, n) for k, n in found.counts.items()],
            schema={"order": pl.Int64, "sets": pl.Float64 if found.vast else pl.Int64},
            orient="row",
        ),
        complete=found.complete,
        entities=_name_all(laid, found),
        kinds=_name_all(laid, found, "kind", target=True),
        notes=notes,
        partial=found.stopped or chance.stopped,
    )


def _find_candidates(laid: Target, among: Any) -> list[int]:
    """The variables of those that may be members."""
    variables = np.flatnonzero(laid.fails)
    if among is not None:
        wanted = find_among(laid.graph, among)[0]
        variables = variables[np.isin(laid.number[variables], wanted)]
    found: list[int] = variables.tolist()
    return found


def _count_entities(count: int) -> str:
    return "the one entity" if count == 1 else f"any of the {count:,} entities"


def _note_candidates(laid: Target, candidates: list[int], among: Any) -> list[str]:
    notes = []
    if among is None:
        notes.append(
            f"members may be {_count_entities(len(candidates))} on whose working the target can "
            "rest: --among says which"
        )
    else:
        left_out = int(laid.states.sum()) - int(laid.states[candidates].sum())
        if left_out:
            notes.append(
                f"{left_out:,} entities that state a failure_probability may not be members; the "
                "probability of the target counts them"
            )
    if laid.own > 0:
        notes.append(
            f"the target itself fails with probability {laid.own:g}: that is left out everywhere"
        )
    if (laid.graph.dependencies["grace_hours"] > 0).any():
        notes.append("failures here last longer than any grace: grace_hours save nobody")
    return notes


def _make_rows(laid: Target, found: CutSetsFound, chance: TargetChance) -> pl.DataFrame:
    """The sets in order, by how probable they are, then by id."""
    frames = [_empty_rows()]
    for size, sets in sorted(found.sets.items()):
        members = np.sort(laid.number[sets], axis=1)  # entities are numbered by id
        unknown = np.full(len(sets), np.nan)
        hits, low, high = chance.hits.get(size, (unknown, unknown, unknown))
        figures = {
            "probability": chance.of_sets[size], "hits": hits, "hits_low": low, "hits_high": high,
        }  # fmt: skip
        keys = [
            np.nan_to_num(-figures[name], nan=1.0) for name in ("probability", "hits", "hits_low")
        ]
        best = np.lexsort([*(members[:, i] for i in range(size - 1, -1, -1)), *reversed(keys)])
        columns = {name: pl.Series(values[best]).fill_nan(None) for name, values in figures.items()}
        named = _name_members(laid, members[best])
        order = pl.Series([size]).new_from_index(0, len(best))
        frames.append(pl.DataFrame({"members": named, "order": order, **columns}))
    return pl.concat(frames)


def _name_members(laid: Target, members: Ints) -> pl.Series:
    """(T,) lists of ids of members (T, k)."""
    total, size = members.shape
    if not size:
        return pl.Series([[]] * total, dtype=pl.List(pl.String))
    ids = laid.graph.entities["id"].gather(members.ravel())
    return ids.reshape((total, size)).arr.to_list()


def _name_all(
    laid: Target, found: CutSetsFound, column: str = "name", *, target: bool = False
) -> dict[str, str]:
    """What `column` says of all members, and of the target."""
    inside = [np.unique(laid.number[sets]) for sets in found.sets.values()]
    also = np.array([laid.entity] if target else [], np.int64)
    numbers = np.unique(np.concatenate([also, *inside]))
    named = laid.graph.entities.select("id", column)[numbers]
    return dict(named.rows())


def _empty_rows() -> pl.DataFrame:
    figures = ("probability", "hits", "hits_low", "hits_high")
    return pl.DataFrame(
        schema={
            "members": pl.List(pl.String), "order": pl.Int64,
            **dict.fromkeys(figures, pl.Float64),
        }
    )  # fmt: skip


def _say_sure(single: int, sure: int) -> str:
    """How many of the single points hit for sure, where that is not all of them."""
    return "" if sure == single else f", {sure:,} of them for sure" if sure else ", none for sure"


def _say_hit_already(chance: TargetChance) -> str:
    """Whether what has failed surely takes it down: a strength may be open, or below 1."""
    hits = chance.hits.get(0)
    if hits is None or np.isnan(hits[1]).any():
        return "can be hit already"
    return "is hit already" if hits[1][0] >= 1 else "can be hit already, but need not be,"


def _write_headline(found: CutSetsFound, chance: TargetChance, name: str) -> str:
    total, single = sum(found.counts.values()), found.counts.get(1, 0)
    up_to = "" if found.looked_at is None else f" of up to {found.looked_at}"
    if found.counts.get(0):
        said = f"{name} {_say_hit_already(chance)} by what has failed"
    elif not total:
        said = f"No set{up_to} that fails together hits {name}"
    else:
        alone = "No" if not single else f"{single:,}"
        said = (
            f"{alone} single point{'s' if single > 1 else ''} of failure of {name}"
            f"{_say_sure(single, chance.sure)}; {total:,} "
            f"minimal cut set{'s' if total > 1 else ''}{up_to or ' of all orders'}"
        )
    if chance.middle is not None:
        return f"{said}; probability {chance.middle:.4g}"
    if chance.low is not None:
        return f"{said}; probability {chance.low:.3g} to {chance.high:.3g}"
    return said
