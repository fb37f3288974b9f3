"""Why a target is not hit: what stops the failure on its way there.

The way is followed as if nothing could stop it (whatever the mode, groups, grace, strengths and
protection); where it passes from one that is hit to one that is not, the reason stands.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.arrays import Bools, Floats
from knockon.graph.errors import clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import plain
from knockon.graph.scenario.modes import UNAIDED, find_barred
from knockon.graph.scenario.rollout import find_share_reached
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.words import relation_name

SCHEMA: dict[str, Any] = {
    "dependent": pl.String, "reason": pl.String, "group": pl.String, "needs": pl.Int64,
    "lost": pl.List(pl.String), "left": pl.List(pl.String), "said": pl.String,
}  # fmt: skip


def explain_held(
    graph: DependencyGraph, scenario: Scenario, hit: Bools, target: int, most: Floats
) -> pl.DataFrame:
    """What holds, nearest to what failed first: `dependent`, `reason` (`protected`, `mode`,
    `group`, `grace`, `strength`), of groups `group`, `needs`, `lost`, `left`; `said` in words.

    hit: (n,) entities that the failure may hit; most: (m,) how strong each dependency is at most.
    Empty where no way leads to the target at all.
    """
    ahead = _lead_to(graph, target)
    stops = hit[graph.provider] & ~hit[graph.dependent] & ahead[graph.dependent]
    safe = np.isin(np.arange(graph.size), [graph.find(p) for p in scenario.protect])
    rows: list[dict[str, Any]] = []
    by_dependent: dict[int, list[int]] = {}
    for row in np.flatnonzero(stops).tolist():
        by_dependent.setdefault(int(graph.dependent[row]), []).append(row)
    for dependent, stopped in by_dependent.items():
        identifier = graph.ids[dependent]
        if safe[dependent]:
            said = f"{_name(graph, dependent)} is protected"
            rows.append({"dependent": identifier, "reason": "protected", "said": said})
            continue
        rows += _explain_rows(graph, scenario, hit, dependent, stopped, most)
    return pl.DataFrame(rows, schema=SCHEMA)


def _lead_to(graph: DependencyGraph, target: int) -> Bools:
    """(n,) the target and all that it depends on, through whatever."""
    found = np.zeros(graph.size, np.bool_)
    found[target] = True
    while True:
        new = graph.provider[found[graph.dependent] & ~found[graph.provider]]
        if not len(new):
            return found
        found[new] = True


def _explain_rows(
    graph: DependencyGraph,
    scenario: Scenario,
    hit: Bools,
    dependent: int,
    stopped: list[int],
    most: Floats,
) -> Iterator[dict[str, Any]]:
    """A reason for each group that holds, each dependency that passes nothing on."""
    barred = find_barred(scenario.mode, scenario.rules)
    name, identifier = _name(graph, dependent), graph.ids[dependent]
    halted = bool(scenario.rollout) and not find_share_reached(scenario.rollout, scenario.halt)
    origins = set(graph.find_all(scenario.origin_ids).tolist())
    groups_said: set[str] = set()
    rows = graph.dependencies[stopped].iter_rows(named=True)
    for place, row in zip(stopped, rows, strict=True):
        provider = _name(graph, int(graph.provider[place]))
        relation = row["relation"]
        found = {"dependent": identifier}
        if relation in barred:
            needs = f"{name} {relation_name(relation)} {provider}"
            said = f"{needs}, which mode {scenario.mode} does not cross"
            yield found | {"reason": "mode", "said": said}
        elif row["probability"] == 0:
            said = f"the strength of {name} on {provider} is stated as 0"
            yield found | {"reason": "strength", "said": said}
        elif most[place] == 0:
            said = f"the strength of {name} on {provider} is 0 by the table of strengths"
            yield found | {"reason": "strength", "said": said}
        elif halted and int(graph.provider[place]) in origins:
            said = f"no ring of the rollout begins at {name} before it is stopped"
            yield found | {"reason": "protected", "said": said}
        elif scenario.hours is not None and row["grace_hours"] >= scenario.hours.low > 0:
            grace = plain(float(row["grace_hours"]))
            said = f"{name} gets by without {provider} for {grace} h"
            yield found | {"reason": "grace", "said": said}
        elif row["group"] not in (None, *groups_said) and scenario.mode not in UNAIDED:
            groups_said.add(row["group"])
            yield found | _describe_group(graph, hit, dependent, row)


def _describe_group(
    graph: DependencyGraph, hit: Bools, dependent: int, row: dict[str, Any]
) -> dict[str, Any]:
    """`D holds: 1 of its 2 dns left (Q)`."""
    mine = np.flatnonzero(graph.dependent == dependent)
    of_group = graph.dependencies["group"].gather(mine) == row["group"]
    members = graph.provider[mine[of_group.fill_null(False).to_numpy()]]
    lost, left = members[hit[members]], members[~hit[members]]
    names = some([_name(graph, int(m)) for m in left])
    said = (
        f"{_name(graph, dependent)} holds: {len(left)} of its {len(members)} "
        f"{clip(row['group'], 40)} left ({names}), it needs {row['needs']}"
    )
    return {
        "reason": "group", "group": row["group"], "needs": row["needs"],
        "lost": [graph.ids[int(m)] for m in lost], "left": [graph.ids[int(m)] for m in left],
        "said": said,
    }  # fmt: skip


def _name(graph: DependencyGraph, number: int) -> str:
    return clip(graph.names[number], 60)
