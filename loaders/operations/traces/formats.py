"""Traces: who was seen to call whom."""

from knockon.loaders.formats import Format
from knockon.loaders.operations.traces.shapes import find_batches, find_traces, is_batch
from knockon.loaders.operations.traces.zipkin_v1 import is_v1
from knockon.loaders.parsing.source import Source

_CALLS = "caller uses callee"


def _is_otlp(source: Source) -> bool:
    whole = source.first_record or source.parsed_json
    found = find_batches(whole[0] if isinstance(whole, list) and whole else whole)
    if not found:
        return bool({"resourceSpans", "resource_spans"} & {*source.json_keys})  # of a damaged file
    listed = found[1].get("batches", [])
    tempo = isinstance(listed, list) and any(is_batch(one) for one in listed)
    return "resourceSpans" in found[1] or "resource_spans" in found[1] or tempo


def _is_jaeger_trace(source: Source) -> bool:
    return any(True for _ in find_traces(source.first_record or source.parsed_json))


def _is_jaeger(source: Source) -> bool:
    value = source.parsed_json
    links = value.get("data") if isinstance(value, dict) else value
    first = links[0] if isinstance(links, list) and links else links
    return isinstance(first, dict) and {"parent", "callCount"} <= first.keys()


def _is_zipkin(source: Source) -> bool:
    """A list of spans, or of traces that are such lists."""
    spans = [source.first_record] if source.first_record else source.parsed_json
    if isinstance(spans, list):
        spans = next((one for one in spans if isinstance(one, list) and one), spans)
    found = spans if isinstance(spans, list) else []
    return any(
        isinstance(one, dict) and "traceId" in one and ("localEndpoint" in one or is_v1(one))
        for one in found
    )


FORMATS = (
    Format(
        name="otlp",
        what="OpenTelemetry spans (OTLP JSON), as a collector, Grafana Tempo or Jaeger gives them",
        entities="services, the databases and brokers they name",
        dependencies=f"{_CALLS}, with the number of calls",
        export="the file exporter of an OpenTelemetry collector; GET /api/traces/ID of Tempo; "
        "GET /api/v3/traces/ID of Jaeger",
        sign="JSON with resourceSpans, or batches, perhaps below trace or result",
        module="knockon.loaders.operations.traces.otlp",
        inside=True,
        matches=_is_otlp,
    ),
    Format(
        name="jaeger_trace",
        what="Traces of Jaeger",
        entities="services, the databases and brokers they name",
        dependencies=f"{_CALLS}, with the number of calls",
        export="the page of a trace: Trace JSON; or GET /api/traces?service=NAME",
        sign="JSON with data, a list of traces with spans and processes, or such a list",
        module="knockon.loaders.operations.traces.jaeger_trace",
        inside=True,
        matches=_is_jaeger_trace,
    ),
    Format(
        name="jaeger",
        what="Service dependencies of Jaeger or Zipkin",
        entities="services",
        dependencies=f"{_CALLS} (child), with the number of calls",
        export="GET /api/dependencies?endTs=...&lookback=...",
        sign="JSON list of {parent, child, callCount}, bare or under data",
        module="knockon.loaders.operations.traces.jaeger",
        inside=True,
        matches=_is_jaeger,
    ),
    Format(
        name="zipkin",
        what="Zipkin spans, of v2 or v1",
        entities="services, and what their spans name as the other side",
        dependencies=f"{_CALLS}, with the number of calls",
        export="GET /api/v2/traces",
        sign="JSON list of spans with traceId",
        module="knockon.loaders.operations.traces.zipkin",
        inside=True,
        matches=_is_zipkin,
    ),
)
