"""The user's table of which component of a status page is which entity."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from knockon.graph.errors import AmbiguousEntityError, InputError, UnknownEntityError, clip
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.parsing.source import Source

_HEAD = ("page", "component", "entity")
_MOST = 1 << 24  # bytes of a table


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
