"""Calls between services: dependencies of Jaeger, spans of OpenTelemetry and Zipkin."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.paths import DATA

SMALL = DATA / "services/jaeger-ui-dependencies/jaeger_dependencies_small.json"

# (id, parent, service, kind, attributes): web calls cart, cart asks its database and puts a message
# into a queue that mail takes out; web also calls a bank, and something that nobody names
TRACE = [
    ("1", "", "web", "SERVER", {}),
    ("2", "1", "web", "CLIENT", {"peer.service": "cart"}),
    ("3", "2", "cart", "SERVER", {}),
    ("4", "3", "cart", "CLIENT", {"db.system": "redis", "server.address": "valkey"}),
    ("5", "3", "cart", "INTERNAL", {}),
    ("6", "5", "cart", "PRODUCER", {"messaging.system": "kafka", "server.address": "queue"}),
    ("7", "6", "mail", "CONSUMER", {"messaging.system": "kafka", "server.address": "queue"}),
    ("8", "1", "web", "CLIENT", {"peer.service": "bank"}),
    ("9", "1", "web", "CLIENT", {"server.address": "10.0.0.7"}),
    ("a", "1", "web", "CLIENT", {"net.peer.name": "api.example.com"}),
    ("b", "zz", "late", "SERVER", {}),
    ("c", "3", "cart", "CLIENT", {"db.system.name": "postgresql"}),
]
WANTED = {
    ("web", "cart"), ("cart", "redis:valkey"), ("cart", "kafka:queue"), ("mail", "kafka:queue"),
    ("web", "bank"), ("web", "api.example.com"), ("cart", "postgresql"),
}  # fmt: skip


def otlp(spans: list[tuple[str, str, str, str, dict[str, str]]], number: bool = True) -> Any:
    """The trace as OTLP JSON, one batch per service."""
    kinds = ["", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
    batches: dict[str, list[Any]] = {}
    for identifier, parent, service, kind, attributes in spans:
        batches.setdefault(service, []).append({
            "traceId": "t", "spanId": identifier, "parentSpanId": parent, "name": "x",
            "kind": kinds.index(kind) if number else f"SPAN_KIND_{kind}",
            "attributes": [{"key": k, "value": {"stringValue": v}} for k, v in attributes.items()],
        })  # fmt: skip
    return {"resourceSpans": [
        {"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}},
                                     {"key": "process.pid", "value": {"intValue": "7"}}]},
         "scopeSpans": [{"scope": {"name": "x"}, "spans": held}]}
        for service, held in batches.items()
    ]}  # fmt: skip


def zipkin(spans: list[tuple[str, str, str, str, dict[str, str]]]) -> Any:
    """The trace as Zipkin v2 JSON."""
    found = []
    for identifier, parent, service, kind, attributes in spans:
        span: dict[str, Any] = {"traceId": "t", "id": identifier, "name": "x", "tags": attributes,
                                "localEndpoint": {"serviceName": service}}  # fmt: skip
        if parent:
            span["parentId"] = parent
        if kind != "INTERNAL":
            span["kind"] = kind
        found.append(span)
    return found


def zipkin_v1(spans: list[tuple[str, str, str, str, dict[str, str]]]) -> Any:
    """The trace as Zipkin v1 JSON."""
    first = {"CLIENT": "cs", "SERVER": "sr", "PRODUCER": "ms", "CONSUMER": "mr"}
    found = []
    for identifier, parent, service, kind, attributes in spans:
        end = {"serviceName": service, "ipv4": "10.0.0.1"}
        words = [first[kind], "wire"] if kind in first else []
        tags = attributes | ({} if words else {"lc": ""})
        found.append({
            "traceId": "t", "id": identifier, "name": "x", "timestamp": 1, "duration": 2,
            **({"parentId": parent} if parent else {}),
            "annotations": [{"timestamp": 1, "value": word, "endpoint": end} for word in words],
            "binaryAnnotations": [
                {"key": k, "value": v, "endpoint": end} for k, v in tags.items()
            ] + [{"key": "n", "value": 7, "endpoint": end}],
        })  # fmt: skip
    return found


def jaeger(spans: list[tuple[str, str, str, str, dict[str, str]]], inside: bool = False) -> Any:
    """The trace as Jaeger answers it; `inside`: each span holds its process."""
    services = sorted({service for _, _, service, _, _ in spans})
    processes = {f"p{n}": {"serviceName": name, "tags": []} for n, name in enumerate(services)}
    found = []
    for identifier, parent, service, kind, attributes in spans:
        tags = {"span.kind": kind.lower(), **attributes} if kind != "INTERNAL" else attributes
        link = {"refType": "CHILD_OF", "traceID": "t", "spanID": parent}
        key = f"p{services.index(service)}"
        found.append({
            "traceID": "t", "spanID": identifier, "operationName": "x", "startTime": 1,
            "references": [link] if parent else [], "duration": 2, "logs": [],
            "tags": [{"key": k, "type": "string", "value": v} for k, v in tags.items()]
            + [{"key": "http.status_code", "type": "int64", "value": 200}],
            **({"process": processes[key]} if inside else {"processID": key}),
        })  # fmt: skip
    if inside:
        return found
    return {"traceID": "t", "spans": found, "processes": processes}


def pairs(tables: Tables) -> set[tuple[str, str]]:
    return set(tables.dependencies.select("dependent", "provider").iter_rows())


def loaded(tmp_path: Path, value: Any, form: str) -> Tables:
    path = tmp_path / "x.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    assert find_format(path).name == form
    return load_tables([path])


def _snake(value: Any) -> str:
    """JSON with the keys that Python's `MessageToJson` writes on request."""
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(
        r'"([a-z]+[A-Z][A-Za-z]*)":', lambda m: re.sub("([A-Z])", r"_\1", m[0]).lower(), text
    )


