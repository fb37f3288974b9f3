"""Predictions against what really happened: who was hit, in which order, how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from knockon.graph.analysis.backtest.forecasts import sum_up, tabulate_forecasts
from knockon.graph.analysis.backtest.incidents import Incident, Pair
from knockon.graph.analysis.backtest.reports import (
    HIT_FROM,
    READINGS,
    explain_misses,
    tabulate_entities,
)
from knockon.graph.analysis.backtest.scores import TIE, Confusion, is_tied, spearman
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, KnockonError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import (
    INCIDENTS,
    StrengthsLike,
    StrengthTable,
    read_strengths,
)


@dataclass(frozen=True)
class Verdict:
    """A paired test and what the prediction says to it.

    verdict: `right`; `order` (a test of `hit` in which the worse one is likelier, but both lie
        on the same side of 0.5); `tie`; or `wrong`, the other way round
    figure: the column of the rows that decided; worse, better: its values (None: not hit)
    """

    pair: Pair
    verdict: str
    figure: str
    worse: float | None
    better: float | None


@dataclass(frozen=True, eq=False)
class Outcome:
    """One incident, predicted and reported.

    rows: a frame, one row per entity with a report that is no origin, columns `id`, `name`,
        `sector`, `reported`, `attribution`, `verdict`, `probability`, `probability_low`,
        `probability_high`, `loss`, `start_hours`, `down_hours`, `severity` (predicted: loss, or
        loss * hours, mean over all worlds), `reported_impact`, `reported_recovery_hours`, one
        boolean per reading (`predicted`, `sure`, `possible`, `reachable`, `customer`), `right`
        and `note` (why it came out wrong; null where right)
    """

    incident: Incident
    graph: DependencyGraph
    impact: Impact
    rows: pl.DataFrame
    paired: tuple[Verdict, ...]

    def score(self, reading: str = "predicted", *, strict: bool = True) -> Confusion:
        """Counts by one of READINGS; `strict` leaves rows out that rest on users' reports."""
        return score(self.rows, reading, strict=strict)

    @property
    def impact_rank(self) -> float | None:
        """Spearman's correlation of predicted severity with the coded impact of those hit."""
        return impact_rank(self.rows)

    @property
    def recovery_rank(self) -> float | None:
        """Spearman's correlation of predicted hours down with the reported hours."""
        return recovery_rank(self.rows)

    @cached_property
    def wrong(self) -> pl.DataFrame:
        """The rows that came out wrong: misses first, then false alarms."""
        return self.rows.filter(~pl.col("right")).sort("reported", "id")

    def __repr__(self) -> str:
        found = self.score()
        return (
            f"<Outcome {self.incident.name}, {count(self.rows.height, 'report')}: "
            f"precision {share(found.precision)}, recall {share(found.recall)}>"
        )


