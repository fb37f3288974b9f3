"""The answer to a comparison: what changes from a first answer to a second."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl

from knockon.graph.analysis.answer import INSIDE, Answer

ASKED = "asked"  # begins the notes that say what was asked


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison(Answer):
    """What changes from a first answer to a second.

    rows: `id`, `name`, `kind`, `before`, `after` (probability; null where the entity is not in
        that graph), `change`, `std_error` (of the change, over common worlds), `before_low`,
        `before_high`, `after_low`, `after_high`, `rank_before`, `rank_after`, `impact_before`,
        `impact_after`, `because` (the difference on its route; null where none shows)
    other: the second graph; scenario_after: the second scenario as plain JSON
    totals: frame `figure` (`hit`, `impact`), `before`, `after`, with `_low` and `_high` of each
    differences: frame `dependent`, `provider`, `relation`, `group`, `what`, `columns`
    newly_hit, saved: ids that only the second, only the first can hit
    worlds: that both were looked at in; None where nothing had to be drawn
    routes: how each is reached, for the map (`join_routes`); in no JSON
    """

    verb: ClassVar[str] = "compare"

    @property
    def question(self) -> str:
        """What was asked of both, or of each; and of which data."""
        asked = [n.removeprefix(f"{ASKED} ") for n in self.notes if n.startswith(f"{ASKED} ")]
        return " ".join(f"{n[0].upper()}{n[1:].rstrip('.')}." for n in asked)

    other: dict[str, Any]
    scenario_after: dict[str, Any]
    totals: pl.DataFrame
    differences: pl.DataFrame
    newly_hit: list[str]
    saved: list[str]
    worlds: int | None
    routes: pl.DataFrame = field(default_factory=pl.DataFrame, metadata=INSIDE)


COLUMNS = (
    "id", "name", "kind", "before", "after", "change", "std_error", "before_low", "before_high",
    "after_low", "after_high", "rank_before", "rank_after", "impact_before", "impact_after",
    "because",
)  # fmt: skip
