"""Databases and brokers that only their clients tell: each is one, whatever which client knows."""

from pathlib import Path
from typing import Any

import pytest

from knockon.graph.model.tables import Tables
from tests.loaders.operations.traces.test_spans import jaeger, loaded, otlp, pairs, zipkin

KAFKA, PG = {"messaging.system": "kafka"}, {"db.system": "postgresql"}
SHAPES = {"otlp": otlp, "zipkin": zipkin, "jaeger_trace": jaeger}


def spans(*told: tuple[str, str, dict[str, str]]) -> list[Any]:
    """One span each of a service, a kind and what it tells, below no other."""
    return [(f"s{n}", "", *one) for n, one in enumerate(told)]


def report(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


@pytest.fixture(params=sorted(SHAPES))
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that writes spans in one of the formats, and reads them."""
    return lambda found: loaded(tmp_path, SHAPES[request.param](found), request.param)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"server.address": "mq:9092"},
        {"net.peer.name": "MQ."},
        {"messaging.kafka.bootstrap.servers": "mq:9092,mq2:9092"},
        {"messaging.destination.name": "orders"},
    ],
)
def test_a_broker_that_one_side_names(load: Any, other: dict[str, str]) -> None:
    """The producer tells where it is, the consumer only what it is: one broker."""
    told = {**KAFKA, "server.address": "mq", "messaging.destination.name": "orders"}
    found = spans(("cart", "PRODUCER", told), ("mail", "CONSUMER", {**KAFKA, **other}))
    assert pairs(load(found)) == {("cart", "kafka:mq"), ("mail", "kafka:mq")}


def test_a_message_tells_its_consumer_the_broker(load: Any) -> None:
    """The consumer hangs below the producer, and tells nothing at all; and the other way round."""
    found = [
        ("1", "", "cart", "PRODUCER", {**KAFKA, "server.address": "a"}),
        ("2", "1", "mail", "CONSUMER", {}),
        ("3", "", "shop", "PRODUCER", {**KAFKA, "server.address": "b"}),
        ("4", "3", "bill", "CONSUMER", KAFKA),
        ("5", "", "till", "PRODUCER", {}),
        ("6", "5", "book", "CONSUMER", {**KAFKA, "peer.service": "ledger-queue"}),
    ]
    assert pairs(load(found)) == {
        ("cart", "kafka:a"), ("mail", "kafka:a"), ("shop", "kafka:b"), ("bill", "kafka:b"),
        ("till", "ledger-queue"), ("book", "ledger-queue"),
    }  # fmt: skip


def test_a_consumer_that_follows_its_producer(tmp_path: Path) -> None:
    """By a link of OpenTelemetry, by a reference of Jaeger: it is no call."""
    found = [
        ("1", "", "cart", "PRODUCER", {**KAFKA, "server.address": "a"}),
        ("2", "", "shop", "PRODUCER", {**KAFKA, "server.address": "b"}),
        ("3", "", "mail", "CONSUMER", KAFKA),
    ]
    wanted = {("cart", "kafka:a"), ("shop", "kafka:b"), ("mail", "kafka:b")}
    plain = otlp(found)
    plain["resourceSpans"][2]["scopeSpans"][0]["spans"][0]["links"] = [
        {"traceId": "t", "spanId": "2"}
    ]
    assert pairs(loaded(tmp_path, plain, "otlp")) == wanted
    trace = jaeger(found)
    trace["spans"][2]["references"] = [{"refType": "FOLLOWS_FROM", "traceID": "t", "spanID": "2"}]
    assert pairs(loaded(tmp_path, trace, "jaeger_trace")) == wanted


@pytest.mark.parametrize(
    "other",
    [
        {**PG, "peer.service": "orders-db"},
        {**PG, "server.address": "orders-db", "server.port": "5432"},
        {"db.system.name": "postgres", "net.peer.name": "orders-db:5432"},
        {**PG, "network.peer.address": "10.1.2.3"},
        {**PG, "db.name": "orders"},
        {**PG, "db.connection_string": "jdbc:postgresql://orders-db:5432/orders"},
        PG,
    ],
)
def test_a_database_that_several_tell(load: Any, other: dict[str, str]) -> None:
    """By a peer, an address, an address of numbers, its name, or not at all: one database."""
    told = {
        **PG, "peer.service": "orders-db", "server.address": "orders-db",
        "network.peer.address": "10.1.2.3", "db.namespace": "orders",
    }  # fmt: skip
    found = spans(("cart", "CLIENT", told), ("bill", "CLIENT", other))
    assert pairs(load(found)) == {("cart", "orders-db"), ("bill", "orders-db")}


def test_a_host_that_is_a_service_is_that_service(load: Any) -> None:
    """A store that is traced itself, and named by its host elsewhere."""
    found = spans(
        ("valkey", "SERVER", {}),
        ("cart", "CLIENT", {"db.system": "redis", "server.address": "valkey"}),
    )
    assert pairs(load(found)) == {("cart", "valkey")}


def test_what_may_be_any_is_told_as_any(load: Any) -> None:
    """Two databases and one that is told by its system: it may be either, and so it is told."""
    found = spans(
        ("a", "CLIENT", {**PG, "server.address": "one"}),
        ("b", "CLIENT", {**PG, "server.address": "two"}),
        ("c", "CLIENT", PG),
        ("d", "CLIENT", {**PG, "db.name": "base"}),
    )
    tables = load(found)
    assert pairs(tables) == {
        ("a", "postgresql:one"), ("b", "postgresql:two"), ("c", "postgresql"),
        ("d", "postgresql:base"), ("postgresql:base", "postgresql"),
        ("postgresql", "postgresql:one"), ("postgresql", "postgresql:two"),
    }  # fmt: skip
    assert "a data store told without its place may be any that is told with it" in report(tables)


def test_a_base_without_its_server(load: Any) -> None:
    """It may lie on the one server that is known; two bases stay two."""
    found = spans(
        ("a", "CLIENT", {**PG, "server.address": "one"}),
        ("b", "CLIENT", {**PG, "db.name": "x"}), ("c", "CLIENT", {**PG, "db.name": "y"}),
    )  # fmt: skip
    assert pairs(load(found)) == {
        ("a", "postgresql:one"), ("b", "postgresql:x"), ("c", "postgresql:y"),
        ("postgresql:x", "postgresql:one"), ("postgresql:y", "postgresql:one"),
    }  # fmt: skip


def test_a_host_in_an_address_is_told(load: Any) -> None:
    """A client that names only the URL that it calls."""
    found = spans(("web", "CLIENT", {"url.full": "https://api.example.com:8443/v1?x=1"}))
    assert pairs(load(found)) == {("web", "api.example.com")}


def test_a_file_without_spans_says_so(tmp_path: Path) -> None:
    """Nothing read is not nothing there."""
    for value, form in (
        ({"resourceSpans": []}, "otlp"),
        ({"data": [{"traceID": "t", "spans": [], "processes": {}}]}, "jaeger_trace"),
    ):
        assert "nothing in it names a service" in report(loaded(tmp_path, value, form))


def test_an_id_of_zeros_is_no_parent(tmp_path: Path) -> None:
    """Root spans have one in some exports, of hexadecimal or base64."""
    for zeros in ("0" * 16, "AAAAAAAAAAA="):
        tables = loaded(tmp_path, otlp([("1", zeros, "web", "SERVER", {})]), "otlp")
        assert "whose parent is not in the file" not in report(tables)


@pytest.mark.parametrize(
    "trace",
    [
        {"traceID": "t", "spans": [3, {"spanID": 1}, {"spanID": "a"}], "processes": 7},
        {"traceID": "t", "spans": [{"spanID": "a", "processID": "p"}], "processes": {"p": []}},
        {"traceID": "t", "spans": [{"spanID": "a", "processID": ["p"], "tags": 1}]},
    ],
)
def test_odd_traces_of_jaeger(tmp_path: Path, trace: Any) -> None:
    """What tells no service is counted, never a traceback."""
    tables = loaded(tmp_path, {"data": [trace]}, "jaeger_trace")
    assert tables.entities.height == 0
    assert "dropped" in report(tables)
