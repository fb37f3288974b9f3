"""Where the data of workloads lies: claims, volumes, their classes and drivers.

https://kubernetes.io/docs/concepts/storage/persistent-volumes/. A claim is bound to one volume, and
is nothing without it; what gives out volumes of a class is needed for new ones, and serves the old.
"""

from knockon.graph.errors import clip
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.manifests import (
    Manifest,
    get_map,
    get_maps,
    get_text,
)
from knockon.loaders.operations.kubernetes.owners import CLAIM, find_templates
from knockon.loaders.operations.kubernetes.pods import find_pod, name_object
from knockon.loaders.parsing.yaml_text import YamlMap

_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"  # the annotation from before the field
_BUILT_IN = "kubernetes.io/"  # what such a provisioner begins with is part of Kubernetes itself


def connect_storage(cluster: Cluster) -> None:
    """Workloads with claims that they make, claims with volumes, both with their class."""
    for top, members in cluster.list_workloads().items():
        for one in members:
            for claim, template in find_templates(one):
                where = one.at(template.line)
                family = cluster.make(CLAIM, claim, one.namespace, where)
                if not cluster.is_linked(top, family):
                    cluster.link(top, family, "uses", where)
                _add_class(cluster, one, family, get_map(template, "spec"))
            _add_servers(cluster, top, one)
    volumes: dict[str, dict[str, str]] = {}  # by claim, with places
    for identifier, found in cluster.list_objects(CLAIM).items():
        claim = cluster.tops[identifier]
        for one in found:
            _add_class(cluster, one, claim, one.spec)
            for volume in name_object("PersistentVolume", one.spec, "volumeName"):
                where = one.at(volume.line)
                provider = cluster.hold(volume.kind, volume.name, "", where)
                if provider:
                    volumes.setdefault(claim, {}).setdefault(provider, where)
    for claim, bound in volumes.items():
        for volume_id, where in bound.items():
            if len(bound) == 1:
                how = "a claim is the volume that it is bound to"
                cluster.link_by_definition(claim, volume_id, where, how)
            else:
                cluster.link(claim, volume_id, "uses", where)
    for identifier, found in cluster.list_objects("PersistentVolume").items():
        for one in found:
            _add_class(cluster, one, identifier, one.spec)
            _add_driver(cluster, one, identifier, get_map(one.spec, "csi"), "driver")
            server = get_text(one.spec, "nfs", "server")
            if server:
                host = cluster.hold_host(server, one.where)
                cluster.link(identifier, host, "hosted_on", one.where)
    for identifier, found in cluster.list_objects("StorageClass").items():
        for one in found:
            _add_driver(cluster, one, identifier, one.body, "provisioner")


def _add_class(cluster: Cluster, manifest: Manifest, claim: str, spec: YamlMap | None) -> None:
    annotations = get_map(manifest.body, "metadata", "annotations")
    named = [
        *name_object("StorageClass", spec, "storageClassName", "hosted_on"),
        *(name_object("StorageClass", annotations, _OLD_CLASS, "hosted_on")),
    ]
    for one in named[:1]:
        provider = cluster.hold(one.kind, one.name, "", manifest.at(one.line))
        if provider and not cluster.is_linked(claim, provider, one.relation):
            cluster.link(claim, provider, one.relation, manifest.at(one.line))


def _add_driver(
    cluster: Cluster, manifest: Manifest, identifier: str, holder: YamlMap | None, key: str
) -> None:
    for one in name_object("CSIDriver", holder, key, "operated_by"):
        where = manifest.at(one.line)
        if one.name.startswith(_BUILT_IN):
            reason = "a provisioner that is part of Kubernetes itself"
            cluster.rows.findings.add("note", reason, f"{clip(one.name, 60)} at {where}")
            continue
        provider = cluster.hold(one.kind, one.name, "", where)
        if provider:
            cluster.link(identifier, provider, one.relation, where)


def _add_servers(cluster: Cluster, top: str, manifest: Manifest) -> None:
    """The file servers that a pod mounts."""
    for volume in get_maps(get_map(find_pod(manifest), "spec"), "volumes"):
        server, where = get_text(volume, "nfs", "server"), manifest.at(volume.line)
        if server:
            host = cluster.hold_host(server, where)
            if not cluster.is_linked(top, host):
                cluster.link(top, host, "uses", where)
