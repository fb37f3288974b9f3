"""Operations: what runs where, as tools and platforms tell it."""

import re

from knockon.loaders.formats import Format
from knockon.loaders.parsing.source import Source

_SQL = ("sqlite", "duckdb", "postgresql", "postgres")
_NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
_COMPOSE_FILES = {"compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"}
_PEEKED = 50  # YAML files of a folder that are looked into
_PEEK = 8 * 1024
_SERVICES = re.compile(r"^services:", re.MULTILINE)
_INCLUDE = re.compile(r"^include:", re.MULTILINE)  # of files with other names it says nothing
_BACKSTAGE = re.compile(r"^apiVersion:\s*[\"']?backstage\.io/", re.MULTILINE)
_OBJECT = re.compile(r"^apiVersion:\s*\S+", re.MULTILINE)
_KIND = re.compile(r"^kind:\s*\S+", re.MULTILINE)


def _has(source: Source, *keys: str) -> bool:
    return set(keys) <= set(source.json_keys)


def _is_yaml_text(source: Source) -> bool:
    return not source.is_folder and not source.looks_like_json and not source.xml_root[1]


def _folder_texts(source: Source) -> list[str]:
    """The beginnings of the YAML files in a folder."""
    if not source.is_folder:
        return []
    names = sorted(n for n in source.names if n.endswith((".yaml", ".yml")))[:_PEEKED]
    texts = []
    for name in names:
        try:
            with (source.path / name).open("rb") as file:
                texts.append(file.read(_PEEK).decode("utf-8-sig", errors="replace"))
        except OSError:
            continue
    return texts


def _is_compose(source: Source) -> bool:
    if source.is_folder:
        return bool(_COMPOSE_FILES & source.names)
    if source.looks_like_json:  # `docker compose config --format json`
        listed = any(key.startswith("services.") for key in source.json_keys)
        return listed and ('"image"' in source.head_text or '"build"' in source.head_text)
    if not _is_yaml_text(source) or _KIND.search(source.head_text):
        return False
    named = "compose" in source.path.name and _INCLUDE.search(source.head_text)
    return bool(_SERVICES.search(source.head_text) or named)


def _is_backstage(source: Source) -> bool:
    texts = (
        _folder_texts(source) if source.is_folder else [source.head_text] * _is_yaml_text(source)
    )
    return any(_BACKSTAGE.search(text) for text in texts)


def _is_kubernetes(source: Source) -> bool:
    texts = (
        _folder_texts(source) if source.is_folder else [source.head_text] * _is_yaml_text(source)
    )
    in_json = _has(source, "apiVersion", "kind")  # `kubectl get -o json`
    return in_json or any(_OBJECT.search(text) and _KIND.search(text) for text in texts)


def _is_terraform_state(source: Source) -> bool:
    if _has(source, "values.root_module") or _has(source, "version", "lineage"):
        return True
    return _has(source, "version") and (
        _has(source, "terraform_version")
        or (_has(source, "resources") and '"instances"' in source.head_text)
    )


def _is_terraform_plan(source: Source) -> bool:
    return _has(source, "planned_values") or _has(source, "configuration.root_module")


def _is_terraform_dot(source: Source) -> bool:
    if not source.head_text.lstrip().startswith("digraph"):
        return False
    newer = (
        'rankdir = "RL"' in source.head_text and "node [shape = rect, fontname" in source.head_text
    )
    return '"[root] ' in source.head_text or newer


def _is_terraform_blast(source: Source) -> bool:
    return (
        _has(source, "nodes", "edges")
        and '"[root] ' in source.head_text
        and "svg_id" in source.head_text
    )


def _is_jaeger(source: Source) -> bool:
    if '"callCount"' not in source.head_text or not source.looks_like_json:
        return False
    # under `data` the links lie too deep for json_keys
    return _has(source, "parent", "child") or (
        _has(source, "data") and '"parent"' in source.head_text
    )


def _is_otlp(source: Source) -> bool:
    return _has(source, "resourceSpans") or (
        _has(source, "batches") and '"scopeSpans"' in source.head_text
    )


def _is_zipkin(source: Source) -> bool:
    text = source.head_text.lstrip()
    return text.startswith("[") and '"traceId"' in text and '"localEndpoint"' in text


def _is_statuspage(source: Source) -> bool:
    lists = ("components", "incidents", "scheduled_maintenances", "status")
    named = _has(source, "page.id") or _has(source, "page.name")
    return named and any(key in source.json_keys for key in lists)


def _is_status_feed(source: Source) -> bool:
    namespace, local = source.xml_root
    return local == "rss" or (local == "feed" and namespace == "http://www.w3.org/2005/Atom")


def _is_sql(source: Source) -> bool:
    return (
        source.scheme in _SQL
        or source.head[:16] == b"SQLite format 3\0"
        or source.head[8:12] == b"DUCK"
    )


def _is_neo4j_export(source: Source) -> bool:
    return _has(source, "type", "id", "labels") and '"node"' in source.first_line


