"""What a comparison says of each entity, as a forest whose marks are changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.comparison import Comparison
from knockon.graph.maps.forest import Forest, count_behind
from knockon.graph.maps.plan import Box, Plan
from knockon.graph.maps.style import BETTER, GONE, INK, NEW, PLAIN, WORSE
from knockon.graph.maps.text import clean

ERRORS = 2.0  # standard errors within which a move may be one of sampling
FAILS = "fails"
CHANGES = {
    "new": (NEW, "can be hit now"),
    "worse": (WORSE, "more probable"),
    "better": (BETTER, "less probable"),
    "gone": (GONE, "can no longer be hit"),
    "range": (PLAIN, "of another range, with the same middle"),
    "same": (PLAIN, "as before"),
}
"""The changes, what is worst first: their colour, and what they are called."""
_SIGNS = {
    "new": "M-4,0H4M0,-4V4", "worse": "M0,-4L4,3H-4Z", "better": "M0,4L4,-3H-4Z",
    "gone": "M-3.3,-3.3L3.3,3.3M-3.3,3.3L3.3,-3.3",
    "range": "M-4,1.2Q-2,-3 0,0T4,-1.2", "same": "M-3.5,-1.8H3.5M-3.5,1.8H3.5",
}  # fmt: skip


class ChangedForest(Forest):
    """The routes of both answers. Boxes are named where most that changed stands behind them."""

    @cached_property
    def changed(self) -> list[int]:
        """How many that changed stand behind each."""
        found = [0] * len(self.parent)
        moved = [change not in ("same", FAILS) for change in self.values("change")]
        for e in reversed(self.top_down):
            if self.parent[e] >= 0:
                found[self.parent[e]] += found[e] + moved[e]
        return found

    def carriers(self, number: int, levels: int) -> set[int]:
        """Without those whom nobody that changed stands behind, where anybody changed."""
        found = super().carriers(number, levels)
        if not any(self.changed[e] for e in self.roots):
            return found
        return {e for e in found if self.changed[e] or self.parent[e] < 0}

    def _rank(self, e: int) -> tuple[float, float, int]:
        return (-self.changed[e] - self.behind[e] / (len(self.parent) + 1), 0.0, self.number[e])


@dataclass(frozen=True)
class Moves:
    """A comparison with its plan: what every part of its map is drawn from."""

    answer: Comparison
    forest: ChangedForest
    plan: Plan

    @cached_property
    def cells(self) -> dict[str, list[Any]]:
        return self.forest.rows.to_dict(as_series=False)

    def cell(self, row: int, column: str) -> Any:
        return self.cells[column][row]

    def name(self, row: int) -> str:
        return clean(self.cell(row, "name"))

    @cached_property
    def ranged(self) -> bool:
        """Whether unknown strengths leave a range anywhere."""
        rows = self.answer.rows
        return any((rows[f"{s}_low"] != rows[f"{s}_high"]).any() for s in ("before", "after"))

    def change(self, box: Box) -> str:
        """The change that all of a box share; `mixed` where they differ."""
        found = {self.cell(row, "change") for row in box.members}
        return found.pop() if len(found) == 1 else "mixed"


def grow_forest(answer: Comparison) -> ChangedForest:
    """The forest of a comparison; rows: those of the answer with `change` in a word, by id."""
    newly, saved = pl.Series(answer.newly_hit), pl.Series(answer.saved)
    beyond = pl.col("change").abs() > ERRORS * pl.col("std_error").fill_null(0.0)
    word = (
        pl.when(pl.col("id").is_in(newly.implode())).then(pl.lit("new"))
        .when(pl.col("id").is_in(saved.implode())).then(pl.lit("gone"))
        .when(beyond & (pl.col("change") > 0)).then(pl.lit("worse"))
        .when(beyond & (pl.col("change") < 0)).then(pl.lit("better"))
        .when(_find_moved_ends()).then(pl.lit("range"))
        .otherwise(pl.lit("same"))
    )  # fmt: skip
    figures = (
        answer.rows.drop("name", "kind").with_row_index("place").with_columns(word.alias("word"))
    )
    rows = answer.routes.join(figures, on="id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("fails") != "").then(pl.lit(FAILS)).otherwise("word").fill_null("same")
        .alias("change"),
        pl.col("place").fill_null(0).cast(pl.Int64),
    ).drop("word")  # fmt: skip
    of = {identifier: i for i, identifier in enumerate(rows["id"])}
    parent = [-1 if p is None else of[p] for p in rows["provider"]]
    depth = _measure_depth(parent)
    place = rows["place"].to_list()
    order = (np.arange(len(parent)), np.array(place), np.array(depth))
    top_down = np.lexsort(order).tolist()
    children, behind = count_behind(parent, top_down)
    after, before = (rows[s].fill_null(0.0).to_numpy() for s in ("after", "before"))
    return ChangedForest(
        rows.with_columns(pl.col("change").alias("verdict")), list(range(len(parent))), place,
        parent, top_down, children, behind, rows["stated"].to_list(), rows["source"].to_list(),
        before, np.abs(after - before), after, max(depth, default=0), 0,
    )  # fmt: skip


def _find_moved_ends() -> pl.Expr:
    """Whether the low or the high figure moved by more than a percent: what is not known is other,
    and that is not as before."""
    ends = (
        (pl.col(f"after_{end}").fill_null(0) - pl.col(f"before_{end}").fill_null(0)).abs() > 0.01
        for end in ("low", "high")
    )
    return pl.any_horizontal(*ends)


def _measure_depth(parent: list[int]) -> list[int]:
    """Steps from what fails, of each."""
    depth = [-1] * len(parent)
    for e in range(len(parent)):
        chain = []
        while e >= 0 and depth[e] < 0:
            chain.append(e)
            e = parent[e]
        steps = depth[e] if e >= 0 else -1
        for one in reversed(chain):
            steps += 1
            depth[one] = steps
    return depth


def draw_sign(change: str, x: float, y: float) -> str:
    """The sign of a change in a disc around (x, y): seen without colour."""
    filled = INK if change in ("worse", "better") else "none"
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{CHANGES[change][0]}" stroke="{INK}" '
        f'stroke-width="0.8"/><path transform="translate({x:.1f},{y:.1f})" d="{_SIGNS[change]}" '
        f'fill="{filled}" stroke="{INK}" stroke-width="1.4"/>'
    )
