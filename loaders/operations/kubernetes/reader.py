"""Kubernetes manifests, where they state what depends on what: a file, or a folder of them.

https://kubernetes.io/docs/reference/kubernetes-api/. The id of an object is
`namespace/Kind/name`, with the namespace `default` where none is stated; it is called as kubectl
calls it, `deployment/web`. A kind that shares its name with another is told by its API group:
`shop/Service.serving.knative.dev/hello` is a workload, not a Service.

| theirs | ours |
|---|---|
| what has a template of pods, with the ReplicaSets and Pods that it owns | an entity, `service` |
| ConfigMap, Secret, PersistentVolumeClaim in volumes and environment of a pod | `uses` |
| `serviceAccountName` | `authenticates_with` |
| image of a container | `runs` |
| Service, by its selector | `uses`; several workloads that fit are a group of which one must work |
| Service without selector | `uses` what its endpoints or its ExternalName name |
| Ingress, Gateway API, Istio, OpenShift, Traefik routes | `uses` Services, `hosted_on` Gateways |
| what they ask before a request is let through (Contour, Traefik, NGINX) | `uses` |
| PersistentVolumeClaim | `uses` its volume, `hosted_on` its StorageClass |
| `nodeName` of a Pod | `hosted_on`; one Node of several must work |
| a host in variables, arguments, ConfigMaps, Secrets that a Service has | `uses` |

A Service falls with its only workload by definition, so the strength of that is 1; all others are
unknown. What only an init container names counts at the start only, and a reference that is
`optional` is not needed: both are left out and counted, but for images, which a pod runs however
shortly. Values of Secrets and of the environment are never carried on.
"""

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.assembling.images import Images
from knockon.loaders.operations.kubernetes.annotations import read_strengths
from knockon.loaders.operations.kubernetes.checks import connect_checks
from knockon.loaders.operations.kubernetes.cluster import Cluster
from knockon.loaders.operations.kubernetes.hosts import Hosts
from knockon.loaders.operations.kubernetes.manifests import Manifest, find_manifests, get_text
from knockon.loaders.operations.kubernetes.mesh import Mesh
from knockon.loaders.operations.kubernetes.pods import find_images, find_pod, find_references
from knockon.loaders.operations.kubernetes.routes import connect_routes
from knockon.loaders.operations.kubernetes.services import Services
from knockon.loaders.operations.kubernetes.storage import connect_storage
from knockon.loaders.operations.kubernetes.written import Writings
from knockon.loaders.parsing.source import Source, SourceLike

EXPORT = "kubectl get all,ing,cm,secret,pvc,pv,sc,sa,endpointslices -A -o yaml"


def read_kubernetes(source: SourceLike, no_environment: bool = False) -> Tables:
    """Objects of the manifests, and what they state to need.

    no_environment: leave out what only variables, arguments and settings say
    Raises InputError where no manifest is found; objects of other kinds are counted.
    """
    source = Source.of(source)
    cluster = Cluster(Rows("", f"Kubernetes manifests {source.name}"))
    for manifest in find_manifests(source, cluster.rows.findings):
        cluster.add(manifest)
    if not cluster.objects:
        seen = some(f"{count:,} {clip(kind, 40)}" for kind, count in cluster.unread.items())
        wanted = f"{source.name}: expected manifests such as a Deployment, found none"
        raise InputError(f"{wanted} but {seen}" if seen else wanted)
    cluster.settle()
    images = Images(cluster.rows)
    for top, members in cluster.list_workloads().items():
        for number, one in enumerate(members):
            pod = find_pod(one)
            for reference in find_references(pod):
                cluster.need(one, reference, part=number > 0)
            for image, line in find_images(pod):
                images.run(top, image, one.at(line))
        _place(cluster, top, members)
    images.name_digests()
    services = Services(cluster)
    services.connect()
    connect_storage(cluster)
    hosts = Hosts(cluster)
    connect_routes(cluster, services, hosts)
    Mesh(cluster, services, hosts).connect()
    connect_checks(cluster, hosts)
    if not no_environment:
        hosts.note_outside()
        Writings(cluster, services, hosts).connect()
    read_strengths(cluster)
    return cluster.rows.build_tables(f"Kubernetes manifests {clip(source.name, 60)}", EXPORT)


def _place(cluster: Cluster, top: str, members: list[Manifest]) -> None:
    """A workload on the Nodes on which its Pods run: one of them must work."""
    nodes: dict[str, str] = {}
    for one in members:
        name = get_text(one.spec, "nodeName") if one.kind == "Pod" else None
        node = cluster.hold("Node", name, "", one.where) if name else None
        if node:
            nodes.setdefault(node, one.where)
    for node, where in nodes.items():
        group = {"group": "nodes"} if len(nodes) > 1 else {}
        cluster.link(top, node, "hosted_on", where, **group)
