"""The table of verbs that answer in rows: what each needs, its own options, where it is computed.

Command line, REST, its OpenAPI document and the keywords of Python are made from it; the fields of
a scenario (`fields.py`) come on top. A new verb is a line here and the function that it names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Literal

from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.scenario.field import Bounds, Field
from knockon.graph.scenario.fields import CARRIED, FIELDS, MOST_NAMES, find_field
from knockon.graph.scenario.kinds import (
    AMONG,
    CHANGES,
    ENTITIES,
    FLAG,
    LISTED,
    NUMBER,
    ORDER,
    TABLE,
    TEXT,
    WHOLE,
)

MOST_FIELDS = len(FIELDS)
_FIX = "fix, dependent, provider, cost"


@dataclass(frozen=True)
class Question:
    """A verb that answers in rows.

    name, summary: of the verb, in one word and in one line
    function: `module:name`; called as function(graph, [target,] [other,] origins, watch=...,
        **options) with its own options and those of a scenario, or with a Scenario in the place of
        origins and its own options; nothing fails in it where origins are `none`
    fields: options of its own
    origins: whether it asks about a failure: `needed`, `some` (there may be none), `none`
    target: whether it asks about one entity, its TARGET
    other: whether it asks about a second graph, which may be left out
    leaves_out: fields of a scenario that mean nothing to it
    top: rows shown where nobody says how many; None: all
    counts: whether `top` is how many are looked for, and so goes to the function
    picture: whether its answer has one
    carries: whether its rows are about entities, whose columns may stand beside them
    """

    name: str
    summary: str
    function: str
    fields: tuple[Field, ...] = ()
    origins: Literal["needed", "some", "none"] = "none"
    target: bool = False
    other: bool = False
    leaves_out: tuple[str, ...] = ()
    top: int | None = 20
    counts: bool = False
    picture: bool = False
    carries: bool = True

    @property
    def scenario_fields(self) -> tuple[Field, ...]:
        """The fields of a scenario that it takes."""
        left_out = {*self.leaves_out, *(() if self.origins != "none" else ("severity", "origins"))}
        return tuple(f for f in FIELDS if f.name not in left_out)

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Whatever may be said: its own fields, those of the scenario, and which rows are shown."""
        top = replace(find_field("top"), default=self.top)
        return (*self.fields, *self.scenario_fields, top, *(CARRIED if self.carries else ()))

    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Its own options, checked; those that are not among the values at their defaults.

        Raises ScenarioError.
        """
        return {f.name: f.check(values.get(f.name, f.default)) for f in self.fields}

    def load(self) -> Callable[..., Any]:
        """The function that answers it."""
        module, _, name = self.function.partition(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function


_CONCENTRATION = Question(
    "concentration",
    "Who stands on whom: shares, what is critical, and how few carry how many",
    "knockon.graph.analysis.concentration:concentration",
    (
        Field("by", TEXT, "A column whose values are the providers, such as parent: groups of "
              "companies.", null="each provider by itself", metavar="COLUMN"),
        Field("per", TEXT, "A column of the users, such as sector or country: a market each value.",
              null="all users together", metavar="COLUMN"),
        Field("relation", TEXT, "This relation only; any: all of them as one market.",
              null="a market each relation", metavar="RELATION"),
        Field("kind", TEXT, "Providers of this kind only.", null="every kind", metavar="KIND"),
        Field("among", AMONG, "Who is counted as a user.",
              null="enterprises, else those on whom nobody depends"),
        Field("weight", TEXT, "A column that says what each user counts, such as weight; or what "
              "is paid for a service.", null="1 each", metavar="COLUMN"),
        Field("unions", WHOLE, "How many of the largest to add up.", default=10,
              bounds=Bounds(0, 1000)),
        Field("designation", FLAG, "The step-1 tests of Delegated Regulation (EU) 2024/1502, from "
              "registers of information.", default=False),
        Field("systemic", TABLE, "For --designation: systemic entities, columns lei, status "
              "(G-SII, O-SII, systemic), score.", null="tests 2.1 and 2.2 are open"),
        Field("totals", TABLE, "For --designation: of the Union, columns category (a to t), "
              "entities, total_assets, currency.", null="those of these registers"),
        Field("designated", TABLE, "Providers that are designated: columns lei, name.",
              null="not asked"),
    ),
    leaves_out=("mode", "hours", "rollout", "halt", "assume", "worlds", "precision", "seed",
                "protect", "memory", "rules", "strengths", "trust_register"),
    picture=True,
)  # fmt: skip

QUESTIONS: tuple[Question, ...] = (
    _CONCENTRATION,
    Question(
        "compare",
        "The same failure in two graphs, or under two scenarios, side by side.",
        "knockon.graph.analysis.compare:compare",
        fields=(
            Field(
                "without",
                ENTITIES,
                "The second graph lacks this entity, or this dependency (DEPENDENT -> PROVIDER).",
                default=(),
                null="nothing is taken away",
                most=MOST_NAMES,
            ),
            Field(
                "after",
                CHANGES,
                "A field of the scenario that is another one in the second, such as hours=8.",
                default=None,
                null="the same scenario",
                most=MOST_FIELDS,
            ),
        ),
        origins="needed",
        other=True,
        picture=True,
    ),
    Question(
        "cuts",
        "What alone or together takes a target down: minimal cut sets, and how probable that is.",
        "knockon.graph.analysis.cuts:cuts",
        (
            Field(
                "order",
                ORDER,
                "Sets of at most so many entities that fail together, or all.",
                default=3,
                bounds=Bounds(1, 1000),
                noun="all, or a whole number",
                metavar="K|all",
            ),
            Field(
                "among",
                AMONG,
                "Who may fail: a kind of entities, or a list.",
                null="every entity but the target, and gates of fault trees",
            ),
            Field(
                "strength",
                NUMBER,
                "Dependencies count that transmit at least so probably; unknown ones do.",
                null="all that may transmit",
                bounds=Bounds(0, 1, above=True),
                metavar="Q",
            ),
        ),
        origins="some",
        target=True,
        leaves_out=("rollout", "halt", "worlds", "precision", "seed", "severity", "memory"),
        picture=True,
        carries=False,
    ),
    Question(
        "harden",
        "Which few fixes would help most.",
        "knockon.graph.analysis.harden:harden",
        (
            Field(
                "budget",
                NUMBER,
                "What the fixes may cost together; a fix costs 1 where none is given.",
                default=3,
                bounds=Bounds(0, above=True),
                noun="a number",
                metavar="N",
            ),
            Field(
                "changeable",
                LISTED,
                "What may be changed: kinds of fixes (second_provider, group_member, buffer, "
                f"repair, safe, halt), or rows of {_FIX}.",
                null="every kind that means something",
                metavar="KIND,...|FILE",
                noun=f"kinds of fixes, or rows of {_FIX}",
            ),
            Field(
                "costs",
                LISTED,
                f"Costs: rows of {_FIX}; an empty cell stands for any.",
                null="the column cost, else 1",
                metavar="FILE",
                noun=f"rows of {_FIX}",
            ),
            Field(
                "against",
                LISTED,
                "What to be hardened against: scenario, all (each entity failing alone), or a list "
                "of scenarios, each with origins and weight.",
                default="scenario",
                metavar="scenario|all|FILE",
                noun="scenario, all, or a list of scenarios",
            ),
        ),
        origins="some",
        top=None,
        picture=True,
    ),
    Question(
        "strengths",
        "What is known of strengths, what fills them, and which would be worth asking for.",
        "knockon.graph.analysis.strengths:strengths",
        origins="some",
        leaves_out=("hours", "rollout", "halt", "precision", "worlds"),
        top=10,
        carries=False,
    ),
    Question(
        "rank",
        "What matters most: every entity by what its failure alone would do to others.",
        "knockon.graph.analysis.rank:rank",
        (
            Field("kind", TEXT, "Entities of this kind fail.", null="all", metavar="KIND"),
            Field("among", AMONG, "Whose loss counts.", null="everybody's", most=MOST_NAMES),
            Field("by", TEXT, "A column of entities, such as parent or sector, whose distinct "
                  "values are counted.", null="entities are counted", metavar="COLUMN"),
            Field("weight", TEXT, "A column that says what is lost with each entity.",
                  null="the column weight", metavar="COLUMN"),
        ),
        leaves_out=("precision",),
        counts=True,
        picture=True,
    ),
    Question(
        "why", "Why a target is hit by a failure, or why not: the routes, and what would save it.",
        "knockon.graph.analysis.why:why", origins="needed", target=True, top=5, counts=True,
        picture=True,
        carries=False,
    ),
)  # fmt: skip
"""The verbs, in the order in which they are listed everywhere."""


def find_question(name: str) -> Question:
    """The verb of this name. Raises ScenarioError that names the nearest."""
    for question in QUESTIONS:
        if question.name == name:
            return question
    hint = did_you_mean(name, [q.name for q in QUESTIONS])
    raise ScenarioError(f"unknown question {clip(name)!r}{hint}")
