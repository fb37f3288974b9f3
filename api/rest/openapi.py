"""The OpenAPI document: representations, problems, and examples from the graphs that are served."""

import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any

import numpy as np
from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter

from knockon.api.rest.http import reply_json
from knockon.api.rest.problems import MEDIA_TYPE, Problem
from knockon.api.schema import serialize_whatif
from knockon.api.service.service import Service
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph

ABOUT = (
    "This fails; who is hit, how hard, and why? Answers are the same for the same question. "
    "Errors are problem details (RFC 9457)."
)
_REF = "#/components/schemas/{model}"
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
_TEXT = {"schema": {"type": "string"}}
_EXAMPLE_ROWS = 2
UNDER_WAY: dict[str, Any] = {  # where an answer takes longer than a client waits
    "description": "A job: its address is in Location",
    "content": {"application/json": {"schema": {"$ref": _REF.format(model="JobJson")}}},
}
_LINKS = {  # of a status: where to go from what it says; each by operation, parameter, place
    "201": [("answer", "answer", "id"), ("answer_result", "answer", "id"),
            ("answer_picture", "answer", "id")],
    "202": [(name, "job", "id") for name in ("job", "job_events", "job_result", "cancel_job")],
}  # fmt: skip
_MORE: dict[str, dict[str, Any]] = {  # what the examples of these addresses need besides an origin
    "/timeline.svg": {"hours": "4"},
    "/detection.svg": {"mode": "bad_update", "rollout": "1%@0,10%@4,100%@24", "halt": 2},
}


def describe_responses(media: str | Sequence[str], *codes: int) -> dict[int | str, dict[str, Any]]:
    """The documented responses: 200 in each media type, 304, and problems of these codes."""
    types = [media] if isinstance(media, str) else media
    texts = {t: _TEXT for t in types if t != "application/json"}
    documented: dict[int | str, dict[str, Any]] = {
        200: {"description": "The answer"} | ({"content": texts} if texts else {}),
        304: {"description": "The client has this answer, by its If-None-Match"},
    }
    for code in codes:
        documented[code] = {"description": HTTPStatus(code).phrase, "content": _PROBLEM}
    documented["default"] = {"description": "Another problem", "content": _PROBLEM}
    return documented


def extend_document(app: FastAPI, service: Service) -> None:
    """Let the app's OpenAPI document name the graphs and show a real answer."""
    plain, lock = app.openapi, Lock()
    made: dict[tuple[str, ...], dict[str, Any]] = {}  # by the graphs that who asks may see
    service.on_adopt.append(made.clear)

    def openapi() -> dict[str, Any]:
        with lock:  # nobody sees it half made
            graphs = service.served.graphs
            if (document := made.get((*graphs,))) is None:
                app.openapi_schema = None
                document = plain()
                _add_problem(document)
                _add_names(document, graphs, service.limits.whole("joined"))
                _add_examples(document, graphs)
                _add_links(document)
                made[(*graphs,)] = document
            return document

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/v1/openapi.json", include_in_schema=False)
    def show_document(request: Request) -> Response:
        return reply_json(request, app.openapi(), negotiated=False)


def _add_problem(document: dict[str, Any]) -> None:
    schema = TypeAdapter(Problem).json_schema(ref_template=_REF)
    parts = document["components"]["schemas"]
    parts.update(schema.pop("$defs", {}))
    parts["Problem"] = schema
    for unused in ("HTTPValidationError", "ValidationError"):
        parts.pop(unused, None)


def _add_names(document: dict[str, Any], graphs: Mapping[str, DependencyGraph], most: int) -> None:
    """The graphs and the kinds that a client can name."""
    kinds = sorted({k for g in graphs.values() for k in g.entities["kind"].unique()})
    for parameter in _list_parameters(document):
        if parameter["name"] == "graph" and graphs:
            parameter["schema"] = _allow_names(graphs, most)
        if parameter["name"] == "kind":
            parameter["schema"] = {"type": "string", "enum": kinds}
    for name, model in document["components"]["schemas"].items():
        body = model.get("properties", {})
        if name.endswith("Body") and "kind" in body:
            body["kind"]["anyOf"] = [{"type": "string", "enum": kinds}, {"type": "null"}]


def _allow_names(graphs: Mapping[str, DependencyGraph], most: int) -> dict[str, Any]:
    """One of the graphs, or several by +."""
    if len(graphs) < 2:
        return {"type": "string", "enum": [*graphs]}
    names = "|".join(re.escape(name) for name in graphs)
    pattern = f"^({names})([+]({names})){{0,{most - 1}}}$"
    return {"type": "string", "pattern": pattern, "examples": [*graphs]}


def _add_examples(document: dict[str, Any], graphs: Mapping[str, DependencyGraph]) -> None:
    """The entity on which most depend, and what its failure does."""
    name, graph = next(((n, g) for n, g in graphs.items() if g.ids), (None, None))
    if graph is None:
        return
    number = int(np.bincount(graph.provider, minlength=graph.size).argmax())
    entity = graph.ids[number]
    shown = {("graph", "path"): name, ("entity", "path"): entity, ("origin", "query"): [entity]}
    ends = graph.dependent[graph.provider == number]
    shown["target", "query"] = graph.ids[int(ends[0])] if len(ends) else entity
    answer = serialize_whatif(whatif(graph, entity), top=_EXAMPLE_ROWS)
    for path, operation in _list_operations(document):
        more = next((m for end, m in _MORE.items() if path.endswith(end)), {})
        examples = shown | {(name, "query"): value for name, value in more.items()}
        for parameter in operation.get("parameters", ()):
            at = (parameter["name"], parameter["in"])
            if at in examples:
                parameter["example"] = examples[at]
        if "requestBody" in operation:
            body = operation["requestBody"]["content"]["application/json"]
            body["example"] = _build_body(document, body["schema"]["$ref"], shown, more)
        if path.endswith("/whatif"):
            operation["responses"]["200"]["content"]["application/json"]["example"] = answer


def _add_links(document: dict[str, Any]) -> None:
    """From a job, or an answer that was saved, to what can be asked about it."""
    for _, operation in _list_operations(document):
        for status, links in _LINKS.items():
            if status in operation["responses"]:
                operation["responses"][status]["links"] = {
                    name: {"operationId": name, "parameters": {key: f"$response.body#/{place}"}}
                    for name, key, place in links
                }


def _build_body(
    document: dict[str, Any], model: str, shown: Mapping[tuple[str, str], Any], more: dict[str, Any]
) -> dict[str, Any]:
    """An example of a body: its target and what fails, where it has these."""
    known = document["components"]["schemas"][model.rpartition("/")[2]]["properties"]
    stated = {"target": shown["target", "query"], "origins": shown["origin", "query"]}
    return {name: value for name, value in stated.items() if name in known} | more


def _list_operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            yield path, operation


def _list_parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, operation in _list_operations(document):
        yield from operation.get("parameters", ())
