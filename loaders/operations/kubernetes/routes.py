"""What leads to Services from outside or beside: Ingress, Gateway API, Istio, OpenShift, Traefik.

https://gateway-api.sigs.k8s.io/, https://istio.io/latest/docs/reference/config/networking/. A route
uses the Services that it leads to, and is hosted on what serves it: its Gateways, or the controller
of its class. What leads to one Service only falls with it by definition.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from knockon.graph.errors import clip
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    get_map,
    get_maps,
    get_text,
)
from knockon.loaders.operations.kubernetes.pods import Reference, name_object
from knockon.loaders.operations.kubernetes.services import Services
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

ROUTES = (
    "Ingress", "Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute", "Route",
    "IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "TraefikService", "HTTPProxy",
    "ExtensionService", "APIService",
)  # fmt: skip
# keys under which what a route leads to stands, one or several, and the kind where none is told
_BACKENDS = {
    "backendRefs": "Service", "services": "Service", "service": "Service", "backend": "Service",
    "defaultBackend": "Service", "to": "Service", "alternateBackends": "Service",
    "includes": "HTTPProxy", "mirroring": "Service",
}  # fmt: skip
_ASIDE = ("filters", "mirror", "mirrors")  # sent there as well, and not waited for
_CLASS = "kubernetes.io/ingress.class"  # the annotation from before `ingressClassName`
_MATCHED = re.compile(r"Host(?:SNI)?\(([^)]*)\)")  # of Traefik: Host(`a.example`, `b.example`)


def connect_routes(cluster: Cluster, services: Services, hosts: Hosts) -> None:
    """Every route with what it leads to and what serves it; the hosts that it serves are known."""
    for identifier, found in cluster.list_objects(*ROUTES).items():
        for one in found:
            _connect(identifier, one, cluster, services)
            for host in _find_hosts(one):
                hosts.known.setdefault(host, identifier)


def link_backends(
    cluster: Cluster, services: Services, identifier: str, backends: dict[str, str]
) -> None:
    """A route with the Services that it leads to, by id, with places."""
    for provider, where in backends.items():
        if len(backends) == 1:
            how = "the only Service that a route leads to"
            cluster.link_by_definition(identifier, provider, where, how)
        else:
            cluster.link(identifier, provider, "uses", where)
    behind = [one for provider in backends for one in services.behind.get(provider, ())]
    services.behind[identifier] = [*services.behind.get(identifier, ()), *behind]


def tell_aside(cluster: Cluster, route: Manifest) -> None:
    """A finding on what gets a copy of the traffic: its answer is not waited for."""
    waiting: list[tuple[Any, bool]] = [(route.spec, False)]
    for value, aside in waiting:
        if isinstance(value, YamlList):
            waiting += [(inner, aside) for inner in value]
        elif isinstance(value, YamlMap):
            name = get_text(value, "host") or get_text(value, "name")
            copied = aside and {"host", "port", "percent"} & value.keys()
            if name and (copied or _is_mirror(value)):
                reason = "a backend of mirrored traffic: its answer is not waited for"
                place = f"{clip(name, 60)} at {route.at(value.line)}"
                cluster.rows.findings.add("dropped", reason, place)
            else:
                waiting += [(inner, aside or key in _ASIDE) for key, inner in value.items()]


def _is_mirror(backend: YamlMap) -> bool:
    """Of Contour: `{name: web, port: 80, mirror: true}` stands beside those that answer."""
    return get_text(backend, "mirror") == "true"


def _connect(identifier: str, route: Manifest, cluster: Cluster, services: Services) -> None:
    backends: dict[str, str] = {}
    for one in _find_backends(route):
        if one.optional:
            reason = "a backend of weight 0: nothing is routed to it"
            place = f"{clip(one.name, 60)} at {route.at(one.line)}"
            cluster.rows.findings.add("dropped", reason, place)
            continue
        where = route.at(one.line)
        provider = cluster.hold(one.kind, one.name, one.namespace or route.namespace, where)
        if provider:
            backends.setdefault(provider, where)
    link_backends(cluster, services, identifier, backends)
    tell_aside(cluster, route)
    for one in _find_hosting(route):
        if one.kind == "Service":  # in a mesh, callers of this Service are routed elsewhere
            where = route.at(one.line)
            service = cluster.hold("Service", one.name, one.namespace or route.namespace, where)
            for provider in sorted(backends.keys() - {service}):
                cluster.link(str(service), provider, "uses", where)
        else:
            cluster.need(route, one)


def _find_backends(route: Manifest) -> Iterator[Reference]:
    """What a route leads to; one that gets no traffic is optional."""
    waiting: list[Any] = [route.spec]
    for value in waiting:
        if isinstance(value, YamlList):
            waiting += value
        elif isinstance(value, YamlMap):
            for key, inner in value.items():
                if key in _BACKENDS:
                    listed = inner if isinstance(inner, YamlList) else [inner]
                    yield from (ref for one in listed for ref in _read_backend(one, _BACKENDS[key]))
            waiting += [inner for key, inner in value.items() if key not in _ASIDE]


def _read_backend(backend: Any, kind: str) -> Iterator[Reference]:
    """`{name: web, port: 80}`; `{serviceName: web}` of an Ingress before networking.k8s.io/v1."""
    if not isinstance(backend, YamlMap) or _is_mirror(backend):
        return
    for key in ("name", "serviceName"):
        for one in name_object(get_text(backend, "kind") or kind, backend, key):
            yield replace(one, optional=backend.get("weight") == "0")


def _find_hosting(route: Manifest) -> Iterator[Reference]:
    """What a route is hosted on, and the Secrets with its certificates."""
    spec, on = route.spec, "hosted_on"
    for parent in get_maps(spec, "parentRefs"):
        yield from name_object(get_text(parent, "kind") or "Gateway", parent, "name", on)
    yield from name_object("GatewayClass", spec, "gatewayClassName", on)
    yield from name_object("IngressClass", spec, "ingressClassName", on)
    if get_text(spec, "ingressClassName") is None:
        yield from name_object(
            "IngressClass", get_map(route.body, "metadata", "annotations"), _CLASS, on
        )
    for holder in (get_map(spec, "tls"), get_map(spec, "virtualhost", "tls")):
        yield from name_object("Secret", holder, "secretName")
    for secret in get_maps(spec, "tls"):
        yield from name_object("Secret", secret, "secretName")
    for listener in get_maps(spec, "listeners"):
        for secret in get_maps(get_map(listener, "tls"), "certificateRefs"):
            if get_text(secret, "kind") in (None, "Secret"):
                yield from name_object("Secret", secret, "name")


def _find_hosts(route: Manifest) -> list[str]:
    """The hosts by which a route is called."""
    spec = route.spec
    found: list[Any] = [get_text(spec, "host"), get_text(spec, "virtualhost", "fqdn")]
    found += [get_text(rule, "host") for rule in get_maps(spec, "rules")]
    listed = spec.get("hostnames") if spec is not None else None
    found += listed if isinstance(listed, YamlList) else []
    for rule in get_maps(spec, "routes"):
        for matched in _MATCHED.findall(get_text(rule, "match") or ""):
            found += re.findall(r"[`'\"]([^`'\"]+)[`'\"]", matched)
    return [one.lower() for one in found if isinstance(one, str) and one and "*" not in one]
