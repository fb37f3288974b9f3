"""The table of the fields of a scenario: names, kinds, defaults, bounds and words, said once.

Command line, REST, its OpenAPI document, the page, files of incidents, JSON and the keywords of
`whatif` are all made from it. A new option is a line of the table, its types in `Options` and
`Values` below it, and its use.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

from knockon.graph.model.hours import LONGEST, Hours
from knockon.graph.scenario.field import Bounds, Field, Form
from knockon.graph.scenario.kinds import (
    BYTES,
    ENTITIES,
    FLAG,
    HOURS,
    NAMES,
    NUMBER,
    ORIGINS,
    PLACE,
    ROLLOUT,
    RULES,
    STRENGTHS,
    TEXT,
    WHOLE,
)
from knockon.graph.scenario.modes import Rule, describe_modes, load_shipped_rules
from knockon.graph.scenario.origins import Origin
from knockon.graph.scenario.rollout import Ring, RolloutLike
from knockon.graph.scenario.strengths import StrengthsLike, StrengthTable, describe_strengths

HoursLike: TypeAlias = Hours | float | str | tuple[float, float]

WORLDS = 2_000  # drawn where the cases are too many to enumerate and nobody names a number
MOST_WORLDS = 100_000  # that somebody else's file, or a client, may ask for
MOST_NAMES = 200  # that a client may list
_EXACT = 2**53 - 1  # whole numbers up to here are exact in every reader of JSON

FIELDS = (
    Field(
        "origins", ORIGINS, "What fails.",
        single="origin", most=MOST_NAMES,
        form=Form("What fails", example="name or id, for example a product"),
    ),
    Field(
        "mode", TEXT, "How it fails.",
        default="outage", choices=describe_modes(), metavar="MODE", form=Form("How it fails"),
    ),
    Field(
        "hours", HOURS,
        "Hours that the origins are down: 4, or a range such as 2..72. Impact then counts hours.",
        null="no times",
        form=Form(
            "Hours that it is down", "time", "4, or a range: 2..72",
            "Given: when each is down, and for how long.",
        ),
    ),
    Field(
        "rollout", ROLLOUT,
        "Rings of a bad update: what is reached in all, from which hour on, such as "
        "1%@0,10%@4,100%@24. Only with the mode bad_update.",
        null="all at once",
        form=Form(
            "Rings of the rollout", "time", "1%@0, 10%@4, 100%@24",
            "Of a bad update: what it has reached in all, and from which hour on.",
        ),
    ),
    Field(
        "halt", NUMBER, "Hour at which the rollout is stopped: a ring that starts then or later is "
        "spared. Only with a rollout.",
        null="never", bounds=Bounds(0, LONGEST), noun="a number of hours", metavar="H",
        form=Form(
            "Stopped at hour", "time", "never", "A ring that starts then or later is spared."
        ),
    ),
    Field(
        "assume", NUMBER, "Strength at which unknown dependencies count in the middle figure.",
        default=0.5, bounds=Bounds(0, 1), metavar="SHARE",
        form=Form("Strength of unknown dependencies, 0 to 1", "assumptions"),
    ),
    Field(
        "strengths", STRENGTHS,
        "What fills strengths that nobody stated: words of the register or export that raise them, "
        "and what was typical of past incidents; on the command line also FILE.csv, looked up "
        "first, and several of them.",
        default=(), choices=describe_strengths(),
        form=Form("Strengths that nobody stated", "assumptions"),
    ),
    Field(
        "trust_register", FLAG,
        "Let what a register or export plays down (low reliance, soft, optional) lower strengths, "
        "too; else its words only raise them.",
        default=False,
        form=Form("What registers play down lowers strengths", "assumptions"),
    ),
    Field(
        "worlds", WHOLE, "Random worlds to draw.",
        null=f"every case where few, else {WORLDS:,}",
        bounds=Bounds(1), limits=Bounds(1, MOST_WORLDS),
        form=Form("Random worlds", "assumptions", "as many as needed"),
    ),
    Field(
        "precision", NUMBER, "Draw until no probability has a larger standard error, such as "
        "0.005; instead of worlds.",
        null="not asked for", noun="a standard error", metavar="ERROR",
        bounds=Bounds(1e-5, 1, below=True),  # 2.5 billion worlds
        limits=Bounds(0.0016, 1, below=True),  # what MOST_WORLDS reach, whatever the probability
    ),
    Field(
        "seed", WHOLE, "Seed of the random worlds.",
        default=0, limits=Bounds(-_EXACT, _EXACT), form=Form("Seed of the draws", "assumptions"),
    ),
    Field(
        "protect", ENTITIES, "Entities that nothing hits.",
        default=(), most=MOST_NAMES,
        form=Form("Protected, whatever happens", "assumptions", "name or id"),
    ),
    Field(
        "severity", NUMBER,
        "Share of its function that each origin loses, if it states none itself.",
        default=1.0, bounds=Bounds(0, 1, above=True), metavar="SHARE",
    ),
    Field(
        "memory", BYTES, "Memory that the lanes may take, such as 8G.",
        null="half of what is free", remote=False,
    ),
    Field(
        "on", PLACE, "Where the worlds run: a Spark Connect server, such as sc://localhost:50051.",
        null="this process", remote=False, metavar="sc://HOST:PORT",
    ),
    Field(
        "plan", TEXT, "With --on: how the work is cut.", default="auto",
        choices=(
            ("worlds", "the graph goes to every worker, each takes other worlds"),
            ("blocks", "every worker has a part of the graph, and news goes between them"),
            ("auto", "worlds, where the graph fits a worker"),
        ),
        remote=False, metavar="PLAN",
    ),
    Field(
        "on_folder", PLACE, "With --on: a folder that this machine and the workers see under the "
        "same name.", null="a temporary one, for workers on this machine", remote=False,
        metavar="FOLDER",
    ),
    Field(
        "resume", FLAG, "With --on and --on-folder: take what an earlier run of the same question "
        "left there.", default=False, remote=False,
    ),
    Field(
        "rules", RULES,
        "Your own rules of which relations a mode crosses: rows of mode, relation, becomes.",
        null="those of graph/scenario/rules.csv", remote=False,
    ),
)  # fmt: skip
"""What is asked, in the order in which it is listed everywhere."""

CARRIED = (
    Field(
        "columns", NAMES, "Columns of the inventory to show with each row, such as owner,contract.",
        null="none", most=MOST_NAMES, metavar="A,B",
        form=Form("Columns of the inventory", "view", "owner, contract"),
    ),
    Field(
        "where", TEXT, "Show rows that fit only: a condition on their columns and those of the "
        "inventory, such as \"kind = 'enterprise' and owner is null\".",
        null="every row", metavar="EXPR",
        form=Form("Only rows where", "view", "kind = 'enterprise' and owner is null"),
    ),
)  # fmt: skip
"""What of the inventory stands beside the rows of an answer, and chooses among them."""

VIEW = (
    Field(
        "top", WHOLE, "Rows to show; the answer counts the others.",
        default=20, null="all", bounds=Bounds(0), limits=Bounds(0, 2**31 - 1),
    ),
    Field("kind", TEXT, "Show rows of this kind only.", null="every kind"),
    *CARRIED,
)  # fmt: skip
"""Which rows of an answer are shown; no part of the scenario."""


LOOK = (
    Field(
        "group_by", TEXT, "A column of entities whose values stacks of the map are told apart by: "
        "kind, sector, parent, country.", null="one stack behind each box", metavar="COLUMN",
    ),
    Field("focus", TEXT, "Show this entity, what leads to it, and what is behind it.",
          null="all within reach", metavar="TARGET"),
    Field("depth", WHOLE, "Columns right of what fails; the last holds what lies beyond.",
          null="as many as read well", bounds=Bounds(1, 12)),
    Field("max_nodes", WHOLE, "Up to so many entities all stand by name; beyond, so many marks.",
          default=40, bounds=Bounds(4, 400)),
    Field("open", ENTITIES, "Show all names of the stack behind this entity.", default=(),
          most=MOST_NAMES, metavar="STACK"),
    Field("link", TEXT, "Where the marks of the map lead: an address with {id}, {name} or {kind} "
          "in it; none: nowhere.", null="the page of a server, of a file nowhere",
          metavar="ADDRESS"),
)  # fmt: skip
"""How the map is shown; neither part of the scenario nor of the answer."""


class Options(TypedDict, total=False):
    """What `Scenario.of` and every question take as keywords, as Python may say it."""

    mode: str
    hours: HoursLike | None
    rollout: RolloutLike | None
    halt: float | None
    assume: float
    strengths: StrengthsLike
    trust_register: bool
    worlds: int | None
    precision: float | None
    seed: int
    protect: str | Iterable[str]
    severity: float
    memory: int | str | None
    on: str | None
    plan: str
    on_folder: str | None
    resume: bool
    rules: Iterable[Rule] | None


@dataclass(frozen=True)
class Values:
    """The same as the engine reads it; a severity stands with each origin."""

    origins: tuple[Origin, ...]
    mode: str = "outage"
    assume: float = 0.5
    worlds: int | None = None
    precision: float | None = None
    memory: int | None = None
    # where it runs is no part of what is asked, and an address may hold a token
    on: str | None = field(default=None, compare=False, repr=False)
    plan: str = field(default="auto", compare=False, repr=False)
    on_folder: str | None = field(default=None, compare=False, repr=False)
    resume: bool = field(default=False, compare=False, repr=False)
    seed: int = 0
    protect: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = field(default_factory=load_shipped_rules)
    hours: Hours | None = None
    rollout: tuple[Ring, ...] = ()
    halt: float | None = None
    strengths: tuple[StrengthTable, ...] = ()
    trust_register: bool = False


_BY_NAME = {f.name: f for f in (*FIELDS, *VIEW, *LOOK)}


def find_field(name: str) -> Field:
    """The field of this name. Raises KeyError."""
    return _BY_NAME[name]
