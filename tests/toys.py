"""Toy graphs with names, and answers worked out by hand.

Every toy states its origins and the probability of each entity that can be hit; all others are
spared. Strengths are 1 where a row gives none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.model.graph import DependencyGraph

COLUMNS: dict[str, Any] = {
    "dependent": pl.String,
    "provider": pl.String,
    "relation": pl.String,
    "probability": pl.Float64,
    "loss": pl.Float64,
    "group": pl.String,
    "needs": pl.Int64,
    "switch_probability": pl.Float64,
    "shared_cause": pl.String,
    "rho": pl.Float64,
}


def dep(dependent: str, provider: str, **columns: Any) -> dict[str, Any]:
    """One row: `dependent` needs `provider`, for sure unless `probability` says otherwise."""
    return {"dependent": dependent, "provider": provider, "probability": 1.0, **columns}


def group(
    dependent: str, providers: Sequence[str], needs: int = 1, **columns: Any
) -> list[dict[str, Any]]:
    """Rows of one group: `dependent` needs so many of the providers; a text is one letter each."""
    return [dep(dependent, p, **{"group": "g", "needs": needs, **columns}) for p in providers]


def graph_of(*rows: dict[str, Any], entities: Sequence[dict[str, Any]] = ()) -> DependencyGraph:
    """The graph of some rows."""
    described = pl.DataFrame(list(entities), infer_schema_length=None) if entities else None
    return DependencyGraph.from_polars(pl.DataFrame(list(rows), schema=COLUMNS), described)


@dataclass(frozen=True)
class Toy:
    """A graph, what fails in it, and who is then hit how probably: (low, middle, high)."""

    name: str
    rows: tuple[dict[str, Any], ...]
    origins: tuple[str, ...]
    probability: dict[str, float | tuple[float, float, float]]
    entities: tuple[dict[str, Any], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def graph(self) -> DependencyGraph:
        return graph_of(*self.rows, entities=self.entities)

    def expected(self, identifier: str) -> tuple[float, float, float]:
        """(low, middle, high) of one entity."""
        found = self.probability.get(identifier, 1.0 if identifier in self.origins else 0.0)
        return found if isinstance(found, tuple) else (found, found, found)


def _toy(name: str, rows: Sequence[dict[str, Any]], origins: str, /, *args: Any, **hit: Any) -> Toy:
    options = args[0] if args else {}
    return Toy(name, tuple(rows), tuple(origins), hit, options=options)


chain = _toy("chain", [dep("B", "A"), dep("C", "B")], "A", B=1.0, C=1.0)
chain_from_the_middle = _toy("chain_from_the_middle", [dep("B", "A"), dep("C", "B")], "B", C=1.0)
weak_chain = _toy(
    "weak_chain",
    [dep("B", "A", probability=0.5), dep("C", "B", probability=0.25)],
    "A", B=0.5, C=0.125,
)  # fmt: skip
ring = _toy("ring", [dep("B", "A"), dep("C", "B"), dep("A", "C")], "A", B=1.0, C=1.0)
diamond = _toy(
    "diamond",
    [dep("B", "A", probability=0.5), dep("C", "A", probability=0.5), dep("D", "B"), dep("D", "C")],
    "A", B=0.5, C=0.5, D=0.75,
)  # fmt: skip
diamond_with_a_spare = _toy(
    "diamond_with_a_spare",
    [dep("B", "A", probability=0.5), dep("C", "A", probability=0.5), *group("D", "BC")],
    "A", B=0.5, C=0.5, D=0.25,
)  # fmt: skip
unknown_diamond = _toy(
    "unknown_diamond",
    [
        dep("B", "A", probability=None),
        dep("C", "A", probability=None),
        dep("D", "B"),
        dep("D", "C"),
    ],
    "A", B=(0.0, 0.5, 1.0), C=(0.0, 0.5, 1.0), D=(0.0, 0.75, 1.0),
)  # fmt: skip
spare_pair = _toy("spare_pair", group("D", "PQ"), "P")
spare_pair_both_lost = _toy("spare_pair_both_lost", group("D", "PQ"), "PQ", D=1.0)
shared_cause = _toy(
    "shared_cause",
    [*group("D", "PQ"), dep("P", "H", relation="hosted_on"), dep("Q", "H", relation="hosted_on")],
    "H", P=1.0, Q=1.0, D=1.0,
)  # fmt: skip
two_of_three = _toy("two_of_three", group("D", "PQR", 2), "P")
two_of_three_two_lost = _toy("two_of_three_two_lost", group("D", "PQR", 2), "PR", D=1.0)
three_of_three = _toy("three_of_three", group("D", "PQR", 3), "Q", D=1.0)
rusty_switch = _toy(
    "rusty_switch", group("D", "PQ", switch_probability=0.75), "P", D=0.25
)  # P is lost, and one time in four the switch to Q fails
rusty_switch_half_lost = _toy(
    "rusty_switch_half_lost",
    group("D", "PQ", switch_probability=0.75, probability=0.5),
    "P", D=0.125,
)  # fmt: skip
rusty_switch_both_lost = _toy(
    "rusty_switch_both_lost", group("D", "PQ", switch_probability=0.75), "PQ", D=1.0
)
two_groups = _toy(
    "two_groups", [*group("D", "PQ"), *group("D", "QR", group="h")], "PQ", D=1.0
)  # the first group breaks, the second holds
spare_in_a_ring = _toy(
    "spare_in_a_ring", [*group("B", "AC"), dep("C", "B"), dep("D", "C")], "A"
)  # C could only fall after B: the least fixpoint spares all three
island = Toy(
    "island",
    (dep("B", "A"),),
    ("A",),
    {"B": 1.0},
    entities=({"id": "X"}, {"id": "Y", "weight": 9.0}),
)
runs_survives = _toy(
    "runs_survives",
    [dep("B", "A", relation="runs"), dep("C", "A", relation="hosted_on")],
    "A",
    C=1.0,
)
runs_updated = _toy(
    "runs_updated",
    [dep("B", "A", relation="runs"), dep("C", "B", relation="runs"), dep("D", "B")],
    "A", {"mode": "bad_update"}, B=1.0, D=1.0,
)  # fmt: skip
operated = _toy(
    "operated",
    [dep("B", "A", relation="operated_by"), dep("C", "B", relation="runs"), dep("D", "C")],
    "A", {"mode": "bad_update"}, B=1.0, C=1.0, D=1.0,
)  # fmt: skip
trusted = _toy(
    "trusted",
    [*group("D", "PQ"), dep("E", "D", relation="contains"), dep("F", "D", relation="resolved_by")],
    "P", {"mode": "compromise"}, D=1.0, E=1.0,
)  # fmt: skip
unlisted = _toy(
    "unlisted",
    [dep("B", "A", relation="prays_to"), dep("C", "B", relation="contains")],
    "A", {"mode": "compromise"}, B=1.0, C=1.0,
)  # fmt: skip
never = _toy("never", [dep("B", "A", probability=0.0), dep("C", "B")], "A")
protected = _toy(
    "protected", [dep("B", "A"), dep("C", "B"), dep("D", "A")], "A", {"protect": ["B"]}, D=1.0
)

TOYS = tuple(t for t in list(globals().values()) if isinstance(t, Toy))
