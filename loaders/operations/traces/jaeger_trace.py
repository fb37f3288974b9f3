"""Traces of Jaeger as its page downloads them, and as GET /api/traces answers.

`{"data": [{"traceID", "spans": [...], "processes": {"p1": {"serviceName"}}}]}`; each span names its
process, or holds it. A span that follows from another (FOLLOWS_FROM) is no part of a call by it.
https://www.jaegertracing.io/docs/latest/apis/, model of jaeger-ui.
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.operations.traces.shapes import find_traces
from knockon.loaders.operations.traces.spans import MAX_SPANS, Span, add_calls
from knockon.loaders.parsing.source import Source, SourceLike


def read_jaeger_trace(source: SourceLike) -> Tables:
    """Services and what they call, from the spans of traces; counts are calls seen.

    Raises InputError for another shape and for more than MAX_SPANS spans.
    """
    source = Source.of(source)
    calls = Calls(source.name, f"traces of Jaeger {source.name}")
    spans: list[Span] = []
    lines = [(f"line {n}.", v) for n, v in source.json_lines] if source.first_record else []
    for line, value in lines or [("", source.json)]:
        traces = list(find_traces(value))
        if not traces:
            raise InputError(f"{source.name}: expected traces of Jaeger, objects with spans")
        for where, trace in traces:
            for span in _read_spans(calls, trace, f"{line}{where}"):
                spans.append(span)
                if len(spans) > MAX_SPANS:
                    what = f"more than {MAX_SPANS:,} spans; narrow the export"
                    raise InputError(f"{source.name}: {what}")
    add_calls(calls, spans)
    told = "GET /api/traces of Jaeger"
    return calls.tables(f"Service calls of {clip(source.name, 60)}", told)


def _read_spans(calls: Calls, trace: dict[str, Any], where: str) -> Iterator[Span]:
    processes = trace.get("processes")
    known = processes if isinstance(processes, dict) else {}
    for place, record in calls.rows.walk_records(trace, "spans", where):
        process = record.get("process", known.get(_text(record.get("processID"))))
        service = _text(process.get("serviceName")) if isinstance(process, dict) else ""
        identifier = _text(record.get("spanID"))
        of = _text(record.get("traceID")) or _text(trace.get("traceID"))
        if not service or not identifier or not of:
            reason = "a span without traceID, spanID or a process with serviceName"
            calls.rows.findings.add("dropped", reason, place)
            continue
        tags = _read_tags(record)
        parent, links = _read_references(record, of)
        kind = tags.get("span.kind", "").upper()
        yield Span(of, identifier, parent, service, kind, tags, place, links=links)


def _read_references(record: dict[str, Any], trace: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The span that a span is a child of, and those that it follows from."""
    parent, links = _text(record.get("parentSpanID")), []
    listed = record.get("references")
    for one in listed if isinstance(listed, list) else ():
        if not isinstance(one, dict) or not _text(one.get("spanID")):
            continue
        of = _text(one.get("traceID")) or trace
        if not parent and of == trace and _text(one.get("refType")).upper() != "FOLLOWS_FROM":
            parent = _text(one.get("spanID"))
        else:
            links.append((of, _text(one.get("spanID"))))
    return parent, tuple(links)


def _read_tags(record: dict[str, Any]) -> dict[str, str]:
    """The tags of a span that are text."""
    listed = record.get("tags")
    return {
        one["key"]: one["value"]
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, dict)
        and isinstance(one.get("key"), str)
        and isinstance(one.get("value"), str)
    }


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
