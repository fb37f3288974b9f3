"""Who calls whom, added up: what tracing readers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows


@dataclass
class _Link:
    where: str
    counts: dict[str, int] = field(default_factory=dict)


class Calls:
    """Services, and calls between them: one dependency per pair, its counts added up."""

    def __init__(self, file: str, source: str) -> None:
        self.rows = Rows(file, source)
        self._links: dict[tuple[str, str], _Link] = {}

    def service(self, name: str, where: str, kind: str = "service") -> None:
        self.rows.add_entity(name, where, kind=kind)

    def add(
        self,
        caller: str,
        callee: str,
        where: str,
        counts: Mapping[str, int],
        kind: str = "service",
        caller_kind: str = "service",
    ) -> bool:
        """The caller uses the callee. Whether this pair is new; a call of itself says nothing."""
        self.service(caller, where, caller_kind)
        self.service(callee, where, kind)
        if caller == callee:
            self.rows.findings.add("dropped", "a service that calls itself", where)
            return True
        known = (caller, callee) in self._links
        link = self._links.setdefault((caller, callee), _Link(where))
        for name, count in counts.items():
            link.counts[name] = link.counts.get(name, 0) + count
        return not known

    def tables(self, title: str, told: str) -> Tables:
        if not self.rows.entities:
            self.rows.findings.add("note", "nothing in it names a service", self.rows.file)
        for (caller, callee), link in self._links.items():
            self.rows.add_dependency(
                dependent=caller, provider=callee, relation="uses", where=link.where,
                **link.counts,
            )  # fmt: skip
        return self.rows.build_tables(title, told)
