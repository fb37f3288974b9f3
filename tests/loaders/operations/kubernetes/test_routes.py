"""What leads to Services: routes of every make, what serves them, and the mesh."""

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

WEB = deployment("web") + service("web")


def route(kind: str, group: str, spec: str, name: str = "r") -> str:
    return f"---\napiVersion: {group}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("kind", "group", "spec"),
    [
        ("Ingress", "networking.k8s.io/v1",
         "{rules: [{http: {paths: [{backend: {service: {name: web}}}]}}]}"),
        ("Ingress", "extensions/v1beta1", "{backend: {serviceName: web, servicePort: 80}}"),
        ("HTTPRoute", "gateway.networking.k8s.io/v1", "{rules: [{backendRefs: [{name: web}]}]}"),
        ("TCPRoute", "gateway.networking.k8s.io/v1alpha2",
         "{rules: [{backendRefs: [{kind: Service, name: web, namespace: default}]}]}"),
        ("GRPCRoute", "gateway.networking.k8s.io/v1", "{rules: [{backendRefs: [{name: web}]}]}"),
        ("Route", "route.openshift.io/v1", "{to: {kind: Service, name: web, weight: 100}}"),
        ("IngressRoute", "traefik.io/v1alpha1", "{routes: [{services: [{name: web}]}]}"),
        ("HTTPProxy", "projectcontour.io/v1", "{routes: [{services: [{name: web}]}]}"),
        ("VirtualService", "networking.istio.io/v1",
         "{hosts: [x.example], http: [{route: [{destination: {host: web}}]}]}"),
        ("VirtualService", "networking.istio.io/v1beta1",
         "{hosts: [x.example], tcp: [{route: [{destination: {host: web.default.svc}}]}]}"),
    ],
)  # fmt: skip
def test_a_route_falls_with_the_only_service_that_it_leads_to(
    tmp_path: Path, kind: str, group: str, spec: str
) -> None:
    tables = load(tmp_path, WEB + route(kind, group, spec))
    assert hit(tables, "deployment/web") == {"Service/web": (1, 1), f"{kind}/r": (1, 1)}


def test_of_several_services_each_is_needed_and_none_for_certain(tmp_path: Path) -> None:
    spec = "{rules: [{backendRefs: [{name: web, weight: 9}, {name: new}, {name: off, weight: 0}]}]}"
    text = WEB + deployment("new") + service("new") + deployment("off") + service("off")
    tables = load(tmp_path, text + route("HTTPRoute", "gateway.networking.k8s.io/v1", spec))
    assert hit(tables, "service/web") == {"HTTPRoute/r": (0, 1)}
    assert hit(tables, "service/new") == {"HTTPRoute/r": (0, 1)}
    assert hit(tables, "service/off") == {}
    assert reasons(tables)["a backend of weight 0: nothing is routed to it"] == 1


def test_what_serves_a_route(tmp_path: Path) -> None:
    """Gateways and classes fail for all their routes; certificates are Secrets."""
    text = route(
        "Gateway",
        "gateway.networking.k8s.io/v1",
        "{gatewayClassName: envoy, listeners: [{tls: {certificateRefs: [{name: tls}]}}]}",
        "gw",
    )
    text += route(
        "HTTPRoute",
        "gateway.networking.k8s.io/v1",
        "{parentRefs: [{name: gw}], rules: [{backendRefs: [{name: web}]}]}",
    )
    text += route(
        "Ingress",
        "networking.k8s.io/v1",
        "{ingressClassName: nginx, tls: [{secretName: tls}], "
        "defaultBackend: {service: {name: web}}}",
        "i",
    )
    found = edges(load(tmp_path, WEB + text))
    assert {e for e in found if e[0] not in ("Service/web",)} == {
        ("HTTPRoute/r", "hosted_on", "Gateway/gw"), ("HTTPRoute/r", "uses", "Service/web"),
        ("Gateway/gw", "hosted_on", "GatewayClass/envoy"), ("Gateway/gw", "uses", "Secret/tls"),
        ("Ingress/i", "hosted_on", "IngressClass/nginx"), ("Ingress/i", "uses", "Secret/tls"),
        ("Ingress/i", "uses", "Service/web"),
    }  # fmt: skip


def test_the_class_of_an_ingress_before_the_field_was_there(tmp_path: Path) -> None:
    text = """\
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: i, annotations: {kubernetes.io/ingress.class: nginx}}
spec: {backend: {serviceName: web, servicePort: 80}}
"""
    assert "Ingress/i" in hit(load(tmp_path, text + WEB), "IngressClass/nginx")


def test_an_address_by_the_public_host_of_a_route(tmp_path: Path) -> None:
    """Not of its own: what a web server says of its own address is no dependency."""
    spec = "{rules: [{host: shop.example.com, http: {paths: [{backend: {service: {name: web}}}]}}]}"
    own = ", env: [{name: PUBLIC_URL, value: 'https://shop.example.com'}]"
    text = deployment("web", container=own) + service("web") + deployment("other", container=own)
    tables = load(tmp_path, text + route("Ingress", "networking.k8s.io/v1", spec))
    found = {d for d, _, p in edges(tables) if p == "Ingress/r"}
    assert found == {"Deployment/other"}


REVIEWS = service("reviews") + "".join(
    deployment(f"reviews-{v}", f"app: reviews, version: {v}") for v in ("v1", "v2")
)
SUBSETS = route(
    "DestinationRule", "networking.istio.io/v1",
    "{host: reviews, subsets: [{name: v1, labels: {version: v1}}, "
    "{name: v2, labels: {version: v2}}]}",
)  # fmt: skip


