"""What readers of spans share: who called whom, told from the spans of traces.

A span whose parent belongs to another service is a call of its service by the parent's. A client
span that nobody answered in the file calls what it names itself (`sides`). A message makes neither
side depend on the other: producer and consumer both use the broker, which either may name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.operations.traces.sides import (
    HOST,
    MESSAGING,
    PEER,
    URL,
    Sides,
    find_hosts,
    first,
)

MAX_SPANS = 5_000_000
_ONE = {"calls": 1}
_ZEROS = 8  # characters from which on an id of nothing but zeros, also in base64, is none


@dataclass(frozen=True, slots=True)
class Span:
    """One step of a trace in one service.

    kind: CLIENT, SERVER, PRODUCER, CONSUMER, INTERNAL or empty
    shared: it has the id of the client span that called it (Zipkin)
    links: (trace, id) of spans that it follows from, without being called by them
    """

    trace: str
    id: str
    parent: str
    service: str
    kind: str
    attributes: Mapping[str, str]
    where: str
    shared: bool = False
    links: tuple[tuple[str, str], ...] = ()


def add_calls(calls: Calls, spans: Sequence[Span]) -> None:
    """The services of these spans, and their calls; what tells no caller or callee is counted."""
    by_id: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        calls.service(span.service, span.where)
        same = by_id.setdefault((span.trace, span.id), [])
        if any(s.service == span.service and s.kind == span.kind for s in same):
            calls.rows.findings.add("merged", "a span that stands twice", span.where)
        else:
            same.append(span)
    answered: set[int] = set()
    kept = [span for same in by_id.values() for span in same]
    for span in kept:
        parent = _parent(span, by_id)
        if parent is None:
            if _has_parent(span):
                calls.rows.findings.add(
                    "note", "a span whose parent is not in the file", span.where
                )
        elif span.kind == "CONSUMER" or parent.kind == "PRODUCER":
            continue
        elif parent.service != span.service:
            calls.add(parent.service, span.service, span.where, _ONE)
            answered.add(id(parent))
        elif span.kind == "SERVER" and parent.kind == "CLIENT":  # a service that calls itself
            answered.add(id(parent))
    sides = Sides(peers={span.service for span in kept})
    for span in _share_brokers(kept, by_id):
        if span.kind in ("PRODUCER", "CONSUMER") or (
            span.kind == "CLIENT" and id(span) not in answered
        ):
            why_not = sides.add(span.service, span.attributes, span.kind, span.where)
            if why_not:
                calls.rows.findings.add("dropped", why_not, span.where)
    sides.enter(calls)


def _share_brokers(
    spans: Sequence[Span], by_id: Mapping[tuple[str, str], list[Span]]
) -> Iterator[Span]:
    """The spans; of a message, what either side tells of the broker is told of both."""
    told: dict[int, dict[str, str]] = {}
    for span in spans:
        if span.kind != "CONSUMER":
            continue
        for key in ((span.trace, span.parent), *span.links):
            for other in by_id.get(key, ()):
                if other.kind == "PRODUCER":
                    for one, partner in ((span, other), (other, span)):
                        told.setdefault(id(one), {}).update(_tell_broker(partner))
    for span in spans:
        more = told.get(id(span))
        if more and not (first(span.attributes, PEER) or any(find_hosts(span.attributes))):
            yield replace(span, attributes={**more, **span.attributes})
        else:
            yield span


def _tell_broker(span: Span) -> dict[str, str]:
    names = (*MESSAGING, *PEER, *HOST, *URL)
    return {name: span.attributes[name] for name in names if span.attributes.get(name)}


def _parent(span: Span, by_id: Mapping[tuple[str, str], list[Span]]) -> Span | None:
    same = by_id[span.trace, span.id]
    if span.shared or (span.kind == "SERVER" and len(same) > 1):
        callers = [s for s in same if s is not span and s.kind == "CLIENT"]
        if callers:
            return callers[0]
    found = by_id.get((span.trace, span.parent), []) if _has_parent(span) else []
    # of a call whose two sides share an id, the side that was called goes on
    return min(found, key=lambda s: s.kind == "CLIENT", default=None)


def _has_parent(span: Span) -> bool:
    return bool(span.parent.strip("0A=") if len(span.parent) >= _ZEROS else span.parent)
