"""Where the spans of a trace stand in JSON: told from its shape, for formats and readers alike."""

from collections.abc import Iterator
from typing import Any

BATCHES = ("resourceSpans", "batches")  # the second is what Grafana Tempo calls them
SCOPES = ("scopeSpans", "instrumentationLibrarySpans")
_WRAPPERS = ("trace", "result", "data")


def find_batches(value: Any) -> tuple[str, dict[str, Any]] | None:
    """The object that holds OpenTelemetry's spans in batches, and what its place begins with."""
    if not isinstance(value, dict):
        return None
    if any(key in value for key in BATCHES):
        return "", value
    for key in _WRAPPERS:
        inner = value.get(key)
        if isinstance(inner, dict) and any(name in inner for name in BATCHES):
            return f"{key}.", inner
    return None


def is_batch(value: Any) -> bool:
    """Whether this is one batch of spans of a resource."""
    return isinstance(value, dict) and any(key in value for key in (*SCOPES, "resource"))


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
