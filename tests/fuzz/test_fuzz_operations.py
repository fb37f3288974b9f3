"""Hostile files of operations formats: whatever they hold, the end is Tables or one InputError.

Good documents are damaged at any depth, or their text is cut and spliced; hypothesis chooses where.
"""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.status.now import read_now
from tests.loaders.operations import test_backstage, test_compose, test_terraform
from tests.loaders.operations.databases import test_neo4j
from tests.loaders.operations.kubernetes import (
    test_owners,
    test_reader,
    test_routes,
    test_services,
    test_storage,
    test_written,
)
from tests.loaders.operations.status import test_status
from tests.loaders.operations.traces import test_spans
from tests.loaders.software import test_packages, test_tools

WORDS = [
    "", "a", "web", "db", "aws_vpc.main", "module.db", "data", "[0]", "..", "/etc/passwd", "${A}",
    "*",
    "component:x/y", ":", "/", "major_outage", "resolved", "1e999", "\x00", "\ud7ff", "~", "true",
    "service:web", "container:x", "[red]", "-1",
]  # fmt: skip
JSON: dict[str, Any] = {
    "plan": test_terraform.PLAN,
    "show": test_terraform.shown(),
    "state": test_terraform.state_4(),
    "state 3": {"version": 3, "lineage": "x", "modules": [{"path": ["root", "m"], "resources": {
        "aws_a.b.0": {"type": "aws_a", "depends_on": ["aws_c.d"], "primary": {}, "provider": "p"},
        "aws_c.d": {"primary": {}}}}]},
    "catalog": test_backstage.ANSWER,
    "blast": {"nodes": [{"label": "[root] aws_a.b", "svg_id": "x"}],
              "edges": [{"source": "[root] aws_a.b", "target": "[root] aws_c.d"}]},
    "otlp": test_spans.otlp(test_spans.TRACE),
    "tempo": {"trace": test_spans.otlp(test_spans.TRACE)},
    "zipkin": test_spans.zipkin(test_spans.TRACE),
    "jaeger trace": {"data": [test_spans.jaeger(test_spans.TRACE)]},
    "npm": test_packages.NPM,
    "pipdeptree": [
        {"package": test_packages.pip("a", "1"), "dependencies": [test_packages.pip("b", "?")]}
    ],
    "pipdeptree tree": [
        test_packages.pip("a", "1", dependencies=[test_packages.pip("b", "1", dependencies=[])])
    ],
    "wrapped": {"x": {"sbom": test_tools.TRIVY}, "y": [test_tools.SYFT]},
    "jaeger": [{"parent": "a", "child": "b", "callCount": 1}],
    "jaeger data": {"data": [{"parent": "a", "child": "b", "callCount": 1}]},
    "statuspage": {"page": test_status.PAGE, "components": test_status.COMPONENTS,
                   "incidents": test_status.INCIDENTS, "status": {"indicator": "major"}},
}  # fmt: skip
LIVE = (
    test_owners.LIVE + test_storage.SET + test_storage.CLAIM.format(n=0)
    + test_storage.POD.format(n=0) + test_routes.REVIEWS + test_routes.SUBSETS
    + test_routes.routed("{destination: {host: reviews, subset: v1}}", "gateways: [mesh, a/b], ")
    + test_routes.route("HTTPRoute", "gateway.networking.k8s.io/v1",
                        "{parentRefs: [{name: gw}], rules: [{backendRefs: [{name: web}]}]}")
    + test_routes.route("ServiceEntry", "networking.istio.io/v1", "{hosts: [a.example]}")
    + test_services.BARE + test_services.SLICE.format(n=1, endpoints="[{addresses: [10.9.0.1]}]")
    + test_written.CONFIG + test_services.EXTERNAL.format("a.example")
)  # fmt: skip
YAML: dict[str, list[Any]] = {
    "compose": [yaml.safe_load(test_compose.MAIN)],
    "backstage": list(yaml.safe_load_all(test_backstage.ENTITIES)),
    "kubernetes": list(yaml.safe_load_all(test_reader.WEB + "---\n" + test_reader.REST)),
    "live cluster": list(yaml.safe_load_all(LIVE)),
}
TEXTS = {
    "dot": test_terraform.OLD_DOT, "dot 1.7": test_terraform.NEW_DOT, "atom": test_status.ATOM,
    "rss": test_status.RSS, "compose": test_compose.MAIN, "kubernetes": test_reader.WEB,
    "backstage": test_backstage.ENTITIES,
    "go": test_packages.GRAPH,
    "apoc": "\n".join(json.dumps(record) for record in test_neo4j.EXPORT),
}  # fmt: skip

Folders: TypeAlias = pytest.TempPathFactory
NEEDS = pl.DataFrame({"dependent": ["App"], "provider": ["VMs"]})

texts = st.sampled_from(WORDS) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats(allow_nan=False) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """The document with one to three values replaced, repeated or taken out, at any depth."""
    copy = json.loads(json.dumps(document, default=str))
    for _ in range(draw(st.integers(1, 3))):
        holders = list(_holders(copy))
        holder = draw(st.sampled_from(holders)) if holders else []
        if isinstance(holder, dict):
            key = draw(st.sampled_from(sorted(holder)) | texts if holder else texts)
            holder[key] = draw(values)
            if draw(st.booleans()):
                del holder[key]
        else:
            holder.insert(draw(st.integers(0, len(holder))), draw(values))
    return copy


def _holders(value: Any) -> Any:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _holders(inner)


def outcome(read: Callable[[], Tables]) -> Tables | None:
    """The tables, or None where there is one error of one line."""
    try:
        found = read()
    except InputError as error:
        message = str(error)
    else:
        assert set(found.dependencies["provider"]) <= set(found.entities["id"])
        return found
    assert message
    assert "\n" not in message
    return None


@pytest.mark.parametrize("form", JSON)
@given(data=st.data())
def test_damaged_json(form: str, data: st.DataObject, tmp_path_factory: Folders) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "x.json"
    path.write_text(json.dumps(data.draw(damaged(JSON[form]))))
    outcome(lambda: load_tables([path]))
    if form == "statuspage":
        graph = DependencyGraph.from_polars(NEEDS)
        outcome(lambda: read_now(graph, [path]).graph.tables)


@pytest.mark.parametrize("form", YAML)
@given(data=st.data())
def test_damaged_yaml(form: str, data: st.DataObject, tmp_path_factory: Folders) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    documents = data.draw(damaged(YAML[form]))
    text = yaml.safe_dump_all(documents, allow_unicode=True, default_flow_style=False)
    (folder / "compose.yaml").write_bytes(text.encode("utf-8", errors="replace"))
    outcome(lambda: load_tables([folder / "compose.yaml"]))
    outcome(lambda: load_tables([folder]))


@pytest.mark.parametrize("form", TEXTS)
@given(data=st.data())
def test_spliced_text(form: str, data: st.DataObject, tmp_path_factory: Folders) -> None:
    text = TEXTS[form]
    cut = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(cut, min(len(text), cut + 40)))
    new = data.draw(texts | st.sampled_from(["&a", "*a", "<<: *a", "---", "{", "]]>", "<!ENTITY"]))
    path = tmp_path_factory.mktemp("fuzz") / "x"
    spliced = text[:cut] + new + text[end:]
    path.write_bytes(spliced.encode("utf-8", errors="replace"))
    outcome(lambda: load_tables([path]))
    if form in ("atom", "rss"):
        graph = DependencyGraph.from_polars(NEEDS)
        outcome(lambda: read_now(graph, [path]).graph.tables)
