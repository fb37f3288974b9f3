"""No reader gives an empty graph, and no `--now` an empty set of origins, without saying why.

One input per format, as its registry entry recognises it and half a step off what its reader
expects: keys renamed, everything in another field. A format without one fails here.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.merge import load_tables
from knockon.loaders.operations.status.now import read_now
from knockon.loaders.registry import find_format, formats

GRAPH = "dependent,provider\nshop,pay\n"
Write = Callable[[Path], Path | str]


def text(name: str, content: str) -> Write:
    def write(folder: Path) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    return write


def data(value: Any, name: str = "half.json") -> Write:
    return text(name, json.dumps(value))


def inside(name: str, content: str) -> Write:
    def write(folder: Path) -> Path:
        return text(f"half/{name}", content)(folder).parent

    return write


def write_parquet(folder: Path) -> Path:
    pl.DataFrame({"one": ["a"], "two": ["b"]}).write_parquet(folder / "half.parquet")
    return folder / "half.parquet"


def write_register(folder: Path) -> Path:
    with ZipFile(folder / "half.zip", "w") as archive:
        archive.writestr("reports/b_02.02.csv", "c0010,c0020,c0030\nC1,,\n")
    return folder / "half.zip"


def write_workbook(folder: Path) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["one", "two"], ["a", "b"]):
        book.active.append(row)
    book.save(folder / "half.xlsx")
    return folder / "half.xlsx"


def write_sqlite(folder: Path) -> str:
    with sqlite3.connect(folder / "half.db") as base:
        base.execute("CREATE TABLE needs (one TEXT, two TEXT)")
    return f"sqlite:///{folder / 'half.db'}"


BOM = {"bomFormat": "CycloneDX", "specVersion": "1.5", "parts": [{"name": "zlib"}]}
ENTRY = "<entry><title>Orders is wobbly</title><id>1</id></entry>"
HALF: dict[str, tuple[Write, str]] = {
    "go_modules": (
        text("half.txt", "a.org/a@v1.0.0 a.org/a@v1.0.0\n"),
        "an entity that depends on itself",
    ),
    "npm_list": (
        data({"name": "z", "version": "1", "dependencies": {"z": {"version": "1"}}}),
        "an entity that depends on itself",
    ),
    "pip_tree": (
        data(
            [
                {
                    "package": {"package_name": "a", "installed_version": "1"},
                    "dependencies": [{"b": 1}],
                }
            ]
        ),
        "a package without package_name and key",
    ),
    "folder": (inside("dependencies.csv", "one,two\na,b\n"), "found 'one', 'two'"),
    "parquet": (write_parquet, "found 'one', 'two'"),
    "dora": (write_register, "a register without a row that can be used"),
    "fedramp": (
        data({"meta": {"last_change": "2023-03-01"}, "data": {"Products": [{"fr": "F1"}]}}),
        "found 1 records",
    ),
    "as_relationships": (text("half.txt", "3356|64500|1\n"), "none, but 1 of siblings"),
    "webdeps": (text("dns-202301", "1000,a.org,a.org,Pvt\n"), "that is the site's own"),
    "subprocessors": (
        text("s.md", "# Sub-processors\n\n|A|B|\n|-|-|\n|x|y|\n"),
        "1 a row of a table that names no",
    ),
    "wrapped_boms": (data({"amd64": BOM, "arm64": BOM}), "no components and no services"),
    "cyclonedx": (data(BOM), "its keys are 'bomFormat', 'specVersion', 'parts'"),
    "spdx": (
        data(
            {
                "spdxVersion": "SPDX-2.3",
                "SPDXID": "SPDXRef-DOCUMENT",
                "name": "n",
                "parts": [{"name": "zlib"}],
            }
        ),
        "'parts'",
    ),
    "debian": (
        text("Packages", "Package: a\nVersion: 1\nDepends:\nRequires: b\n"),
        "a package runs another (Depends, Pre-Depends)",
    ),
    "terraform_plan": (
        data({"format_version": "1.2", "planned_values": {"modules": [{"address": "a.b"}]}}),
        "its keys are",
    ),
    "terraform_state": (
        data({"version": 4, "lineage": "l", "resource": [{"name": "a"}]}),
        "'resource'",
    ),
    "terraform_dot": (
        text(
            "half.dot",
            'digraph {\n"[root] aws_vpc.a" [label = "aws_vpc.a"]\n'
            '"[root] aws_vpc.a" -- "[root] aws_vpc.b"\n}\n',
        ),
        "expected `->`, found '--'",
    ),
    "terraform_blast": (
        data(
            {
                "nodes": [{"label": "[root] var.region", "svg_id": "n1"}],
                "edges": [{"from": "[root] var.region", "to": "[root] var.zone"}],
            }
        ),
        "expected resources such as aws_vpc.main",
    ),
    "compose": (
        text("compose.yaml", "services:\n  web: {build: ., needs: [db]}\n  db: {build: .}\n"),
        "depends_on, links, volumes_from",
    ),
    "backstage": (
        text(
            "half.yaml",
            "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
            "metadata: {name: web}\nspec: {type: service, requires: [orders]}\n",
        ),
        "dependsOn, dependencyOf",
    ),
    "kubernetes": (
        text(
            "half.yaml",
            "apiVersion: example.org/v1\nkind: Widget\n"
            "metadata: {name: web}\nspec: {needs: orders}\n",
        ),
        "found none but 1 Widget",
    ),
    "otlp": (
        data({"resourceSpans": [{"resource": {}, "scopes": [{"spans": []}]}]}),
        "'resourceSpans'",
    ),
    "jaeger_trace": (
        data({"data": [{"spans": [{"traceID": "1", "id": "2"}], "processes": {}}]}),
        "a span without traceID, spanID",
    ),
    "jaeger": (
        data([{"parent": "web", "child": "", "callCount": 1}]),
        "a link without parent or child",
    ),
    "zipkin": (
        data([{"traceId": "1", "id": "1", "localEndpoint": {"service": "web"}}]),
        "a span without traceId, id or localEndpoint.serviceName",
    ),
    "other_page": (
        data({"activeIncidents": [{"title": "Orders", "state": "wobbly"}]}),
        "expected the JSON of a status page",
    ),
    "statuspage": (
        data({"page": {"name": "P"}, "components": [{"title": "Orders", "state": "down"}]}),
        "a component without a name",
    ),
    "status_feed": (
        text(
            "half.atom",
            f"<feed xmlns='http://www.w3.org/2005/Atom'><title>P Status</title>{ENTRY}</feed>",
        ),
        "whose state the feed does not tell",
    ),
    "neo4j_export": (
        data(
            [
                {"type": "node", "id": "0", "labels": []},
                {
                    "type": "relationship",
                    "label": "LIKES",
                    "start": {"id": "0"},
                    "end": {"id": "0"},
                },
            ]
        ),
        "a relationship LIKES",
    ),
    "resilience_hub": (
        data({"dependencySummaries": [{"serviceArn": "arn:aws:x", "criticality": "HARD"}]}),
        "a dependency without a service or a name",
    ),
    "open_psa": (
        text(
            "half.xml",
            '<opsa-mef><define-fault-tree name="t"><define-gate name="top"><not>'
            '<basic-event name="pump"/></not></define-gate></define-fault-tree></opsa-mef>',
        ),
        "not",
    ),
    "sql": (write_sqlite, "expected --query"),
    "neo4j": (lambda folder: "bolt://reader@localhost:1/estate", "expected --query"),
    "graphml": (
        text(
            "half.graphml",
            '<graphml><graph edgedefault="directed"><node id="a"/>'
            '<hyperedge><endpoint node="a"/></hyperedge></graph></graphml>',
        ),
        "hyperedges are not read",
    ),
    "gexf": (
        text(
            "half.gexf",
            '<gexf><graph defaultedgetype="directed"><nodes><node id="a"/></nodes>'
            '<links><link source="a" target="a"/></links></graph></gexf>',
        ),
        "1 nodes without edges",
    ),
    "dot": (
        text("half.dot", "digraph services { web [needs = orders]; orders; }"),
        "2 nodes without edges",
    ),
    "node_link": (
        data({"nodes": [{"id": "a"}, {"id": "b"}], "links": [{"one": "a", "two": "b"}]}),
        "expected an object with `source` and `target`",
    ),
    "gml": (
        text("half.gml", "graph [ directed 1 node [ id 1 ] link [ one 1 two 1 ] ]"),
        "1 nodes without edges",
    ),
    "servicenow": (
        data({"result": [{"parent": "a", "child": "b", "type": "Likes::Liked by"}]}),
        "got 'Likes::Liked by'",
    ),
    "native_json": (
        data({"dependencies": [{"dependent": "a", "provider": "", "needs": "b"}]}),
        "needs: expected",
    ),
    "yaml": (text("half.yaml", "dependencies:\n- {one: a, two: b}\n"), "found 'one', 'two'"),
    "csv": (text("half.csv", "one,two\na,b\n"), "found 'one', 'two'"),
    "boms": (inside("bom.json", json.dumps(BOM)), "no components and no services"),
    "excel": (write_workbook, "found 'one', 'two'"),
    "ndjson": (
        text("half.ndjson", '{"one": "a", "two": "b"}\n{"one": "c", "two": "d"}\n'),
        "found 'one', 'two'",
    ),
    "json": (data([{"one": "a", "two": "b"}]), "found 'one', 'two'"),
}


def tell(source: Path | str) -> tuple[int, list[str]]:
    """How many dependencies are read, and what is said of what is not."""
    try:
        tables = load_tables([source])
    except InputError as error:
        return 0, [str(error)]
    said = [str(f) for f in tables.report if f.action not in ("read", "merged")]
    return tables.dependencies.height, said


def test_every_format_has_an_input() -> None:
    assert sorted(HALF) == sorted(known.name for known in formats())


@pytest.mark.parametrize("name", HALF)
def test_an_empty_graph_says_what_was_seen(tmp_path: Path, name: str) -> None:
    write, told = HALF[name]
    source = write(tmp_path)
    assert find_format(source).name == name
    count, said = tell(source)
    assert count == 0
    assert told in "\n".join(said)


PAGES: dict[str, Any] = {
    "renamed": {"page": {"name": "P"}, "components": [{"title": "Orders", "state": "down"}]},
    "incident": {"page": {"name": "P"}, "incidents": [{"title": "Orders", "state": "down"}]},
    "indicator": {"page": {"name": "P"}, "status": {"level": "major"}},
    "status": {"page": {"name": "P"}, "components": [{"name": "Orders", "status": "wobbly"}]},
    "text": {"page": {"name": "P"}, "components": ["Orders: down"]},
}


@pytest.mark.parametrize("name", [*PAGES, "other_page", "status_feed"])
def test_nothing_down_says_what_was_seen(tmp_path: Path, name: str) -> None:
    """Origins, or why there are none; a page of which nothing is understood is not all clear."""
    write = data(PAGES[name]) if name in PAGES else HALF[name][0]
    graph = DependencyGraph.from_tables(load_tables([text("g.csv", GRAPH)(tmp_path)]))
    try:
        now = read_now(graph, [Path(write(tmp_path))])
    except InputError:
        return
    assert not now.origins
    assert now.untold or now.unmatched


def test_a_page_on_which_nothing_is_down(tmp_path: Path) -> None:
    """No open incident is an answer."""
    graph = DependencyGraph.from_tables(load_tables([text("g.csv", GRAPH)(tmp_path)]))
    now = read_now(graph, [Path(data({"page": {"name": "P"}, "incidents": []})(tmp_path))])
    assert (now.origins, now.untold, now.unmatched) == ((), (), ())
