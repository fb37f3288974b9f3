"""Operations: what runs where, as tools and platforms tell it."""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError
from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import Rules

COMPOSE_RULES = Rules(tags=("!reset", "!override"))
_COMPOSE_FILES = {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}
_PEEKED = 50  # YAML files of a folder that are looked into


def _has(source: Source, *keys: str) -> bool:
    return set(keys) <= set(source.json_keys)


def _each_file(source: Source) -> Iterator[Source]:
    """The source itself, or the YAML files of a folder that can be read."""
    if not source.is_folder:
        yield source
    for name in sorted(n for n in source.names if n.endswith((".yaml", ".yml")))[:_PEEKED]:
        try:
            member = source.member(name)
        except InputError:
            continue
        yield member


def _is_compose(source: Source) -> bool:
    if source.is_folder:
        return bool(_COMPOSE_FILES & source.names)
    found = source.yaml_mappings("services", rules=COMPOSE_RULES)
    if source.looks_like_json:  # `docker compose config --format json`
        return any(_builds(one["services"]) for one in found)
    if not found and "compose" in source.path.name:
        found = source.yaml_mappings("include", rules=COMPOSE_RULES)
    return bool(found) and not any("kind" in one for one in found)


def _builds(services: Any) -> bool:
    return isinstance(services, dict) and any(
        isinstance(one, dict) and ("image" in one or "build" in one) for one in services.values()
    )


def _is_backstage(source: Source) -> bool:
    return any(
        str(one["apiVersion"]).startswith("backstage.io/")
        for file in _each_file(source)
        for one in file.yaml_mappings("apiVersion")
    )


def _is_kubernetes(source: Source) -> bool:
    """Objects, or `kubectl get -o json` or `-o yaml`: a List of them."""
    return any(
        one["apiVersion"] and one["kind"]
        for file in _each_file(source)
        for one in file.yaml_mappings("apiVersion", "kind")
    )


def _is_terraform_state(source: Source) -> bool:
    if _has(source, "values.root_module") or _has(source, "version", "lineage"):
        return True
    if not _has(source, "version"):
        return False
    return _has(source, "terraform_version") or _has_instances(source.parsed_json)


def _has_instances(state: Any) -> bool:
    resources = state.get("resources") if isinstance(state, dict) else None
    return isinstance(resources, list) and any(
        isinstance(one, dict) and "instances" in one for one in resources
    )


def _is_terraform_plan(source: Source) -> bool:
    return _has(source, "planned_values") or _has(source, "configuration.root_module")


def _is_terraform_dot(source: Source) -> bool:
    """Marks of either dialect: roots in the names of nodes, or the settings of newer ones."""
    if not source.head_text.lstrip().startswith("digraph"):
        return False
    newer = 'rankdir = "RL"' in source.head_text and "node [shape = rect, fontname" in (
        source.head_text
    )
    return '"[root] ' in source.head_text or newer


def _is_terraform_blast(source: Source) -> bool:
    graph = source.parsed_json
    if not isinstance(graph, dict) or "edges" not in graph:
        return False
    nodes = graph.get("nodes")
    return isinstance(nodes, list) and any(
        isinstance(one, dict) and "svg_id" in one and str(one.get("label")).startswith("[root] ")
        for one in nodes
    )


FORMATS = (
    Format(
        name="terraform_plan",
        what="Terraform plan",
        entities="planned resources and data sources, their modules as parents, the providers",
        dependencies="resource uses what its configuration refers to; "
        "resource operated_by provider",
        groups="instances of one resource with count or for_each (all needed)",
        export="`terraform show -json PLAN`",
        sign="JSON with planned_values",
        module="knockon.loaders.operations.terraform_plan",
        matches=_is_terraform_plan,
    ),
    Format(
        name="terraform_state",
        what="Terraform state, versions 3 and 4, or `terraform show -json`",
        entities="resources and data sources, their modules as parents, the providers",
        dependencies="resource uses what its state says that it depends on; "
        "resource operated_by provider",
        groups="instances of one resource with count or for_each (all needed)",
        export="`terraform state pull`",
        sign="JSON with version and lineage, or values.root_module",
        module="knockon.loaders.operations.terraform_state",
        matches=_is_terraform_state,
    ),
    Format(
        name="terraform_dot",
        what="Graph of Terraform, of either dialect",
        entities="resources and data sources, their modules as parents, the providers",
        dependencies="edges, through variables, locals, outputs and modules; "
        "resource operated_by provider",
        export="`terraform graph`",
        sign="a DOT digraph of Terraform",
        module="knockon.loaders.operations.terraform_graph",
        matches=_is_terraform_dot,
    ),
    Format(
        name="terraform_blast",
        what="Graph of Terraform as Blast Radius writes it",
        entities="as of `terraform graph`",
        dependencies="as of `terraform graph`",
        export="`blast-radius --export`",
        sign="JSON with nodes and edges whose labels begin with [root]",
        module="knockon.loaders.operations.terraform_graph",
        matches=_is_terraform_blast,
    ),
    Format(
        name="compose",
        what="Docker Compose project",
        entities="services, images that are not built here, volumes",
        dependencies="depends_on, links, volumes_from, network_mode; service runs image",
        export="the Compose files of a project; further overlays by --with",
        sign="YAML with services, or a folder with compose.yaml",
        module="knockon.loaders.operations.compose",
        matches=_is_compose,
    ),
    Format(
        name="backstage",
        what="Backstage software catalog",
        entities="components, resources, APIs, systems, domains",
        dependencies="dependsOn, dependencyOf, consumesApis; API hosted_on its provider",
        export="the catalog files: all.yaml or catalog-info.yaml and what they lead to",
        sign="YAML of apiVersion backstage.io, or a folder with it",
        module="knockon.loaders.operations.backstage",
        matches=_is_backstage,
    ),
    Format(
        name="kubernetes",
        what="Kubernetes manifests",
        entities="workloads, Services, Ingresses, what pods mount",
        dependencies="workload uses ConfigMap, Secret, claim, Service; Service uses workload; "
        "Ingress uses Service",
        groups="workloads behind one Service (one needed)",
        export="`kubectl get deploy,sts,ds,svc,ing,cm,secret,pvc,sa -A -o yaml`",
        sign="YAML or JSON with apiVersion and kind, or a folder with it",
        module="knockon.loaders.operations.kubernetes",
        matches=_is_kubernetes,
    ),
)
