"""Istio: where callers of a Service are routed, and which of its workloads a subset is.

https://istio.io/latest/docs/reference/config/networking/. A VirtualService that sends all callers
of a Service to one version of it leaves the others no spare: it uses the workloads of the subset.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    get_map,
    get_maps,
    get_text,
    get_texts,
)
from knockon.loaders.operations.kubernetes.pods import Reference
from knockon.loaders.operations.kubernetes.routes import link_backends, tell_aside
from knockon.loaders.operations.kubernetes.services import Services
from knockon.loaders.parsing.yaml_text import YamlList

GATEWAY = "Gateway.networking.istio.io"
_MESH = "mesh"  # stands for all callers within the mesh


@dataclass(frozen=True)
class _Destination:
    service: str
    subset: str
    where: str


class Mesh:
    """Connects VirtualServices and Gateways of Istio."""

    def __init__(self, cluster: Cluster, services: Services, hosts: Hosts) -> None:
        self._cluster = cluster
        self._services = services
        self._hosts = hosts
        self._subsets: dict[tuple[str, str], dict[str, str]] = {}  # labels by Service and subset
        for one in cluster.statements:
            if one.kind == "DestinationRule":
                self._add_subsets(one)

    def connect(self) -> None:
        for identifier, (gateway, *_) in self._cluster.list_objects(GATEWAY).items():
            labels = get_texts(get_map(gateway.spec, "selector"))
            behind = self._services.select(labels, "") if labels else ()
            if not behind:
                reason = "a Gateway whose selector fits no pod of the files"
                self._cluster.rows.findings.add("note", reason, f"{identifier} at {gateway.where}")
            self._link(identifier, "gateway", list(behind), gateway.where, "hosted_on")
        for identifier, found in self._cluster.list_objects("VirtualService").items():
            for one in found:
                self._connect(identifier, one)
                tell_aside(self._cluster, one)

    def _connect(self, identifier: str, route: Manifest) -> None:
        whole: dict[str, str] = {}
        subsets: dict[_Destination, list[str]] = {}
        for destination in self._find_destinations(route):
            narrow = self._narrow(destination)
            if narrow:
                subsets[destination] = narrow
            else:
                whole.setdefault(destination.service, destination.where)
        gateways = _list_texts(route, "gateways")
        callers: list[str] = [identifier]
        if not gateways or _MESH in gateways:
            called = (self._find(host, route, route.where) for host in _list_texts(route, "hosts"))
            callers += [one for one in called if one in self._services.behind]
        for caller in callers:
            if caller == identifier and not subsets:
                link_backends(self._cluster, self._services, identifier, whole)
            else:
                for service, where in whole.items():
                    self._cluster.link(caller, service, "uses", where)
            for destination, workloads in subsets.items():
                name = f"subset {destination.subset}"
                self._link(caller, name, workloads, destination.where, "uses")
        for host in _list_texts(route, "hosts"):
            if "." in host and "*" not in host:
                self._hosts.known.setdefault(host.lower(), identifier)
        for gateway in gateways:
            space, slash, name = gateway.rpartition("/")
            if gateway != _MESH:
                line = route.spec.lines["gateways"] if route.spec is not None else 1
                reference = Reference(GATEWAY, name, line, "hosted_on", space if slash else "")
                self._cluster.need(route, reference)

    def _find_destinations(self, route: Manifest) -> Iterator[_Destination]:
        for protocol in ("http", "tls", "tcp"):
            for rule in get_maps(route.spec, protocol):
                for target in get_maps(rule, "route"):
                    host = get_text(target, "destination", "host")
                    where = route.at(target.line)
                    if target.get("weight") == "0":
                        reason = "a backend of weight 0: nothing is routed to it"
                        self._cluster.rows.findings.add("dropped", reason, f"{host} at {where}")
                    elif host:
                        service = self._find(host, route, where, hold=True)
                        subset = get_text(target, "destination", "subset") or ""
                        if service:
                            yield _Destination(service, subset, where)

    def _narrow(self, destination: _Destination) -> list[str]:
        """The workloads of a subset, where it is one, and fewer than all behind the Service."""
        labels = self._subsets.get((destination.service, destination.subset))
        behind = self._services.behind.get(destination.service, [])
        if not destination.subset or not labels:
            return []
        namespace = destination.service.partition("/")[0]
        found = [one for one in self._services.select(labels, namespace) if one in behind]
        return found if len(found) < len(behind) else []

    def _link(
        self, dependent: str, group: str, providers: list[str], where: str, relation: str
    ) -> None:
        """One of several is enough."""
        for one in providers:
            cells = {"group": group} if len(providers) > 1 else {}
            self._cluster.link(dependent, one, relation, where, **cells)

    def _find(self, host: str, route: Manifest, where: str, *, hold: bool = False) -> str | None:
        """The Service or the host outside that a host of the mesh is."""
        if host.lower() in self._hosts.known:
            return self._hosts.known[host.lower()]
        found = self._hosts.find_service(host.lower(), route.namespace, where)
        if found is None and hold:
            name, *space = host.lower().split(".")
            if len(space) > 1:
                return self._cluster.hold_host(host, where)
            namespace = space[0] if space else route.namespace
            return self._cluster.hold("Service", name, namespace, where)
        return found

    def _add_subsets(self, rule: Manifest) -> None:
        host = get_text(rule.spec, "host") or ""
        service = self._find(host, rule, rule.where)
        for subset in get_maps(rule.spec, "subsets"):
            name = get_text(subset, "name")
            if service and name:
                self._subsets[service, name] = get_texts(get_map(subset, "labels"))


def _list_texts(route: Manifest, key: str) -> list[str]:
    value = route.spec.get(key) if route.spec is not None else None
    return [one for one in value if isinstance(one, str)] if isinstance(value, YamlList) else []
