"""What is down now and what that means for a graph: as JSON, which says what is not known, too."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import TypedDict

from knockon.api.live.history import Change, Spell
from knockon.api.live.live import Live
from knockon.api.live.pace import write_time
from knockon.api.live.watched import FRESH, Watched
from knockon.api.schema import SCHEMA, GraphHead, serialize_graph_head
from knockon.graph.analysis import answer as answers
from knockon.graph.errors import clip, some

_MOST = 500  # of each kind of what a page reports beside what is down
RECOVERED = 20  # spells that are over, shown beside what is down


class SourceJson(TypedDict):
    """A status page. `state`: read, late (not the last time, but lately), stale (not lately),
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
    """An entity that is or was down, by one source. `since`, `until`: when it was first read as
    down, and as not down any more; `stale`: its source was not read lately."""

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


class UnmatchedJson(TypedDict):
    """Something that is down and fits no entity of the graph."""

    source: str
    component: str
    why: str


class NowJson(TypedDict):
    """What is down now and what of a graph that hits.

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


def list_origins(live: Live, name: str) -> list[dict[str, Any]]:
    """{"id", "severity"} of all that is down, by the worst that a source says."""
    found: dict[str, float] = {}
    for spell in live.histories[name].current:
        down = spell.down
        found[down.entity] = max(found.get(down.entity, 0.0), down.severity)
    ids = live.graphs[name].entities["id"]  # which may have been loaded anew since
    return [
        {"id": i, "severity": s} for i, s in sorted(found.items()) if ids.index_of(i) is not None
    ]


def describe_now(
    live: Live, name: str, impact: dict[str, Any] | None, problem: str = ""
) -> NowJson:
    """What is down in a graph.

    impact: the what-if of `list_origins`; problem: why there is none
    """
    graph, history = live.graphs[name], live.histories[name]
    down = [_describe_spell(live, spell) for spell in history.current]
    over = [_describe_spell(live, spell) for spell in list(history.over)[: -RECOVERED - 1 : -1]]
    sources = [_describe_source(live, name, source) for source in live.sources]
    unmatched: list[UnmatchedJson] = [
        {"source": source.label, "component": clip(component, 200), "why": why}
        for source in live.sources
        if name in source.placed
        for component, why in source.placed[name][1].unmatched[:_MOST]
    ]
    notes = _note(live, sources, unmatched, history.forgotten)
    notes += [
        f"{source.label}: of what fits no entity, is not understood or counts for nothing the "
        f"first {_MOST:,} of each kind are shown; it reports up to {most:,}"
        for source in live.sources
        if (most := _count_longest(source, name)) > _MOST
    ]
    if problem:
        notes.insert(0, f"what that hits is not known: {problem}")
    return {
        "schema": SCHEMA,
        "graph": serialize_graph_head(answers.GraphHead.of(graph)),
        "at": write_time(live.clock.now()),
        "headline": _write_headline(down, sources, unmatched, impact, problem),
        "complete": all(s["state"] in FRESH and not s["untold"] for s in sources),
        "sources": sources,
        "down": down,
        "unmatched": unmatched,
        "recovered": over,
        "impact": impact,
        "notes": notes,
    }


def _count_longest(source: Watched, name: str) -> int:
    """How long the longest of the lists of a source is."""
    placed = source.placed.get(name)
    found: list[Sequence[Any]] = [source.report.untold] if source.report else []
    if placed:
        of = placed[1]
        found += [of.unmatched, of.foreign, of.carried, of.noted]
    return max(map(len, found), default=0)


def describe_history(live: Live, name: str) -> list[SpellJson]:
    """All spells that are remembered, the latest first."""
    history = live.histories[name]
    spells = sorted((*history.over, *history.current), key=lambda s: s.began, reverse=True)
    return [_describe_spell(live, spell) for spell in spells]


def describe_change(live: Live, change: Change) -> dict[str, Any]:
    """A spell, and what happened to it: `down`, `severity`, `recovered`."""
    return {"what": change.what, **_describe_spell(live, change.spell)}


def _describe_spell(live: Live, spell: Spell) -> SpellJson:
    down = spell.down
    source = next((s for s in live.sources if s.label == spell.source), None)
    read_at = source.read_at if source else None
    return {
        "id": down.entity,
        "name": down.name,
        "kind": down.kind,
        "severity": down.severity,
        "since": write_time(spell.began),
        "until": write_time(spell.ended) if spell.ended else None,
        "source": spell.source,
        "component": clip(down.component, 200),
        "status": down.status or "reported",
        "last_read": write_time(read_at) if read_at else None,
        "stale": spell.ended is None and (source is None or live.state(source) not in FRESH),
    }


def _describe_source(live: Live, name: str, source: Watched) -> SourceJson:
    report, placed = source.report, source.placed.get(name)
    return {
        "source": source.label,
        "page": clip(report.name, 200) if report else None,
        "state": live.state(source),
        "last_read": write_time(source.read_at) if source.read_at else None,
        "last_try": write_time(source.tried_at) if source.tried_at else None,
        "as_of": (clip(report.as_of, 60) or None) if report else None,
        "fault": source.fault or None,
        "faults": source.faults,
        "untold": [clip(words, 200) for words in report.untold[:_MOST]] if report else [],
        "foreign": [clip(words, 200) for words in placed[1].foreign[:_MOST]] if placed else [],
        "carried": [clip(words, 200) for words, _ in placed[1].carried[:_MOST]] if placed else [],
        "noted": [f"{clip(name, 160)} ({status})" for name, status in placed[1].noted[:_MOST]]
        if placed
        else [],
    }


def _write_headline(
    down: list[SpellJson], sources: list[SourceJson], unmatched: list[UnmatchedJson],
    impact: dict[str, Any] | None, problem: str,
) -> str:  # fmt: skip
    """One or two sentences; never that nobody is hit where a source was not read."""
    unread = [s["source"] for s in sources if s["state"] not in FRESH]
    untold = [s["source"] for s in sources if s["untold"]]
    doubt = []
    if unread:
        doubt.append(f"{len(unread)} of {len(sources)} status pages not read: {some(unread)}")
    if untold:
        doubt.append(f"not understood in part: {some(untold)}")
    if unmatched:
        doubt.append(f"down, but fits no entity: {some(u['component'] for u in unmatched)}")
    names = list(dict.fromkeys(f"{clip(d['name'], 40)}{_share(d)}" for d in down))
    if names:
        said = f"Down now: {some(names)}."
        if impact is not None:
            said += f" {impact['headline']}".rstrip(".") + "."
        elif problem:
            said += " What that hits is not known."
    elif doubt:
        return f"Not known whether anything of this graph is down: {'; '.join(doubt)}."
    else:
        return f"Nothing of this graph is reported as down, by {_count_pages(len(sources))}."
    return f"{said} {doubt[0][0].upper()}{'; '.join(doubt)[1:]}." if doubt else said


def _share(spell: SpellJson) -> str:
    return "" if spell["severity"] == 1 else f" ({spell['severity']:.0%})"


def _count_pages(number: int) -> str:
    return "1 status page" if number == 1 else f"{number:,} status pages"


def _note(
    live: Live, sources: list[SourceJson], unmatched: list[UnmatchedJson], forgotten: int
) -> list[str]:
    notes = []
    for source in sources:
        if source["state"] == "stale":
            notes.append(f"{source['source']}: as it was at {source['last_read']}; since then: "
                         f"{source['fault']}")  # fmt: skip
        elif source["fault"]:
            notes.append(f"{source['source']}: {source['fault']}")
        elif source["state"] == "waiting":
            notes.append(f"{source['source']}: not read yet")
        notes += [f"{source['source']}: not understood: {words}" for words in source["untold"]]
        if source["foreign"]:
            notes.append(f"{source['source']}: of no concern by the table: "
                         f"{some(source['foreign'])}")  # fmt: skip
        if source["noted"]:
            notes.append(f"{source['source']}: counts as no loss: {some(source['noted'])}")
        if source["carried"]:
            notes.append(f"{source['source']}: no entities of the graph, so that their vendor "
                         f"counts as down: {some(source['carried'])}")  # fmt: skip
    for one in unmatched:
        why = f": {one['why']}" if one["why"] else ""
        notes.append(f"{one['source']}: {one['component']} is down and fits no entity{why}")
    if forgotten:
        notes.append(f"{forgotten:,} older spells are not shown: of what is over the latest only")
    if live.unkept:
        notes.append(f"what was down is not kept over a restart: {live.unkept}")
    notes.append(f"each page is read every {live.pace.interval:g} seconds, and is stale after "
                 f"{live.pace.stale:g}")  # fmt: skip
    return notes
