"""Cartography or any other Neo4j database, by a Cypher query of the user.

`neo4j://user:password@host/base`, `bolt://` and their `+s` and `+ssc` forms
(https://neo4j.com/docs/api/python-driver/current/api.html). The query returns one dependency per
row: `MATCH (a)-[:USES]->(b) RETURN a AS dependent, b AS provider`. Ends may be texts, or nodes: a
node becomes an entity, with its label as the kind. Which way a relationship points means nothing
here: what the query calls dependent is the dependent. It runs in a transaction that only reads.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from knockon.graph.errors import InputError, clip, some
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.databases.query_rows import read_rows
from knockon.loaders.parsing.database import (
    MAX_ROWS,
    Address,
    hide_secrets,
    need_query,
    parse_address,
    refuse_missing_extra,
)
from knockon.loaders.parsing.source import Source, SourceLike

EXAMPLE = "'MATCH (a)-[:USES]->(b) RETURN a AS dependent, b AS provider'"
# properties of a node that may be its id, and its name, the first that it has
IDS = ("id", "arn", "uri", "name")
NAMES = ("name", "display_name", "displayName", "title")
# labels of Cartography and their kind; any other label is the kind itself, in lower case
KINDS = {
    "AWSAccount": "enterprise", "GCPProject": "enterprise", "AzureSubscription": "enterprise",
    "EC2Instance": "component", "RDSInstance": "data_store", "S3Bucket": "data_store",
    "DynamoDBTable": "data_store", "AWSVpc": "network", "EC2Subnet": "network",
    "LoadBalancer": "network", "LoadBalancerV2": "network", "DNSZone": "dns_provider",
    "OktaOrganization": "identity_provider",
}  # fmt: skip


def read_neo4j(
    source: SourceLike, query: str | None = None, mapping: Mapping[str, str] | None = None
) -> Tables:
    """The dependencies that a Cypher query returns, and the nodes at their ends.

    mapping: their name of a column -> ours
    Raises InputError for a query or database that cannot be read; never with a password in it.
    """
    source = Source.of(source)
    address = parse_address(source.address)
    statement = need_query(query, address.text, EXAMPLE)
    with hide_secrets(address):
        names, records = _answer(address, statement)
    rows = Rows("query", f"Cypher query of {address.shown}")
    back = {ours: theirs for theirs, ours in (mapping or {}).items()}
    ends = {back.get(end, end) for end in ("dependent", "provider")}
    cells: dict[str, list[Any]] = {name: [] for name in names}
    for number, record in enumerate(records, start=1):
        for name in names:
            value = record[name]
            if name in ends and hasattr(value, "labels"):
                value = _node(rows, value, f"row {number}", address)
            cells[name].append(value if name in ends else _plain(value))
    frame = pl.DataFrame([pl.Series(n, _texts(v), strict=False) for n, v in cells.items()])
    made = rows.build_tables(f"Query of {address.shown}", "--query")
    read = read_rows(source, frame, mapping, address.text, made.entities)
    report = (*made.report, *read.report)
    return replace(read, title=made.title, sources=made.sources, report=report)


def _answer(address: Address, statement: str) -> tuple[list[str], list[Any]]:
    """Names of columns, and the records."""
    try:
        import neo4j
    except ImportError:
        refuse_missing_extra(address.text, "neo4j")
    parts = urlsplit(f"{address.text.partition('://')[0]}://{address.place}")
    place = f"{parts.scheme}://{parts.netloc}"
    base = parts.path.strip("/") or None
    sign_in = (address.user, address.password) if address.user else None
    with (
        neo4j.GraphDatabase.driver(place, auth=sign_in) as driver,
        driver.session(database=base, default_access_mode=neo4j.READ_ACCESS) as session,
    ):
        result = session.run(neo4j.Query(statement))
        records = result.fetch(MAX_ROWS + 1)
        return list(result.keys()), records


def _node(rows: Rows, node: Any, where: str, address: Address) -> str:
    """Add a node as an entity; its id."""
    given = dict(node.items())
    labels = sorted(node.labels)
    texts = {key: str(value) for key, value in given.items() if isinstance(value, str | int)}
    identifier = next((texts[key] for key in IDS if texts.get(key, "").strip()), None)
    if identifier is None:
        raise InputError(
            f"{address.shown}: {where}: a node ({some(labels) or 'no label'}) without any of "
            f"{', '.join(IDS)}; return a property of it instead, such as a.key AS dependent"
        )
    name = next((texts[key] for key in NAMES if texts.get(key, "").strip()), None)
    kinds = [KINDS[label] for label in labels if label in KINDS]
    own = [snake(label) for label in labels]
    rows.add_entity(
        identifier, where, name=name, kind=(kinds or own or ["unknown"])[0],
        labels=", ".join(labels) or None,
    )  # fmt: skip
    return identifier


def snake(label: str) -> str:
    """`ec2_instance` of `EC2Instance`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", label).lower()


def _plain(value: Any) -> Any:
    """The value as a cell: what is no text or number becomes text."""
    return (
        value if value is None or isinstance(value, str | int | float) else clip(str(value), 1000)
    )


def _texts(values: list[Any]) -> list[Any]:
    types = {type(v) for v in values if v is not None}
    if len(types) > 1 and not types <= {int, float}:
        return [None if v is None else str(v) for v in values]
    return values
