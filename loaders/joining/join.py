"""Entities that are one thing under several ids, made one entity.

The one mechanism of joining: whatever says that two entities are one (`same_as` of a source, an
LEI, a domain, the user's table of aliases, names that are alike) becomes a `Claim`
(`claims`, `identifiers`, `alias_table`, `aliases`), and `join` merges what the claims link.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

import polars as pl

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import ALSO_KNOWN_AS, FILE, LINE, Finding, Tables, known_as
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.merge_rows import SOURCE, merge_rows
from knockon.loaders.joining.claims import (
    DOMAIN,
    EXACT,
    LEI,
    NAMES,
    ORDER,
    SAME_AS,
    STATED,
    TABLE,
    Claim,
    classify,
    count_dependents,
)

ENDS = {"dependent": "joined_dependent", "provider": "joined_provider"}  # end -> end as it was


def join(tables: Tables, claims: Iterable[Claim], apart: Iterable[Claim] = ()) -> Tables:
    """Checked tables with everything that the claims link merged into one entity each.

    Of the entities of one thing that one stays which the table names as no alias of another, nor
    does a `same_as`, nor an exact name; of several, the one that most depend on, then the smallest
    id. It keeps its id and what it states; what it leaves out is taken from the others in that
    order, and their ids and names go into `also_known_as`. Ends of dependencies and parents are
    redirected, each end as it was is kept in `joined_dependent`, `joined_provider`. A claim may
    name an entity that is not there: what is the same as it is joined with each other, and goes by
    that name, too. The result has to be checked again: dependencies that became equal, or lead to
    themselves, are still in it.

    apart: of entities that nothing may join
    Raises InputError where claims of one table run in a ring, or the table of aliases joins
    by a chain what it keeps apart.
    """
    ordered = sorted(claims, key=lambda c: (ORDER.index(c.by), -c.score, c.alias, c.same_as))
    for by in (TABLE, STATED):
        _refuse_rings(by, [c for c in ordered if c.by == by])
    classes = {i: classify(k) for i, k in tables.entities.select("id", "kind").iter_rows()}
    clusters = _Clusters(apart, classes)
    findings = Findings()
    made = [c for c in ordered if _unite(clusters, c, findings)]
    target, order, strangers = _choose_staying(tables, clusters, made)
    if not order:
        return replace(tables, report=(*tables.report, *findings.report()))
    joined = _report_joined(made, target)
    dependencies, groups = _redirect(tables.dependencies, target)
    entities, conflicts = _merge(tables.entities, target, order, strangers)
    return replace(
        tables,
        entities=entities,
        dependencies=dependencies,
        report=(*tables.report, *joined, *findings.report(), *groups, *conflicts),
    )


class _Clusters:
    """Disjoint sets of ids (union-find), some pairs of which must stay in different sets."""

    def __init__(self, apart: Iterable[Claim], classes: Mapping[str, str]) -> None:
        self._parent: dict[str, str] = {}
        self.members: dict[str, list[str]] = {}  # of every set of two or more, by its root
        self._classes: dict[str, set[str]] = {}
        self._class_of = classes
        self._apart: dict[str, set[str]] = {}
        for claim in apart:
            self._apart.setdefault(claim.alias, set()).add(claim.same_as)
            self._apart.setdefault(claim.same_as, set()).add(claim.alias)

    def root(self, identifier: str) -> str:
        parent = self._parent.setdefault(identifier, identifier)
        while parent != self._parent[parent]:
            self._parent[identifier] = parent = self._parent[self._parent[parent]]
        return parent

    def find_apart(self, one: str, other: str) -> tuple[str, str] | None:
        """A pair that uniting the sets of these two would join although it is kept apart."""
        if not self._apart:
            return None
        a, b = self._order_by_size(one, other)
        for member in self._list_members(b):
            for strange in sorted(self._apart.get(member, ())):
                if self.root(strange) == a:
                    return member, strange
        return None

    def contradict(self, one: str, other: str) -> bool:
        """Whether the sets of these two hold entities of kinds that are never one thing."""
        return len(self._find_kinds(self.root(one)) | self._find_kinds(self.root(other))) > 1

    def unite(self, one: str, other: str) -> bool:
        """Whether the two were in different sets until now."""
        a, b = self._order_by_size(one, other)
        if a == b:
            return False
        self._classes[a] = self._find_kinds(a) | self._find_kinds(b)
        self._parent[b] = a
        self.members.setdefault(a, [a]).extend(self.members.pop(b, [b]))
        return True

    def _order_by_size(self, one: str, other: str) -> tuple[str, str]:
        """The roots of the two, that of the larger set first."""
        a, b = sorted(
            (self.root(one), self.root(other)), key=lambda r: (-len(self._list_members(r)), r)
        )
        return a, b

    def _list_members(self, root: str) -> list[str]:
        return self.members.get(root, [root])

    def _find_kinds(self, root: str) -> set[str]:
        return self._classes.get(root, {self._class_of.get(root, "")} - {""})


def _unite(clusters: _Clusters, claim: Claim, findings: Findings) -> bool:
    """Join the two of a claim, unless that joins what has to stay apart."""
    pair = f"{clip(claim.alias, 60)} as {clip(claim.same_as, 60)}"
    barred = clusters.find_apart(claim.alias, claim.same_as)
    if barred and claim.by == TABLE:
        told = " and ".join(repr(clip(i)) for i in sorted(barred))
        raise InputError(f"the table of aliases keeps {told} apart, and joins them: {pair}")
    if barred:
        findings.add("note", f"kept apart by the table of aliases, in spite of {claim.by}", pair)
        return False
    if claim.by == NAMES and clusters.contradict(claim.alias, claim.same_as):
        findings.add("note", "names that are alike, not joined: their kinds contradict", pair)
        return False
    return clusters.unite(claim.alias, claim.same_as)


def _refuse_rings(by: str, claims: Sequence[Claim]) -> None:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for claim in claims:
        sorter.add(claim.same_as, claim.alias)
    try:
        sorter.prepare()
    except CycleError as error:
        ids = error.args[1][:-1]
        start = ids.index(min(ids))
        ring = " -> ".join(clip(i, 60) for i in [*ids[start:], *ids[:start], ids[start]])
        hint = "; --no-join reads them apart" if by == STATED else ""
        raise InputError(f"{by} runs in a ring: {ring}{hint}") from None


def _choose_staying(
    tables: Tables, clusters: _Clusters, made: Sequence[Claim]
) -> tuple[dict[str, str], dict[str, int], dict[str, list[str]]]:
    """Of what is one thing: the id that each other id becomes, and the place of each id; and of
    the ids that stay, the names that the claims give them and no entity has.
    """
    known = set(tables.entities["id"])
    directed = [c for c in made if c.same_as in known]
    named = {by: {c.alias for c in directed if c.by == by} for by in (TABLE, STATED, EXACT)}
    joined = [i for members in clusters.members.values() for i in members]
    users = count_dependents(tables, joined)
    target: dict[str, str] = {}
    order: dict[str, int] = {}
    strangers: dict[str, list[str]] = {}
    for members in clusters.members.values():
        ranked = sorted(
            (m for m in members if m in known),
            key=lambda i: (*(i in aliases for aliases in named.values()), -users.get(i, 0), i),
        )
        if ranked:
            target |= dict.fromkeys(ranked[1:], ranked[0])
            order |= {i: place for place, i in enumerate(ranked)}
            strangers[ranked[0]] = [m for m in members if m not in known]
    return target, order, strangers


def _report_joined(made: Sequence[Claim], target: dict[str, str]) -> list[Finding]:
    """Which ids became which, by what was claimed; each once, by the strongest claim."""
    reasons = {
        TABLE: "an entity that the table of aliases joins with another",
        STATED: "an entity that same_as joins with another",
        EXACT: "an entity that goes by an exact name of another (purl, digest, BOM-Link, image)",
        LEI: "an entity that has the LEI of another, and is joined with it",
        DOMAIN: "an entity that has the domain of another, and is joined with it",
        NAMES: "an entity whose name is so like another's that it is joined with it",
    }
    by: dict[str, str] = {}
    for claim in made:
        for identifier in (claim.alias, claim.same_as):
            if identifier in target:
                by.setdefault(identifier, claim.by)
    findings = Findings()
    for identifier in sorted(target):
        findings.add(
            "merged",
            reasons[by[identifier]],
            f"{clip(identifier, 60)} as {clip(target[identifier], 60)}",
        )
    return list(findings.report())


def _merge(
    entities: pl.DataFrame,
    target: dict[str, str],
    order: dict[str, int],
    strangers: dict[str, list[str]],
) -> tuple[pl.DataFrame, list[Finding]]:
    """The entities with the joined ones in one row, and conflicts of what they state."""
    old = pl.col("id")
    also = known_as(entities)
    names = dict(entities.filter(old.is_in(list(order))).select("id", "name").iter_rows())
    others = {identifier: set(names) for identifier, names in strangers.items()}
    for identifier in order:
        stays = target.get(identifier, identifier)
        others[stays].update((identifier, names[identifier], *also.get(identifier, ())))
    place = old.replace_strict(order, default=0, return_dtype=pl.Int64)
    moved = entities.with_columns(
        pl.when(pl.col("name") != old).then("name").alias("name"),
        place.alias(SOURCE),
        *(_rename(c, target) for c in ("id", "parent", SAME_AS) if c in entities.columns),
    )
    quiet = ("name", SAME_AS, "parent", ALSO_KNOWN_AS, FILE, LINE)
    merged, report = merge_rows(moved, quiet)
    merged = merged.with_columns(
        pl.when(pl.col(c) != pl.col("id")).then(c).alias(c)
        for c in ("parent", SAME_AS)
        if c in merged.columns
    ).with_columns(pl.col("name").fill_null(pl.col("id")))
    kept = dict(merged.filter(old.is_in(list(others))).select("id", "name").iter_rows())
    told = {i: json.dumps(sorted(o - {i, kept[i]}), ensure_ascii=False) for i, o in others.items()}
    kept_lists = {i: json.dumps(names, ensure_ascii=False) for i, names in also.items()}
    lists = old.replace_strict(kept_lists | told, default=None, return_dtype=pl.String)
    return merged.with_columns(lists.alias(ALSO_KNOWN_AS)), [
        f for f in report if f.action != "merged"
    ]


def _redirect(
    dependencies: pl.DataFrame, target: dict[str, str]
) -> tuple[pl.DataFrame, list[Finding]]:
    """The dependencies between the entities that stay, groups of joined dependents kept whole."""
    moved = dependencies.with_columns(
        pl.coalesce(
            pl.col(was) if was in dependencies.columns else pl.lit(None),
            pl.when(pl.col(end).is_in(list(target))).then(end),
        ).alias(was)
        for end, was in ENDS.items()
    ).with_columns(_rename(end, target) for end in ENDS)
    grouped = moved.filter(pl.col("group").is_not_null())
    if not grouped.height:
        return moved, []
    owner = pl.coalesce(ENDS["dependent"], "dependent")
    shared = owner.n_unique().over("dependent", "group") > 1
    named = pl.format("{} (of {})", "group", owner)
    moved = moved.with_columns(
        pl.when(pl.col("group").is_not_null() & shared & pl.col(ENDS["dependent"]).is_not_null())
        .then(named)
        .otherwise("group")
        .alias("group")
    )
    return _fit_groups(moved)


def _fit_groups(moved: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """Groups that need no more members than they still have, and a note on those that lost some."""
    left = pl.struct("provider", "relation").n_unique().over("dependent", "group")
    count = moved.with_columns(
        left.alias("_left"), pl.len().over("dependent", "group").alias("_all")
    )
    lost = count.filter(pl.col("group").is_not_null() & (pl.col("_left") < pl.col("_all")))
    if not lost.height:
        return moved, []
    groups = lost.group_by("dependent", "group").agg(pl.first("_all", "_left")).sort(_GROUP)
    examples = tuple(
        f"{clip(g, 40)} of {clip(d, 60)}: {a} are {n}" for d, g, a, n in groups.head(5).iter_rows()
    )
    reason = "a group whose alternatives turn out to be one entity"
    fits = pl.when(pl.col("group").is_not_null()).then(pl.min_horizontal("needs", "_left"))
    fitted = count.with_columns(fits.fill_null(pl.col("needs")).alias("needs"))
    return fitted.drop("_left", "_all"), [Finding("note", groups.height, reason, examples)]


_GROUP = ["dependent", "group"]


def _rename(column: str, target: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace(target).alias(column)
