"""Where the spans of a trace stand in JSON: told from its shape, for formats and readers alike."""

from collections.abc import Iterator
from typing import Any

BATCHES = ("resourceSpans", "batches")  # the second is what Grafana Tempo calls them
SCOPES = ("scopeSpans", "instrumentationLibrarySpans")
# fields by the names of the protocol buffers, which parsers of their JSON take, too
_FIELDS = {
    "resource_spans": "resourceSpans", "scope_spans": "scopeSpans",
    "instrumentation_library_spans": "instrumentationLibrarySpans", "trace_id": "traceId",
    "span_id": "spanId", "parent_span_id": "parentSpanId", "string_value": "stringValue",
}  # fmt: skip
_HOLDERS = (*BATCHES, "resource_spans")
_WRAPPERS = ("trace", "result", "data")


def find_batches(value: Any) -> tuple[str, dict[str, Any]] | None:
    """The object that holds OpenTelemetry's spans in batches, and what its place begins with."""
    if not isinstance(value, dict):
        return None
    if any(key in value for key in _HOLDERS):
        return "", value
    for key in _WRAPPERS:
        inner = value.get(key)
        if isinstance(inner, dict) and any(name in inner for name in _HOLDERS):
            return f"{key}.", inner
    return None


def is_batch(value: Any) -> bool:
    """Whether this is one batch of spans of a resource."""
    keys = (*SCOPES, "resource", "scope_spans")
    return isinstance(value, dict) and any(key in value for key in keys)


def spell_fields(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the fields of OTLP in camel case, as the specification has them.

    Older texts of it spoke of snake case (opentelemetry-proto, issue 476), and
    `MessageToJson(preserving_proto_field_name=True)` writes it.
    """
    batches = [b for key in _HOLDERS for b in _list(document.get(key)) if isinstance(b, dict)]
    told = _FIELDS.keys() & {*document, *(key for batch in batches for key in batch)}
    return _spell(document) if told else document


def _spell(value: Any) -> Any:
    if isinstance(value, list):
        return [_spell(one) for one in value]
    if not isinstance(value, dict):
        return value
    renamed = {key: _spell(inner) for key, inner in value.items()}
    return {_FIELDS.get(key, key): inner for key, inner in renamed.items()} | {
        key: inner for key, inner in renamed.items() if key not in _FIELDS
    }


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def find_traces(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Traces of Jaeger with their places: the answer of its API, a list of traces, or one.

    Spans that stand alone, each with its process, are one trace.
    """
    where = ""
    if isinstance(value, dict) and isinstance(value.get("data"), list):
        value, where = value["data"], "data"
    listed = value if isinstance(value, list) else [value]
    flat = [one for one in listed if isinstance(one, dict) and _is_span(one)]
    if flat:
        yield "", {"spans": listed}
        return
    for number, trace in enumerate(listed):
        if isinstance(trace, dict) and _is_trace(trace):
            yield f"{where}[{number}]" if isinstance(value, list) else "", trace


def _is_trace(value: dict[str, Any]) -> bool:
    told = "traceID" in value or isinstance(value.get("processes"), dict)
    return told and isinstance(value.get("spans"), list)


def _is_span(value: dict[str, Any]) -> bool:
    return {"traceID", "spanID"} <= value.keys() and isinstance(value.get("process"), dict)
