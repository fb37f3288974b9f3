"""Where in a graph a status page's report belongs: which component is which entity.

A component is looked for, in this order: in the user's table (`table.py`), as the page's by name
(`Telco API` for the API of Telco), by its id, by its name alone where that is the page's own; else
it is carried to the page's entity, where others depend on that. The page's entity is the one that
states its address (`status_page`, a column of entities), or has its name. What stays is listed.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from knockon.graph.errors import clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.reports import UNSTATED, PageReport, Reported
from knockon.loaders.operations.status.table import NO_RULES, Rules

STATUS_PAGE = "status_page"  # column of entities: the address of their status page
_SHORTEST = 3  # a name of fewer letters is not looked for in the title of an incident
_NEAREST = 20  # names of a page for which the nearest ones are looked for, in large graphs fewer:
_COMPARED = 2_000_000  # names of the graph that are compared in all, some 200,000 a second
_TITLES = 200  # open incidents of a feed that are looked for by their titles


@dataclass(frozen=True)
class Down:
    """An entity that a page reports as down, by id, name and kind.

    severity: share of its function that is lost, above 0, at most 1
    component, key, status: as the page has them; key: its id there
    """

    entity: str
    name: str
    kind: str
    severity: float
    component: str
    key: str
    status: str


@dataclass(frozen=True)
class Placed:
    """A report on a graph.

    unmatched: (component, why) of what is down and fits no entity
    untold:    what is reported in a state that is not understood
    foreign:   components that the user's table says are nobody's here
    carried:   (component, entity) of what is down, is no entity, and counts as its vendor
    noted:     (component, status) of what is neither down nor as it should be
    """

    name: str
    as_of: str
    down: tuple[Down, ...]
    unmatched: tuple[tuple[str, str], ...]
    untold: tuple[str, ...]
    foreign: tuple[str, ...] = ()
    carried: tuple[tuple[str, str], ...] = ()
    noted: tuple[tuple[str, str], ...] = ()


def place_report(
    graph: DependencyGraph, page: PageReport, findings: Findings, rules: Rules = NO_RULES,
    addresses: Sequence[str] = (),
) -> Placed:  # fmt: skip
    """Each entity that the page reports as down, once, with its largest severity.

    addresses: of the page, for what states them. Every decision is a finding.
    """
    down = [one for one in page.reported if one.status == UNSTATED or one.severity]
    where = _Where(graph, page.name, addresses, rules, down)
    found: dict[str, Down] = {}
    unmatched: list[tuple[str, str]] = []
    foreign: list[str] = []
    noted: list[tuple[str, str]] = []
    for one in page.reported:
        severity = 1.0 if one.status == UNSTATED else one.severity
        place = f"{clip(one.name, 60)} ({clip(one.status, 40) or 'no status'})"
        if severity is None:
            findings.add("dropped", "a status that is not known; no origin", place)
        elif not severity:
            if one.status != "operational":
                reason = "is reported, but counts as no loss (name it as ENTITY if it is one)"
                findings.add("note", reason, place)
                noted.append((one.name, one.status))
        elif (stated := where.look_up(one)) == "":
            findings.add("note", "down now, but of no concern by the table", place)
            foreign.append(one.name)
        else:
            ids = [stated] if stated else where.match(one, unmatched, findings)
            for identifier in ids:
                reason = f"down now, with a severity of {severity:g}"
                findings.add("note", reason, f"{clip(one.name, 60)} as {clip(identifier, 60)}")
                known = found.get(identifier)
                if known is None or severity > known.severity:
                    found[identifier] = _describe(graph, identifier, severity, one)
    down_now = tuple(found[i] for i in sorted(found))
    return Placed(
        page.name, page.as_of, down_now, tuple(unmatched), tuple(page.untold), tuple(foreign),
        tuple(where.carried), tuple(noted),
    )  # fmt: skip


def _describe(graph: DependencyGraph, entity: str, severity: float, one: Reported) -> Down:
    number = graph.find(entity)
    kind = graph.entities["kind"][number]
    return Down(entity, graph.names[number], kind, severity, one.name, one.id, one.status)


class _Where:
    """A graph, as one page is looked for in it. down: what the page reports as that."""

    def __init__(
        self, graph: DependencyGraph, page: str, addresses: Sequence[str], rules: Rules,
        down: Sequence[Reported],
    ) -> None:  # fmt: skip
        self.graph, self.rules, self.page, self.addresses = graph, rules, page, addresses
        self.pages = (page, *addresses)
        self.carried: list[tuple[str, str]] = []
        self._down = down
        self._titles = 0

    @cached_property
    def vendor(self) -> str | None:
        """The page's entity: by the user's table, by the address that it states, by name."""
        stated = self.rules.find(self.pages, ("",))
        if stated and (known := self._find(stated)) is not None:
            return known
        if self.addresses and STATUS_PAGE in self.graph.entities.columns:
            wanted = {_trim(a) for a in self.addresses}
            column = self.graph.entities[STATUS_PAGE]
            fits = [n for n, stated in enumerate(column) if stated and _trim(stated) in wanted]
            if len(fits) == 1:
                return self.graph.ids[fits[0]]
        return self._find(self.page)

    @cached_property
    def _owners(self) -> tuple[str, ...]:
        """What the page and its entity are called."""
        owners = [self.page]
        if self.vendor is not None:
            owners.append(self.graph.names[self.graph.find(self.vendor)])
        return tuple(dict.fromkeys(owners))

    @cached_property
    def _stated(self) -> dict[str, list[int]]:
        return self.graph.called.find_many({self.page, *filter(None, self.rules.rows.values())})

    @cached_property
    def _parts(self) -> dict[str, list[int]]:
        """What is down under all names that it may have: found at once, for each pass over a
        large graph takes seconds."""
        return self.graph.called.find_many(
            {n for one in self._down for n in (one.name, *self._name_part(one))}
        )

    def _find(self, stated: str) -> str | None:
        numbers = self._stated[stated]
        return self.graph.ids[numbers[0]] if len(numbers) == 1 else None

    def look_up(self, one: Reported) -> str | None:
        """The entity that the user's table names, "" for none of this graph; None where it is
        silent."""
        names = ("",) if one.whole else (one.id, one.id.rpartition("/")[2], one.name)
        stated = self.rules.find(self.pages, names)
        return (self._find(stated) or "") if stated else stated

    def match(
        self, one: Reported, unmatched: list[tuple[str, str]], findings: Findings
    ) -> list[str]:
        """The ids of the entities that a report speaks of; what fits none goes to the list."""
        graph, vendor = self.graph, self.vendor
        if one.status == UNSTATED:
            return self._match_title(one, unmatched)
        if one.whole and vendor is not None:
            return [vendor]
        if one.group:
            return self._match_group(one)
        if not one.whole and (found := self._find_part(one)) is not None:
            return [found]
        numbers = self._parts[one.name]
        if len(numbers) > 1:
            ids = some(clip(graph.ids[n], 60) for n in numbers)
            unmatched.append((one.name, f"several entities have the name: {ids}"))
            return []
        alone = graph.ids[numbers[0]] if numbers else None
        if alone is not None and (vendor is None or _belongs(graph, alone, vendor)):
            return [alone]
        if vendor is not None and self._is_provider:
            other = f"; {clip(alone, 60)} of the graph is another" if alone else ""
            reason = f"a component that is no entity of the graph is carried to its vendor{other}"
            findings.add("note", reason, f"{clip(one.name, 60)} to {clip(vendor, 60)}")
            self.carried.append((one.name, vendor))
            return [vendor]
        unmatched.append((one.name, self._name_nearest(one.name, len(unmatched))))
        return []

    def _match_group(self, one: Reported) -> list[str]:
        """The entity that is the group itself, where there is one."""
        if (found := self._find_part(one)) is not None:
            return [found]
        numbers = self._parts[one.name]
        alone = self.graph.ids[numbers[0]] if len(numbers) == 1 else None
        vendor = self.vendor
        fits = alone is not None and (vendor is None or _belongs(self.graph, alone, vendor))
        return [alone] if alone is not None and fits else []

    def _match_title(self, one: Reported, unmatched: list[tuple[str, str]]) -> list[str]:
        """The entities that the title of an incident names, or else the page's."""
        self._titles += 1
        if self._titles > _TITLES:
            unmatched.append((one.name, f"not looked for: more than {_TITLES} incidents are open"))
            return []
        named = _find_named(self._folded, one.name) or ([self.vendor] if self.vendor else [])
        named = named or _find_named(self._folded, one.page)
        if not named:
            unmatched.append((one.name, "its title names no entity"))
        return named

    @cached_property
    def _folded(self) -> list[tuple[str, str]]:
        """Names that may stand in a title, folded, with their ids."""
        named = zip(self.graph.ids, self.graph.names, strict=True)
        return [(name.casefold(), i) for i, name in named if len(name) >= _SHORTEST]

    @cached_property
    def _is_provider(self) -> bool:
        """Whether others depend on the page's entity."""
        return bool((self.graph.provider == self.graph.find(self.vendor or "")).any())

    def _name_nearest(self, name: str, before: int) -> str:
        if before >= min(_NEAREST, max(_COMPARED // max(self.graph.size, 1), 1)):
            return ""
        alike = self.graph.nearest(name)
        near = some(f"{clip(name, 40)} ({clip(i, 60)})" for i, name in alike)
        return f"nearest: {near}" if near else ""

    def _name_part(self, one: Reported) -> list[str]:
        """What a component may be called: its id, or its name with that of the page."""
        return [
            name
            for owner in self._owners
            for name in (
                f"{owner} {one.name}", one.id, f"{owner} - {one.name}", f"{owner}: {one.name}"
            )
        ]  # fmt: skip

    def _find_part(self, one: Reported) -> str | None:
        found = (self._parts[name] for name in self._name_part(one))
        number = next((numbers[0] for numbers in found if len(numbers) == 1), None)
        return None if number is None else self.graph.ids[number]


def _trim(address: str) -> str:
    """Host and path of an address, for comparing: no scheme, no trailing slash, no case."""
    return re.sub(r"^[a-z]+://", "", str(address).strip().lower()).rstrip("/")


def _belongs(graph: DependencyGraph, identifier: str, vendor: str) -> bool:
    """Whether an entity is the vendor's: below it, dependent on it, or dependent on nothing at all,
    as what comes from outside mostly is; what depends on others is one's own."""
    number, above = graph.find(identifier), graph.find(vendor)
    needs = graph.provider[graph.dependent == number]
    below = graph.entities["parent"][number] == vendor
    return below or not len(needs) or bool((needs == above).any())


def _find_named(names: Collection[tuple[str, str]], text: str) -> list[str]:
    """The entities whose names are whole words of the text, the longest of those that overlap."""
    folded = text.casefold()
    spans: list[tuple[int, int, str]] = []
    for wanted, identifier in names:
        if wanted not in folded:
            continue
        for found in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", folded):
            spans.append((*found.span(), identifier))
    return sorted(
        {
            i
            for start, end, i in spans
            if not any(s <= start and end <= e and e - s > end - start for s, e, _ in spans)
        }
    )
