"""What readers of spans share: who called whom, told from the spans of traces.

A span whose parent belongs to another service is a call of its service by the parent's. A client
span that nobody answered in the file calls what it names itself: a database, a peer, a host. A
message makes neither side depend on the other: producer and consumer both use the broker.
Names follow https://opentelemetry.io/docs/specs/semconv/ (older and newer ones).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knockon.loaders.operations.traces.calls import Calls

MAX_SPANS = 5_000_000
DATABASE = ("db.system.name", "db.system")
MESSAGING = ("messaging.system",)
PEER = ("service.peer.name", "peer.service")
HOST = ("server.address", "net.peer.name", "http.host", "network.peer.address", "net.peer.ip")
NAMESPACE = ("db.namespace", "db.name")
_ONE = {"calls": 1}
_ADDRESS = re.compile(r"[0-9.]+(:\d+)?|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?(:\d+)?")


@dataclass(frozen=True, slots=True)
class Span:
    """kind: CLIENT, SERVER, PRODUCER, CONSUMER, INTERNAL or empty; `shared`: it has the id of the
    client span that called it (Zipkin)."""

    trace: str
    id: str
    parent: str
    service: str
    kind: str
    attributes: Mapping[str, str]
    where: str
    shared: bool = False


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
            if span.parent:
                calls.rows.findings.add(
                    "note", "a span whose parent is not in the file", span.where
                )
        elif span.kind == "CONSUMER" or parent.kind == "PRODUCER":
            continue
        elif parent.service != span.service:
            calls.add(parent.service, span.service, span.where, _ONE)
            answered.add(id(parent))
    for span in kept:
        if span.kind in ("PRODUCER", "CONSUMER") or (
            span.kind == "CLIENT" and id(span) not in answered
        ):
            _add_named(calls, span)


def _parent(span: Span, by_id: Mapping[tuple[str, str], list[Span]]) -> Span | None:
    same = by_id[span.trace, span.id]
    if span.shared or (span.kind == "SERVER" and len(same) > 1):
        callers = [s for s in same if s is not span and s.kind == "CLIENT"]
        if callers:
            return callers[0]
    found = by_id.get((span.trace, span.parent), []) if span.parent else []
    # of a call whose two sides share an id, the side that was called goes on
    return min(found, key=lambda s: s.kind == "CLIENT", default=None)


def _add_named(calls: Calls, span: Span) -> None:
    """What the span itself says that it calls."""
    system = _first(span, DATABASE)
    broker = _first(span, MESSAGING)
    peer, host = _first(span, PEER), _first(span, HOST)
    if system or broker:
        kind = "data_store" if system else "platform"
        name = peer or ":".join(filter(None, [system or broker, host or _first(span, NAMESPACE)]))
        if name in (system, broker):
            reason = f"a {kind.replace('_', ' ')} told by its system only: those count as one"
            calls.rows.findings.add("note", reason, f"{name} at {span.where}")
        calls.add(span.service, name, span.where, _ONE, kind)
    elif span.kind in ("PRODUCER", "CONSUMER"):
        calls.rows.findings.add("dropped", "a message whose broker is not named", span.where)
    elif peer:
        calls.add(span.service, peer, span.where, _ONE)
    elif host and not _ADDRESS.fullmatch(host):
        calls.add(span.service, host, span.where, _ONE)
    else:
        calls.rows.findings.add("dropped", "a call whose other side is not named", span.where)


def _first(span: Span, names: Sequence[str]) -> str:
    return next((v for n in names if (v := span.attributes.get(n, "").strip())), "")
