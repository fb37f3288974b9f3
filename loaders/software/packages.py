"""Packages as package managers name them, and which needs which: what their readers share."""

from typing import Any

from knockon.graph.errors import clip
from knockon.graph.model.tables import ALSO_KNOWN_AS, Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.assembling.purl import make_purl
from knockon.loaders.software.identity import Identity
from knockon.loaders.software.spare import GROUP


class Packages:
    """Rows of packages of one type, each by its purl, so that they join with bills of materials.

    type: the type of their purls: `golang`, `npm`, `pypi`
    file: what places begin with; empty where each place tells its own file
    """

    def __init__(self, type_: str, file: str, source: str) -> None:
        self._type = type_
        self.rows = Rows(file, source)
        self.findings = self.rows.findings
        self._spare: dict[str, str] = {}

    def add(self, name: str, version: str, where: str, kind: str = "component") -> str:
        """Enter a package, once for each version. Its id."""
        namespace, _, last = name.rpartition("/")
        written = f"{name}@{version}" if version else name
        try:
            identifier = make_purl(self._type, namespace, last, version)
        except ValueError as error:
            reason = "a name that makes no purl: kept as it is written"
            self.findings.add("note", reason, f"{clip(written, 60)} at {where}: {error}")
            identifier = written
        names = Identity()
        if identifier != written:
            names.add_purls([identifier], self.findings, where)
        self.rows.add_entity(
            identifier, where, name=name, kind=kind, version=version or None, purl=identifier,
            **{ALSO_KNOWN_AS: names.others(identifier, written)},
        )  # fmt: skip
        return identifier

    def need(
        self, dependent: str, provider: str, where: str, required: str = "", spare: bool = False
    ) -> None:
        """The dependent is built from the provider, of a version as it requires.

        spare: only its tests and tools are (`spare`)
        """
        cells: dict[str, Any] = {"required": required or None} if required else {}
        if spare:
            cells["group"] = GROUP
            self._spare.setdefault(dependent, where)
        self.rows.add_dependency(
            dependent=dependent, provider=provider, relation="contains", where=where, **cells
        )

    def build_tables(self, title: str, told: str) -> Tables:
        """Everything as tables, a dependent of spare packages beside them in their group."""
        for dependent, where in self._spare.items():
            reason = (
                "a dependent of parts not needed at run time stands beside them in a group of "
                "which one is needed: only a compromise reaches it through them"
            )
            self.findings.add("note", reason, f"{clip(dependent, 60)} at {where}")
            self.rows.add_dependency(
                dependent=dependent, provider=dependent, relation="contains", where=where,
                group=GROUP, probability=1.0, evidence=None,
            )  # fmt: skip
        if not self.rows.dependencies:
            self.findings.add("note", "no package in it needs another", self.rows.source)
        return self.rows.build_tables(title, told)
