"""Neo4j: a Cypher query against the interface of the driver, and exports of APOC.

No server runs here: the driver is replaced by one that gives recorded answers, made of the real
driver's own records and nodes.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format

neo4j = pytest.importorskip("neo4j")
ADDRESS = "neo4j+s://reader:s3cr%3At@graph.example:7687/estate"
QUERY = "MATCH (a)-[r:RESOURCE]->(b) RETURN a AS dependent, b AS provider, r.weight AS probability;"


def node(number: int, labels: list[str], **properties: Any) -> Any:
    from neo4j.graph import Graph, Node

    return Node(Graph(), str(number), number, labels, properties)


# as Cartography has them: an instance in an account, a bucket without a name, an Okta organisation
INSTANCE = node(1, ["EC2Instance", "Instance"], id="i-1", name="web", lastupdated=1700000000)
BUCKET = node(2, ["S3Bucket"], arn="arn:aws:s3:::b")
OKTA = node(3, ["OktaOrganization"], id="acme", name="Acme Okta")
ODD = node(4, ["MyOwnThing"], name="odd")


class Recorded:
    """A driver, session and result in one, with recorded rows."""

    def __init__(
        self, rows: list[tuple[Any, ...]], keys: list[str], fault: Exception | None = None
    ):
        self.rows, self.names, self.fault = rows, keys, fault
        self.asked: dict[str, Any] = {}

    def driver(self, place: str, **options: Any) -> "Recorded":
        self.asked |= {"place": place, **options}
        return self

    def session(self, **options: Any) -> "Recorded":
        self.asked |= options
        return self

    def run(self, query: Any) -> "Recorded":
        if self.fault:
            raise self.fault
        self.asked["query"] = query.text
        return self

    def fetch(self, limit: int) -> list[Any]:
        pairs = [neo4j.Record(zip(self.names, row, strict=True)) for row in self.rows]
        return pairs[:limit]

    def keys(self) -> list[str]:
        return self.names

    def __enter__(self) -> "Recorded":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def recorded(monkeypatch: pytest.MonkeyPatch, *rows: tuple[Any, ...], **rest: Any) -> Recorded:
    keys = rest.pop("keys", ["dependent", "provider", "probability"])
    made = Recorded(list(rows), keys, rest.pop("fault", None))
    monkeypatch.setattr(neo4j.GraphDatabase, "driver", made.driver)
    return made


def test_nodes_become_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids, names and kinds of nodes; texts are ends, too; the session only reads, one database."""
    asked = recorded(
        monkeypatch, (INSTANCE, BUCKET, 0.5), (INSTANCE, OKTA, None), ("text", ODD, None)
    ).asked
    assert find_format(ADDRESS).name == "neo4j"
    tables = load_tables([ADDRESS], query=QUERY)
    assert tables.dependencies.select("dependent", "provider", "probability").rows() == [
        ("i-1", "acme", None), ("i-1", "arn:aws:s3:::b", 0.5), ("text", "odd", None),
    ]  # fmt: skip
    rows = {r[0]: r[1:] for r in tables.entities.select("id", "name", "kind", "labels").rows()}
    assert rows["i-1"] == ("web", "component", "EC2Instance, Instance")
    assert rows["arn:aws:s3:::b"] == ("arn:aws:s3:::b", "data_store", "S3Bucket")
    assert rows["acme"] == ("Acme Okta", "identity_provider", "OktaOrganization")
    assert rows["odd"] == ("odd", "my_own_thing", "MyOwnThing")
    assert asked == {
        "place": "neo4j+s://graph.example:7687", "auth": ("reader", "s3cr:t"),
        "database": "estate", "default_access_mode": neo4j.READ_ACCESS,
        "query": QUERY.rstrip(";"),
    }  # fmt: skip
    assert "s3cr" not in str(tables.dependencies.to_dicts() + tables.entities.to_dicts())


def test_columns_by_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(monkeypatch, (INSTANCE, BUCKET, [1, 2]), keys=["a", "b", "list"])
    tables = load_tables([ADDRESS], query=QUERY, mapping={"a": "dependent", "b": "provider"})
    assert tables.dependencies.select("dependent", "provider", "list").rows() == [
        ("i-1", "arn:aws:s3:::b", "[1, 2]")
    ]


