"""Hypothesis strategies: small graphs with everything in them, and scenarios on them."""

from collections.abc import Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.toys import COLUMNS

IDS = "abcdefg"
EVERYDAY = ("uses", "hosted_on")
VARIED = ("uses", "runs", "operated_by", "authenticates_with", "resolved_by", "prays_to")
SURE = (None, 0.0, 1.0)
UNSURE = (0.5, 0.25, 0.9, 1 / 3, 2**-32, 1e-12)
MODES = ("outage", "bad_update", "compromise")

Rows = list[dict[str, Any]]


@st.composite
def rows(
    draw: st.DrawFn,
    *,
    relations: Sequence[str] = VARIED,
    chances: int = 6,
    most: int = 12,
    entities: int = 7,
    switches: bool = True,
) -> Rows:
    """Rows of the dependencies of a graph of 2 to 7 entities, cycles and all.

    chances: most draws that may fall either way (unknown strengths count, as `assume` may)
    """
    ids = IDS[: draw(st.integers(2, entities))]
    ends = st.tuples(st.sampled_from(ids), st.sampled_from(ids)).filter(lambda e: e[0] != e[1])
    wanted = draw(
        st.lists(
            st.tuples(ends, st.sampled_from(relations), st.sampled_from((None, "g", "h"))),
            max_size=most,
            unique=True,
        )
    )
    groups: dict[tuple[str, str], tuple[int, float]] = {}
    found: Rows = []
    for (dependent, provider), relation, group in wanted:
        probability = draw(st.sampled_from((1.0, *SURE, *UNSURE)))
        if probability not in (0.0, 1.0):
            chances -= 1
        if chances < 0:
            probability = 1.0
        row = {"dependent": dependent, "provider": provider, "relation": relation, "group": group,
               "probability": probability, "loss": draw(st.sampled_from((1.0, 1.0, 0.5, 0.3))),
               "needs": 1, "switch_probability": 1.0}  # fmt: skip
        found.append(row)
    for row in found:
        if row["group"] is None:
            continue
        key = (row["dependent"], row["group"])
        if key not in groups:
            size = sum((r["dependent"], r["group"]) == key for r in found)
            works = draw(st.sampled_from((1.0, 0.0, 0.75))) if switches else 1.0
            chances -= 0 < works < 1
            groups[key] = (draw(st.integers(1, size)), works if chances >= 0 else 1.0)
        row["needs"], row["switch_probability"] = groups[key]
    return found


def described(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[pl.DataFrame]:
    """A table of all entities, with weights, kinds and sectors."""
    row = st.fixed_dictionaries(
        {
            "weight": st.sampled_from((1.0, 0.0, 2.5, 10.0)),
            "kind": st.sampled_from(("enterprise", "service", "unknown")),
            "sector": st.sampled_from((None, "health", "air")),
            **columns,
        }
    )
    return st.lists(row, min_size=len(IDS), max_size=len(IDS)).map(_named)


def _named(found: Rows) -> pl.DataFrame:
    named = [{"id": i, **row} for i, row in zip(IDS, found, strict=True)]
    return pl.DataFrame(named, schema_overrides={"sector": pl.String})


def frame(found: Rows) -> pl.DataFrame:
    return pl.DataFrame(found, schema=COLUMNS)


@st.composite
def graphs(draw: st.DrawFn, **options: Any) -> DependencyGraph:
    """Any small graph; `options` as of `rows`. All seven entities are in it."""
    return DependencyGraph.from_polars(frame(draw(rows(**options))), draw(described()))


@st.composite
def scenarios(
    draw: st.DrawFn,
    graph: DependencyGraph,
    *,
    modes: Sequence[str] = MODES,
    severities: Sequence[float] = (1.0, 1.0, 0.5, 0.05),
    **options: Any,
) -> Scenario:
    """Something that fails in the graph; `options` are fields of the scenario."""
    failing = draw(st.lists(st.sampled_from(graph.ids), min_size=1, max_size=3, unique=True))
    others = sorted(set(graph.ids) - set(failing))
    safe = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
    return Scenario.of(
        graph,
        [{"id": i, "severity": draw(st.sampled_from(severities))} for i in failing],
        protect=safe,
        mode=draw(st.sampled_from(modes)),
        assume=draw(st.sampled_from((0.5, 0.0, 0.2, 1.0))),
        **options,
    )


@st.composite
def cases(
    draw: st.DrawFn, scenario: dict[str, Any] | None = None, **options: Any
) -> tuple[DependencyGraph, Scenario]:
    """A graph and a scenario on it."""
    graph = draw(graphs(**options))
    return graph, draw(scenarios(graph, **(scenario or {})))
