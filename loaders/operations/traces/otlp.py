"""OpenTelemetry spans in OTLP JSON: one document, or one per line as the file exporter writes.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and
https://github.com/open-telemetry/opentelemetry-proto (trace.proto).
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.operations.traces.spans import MAX_SPANS, Span, add_calls
from knockon.loaders.parsing.json_text import MAX_BYTES
from knockon.loaders.parsing.source import Source, SourceLike

KINDS = {0: "", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
_BATCHES = ("resourceSpans", "batches")  # the second is what Grafana Tempo calls them
_SCOPES = ("scopeSpans", "instrumentationLibrarySpans")


def read_otlp(source: SourceLike) -> Tables:
    """Services and what they call, from the spans of traces; counts are calls seen.

    Raises InputError for another shape and for more than MAX_SPANS spans.
    """
    source = Source.of(source)
    calls = Calls(source.name, f"OpenTelemetry spans {source.name}")
    spans: list[Span] = []
    for where, document in _documents(source):
        if not isinstance(document, dict) or not any(key in document for key in _BATCHES):
            raise InputError(f"{source.name}: expected OTLP JSON, an object with resourceSpans")
        for span in _spans(calls, document, where):
            spans.append(span)
            if len(spans) > MAX_SPANS:
                raise InputError(f"{source.name}: more than {MAX_SPANS:,} spans; narrow the export")
    add_calls(calls, spans)
    return calls.tables(f"Service calls of {clip(source.name, 60)}", "OTLP JSON of a collector")


def _documents(source: Source) -> list[tuple[str, Any]]:
    """Documents with the beginnings of their places: of a file of lines, or the one that it is."""
    with source.path.open("rb") as file:
        first = file.readline(MAX_BYTES).strip()
        second = next((line for line in file if line.strip()), b"").lstrip()
    if first.endswith(b"}") and second.startswith(b"{"):
        return [(f"line {line}.", value) for line, value in source.json_lines]
    return [("", source.json)]


def _spans(calls: Calls, document: dict[str, Any], where: str) -> Iterator[Span]:
    for place, batch in _each(calls, document, _BATCHES, where):
        resource = batch.get("resource")
        own = _attributes(resource if isinstance(resource, dict) else {})
        service = own.get("service.name", "").strip()
        for at, scope in _each(calls, batch, _SCOPES, f"{place}."):
            for here, record in _each(calls, scope, ("spans",), f"{at}."):
                trace, name = _text(record.get("traceId")), _text(record.get("spanId"))
                if not service or not trace or not name:
                    reason = "a span without service.name, traceId or spanId"
                    calls.rows.findings.add("dropped", reason, here)
                    continue
                yield Span(
                    trace, name, _text(record.get("parentSpanId")), service,
                    _kind(record.get("kind")), _attributes(record), here,
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