def test_errors_show_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = RuntimeError(f"cannot reach {ADDRESS} as reader with s3cr:t or s3cr%3At")
    recorded(monkeypatch, fault=fault)
    with pytest.raises(InputError, match="cannot reach") as caught:
        load_tables([ADDRESS], query=QUERY)
    assert "s3cr" not in str(caught.value)


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="expected --query"):
        load_tables([ADDRESS])
    recorded(monkeypatch, (node(9, ["X"], size=1), ODD, None))
    with pytest.raises(InputError, match=r"a node \(X\) without any of id, arn, uri, name"):
        load_tables([ADDRESS], query=QUERY)
    recorded(monkeypatch, keys=["a", "b", "c"])
    with pytest.raises(InputError, match="the query needs a column 'dependent'"):
        load_tables([ADDRESS], query=QUERY)
    monkeypatch.setitem(sys.modules, "neo4j", None)
    with pytest.raises(InputError, match=r"pip install 'knockon\[neo4j\]'"):
        load_tables([ADDRESS], query=QUERY)


def test_a_server_that_is_not_there_is_one_error() -> None:
    """The real driver, and nobody at the other end."""
    with pytest.raises(InputError) as caught:
        load_tables(["bolt://reader:s3cr@127.0.0.1:1"], query=QUERY)
    assert "s3cr" not in str(caught.value)


EXPORT = [
    {"type": "node", "id": "0", "labels": ["EC2Instance"], "properties": {"id": "i-1"}},
    {"type": "node", "id": "1", "labels": ["AWSAccount"], "properties": {"id": 4711}},
    {"type": "node", "id": "2", "properties": {"size": 1}},
    {"type": "node", "id": "3", "labels": ["X"], "properties": {"id": "i-1"}},
    {"type": "node", "id": 4, "labels": []},
    {"id": "5", "type": "relationship", "label": "DEPENDS_ON", "start": {"id": "0"},
     "end": {"id": "2"}},
    {"id": "6", "type": "relationship", "label": "RESOURCE", "start": {"id": "1"},
     "end": {"id": "0"}},
    {"id": "7", "type": "relationship", "label": "USES", "start": {"id": "0"}, "end": {"id": "x"}},
]  # fmt: skip


def test_export_of_apoc(tmp_path: Path) -> None:
    """Types whose direction is known are read; others are counted, and read when told how."""
    path = tmp_path / "graph.json"
    path.write_text("".join(json.dumps(record) + "\n" for record in EXPORT))
    assert find_format(path).name == "neo4j_export"
    tables = load_tables([path])
    columns = ("dependent", "provider", "relation")
    assert tables.dependencies.select(columns).rows() == [("i-1", "node 2", "uses")]
    assert {f.reason: f.count for f in tables.report if f.action != "read"} == {
        "a node whose id another one has": 1,
        "a node without an id": 1,
        "a relationship RESOURCE: --map tells which end needs the other": 1,
        "a relationship without a node at an end": 1,
    }
    assert dict(tables.entities.select("id", "kind").iter_rows()) == {
        "i-1": "component", "4711": "enterprise", "node 2": "unknown",
    }  # fmt: skip
    told = load_tables([path], mapping={"RESOURCE": "~hosted_on"})
    assert ("i-1", "4711", "hosted_on") in told.dependencies.select(columns).rows()


def test_export_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(EXPORT[0]) + "\n[]\n")
    with pytest.raises(InputError, match=r"graph\.json:2: expected a node or relationship"):
        load_tables([path])


@pytest.mark.parametrize("form", ["lines", "list", "parts", "by id"])
def test_export_in_every_form_of_apoc(tmp_path: Path, form: str) -> None:
    """JSON_LINES, ARRAY_JSON, JSON and JSON_ID_AS_KEYS."""
    nodes = [
        {"type": "node", "id": i, "labels": ["Service"], "properties": {"name": name}}
        for i, name in (("0", "shop"), ("1", "pay"))
    ]
    ends = {"start": {"id": "0"}, "end": {"id": "1"}}
    rels = [{"id": "0", "type": "relationship", "label": "USES", **ends}]
    written: dict[str, Any] = {
        "list": [*nodes, *rels],
        "parts": {"nodes": nodes, "rels": rels},
        "by id": {"nodes": {n["id"]: n for n in nodes}, "rels": {"0": rels[0]}},
    }
    path = tmp_path / "graph.json"
    lines = "\n".join(map(json.dumps, [*nodes, *rels]))
    path.write_text(lines if form == "lines" else json.dumps(written[form]))
    assert find_format(path).name == "neo4j_export"
    tables = load_tables([path])
    assert tables.dependencies.select("dependent", "provider").rows() == [("shop", "pay")]
    assert sorted(tables.entities["name"]) == ["pay", "shop"]