FORMS = [
    "otlp", "otlp in words", "otlp lines", "otlp of Tempo", "otlp of Tempo, older",
    "otlp of Tempo, newer", "otlp of Jaeger", "otlp in snake case", "otlp of Tempo, snake case",
    "otlp lines in snake case", "otlp list", "zipkin", "zipkin lines", "zipkin traces",
    "zipkin of v1", "jaeger_trace",
    "jaeger_trace bare", "jaeger_trace list", "jaeger_trace spans", "jaeger_trace lines",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_one_trace_in_every_form(tmp_path: Path, form: str) -> None:
    """The caller needs the callee; a message ties both its sides to the broker alone."""
    lines = [json.dumps(otlp([span])) for span in TRACE]
    value = {
        "otlp": otlp(TRACE), "otlp in words": otlp(TRACE, number=False),
        "otlp lines": "\n".join(lines) + "\n", "zipkin": zipkin(TRACE),
        "zipkin traces": [zipkin(TRACE)],
        "otlp of Tempo": {"batches": otlp(TRACE, number=False)["resourceSpans"]},
        "otlp of Tempo, older": {
            "batches": json.loads(
                json.dumps(otlp(TRACE)["resourceSpans"]).replace(
                    '"scopeSpans"', '"instrumentationLibrarySpans"'
                )
            )
        },
        "otlp of Tempo, newer": {"trace": otlp(TRACE), "metrics": {"inspectedBytes": "7"}},
        "otlp of Jaeger": {"result": otlp(TRACE)},
        "otlp in snake case": _snake(otlp(TRACE)),
        "otlp lines in snake case": _snake("\n".join(lines)),
        "otlp of Tempo, snake case": _snake({"batches": otlp(TRACE)["resourceSpans"]}),
        "zipkin of v1": zipkin_v1(TRACE),
        "zipkin lines": "\n".join(map(json.dumps, zipkin(TRACE))),
        "otlp list": [otlp([span]) for span in TRACE],
        "jaeger_trace": {"data": [jaeger(TRACE)], "total": 0, "limit": 0, "errors": None},
        "jaeger_trace bare": jaeger(TRACE),
        "jaeger_trace list": [jaeger(TRACE)],
        "jaeger_trace spans": jaeger(TRACE, inside=True),
        "jaeger_trace lines": "\n".join(map(json.dumps, jaeger(TRACE, inside=True))),
    }[form]  # fmt: skip
    tables = loaded(tmp_path, value, form.split()[0])
    assert pairs(tables) == WANTED
    assert tables.dependencies["probability"].null_count() == len(WANTED)
    assert set(tables.dependencies["calls"]) == {1}
    kinds = dict(tables.entities.select("id", "kind").iter_rows())
    assert kinds["redis:valkey"] == "data_store"
    assert kinds["kafka:queue"] == "platform"
    assert {kinds[name] for name in ("web", "cart", "mail", "bank", "late")} == {"service"}
    reasons = {f.reason: f.count for f in tables.report if f.action != "read"}
    assert reasons == {
        "a span whose parent is not in the file": 1,
        "a call whose other side is not named": 1,
        "a data store told by its system only: those count as one": 1,
    }


def test_calls_add_up_and_repeated_spans_do_not(tmp_path: Path) -> None:
    more = [(i + "x", p and p + "x", s, k, a) for i, p, s, k, a in TRACE]
    tables = loaded(tmp_path, otlp([*TRACE, *more, TRACE[0]]), "otlp")
    assert set(tables.dependencies["calls"]) == {2}
    assert [f.count for f in tables.report if f.reason == "a span that stands twice"] == [1]


def test_lines_longer_than_the_first_look(tmp_path: Path) -> None:
    """A batch of the file exporter fills a line of any length."""
    long = [(f"x{i}", "1", "web", "INTERNAL", {"note": "y" * 100}) for i in range(800)]
    text = json.dumps(otlp([TRACE[0], *long])) + "\n\n" + json.dumps(otlp(TRACE[1:3])) + "\n"
    assert text.index("\n") > 100_000
    assert pairs(loaded(tmp_path, text, "otlp")) == {("web", "cart")}


def test_zipkin_sides_of_a_call_share_an_id(tmp_path: Path) -> None:
    """The server side has the id of the client side; what it calls itself hangs below both."""
    spans = [
        {"traceId": "t", "id": "1", "kind": "CLIENT", "localEndpoint": {"serviceName": "a"},
         "remoteEndpoint": {"serviceName": "b"}},
        {"traceId": "t", "id": "1", "kind": "SERVER", "shared": True,
         "localEndpoint": {"serviceName": "b"}},
        {"traceId": "t", "id": "2", "parentId": "1", "kind": "SERVER",
         "localEndpoint": {"serviceName": "c"}},
        {"traceId": "t", "id": "3", "parentId": "1", "kind": "PRODUCER",
         "localEndpoint": {"serviceName": "b"}, "remoteEndpoint": {"serviceName": "broker"}},
        {"traceId": "t", "id": "4", "kind": "CLIENT", "localEndpoint": {"serviceName": "b"},
         "remoteEndpoint": {"serviceName": "mysql"}},
        {"traceId": "t", "id": "5"}, 7,
    ]  # fmt: skip
    tables = loaded(tmp_path, spans, "zipkin")
    assert pairs(tables) == {("a", "b"), ("b", "c"), ("b", "broker"), ("b", "mysql")}
    assert [f.count for f in tables.report if f.action == "dropped"] == [2]


def test_a_span_of_zipkin_v1_holds_both_sides(tmp_path: Path) -> None:
    """What Zipkin's own converter makes of it: caller and called are two spans of one id."""

    def end(name: str) -> dict[str, Any]:
        return {"serviceName": name}

    def core(name: str, *words: str) -> list[dict[str, Any]]:
        return [{"value": word, "timestamp": 1, "endpoint": end(name)} for word in words]

    def at(key: str, name: str) -> dict[str, Any]:
        return {"key": key, "value": True, "endpoint": end(name)}

    spans = [
        {"traceId": "t", "id": "1",
         "annotations": core("a", "cs", "cr") + core("b", "sr", "ss"),
         "binaryAnnotations": [at("sa", "b"), at("ca", "a"),
                               {"key": "http.host", "value": "b", "endpoint": end("a")}]},
        {"traceId": "t", "id": "2", "parentId": "1", "annotations": core("b", "cs", "cr"),
         "binaryAnnotations": [at("sa", "mysql")]},
        {"traceId": "t", "id": "3", "parentId": "1", "annotations": core("b", "ms"),
         "binaryAnnotations": [at("ma", "broker")]},
        {"traceId": "t", "id": "4", "parentId": "3", "annotations": core("mail", "mr"),
         "binaryAnnotations": [at("ma", "broker")]},
        {"traceId": "t", "id": "5", "parentId": "1", "binaryAnnotations":
         [{"key": "lc", "value": "", "endpoint": end("b")}, at("sa", "ldap")]},
        {"traceId": "t", "id": "6", "annotations": core("loop", "cs", "cr", "sr", "ss")},
        {"traceId": "t", "id": "7", "parentId": "1", "annotations": core("c", "sr", "ss")},
        {"traceId": "t", "id": "8", "annotations": [{"value": "cs", "timestamp": 1}]},
    ]  # fmt: skip
    tables = loaded(tmp_path, [spans], "zipkin")
    assert pairs(tables) == {
        ("a", "b"), ("b", "mysql"), ("b", "broker"), ("mail", "broker"), ("b", "ldap"), ("b", "c"),
    }  # fmt: skip
    assert [f.count for f in tables.report if f.action == "dropped"] == [1]


def test_zipkin_without_a_kind_calls_the_side_that_it_names(tmp_path: Path) -> None:
    spans = [{"traceId": "t", "id": "1", "localEndpoint": {"serviceName": "a"},
              "remoteEndpoint": {"serviceName": "b"}}]  # fmt: skip
    assert pairs(loaded(tmp_path, spans, "zipkin")) == {("a", "b")}


def test_jaeger_dependencies_bare_and_under_data(tmp_path: Path) -> None:
    """The parent calls the child: it is the dependent. Calls of a link that stands twice add up."""
    links = [
        {"parent": "web", "child": "cart", "callCount": 3, "errorCount": 1},
        {"parent": "web", "child": "cart", "callCount": 4},
        {"parent": "cart", "child": "cart", "callCount": 9},
        {"parent": "cart", "child": "db", "callCount": "many"},
        {"parent": "", "child": "db"}, "x",
    ]  # fmt: skip
    for value in (links, {"data": links, "total": 0, "errors": None}):
        tables = loaded(tmp_path, value, "jaeger")
        rows = tables.dependencies.select("dependent", "provider", "calls", "errors").rows()
        assert rows == [("cart", "db", 0, 0), ("web", "cart", 7, 1)]
        assert {f.reason: f.count for f in tables.report if f.action != "read"} == {
            "a link that stands twice: its calls add up": 1,
            "a service that calls itself": 1,
            "a callCount that is no count": 1,
            "a link without parent or child": 1,
            "a link that is no object": 1,
        }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"resourceSpans": 7}', None),
        ('{"resourceSpans": []}\n{"x": 1}', "expected OTLP JSON"),
        ('[{"traceId": "t", "localEndpoint": 7}]', None),
        (
            '{"data": {"parent": 1, "callCount": 2}}',
            "expected a list of {parent, child, callCount}",
        ),
    ],
)
def test_other_shapes(tmp_path: Path, text: str, message: str | None) -> None:
    """What has another shape is one error, or is counted as dropped."""
    path = tmp_path / "x.json"
    path.write_text(text)
    if message is None:
        assert [f.count for f in load_tables([path]).report if f.action == "dropped"] == [1]
    else:
        with pytest.raises(InputError, match=message):
            load_tables([path])


@pytest.mark.skipif(not SMALL.is_file(), reason=f"no data at {SMALL}")
def test_a_real_export_of_jaeger() -> None:
    tables = load_tables([SMALL])
    links = json.loads(SMALL.read_text())
    assert pairs(tables) == {(link["parent"], link["child"]) for link in links}
    assert tables.dependencies["calls"].sum() == sum(link["callCount"] for link in links)