_CALLS = "caller uses callee"
FORMATS: tuple[Format, ...] = (
    Format(
        "terraform_plan", "Terraform plan",
        "planned resources and data sources, their modules as parents, the providers",
        "resource uses what its configuration refers to; resource operated_by provider",
        "`terraform show -json PLAN`", "JSON with planned_values",
        "knockon.loaders.operations.terraform_plan", _is_terraform_plan,
        "instances of one resource with count or for_each (all needed)",
    ),
    Format(
        "terraform_state", "Terraform state, versions 3 and 4, or `terraform show -json`",
        "resources and data sources, their modules as parents, the providers",
        "resource uses what its state says that it depends on; resource operated_by provider",
        "`terraform state pull`", "JSON with version and lineage, or values.root_module",
        "knockon.loaders.operations.terraform_state", _is_terraform_state,
        "instances of one resource with count or for_each (all needed)",
    ),
    Format(
        "terraform_dot", "Graph of Terraform, of either dialect",
        "resources and data sources, their modules as parents, the providers",
        "edges, through variables, locals, outputs and modules; resource operated_by provider",
        "`terraform graph`", "a DOT digraph of Terraform",
        "knockon.loaders.operations.terraform_graph", _is_terraform_dot,
    ),
    Format(
        "terraform_blast", "Graph of Terraform as Blast Radius writes it",
        "as of `terraform graph`", "as of `terraform graph`", "`blast-radius --export`",
        "JSON with nodes and edges whose labels begin with [root]",
        "knockon.loaders.operations.terraform_graph", _is_terraform_blast,
    ),
    Format(
        "otlp", "OpenTelemetry spans (OTLP JSON)", "services, the databases and brokers they name",
        f"{_CALLS}, with the number of calls", "the file exporter of an OpenTelemetry collector",
        "JSON with resourceSpans", "knockon.loaders.operations.traces.otlp", _is_otlp,
    ),
    Format(
        "jaeger", "Service dependencies of Jaeger or Zipkin", "services",
        f"{_CALLS} (child), with the number of calls",
        "GET /api/dependencies?endTs=...&lookback=...",
        "JSON list of {parent, child, callCount}, bare or under data",
        "knockon.loaders.operations.traces.jaeger", _is_jaeger,
    ),
    Format(
        "zipkin", "Zipkin v2 spans", "services, and what their spans name as the other side",
        f"{_CALLS}, with the number of calls", "GET /api/v2/traces",
        "JSON list of spans with traceId", "knockon.loaders.operations.traces.zipkin", _is_zipkin,
    ),
    Format(
        "statuspage", "Status page (Atlassian Statuspage JSON)", "the page and its components",
        "component operated_by page; --now FILE makes what is down an origin",
        "GET /api/v2/summary.json of the page", "JSON with page and components or incidents",
        "knockon.loaders.operations.status.statuspage", _is_statuspage,
    ),
    Format(
        "status_feed", "Incident feed of a status page (Atom, RSS)", "the page",
        "none; --now FILE makes what is down an origin", "/history.atom of the page",
        "XML with the root feed (Atom) or rss", "knockon.loaders.operations.status.status_feed",
        _is_status_feed,
    ),
    Format(
        "neo4j_export", "Neo4j's JSON export (APOC)", "nodes",
        "relationships of known types, or as --map TYPE=relation says",
        "CALL apoc.export.json.all('graph.json', {})", "JSON lines of type node and relationship",
        "knockon.loaders.operations.databases.neo4j_export", _is_neo4j_export, options=("mapping",),
    ),
    Format(
        "compose", "Docker Compose project", "services, images that are not built here, volumes",
        "depends_on, links, volumes_from, network_mode; service runs image",
        "the Compose files of a project; further overlays by --with",
        "YAML with services, or a folder with compose.yaml",
        "knockon.loaders.operations.compose", _is_compose,
    ),
    Format(
        "backstage", "Backstage software catalog", "components, resources, APIs, systems, domains",
        "dependsOn, dependencyOf, consumesApis; API hosted_on its provider",
        "the catalog files: all.yaml or catalog-info.yaml and what they lead to",
        "YAML of apiVersion backstage.io, or a folder with it",
        "knockon.loaders.operations.backstage", _is_backstage,
    ),
    Format(
        "kubernetes", "Kubernetes manifests", "workloads, Services, Ingresses, what pods mount",
        "workload uses ConfigMap, Secret, claim, Service; Service uses workload; "
        "Ingress uses Service",
        "`kubectl get deploy,sts,ds,svc,ing,cm,secret,pvc,sa -A -o yaml`",
        "YAML or JSON with apiVersion and kind, or a folder with it",
        "knockon.loaders.operations.kubernetes", _is_kubernetes,
        "workloads behind one Service (one needed)",
    ),
    Format(
        "sql", "Any SQL database by a query: SQLite, DuckDB, PostgreSQL",
        "every dependent and provider", "each row of --query",
        "--query 'SELECT ... AS dependent, ... AS provider FROM ...'",
        "sqlite:///FILE, duckdb:///FILE, postgresql://USER@HOST/BASE",
        "knockon.loaders.operations.databases.sql",
        _is_sql, options=("query", "mapping"), binary=True,
    ),
    Format(
        "neo4j", "Cartography or any Neo4j by a Cypher query", "nodes that the query returns",
        "each row of --query",
        "--query 'MATCH (a)-[:USES]->(b) RETURN a AS dependent, b AS provider'",
        "neo4j://USER@HOST/BASE, bolt://...", "knockon.loaders.operations.databases.neo4j_query",
        lambda source: source.scheme in _NEO4J, options=("query", "mapping"),
    ),
)  # fmt: skip
