"""Zipkin v1 spans as those of v2 that they stand for, one for each side that a span tells of.

A span of v1 is shared by caller and callee: `cs`, `cr`, `sr`, `ss`, `ms` and `mr` are annotations
whose endpoint is the side that took part, and `ca`, `sa`, `ma` are binary ones whose endpoint is
the other side. What becomes of them follows `V1SpanConverter` of Zipkin itself
(github.com/openzipkin/zipkin, zipkin/src/main/java/zipkin2/v1); the API of v1 was
https://zipkin.io/zipkin-api/ (zipkin-api.yaml).
"""

from collections.abc import Iterator
from typing import Any

_KINDS = {
    "cs": "CLIENT", "cr": "CLIENT", "sr": "SERVER", "ss": "SERVER",
    "ms": "PRODUCER", "mr": "CONSUMER",
}  # fmt: skip
_ADDRESSES = {"sa": ("CLIENT",), "ca": ("SERVER",), "ma": ("PRODUCER", "CONSUMER")}


def is_v1(record: dict[str, Any]) -> bool:
    """Whether the sides of a span are told by endpoints of its annotations."""
    return "localEndpoint" not in record and any(
        isinstance(one.get("endpoint"), dict)
        for key in ("annotations", "binaryAnnotations")
        for one in _list(record, key)
    )


def convert_span(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The spans of v2 that a span of v1 stands for: of each service that it names, as each kind."""
    known: dict[str, Any] = {k: record[k] for k in ("traceId", "id", "parentId") if k in record}
    sides = _Sides(known)
    for one in _list(record, "annotations"):
        sides.find(one.get("endpoint"), _KINDS.get(str(one.get("value")), ""))
    addresses: dict[str, dict[str, Any]] = {}
    for one in _list(record, "binaryAnnotations"):
        key, value, endpoint = str(one.get("key")), one.get("value"), one.get("endpoint")
        if key in _ADDRESSES and not isinstance(value, str) and isinstance(endpoint, dict):
            addresses[key] = endpoint
        else:
            span = sides.find(endpoint, "")
            if isinstance(value, str) and (value or key != "lc"):
                span["tags"][key] = value
    if not sides.of_kind("CLIENT", "SERVER") and {"sa", "ca"} & addresses.keys():
        _add_without_sides(sides, addresses)
    else:
        for key, endpoint in addresses.items():
            for span in sides.of_kind(*_ADDRESSES[key]):
                if key != "ca" or _name(endpoint) != _name(span.get("localEndpoint")):
                    span["remoteEndpoint"] = endpoint
    callers, called = sides.of_kind("CLIENT"), sides.of_kind("SERVER")
    for span in called:
        span["shared"] = bool(callers)
    return sides.spans


class _Sides:
    """The spans of v2 so far, by service and kind; the first takes whatever names no service."""

    def __init__(self, known: dict[str, Any]) -> None:
        self._known = known
        self.spans: list[dict[str, Any]] = [known | {"tags": {}, "kind": ""}]

    def find(self, endpoint: Any, kind: str) -> dict[str, Any]:
        """The span of the service at an endpoint, which takes the kind if it has none."""
        if not isinstance(endpoint, dict):
            return self.spans[0]
        first = self.spans[0]
        first.setdefault("localEndpoint", endpoint)
        same = [s for s in self.spans if _name(s["localEndpoint"]) == _name(endpoint)]
        alike = [s for s in same if not kind or s["kind"] in ("", kind)]
        if alike:
            alike[0]["kind"] = alike[0]["kind"] or kind
            return alike[0]
        self.spans.append(self._known | {"localEndpoint": endpoint, "tags": {}, "kind": kind})
        return self.spans[-1]

    def of_kind(self, *kinds: str) -> list[dict[str, Any]]:
        return [span for span in self.spans if span["kind"] in kinds]


def _add_without_sides(sides: _Sides, addresses: dict[str, dict[str, Any]]) -> None:
    """The address of another side where no annotation tells which side this is."""
    caller, server = addresses.get("ca"), addresses.get("sa")
    span = sides.find(caller if server is not None else None, "")
    if server is not None:
        span["remoteEndpoint"] = server
    else:
        span["kind"], span["remoteEndpoint"] = "SERVER", caller


def _list(record: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    listed = record.get(key)
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            yield one


def _name(endpoint: Any) -> str:
    name = endpoint.get("serviceName") if isinstance(endpoint, dict) else None
    return name.strip() if isinstance(name, str) else ""
