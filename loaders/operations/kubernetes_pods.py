"""What one Kubernetes object names: in the template of its pods, or in the rules of an Ingress."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

_URL_HOST = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://(?:[^@/\s]*@)?)([a-z0-9][a-z0-9.-]*)", re.IGNORECASE
)
_HOST_PORT = re.compile(r"([a-z0-9][a-z0-9.-]*):\d{1,5}(?:/.*)?", re.IGNORECASE)
_CLUSTER_NAME = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.[a-z0-9.-]+)?", re.IGNORECASE)
# under a source of a volume: the kind that it names, and the key of the name
_VOLUMES = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
)
_ENVIRONMENT = (
    ("configMapRef", "ConfigMap"), ("secretRef", "Secret"),
    ("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"),
)  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """An object of the same namespace that another one names."""

    kind: str
    name: str
    line: int
    relation: str = "uses"
    optional: bool = False


def pod_of(manifest: YamlMap) -> YamlMap | None:
    """The template of the pods of a workload (the Pod itself), None for what makes no pods."""
    if manifest.get("kind") == "Pod":
        return manifest
    spec = _map(manifest, "spec")
    if manifest.get("kind") == "CronJob":
        spec = _map(_map(spec, "jobTemplate"), "spec")
    return _map(spec, "template")


def references(manifest: YamlMap, pod: YamlMap | None) -> Iterator[Reference]:
    """The objects that this one names, each time that it does."""
    kind, spec = manifest.get("kind"), _map(manifest, "spec")
    if kind == "Ingress":
        yield from _of_ingress(spec)
    elif kind == "PersistentVolumeClaim":
        yield from _named("PersistentVolume", spec, "volumeName")
    body = _map(pod, "spec")
    if body is None:
        return
    accounts = [k for k in ("serviceAccountName", "serviceAccount") if isinstance(body.get(k), str)]
    for key in accounts[:1]:  # the second is an older word for the first
        yield Reference("ServiceAccount", body[key], body.lines[key], "authenticates_with")
    for volume in _maps(body, "volumes"):
        projected = _maps(_map(volume, "projected"), "sources")
        for source in [volume, *projected]:
            for key, of_kind, name in _VOLUMES:
                found = _map(source, key)
                # within a projected volume a Secret has a `name` like all others
                yield from _named(of_kind, found, name if found and name in found else "name")
    for container in _maps(body, "containers"):
        sources = [*_maps(container, "envFrom")]
        sources += [s for item in _maps(container, "env") if (s := _map(item, "valueFrom"))]
        for source in sources:
            for key, of_kind in _ENVIRONMENT:
                yield from _named(of_kind, _map(source, key), "name")


def service_hosts(pod: YamlMap | None, namespace: str) -> Iterator[tuple[str, str, int]]:
    """Namespace and name of what may be a Service, from URLs and `host:port` in the environment."""
    seen: set[tuple[str, str]] = set()
    for container in _maps(_map(pod, "spec"), "containers"):
        for item in _maps(container, "env"):
            value = item.get("value")
            for host in _hosts(value) if isinstance(value, str) else ():
                name, _, rest = host.lower().partition(".")
                where = (rest.partition(".")[0] or namespace, name)
                if where not in seen:
                    seen.add(where)
                    yield *where, item.lines["value"]


def _hosts(value: str) -> list[str]:
    found = [m[1] for m in _URL_HOST.finditer(value)]
    for part in value.split(","):
        whole = _HOST_PORT.fullmatch(part.strip())
        if whole:
            found.append(whole[1])
        elif _CLUSTER_NAME.fullmatch(part.strip()):
            found.append(part.strip())
    return found


def _of_ingress(spec: YamlMap | None) -> Iterator[Reference]:
    backends = [_map(spec, key) for key in ("defaultBackend", "backend")]
    for rule in _maps(spec, "rules"):
        backends += [_map(path, "backend") for path in _maps(_map(rule, "http"), "paths")]
    for backend in backends:
        yield from _named("Service", _map(backend, "service"), "name")
        yield from _named("Service", backend, "serviceName")  # before networking.k8s.io/v1
    for secret in _maps(spec, "tls"):
        yield from _named("Secret", secret, "secretName")


def _named(kind: str, holder: YamlMap | None, key: str) -> Iterator[Reference]:
    name = holder.get(key) if holder is not None else None
    if holder is not None and isinstance(name, str) and name:
        yield Reference(kind, name, holder.lines[key], optional=holder.get("optional") == "true")


def _map(holder: Any, key: str) -> YamlMap | None:
    value = holder.get(key) if isinstance(holder, YamlMap) else None
    return value if isinstance(value, YamlMap) else None


def _maps(holder: YamlMap | None, key: str) -> list[YamlMap]:
    value = holder.get(key) if holder is not None else None
    return (
        [item for item in value if isinstance(item, YamlMap)] if isinstance(value, YamlList) else []
    )
