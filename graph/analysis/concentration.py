"""Who stands on whom, market by market: shares, what is critical, and how few carry how many.

C and I of A. Kashaf, V. Sekar, Y. Agarwal, "Analyzing Third Party Service Dependencies in Modern
Web Services", IMC 2020: users of a provider, and users for whom it is critical, themselves and
through chains of providers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Unpack

import numpy as np
import polars as pl

from knockon.graph.analysis.answer import Answer, find_head
from knockon.graph.analysis.designated import Listed, mark_designated
from knockon.graph.analysis.markets import (
    Markets,
    Pairs,
    find_direct,
    find_markets,
)
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.reliance import (
    Reliance,
    batches,
    count,
    find_active,
    find_links,
    lay_out,
)
from knockon.graph.analysis.shares import count_using, describe_markets, make_rows, name_rows
from knockon.graph.analysis.unions import find_unions
from knockon.graph.analysis.users import Segment, Users, find_users
from knockon.graph.arrays import Floats
from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.fields import Options
from knockon.graph.scenario.options import take_options
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario, ScenarioLike
from knockon.graph.words import number, percent

_FIGURES = "users", "critical", "users_all", "linked", "lost"


@dataclass(frozen=True, eq=False, kw_only=True)
class Concentration(Answer):
    """How much stands on how few.

    rows: a provider in the market of one relation each, those with most users first: `relation`,
        `id`, `name`, `kind`, `users` (that use it themselves), `share` (of all), `critical` (of
        these, those that have no spare for it), `critical_share`, `users_indirect` (that use it
        through chains only), `critical_indirect` (that lose it through a chain without a spare,
        but not themselves), `critical_joint` (all of whose spares stand on it), `users_all`,
        `critical_all` (the sums), `share_all`, `critical_share_all`, `share_of_users`,
        `critical_share_of_users` (of those that use anything of the relation), `amplification`
        (users_all for each of users); with `per` a column of that name, with `designated` one
        that says whether it is listed. With `designation`: the rows of `designation.py`.
    hhi: a row each market: `relation`, `users` (all that are counted), `using` (that use anything
        of it), `providers`, `uses`, `hhi` (sum of the squared shares of uses, 0..1), `effective`
        (1 / hhi), `hhi_critical`, `amplification`
    unions: `relation`, `order` (`size`: the largest first; `greedy`: each time the one that adds
        most), `k`, `id`, `users`, `critical` (themselves), `users_all`, `critical_all`, `share_all`
        (of users_all): of the first k together
    designated: those of the list, each with what is known of it here; None without a list
    step_1: with `designation`: what the tests add up to, a row each provider; else None
    among: who is counted, in words; weight: what each counts, None for one
    """

    verb: ClassVar[str] = "concentration"

    hhi: pl.DataFrame
    unions: pl.DataFrame
    designated: pl.DataFrame | None
    step_1: pl.DataFrame | None
    among: str
    weight: str | None


@take_options
def concentration(
    graph: DependencyGraph,
    origins: ScenarioLike = (),
    *,
    by: str | None = None,
    per: str | None = None,
    relation: str | None = None,
    kind: str | None = None,
    among: str | Sequence[str] | None = None,
    weight: str | None = None,
    unions: int = 10,
    designation: bool = False,
    systemic: Listed = None,
    totals: Listed = None,
    designated: Listed = None,
    watch: Watch | None = None,
    **options: Unpack[Options],
) -> Concentration:
    """How much stands on how few: every provider by its users, and what the largest add up to.

    by: a column of entities whose values are the providers, `parent` for groups of companies
    per: a column of the users (sector, country): a market each value
    relation: one relation only, or `any` for all as one market
    kind: providers of this kind only
    among: a kind of entities, or a list of ids or names, that are counted as users
    weight: a column that says what each user counts; or what is paid for each service
    unions: how many of the largest to add up
    designation: the step-1 tests of Delegated Regulation (EU) 2024/1502, from registers
    systemic, totals, designated: rows, or CSV text (`designation.py`)
    watch: called with the providers done and in all; where it returns False, the rows end there
    Raises ScenarioError.
    """
    scenario = Scenario.of(graph, origins, **options)
    own = find_question("concentration").read(
        {
            "by": by, "per": per, "relation": relation, "kind": kind, "among": among,
            "weight": weight, "unions": unions, "designation": designation,
            "systemic": systemic, "totals": totals, "designated": designated,
        }
    )  # fmt: skip
    if own["designation"]:
        from knockon.graph.analysis.designation import assess

        return Concentration(
            **find_head(graph, scenario, "concentration", own), **assess(graph, own)
        )
    users = find_users(graph, own["among"], own["weight"])
    markets = find_markets(graph, users, by=own["by"], relation=own["relation"], kind=own["kind"])
    if not markets.size:
        raise ScenarioError(f"the {users.words} use nothing of anybody else: no market to look at")
    return _answer(graph, scenario, _Asked(users, markets, own), watch)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is counted where: users, markets, and the options of the question."""

    users: Users
    markets: Markets
    own: Mapping[str, Any]


