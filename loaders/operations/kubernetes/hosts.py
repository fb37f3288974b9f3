"""What an address within a cluster means: `db`, `db.shop`, `db-0.db.shop.svc.cluster.local`, an IP.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/. A name alone is a Service
of one's own namespace. Which namespace an object is in that states none, nobody knows before it is
applied: an address that names one finds it there.
"""

from knockon.graph.errors import clip
from knockon.loaders.operations.addresses import Host, is_cluster_name
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    get_map,
    get_maps,
    get_text,
)
from knockon.loaders.parsing.yaml_text import YamlList

# domains of the Internet: `redis.io` is no Service `redis` of a namespace `io`
_DOMAINS = {
    "ai", "app", "biz", "cloud", "co", "com", "dev", "edu", "eu", "gov", "info", "internal", "io",
    "lan", "local", "me", "net", "org", "tech", "uk", "us", "xyz", "de",
}  # fmt: skip


class Hosts:
    """Finds what an address leads to: a Service, a route that serves it, a host outside.

    known: ids by whole names and numbers, beside the Services
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.known: dict[str, str] = {}
        for one in cluster.statements:
            if one.kind == "ServiceEntry":
                self._add_entry(one)
        for identifier, (service, *_) in cluster.list_objects("Service").items():
            for address in _find_addresses(service):
                self.known.setdefault(address, identifier)
        for top, members in cluster.list_workloads().items():
            for one in members:
                number = get_text(one.body, "status", "podIP")
                if number:
                    self.known.setdefault(number, top)

    def note_outside(self) -> None:
        """Take up the hosts outside that are entities by now."""
        for identifier in self._cluster.rows.entities:
            if identifier.startswith("host:"):
                self.known.setdefault(identifier[5:], identifier)

    def find(self, host: Host, manifest: Manifest, where: str, *, make: bool = True) -> str | None:
        """The id of what an address leads to as seen from an object, None where nobody knows."""
        if host.name in self.known:
            return self.known[host.name]
        make = make and (host.how != "word" or is_cluster_name(host.name))
        return self.find_service(host.name, manifest.namespace, where, make=make)

    def find_service(
        self, host: str, namespace: str, where: str, *, make: bool = True
    ) -> str | None:
        """The Service that an address names.

        make: one that the files do not hold is made where it is named in full, or where there is a
        workload of its name
        """
        labels = host.split(".")
        if is_cluster_name(host):
            name, space = labels[: labels.index("svc")][-2:]
            found = self._cluster.find("Service", name, space)
            return self._cluster.hold("Service", name, space, where) if make else found
        if len(labels) == 1:
            found = self._cluster.find("Service", host, namespace)
            if found is None and make and self._cluster.find_workloads(host, namespace):
                found = self._cluster.hold("Service", host, namespace, where)
            return found
        if len(labels) > 3:
            return None
        # pod.service or service.namespace, pod.service.namespace
        name, space = labels[-2:]
        if self._cluster.is_there("Service", name, space):
            return self._cluster.find("Service", name, space)
        if len(labels) == 2 and self._cluster.is_there("Service", space, namespace):
            return self._cluster.find("Service", space, namespace)
        if space in _DOMAINS or len(labels) == 3:
            return None
        return self._cluster.find("Service", name, space)

    def _add_entry(self, entry: Manifest) -> None:
        """The hosts outside that a mesh knows."""
        hosts = entry.spec.get("hosts") if entry.spec is not None else None
        for host in hosts if isinstance(hosts, YamlList) else []:
            if isinstance(host, str) and "*" not in host and not is_cluster_name(host):
                self.known[host.lower()] = self._cluster.hold_host(host, entry.where)
            else:
                reason = "a host of a ServiceEntry that is a pattern, or a name of the cluster"
                self._cluster.rows.findings.add(
                    "note", reason, f"{clip(str(host))} at {entry.where}"
                )


def _find_addresses(service: Manifest) -> list[str]:
    """The numbers and names by which a Service is reached from within and without."""
    found = [get_text(service.spec, "clusterIP")]
    for key in ("clusterIPs", "externalIPs"):
        listed = service.spec.get(key) if service.spec is not None else None
        found += [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    for one in get_maps(get_map(service.body, "status", "loadBalancer"), "ingress"):
        found += [get_text(one, "ip"), get_text(one, "hostname")]
    return [one.lower() for one in found if one and one != "None"]
