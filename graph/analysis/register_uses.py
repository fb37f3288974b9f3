"""What registers of information (DORA, Article 28(3)) say of who uses whose services.

A financial entity is an `enterprise` with a sector; it uses its functions, a function uses
services, a service is supplied_by those behind it (loaders/registers/dora). Here stands which
group of providers each entity uses for functions that are critical or important: through its
contracts, and through the subcontractors that effectively underpin these.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from knockon.graph.analysis.owners import find_groups, find_nearest, find_parents
from knockon.graph.arrays import Ints
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
    used = {
        i: tuple(walk.find_services(graph.find(i), sure=sure) for sure in (True, False))
        for i in sorted(entities)
    }
    rendered = _Rendered.of(graph, groups, used)
    exempt = _find_exempt(graph, groups, listed, rendered)
    found: dict[str, dict[str, Use]] = defaultdict(dict)
    for identifier, services in used.items():
        own = groups[graph.find(identifier)]
        sure, maybe = (_by_group(s, groups, rendered.by, exempt) for s in services)
        for group in sorted({*sure, *maybe} - {own}):
            found[group][identifier] = Use(
                frozenset(sure.get(group, ())), frozenset(maybe.get(group, ()))
            )
    others = len(listed) - len(entities)
    if others:
        walk.notes.append(f"of no category of Article 2(1) DORA, and not counted: {others:,}")
    notes = [*walk.notes, *_explain_exempt(graph, exempt, rendered)]
    excluded = {graph.id_of(provider): why for provider, why in sorted(exempt.items())}
    return Uses(entities, dict(sorted(found.items())), excluded, tuple(notes))


def _by_group(
    services: set[int], groups: list[str], by: Ints, exempt: Mapping[int, str]
) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for service in services:
        if int(by[service]) not in exempt:
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


class _Rendered(NamedTuple):
    """by: (n,) who renders each service, the service itself where nobody is named; inside, outside:
    by provider, the financial entities of its own group that use it, and the others"""

    by: Ints
    inside: dict[int, set[str]]
    outside: dict[int, set[str]]

    @classmethod
    def of(
        cls, graph: DependencyGraph, groups: list[str], used: Mapping[str, Sequence[set[int]]]
    ) -> "_Rendered":
        parents = find_parents(graph)
        made = cls(np.where(parents < 0, np.arange(graph.size), parents), {}, {})
        for identifier, services in used.items():
            own = groups[graph.find(identifier)]
            for service in set().union(*services):
                provider = int(made.by[service])
                side = made.inside if groups[provider] == own else made.outside
                side.setdefault(provider, set()).add(identifier)
        return made


def _find_exempt(
    graph: DependencyGraph, groups: list[str], listed: Mapping[str, FinancialEntity],
    rendered: _Rendered,
) -> dict[int, str]:  # fmt: skip
    """The providers that Article 31(8) of DORA leaves out, and why: financial entities that serve
    others, and intra-group providers.

    An intra-group provider is part of a financial group, and serves predominantly financial
    entities of that group (Article 3(20)): as a register says, or because a financial entity stands
    above its group; and not more others than its own. The rest of its group is not left out.
    """
    intra = graph.entities["intra_group"] if "intra_group" in graph.entities.columns else None
    found: dict[int, str] = {}
    for provider in {*rendered.inside, *rendered.outside}:
        entity = listed.get(graph.id_of(provider))
        within = entity is not None or groups[provider] in listed
        within |= intra is not None and intra[provider] == "yes"
        ours, others = (len(s.get(provider, ())) for s in (rendered.inside, rendered.outside))
        if entity is not None and entity.category != "":
            found[provider] = "a financial entity"
        elif within and others <= ours:
            found[provider] = "an intra-group provider"
    return found


def _explain_exempt(
    graph: DependencyGraph, exempt: Mapping[int, str], rendered: _Rendered
) -> Iterator[str]:
    if exempt:
        yield (
            "never designated (Article 31(8) DORA): financial entities that serve others, and "
            "intra-group providers"
        )
    names = dict(zip(graph.ids, graph.names, strict=True))
    for provider, why in sorted(exempt.items(), key=lambda item: graph.names[item[0]]):
        if users := rendered.outside.get(provider):
            others = some(names.get(user, user) for user in sorted(users))
            yield (
                f"{clip(graph.names[provider], 60)}, {why}, also serves others ({others}); "
                "left out all the same"
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
