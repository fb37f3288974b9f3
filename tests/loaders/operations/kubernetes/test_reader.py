"""Kubernetes manifests: what a pod names, what a selector fits, and what is left out."""

import json
from pathlib import Path

import pytest

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web, track: stable}}
    spec:
      serviceAccountName: web
      initContainers:
        - name: wait
          image: busybox
          env: [{name: U, value: "http://never"}]
          envFrom: [{configMapRef: {name: never}}]
      containers:
        - name: web
          image: acme/web
          env:
            - {name: API, value: "http://user:pw@api.pay:8080/x,http://db"}
            - {name: CACHE_ADDR, value: "cache:6379"}
            - {name: FULL, value: cache.shop.svc.cluster.local}
            - {name: ELSE, value: "https://example.com/api"}
            - {name: NAME, value: db}
            - {name: KEY, valueFrom: {secretKeyRef: {name: keys, key: a}}}
            - {name: MAY, valueFrom: {configMapKeyRef: {name: maybe, key: a, optional: true}}}
          envFrom: [{configMapRef: {name: settings}}]
      volumes:
        - {name: a, persistentVolumeClaim: {claimName: files}}
        - {name: b, projected: {sources: [{secret: {name: token}}, {configMap: {name: settings}}]}}
        - {name: c, secret: {secretName: tls}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: canary, namespace: shop}
spec: {template: {metadata: {labels: {app: web, track: canary}}, spec: {containers: []}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop},
 spec: {selector: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
  tls: [{hosts: [x], secretName: tls}]
  rules: [{http: {paths: [{path: /, backend: {serviceName: old, servicePort: 80}}]}}]
"""
REST = """\
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service,
     metadata: {name: cache, namespace: shop},
     spec: {selector: {app: redis}}}
  - {apiVersion: v1, kind: Service,
     metadata: {name: db, namespace: shop},
     spec: {type: ExternalName}}
  - {apiVersion: v1, kind: Service,
     metadata: {name: api, namespace: pay},
     spec: {selector: {app: api}}}
  - {apiVersion: v1, kind: Pod,
     metadata: {name: api-0, namespace: pay, labels: {app: api}},
     spec: {serviceAccountName: default}}
  - {apiVersion: v1, kind: Pod,
     metadata: {name: other, namespace: lab, labels: {app: redis}}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}, data: {a: b}}
  - {apiVersion: v1, kind: Secret, metadata: {name: keys, namespace: shop}, data: {a: aHVudGVyMg==}}
  - {apiVersion: v1, kind: PersistentVolumeClaim,
     metadata: {name: files, namespace: shop},
     spec: {volumeName: pv1}}
  - {apiVersion: batch/v1, kind: CronJob,
     metadata: {name: night},
     spec: {jobTemplate: {spec: {template:
       {spec: {serviceAccountName: robot, containers: []}}}}}}
  - {apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}
  - {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: shop}}
  - {apiVersion: v1, kind: ConfigMap}
