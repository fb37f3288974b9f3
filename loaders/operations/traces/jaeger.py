"""Service dependencies of Jaeger and Zipkin: `[{parent, child, callCount}]`.

Jaeger's `/api/dependencies` (https://www.jaegertracing.io/docs/latest/apis/) puts the list under
`data`, Zipkin's `/api/v2/dependencies` (https://zipkin.io/zipkin-api/) gives it bare, with
`errorCount`. The parent calls the child, so the parent is the dependent. Calls are a count, no
strength: every probability stays unknown.
"""

from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.operations.traces.calls import Calls
from knockon.loaders.parsing.source import Source, SourceLike

COUNTS = {"callCount": "calls", "errorCount": "errors"}  # theirs, and the column that each becomes


def read_jaeger(source: SourceLike) -> Tables:
    """Services, and who calls whom with how many calls.

    Raises InputError where no list of dependencies is found; links that cannot be used are counted.
    """
    source = Source.of(source)
    document = source.json
    where = ""
    if isinstance(document, dict):
        document, where = document.get("data"), "data"
    if not isinstance(document, list):
        raise InputError(f"{source.name}: expected a list of {{parent, child, callCount}}")
    calls = Calls(source.name, f"service dependencies {source.name}")
    for number, link in enumerate(document):
        place = f"{where}[{number}]"
        if not isinstance(link, dict):
            calls.rows.findings.add("dropped", "a link that is no object", place)
            continue
        caller, callee = (_service(link.get(key)) for key in ("parent", "child"))
        if not caller or not callee:
            calls.rows.findings.add("dropped", "a link without parent or child", place)
            continue
        counts = {ours: _count(calls, link, key, place) for key, ours in COUNTS.items()}
        if not calls.add(caller, callee, place, counts):
            calls.rows.findings.add("merged", "a link that stands twice: its calls add up", place)
    return calls.tables(
        f"Service calls of {clip(source.name, 60)}", "GET /api/dependencies of Jaeger"
    )


def _service(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _count(calls: Calls, link: dict[str, Any], key: str, place: str) -> int:
    value = link.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    if value is not None:
        calls.rows.findings.add("dropped", f"a {key} that is no count", f"{place}.{key}")
    return 0
