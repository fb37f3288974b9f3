"""What the pods of one object name: other objects, images, and hosts in what is written to them.

Init containers are over when a pod runs: what only they name is marked. Those that restart always
are sidecars, which run beside the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from knockon.graph.errors import clip
from knockon.loaders.operations.addresses import Host, find_hosts, find_in_arguments
from knockon.loaders.operations.kubernetes.manifests import (
    KINDS,
    Manifest,
    get_map,
    get_maps,
    get_text,
)
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

# under a source of a volume: the kind that it names, and the key of the name
_VOLUMES = (
    ("configMap", "ConfigMap", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
    ("csi", "CSIDriver", "driver"),
)
_ENVIRONMENT = (
    ("configMapRef", "ConfigMap"), ("secretRef", "Secret"),
    ("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"),
)  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """An object that another one names; where no namespace is told, one of its own.

    starts: only an init container names it
    """

    kind: str
    name: str
    line: int
    relation: str = "uses"
    namespace: str = ""
    optional: bool = False
    starts: bool = False


@dataclass(frozen=True)
class Written:
    """Hosts in something that is written to a pod, or a ConfigMap or Secret that is given to it.

    what: such as `environment variable DB_HOST`, without its value
    kind: ConfigMap or Secret, whose name follows, and the key of it that is given; empty for all
    """

    what: str
    line: int
    hosts: tuple[Host, ...] = ()
    kind: str = ""
    name: str = ""
    key: str = ""
    starts: bool = False


def find_pod(manifest: Manifest) -> YamlMap | None:
    """The template of the pods of a workload (the Pod itself), None for what makes no pods.

    A kind that is not known makes pods where its template holds containers.
    """
    spec = manifest.spec
    if manifest.kind == "Pod":
        return manifest.body
    if manifest.kind == "CronJob":
        return get_map(spec, "jobTemplate", "spec", "template")
    template = get_map(spec, "template")
    if manifest.kind in KINDS:
        return template if KINDS[manifest.kind].ours == "service" else None
    for pod in (template, get_map(spec, "jobTargetRef", "template"), manifest.body):
        if get_maps(get_map(pod, "spec"), "containers"):
            return pod
    return None


def find_references(pod: YamlMap | None) -> Iterator[Reference]:
    """The objects that a pod names, each time that it does."""
    body = get_map(pod, "spec")
    if body is None:
        return
    accounts = [k for k in ("serviceAccountName", "serviceAccount") if get_text(body, k)]
    for key in accounts[:1]:  # the second is an older word for the first
        yield Reference("ServiceAccount", body[key], body.lines[key], "authenticates_with")
    for secret in get_maps(body, "imagePullSecrets"):
        yield from name_object("Secret", secret, "name")
    for volume in get_maps(body, "volumes"):
        projected = get_maps(get_map(volume, "projected"), "sources")
        for source in [volume, *projected]:
            for key, of_kind, name in _VOLUMES:
                found = get_map(source, key)
                # within a projected volume a Secret has a `name` like all others
                yield from name_object(of_kind, found, name if found and name in found else "name")
        claim = get_map(volume, "ephemeral", "volumeClaimTemplate", "spec")
        yield from name_object("StorageClass", claim, "storageClassName", "hosted_on")
    for container, starts in find_containers(body):
        sources = get_maps(container, "envFrom")
        sources += [s for item in get_maps(container, "env") if (s := get_map(item, "valueFrom"))]
        for source in sources:
            for key, of_kind in _ENVIRONMENT:
                yield from name_object(of_kind, get_map(source, key), "name", starts=starts)


def find_images(pod: YamlMap | None) -> Iterator[tuple[str, int]]:
    """The references of all images of a pod, and their lines; those of init containers, too."""
    for container, _ in find_containers(get_map(pod, "spec")):
        image = get_text(container, "image")
        if image:
            yield image, container.lines["image"]


def find_written(pod: YamlMap | None) -> Iterator[Written]:
    """What is written to the containers of a pod that may hold hosts, and what is given to it."""
    body = get_map(pod, "spec")
    for container, starts in find_containers(body):
        yield from _read_environment(container, starts)
        for key in ("command", "args"):
            words = container.get(key)
            if isinstance(words, YamlList):
                hosts = find_in_arguments(word for word in words if isinstance(word, str))
                yield Written("arguments", container.lines[key], tuple(hosts), starts=starts)
    for volume in get_maps(body, "volumes"):
        for source in (volume, *get_maps(get_map(volume, "projected"), "sources")):
            for key, kind, own in _VOLUMES[:2]:
                given = get_map(source, key)
                name = get_text(given, own) or get_text(given, "name")
                keys = [k for item in get_maps(given, "items") if (k := get_text(item, "key"))]
                for one in keys or [""]:
                    if given is not None and name:
                        yield Written("a volume", given.line, (), kind, name, one)


def find_containers(body: YamlMap | None) -> Iterator[tuple[YamlMap, bool]]:
    """The containers of a pod, and whether each is over when the pod runs."""
    yield from ((container, False) for container in get_maps(body, "containers"))
    for container in get_maps(body, "initContainers"):
        yield container, container.get("restartPolicy") != "Always"


def name_object(
    kind: str, holder: YamlMap | None, key: str, relation: str = "uses", *, starts: bool = False
) -> Iterator[Reference]:
    """The object of this kind whose name stands under the key, where one does."""
    name = get_text(holder, key)
    if holder is not None and name:
        optional = holder.get("optional") == "true"
        space = get_text(holder, "namespace") or ""
        yield Reference(kind, name, holder.lines[key], relation, space, optional, starts)


def _read_environment(container: YamlMap, starts: bool) -> Iterator[Written]:
    for item in get_maps(container, "env"):
        name, value = get_text(item, "name") or "", item.get("value")
        what = f"environment variable {clip(name, 60)}"
        if isinstance(value, str):
            hosts = tuple(find_hosts(value, name))
            yield Written(what, item.lines["value"], hosts, starts=starts)
        source = get_map(item, "valueFrom")
        yield from _find_given(source, what, starts)
    for source in get_maps(container, "envFrom"):
        yield from _find_given(source, "environment variables", starts)


def _find_given(source: YamlMap | None, what: str, starts: bool) -> Iterator[Written]:
    """The ConfigMap or Secret, whole or a key of it, that variables come from."""
    for reference, kind in _ENVIRONMENT:
        holder = get_map(source, reference)
        name = get_text(holder, "name")
        if holder is not None and name:
            key = get_text(holder, "key") or ""
            yield Written(what, holder.line, (), kind, name, key, starts)
