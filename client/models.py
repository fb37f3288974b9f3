"""What the server takes and gives, as types.

Made by docs/client.py from its OpenAPI document: not to be edited.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class ByKind(TypedDict):
    """
    Figures of the entities of one kind that are no origins.
    """

    kind: str
    entities: int
    within_reach: int
    hit: float
    hit_low: float
    hit_high: float
    impact: float


class BySector(TypedDict):
    """
    Figures of the entities of one sector (null: none stated) that are no origins.
    """

    sector: str | None
    entities: int
    within_reach: int
    hit: float
    hit_low: float
    hit_high: float
    impact: float


WithoutItem: TypeAlias = str


ProtectItem: TypeAlias = str


Column: TypeAlias = str


class ConcentrationBody(TypedDict):
    """
    Who stands on whom: shares, what is critical, and how few carry how many: what is asked.
    """

    by: NotRequired[str | None]
    per: NotRequired[str | None]
    relation: NotRequired[str | None]
    kind: NotRequired[str | None]
    among: NotRequired[str | list[str] | None]
    weight: NotRequired[str | None]
    unions: NotRequired[int]
    designation: NotRequired[bool]
    systemic: NotRequired[str | list[dict[str, str]] | None]
    totals: NotRequired[str | list[dict[str, str]] | None]
    designated: NotRequired[str | list[dict[str, str]] | None]
    top: NotRequired[int | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    exact: NotRequired[bool | None]


class CountryCount(TypedDict):
    """
    How many entities are of a country; those that state none are not counted.
    """

    country: str
    entities: int


class DependencyJson(TypedDict):
    """
    A dependency of or on an entity; `id`, `name` and `kind` are those of the other end.
    """

    id: str
    name: str
    kind: str
    relation: str
    probability: float | None
    loss: float
    grace_hours: float
    grace_hours_to: float | None
    group: str | None
    needs: int
    switch_hours: float
    switch_hours_to: float | None
    switch_probability: float
    shared_cause: str | None
    rho: float
    source: str | None
    evidence: str | None
    as_of: str | None


class DependencyPage(TypedDict):
    """
    A page of dependencies by (dependent, provider, relation, group).
    """

    schema: int
    total: int
    dependencies: list[dict[str, Any]]
    next_cursor: int | None


OpenItem: TypeAlias = str


class EntityJson(TypedDict):
    """
    One entity. `other` holds the columns that only its source knows.

    `repair_hours_to`: where the hours are a range, its upper end; likewise in dependencies.
    """

    id: str
    name: str
    kind: str
    parent: str | None
    sector: str | None
    country: str | None
    weight: float
    repair_hours: float
    repair_hours_to: float | None
    backlog: float
    failure_probability: float | None
    failures_per_year: float | None
    other: dict[str, Any]


class EntityRow(TypedDict):
    """
    One entity within reach, or beside it and spared. Rank 0: an origin.

    `rank_best` to `rank_worst`: what two standard errors of the difference cannot tell apart.
    `strength_source`: the weakest on its route, of `stated`, `own table`, `register`, `incidents`,
    `none`; null without a route.
    Hours are over the worlds that hit it: null where none does, or where the scenario has none.
    """

    rank: int
    rank_best: int
    rank_worst: int
    id: str
    name: str
    kind: str
    sector: str | None
    hops: int | None
    probability: float
    probability_low: float
    probability_high: float
    std_error: float
    verdict: str
    loss: float | None
    start_hours: float | None
    down_hours: float | None
    down_hours_p50: float | None
    down_hours_p95: float | None
    impact: float
    impact_std_error: float
    carries: float
    route: list[str] | None
    strength_source: str | None


class FindingJson(TypedDict):
    """
    Something that reading or checking did to the rows.
    """

    action: str
    count: int
    reason: str
    examples: list[str]


class GraphHead(TypedDict):
    """
    Which graph answered.
    """

    title: str
    entities: int
    dependencies: int


class GraphLink(TypedDict):
    """
    A graph that is served.
    """

    name: str
    title: str
    entities: int
    dependencies: int
    href: str


class GraphsJson(TypedDict):
    """
    The graphs that are served, in the order in which the server was given them.
    """

    schema: int
    graphs: list[GraphLink]


class HoldingRow(TypedDict):
    """
    An entity that stands although a provider may fall. `reason`: `group`, with its `members`,
    how many are `left` and how many it `needs`; `grace`; or `protected`. `lost`: ids of providers
    that may fall, six at most.
    """

    id: str
    name: str
    kind: str
    reason: str
    members: int | None
    left: int | None
    needs: int | None
    lost: list[str]


class JobJson(TypedDict):
    """
    A question under way, or ended. Times in seconds since 1970; `progress` in steps of its own.

    `state`: queued, running, done, failed, cancelled; `problem`: why there is no answer
    """

    id: str
    state: str
    graph: str
    question: str
    done: int | None
    total: int | None
    attempts: int
    created: float
    started: float | None
    ended: float | None
    href: str
    events: str
    result: str
    problem: dict[str, Any] | None


class KeptGraph(TypedDict):
    """
    A version of a graph that was asked. sources: digests by name.
    """

    name: str
    version: int
    digest: str
    sources: dict[str, Any]


class KindCount(TypedDict):
    """
    How many entities are of a kind.
    """

    kind: str
    entities: int


class LimitJson(TypedDict):
    """
    A limit: `status` is what a request beyond it gets, null where it is not refused.
    """

    name: str
    value: float
    unit: str
    about: str
    status: int | None
    advice: str


class LimitsJson(TypedDict):
    """
    The limits of this server.
    """

    schema: int
    limits: list[LimitJson]


class NeededEntity(TypedDict):
    """
    An entity, and how many others depend on it themselves.
    """

    id: str
    name: str
    kind: str
    dependents: int


class OriginBody(TypedDict):
    """
    An entity that fails, and the share of its function that it loses.
    """

    id: str
    severity: NotRequired[float | None]
    name: NotRequired[str | None]


class OriginJson(TypedDict):
    """
    An entity that fails, and the share of its function that it loses.
    """

    id: str
    name: str
    severity: float


class PageJson(TypedDict):
    """
    A page of the rows: how many fit in all, how many stood before it, where the next begins
    (null: it is the last).
    """

    rows: int
    cursor: int
    next_cursor: int | None


class PlanJson(TypedDict):
    """
    What a what-if will take, as `graph.analysis.forecast.Forecast` has it.
    """

    schema: int
    scenario: dict[str, Any]
    size: dict[str, Any]
    reach: dict[str, Any] | None
    worlds: int
    runs: dict[str, float]
    seconds: dict[str, dict[str, float]]
    clock: dict[str, float]
    memory: dict[str, float]
    allowed: int
    plan: str
    why: str
    partitions: int
    shipped: int
    factor: float
    speed: float
    notes: list[str]


class QuestionJson(TypedDict):
    """
    What was asked of a verb, with every default: it can be asked again.

    `worlds`: as asked, or looked at; null: as many as it takes; `exact`: null where not known.
    """

    origins: list[OriginJson]
    mode: str
    hours: float | str | None
    rollout: str | None
    halt: float | None
    assume: float
    strengths: list[Any] | str
    trust_register: bool
    worlds: int | None
    exact: bool | None
    precision: float | None
    seed: int
    protect: list[str]
    rules: NotRequired[list[list[str]]]


class RankBody(TypedDict):
    """
    What matters most: every entity by what its failure alone would do to others.: what is asked.
    """

    kind: NotRequired[str | None]
    among: NotRequired[str | list[str] | None]
    by: NotRequired[str | None]
    weight: NotRequired[str | None]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    top: NotRequired[int | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    exact: NotRequired[bool | None]


class RecoveryRow(TypedDict):
    """
    An entity that states a recovery time. `exceeds`: it is down for longer in the median of the
    worlds that hit it; null: in 1 world of 20, but not in the median.
    """

    id: str
    name: str
    kind: str
    recovery_hours: float
    down_hours: float
    down_hours_p50: float
    down_hours_p95: float
    probability_low: float
    probability: float
    probability_high: float
    exceeds: bool | None


class RelationCount(TypedDict):
    """
    How many dependencies are of a relation; `unknown`: of these, without a stated strength.
    """

    relation: str
    dependencies: int
    unknown: int


class RolloutRow(TypedDict):
    """
    A rollout: `as it was`, or `all at once`; `saved` is impact less than all at once.
    """

    rollout: str
    hit: float
    impact: float
    saved: float


class RuleJson(TypedDict):
    """
    A relation that a mode crosses, and the mode as which it arrives.
    """

    mode: str
    relation: str
    becomes: str


class SaveBody(TypedDict):
    """
    What to ask and to keep: the verb, and what its POST would be sent.
    """

    question: NotRequired[str]
    asked: dict[str, Any]
    title: NotRequired[str | None]


class SavedJson(TypedDict):
    """
    What a saved answer came from, and where it is: `result` its bytes, `page` to link to.
    """

    schema: int
    id: str
    title: str
    question: str
    scenario: dict[str, Any]
    seed: int | None
    who: str
    created: str
    program: str
    sha256: str
    graph: KeptGraph
    href: str
    result: str
    page: str
    picture: str | None


class SavedRow(TypedDict):
    """
    A saved answer in a list.
    """

    id: str
    title: str
    question: str
    who: str
    created: str
    program: str
    version: int
    href: str
    result: str
    page: str


class ScenarioJson(TypedDict):
    """
    What was asked, as run, with every default: it can be asked again.

    `worlds`: looked at; `exact`: all cases, nothing drawn; `precision`: null where not asked.
    `hours`: a number, or a range as text (`2..72`); `rollout`: what is reached in all, from which
    hour on (`1%@0,10%@4,100%@24`); `rules`: only where they are the user's own.
    """

    origins: list[OriginJson]
    mode: str
    hours: float | str | None
    rollout: str | None
    halt: float | None
    assume: float
    strengths: list[Any] | str
    trust_register: bool
    worlds: int
    exact: bool
    precision: float | None
    seed: int
    protect: list[str]
    rules: NotRequired[list[list[str]]]


class SectorCount(TypedDict):
    """
    How many entities are of a sector; those that state none are not counted.
    """

    sector: str
    entities: int


class SourceJson(TypedDict):
    """
    A status page. `state`: read, late (not the last time, but lately), stale (not lately),
    unreadable (never), waiting (not tried yet). `as_of`: when the page says it was made.

    `untold`: what it reports in a state that is not understood; `foreign`: what is down and of no
    concern, by the operator's table; `carried`: what is down and counts as the page's entity;
    `noted`: what is degraded or in maintenance, and counts as no loss
    """

    source: str
    page: str | None
    state: str
    last_read: str | None
    last_try: str | None
    as_of: str | None
    fault: str | None
    faults: int
    untold: list[str]
    foreign: list[str]
    carried: list[str]
    noted: list[str]


class SpellJson(TypedDict):
    """
    An entity that is or was down, by one source. `since`, `until`: when it was first read as
    down, and as not down any more; `stale`: its source was not read lately.
    """

    id: str
    name: str
    kind: str
    severity: float
    since: str
    until: str | None
    source: str
    component: str
    status: str
    last_read: str | None
    stale: bool


class StrengthsBody(TypedDict):
    """
    What is known of strengths, what fills them, and which would be worth asking for.: what is asked.
    """

    origins: NotRequired[list[str | OriginBody]]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    exact: NotRequired[bool | None]


class TimelineBody(TypedDict):
    """
    A scenario with hours.
    """

    origins: list[str | OriginBody]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: float | str
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    kind: NotRequired[str | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    group_by: NotRequired[str | None]
    focus: NotRequired[str | None]
    depth: NotRequired[int | None]
    max_nodes: NotRequired[int]
    open: NotRequired[list[OpenItem]]
    link: NotRequired[str | None]
    exact: NotRequired[bool | None]


class TotalsJson(TypedDict):
    """
    Without origins, whose impact stands alone. `p50`, `p95`, `p99`: of the impact over worlds.

    `_low`, `_high`: with unknown strengths at 0, and at 1.
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
    p50_std_error: float
    p95_std_error: float
    p99_std_error: float
    by_kind: list[ByKind]
    by_sector: list[BySector]