def _answer(
    graph: DependencyGraph, scenario: Scenario, asked: _Asked, watch: Watch | None
) -> Concentration:
    users, markets, own = asked.users, asked.markets, asked.own
    links = find_links(graph, markets)
    active = find_active(graph, users, links)[graph.dependent]
    every = np.ones(len(graph.dependent), np.bool_)
    direct = find_direct(graph, users, markets, (every, links.provider & active))
    reliance = lay_out(graph, users, markets, links)
    segments = list(_split(graph, users, own["per"]))
    figures, done = _count_all(reliance, users, markets, segments, direct, watch)
    frames = [
        make_rows(markets, segment, figures[i], count_using(users, markets, direct[0], segment))
        for i, segment in enumerate(segments)
    ]
    rows = pl.concat(frames).filter(pl.col("users_all") > 0)
    hhi = describe_markets(rows)
    top, cut = find_unions(reliance, users, direct, segments, rows, own["unions"])
    rows = name_rows(graph, own, rows)
    rows, designated, listed = mark_designated(graph, markets, rows, own["designated"])
    if own["per"] is None:
        hhi, top = hhi.drop("per"), top.drop("per")
    return Concentration(
        **find_head(graph, scenario, "concentration", own),
        headline=_say(users, rows, own), rows=rows, hhi=hhi, unions=top,
        designated=designated, step_1=None, among=users.words, weight=users.unit,
        notes=(*users.notes, *_note_rows(graph, asked, rows), *cut, *listed),
        partial=done < markets.size,
    )  # fmt: skip


def _split(graph: DependencyGraph, users: Users, per: str | None) -> Iterator[Segment]:
    """All users, or those of each value of a column; those without one are of the value null."""
    if per is None:
        yield Segment(None, np.ones(len(users.entities), np.bool_))
        return
    columns = [c for c in graph.entities.columns if not c.startswith("_")]
    if per not in columns:
        raise ScenarioError(
            f"per: no column {clip(per)!r} among those of entities{did_you_mean(per, columns)}"
        )
    values = graph.entities[per].cast(pl.String).gather(users.entities)
    for value in values.unique().sort(nulls_last=True):
        yield Segment(value, values.eq_missing(value).to_numpy())


def _count_all(
    reliance: Reliance, users: Users, markets: Markets, segments: Sequence[Segment],
    direct: tuple[Pairs, ...], watch: Watch | None,
) -> tuple[list[dict[str, Floats]], int]:  # fmt: skip
    """For each segment the figures of each provider, (R,) each; and how many were looked at."""
    found = [{name: np.zeros(markets.size) for name in _FIGURES} for _ in segments]
    for figures, segment in zip(found, segments, strict=True):
        for name, pairs in zip(("users", "critical"), direct, strict=True):
            figures[name][:] = _add_pairs(pairs, users.weight * segment.inside, markets.size)
    if not _count_alone(reliance, users, segments, found, watch):
        return found, 0
    # only who uses a provider without being lost by a link can lose it by all spares at once
    open_ = np.flatnonzero(
        np.any([f["users_all"] > f["linked"] for f in found], axis=0) & (reliance.lose is not None)
    )
    for rows in batches(len(users.entities), open_):
        if watch is not None and not watch(markets.size - len(open_), markets.size):
            for figures in found:  # what was not looked at is not in the answer
                figures["users_all"][open_[open_ >= rows[0]]] = 0
            return found, 0
        lost = reliance.find_lost(rows)
        for figures, segment in zip(found, segments, strict=True):
            inside = np.flatnonzero(segment.inside)
            figures["lost"][rows] = count(lost[inside], users.weight[inside])
    return found, markets.size


