"""Zipkin spans, of v2 or v1: a list of spans, or of traces that are lists of spans.

https://zipkin.io/zipkin-api/ (zipkin2-api.yaml). The two sides of a call may share the id of their
span (`shared`); `remoteEndpoint` names the other side. A span of v1 stands for one or several of v2
(`zipkin_v1`).
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.operations.traces.spans import MAX_SPANS, Span, add_calls
from knockon.loaders.operations.traces.zipkin_v1 import convert_span, is_v1
from knockon.loaders.parsing.source import Source, SourceLike


def read_zipkin(source: SourceLike) -> Tables:
    """Services and what they call, from the spans of traces; counts are calls seen.

    Raises InputError for another shape and for more than MAX_SPANS spans.
    """
    source = Source.of(source)
    document = [v for _, v in source.json_lines] if source.first_record else source.json
    if not isinstance(document, list):
        raise InputError(f"{source.name}: expected a list of Zipkin spans")
    calls = Calls(source.name, f"Zipkin spans {source.name}")
    spans: list[Span] = []
    for where, record in _records(document):
        told = convert_span(record) if isinstance(record, dict) and is_v1(record) else [record]
        read = [_span(one, where) if isinstance(one, dict) else None for one in told]
        if not any(read):
            reason = "a span without traceId, id or localEndpoint.serviceName (v1: any)"
            calls.rows.findings.add("dropped", reason, where)
            continue
        spans += [span for span in read if span is not None]
        if len(spans) > MAX_SPANS:
            raise InputError(f"{source.name}: more than {MAX_SPANS:,} spans; narrow the export")
    add_calls(calls, spans)
    return calls.tables(f"Service calls of {clip(source.name, 60)}", "GET /api/v2/traces of Zipkin")


def _records(document: list[Any]) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(document):
        if isinstance(item, list):
            yield from ((f"[{number}][{i}]", record) for i, record in enumerate(item))
        else:
            yield f"[{number}]", item


def _span(record: dict[str, Any], where: str) -> Span | None:
    service = _service(record, "localEndpoint")
    trace, identifier, parent, kind = (
        v.strip() if isinstance(v := record.get(key), str) else ""
        for key in ("traceId", "id", "parentId", "kind")
    )
    if not service or not trace or not identifier:
        return None
    tags = record.get("tags")
    attributes = {
        key: value
        for key, value in (tags if isinstance(tags, dict) else {}).items()
        if isinstance(value, str)
    }
    remote = _service(record, "remoteEndpoint")
    if remote and kind.upper() in ("PRODUCER", "CONSUMER"):
        attributes.setdefault("messaging.system", remote)  # the other side is the broker
        attributes["peer.service"] = remote
    elif remote:
        attributes.setdefault("peer.service", remote)
        kind = kind or "CLIENT"  # who knows both sides calls, as Zipkin's own links have it
    return Span(
        trace, identifier, parent, service, kind.upper(), attributes, where,
        record.get("shared") is True,
    )  # fmt: skip


def _service(record: dict[str, Any], key: str) -> str:
    endpoint = record.get(key)
    name = endpoint.get("serviceName") if isinstance(endpoint, dict) else None
    return name.strip() if isinstance(name, str) else ""
