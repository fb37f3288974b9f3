"""What stands behind a Service: workloads by its selector, endpoints, or a name elsewhere."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import InputError
from knockon.loaders.assembling.gather import SHARED_FROM
from knockon.loaders.operations.addresses import is_cluster_name
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.endpoints import find_endpoints, find_providers
from knockon.loaders.operations.kubernetes.manifests import (
    DEFAULT,
    Manifest,
    build_id,
    get_map,
    get_text,
    get_texts,
)
from knockon.loaders.operations.kubernetes.pods import find_pod

ENDPOINTS = "endpoints"  # the group of what stands behind a Service
MAX_BEHIND = 1_000_000  # workloads behind Services, each counted as often as it is behind one
_EVERYWHERE, _UNPLACED = "*", ""  # beside the namespaces: all pods, and those that state none
_ENDING = ("Job", "CronJob")
_ENDS = "a Job among the workloads behind a Service: it ends, and is no spare"
_EMPTY = "a workload of no replicas among those behind a Service: it is no spare"
_NOT_READY = "a workload behind a Service without a ready endpoint: it is no spare"
_SELECTOR = "the selector of a Service"
_SEVERAL = (
    "a Service that stands several times without a namespace: it may be several, "
    "so what is behind it is no spare"
)
_KNATIVE = "Service.serving.knative.dev"
_POD_NAME = "statefulset.kubernetes.io/pod-name"
# labels that controllers, not templates, put on pods: the kind of the object that they name, if any
_PUT_ON = {
    _POD_NAME: "StatefulSet", "deploymentconfig": "DeploymentConfig", "job-name": "Job",
    "batch.kubernetes.io/job-name": "Job", "apps.kubernetes.io/pod-index": "", "deployment": "",
    "controller-revision-hash": "", "pod-template-hash": "", "rollouts-pod-template-hash": "",
    "controller-uid": "", "batch.kubernetes.io/controller-uid": "",
}  # fmt: skip


@dataclass(frozen=True)
class _Backing:
    """The workloads behind a Service. spare: one of several is enough; sure: by definition."""

    workloads: tuple[str, ...]
    spare: bool
    sure: bool


class Services:
    """Finds what stands behind each Service, and connects them.

    behind: the workloads of each Service, by id
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._findings = cluster.rows.findings
        self._tops: list[str] = []  # of each template of pods
        self._spaces: list[str] = []
        self._labelled: dict[tuple[str, str, str], set[int]] = {}  # namespace, key, value
        self._fitting: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, ...]] = {}
        self._shared: dict[_Backing, str] = {}
        self._endpoints = find_endpoints(cluster)
        self._serving: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.behind: dict[str, list[str]] = {}
        for top, members in cluster.list_workloads().items():
            for one in members:
                self._add_labels(top, one)

    def connect(self) -> None:
        """Every Service with what is behind it."""
        services = self._cluster.list_objects("Service")
        backings = {identifier: self._find(identifier) for identifier in services}
        self.behind = {identifier: list(b.workloads) for identifier, b in backings.items()}
        sharing = Counter(backings.values())
        if sum(len(backing.workloads) for backing in sharing) > MAX_BEHIND:
            raise InputError(
                f"{self._cluster.rows.source}: more than {MAX_BEHIND:,} workloads behind Services"
            )
        for identifier, manifests in services.items():
            backing = backings[identifier]
            users = sharing[backing]
            if users > 1 and len(backing.workloads) * users > SHARED_FROM:
                backing = self._share(manifests[0], backing)
            self._connect(identifier, manifests, backing)
        for identifier in self._endpoints.keys() - services.keys():
            self._put_behind(identifier)

    def select(self, labels: dict[str, str], namespace: str) -> tuple[str, ...]:
        """The workloads whose pods have all these labels, as seen from a namespace.

        Where the namespace has none, those that state none; a Service that states none finds
        them in the only namespace that has some.
        """
        return self._select_placed(labels, namespace)[0]

    def _select_placed(
        self, labels: dict[str, str], namespace: str
    ) -> tuple[tuple[str, ...], bool]:
        """The same, and whether they are in this very namespace."""
        pairs = tuple(sorted(labels.items()))
        found = self._fit(namespace or DEFAULT, pairs)
        if found:
            return found, True
        return self._fit(_UNPLACED if namespace else _EVERYWHERE, pairs), False

    def _add_labels(self, top: str, manifest: Manifest) -> None:
        labels = get_texts(get_map(find_pod(manifest), "metadata", "labels"))
        number = len(self._tops)
        self._tops.append(top)
        self._spaces.append(manifest.space)
        unplaced = [] if manifest.namespace else [_UNPLACED]
        for space in (manifest.space, _EVERYWHERE, *unplaced):
            for key, value in labels.items():
                self._labelled.setdefault((space, key, value), set()).add(number)

    def _fit(self, space: str, pairs: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        if (space, pairs) not in self._fitting:
            found = [self._labelled.get((space, *pair), set()) for pair in pairs]
            numbers = set.intersection(*found) if found else set()
            if space == _EVERYWHERE and len({self._spaces[n] for n in numbers}) > 1:
                numbers = set()
            self._fitting[space, pairs] = tuple(sorted({self._tops[n] for n in numbers}))
        return self._fitting[space, pairs]

    def _find(self, identifier: str) -> _Backing:
        manifests = self._cluster.objects[identifier]
        found, placed = self._select(manifests[0])
        for again in manifests[1:]:
            found = tuple(dict.fromkeys((*found, *self._select(again)[0])))
        repeated = self._cluster.is_repeated(identifier)
        found = self._keep_serving(identifier, found)
        return _Backing(found, spare=not repeated, sure=placed and not repeated)

    def _keep_serving(self, identifier: str, found: tuple[str, ...]) -> tuple[str, ...]:
        """Those that can stand in for each other: what serves nothing is no spare of what does."""
        if found not in self._serving:
            lasting = self._keep(found, lambda one: one.split("/")[1] not in _ENDING, _ENDS)
            self._serving[found] = self._keep(lasting, self._cluster.has_replicas, _EMPTY)
        ready = {
            top
            for endpoint in self._endpoints.get(identifier, ())
            if endpoint.pod and endpoint.ready
            if (top := self._cluster.find("Pod", endpoint.pod, endpoint.manifest.namespace))
        }
        return self._keep(self._serving[found], ready.__contains__, _NOT_READY)

    def _keep(
        self, found: tuple[str, ...], is_kept: Callable[[str], bool], reason: str
    ) -> tuple[str, ...]:
        """Those that are kept, if there are some; the others are counted."""
        kept = tuple(one for one in found if is_kept(one))
        if not kept or len(kept) == len(found):
            return found
        left_out = [one for one in found if one not in kept]
        self._findings.add_all("note", reason, left_out, len(left_out))
        return kept

    def _select(self, service: Manifest) -> tuple[tuple[str, ...], bool]:
        """The workloads that the selector of a Service fits, and whether that is sure.

        Labels that controllers put on pods are not in templates: they are looked through.
        """
        selector = get_texts(get_map(service.spec, "selector"))
        if get_text(service.spec, "type") == "ExternalName":
            return (), False
        found, placed = self._select_placed(selector, service.namespace)
        if found or not _PUT_ON.keys() & selector.keys():
            return found, placed
        named: list[str | None] = []
        for key, value in selector.items():
            name = value.rpartition("-")[0] if key == _POD_NAME else value
            if _PUT_ON.get(key) and name:
                named.append(self._cluster.find(_PUT_ON[key], name, service.namespace))
        rest = {key: value for key, value in selector.items() if key not in _PUT_ON}
        found, placed = self._select_placed(rest, service.namespace)
        if named:
            found = tuple(n for n in dict.fromkeys(named) if n and (n in found or not rest))
        return found, placed or not rest

    def _connect(self, identifier: str, manifests: list[Manifest], backing: _Backing) -> None:
        for service in manifests:
            external = get_text(service.spec, "externalName")
            if get_text(service.spec, "type") == "ExternalName" and external:
                self._lead_outside(identifier, service, external)
        first = next((m for m in manifests if get_map(m.spec, "selector")), manifests[0])
        selector = get_map(first.spec, "selector")
        if backing.workloads:
            where = first.at(selector.line if selector is not None else first.body.line)
            self._link(identifier, backing, where, _SELECTOR)
        elif identifier in self._endpoints:
            self._put_behind(identifier)
        elif selector:
            reason = "a Service whose selector fits no pod of the files"
            self._findings.add("note", reason, f"{identifier} at {first.where}")
        elif get_text(first.spec, "externalName") is None:
            reason = "a Service without a selector"
            self._findings.add("note", reason, f"{identifier} at {first.where}")
        knative = build_id(first.space, _KNATIVE, first.name)
        if knative in self._cluster.objects:
            how = "the name of a Knative Service"
            self._cluster.link_by_definition(identifier, knative, first.where, how)

    def _link(self, identifier: str, backing: _Backing, where: str, how: str) -> None:
        """What is behind a Service: a workload that is down has no endpoints, for certain."""
        several = len(backing.workloads) > 1
        if several and not backing.spare:
            self._findings.add("note", _SEVERAL, f"{identifier} at {where}")
        cells: dict[str, Any] = {"relation": "uses", "where": where}
        if several and backing.spare:
            cells |= {"group": ENDPOINTS, "needs": 1}
        rows = self._cluster.rows
        for one in backing.workloads:
            if backing.sure:
                rows.depend_by_definition(dependent=identifier, provider=one, how=how, **cells)
            else:
                rows.add_dependency(dependent=identifier, provider=one, **cells)

    def _share(self, service: Manifest, backing: _Backing) -> _Backing:
        """One entity for the pods that many Services select, instead of each with each."""
        if backing not in self._shared:
            selector = get_texts(get_map(service.spec, "selector"))
            told = ",".join(f"{key}={value}" for key, value in sorted(selector.items()))
            identifier = f"{service.space}/pods/{told}"
            while identifier in self._cluster.rows.entities:  # another set by the same selector
                identifier += "'"
            self._shared[backing] = identifier
            self._cluster.rows.add_entity(
                identifier, service.where, name=f"pods {told}", kind="service",
                namespace=service.space,
            )  # fmt: skip
            self._link(identifier, backing, service.where, _SELECTOR)
        reason = "a Service that shares one entity for the many pods behind it with others"
        self._findings.add("note", reason, f"{service.id} at {service.where}")
        return _Backing((self._shared[backing],), spare=True, sure=True)

    def _lead_outside(self, identifier: str, service: Manifest, host: str) -> None:
        line = service.spec.lines["externalName"] if service.spec is not None else 1
        where = service.at(line)
        provider: str | None
        if is_cluster_name(host):
            name, space = host.split(".")[:2]
            provider = self._cluster.hold("Service", name, space, where)
        else:
            provider = self._cluster.hold_host(host, where)
        if provider:
            how = "a Service of type ExternalName"
            self._cluster.link_by_definition(identifier, provider, where, how)

    def _put_behind(self, identifier: str) -> None:
        """What the endpoints of a Service say is behind it."""
        behind: dict[str, str] = {}
        for endpoint in self._endpoints[identifier]:
            for provider in find_providers(self._cluster, endpoint):
                behind.setdefault(provider, endpoint.where)
        if not behind:
            return
        namespace, _, name = identifier.split("/", 2)
        where = next(iter(behind.values()))
        service = self._cluster.hold("Service", name, namespace, where)
        if service:
            self.behind[service] = list(behind)
            how = "the endpoints of a Service"
            self._link(service, _Backing(tuple(behind), spare=True, sure=True), where, how)
