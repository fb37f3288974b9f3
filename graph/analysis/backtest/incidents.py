"""An outage that happened: its graph, what failed, and what was reported of whom."""

from dataclasses import dataclass, field
from typing import Any

from knockon.graph.model.tables import Tables

MEASURES = ("hit", "recovery", "impact")
REPORTED = ("hit", "spared")
ATTRIBUTIONS = ("stated", "press", "tracker")  # the last: reports of users alone


@dataclass(frozen=True)
class Pair:
    """Two that shared a root and fared differently: a test that one was hit worse.

    measure: `hit` (worse was hit, better was not), `recovery` (worse was down longer) or
    `impact` (worse lost more); `worse` and `better` are ids of entities
    """

    name: str
    root: str
    worse: str
    better: str
    measure: str
    why: str = ""
    source: str = ""


@dataclass(frozen=True)
class Counted:
    """How many were exposed to what failed, and how many of them were hit.

    event: that shipped counts of the same event go by, to be left out; share: of those exposed
    exposed, hit: None where only a share was reported
    """

    event: str
    mode: str
    relation: str
    share: float
    exposed: float | None = None
    hit: float | None = None
    what: str = ""
    source: str = ""


@dataclass(frozen=True, eq=False)
class Incident:
    """One incident of a pack, as a reader hands it over.

    name: of its file
    tables: the graph; columns of its entities beside those of the contract: `reported` (`hit`,
        `spared` or null), `attribution` (`stated`, `press`, `tracker`), `reported_impact` (0..4),
        `reported_recovery_hours`, `spared_because`, `miss_note`
    scenario: plain JSON, as `Scenario.from_dict` takes it
    counted: counts of those exposed and hit, for forecasts
    assumed: what the file assumes, and why, in words
    hindsight: why the graph knows the outcome; None where its dependencies were known before
    """

    name: str
    tables: Tables
    scenario: dict[str, Any]
    paired: tuple[Pair, ...] = ()
    counted: tuple[Counted, ...] = ()
    assumed: tuple[str, ...] = field(default=())
    hindsight: str | None = None
    date: str | None = None

    @property
    def title(self) -> str:
        return self.tables.title or self.name

    def __repr__(self) -> str:
        return f"<Incident {self.name}, {len(self.paired)} paired tests, {self.tables!r}>"