@dataclass(frozen=True, eq=False)
class Backtest:
    """All incidents of a pack, and the figures pooled over them.

    strengths: tables for what nobody stated, beside those of the scenarios
    """

    outcomes: tuple[Outcome, ...]
    strengths: tuple[StrengthTable, ...] = ()

    def of(self, *, hindsight: bool | None) -> tuple[Outcome, ...]:
        """The incidents written in hindsight, those known before, or (None) all."""
        return tuple(
            o
            for o in self.outcomes
            if hindsight is None or (o.incident.hindsight is not None) == hindsight
        )

    def pooled(
        self, reading: str = "predicted", *, strict: bool = True, hindsight: bool | None = None
    ) -> Confusion:
        """The counts of all incidents together."""
        several = self.of(hindsight=hindsight)
        return sum((o.score(reading, strict=strict) for o in several), Confusion())

    @cached_property
    def rows(self) -> pl.DataFrame:
        """The rows of all incidents, with the column `incident` before them."""
        frames = [
            o.rows.select(pl.lit(o.incident.name).alias("incident"), pl.all())
            for o in self.outcomes
        ]
        return pl.concat(frames, how="vertical")

    @cached_property
    def forecasts(self) -> pl.DataFrame:
        """What the shipped strengths would have said of the incidents that have counts
        (`forecasts.tabulate_forecasts`)."""
        return tabulate_forecasts(o.incident for o in self.outcomes)

    @property
    def impact_rank(self) -> float | None:
        """The same as of one incident, over the rows of all."""
        return impact_rank(self.rows)

    @property
    def recovery_rank(self) -> float | None:
        """The same as of one incident, over the rows of all."""
        return recovery_rank(self.rows)

    @property
    def paired(self) -> list[tuple[Outcome, Verdict]]:
        """Every paired test with its incident."""
        return [(o, v) for o in self.outcomes for v in o.paired]

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        score, naive = self.pooled(), self.pooled("customer")
        right = sum(v.verdict == "right" for _, v in self.paired)
        late = self.pooled(hindsight=True).rows
        after = f" ({late:,} of graphs written in hindsight)" if late else ""
        return (
            f"{count(len(self.outcomes), 'incident')}, {count(score.rows, 'report')}{after}: "
            f"precision {share(score.precision)}, recall {share(score.recall)}, "
            f"{score.quiet} of {score.quiet + score.alarms} spared told apart "
            f"({naive.quiet} if every customer falls); "
            f"{right} of {len(self.paired)} paired tests in the right order"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What the figures rest on."""
        before = self.of(hindsight=False)
        named = (
            ", ".join(f"{o.incident.name} ({count(o.rows.height, 'report')})" for o in before)
            or "none"
        )
        return (
            "predicted hit: " + READINGS["predicted"],
            "strict figures leave out reports that rest on users' reports alone",
            f"dependencies known before the event: {named}; all other graphs were written in "
            "hindsight, and their precision and recall say how well the graph explains, not how "
            "well it would have foreseen",
            "the order of recovery over all incidents mostly repeats how long each origin was "
            "down, which is an input",
            "stated strengths alone are the part that sources carry; the rest of the recall comes "
            "from dependencies of unknown strength, which may have been inferred from the outcome",
            f"figures within {TIE:.0%} of each other count as a tie",
            *self._describe_strengths(),
            *self._describe_forecasts(),
        )

    def _describe_strengths(self) -> tuple[str, ...]:
        """What filled strengths that nobody stated, and what that is worth as a test."""
        if not self.strengths:
            return ()
        names = ", ".join(
            f"the shipped table {t.name}" if t.shipped else clip(t.name, 40) for t in self.strengths
        )
        said = (
            f"strengths that nobody stated are those of {names}, where a row fits: what incidents "
            "say that an unknown one counts is for the rest"
        )
        if any(table.name == INCIDENTS for table in self.strengths):
            said += (
                "; the shipped ones were made from counted incidents, those here among them: these "
                "rows are no test of them, only the forecasts leave each incident out"
            )
        return (said,)

    def _describe_forecasts(self) -> tuple[str, ...]:
        """What the forecasts of the incidents with counts come to, and what they rest on."""
        found = sum_up(self.forecasts)
        if not found.counted:
            return ()
        scores = found.scores
        best = "" if scores["table"] == min(scores.values()) else ": not the best"
        return (
            f"forecasts of how many were hit, from the shipped strengths with the incident left "
            f"out: {found.inside} of {found.counted} shares inside the interval of 90 %, "
            f"{found.inside_independent} if each dependent fell by itself; mean score (CRPS, 0 "
            f"is best) {scores['table']:.3f}, against {scores['anything']:.3f} for 0 to 100 %, "
            f"{scores['independent']:.3f} for independence, {scores['one_figure']:.3f} for one "
            f"figure for all modes{best}",
            "the intervals are wide, so that most shares lie inside them; the incidents counted "
            "are those that were noticed, and which of them has counts is no random choice",
        )

    def __repr__(self) -> str:
        return f"<Backtest {self.headline}>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self.headline)}</p>{self.rows._repr_html_()}"


def backtest(incidents: Iterable[Incident], strengths: StrengthsLike = None) -> Backtest:
    """Each incident predicted from its graph and scenario, and held against its reports.

    strengths: tables for what nobody stated, looked up before those of its scenario
    Raises InputError for tables that contradict themselves and for a scenario that cannot be.
    """
    tables = read_strengths(strengths)
    ordered = sorted(incidents, key=lambda i: (i.date or "", i.name))
    outcomes = tuple(judge(i, tables) for i in ordered)
    if not outcomes:
        raise InputError("expected at least one incident, got none")
    return Backtest(outcomes, tables)


def judge(incident: Incident, tables: Sequence[StrengthTable] = ()) -> Outcome:
    """One incident: the what-if, its rows beside the reports, and the paired tests."""
    try:
        graph = DependencyGraph.from_tables(incident.tables)
        scenario = Scenario.from_dict(incident.scenario)
        both = read_strengths([*tables, *scenario.strengths])
        impact = whatif(graph, replace(scenario, strengths=both))
    except InputError:
        raise  # names its file and line
    except KnockonError as fault:
        raise InputError(f"{incident.name}: scenario: {fault}") from None
    everybody = tabulate_entities(graph, impact)
    rows = explain_misses(everybody.filter(pl.col("reported").is_not_null() & ~pl.col("origin")))
    paired = tuple(judge_pair(pair, everybody) for pair in incident.paired)
    return Outcome(incident, graph, impact, rows.drop("origin", "miss_note"), paired)


def score(rows: pl.DataFrame, reading: str = "predicted", *, strict: bool = True) -> Confusion:
    """Counts over a frame of rows; `strict` leaves rows out that rest on users' reports alone."""
    counted = rows.filter(pl.col("attribution").is_in(["stated", "press"])) if strict else rows
    happened = (counted["reported"] == "hit").to_list()
    return Confusion.of(counted[reading].to_list(), happened)


def impact_rank(rows: pl.DataFrame) -> float | None:
    """Spearman of predicted severity and coded impact, over the rows that were hit.

    Those spared are left out: that they come below is what precision and recall already say.
    """
    hit = rows.filter(pl.col("reported") == "hit")
    return spearman(hit["severity"].to_list(), hit["reported_impact"].to_list())


def recovery_rank(rows: pl.DataFrame) -> float | None:
    """Spearman of predicted hours down and reported hours to recover, where both are given."""
    return spearman(rows["down_hours"].to_list(), rows["reported_recovery_hours"].to_list())


def judge_pair(pair: Pair, rows: pl.DataFrame) -> Verdict:
    """What the prediction says to a paired test. rows: one per entity, by `id`.

    A test of `hit` is right when worse is predicted hit and better is not. One of `recovery` or
    `impact` is right when the figure of worse is higher by more than a tie.
    """
    figure = {"hit": "probability", "recovery": "down_hours", "impact": "severity"}[pair.measure]
    by_id = dict(zip(rows["id"], rows[figure], strict=True))
    worse, better = by_id[pair.worse], by_id[pair.better]
    high, low = worse or 0.0, better or 0.0
    if is_tied(high, low):
        verdict = "tie"
    elif high < low:
        verdict = "wrong"
    else:
        verdict = "right" if pair.measure != "hit" or high >= HIT_FROM > low else "order"
    return Verdict(pair, verdict, figure, worse, better)


def share(value: float | None) -> str:
    """A figure of 0..1 with two digits, `-` where there is none."""
    return "-" if value is None else f"{value:.2f}"


def count(number: int, word: str) -> str:
    """`1 report`, `2 reports`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
