"""The answer to a what-if, as data: frames, figures and sentences; no graph, no engine.

It pickles, compares, and goes to plain dictionaries and back, so that it can be sent, stored and
shown again. Pictures take it: `knockon.graph.maps`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.analysis.answer import Data, GraphHead, load, render_html, render_picture
from knockon.graph.analysis.question import describe_question
from knockon.graph.analysis.spread import Work
from knockon.graph.errors import ScenarioError
from knockon.graph.scenario.scenario import Scenario


@dataclass(frozen=True)
class Totals:
    """The whole answer in figures.

    Origins are left out of all but the last.
    hit: expected number of entities hit
    impact: mean over all worlds of the sum of weight * loss (with hours: * hours down); p50, p95,
    p99 of that sum over worlds; std_errors are 0 where nothing was drawn
    _low, _high: the same with unknown strengths at 0, and at 1
    impact_of_origins: what those that fail by themselves lose
    """

    hit: float
    hit_low: float
    hit_high: float
    hit_std_error: float
    impact: float
    impact_low: float
    impact_high: float
    impact_std_error: float
    p50: float
    p50_low: float
    p50_high: float
    p95: float
    p95_low: float
    p95_high: float
    p99: float
    p99_low: float
    p99_high: float
    impact_of_origins: float
    p50_std_error: float = 0.0
    p95_std_error: float = 0.0
    p99_std_error: float = 0.0


@dataclass(frozen=True)
class Within:
    """What the answer rests on: how many dependencies lie within reach; how many of these have an
    unknown strength, that nothing filled; how many have theirs from each of `SOURCES`; whether
    any share their draws."""

    dependencies: int
    unknown: int
    by_source: Mapping[str, int] = field(default_factory=dict)
    shares: bool = False

    @property
    def open(self) -> int:
        """How many nobody stated, filled or not."""
        return self.dependencies - self.by_source.get("stated", self.dependencies - self.unknown)


@dataclass(frozen=True, eq=False)
class RolloutEffect:
    """What a rollout in rings changes, over the same worlds.

    saves: frame `rollout` (`as it was`, `all at once`), `hit`, `impact`, `saved`
    detection: frame `halt_hours`, `hit`, `hit_low`, `hit_high`, `std_error`, `impact`
    notes: what the model takes for granted about the rings
    """

    saves: pl.DataFrame
    detection: pl.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Impact(Data):
    """The answer to a what-if.

    headline, assumption, condition: the answer in one sentence, how sure it is, what fails
    entities: a frame, one row per entity within reach and per entity that depends on one of
        these but is spared; columns `rank` (0 for origins), `rank_best`, `rank_worst` (within two
        standard errors; `ranks`), `id`, `name`, `kind`, `sector`,
        `hops`, `probability`, `probability_low`, `probability_high`, `std_error`, `verdict`
        (`hit`, `spared`, `unknown`; never by what shipped strengths say), `loss`, `start_hours`,
        `down_hours` (means over the worlds that hit it; null without hours), `down_hours_p50`,
        `down_hours_p95`, `impact`,
        `impact_std_error`, `carries`, `route` (ids from an origin to it), `strength_source` (the
        weakest on its route, of `stated`, `own table`, `register`, `incidents`, `none`; null where
        there is no route)
    by_kind, by_sector: expected hits and impact of those of `entities` that are no origins; those
        without a sector are in the row null
    worlds: looked at; exact: nothing was drawn; partial: stopped before all worlds were drawn;
        sure: the low and high figures rest on no draw
    distribution: a frame, a row per world: `impact`, `hit`, `weight`
    outer: the same with unknown strengths at 0 and at 1: `run` (`low`, `high`), `impact`, `weight`;
        empty where all within reach is stated
    forest: the routes of entities within reach, a row each by number in the graph: `number`,
        `place` (row in `entities`), `before` (row of `forest`, -1 for origins), `cost` (of the
        chain), `depth`, `stated` (whether the strength of the last step is), `source` (of it, its
        place in `SOURCES`)
    arcs: the ways between entities within reach: `tail`, `head` (numbers), `count`, `stated`,
        `source` (the weakest); None where they are too many for a picture
    strengths: the rows of tables that filled strengths within reach: `table`, `strength_source`,
        what they speak for, `low`, `mid`, `high`, `rho`, `incidents`, `as_of`,
        `source`, `note`, and `dependencies`, how many they filled
    curve: who is down when (`timeline`); None without hours
    nobody: why nobody else is hit, where nobody is; empty where somebody is, or where nothing
        depends on what failed
    alike: a sentence on other names that may mean what failed, where others depend on them
    recovery: with hours, the rows that state a recovery time, and whether the outage exceeds it
        (`recovery.py`); without columns where none is looked for
    holding: who stands although a provider may fall, and why (`find_holding`)
    rollout: what the rings change; None without a rollout, or where the run was stopped before
    """

    graph: GraphHead
    scenario: Scenario
    headline: str
    assumption: str
    condition: str
    entities: pl.DataFrame
    totals: Totals
    by_kind: pl.DataFrame
    by_sector: pl.DataFrame
    within: Within
    worlds: int
    exact: bool
    partial: bool
    sure: bool
    distribution: pl.DataFrame
    outer: pl.DataFrame
    forest: pl.DataFrame
    arcs: pl.DataFrame | None
    strengths: pl.DataFrame
    curve: pl.DataFrame | None
    nobody: tuple[str, ...]
    rollout: RolloutEffect | None
    work: Work
    notes: tuple[str, ...]
    alike: str = ""
    recovery: pl.DataFrame = field(default_factory=pl.DataFrame)
    holding: pl.DataFrame = field(default_factory=pl.DataFrame)

    @property
    def safe_names(self) -> dict[str, str]:
        """The names of the protected entities that are in this answer, by id."""
        safe = pl.col("id").is_in(self.scenario.protect)
        return dict(self.entities.filter(safe).select("id", "name").iter_rows())

    @property
    def question(self) -> str:
        """What was asked, where it is not the default, and why the graph is one of hindsight; empty
        where all is. The date of the data is in the headline."""
        return describe_question(
            self.scenario, self.safe_names, as_of=None, hindsight=self.graph.hindsight
        )

    @property
    def form(self) -> str:
        """The form of the lane kernel that ran: `numpy` for small work, `numba` for large."""
        return self.work.form

    def exceedance(self, run: str = "middle") -> pl.DataFrame:
        """The exceedance curve: `impact`, and the share of worlds in which it is reached.

        run: `middle`; `low` and `high` with unknown strengths at 0 and at 1
        """
        of_run = self.outer.filter(pl.col("run") == run)
        worlds = of_run if of_run.height else self.distribution
        curve = worlds.sort("impact", descending=True)
        return (
            curve.group_by("impact", maintain_order=True)
            .agg(pl.col("weight").sum())
            .select("impact", pl.col("weight").cum_sum().clip(0, 1).alias("probability"))
            .reverse()
        )

    def timeline(self) -> pl.DataFrame:
        """Who is down when: columns `hours` (ascending), `kind`, `down`, the expected number of
        entities of the kind, without origins, that are down from that hour on; `down_low`,
        `down_high`: with unknown strengths at 0 and at 1.

        Raises ScenarioError where the scenario has no hours.
        """
        if self.curve is None:
            raise ScenarioError("timeline: expected a scenario with hours, such as hours=24")
        return self.curve

    def detection(self) -> pl.DataFrame:
        """What stopping the rollout earlier or later does: columns `halt_hours`, `hit`,
        `hit_low`, `hit_high`, `std_error`, `impact`, over the same worlds.

        One row for each hour at which a ring starts (a halt at that hour still spares it), for the
        halt of the scenario, and for one after all rings. Between two rows the later one holds.
        Raises ScenarioError where the scenario has no rollout.
        """
        return self._rollout().detection

    def rollout_saves(self) -> pl.DataFrame:
        """The rollout against the same update sent to all at once: columns `rollout`
        (`as it was`, `all at once`), `hit`, `impact`, `saved` (impact less than all at once),
        over the same worlds. Raises ScenarioError where the scenario has no rollout.
        """
        return self._rollout().saves

    def _rollout(self) -> RolloutEffect:
        if self.rollout is not None:
            return self.rollout
        if self.scenario.rollout:
            raise ScenarioError("the run was stopped before the effect of the rollout was known")
        raise ScenarioError(
            "expected a scenario with a rollout, such as rollout='1%@0,10%@4,100%@24'"
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Impact":
        """The answer that `to_dict` wrote."""
        read = {name: load(value) for name, value in data.items()}
        if data["rollout"]:
            effect = read["rollout"]
            read["rollout"] = RolloutEffect(**effect | {"notes": tuple(effect["notes"])})
        return cls(
            **read
            | {
                "graph": GraphHead.from_dict(data["graph"]),
                "scenario": Scenario.from_dict(data["scenario"]),
                "totals": Totals(**data["totals"]),
                "within": Within(**data["within"]),
                "work": Work(**data["work"]),
                "notes": tuple(data["notes"]),
                "nobody": tuple(data["nobody"]),
            }
        )

    def __repr__(self) -> str:
        return f"<Impact {self.headline}>"

    def _repr_html_(self) -> str:
        said = (self.headline, self.assumption, self.question)
        return render_html(self.to_svg(), said, self.entities, self.notes)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def to_svg(self, **look: Any) -> str:
        """The impact map, one SVG document; look: fields of the table `LOOK`, such as `focus`,
        `depth`, `group_by` (a column of `entities`), `open`, `max_nodes`, `link`."""
        return render_picture(self, "map", **look)

    def exceedance_svg(self) -> str:
        """The exceedance chart, one SVG document: how bad, and how often as bad or worse."""
        return render_picture(self, "exceedance")

    def timeline_svg(self) -> str:
        """Who is down when, one SVG document. Raises ScenarioError without hours."""
        return render_picture(self, "timeline")

    def detection_svg(self) -> str:
        """How many are hit by when the rollout is stopped, one SVG document. Raises ScenarioError
        without a rollout."""
        return render_picture(self, "detection")

    def _repr_svg_(self) -> str:
        return self.to_svg()
