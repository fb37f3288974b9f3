"""Endpoints of Services: EndpointSlices, and the older Endpoints.

https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/. Of a Service with a
selector they are the Pods behind it, with whether these are ready; of one without, somebody wrote
down what is behind it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    build_id,
    get_map,
    get_maps,
    get_text,
    get_texts,
)
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: the Pod that it is, empty for none, and where it can be reached."""

    manifest: Manifest
    where: str
    pod: str
    addresses: tuple[str, ...]
    ready: bool


def find_endpoints(cluster: Cluster) -> dict[str, list[Endpoint]]:
    """The endpoints of each Service that has some, by its id."""
    found: dict[str, list[Endpoint]] = {}
    for one in cluster.statements:
        if one.kind in ("EndpointSlice", "Endpoints"):
            labels = get_texts(get_map(one.body, "metadata", "labels"))
            name = labels.get("kubernetes.io/service-name", one.name)
            listed = list(_list_endpoints(one))
            found.setdefault(build_id(one.space, "Service", name), []).extend(listed)
    return {identifier: listed for identifier, listed in found.items() if listed}


def find_providers(cluster: Cluster, endpoint: Endpoint) -> Iterator[str]:
    """The Pod that an endpoint is, else hosts outside; nothing where it is not ready."""
    if not endpoint.ready:
        reason = "an endpoint that is not ready: nothing is behind the Service there"
        cluster.rows.findings.add("dropped", reason, endpoint.where)
    elif endpoint.pod:
        pod = cluster.hold("Pod", endpoint.pod, endpoint.manifest.namespace, endpoint.where)
        yield from [pod] if pod else []
    else:
        yield from (cluster.hold_host(address, endpoint.where) for address in endpoint.addresses)


def _list_endpoints(manifest: Manifest) -> Iterator[Endpoint]:
    for one in get_maps(manifest.body, "endpoints"):
        ready = get_text(one, "conditions", "ready") != "false"
        yield _read_endpoint(manifest, one, ready=ready)
    for subset in get_maps(manifest.body, "subsets"):
        for key in ("addresses", "notReadyAddresses"):
            for one in get_maps(subset, key):
                yield _read_endpoint(manifest, one, ready=key == "addresses")


def _read_endpoint(manifest: Manifest, one: YamlMap, *, ready: bool) -> Endpoint:
    is_pod = get_text(one, "targetRef", "kind") == "Pod"
    pod = (get_text(one, "targetRef", "name") or "") if is_pod else ""
    listed = one.get("addresses")
    texts = listed if isinstance(listed, YamlList) else [one.get("ip")]
    addresses = tuple(text for text in texts if isinstance(text, str) and text)
    return Endpoint(manifest, manifest.at(one.line), pod, addresses, ready)
