"""What registers of information (DORA, Article 28(3)) say of who uses whose services.

A financial entity is an `enterprise` with a sector; it uses its functions, a function uses
services, a service is supplied_by those behind it (loaders/registers/dora). Here stands which
group of providers each entity uses for functions that are critical or important: through its
contracts, and through the subcontractors that effectively underpin these.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from knockon.graph.analysis.owners import find_groups, find_nearest, find_parents
from knockon.graph.errors import ScenarioError, clip, some
from knockon.graph.model.graph import DependencyGraph

ENTITY, SERVICE = "enterprise", "service"
CRITICAL, UNASSESSED, PLAIN = "critical_function", "unassessed_function", "function"
# points of Article 2(1) of Regulation (EU) 2022/2554, by the words of the register's closed list;
# crypto-asset service providers and issuers of asset-referenced tokens are one, (f)
CATEGORIES = {
    "credit institutions": "a",
    "payment institution": "b",
    "account information service providers": "c",
    "electronic money institutions": "d",
    "investment firms": "e",
    "crypto-asset service providers": "f",
    "issuers of asset-referenced tokens": "f",
    "central security depository": "g",
    "central counterparties (ccps": "h",
    "trading venues": "i",
    "trade repositories": "j",
    "managers of alternative investment funds": "k",
    "asset management companies": "l",
    "data reporting service providers": "m",
    "insurance and reinsurance undertakings": "n",
    "insurance intermediaries, reinsurance intermediaries and ancillary insurance intermediaries":
        "o",
    "institutions for occupational retirement provision": "p",
    "credit rating agency": "q",
    "administrator of critical benchmarks": "r",
    "crowdfunding service providers": "s",
    "securitisation repository": "t",
}  # fmt: skip
NONE_OF_THEM = (
    "other financial entity", "non-financial entity: ict intra-group service provider",
    "non-financial entity: other than ict intra-group service provider",
)  # fmt: skip


@dataclass(frozen=True)
class FinancialEntity:
    """An entity of a register.

    category: point a to t of Article 2(1); empty where it is none of them; None where not stated
    assets: total assets, None where not stated, in `currency`
    """

    id: str
    name: str
    lei: str
    category: str | None
    assets: float | None
    currency: str | None


@dataclass(frozen=True)
class Use:
    """That an entity uses services of a group of providers.

    sure: numbers of the services behind functions that are critical or important; maybe: of those
    behind functions of which that is not stated
    """

    sure: frozenset[int]
    maybe: frozenset[int]


@dataclass(frozen=True, eq=False)
class Uses:
    """entities: by id; of_group: group of providers -> id of an entity -> its use
    excluded: providers that are never designated, and why; notes: what was not counted"""

    entities: dict[str, FinancialEntity]
    of_group: dict[str, dict[str, Use]]
    excluded: dict[str, str]
    notes: tuple[str, ...]


def find_uses(graph: DependencyGraph) -> Uses:
    """The uses that the registers of a graph state. Raises ScenarioError where it holds none."""
    listed = {e.id: e for e in _list_entities(graph)}
    entities = {i: e for i, e in listed.items() if e.category != ""}
    kinds = graph.entities["kind"].to_list()
    if not entities or SERVICE not in kinds:
        raise ScenarioError(
            "designation: expected registers of information (DORA): enterprises, their functions "
            f"and services; got {', '.join(sorted(set(kinds))[:8])}"
        )
    walk = _Walk(graph, kinds)
    groups = find_groups(graph).to_list()
    excluded = _find_excluded(graph, groups, kinds)
    found: dict[str, dict[str, Use]] = defaultdict(dict)
    left_out: dict[str, set[str]] = defaultdict(set)
    for identifier in sorted(entities):
        number = graph.find(identifier)
        sure = _by_group(walk.find_services(number, sure=True), groups)
        maybe = _by_group(walk.find_services(number, sure=False), groups)
        for group in sorted({*sure, *maybe} - {groups[number]}):
            if group in excluded:
                left_out[group].add(identifier)
                continue
            found[group][identifier] = Use(
                frozenset(sure.get(group, ())), frozenset(maybe.get(group, ()))
            )
    others = len(listed) - len(entities)
    if others:
        walk.notes.append(f"of no category of Article 2(1) DORA, and not counted: {others:,}")
    notes = [*walk.notes, *_explain_left_out(graph, excluded, left_out)]
    return Uses(entities, dict(sorted(found.items())), excluded, tuple(notes))


def _by_group(services: set[int], groups: list[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for service in services:
        found[groups[service]].add(service)
    return found


def _list_entities(graph: DependencyGraph) -> Iterator[FinancialEntity]:
    frame = graph.entities.filter(pl.col("kind") == ENTITY)
    for row in frame.iter_rows(named=True):
        word = row["sector"]
        category = None if word is None else CATEGORIES.get(word.strip().casefold())
        if word is not None and category is None:
            category = "" if word.strip().casefold() in NONE_OF_THEM else None
        yield FinancialEntity(
            row["id"], row["name"], str(row.get("lei") or row["id"]).upper(), category,
            _read_amount(row.get("total_assets")), row.get("assets_currency"),
        )  # fmt: skip


def _read_amount(value: object) -> float | None:
    try:
        amount = float(str(value).strip())
    except ValueError:
        return None
    return amount if np.isfinite(amount) and amount >= 0 else None


def _find_excluded(graph: DependencyGraph, groups: list[str], kinds: list[str]) -> dict[str, str]:
    """Groups of providers that Article 31(8) of DORA leaves out: financial entities that serve
    others, and providers within a group of financial entities."""
    found: dict[str, str] = {}
    intra = graph.entities["intra_group"] if "intra_group" in graph.entities.columns else None
    for number, kind in enumerate(kinds):
        if kind == ENTITY:
            found[groups[number]] = "a group of financial entities"
        elif intra is not None and intra[number] == "yes":
            found.setdefault(groups[number], "an intra-group provider")
    return found


def _explain_left_out(
    graph: DependencyGraph, excluded: dict[str, str], left_out: dict[str, set[str]]
) -> Iterator[str]:
    if excluded:
        yield (
            "never designated (Article 31(8) DORA): financial entities that serve others, and "
            "intra-group providers"
        )
    names = dict(zip(graph.ids, graph.names, strict=True))
    for group, users in sorted(left_out.items()):
        others = some(names.get(user, user) for user in sorted(users))
        yield (
            f"{clip(names.get(group, group), 60)}, {excluded[group]}, also serves others "
            f"({others}); left out all the same"
        )


class _Walk:
    """From an entity to the services that it uses.

    From one node to the next: the functions and branches of an entity, what these use, and what
    that is supplied by. Who operates a service is not walked through: other contracts of a
    provider are not part of this chain.
    """

    def __init__(self, graph: DependencyGraph, kinds: list[str]) -> None:
        self._kinds = kinds
        self.notes: list[str] = []
        self._next: dict[int, list[int]] = defaultdict(list)
        relations = graph.dependencies["relation"].to_list()
        ends = zip(graph.dependent.tolist(), graph.provider.tolist(), relations, strict=True)
        for dependent, provider, relation in ends:
            if relation != "operated_by":
                self._next[dependent].append(provider)
        is_entity = np.array([kind == ENTITY for kind in kinds])
        owner = find_nearest(find_parents(graph), is_entity)
        self._parts: dict[int, list[int]] = defaultdict(list)
        for number in np.flatnonzero(owner >= 0).tolist():
            if kinds[number] != SERVICE:
                self._parts[int(owner[number])].append(number)
        self._note_plain()

    def _note_plain(self) -> None:
        plain = sum(kind == PLAIN for kind in self._kinds)
        if plain:
            self.notes.append(
                f"functions that are not critical or important, which count in no test: {plain:,}"
            )
        unassessed = sum(kind == UNASSESSED for kind in self._kinds)
        if unassessed:
            self.notes.append(
                f"functions that nobody has assessed; they may be critical: {unassessed:,}"
            )

    def find_services(self, entity: int, *, sure: bool) -> set[int]:
        """The services behind its critical functions; else those behind functions that nobody has
        assessed, and those that it, or a branch, uses for functions that are not stated."""
        parts = self._parts[entity]
        wanted = CRITICAL if sure else UNASSESSED
        waiting = self._find_used([p for p in parts if self._kinds[p] == wanted])
        if not sure:
            functions = (CRITICAL, UNASSESSED, PLAIN)
            told = set(self._find_used([p for p in parts if self._kinds[p] in functions]))
            others = [p for p in parts if self._kinds[p] not in functions]
            # a user of a contract, such as a branch, says nothing new where its function is stated
            waiting += [s for s in self._find_used(others) if s not in told]
        seen: set[int] = set()
        while waiting:
            service = waiting.pop()
            if service not in seen:
                seen.add(service)
                waiting += self._find_used([service])
        return seen

    def _find_used(self, parts: list[int]) -> list[int]:
        return [s for p in parts for s in self._next[p] if self._kinds[s] == SERVICE]
