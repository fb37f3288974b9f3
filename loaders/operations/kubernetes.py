"""Kubernetes manifests, where they state what depends on what: a file, or a folder of them.

https://kubernetes.io/docs/reference/kubernetes-api/. The id of an object is
`namespace/Kind/name`, with the namespace `default` where none is given; it is called as kubectl
calls it, `deployment/web`.

| theirs | ours |
|---|---|
| Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod | an entity, `service` |
| ConfigMap, Secret, PersistentVolumeClaim in volumes and environment of a pod | `uses` |
| `serviceAccountName` | `authenticates_with` |
| Service, by its selector | `uses`; several workloads that fit are a group of which one must work |
| Ingress | `uses` its Services and the Secrets of its TLS |
| a URL or `host:port` in the environment that names a Service of the same files | `uses` |

Init containers are over when a pod runs, and a reference that is `optional` is not needed: both are
left out, the latter counted. Values of Secrets and of the environment are never carried on.
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.kubernetes_pods import Reference, pod_of, references, service_hosts
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

KINDS = {
    "Deployment": "service", "StatefulSet": "service", "DaemonSet": "service",
    "ReplicaSet": "service", "Job": "service", "CronJob": "service", "Pod": "service",
    "Service": "network", "Ingress": "network", "ConfigMap": "component", "Secret": "component",
    "ServiceAccount": "component", "PersistentVolumeClaim": "data_store",
    "PersistentVolume": "data_store",
}  # fmt: skip
MAX_FILES = 10_000
_ENDPOINTS = "endpoints"  # the group of workloads behind a Service

_Object = tuple[YamlMap, str]  # a manifest, and the file that it stands in


def read_kubernetes(source: SourceLike) -> Tables:
    """Objects of the manifests, and what they state to need.

    Raises InputError where no manifest is found; objects of other kinds are counted.
    """
    source = Source.of(source)
    rows = Rows("", f"Kubernetes manifests {source.name}")
    cluster = _Cluster(rows)
    for manifest, file in _manifests(source, rows):
        cluster.add(manifest, file)
    if not cluster.objects:
        raise InputError(f"{source.name}: expected manifests such as a Deployment, found none")
    for identifier in list(cluster.objects):
        cluster.connect(identifier)
    return rows.tables(
        f"Kubernetes manifests {clip(source.name, 60)}",
        "kubectl get deploy,sts,ds,svc,ing,cm,secret,pvc,sa -A -o yaml",
    )


def _manifests(source: Source, rows: Rows) -> Iterator[_Object]:
    """Every object in the files, those in a List one by one."""
    if source.is_folder:
        root = source.path
        files = sorted(p for p in root.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file())
        outside = [f for f in files if not f.resolve().is_relative_to(root.resolve())]
        for file in outside:
            rows.findings.add("dropped", "a link to a file outside the folder; not read", file.name)
        files = [f for f in files if f not in outside]
    else:
        files, root = [source.path], source.path.parent
    if len(files) > MAX_FILES:
        raise InputError(f"{source.name}: {len(files):,} files; at most {MAX_FILES:,} are read")
    for file in files:
        name = file.relative_to(root).as_posix()
        waiting = list(reversed(Source.of(file).yaml_documents))
        while waiting:
            document = waiting.pop()
            if not isinstance(document, YamlMap) or "kind" not in document:
                line = getattr(document, "line", 1)
                rows.findings.add("dropped", "a document that is no object", f"{name}:{line}")
            elif str(document["kind"]).endswith("List") and isinstance(
                document.get("items"), YamlList
            ):
                waiting += reversed(document["items"])
            else:
                yield document, name


class _Cluster:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.objects: dict[str, _Object] = {}
        self._services: dict[tuple[str, str], str] = {}  # namespace and name -> id
        self._labelled: dict[tuple[str, str, str], set[str]] = {}  # with namespace -> ids

    def add(self, manifest: YamlMap, file: str) -> None:
        kind, metadata = manifest.get("kind"), manifest.get("metadata")
        where = f"{file}:{manifest.line}"
        name = metadata.get("name") if isinstance(metadata, YamlMap) else None
        if not isinstance(kind, str) or not isinstance(name, str) or not name:
            self._rows.findings.add("dropped", "an object without kind or metadata.name", where)
            return
        if kind not in KINDS:
            reason = f"a {clip(kind, 40)}: states no dependency that is read"
            self._rows.findings.add("note", reason, f"{clip(name, 60)} at {where}")
            return
        identifier = object_id(_namespace(manifest), kind, name)
        if identifier in self.objects:
            self._rows.findings.add(
                "dropped", "an object that stands before", f"{identifier} at {where}"
            )
            return
        self.objects[identifier] = manifest, file
        self._entity(identifier, kind, name, where, _text(manifest, "spec", "replicas"))
        if kind == "Service":
            self._services[_namespace(manifest), name] = identifier
        for key, value in _labels(pod_of(manifest)).items():
            self._labelled.setdefault((_namespace(manifest), key, value), set()).add(identifier)

    def connect(self, identifier: str) -> None:
        """What the object states to need."""
        manifest, file = self.objects[identifier]
        kind = manifest["kind"]
        if kind == "Service":
            self._connect_service(identifier, manifest, file)
            return
        pod = pod_of(manifest)
        for one in references(manifest, pod):
            where = f"{file}:{one.line}"
            if one.optional:
                reason = "an optional reference: the pod starts without it"
                self._rows.findings.add("dropped", reason, f"{clip(one.name, 60)} at {where}")
            else:
                self._need(identifier, one, _namespace(manifest), where)
        for space, name, line in service_hosts(pod, _namespace(manifest)):
            service = self._services.get((space, name))
            if service is not None:
                self._rows.depend(
                    dependent=identifier, provider=service, relation="uses", where=f"{file}:{line}"
                )

    def _need(self, identifier: str, one: Reference, namespace: str, where: str) -> None:
        other = object_id(namespace, one.kind, one.name)
        # every namespace has a ServiceAccount `default` that no manifest lists
        ours = (one.kind, one.name) != ("ServiceAccount", "default")
        if ours and other not in self._rows.entities:
            reason = f"a {one.kind} that the files do not hold"
            self._rows.findings.add("note", reason, f"{clip(one.name, 60)} at {where}")
            self._entity(other, one.kind, one.name, where, None)
        if other in self._rows.entities:
            self._rows.depend(
                dependent=identifier, provider=other, relation=one.relation, where=where
            )

    def _connect_service(self, identifier: str, manifest: YamlMap, file: str) -> None:
        spec = manifest.get("spec")
        selector = spec.get("selector") if isinstance(spec, YamlMap) else None
        where = f"{file}:{manifest.line}"
        if not isinstance(selector, YamlMap) or not selector:
            self._rows.findings.add(
                "note", "a Service without a selector", f"{identifier} at {where}"
            )
            return
        space = _namespace(manifest)
        fitting = [self._labelled.get((space, k, v), set()) for k, v in _texts(selector).items()]
        behind = sorted(set.intersection(*fitting)) if fitting else []
        if not behind:
            reason = "a Service whose selector fits no pod of the files"
            self._rows.findings.add("note", reason, f"{identifier} at {where}")
        group = {"group": _ENDPOINTS, "needs": 1} if len(behind) > 1 else {}
        for other in behind:
            self._rows.depend(
                dependent=identifier, provider=other, relation="uses",
                where=f"{file}:{selector.line}", **group,
            )  # fmt: skip

    def _entity(
        self, identifier: str, kind: str, name: str, where: str, replicas: str | None
    ) -> None:
        self._rows.entity(
            identifier, where, name=f"{kind.lower()}/{name}",
            kind=KINDS.get(kind, "component"), object_kind=kind,
            namespace=identifier.partition("/")[0], replicas=replicas,
        )  # fmt: skip


def object_id(namespace: str, kind: str, name: str) -> str:
    """`shop/Deployment/web`."""
    return f"{namespace}/{kind}/{name}"


def _namespace(manifest: YamlMap) -> str:
    return _text(manifest, "metadata", "namespace") or "default"


def _text(manifest: YamlMap, *keys: str) -> str | None:
    value: Any = manifest
    for key in keys:
        value = value.get(key) if isinstance(value, YamlMap) else None
    return value if isinstance(value, str) else None


def _labels(pod: YamlMap | None) -> dict[str, str]:
    metadata = pod.get("metadata") if pod is not None else None
    labels = metadata.get("labels") if isinstance(metadata, YamlMap) else None
    return _texts(labels) if isinstance(labels, YamlMap) else {}


def _texts(holder: YamlMap) -> dict[str, str]:
    return {key: value for key, value in holder.items() if isinstance(value, str)}
