"""Who calls whom, added up: what tracing readers share."""

from dataclasses import dataclass, field

from knockon.graph.tables import Tables
from knockon.loaders.gather import Rows


@dataclass
class _Link:
    where: str
    relation: str
    counts: dict[str, int] = field(default_factory=dict)


class Calls:
    """Services, and calls between them: one dependency per pair, its counts added up."""

    def __init__(self, file: str, source: str) -> None:
        self.rows = Rows(file, source)
        self._links: dict[tuple[str, str], _Link] = {}

    def service(self, name: str, where: str, kind: str = "service") -> None:
        self.rows.entity(name, where, kind=kind)

    def add(
        self, caller: str, callee: str, where: str, *, kind: str = "service",
        **counts: int | None,
    ) -> None:  # fmt: skip
        """The caller uses the callee; a call of itself says nothing and is counted."""
        self.service(caller, where)
        self.service(callee, where, kind)
        if caller == callee:
            self.rows.tally.add("dropped", "a service that calls itself", where)
            return
        link = self._links.setdefault((caller, callee), _Link(where, "uses"))
        for name, count in counts.items():
            if count is not None:
                link.counts[name] = link.counts.get(name, 0) + count

    def tables(self, title: str, told: str) -> Tables:
        for (caller, callee), link in self._links.items():
            self.rows.depend(
                dependent=caller, provider=callee, relation=link.relation, where=link.where,
                **link.counts,
            )  # fmt: skip
        return self.rows.tables(title, told)
