"""OpenTelemetry spans in OTLP JSON: one document, or one per line as the file exporter writes.

Grafana Tempo answers the same as `batches`, or below `trace`, the API of Jaeger below `result`.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and
https://github.com/open-telemetry/opentelemetry-proto (trace.proto).
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.operations.traces.shapes import BATCHES, SCOPES, find_batches, spell_fields
from knockon.loaders.operations.traces.spans import MAX_SPANS, Span, add_calls
from knockon.loaders.parsing.source import Source, SourceLike

KINDS = {0: "", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}


def read_otlp(source: SourceLike) -> Tables:
    """Services and what they call, from the spans of traces; counts are calls seen.

    Raises InputError for another shape and for more than MAX_SPANS spans.
    """
    source = Source.of(source)
    calls = Calls(source.name, f"OpenTelemetry spans {source.name}")
    spans: list[Span] = []
    for where, document in _read_documents(source):
        for span in _spans(calls, document, where):
            spans.append(span)
            if len(spans) > MAX_SPANS:
                raise InputError(f"{source.name}: more than {MAX_SPANS:,} spans; narrow the export")
    add_calls(calls, spans)
    return calls.tables(f"Service calls of {clip(source.name, 60)}", "OTLP JSON of a collector")


def _read_documents(source: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    """Documents with the beginnings of their places: of lines, of a list, or the one that it is."""
    if source.first_record:
        values = [(f"line {n}.", v) for n, v in source.json_lines]
    elif isinstance(source.json, list):
        values = [(f"[{n}].", v) for n, v in enumerate(source.json)]
    else:
        values = [("", source.json)]
    for where, value in values:
        found = find_batches(value)
        if found is None:
            raise InputError(f"{source.name}: expected OTLP JSON, an object with resourceSpans")
        yield f"{where}{found[0]}", spell_fields(found[1])


def _spans(calls: Calls, document: dict[str, Any], where: str) -> Iterator[Span]:
    for place, batch in _each(calls, document, BATCHES, where):
        resource = batch.get("resource")
        own = _attributes(resource if isinstance(resource, dict) else {})
        service = own.get("service.name", "").strip()
        for at, scope in _each(calls, batch, SCOPES, f"{place}."):
            for here, record in _each(calls, scope, ("spans",), f"{at}."):
                trace, name = _text(record.get("traceId")), _text(record.get("spanId"))
                if not service or not trace or not name:
                    reason = "a span without service.name, traceId or spanId"
                    calls.rows.findings.add("dropped", reason, here)
                    continue
                yield Span(
                    trace, name, _text(record.get("parentSpanId")), service,
                    _kind(record.get("kind")), _attributes(record), here, links=_links(record),
                )  # fmt: skip
        if service and own.get("service.criticality"):
            calls.rows.add_entity(
                service, place, kind="service", criticality=own["service.criticality"]
            )


def _each(
    calls: Calls, holder: dict[str, Any], keys: tuple[str, ...], where: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for key in keys:
        yield from calls.rows.walk_records(holder, key, where.rstrip("."))


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return value.removeprefix("SPAN_KIND_").upper()
    return KINDS.get(value, "") if isinstance(value, int) else ""


def _attributes(holder: dict[str, Any]) -> dict[str, str]:
    """The text values of a list of {key, value: {stringValue}}."""
    found: dict[str, str] = {}
    listed = holder.get("attributes")
    for item in listed if isinstance(listed, list) else []:
        value = item.get("value") if isinstance(item, dict) else None
        text = value.get("stringValue") if isinstance(value, dict) else None
        if isinstance(text, str) and isinstance(item.get("key"), str):
            found[item["key"]] = text
    return found


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _links(record: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Trace and id of the spans that a span follows from."""
    listed = record.get("links")
    found = (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))
    return tuple((_text(one.get("traceId")), _text(one.get("spanId"))) for one in found)
