"""What a comparison says: its headline, and its notes."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from knockon.graph.analysis.comparison import ASKED
from knockon.graph.analysis.differences import Differences
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.paired import Pairs
from knockon.graph.analysis.question import describe_rings, describe_setting, list_asked
from knockon.graph.analysis.sentences import describe_condition
from knockon.graph.scenario.strengths import INCIDENTS
from knockon.graph.words import many, number

_ERRORS = 2.0  # standard errors beyond which a move is none of sampling


def write_headline(
    answers: tuple[Impact, Impact], rows: pl.DataFrame, newly: list[str], saved: list[str]
) -> str:
    """`If Falcon fails: 120 are expected to be hit before, 131 after; 12 can be hit now, ...`."""
    first, second = (a.totals for a in answers)
    unknown = any(a.within.open for a in answers)
    settings = [
        f"{describe_setting(a.scenario, a.safe_names)}{describe_rings(a.scenario)}" for a in answers
    ]
    failing = [f"{describe_condition(a)}{describe_rings(a.scenario)}" for a in answers]
    if settings[0] == settings[1]:
        beside = ["", ""]
    else:  # what differs stands beside its figure
        failing = [f.removesuffix(s) for f, s in zip(failing, settings, strict=True)]
        beside = [f" ({s.strip(', ')})" if s else "" for s in settings]
    figures = [_span(t) if unknown else number(t.hit) for t in (first, second)]
    said = f"{figures[0]} hit before{beside[0]}, {figures[1]} after{beside[1]}"
    if any(a.within.by_source.get(INCIDENTS) for a in answers):
        said += ", as was typical of past incidents"
    conditions = ", then ".join(dict.fromkeys(failing))
    return f"If {conditions}: {said}; {write_moves(rows, newly, saved)}"


def write_moves(rows: pl.DataFrame, newly: Sequence[str], saved: Sequence[str]) -> str:
    """`12 entities can be hit that could not; 30 more probable, 4 less`: moves beyond error."""
    beyond = rows.filter(pl.col("change").abs() > _ERRORS * pl.col("std_error"))
    up, down = (int((beyond["change"] * sign > 0).sum()) for sign in (1, -1))
    moves = [
        *([f"{many(len(newly), 'entity')} can be hit that could not"] if newly else []),
        *([f"{many(len(saved), 'entity')} no longer can be"] if saved else []),
        f"{up:,} more probable, {down:,} less" if up or down else "no probability moved",
    ]
    return "; ".join(moves)


def _span(totals: Any) -> str:
    low, high = number(totals.hit_low), number(totals.hit_high)
    return low if low == high else f"{low} to {high}"


def describe_differences(differences: Differences, known: list[set[str]]) -> list[str]:
    counts = differences.dependencies["what"].value_counts().sort("what")
    said = [f"{many(n, 'dependency')} {what}" for what, n in counts.iter_rows()]
    came, went = len(known[1] - known[0]), len(known[0] - known[1])
    said += [f"{many(came, 'entity')} came"] if came else []
    said += [f"{many(went, 'entity')} went"] if went else []
    return [f"between the graphs: {', '.join(said)}"] if said else []


def _list_asked(answer: Impact) -> list[str]:
    head = answer.graph
    return list_asked(
        answer.scenario, answer.safe_names, as_of=head.as_of, hindsight=head.hindsight
    )


def describe_sides(answers: tuple[Impact, Impact], pairs: Pairs | None) -> list[str]:
    first, second = (_list_asked(a) for a in answers)
    both = [part for part in first if part in second]
    notes = [f"{ASKED} of both: {'; '.join(both)}"] if both else []
    if first != second:
        for place, parts in (("before", first), ("after", second)):
            said = "; ".join(p for p in parts if p not in both) or "nothing else"
            notes.append(f"{ASKED} {place}: {said}")
    if pairs is not None:
        notes.append(
            f"both were run over the same {pairs.worlds:,} random worlds: a dependency that both "
            "have falls alike in both"
        )
    for place, answer in zip(("before", "after"), answers, strict=True):
        told = answer.graph.report
        notes += [f"{place}: {note}" for note in answer.notes if note not in told]
    if answers[1].graph.loading and answers[1].graph != answers[0].graph:
        notes.append(f"after: {answers[1].graph.loading}")
    return notes