def _count_alone(
    reliance: Reliance, users: Users, segments: Sequence[Segment],
    found: Sequence[dict[str, Floats]], watch: Watch | None,
) -> bool:  # fmt: skip
    """Fill in who uses each provider, and who needs it link by link; False where stopped."""
    for name, circuit in (("users_all", reliance.use.circuit), ("linked", reliance.need.circuit)):
        for prints in reliance.spread(circuit):
            if watch is not None and not watch(0, len(reliance.own.of_row)):
                for figures in found:
                    figures["users_all"][:] = 0
                return False
            for figures, segment in zip(found, segments, strict=True):
                figures[name] += prints.count(users.weight, segment.inside)
    for figures in found:
        figures["lost"][:] = figures["linked"]
    return True


def _add_pairs(pairs: Pairs, weight: Floats, size: int) -> Floats:
    found = np.bincount(pairs.row, weights=weight[pairs.user], minlength=size)
    return found.astype(np.float64)


def _say(users: Users, rows: pl.DataFrame, own: Mapping[str, Any]) -> str:
    """The largest row as a sentence."""
    if not rows.height:
        return f"None of the {len(users.entities):,} {users.words} uses anything of anybody else"
    top = rows.row(0, named=True)
    what = users.words if users.unit is None else f"the {users.unit} of {users.words}"
    if users.paid:
        what = f"the {users.unit} that {users.words} pay"
    how = "any relation" if own["relation"] == "any" else top["relation"].replace("_", " ")
    if own["per"] is not None:
        of = f"of {own['per']} {top['per']}" if top["per"] else f"of no stated {own['per']}"
        what = f"{what} {of}"
    shares = percent(top["share_all"] or 0.0), percent(top["critical_share_all"] or 0.0)
    total = number(top["users_all"] / top["share_all"]) if top["share_all"] else "0"
    through = ""
    if top["users_indirect"]:
        every = number(top["users_indirect"]) == number(top["users_all"])
        count = "all of them" if every else number(top["users_indirect"])
        through = f", {count} through chains only"
    return (
        f"{top['name']} ({how}) is used by {number(top['users_all'])} of {total} {what} "
        f"({shares[0]}){through}; it is critical for {number(top['critical_all'])} ({shares[1]})"
        if users.unit is None else
        f"{number(top['users_all'])} of {total} of {what} ({shares[0]}) stands on {top['name']} "
        f"({how}){through}; for {number(top['critical_all'])} ({shares[1]}) it is critical"
    )  # fmt: skip


def _note_rows(graph: DependencyGraph, asked: _Asked, rows: pl.DataFrame) -> Iterator[str]:
    """What the figures rest on."""
    joint = rows.filter(pl.col("critical_joint") > 0)
    if joint.height:
        first = joint.sort("critical_joint", descending=True, maintain_order=True).row(
            0, named=True
        )
        yield (
            f"spares that share a provider: {number(first['critical_joint'])} lose all their "
            f"alternatives at once with {clip(first['name'], 40)} (critical_joint); "
            f"so with {joint.height:,} rows"
        )
    if asked.own["by"] is None and (rows["id"].is_in(graph.entities["parent"].implode())).any():
        yield "services that are nothing but their provider's work count as that provider"
    never = graph.dependencies.filter(pl.col("probability") == 0).height
    if never:
        yield f"{never:,} dependencies that are stated never to transmit are used, but not critical"
    if graph.dependencies.select((pl.col("loss") < 1).any()).item():
        yield "a dependency on which only a share of the function rides counts whole"
