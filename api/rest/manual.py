"""`/docs`: the OpenAPI document as a page that needs no script and no other server."""

from html import escape
from typing import Any

from fastapi import FastAPI, Request, Response

from knockon.api.rest.http import reply

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#8882;padding:0 .2rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #8886;padding:.2rem .5rem;text-align:left;vertical-align:top}"
    ":root{color-scheme:light dark}"
)


def add_manual(app: FastAPI) -> None:
    """The page, made from the document of this server."""

    @app.get("/docs", include_in_schema=False)
    def show_manual(request: Request) -> Response:
        headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
        page = write_manual(app.openapi())
        return reply(request, "text/html", page, negotiated=False, headers=headers)


def write_manual(document: dict[str, Any]) -> str:
    """Every address with its methods, what may be said, and what comes back."""
    info, parts = document["info"], []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(_write_operation(document, path, method, operation))
    title = f"{escape(info['title'])} {escape(info['version'])}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1><p>{escape(info['description'])}</p>"
        f'<p>For machines: <a href="/v1/openapi.json">/v1/openapi.json</a></p>{"".join(parts)}'
        "</body></html>\n"
    )


def _write_operation(
    document: dict[str, Any], path: str, method: str, operation: dict[str, Any]
) -> str:
    said = [
        (p["name"], p["in"], p.get("required", False), p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    reference = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
    model = document["components"]["schemas"].get(reference, {})
    needed = model.get("required", ())
    said += [
        (name, "body", name in needed, about.get("description", ""))
        for name, about in model.get("properties", {}).items()
    ]
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{place}{', needed' if required else ''}</td>"
        f"<td>{escape(about)}</td></tr>"
        for name, place, required, about in said
    )
    answers = ", ".join(
        f"{escape(code)} ({escape(', '.join(answer.get('content', ())) or 'nothing')})"
        for code, answer in operation["responses"].items()
    )
    table = f"<table><tr><th>name</th><th>where</th><th></th></tr>{rows}</table>" if rows else ""
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(operation.get('summary', ''))}.</p>{table}<p>Answers: {answers}</p>"
    )
