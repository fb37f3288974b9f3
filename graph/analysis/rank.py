"""What matters most: every entity as the origin, by what its failure alone would do to others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Unpack

import numpy as np

from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.analysis.filled import count_sources
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import build_circuit_of
from knockon.graph.analysis.ranking.bracket import COUNTED, Chosen, choose
from knockon.graph.analysis.ranking.counting import Counting, find_counting
from knockon.graph.analysis.ranking.parts import check_parts
from knockon.graph.analysis.ranking.rows import Places, make_rows
from knockon.graph.analysis.ranking.runs import leave_open
from knockon.graph.analysis.ranking.sentences import describe_unknown, headline
from knockon.graph.analysis.ranking.swept import Field, sweep
from knockon.graph.arrays import Ints
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options, find_field
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Ranking(Answer):
    """Every entity as the origin, the most harmful first.

    rows: `rank`, `rank_best`, `rank_worst` (over unknown strengths at 0, at 1 and at 0.1 to 0.9,
        and within two standard errors), `id`, `name`, `kind`, `hit_direct` (expected number of
        those who depend on it themselves and are hit, by whatever way), `hit_indirect` (of all
        others that are hit), `hit_low`, `hit_high` (of both, with unknown strengths at 0, at 1),
        `std_error` (of both), `impact` (what is lost with them, its own left out), `impact_low`,
        `impact_high`, `impact_std_error`, `failures_per_year` (as stated, else null) and
        `impact_per_year`
    ordered_by: `impact`, or `hit` where distinct values of a column are counted
    origins: how many may fail; swept: of how many the failure was spread in every world
    certificate: `k` (rows that are sure to be the first), `certainty` that no other belongs among
        them, `method`, `words`
    among: whose loss counts, None for everybody's; by: the column whose distinct values are
        counted, None for entities; unit: of impact, None where it is not stated
    top: how many rows had to be sure, and are in the picture; None: all
    worlds: drawn; None where nothing was
    """

    verb: ClassVar[str] = "rank"

    ordered_by: str
    origins: int
    swept: int
    certificate: dict[str, Any]
    among: str | None
    by: str | None
    unit: str | None
    worlds: int | None
    top: int | None = 20


@take_options
def rank(
    graph: DependencyGraph,
    origins: ScenarioLike = (),
    *,
    kind: str | None = None,
    among: str | Sequence[str] | None = None,
    by: str | None = None,
    weight: str | None = None,
    top: int | None = 20,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Ranking:
    """Every entity by what its failure alone would do to others.

    origins: none, or a Scenario of none, which has all options in it
    kind: Entities of this kind fail; None: all.
    among: A kind of entities, or a list of ids or names, whose loss counts; None: everybody's.
    by: A column of entities, such as parent or sector: distinct values of it are counted.
    weight: A column that says what is lost with each entity, in the place of weight.
    top: How many rows have to be sure; fewer are swept where all are too many.
    {options}
    watch: Called with what is done and in all; where it returns False, what is known by then is
        the answer, marked as partial.
    Raises ScenarioError, UnknownEntityError, AmbiguousEntityError, MemoryLimitError.
    """
    scenario = Scenario.of(graph, origins, **options)
    own = find_question("rank").read({"kind": kind, "among": among, "by": by, "weight": weight})
    top = find_field("top").check(top)
    if scenario.origins:
        raise ScenarioError("origins: expected none, every entity fails by itself in a ranking")
    field, failing, notes = lay_out(graph, scenario, own)
    check_parts(scenario, len(field.origins), own["by"])
    origins_in_all = len(failing)
    chosen = choose(field, top, watch)
    if chosen is None:
        swept, looked_at = sweep(field, watch), len(failing)
        certificate = certify_all(looked_at, partial=swept.stopped)
    else:
        swept = chosen.swept
        looked_at = len(failing) if chosen.method == COUNTED else chosen.looked_at
        certificate = certify(chosen, len(failing), top or 0)
        if chosen.method != COUNTED:
            field = replace(field, origins=field.origins[chosen.origins])
            failing = field.origins
    places = Places.of(graph, failing, field, swept)
    rows = make_rows(places).head(certificate["k"])
    answer = Ranking(
        **find_head(graph, scenario, "rank", own),
        headline="",
        rows=rows,
        strength_sources=count_sources(field.everybody.filled, np.arange(len(graph.dependent))),
        ordered_by=places.ordered_by,
        origins=origins_in_all,
        swept=looked_at,
        certificate=certificate,
        among=field.counting.words,
        by=field.counting.by,
        unit=field.counting.unit,
        worlds=swept.worlds or None,
        top=top,
        partial=swept.stopped,
        notes=(
            *([certificate["words"]] if chosen else []),
            *describe_unknown(field, places), *notes, *field.counting.notes,
            *field.everybody.notes, *swept.notes,
            *(str(f) for f in graph.report if f.action != "read"),
        ),
    )  # fmt: skip
    return replace(answer, headline=headline(answer, field, places))


def lay_out(
    graph: DependencyGraph, scenario: Scenario, own: Mapping[str, Any]
) -> tuple[Field, Ints, Iterator[str]]:
    """The field of a ranking, the numbers of all entities that may fail, and notes."""
    counting = find_counting(graph, own["among"], own["by"], own["weight"])
    failing = _find_failing(graph, own["kind"])
    safe = np.isin(failing, [graph.find(name) for name in scenario.protect])
    failing = failing[~safe]
    if not len(failing):
        raise ScenarioError("no entity may fail: all of them are protected")
    everybody = build_circuit_of(graph, leave_open(scenario))
    used = np.zeros(graph.size, np.bool_)
    used[graph.provider[graph.dependent != graph.provider]] = True
    field = Field(graph, scenario, everybody, counting, failing[used[failing]])
    return field, failing, _explain(counting, safe.sum())


def _find_failing(graph: DependencyGraph, kind: str | None) -> Ints:
    if kind is None:
        return np.arange(graph.size)
    kinds = graph.entities["kind"]
    found = np.flatnonzero((kinds == kind).to_numpy())
    if not len(found):
        hint = did_you_mean(kind, kinds.unique().sort().to_list())
        raise ScenarioError(f"kind: no entity is of the kind {clip(kind)!r}{hint}")
    return found


def _explain(counting: Counting, safe: int) -> Iterator[str]:
    if safe:
        yield f"{safe:,} protected: nothing hits them, and they do not fail"
    if counting.by is not None:
        yield (
            f"what is counted are distinct values of {counting.by}, an entity without one as "
            "itself; impact counts entities"
        )


def certify_all(origins: int, *, partial: bool) -> dict[str, Any]:
    """The certificate of a ranking that looked at every origin."""
    words = f"each of the {origins:,} that may fail was looked at"
    if partial:
        words = "stopped before every origin was looked at in every world"
    certainty = None if partial else 1.0
    return {"k": origins, "certainty": certainty, "method": "all", "words": words}


def certify(chosen: Chosen, origins: int, k: int) -> dict[str, Any]:
    """The certificate of a ranking that left out those that cannot belong to the first k."""
    if chosen.method == COUNTED:
        words = f"each of the {origins:,} that may fail was counted in every world"
        return {"k": origins, "certainty": 1.0, "method": chosen.method, "words": words}
    how = "the worlds drawn" if chosen.certainty == 1 else f"certainty {chosen.certainty:.1%}"
    words = (
        f"{chosen.looked_at:,} of the {origins:,} that may fail were swept: by {how} no other "
        f"belongs to the first {k:,}, whatever is assumed; places after these are among the swept"
    )
    if chosen.swept.stopped:
        return {"k": k, "certainty": None, "method": chosen.method, "words": words}
    return {"k": k, "certainty": chosen.certainty, "method": chosen.method, "words": words}
