"""The objects in Kubernetes manifests: a file or a folder of them, lists taken apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

DEFAULT = "default"  # the namespace where none is stated
MAX_FILES = 10_000
_SUFFIXES = (".yaml", ".yml", ".json")
_CORE = ("",)
_ROUTES = ("gateway.networking.k8s.io",)


@dataclass(frozen=True)
class Kind:
    """What becomes of objects of a kind: our kind, and the API groups where the kind is at home.

    cluster: objects of the kind have no namespace
    """

    ours: str
    groups: tuple[str, ...] = _CORE
    cluster: bool = False


KINDS = {
    "Deployment": Kind("service", ("apps", "extensions")),
    "StatefulSet": Kind("service", ("apps",)),
    "DaemonSet": Kind("service", ("apps", "extensions")),
    "ReplicaSet": Kind("service", ("apps", "extensions")),
    "ReplicationController": Kind("service"),
    "Job": Kind("service", ("batch",)),
    "CronJob": Kind("service", ("batch",)),
    "Pod": Kind("service"),
    "Rollout": Kind("service", ("argoproj.io",)),
    "DeploymentConfig": Kind("service", ("apps.openshift.io", "")),
    "Service": Kind("network"),
    "Ingress": Kind("network", ("networking.k8s.io", "extensions")),
    "IngressClass": Kind("network", ("networking.k8s.io",), cluster=True),
    "Gateway": Kind("network", _ROUTES),
    "Gateway.networking.istio.io": Kind("network", ("networking.istio.io",)),
    "GatewayClass": Kind("network", _ROUTES, cluster=True),
    "HTTPRoute": Kind("network", _ROUTES),
    "GRPCRoute": Kind("network", _ROUTES),
    "TCPRoute": Kind("network", _ROUTES),
    "TLSRoute": Kind("network", _ROUTES),
    "UDPRoute": Kind("network", _ROUTES),
    "VirtualService": Kind("network", ("networking.istio.io",)),
    "Route": Kind("network", ("route.openshift.io", "")),
    "IngressRoute": Kind("network", ("traefik.io", "traefik.containo.us")),
    "IngressRouteTCP": Kind("network", ("traefik.io", "traefik.containo.us")),
    "IngressRouteUDP": Kind("network", ("traefik.io", "traefik.containo.us")),
    "TraefikService": Kind("network", ("traefik.io", "traefik.containo.us")),
    "HTTPProxy": Kind("network", ("projectcontour.io",)),
    "ExtensionService": Kind("network", ("projectcontour.io",)),
    "Middleware": Kind("component", ("traefik.io", "traefik.containo.us")),
    "APIService": Kind("network", ("apiregistration.k8s.io",), cluster=True),
    "ConfigMap": Kind("component"),
    "Secret": Kind("component"),
    "ServiceAccount": Kind("component"),
    "PersistentVolumeClaim": Kind("data_store"),
    "PersistentVolume": Kind("data_store", cluster=True),
    "StorageClass": Kind("platform", ("storage.k8s.io",), cluster=True),
    "CSIDriver": Kind("platform", ("storage.k8s.io",), cluster=True),
    "Node": Kind("platform", cluster=True),
}
# objects that say something of others, and are nothing that fails
STATEMENTS = {
    "EndpointSlice": ("discovery.k8s.io",),
    "Endpoints": _CORE,
    "DestinationRule": ("networking.istio.io",),
    "ServiceEntry": ("networking.istio.io",),
}


@dataclass(frozen=True, eq=False)
class Manifest:
    """One object as it stands in a file.

    kind:      `Deployment`; with its API group, where the kind is another group's:
               `Service.serving.knative.dev`
    namespace: as stated, empty where none is
    """

    kind: str
    name: str
    namespace: str
    body: YamlMap
    file: str

    @property
    def space(self) -> str:
        return self.namespace or DEFAULT

    @property
    def id(self) -> str:
        return build_id(self.space, self.kind, self.name)

    @property
    def where(self) -> str:
        return self.at(self.body.line)

    @property
    def spec(self) -> YamlMap | None:
        return get_map(self.body, "spec")

    def at(self, line: int) -> str:
        return f"{self.file}:{line}"


def build_id(namespace: str, kind: str, name: str) -> str:
    """`shop/Deployment/web`; `StorageClass/fast`, which has no namespace."""
    known = KINDS.get(kind)
    return f"{kind}/{name}" if known and known.cluster else f"{namespace}/{kind}/{name}"


def name_kind(kind: str, api_version: str | None) -> str:
    """The kind, with its API group where that is not the one at home under this name."""
    known = KINDS.get(kind)
    homes = known.groups if known else STATEMENTS.get(kind)
    if api_version is None or homes is None:
        return kind
    group = api_version.rpartition("/")[0]
    return kind if group in homes else f"{kind}.{group}".rstrip(".")


def find_manifests(source: Source, findings: Findings) -> Iterator[Manifest]:
    """Every object in the files, those in lists one by one; what is none is counted."""
    for document, file in _find_documents(source, findings):
        kind, metadata = document.get("kind"), document.get("metadata")
        where = f"{file}:{document.line}"
        if not isinstance(kind, str) or not kind:
            findings.add("dropped", "an object without kind or metadata.name", where)
            continue
        name = get_text(document, "metadata", "name")
        if not isinstance(metadata, YamlMap) or not name:
            known = kind in KINDS or kind in STATEMENTS
            reason = "an object without kind or metadata.name" if known else _describe_unread(kind)
            findings.add("dropped" if known else "note", reason, where)
            continue
        namespace = get_text(document, "metadata", "namespace") or ""
        named = name_kind(kind, get_text(document, "apiVersion"))
        yield Manifest(named, name, namespace, document, file)


def note_unread(manifest: Manifest, findings: Findings) -> None:
    """Count an object of a kind of which nothing is read."""
    findings.add(
        "note", _describe_unread(manifest.kind), f"{clip(manifest.name, 60)} at {manifest.where}"
    )


def _describe_unread(kind: str) -> str:
    return f"a {clip(kind, 40)}: states no dependency that is read"


def _find_documents(source: Source, findings: Findings) -> Iterator[tuple[YamlMap, str]]:
    for file, name in _find_files(source, findings):
        try:
            waiting: list[Any] = list(reversed(file.yaml_documents))
        except InputError as error:
            if not source.is_folder:
                raise
            # a chart that is not rendered lies beside what is
            findings.add("dropped", "a file that cannot be read", clip(str(error), 160))
            continue
        while waiting:
            document = waiting.pop()
            inner = _open_list(document, name, findings)
            if inner is not None:
                waiting += reversed(inner)
            elif isinstance(document, YamlMap) and "kind" in document:
                yield document, name
            else:
                line = getattr(document, "line", 1)
                findings.add("dropped", "a document that is no object", f"{name}:{line}")


def _open_list(document: Any, file: str, findings: Findings) -> list[Any] | None:
    """The objects of a List, of a template of OpenShift, or of a bare list; None of others."""
    if isinstance(document, YamlList):
        return document if any(isinstance(one, YamlMap) for one in document) else None
    if not isinstance(document, YamlMap):
        return None
    kind = document.get("kind")
    if kind == "Template" and isinstance(document.get("objects"), YamlList):
        return list(document["objects"])
    if not isinstance(kind, str) or not kind.endswith("List") or "items" not in document:
        return None
    if get_text(document, "metadata", "continue"):
        more = get_text(document, "metadata", "remainingItemCount")
        reason = "a list that goes on: the file holds only its beginning"
        findings.add("note", reason, f"{more or 'some'} more after {file}:{document.line}")
    items = document["items"] if isinstance(document["items"], YamlList) else []
    if kind == "List":
        return list(items)
    return [_add_kind(item, kind.removesuffix("List"), document) for item in items]


def _add_kind(item: Any, kind: str, listed: YamlMap) -> Any:
    """An item of a list of one kind, which need not repeat it in each."""
    if not isinstance(item, YamlMap) or "kind" in item:
        return item
    whole = YamlMap(item.line)
    whole.lines = item.lines
    whole.update({"apiVersion": listed.get("apiVersion"), **item, "kind": kind})
    return whole


def _find_files(source: Source, findings: Findings) -> list[tuple[Source, str]]:
    if not source.is_folder:
        return [(source, source.name)]
    root = source.path
    files = sorted(p for p in root.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
    if len(files) > MAX_FILES:
        raise InputError(f"{source.name}: {len(files):,} files; at most {MAX_FILES:,} are read")
    found = []
    for file in files:
        if not file.resolve().is_relative_to(root.resolve()):
            reason = "a link to a file outside the folder; not read"
            findings.add("dropped", reason, file.name)
        elif file.stat().st_size:
            name = file.relative_to(root).as_posix()
            found.append((source.member(name), name))
    return found


def get_map(holder: Any, *keys: str) -> YamlMap | None:
    """The mapping under these keys, one within the other; None where there is none."""
    for key in keys:
        holder = holder.get(key) if isinstance(holder, YamlMap) else None
    return holder if isinstance(holder, YamlMap) else None


def get_maps(holder: YamlMap | None, key: str) -> list[YamlMap]:
    """The mappings in a list."""
    value = holder.get(key) if holder is not None else None
    if not isinstance(value, YamlList):
        return []
    return [item for item in value if isinstance(item, YamlMap)]


def get_text(holder: Any, *keys: str) -> str | None:
    """The text under these keys; None where there is none."""
    value: Any = holder
    for key in keys:
        value = value.get(key) if isinstance(value, YamlMap) else None
    return value if isinstance(value, str) and value else None


def get_texts(holder: YamlMap | None) -> dict[str, str]:
    """The texts in a mapping, such as labels."""
    held = holder.items() if holder is not None else ()
    return {key: value for key, value in held if isinstance(value, str)}
