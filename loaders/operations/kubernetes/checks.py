"""What is asked before a request is let through: authorization of routes by a service of its own.

Contour's `authorization` names an ExtensionService
(https://projectcontour.io/docs/main/config/client-authorization/), Traefik's `middlewares` may ask
an address (`forwardAuth`) or lead to further ones (`chain`)
(https://doc.traefik.io/traefik/reference/routing-configuration/http/middlewares/forwardauth/), and
Ingresses of NGINX name an address in the annotation `auth-url`. A route uses what it asks: without
an answer nobody is let through, unless it states `failOpen`.
"""

from collections.abc import Iterator

from knockon.graph.errors import clip
from knockon.loaders.operations.addresses import find_hosts
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    get_map,
    get_maps,
    get_text,
    get_texts,
)
from knockon.loaders.operations.kubernetes.pods import Reference, name_object
from knockon.loaders.parsing.yaml_text import YamlMap

ROUTES = ("HTTPProxy", "IngressRoute", "Ingress", "Middleware")
_MIDDLEWARE = "Middleware"
_OF_CLUSTER = "@kubernetescrd"  # Traefik's name for what objects of the cluster define
_AUTH_URL = "/auth-url"  # nginx.ingress.kubernetes.io/auth-url, haproxy-ingress.github.io/auth-url
_MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"


def connect_checks(cluster: Cluster, hosts: Hosts) -> None:
    """Routes with what they ask, and Middlewares with the addresses that they ask."""
    for identifier, found in cluster.list_objects(*ROUTES).items():
        for one in found:
            for reference in (*_find_extensions(cluster, one), *_find_middlewares(cluster, one)):
                cluster.need(one, reference)
            for url, line in _find_urls(one):
                _connect_url(cluster, hosts, identifier, one, url, line)


def _connect_url(
    cluster: Cluster, hosts: Hosts, identifier: str, route: Manifest, url: str, line: int
) -> None:
    """A route, or a Middleware, with the service or the host outside that a URL names."""
    where = route.at(line)
    found = find_hosts(url, "url", strict=True)
    for host in found[:1]:
        provider = hosts.find(host, route, where) or cluster.hold_host(host.name, where)
        cluster.link(identifier, provider, "uses", where)
    if not found:
        reason = "an address to ask before a request is let through that names no host"
        cluster.rows.findings.add("note", reason, f"{clip(url, 60)} at {where}")


def _find_extensions(cluster: Cluster, proxy: Manifest) -> Iterator[Reference]:
    """Of Contour: the ExtensionService that decides who may pass."""
    asked = get_map(proxy.spec, "virtualhost", "authorization")
    for one in name_object("ExtensionService", get_map(asked, "extensionRef"), "name"):
        if get_text(asked, "failOpen") == "true":
            reason = "an authorization that lets all pass where it does not answer (failOpen)"
            place = f"{clip(one.name, 60)} at {proxy.at(one.line)}"
            cluster.rows.findings.add("dropped", reason, place)
        else:
            yield one


def _find_middlewares(cluster: Cluster, route: Manifest) -> Iterator[Reference]:
    """Of Traefik: the Middlewares of a route, or of a chain."""
    spec = route.spec
    holders = [*get_maps(spec, "routes"), *filter(None, (get_map(spec, "chain"),))]
    for one in (one for holder in holders for one in get_maps(holder, "middlewares")):
        for reference in name_object(_MIDDLEWARE, one, "name"):
            if "@" in reference.name:
                reason = "a middleware that no object of the cluster defines"
                place = f"{clip(reference.name, 60)} at {route.at(reference.line)}"
                cluster.rows.findings.add("note", reason, place)
            else:
                yield reference
    if route.kind == "Ingress":
        yield from _find_annotated(cluster, route)


def _find_annotated(cluster: Cluster, ingress: Manifest) -> Iterator[Reference]:
    """`shop-login@kubernetescrd, auth@file`: of the cluster, a namespace is part of the name."""
    notes = get_map(ingress.body, "metadata", "annotations")
    named = get_texts(notes).get(_MIDDLEWARES, "")
    known = {
        f"{one.space}-{one.name}": one
        for found in cluster.list_objects(_MIDDLEWARE).values()
        for one in found
    }
    line = notes.lines[_MIDDLEWARES] if notes is not None and named else 1
    for name in filter(None, map(str.strip, named.split(","))):
        one = known.get(name.removesuffix(_OF_CLUSTER))
        if one is not None and name.endswith(_OF_CLUSTER):
            yield Reference(_MIDDLEWARE, one.name, line, "uses", one.namespace)
        else:
            reason = "a middleware that no object of the cluster defines"
            place = f"{clip(name, 60)} at {ingress.at(line)}"
            cluster.rows.findings.add("note", reason, place)


def _find_urls(route: Manifest) -> Iterator[tuple[str, int]]:
    """The addresses that are asked, with their lines."""
    asked = get_map(route.spec, "forwardAuth")
    address = get_text(asked, "address")
    if route.kind == _MIDDLEWARE and address and asked is not None:
        yield address, asked.lines["address"]
    notes = get_map(route.body, "metadata", "annotations") or YamlMap(1)
    for key, value in get_texts(notes).items():
        if key.endswith(_AUTH_URL) and "$" not in value:
            yield value, notes.lines[key]
