"""Which objects are one workload: what owns each other, by `ownerReferences` and by name.

A Deployment makes ReplicaSets, and these make Pods; an export of a live cluster lists all three.
They are one workload, which goes by the name of the one on top. Of an owner that is no workload
itself, such as the resource of an operator, only the Pods are one: an operator may own several
workloads. A ReplicaSet whose Deployment is not listed tells its name: `web-7d4b9` with the label
`pod-template-hash: 7d4b9` is a ReplicaSet of `web`.

A StatefulSet makes a claim for each of its Pods out of a template: `data-queue-0`, `data-queue-1`.
They are one entity, `data-queue`, as the Pods are one workload.
"""

import re
from collections.abc import Iterator, Mapping

from knockon.loaders.operations.kubernetes.manifests import (
    KINDS,
    Manifest,
    build_id,
    get_map,
    get_maps,
    get_text,
    get_texts,
    name_kind,
)
from knockon.loaders.operations.kubernetes.pods import find_pod
from knockon.loaders.parsing.yaml_text import YamlMap

# labels by which controllers tell their ReplicaSets apart, and the kind that they make them for
_HASHES = {"pod-template-hash": "Deployment", "rollouts-pod-template-hash": "Rollout"}
CLAIM = "PersistentVolumeClaim"
_NUMBERED = re.compile(r"(.+)-[0-9]+")
_NO_WORKLOADS = ("Node",)  # owns the Pods of its own control plane, which do not make it


def find_tops(objects: Mapping[str, Manifest]) -> dict[str, str]:
    """For each object the id of the workload that it is part of: of others, its own.

    objects: by id. An owner that is not among them may be named all the same.
    """
    above = {identifier: _find_owner(one, objects) for identifier, one in objects.items()}
    families = set()
    for one in objects.values():
        families |= {build_id(one.space, CLAIM, claim) for claim, _ in find_templates(one)}
        taken = get_map(one.spec, "workloadRef")  # a Rollout may take over what a Deployment runs
        kind, name = get_text(taken, "kind"), get_text(taken, "name")
        if kind and name:
            above[build_id(one.space, kind, name)] = one.id
    families -= objects.keys()
    for identifier, one in objects.items():
        family = name_family(one.space, one.kind, one.name)
        if family in families:
            above[identifier] = family
    tops: dict[str, str] = {}
    for identifier in objects:
        top, passed = identifier, {identifier}
        while top not in tops and (owner := above.get(top)) and owner not in passed:
            passed.add(owner)
            top = owner
        tops |= dict.fromkeys(passed, tops.get(top, top))
    return tops


def find_templates(manifest: Manifest) -> Iterator[tuple[str, YamlMap]]:
    """The claims that a StatefulSet makes, without their numbers, and their templates."""
    for template in get_maps(manifest.spec, "volumeClaimTemplates"):
        name = get_text(template, "metadata", "name")
        if name:
            yield f"{name}-{manifest.name}", template


def name_family(namespace: str, kind: str, name: str) -> str | None:
    """The id of `data-queue`, if this is a claim with a number such as `data-queue-0`."""
    numbered = _NUMBERED.fullmatch(name) if kind == CLAIM else None
    return build_id(namespace, kind, numbered[1]) if numbered else None


def is_workload(manifest: Manifest) -> bool:
    """Whether an object makes pods, or is one."""
    known = KINDS.get(manifest.kind)
    return known.ours == "service" if known else find_pod(manifest) is not None


def is_over(manifest: Manifest) -> bool:
    """Whether a Pod has ended, or a ReplicaSet is kept for the record only: it runs nothing."""
    ended = get_text(manifest.body, "status", "phase") in ("Succeeded", "Failed")
    kept = manifest.kind in ("ReplicaSet", "ReplicationController")
    return ended or (kept and get_text(manifest.spec, "replicas") == "0")


def _find_owner(manifest: Manifest, objects: Mapping[str, Manifest]) -> str | None:
    """The id of the workload above this one, if any."""
    if not is_workload(manifest):
        return None
    owners = get_maps(get_map(manifest.body, "metadata"), "ownerReferences")
    owner = next(
        (o for o in owners if o.get("controller") == "true"), owners[0] if owners else None
    )
    kind, name = get_text(owner, "kind"), get_text(owner, "name")
    if not kind or not name or kind in _NO_WORKLOADS:
        return _find_maker(manifest, manifest.name) if manifest.kind == "ReplicaSet" else None
    kind = name_kind(kind, get_text(owner, "apiVersion"))
    above = build_id(manifest.space, kind, name)
    if above in objects:
        makes = is_workload(objects[above])
    else:
        makes = kind in KINDS and KINDS[kind].ours == "service"
        above = (kind == "ReplicaSet" and _find_maker(manifest, name)) or above
    return above if makes or manifest.kind == "Pod" else None


def _find_maker(manifest: Manifest, replicas: str) -> str | None:
    """The workload whose ReplicaSet has this name, told by the hash at the end of it."""
    labels = get_texts(get_map(manifest.body, "metadata", "labels"))
    for label, kind in _HASHES.items():
        ending = f"-{labels.get(label, '')}"
        if len(ending) > 1 and replicas.endswith(ending) and replicas != ending:
            return build_id(manifest.space, kind, replicas.removesuffix(ending))
    return None
