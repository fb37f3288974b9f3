"""Rows and oddities, gathered while a reader walks through a source."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from knockon.graph.model.tables import DEPENDENCY_COLUMNS, FILE, Tables
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.assembling.rows import build_frame

SHARED_FROM = 1_000  # dependencies of many on many that go through one entity between them


@dataclass
class Rows:
    """Entities by id and dependencies, each with the place where it stands.

    file:   what the place of a row begins with; empty where each place tells its own file
    source: name of the source, carried to the answer
    as_of:  day of the source, where it states one
    """

    file: str
    source: str
    as_of: str | None = None
    findings: Findings = field(default_factory=Findings)
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    dependencies: list[dict[str, Any]] = field(default_factory=list)

    def place(self, where: str) -> str:
        """`compose.yaml#services.web` of `services.web`; the file alone where nothing is told."""
        return f"{self.file}#{where}" if where and self.file else where or self.file

    def walk_records(
        self, holder: dict[str, Any], key: str, where: str
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects in a list of the holder, each with its place; what is none is counted."""
        listed = holder.get(key)
        if listed is None:
            return
        if not isinstance(listed, list):
            self.findings.add("dropped", f"{key} that is no list", f"{where}.{key}".lstrip("."))
            return
        for number, record in enumerate(listed):
            place = f"{where}.{key}[{number}]".lstrip(".")
            if isinstance(record, dict):
                yield place, record
            else:
                self.findings.add("dropped", f"an entry of {key} that is no object", place)

    def add_entity(self, identifier: str, where: str, **cells: Any) -> bool:
        """Add an entity, or fill what is still empty in the one of this id. Whether it is new."""
        known = self.entities.get(identifier)
        if known is None:
            self.entities[identifier] = {"id": identifier, **cells, FILE: self.place(where)}
            return True
        for column, value in cells.items():
            if known.get(column) is None:
                known[column] = value
        return False

    def add_dependency(
        self, *, dependent: str, provider: str, relation: str, where: str, **cells: Any
    ) -> None:
        self.dependencies.append(
            {
                "dependent": dependent, "provider": provider, "relation": relation,
                "source": self.source, "evidence": where or None, "as_of": self.as_of,
                **cells, FILE: self.place(where),
            }
        )  # fmt: skip

    def depend_by_definition(
        self, *, dependent: str, provider: str, relation: str, where: str, how: str, **cells: Any
    ) -> None:
        """Add a dependency that holds because of what the two are: its strength is 1, not unknown.

        how: what makes it hold, such as `the selector of a Service`
        """
        evidence = f"by definition: {how}, {where}"
        self.add_dependency(
            dependent=dependent, provider=provider, relation=relation, where=where,
            **{"probability": 1.0, "evidence": evidence, **cells},
        )  # fmt: skip

    def build_tables(self, title: str | None, told: str) -> Tables:
        """Everything as tables; `told` says where the source comes from."""
        return Tables(
            entities=build_frame(list(self.entities.values())),
            dependencies=build_frame(self.dependencies)
            if self.dependencies
            else _make_no_dependencies(),
            title=title,
            sources={self.source: told},
            report=self.findings.report(),
        )


def _make_no_dependencies() -> pl.DataFrame:
    return pl.DataFrame(schema={c.name: c.dtype for c in DEPENDENCY_COLUMNS})
