"""Traces: who was seen to call whom."""

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_CALLS = "caller uses callee"


def _is_otlp(source: Source) -> bool:
    if "resourceSpans" in source.json_keys:
        return True
    value = source.first_record or source.parsed_json  # of Grafana Tempo
    batches = value.get("batches") if isinstance(value, dict) else None
    return isinstance(batches, list) and any(
        isinstance(one, dict) and "scopeSpans" in one for one in batches
    )


def _is_jaeger(source: Source) -> bool:
    value = source.parsed_json
    links = value.get("data") if isinstance(value, dict) else value
    first = links[0] if isinstance(links, list) and links else links
    return isinstance(first, dict) and {"parent", "callCount"} <= first.keys()


def _is_zipkin(source: Source) -> bool:
    """A list of spans, or of traces that are such lists."""
    spans = source.parsed_json
    if isinstance(spans, list):
        spans = next((one for one in spans if isinstance(one, list) and one), spans)
    found = spans if isinstance(spans, list) else []
    return any(
        isinstance(one, dict) and {"traceId", "localEndpoint"} <= one.keys() for one in found
    )


FORMATS = (
    Format(
        name="otlp",
        what="OpenTelemetry spans (OTLP JSON)",
        entities="services, the databases and brokers they name",
        dependencies=f"{_CALLS}, with the number of calls",
        export="the file exporter of an OpenTelemetry collector",
        sign="JSON with resourceSpans",
        module="knockon.loaders.operations.traces.otlp",
        matches=_is_otlp,
    ),
    Format(
        name="jaeger",
        what="Service dependencies of Jaeger or Zipkin",
        entities="services",
        dependencies=f"{_CALLS} (child), with the number of calls",
        export="GET /api/dependencies?endTs=...&lookback=...",
        sign="JSON list of {parent, child, callCount}, bare or under data",
        module="knockon.loaders.operations.traces.jaeger",
        matches=_is_jaeger,
    ),
    Format(
        name="zipkin",
        what="Zipkin v2 spans",
        entities="services, and what their spans name as the other side",
        dependencies=f"{_CALLS}, with the number of calls",
        export="GET /api/v2/traces",
        sign="JSON list of spans with traceId",
        module="knockon.loaders.operations.traces.zipkin",
        matches=_is_zipkin,
    ),
)
