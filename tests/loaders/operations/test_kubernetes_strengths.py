"""Strengths that a user writes on objects of their own."""

from pathlib import Path

import knockon

MANIFESTS = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: n
  annotations: {knockon/strengths: "db=0.25, nobody=0.5, settings=2"}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web
        env: [{name: DB, value: "db:5432"}]
        envFrom: [{configMapRef: {name: settings}}]
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: n}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: n}
spec: {selector: {app: db}, ports: [{port: 5432}]}
"""


def test_an_annotation_states_how_strong_a_dependency_is(tmp_path: Path) -> None:
    """Of what the workload is known to need; what names nothing, or is no share, is told."""
    path = tmp_path / "web.yaml"
    path.write_text(MANIFESTS)
    graph = knockon.load(path)
    stated = {
        provider: probability
        for dependent, provider, probability in graph.dependencies.select(
            "dependent", "provider", "probability"
        ).iter_rows()
        if dependent == "n/Deployment/web"
    }
    assert stated["n/Service/db"] == 0.25
    said = " ".join(str(f) for f in graph.report)
    assert "names nothing which this depends on (nobody=0.5" in said
    assert "no NAME=SHARE, a number from 0 to 1 (settings=2" in said
