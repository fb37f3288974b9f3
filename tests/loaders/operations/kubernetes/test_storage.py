"""Claims, volumes, classes and drivers."""

from pathlib import Path

from tests.loaders.operations.kubernetes.manifests import (
    deployment,
    edges,
    hit,
    load,
    reasons,
    uses,
)

SET = """\
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: queue, namespace: shop}
spec:
  template: {metadata: {labels: {app: queue}}, spec: {containers: [{name: c}]}}
  volumeClaimTemplates:
  - {metadata: {name: data}, spec: {storageClassName: fast}}
"""
CLAIM = """\
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data-queue-{n}, namespace: shop}}
spec: {{storageClassName: fast, volumeName: pv-{n}}}
"""
POD = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: queue-{n}, namespace: shop,
  ownerReferences: [{{apiVersion: apps/v1, kind: StatefulSet, name: queue, controller: true}}]}}
spec: {{containers: [{{name: c}}],
  volumes: [{{name: v, persistentVolumeClaim: {{claimName: data-queue-{n}}}}}]}}
"""
QUEUE, DATA = "shop/StatefulSet/queue", "shop/PersistentVolumeClaim/data-queue"


def test_claims_out_of_a_template(tmp_path: Path) -> None:
    """The class of the storage is within reach though no claim is listed."""
    tables = load(tmp_path, SET)
    assert edges(tables) == {(QUEUE, "uses", DATA), (DATA, "hosted_on", "StorageClass/fast")}
    assert set(hit(tables, "StorageClass/fast")) == {QUEUE, DATA}
    assert reasons(tables) == {"a StorageClass that the files do not hold": 1}


def test_the_claims_of_a_live_cluster_are_one_with_their_template(tmp_path: Path) -> None:
    numbers = [0, 1]
    text = SET + "".join(CLAIM.format(n=n) + POD.format(n=n) for n in numbers)
    assert edges(load(tmp_path, text)) == {
        (QUEUE, "uses", DATA), (DATA, "hosted_on", "StorageClass/fast"),
        (DATA, "uses", "PersistentVolume/pv-0"), (DATA, "uses", "PersistentVolume/pv-1"),
    }  # fmt: skip
    without_claims = SET + "".join(POD.format(n=n) for n in numbers)
    assert uses(load(tmp_path, without_claims)) == {(QUEUE, DATA)}


def test_a_claim_is_the_volume_that_it_is_bound_to(tmp_path: Path) -> None:
    text = """\
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: files, namespace: shop},
 spec: {volumeName: pv1}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv1}
spec: {storageClassName: fast, csi: {driver: ebs.csi.aws.com}}
---
{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv2},
 spec: {nfs: {server: nas1, path: /}}}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast},
 provisioner: ebs.csi.aws.com}
---
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: old},
 provisioner: kubernetes.io/aws-ebs}
"""
    tables = load(tmp_path, text)
    assert hit(tables, "PersistentVolume/pv1") == {"shop/PersistentVolumeClaim/files": (1, 1)}
    assert "shop/PersistentVolumeClaim/files" in hit(tables, "CSIDriver/ebs.csi.aws.com")
    assert set(hit(tables, "nas1")) == {"PersistentVolume/pv2"}
    assert reasons(tables) == {
        "a CSIDriver that the files do not hold": 1,
        "a provisioner that is part of Kubernetes itself": 1,
    }


def test_volumes_that_a_pod_mounts_itself(tmp_path: Path) -> None:
    volumes = (
        "}], volumes: [{name: a, nfs: {server: nas1, path: /}}, {name: b, csi: {driver: x.csi}}, "
    )
    volumes += "{name: c, ephemeral: {volumeClaimTemplate: {spec: {storageClassName: fast}}}"
    found = edges(load(tmp_path, deployment("web", container=volumes)))
    assert found == {
        ("Deployment/web", "uses", "host:nas1"), ("Deployment/web", "uses", "CSIDriver/x.csi"),
        ("Deployment/web", "hosted_on", "StorageClass/fast"),
    }  # fmt: skip