def routed(targets: str, more: str = "") -> str:
    spec = f"{{hosts: [reviews], {more}http: [{{route: [{targets}]}}]}}"
    return route("VirtualService", "networking.istio.io/v1", spec, "reviews")


def test_a_mesh_that_sends_all_to_one_version_leaves_no_spare(tmp_path: Path) -> None:
    """Two workloads behind a Service, but callers get to the first only."""
    text = REVIEWS + SUBSETS
    assert hit(load(tmp_path, text), "deployment/reviews-v1") == {}
    one = routed("{destination: {host: reviews, subset: v1}}")
    tables = load(tmp_path, text + one)
    assert hit(tables, "deployment/reviews-v1")["Service/reviews"] == (0, 1)
    assert hit(tables, "deployment/reviews-v2") == {}
    # from outside only: who calls the Service within gets to both
    outside = routed("{destination: {host: reviews, subset: v1}}", "gateways: [gw], ")
    tables = load(tmp_path, text + outside)
    assert set(hit(tables, "deployment/reviews-v1")) == {"VirtualService/reviews"}


def test_a_route_of_the_gateway_api_for_callers_of_a_service(tmp_path: Path) -> None:
    """A route may have a Service as its parent: who calls that, gets to the others."""
    spec = "{parentRefs: [{kind: Service, name: reviews, port: 80}], rules: [{backendRefs: "
    spec += "[{name: reviews-v1, weight: 90}, {name: reviews-v2, weight: 10}]}]}"
    text = REVIEWS + route("HTTPRoute", "gateway.networking.k8s.io/v1", spec)
    found = hit(load(tmp_path, text), "deployment/reviews-v1")
    assert found["Service/reviews"] == (0, 1)
    alone = route("Gateway", "networking.istio.io/v1", "{selector: {istio: none}}", "gw")
    tables = load(tmp_path, text + alone)
    assert reasons(tables)["a Gateway whose selector fits no pod of the files"] == 1


def test_a_mesh_that_sends_callers_elsewhere(tmp_path: Path) -> None:
    text = REVIEWS + deployment("new") + service("new") + routed("{destination: {host: new}}")
    found = hit(load(tmp_path, text), "deployment/new")
    assert found["Service/reviews"] == (0, 1)
    assert found["VirtualService/reviews"] == (1, 1)


def test_gateways_and_hosts_outside_of_a_mesh(tmp_path: Path) -> None:
    """A Gateway of Istio runs in pods; a ServiceEntry makes a host outside known."""
    text = WEB + deployment("in", "istio: ingressgateway", more=", namespace: istio-system")
    text += route("Gateway", "networking.istio.io/v1", "{selector: {istio: ingressgateway}}", "gw")
    text += route(
        "VirtualService",
        "networking.istio.io/v1",
        "{hosts: [x.example], gateways: [gw], http: [{route: [{destination: {host: web}}]}]}",
    )
    text += route(
        "ServiceEntry",
        "networking.istio.io/v1",
        "{hosts: [api.pay.example, '*.wild.example'], location: MESH_EXTERNAL}",
        "pay",
    )
    call = ", env: [{name: PAY, value: 'https://api.pay.example/v1'}]"
    tables = load(tmp_path, text + deployment("cart", container=call))
    assert set(hit(tables, "deployment/in")) == {
        "Gateway.networking.istio.io/gw",
        "VirtualService/r",
    }
    assert hit(tables, "api.pay.example") == {"Deployment/cart": (0, 1)}


def test_a_route_to_what_the_files_do_not_hold(tmp_path: Path) -> None:
    spec = "{rules: [{backendRefs: [{name: gone, namespace: other}, 7, {}]}], parentRefs: text}"
    tables = load(tmp_path, route("HTTPRoute", "gateway.networking.k8s.io/v1", spec))
    assert edges(tables) == {("HTTPRoute/r", "uses", "other/Service/gone")}
    assert reasons(tables) == {"a Service that the files do not hold": 1}


@pytest.mark.parametrize(
    ("kind", "group", "spec"),
    [
        ("HTTPRoute", "gateway.networking.k8s.io/v1",
         "{rules: [{backendRefs: [{name: web}], filters: [{type: RequestMirror, requestMirror: "
         "{backendRef: {name: copy, port: 80}}}]}]}"),
        ("VirtualService", "networking.istio.io/v1",
         "{hosts: [x.example], http: [{route: [{destination: {host: web}}], "
         "mirror: {host: copy}}]}"),
        ("TraefikService", "traefik.io/v1alpha1",
         "{mirroring: {name: web, port: 80, mirrors: [{name: copy, percent: 20}]}}"),
        ("HTTPProxy", "projectcontour.io/v1",
         "{routes: [{services: [{name: web, port: 80}, {name: copy, port: 80, mirror: true}]}]}"),
    ],
)  # fmt: skip
def test_a_copy_of_the_traffic_is_not_waited_for(
    tmp_path: Path, kind: str, group: str, spec: str
) -> None:
    """What answers is needed, what only gets a copy is not, and is told."""
    tables = load(tmp_path, WEB + service("copy") + route(kind, group, spec))
    assert reasons(tables)["a backend of mirrored traffic: its answer is not waited for"] == 1
    needed = {p for d, p in tables.dependencies.select("dependent", "provider").rows()
              if d.endswith("/r")}  # fmt: skip
    assert any(p.endswith("Service/web") for p in needed)
    assert not any("copy" in p for p in needed)
