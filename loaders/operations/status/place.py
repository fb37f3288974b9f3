"""Where in a graph a status page's report belongs: which component is which entity.

A component is looked for, in this order: in the user's table (`read_table`), as the page's by name
(`Telco API` for the API of Telco), by its id, by its name alone where that is the page's own; else
it is carried to the page's entity, where others depend on that. The page's entity is the one that
states its address (`status_page`, a column of entities), or has its name. What stays is listed.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knockon.graph.errors import AmbiguousEntityError, InputError, UnknownEntityError, clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.reports import UNSTATED, PageReport, Reported
from knockon.loaders.parsing.source import Source

STATUS_PAGE = "status_page"  # column of entities: the address of their status page
_HEAD = ("page", "component", "entity")
_SHORTEST = 3  # a name of fewer letters is not looked for in the title of an incident
_MOST = 1 << 24  # bytes of a table


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


@dataclass(frozen=True)
class Rules:
    """The user's table: page and component (folded; empty: any page, the page as a whole) as an
    entity (empty: of no concern)."""

    rows: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def find(self, pages: Sequence[str], names: Sequence[str]) -> str | None:
        """What the table says, a row with a page before one without; None: nothing."""
        for page in (*pages, ""):
            for name in names:
                found = self.rows.get((page.casefold(), name.casefold()))
                if found is not None and (page or name):
                    return found
        return None


NO_RULES = Rules()


def read_table(path: Path) -> Rules:
    """The table in a CSV file: `page` (name or address; empty: any), `component` (name or id;
    empty: the page as a whole), `entity` (id or name; empty: of no concern here).

    Raises InputError with the line.
    """
    source = Source.of(path)
    source.refuse_larger(_MOST, "a table")
    reader = csv.DictReader(io.StringIO(source.text.removeprefix("\ufeff")), strict=True)
    head = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"component", "entity"} <= set(head) or not set(head) <= set(_HEAD):
        raise InputError(f"{source.name}:1: expected the columns {', '.join(_HEAD)}")
    reader.fieldnames = head
    rows: dict[tuple[str, str], str] = {}
    try:
        for row in reader:
            page, component, entity = ((row.get(name) or "").strip() for name in _HEAD)
            place = f"{source.name}:{reader.line_num}"
            if None in row or not (page or component):
                raise InputError(f"{place}: expected a page or a component, and an entity")
            key = page.casefold(), component.casefold()
            if rows.setdefault(key, entity) != entity:
                raise InputError(
                    f"{place}: {clip(component or page)} stands twice, as two entities"
                )
    except csv.Error as fault:
        raise InputError(f"{source.name}: expected CSV, {fault}") from None
    return Rules(rows)


def place_report(
    graph: DependencyGraph, page: PageReport, findings: Findings, rules: Rules = NO_RULES,
    addresses: Sequence[str] = (),
) -> Placed:  # fmt: skip
    """Each entity that the page reports as down, once, with its largest severity.

    addresses: of the page, for what states them. Every decision is a finding.
    """
    where = _Where(graph, page.name, addresses, rules)
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
    down = tuple(found[i] for i in sorted(found))
    return Placed(
        page.name, page.as_of, down, tuple(unmatched), tuple(page.untold), tuple(foreign),
        tuple(where.carried), tuple(noted),
    )  # fmt: skip


def _describe(graph: DependencyGraph, entity: str, severity: float, one: Reported) -> Down:
    number = graph.find(entity)
    kind = graph.entities["kind"][number]
    return Down(entity, graph.names[number], kind, severity, one.name, one.id, one.status)


class _Where:
    """A graph, as one page is looked for in it."""

    def __init__(
        self, graph: DependencyGraph, page: str, addresses: Sequence[str], rules: Rules
    ) -> None:
        self.graph, self.rules = graph, rules
        self.pages = (page, *addresses)
        self.vendor = self._find_vendor(page, addresses)
        self.carried: list[tuple[str, str]] = []

    def _find_vendor(self, page: str, addresses: Sequence[str]) -> str | None:
        """The page's entity: by the user's table, by the address that it states, by name."""
        stated = self.rules.find(self.pages, ("",))
        if stated and (known := _find(self.graph, stated)) is not None:
            return known
        if addresses and STATUS_PAGE in self.graph.entities.columns:
            wanted = {_trim(a) for a in addresses}
            column = self.graph.entities[STATUS_PAGE]
            fits = [n for n in range(self.graph.size) if column[n] and _trim(column[n]) in wanted]
            if len(fits) == 1:
                return self.graph.ids[fits[0]]
        return _find(self.graph, page)

    def look_up(self, one: Reported) -> str | None:
        """The entity that the user's table names, "" for none of this graph; None where it is
        silent."""
        names = ("",) if one.whole else (one.id, one.id.rpartition("/")[2], one.name)
        stated = self.rules.find(self.pages, names)
        return (_find(self.graph, stated) or "") if stated else stated

    def match(
        self, one: Reported, unmatched: list[tuple[str, str]], findings: Findings
    ) -> list[str]:
        """The ids of the entities that a report speaks of; what fits none goes to the list."""
        graph, vendor = self.graph, self.vendor
        if one.status == UNSTATED:
            named = _find_named(graph, one.name) or ([vendor] if vendor else [])
            named = named or _find_named(graph, one.page)
            if not named:
                unmatched.append((one.name, "its title names no entity"))
            return named
        if one.whole and vendor is not None:
            return [vendor]
        if not one.whole and (found := self._find_part(one)) is not None:
            return [found]
        try:
            alone = graph.ids[graph.find(one.name)]
        except UnknownEntityError:
            alone = None
        except AmbiguousEntityError as error:
            ids = some(clip(i, 60) for i, _ in error.matches)
            unmatched.append((one.name, f"several entities have the name: {ids}"))
            return []
        if alone is not None and (vendor is None or _belongs(graph, alone, vendor)):
            return [alone]
        if vendor is not None and (graph.provider == graph.find(vendor)).any():
            other = f"; {clip(alone, 60)} of the graph is another" if alone else ""
            reason = f"a component that is no entity of the graph is carried to its vendor{other}"
            findings.add("note", reason, f"{clip(one.name, 60)} to {clip(vendor, 60)}")
            self.carried.append((one.name, vendor))
            return [vendor]
        near = some(f"{clip(name, 40)} ({clip(i, 60)})" for i, name in graph.nearest(one.name))
        unmatched.append((one.name, f"nearest: {near}" if near else ""))
        return []

    def _find_part(self, one: Reported) -> str | None:
        """The entity of a component by its id, or by its name with that of the page."""
        owners = [one.page]
        if self.vendor is not None:
            owners.append(self.graph.names[self.graph.find(self.vendor)])
        for owner in dict.fromkeys(owners):
            asked = (f"{owner} {one.name}", one.id, f"{owner} - {one.name}", f"{owner}: {one.name}")
            for name in asked:
                if (identifier := _find(self.graph, name)) is not None:
                    return identifier
        return None


def check_rules(rules: Rules, graphs: Sequence[DependencyGraph]) -> None:
    """Raise UnknownEntityError, or AmbiguousEntityError, for an entity that no graph has."""
    for entity in filter(None, rules.rows.values()):
        faults = []
        for graph in graphs:
            try:
                graph.find(entity)
            except (UnknownEntityError, AmbiguousEntityError) as fault:
                faults.append(fault)
        if len(faults) == len(graphs):
            raise faults[0]


def _trim(address: str) -> str:
    """Host and path of an address, for comparing: no scheme, no trailing slash, no case."""
    return re.sub(r"^[a-z]+://", "", str(address).strip().lower()).rstrip("/")


def _find(graph: DependencyGraph, asked: str) -> str | None:
    try:
        return graph.ids[graph.find(asked)]
    except (UnknownEntityError, AmbiguousEntityError):
        return None


def _belongs(graph: DependencyGraph, identifier: str, vendor: str) -> bool:
    """Whether an entity is the vendor's: below it, dependent on it, or dependent on nothing at all,
    as what comes from outside mostly is; what depends on others is one's own."""
    number, above = graph.find(identifier), graph.find(vendor)
    needs = graph.provider[graph.dependent == number]
    below = graph.entities["parent"][number] == vendor
    return below or not len(needs) or bool((needs == above).any())


def _find_named(graph: DependencyGraph, text: str) -> list[str]:
    """The entities whose names are whole words of the text, the longest of those that overlap."""
    folded = text.casefold()
    spans: list[tuple[int, int, str]] = []
    for identifier, name in zip(graph.ids, graph.names, strict=True):
        wanted = name.casefold()
        if len(wanted) < _SHORTEST or wanted not in folded:
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
