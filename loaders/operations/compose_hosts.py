"""By which names the services of a Compose project call each other, and who calls whom.

A service answers to its name, its `container_name`, its `hostname` and the aliases that it has in
networks; `links` give it further names for one service alone. Nothing states that a service needs
another whose name stands in a variable or a command: such dependencies are marked in their
evidence, and can be left out.
"""

from collections.abc import Mapping

from knockon.graph.errors import clip
from knockon.graph.model.tables import UNREAD
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.addresses import Host, find_hosts
from knockon.loaders.operations.compose_service import CONTAINER, Service

_NOWHERE = f"an address that is no service of these files: {UNREAD}"
_OWN = "an address of the service itself"


class Names:
    """The services of a project by every name by which they are called, in small letters."""

    def __init__(self, project: str, services: Mapping[str, Service]) -> None:
        self._services = services
        self._known = {name.lower(): name for name in services}
        self._containers: dict[str, str] = {}
        for name, service in services.items():
            for alias in (*service.aliases, service.container_name.lower()):
                if alias:
                    self._known.setdefault(alias, name)
            own = service.container_name or name
            self._containers.setdefault(own.lower(), name)
            # what Compose calls containers by itself: `shop-db-1`, before version 2 `shop_db_1`
            for mark in "-_":
                self._containers.setdefault(f"{project}{mark}{name}{mark}1".lower(), name)

    def find(self, target: str, caller: str) -> str | None:
        """The service that a host, or `container:NAME`, is to one that calls it."""
        if target.startswith(CONTAINER):
            return self._containers.get(target.removeprefix(CONTAINER).lower())
        linked = self._services[caller].links.get(target.lower())
        return linked if linked in self._services else self._known.get(target.lower())


def connect_written(
    rows: Rows, project: str, services: Mapping[str, Service], names: Names
) -> None:
    """Dependencies that only variables and commands tell, beside those that are stated."""
    stated = {(row["dependent"], row["provider"]) for row in rows.dependencies}
    for caller, service in services.items():
        written: list[tuple[list[Host], str, str]] = [
            (find_hosts(value, name), f"environment variable {clip(name, 60)}", where)
            for name, (value, where) in service.environment.items()
        ]
        written += [(hosts, key, where) for key, (hosts, where) in service.words.items()]
        for hosts, what, where in written:
            for host in hosts:
                provider = names.find(host.name, caller)
                ends = f"{project}/{caller}", f"{project}/{provider}"
                place = f"{clip(host.name, 60)}: {what}, {where}"
                if provider is None:
                    if host.how != "word":
                        rows.findings.add("note", _NOWHERE, place)
                elif provider == caller:
                    rows.findings.add("note", _OWN, place)
                elif ends not in stated:
                    stated.add(ends)
                    rows.add_dependency(
                        dependent=ends[0], provider=ends[1], relation="uses", where=where,
                        evidence=f"{what}, {where}",
                    )  # fmt: skip