class UnmatchedJson(TypedDict):
    """
    Something that is down and fits no entity of the graph.
    """

    source: str
    component: str
    why: str


class VersionJson(TypedDict):
    """
    A version of a graph with its load report; `answers`: how many were saved about it.
    """

    version: int
    digest: str
    title: str
    entities: int
    dependencies: int
    report: list[dict[str, Any]]
    sources: dict[str, Any]
    who: str
    program: str
    created: str
    answers: int


class VersionsJson(TypedDict):
    """
    The versions of a graph, the latest first.
    """

    schema: int
    versions: list[VersionJson]


class WhatifBody(TypedDict):
    """
    A scenario: what fails, how, and under which assumptions.
    """

    origins: list[str | OriginBody]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    kind: NotRequired[str | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    group_by: NotRequired[str | None]
    focus: NotRequired[str | None]
    depth: NotRequired[int | None]
    max_nodes: NotRequired[int]
    open: NotRequired[list[OpenItem]]
    link: NotRequired[str | None]
    exact: NotRequired[bool | None]
    find: NotRequired[str]
    sector: NotRequired[str | None]
    sort: NotRequired[Literal["rank", "name", "probability", "impact", "carries"]]
    cursor: NotRequired[int]


class WhatifJson(TypedDict):
    """
    The answer to a what-if. `question`: all that is not the default, and the date of the data,
    in words. `more`: rows, of the `kind` if one is named, that `top` left out.

    `holding`: who stands although a provider may fall, by weight, and why; without rows where
    nobody does.
    `recovery`: with hours, those that state a recovery time, and whether the outage exceeds it.
    `rollout`: with a rollout, what it saves against the same update sent to all at once.
    `strength_sources`: how many dependencies within reach have their strength from where;
    `strength_rows`: the rows of tables that filled some, and how many each.
    """

    schema: int
    graph: GraphHead
    scenario: ScenarioJson
    headline: str
    assumption: str
    question: str
    totals: TotalsJson
    holding: list[HoldingRow]
    recovery: NotRequired[list[RecoveryRow]]
    rollout: NotRequired[list[RolloutRow]]
    strength_sources: dict[str, int]
    strength_rows: list[dict[str, Any]]
    entities: list[EntityRow]
    notes: list[str]
    more: int
    page: NotRequired[PageJson]


class WhyBody(TypedDict):
    """
    Why a target is hit by a failure, or why not: the routes, and what would save it.: what is asked.
    """

    target: str
    origins: list[str | OriginBody]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    exact: NotRequired[bool | None]


class EntityName(TypedDict):
    """
    An entity by id and name.
    """

    id: str
    name: str


class Fault(TypedDict):
    """
    One fault of a request: what is wrong, and where.
    """

    detail: str
    pointer: NotRequired[str]
    parameter: NotRequired[str]


class Problem(TypedDict):
    """
    Problem details (RFC 9457). `nearest`, `matches` and `errors` say how to mend the request;
    `limit` and `value` which limit of `/v1/limits` it is beyond.
    """

    type: str
    title: str
    status: int
    detail: str
    nearest: NotRequired[list[EntityName]]
    matches: NotRequired[list[EntityName]]
    errors: NotRequired[list[Fault]]
    limit: NotRequired[str]
    value: NotRequired[float]


class AnswerJson(TypedDict):
    """
    The answer of a verb in rows. `more`: rows that `top` left out. `strength_sources`: how many
    dependencies looked at have their strength from where, where strengths count.

    Which keys a row has, and what stands beside the rows, depends on the verb.
    """

    schema: int
    graph: GraphHead
    scenario: QuestionJson
    headline: str
    question: str
    strength_sources: NotRequired[dict[str, int]]
    rows: list[dict[str, Any]]
    notes: list[str]
    more: int


class CompareBody(TypedDict):
    """
    The same failure in two graphs, or under two scenarios, side by side.: what is asked.
    """

    other: NotRequired[str | None]
    without: NotRequired[list[WithoutItem]]
    after: NotRequired[dict[str, Any] | None]
    origins: list[str | OriginBody]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    exact: NotRequired[bool | None]


class CutsBody(TypedDict):
    """
    What alone or together takes a target down: minimal cut sets, and how probable that is.: what is asked.
    """

    target: str
    order: NotRequired[int | Literal["all"]]
    among: NotRequired[str | list[str] | None]
    strength: NotRequired[float | None]
    origins: NotRequired[list[str | OriginBody]]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    protect: NotRequired[list[ProtectItem]]
    top: NotRequired[int | None]
    exact: NotRequired[bool | None]


class DependenciesJson(TypedDict):
    """
    Dependencies of one direction. `total` counts all, `more` those not shown.
    """

    total: int
    more: int
    rows: list[DependencyJson]


class DetectionBody(TypedDict):
    """
    A scenario with a rollout.
    """

    origins: list[str | OriginBody]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: str
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    kind: NotRequired[str | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    group_by: NotRequired[str | None]
    focus: NotRequired[str | None]
    depth: NotRequired[int | None]
    max_nodes: NotRequired[int]
    open: NotRequired[list[OpenItem]]
    link: NotRequired[str | None]
    exact: NotRequired[bool | None]


class EntitiesJson(TypedDict):
    """
    A page of entities by id. `total` counts all pages, `more` those after this one.
    """

    schema: int
    graph: GraphHead
    total: int
    more: int
    entities: list[EntityJson]
    next: str | None
    next_cursor: str | None


class EntityDetailJson(TypedDict):
    """
    An entity, what it depends on, and what depends on it.
    """

    schema: int
    graph: GraphHead
    entity: EntityJson
    dependencies: DependenciesJson
    dependents: DependenciesJson


class GraphJson(TypedDict):
    """
    What a graph holds, where it came from, and what was dropped, merged or invented.
    """

    schema: int
    name: str
    title: str
    entities: int
    dependencies: int
    groups: int
    kinds: list[KindCount]
    sectors: list[SectorCount]
    countries: list[CountryCount]
    most_needed: list[NeededEntity]
    relations: list[RelationCount]
    weight_unit: str | None
    sources: dict[str, str]
    report: list[FindingJson]


class HardenBody(TypedDict):
    """
    Which few fixes would help most.: what is asked.
    """

    budget: NotRequired[float]
    changeable: NotRequired[str | list[str | dict[str, Any]] | None]
    costs: NotRequired[str | list[str | dict[str, Any]] | None]
    against: NotRequired[str | list[str | dict[str, Any]]]
    origins: NotRequired[list[str | OriginBody]]
    mode: NotRequired[Literal["outage", "bad_update", "compromise", "withdrawal"]]
    hours: NotRequired[float | str | None]
    rollout: NotRequired[str | None]
    halt: NotRequired[float | None]
    assume: NotRequired[float]
    strengths: NotRequired[
        Literal["none", "incidents", "calls", "register"]
        | list[Literal["none", "incidents", "calls", "register"]]
    ]
    trust_register: NotRequired[bool]
    worlds: NotRequired[int | None]
    precision: NotRequired[float | None]
    seed: NotRequired[int]
    protect: NotRequired[list[ProtectItem]]
    severity: NotRequired[float]
    top: NotRequired[int | None]
    columns: NotRequired[str | list[Column] | None]
    where: NotRequired[str | None]
    exact: NotRequired[bool | None]


class HistoryJson(TypedDict):
    """
    What was down, from when to when, the latest first; `forgotten`: older spells, not kept.
    """

    schema: int
    graph: GraphHead
    spells: list[SpellJson]
    forgotten: int


class ModesJson(TypedDict):
    """
    The rules that come with knockon; a relation that no rule lists crosses every mode.
    """

    schema: int
    rules: list[RuleJson]


class NowJson(TypedDict):
    """
    What is down now and what of a graph that hits.

    `complete`: every source was read lately and understood; where not, nobody can be called safe.
    `impact`: the what-if of all that is down; null where nothing is, or where it has no answer
    """

    schema: int
    graph: GraphHead
    at: str
    headline: str
    complete: bool
    sources: list[SourceJson]
    down: list[SpellJson]
    unmatched: list[UnmatchedJson]
    recovered: list[SpellJson]
    impact: dict[str, Any] | None
    notes: list[str]


class SavedPage(TypedDict):
    """
    Saved answers, the latest first; `next_cursor`: of the page after it.
    """

    schema: int
    answers: list[SavedRow]
    next_cursor: int | None