---
just text
"""


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    folder = tmp_path / "k8s"
    (folder / "more").mkdir(parents=True)
    (folder / "web.yaml").write_text(WEB)
    (folder / "more/rest.yml").write_text(REST)
    return folder


def edges(tables: Tables) -> set[tuple[str, str, str]]:
    return set(tables.dependencies.select("dependent", "relation", "provider").iter_rows())


def test_what_manifests_state(manifests: Path) -> None:
    """Worked out by hand; `db` is a word under NAME, `http://db` names the Service."""
    web = "shop/Deployment/web"
    assert edges(load_tables([manifests])) == {
        (web, "authenticates_with", "shop/ServiceAccount/web"),
        (web, "uses", "shop/Secret/keys"), (web, "uses", "shop/ConfigMap/settings"),
        (web, "uses", "shop/PersistentVolumeClaim/files"), (web, "uses", "shop/Secret/token"),
        (web, "uses", "shop/Secret/tls"), (web, "uses", "pay/Service/api"),
        (web, "uses", "shop/Service/db"), (web, "uses", "shop/Service/cache"),
        ("shop/Service/web", "uses", web), ("shop/Service/web", "uses", "shop/Deployment/canary"),
        ("shop/Ingress/front", "uses", "shop/Service/web"),
        ("shop/Ingress/front", "uses", "shop/Service/old"),
        ("shop/Ingress/front", "uses", "shop/Secret/tls"),
        ("pay/Service/api", "uses", "pay/Pod/api-0"),
        ("shop/PersistentVolumeClaim/files", "uses", "PersistentVolume/pv1"),
        (web, "runs", "image:acme/web"), (web, "runs", "image:busybox"),
        ("default/CronJob/night", "authenticates_with", "default/ServiceAccount/robot"),
    }  # fmt: skip


def test_report_counts_what_is_left_out(manifests: Path) -> None:
    tables = load_tables([manifests])
    reasons = {f.reason: f.count for f in tables.report if f.action != "read"}
    assert reasons == {
        "a repeated dependency (a stated strength beats unknown, then the more severe value)": 1,
        "a HorizontalPodAutoscaler: states no dependency that is read": 1,
        "an object that stands before": 1,
        "an object without kind or metadata.name": 1,
        "a document that is no object": 1,
        "an optional reference: the pod starts without it": 1,
        "a ServiceAccount that the files do not hold": 1,
        "a Secret that the files do not hold": 2,
        "a Service that the files do not hold": 1,
        "a PersistentVolume that the files do not hold": 1,
        "a Service whose selector fits no pod of the files": 1,
        "a Service without a selector": 1,
        "an address that leads to nothing in the files: read as no dependency": 2,
        "what only an init container names: it counts at the start only": 1,
    }
    text = str(tables.entities.to_dicts() + tables.dependencies.to_dicts())
    assert "aHVudGVyMg" not in text
    assert "user:pw" not in text
    names = dict(tables.entities.select("id", "name").iter_rows())
    assert names["shop/PersistentVolumeClaim/files"] == "persistentvolumeclaim/files"
    assert dict(tables.entities.select("id", "replicas").iter_rows())["shop/Deployment/web"] == "2"


def test_one_of_two_deployments_behind_a_service_is_enough(manifests: Path) -> None:
    graph = DependencyGraph.from_tables(load_tables([manifests]), checked=True)
    one = whatif(graph, "shop/Deployment/web").entities
    assert dict(one.select("id", "probability_high").iter_rows()).get("shop/Service/web", 0) == 0
    both = whatif(graph, ["shop/Deployment/web", "shop/Deployment/canary"]).entities
    assert dict(both.select("id", "probability_high").iter_rows())["shop/Ingress/front"] == 1


def test_links_out_of_the_folder_are_not_read(manifests: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(WEB.replace("shop", "stolen"))
    (manifests / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    tables = load_tables([manifests])
    assert not [i for i in tables.entities["id"] if i.startswith("stolen")]
    assert "a link to a file outside the folder; not read" in str(tables.report)
    assert "stolen/Deployment/web" in set(load_tables([manifests / "link.yaml"]).entities["id"])


def test_a_file_alone_and_the_folder_are_told(manifests: Path) -> None:
    assert find_format(manifests).name == "kubernetes"
    assert find_format(manifests / "web.yaml").name == "kubernetes"
    assert edges(load_tables([manifests / "web.yaml"])) < edges(load_tables([manifests])) | {
        ("shop/Ingress/front", "uses", "shop/Service/old")
    }


def test_json_of_kubectl(tmp_path: Path) -> None:
    """`kubectl get -o json` gives one List."""
    items = [
        {"kind": "Pod", "metadata": {"name": "a", "labels": {"app": "x"}}, "spec": {}},
        {"kind": "Service", "metadata": {"name": "s"}, "spec": {"selector": {"app": "x"}}},
    ]
    path = tmp_path / "all.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent="\t"))
    assert find_format(path).name == "kubernetes"
    assert edges(load_tables([path])) == {("default/Service/s", "uses", "default/Pod/a")}


def test_manifests_of_nothing_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n")
    with pytest.raises(InputError, match="expected manifests such as a Deployment, found none"):
        load_tables([path])


def test_objects_as_lines_of_json(tmp_path: Path) -> None:
    """As `kubectl get -o json | jq -c .items[]` prints them; places are lines."""
    objects = [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
         "spec": {"template": {"metadata": {"labels": {"app": "web"}},
                               "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
         "spec": {"selector": {"app": "web"}}},
    ]  # fmt: skip
    path = tmp_path / "all.jsonl"
    path.write_text("\n".join(map(json.dumps, objects)) + "\n")
    tables = load_tables([path])
    assert set(tables.dependencies.select("dependent", "provider").iter_rows()) == {
        ("default/Deployment/web", "image:nginx"),
        ("default/Service/web", "default/Deployment/web"),
    }  # fmt: skip
    places = tables.dependencies["evidence"].to_list()
    assert any("all.jsonl:2" in place for place in places)
