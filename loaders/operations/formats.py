"""Operations: what runs where, as tools and platforms tell it."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from knockon.graph.errors import InputError
from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import Rules

COMPOSE_RULES = Rules(tags=("!reset", "!override"))
_COMPOSE_FILES = {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}
_SERVICE_OF_V1 = re.compile(r"^[ \t]+[\"']?(?:image|build|extends)[\"']?[ \t]*:", re.MULTILINE)
_KEYS_OF_V1 = {
    "auto_up", "build", "cap_add", "cap_drop", "cgroup_parent", "command", "container_name",
    "cpu_shares", "cpu_quota", "cpuset", "devices", "dns", "dns_search", "dockerfile",
    "domainname", "entrypoint", "env_file", "environment", "expose", "extends", "extra_hosts",
    "external_links", "hostname", "image", "ipc", "labels", "links", "log_driver", "log_opt",
    "mac_address", "mem_limit", "memswap_limit", "mem_swappiness", "net", "pid", "ports",
    "privileged", "read_only", "restart", "security_opt", "shm_size", "stdin_open", "stop_signal",
    "tty", "ulimits", "user", "volumes", "volume_driver", "volumes_from", "working_dir",
}  # fmt: skip
_DOT_ROOT = re.compile(
    r'(?:^|[{;])\s*"\[root\] [^"\n]*"\s*(?:\[|->)', re.MULTILINE
)  # a statement's begin
_DOT_NEWER = re.compile(r'^\s*rankdir = "RL";?\s*^\s*node \[shape = rect, fontname', re.MULTILINE)
_PEEKED = 50  # files of a folder, objects of a list that are looked into
_OBJECTS = (".yaml", ".yml", ".json")


def _has(source: Source, *keys: str) -> bool:
    return set(keys) <= set(source.json_keys)


def _is_resilience_hub(source: Source) -> bool:
    answer = source.parsed_json
    first = answer[0] if isinstance(answer, list) and answer else answer
    return isinstance(first, dict) and isinstance(first.get("dependencySummaries"), list)


def _each_file(source: Source) -> Iterator[Source]:
    """The source itself, or files of a folder that can be read, those below it only where no
    others are."""
    if not source.is_folder:
        yield source
        return
    names = [n for n in source.names if n.endswith(_OBJECTS)] or _names_below(source)
    for name in sorted(names)[:_PEEKED]:
        try:
            member = source.member(name)
        except InputError:
            continue
        yield member


def _names_below(source: Source) -> list[str]:
    """Files further down in a folder, as far as a short walk goes."""
    found: list[str] = []
    for number, (folder, folders, names) in enumerate(os.walk(source.path)):
        folders.sort()
        below = os.path.relpath(folder, source.path)
        found += [os.path.join(below, n) for n in sorted(names) if n.endswith(_OBJECTS)]
        if number >= _PEEKED or len(found) >= _PEEKED:
            break
    return found


def _objects(source: Source) -> Iterator[Mapping[str, Any]]:
    """What has an API version and a kind in the files: alone, or in a list."""
    for file in _each_file(source):
        yield from file.yaml_mappings("apiVersion", "kind")
        answer = file.parsed_json
        listed = answer.get("items") if isinstance(answer, dict) else answer
        for one in listed[:_PEEKED] if isinstance(listed, list) else ():
            if isinstance(one, dict) and {"apiVersion", "kind"} <= one.keys():
                yield one


def is_compose_v1(document: Mapping[str, Any]) -> bool:
    """Whether this is a Compose file of version 1: services at the top, and nothing else.

    https://github.com/docker/compose/blob/1.29.2/compose/config/config_schema_v1.json: keys that it
    does not know are those of other files, such as of a pipeline whose jobs have images.
    """
    return bool(document) and all(
        isinstance(one, dict)
        and one.keys() <= _KEYS_OF_V1
        and bool({"image", "build", "extends"} & one.keys())
        for one in document.values()
    )


def _is_compose(source: Source) -> bool:
    if source.is_folder:
        return bool(_COMPOSE_FILES & source.names)
    text = "" if source.looks_like_json else source.head_text
    if _SERVICE_OF_V1.search(text) and "apiVersion" not in text:
        found = source.yaml_mappings(rules=COMPOSE_RULES)
        if len(found) == 1 and is_compose_v1(found[0]):
            return True
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
    """Descriptors, or the catalog as its API gives it: a list of entities."""
    return any(str(one["apiVersion"]).startswith("backstage.io/") for one in _objects(source))


def _is_kubernetes(source: Source) -> bool:
    """Objects, or `kubectl get -o json` or `-o yaml`: a List of them."""
    return any(one["apiVersion"] and one["kind"] for one in _objects(source))


def _is_terraform_state(source: Source) -> bool:
    if _has(source, "values.root_module") or _has(source, "version", "lineage"):
        return True
    if not _has(source, "version"):
        return False
    return _has(source, "terraform_version") or _has_resources(source.parsed_json)


def _has_resources(state: Any) -> bool:
    """Resources with instances (version 4), or modules with a path and resources (version 3)."""
    if not isinstance(state, dict):
        return False
    return any(
        isinstance(one, dict) and needed <= one.keys()
        for key, needed in (("resources", {"instances"}), ("modules", {"path", "resources"}))
        for one in (state[key] if isinstance(state.get(key), list) else ())
    )


def _is_terraform_plan(source: Source) -> bool:
    return _has(source, "planned_values") or _has(source, "configuration.root_module")


def _is_terraform_dot(source: Source) -> bool:
    """Marks of either dialect: roots in the names of nodes, or the settings of newer ones."""
    if not source.head_text.lstrip().startswith("digraph"):
        return False
    return bool(_DOT_ROOT.search(source.head_text) or _DOT_NEWER.search(source.head_text))


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
        inside=True,
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
        inside=True,
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
        inside=True,
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
        inside=True,
        matches=_is_terraform_blast,
    ),
    Format(
        name="compose",
        what="Docker Compose project",
        entities="services, images that are not built here, volumes, secrets, configs",
        dependencies="depends_on, links, volumes_from, network_mode, addresses in variables and "
        "commands; service runs image",
        export="the Compose files of a project; further overlays by --with",
        sign="YAML with services, also at the top (version 1), or a folder with compose.yaml",
        module="knockon.loaders.operations.compose",
        options=("no_environment",),
        inside=True,
        matches=_is_compose,
    ),
    Format(
        name="backstage",
        what="Backstage software catalog",
        entities="components, resources, APIs, systems, domains",
        dependencies="dependsOn, dependencyOf, consumesApis, relations; API hosted_on its provider",
        export="GET /api/catalog/entities; or the catalog files: all.yaml or catalog-info.yaml "
        "and what they lead to",
        sign="YAML of apiVersion backstage.io, a folder with it, or a JSON list of such entities",
        module="knockon.loaders.operations.backstage",
        inside=True,
        matches=_is_backstage,
    ),
    Format(
        name="resilience_hub",
        what="Dependencies of AWS Resilience Hub",
        entities="its services, and the names that they look up",
        dependencies="service uses what it looks up, with its criticality (HARD, SOFT)",
        export="aws resiliencehubv2 list-dependencies --no-paginate, of a service or of all",
        sign="JSON with dependencySummaries, or a list of such",
        module="knockon.loaders.operations.resilience_hub",
        inside=True,
        matches=_is_resilience_hub,
    ),
    Format(
        name="kubernetes",
        what="Kubernetes manifests",
        entities="workloads with their ReplicaSets and Pods, Services, routes, images, "
        "what pods mount",
        dependencies="workload uses ConfigMap, Secret, claim, Service that it names; workload runs "
        "image; Service uses workload; Ingress, Gateway API, Istio and other routes use Services",
        groups="workloads behind one Service, Nodes of one workload (one needed)",
        export="`kubectl get all,ing,cm,secret,pvc,pv,sc,sa,endpointslices -A -o yaml`",
        sign="YAML or JSON with apiVersion and kind, or a folder with it",
        module="knockon.loaders.operations.kubernetes.reader",
        options=("no_environment",),
        inside=True,
        matches=_is_kubernetes,
    ),
)
