"""What is asked before a request is let through: Contour, Traefik, Ingress of NGINX."""

from pathlib import Path

import pytest

from tests.loaders.operations.kubernetes.manifests import (
    deployment,
    edges,
    hit,
    load,
    reasons,
    service,
)

TEXT = deployment("web") + service("web") + deployment("login") + service("login")


def made(kind: str, group: str, spec: str, name: str, notes: str = "{}") -> str:
    return (
        f"---\napiVersion: {group}\nkind: {kind}\n"
        f"metadata: {{name: {name}, annotations: {notes}}}\nspec: {spec}\n"
    )


def proxy(more: str = "") -> str:
    asked = f"authorization: {{extensionRef: {{name: auth, namespace: default}}{more}}}"
    spec = f"{{virtualhost: {{fqdn: a.example, {asked}}}, routes: [{{services: [{{name: web}}]}}]}}"
    extension = made(
        "ExtensionService", "projectcontour.io/v1alpha1", "{services: [{name: login}]}", "auth"
    )
    return TEXT + extension + made("HTTPProxy", "projectcontour.io/v1", spec, "shop")


def test_a_proxy_of_contour_needs_who_authorizes(tmp_path: Path) -> None:
    tables = load(tmp_path, proxy())
    wanted = {"Service/login": (1, 1), "ExtensionService/auth": (1, 1), "HTTPProxy/shop": (0, 1)}
    assert hit(tables, "deployment/login") == wanted
    assert hit(tables, "deployment/web")["HTTPProxy/shop"] == (1, 1)


def test_a_proxy_that_fails_open_does_not(tmp_path: Path) -> None:
    tables = load(tmp_path, proxy(", failOpen: true"))
    assert "HTTPProxy/shop" not in hit(tables, "deployment/login")
    reason = "an authorization that lets all pass where it does not answer (failOpen)"
    assert reasons(tables)[reason] == 1


@pytest.mark.parametrize("group", ["traefik.io/v1alpha1", "traefik.containo.us/v1alpha1"])
def test_middlewares_of_traefik_ask_an_address(tmp_path: Path, group: str) -> None:
    """Through a chain, too; what asks nobody is a part of the route and no more."""
    spec = "{routes: [{services: [{name: web}], middlewares: [{name: all}, {name: sso@file}]}]}"
    text = TEXT + "".join((
        made("IngressRoute", group, spec, "shop"),
        made("Middleware", group, "{chain: {middlewares: [{name: ask}, {name: strip}]}}", "all"),
        made("Middleware", group, "{forwardAuth: {address: 'http://login.default.svc/x'}}", "ask"),
        made("Middleware", group, "{stripPrefix: {prefixes: [/a]}}", "strip"),
    ))  # fmt: skip
    tables = load(tmp_path, text)
    assert hit(tables, "deployment/login").keys() == {
        "Service/login", "Middleware/ask", "Middleware/all", "IngressRoute/shop",
    }  # fmt: skip
    assert hit(tables, "deployment/web")["IngressRoute/shop"] == (1, 1)
    assert reasons(tables)["a middleware that no object of the cluster defines"] == 1
    assert ("Middleware/all", "uses", "Middleware/strip") in edges(tables)


@pytest.mark.parametrize(
    ("notes", "provider"),
    [
        ('{nginx.ingress.kubernetes.io/auth-url: "http://login.default.svc.cluster.local/auth"}',
         "Service/login"),
        ('{nginx.ingress.kubernetes.io/auth-url: "https://sso.example.com/auth"}',
         "host:sso.example.com"),
        ('{traefik.ingress.kubernetes.io/router.middlewares: "default-ask@kubernetescrd, x@file"}',
         "Middleware/ask"),
    ],
)  # fmt: skip
def test_an_ingress_needs_what_its_annotations_ask(
    tmp_path: Path, notes: str, provider: str
) -> None:
    spec = "{rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}"
    asks = made(
        "Middleware", "traefik.io/v1alpha1", "{forwardAuth: {address: 'http://login'}}", "ask"
    )
    tables = load(
        tmp_path, TEXT + asks + made("Ingress", "networking.k8s.io/v1", spec, "shop", notes)
    )
    assert ("Ingress/shop", "uses", provider) in edges(tables)
    assert ("Middleware/ask", "uses", "Service/login") in edges(tables)


def test_an_address_of_the_request_itself_is_none(tmp_path: Path) -> None:
    spec = "{rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}"
    notes = '{nginx.ingress.kubernetes.io/auth-url: "https://$host/oauth2/auth"}'
    tables = load(tmp_path, TEXT + made("Ingress", "networking.k8s.io/v1", spec, "shop", notes))
    assert {p for d, _, p in edges(tables) if d == "Ingress/shop"} == {"Service/web"}
