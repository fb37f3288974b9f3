"""The graph of `terraform graph`, as DOT or as the JSON of the tool Blast Radius.

https://developer.hashicorp.com/terraform/cli/commands/graph. An edge runs from the dependent.
Up to Terraform 1.6 the graph is the whole plan, `[root] module.m.aws_x.y (expand)`: variables,
locals, outputs, modules and providers are no things that fail, so a dependency through them is one
on what lies behind. Edges that others imply are left out there, so the provider of a resource is
told from the first word of its type, as Terraform itself does. From 1.7 on the graph holds
resources only. Either way a resource with `count` or `for_each` is one entity.
"""

import re
from collections.abc import Iterable

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.gather import Rows
from knockon.loaders.operations.terraform import (
    LOCAL_PROVIDERS,
    Estate,
    config_of,
    module_of,
    provider_name,
)
from knockon.loaders.operations.terraform_values import connect_resources
from knockon.loaders.parsing.dot import load_dot
from knockon.loaders.parsing.source import Source, SourceLike

# what stands first after the module in a name of the graph that is no resource
_VALUES = ("local", "meta", "output", "provider", "provisioner", "root", "var")
_SUFFIX = re.compile(r" \((?:expand|close|prepare state|validate"
                     r"|reference|input|orphan|import|count boundary fixup)\)$")  # fmt: skip
_DESTROY = re.compile(r" \(destroy[ )]")
_RESOURCE = re.compile(r"(?:data\.)?[A-Za-z][\w-]*\.[^.\s]+$")

_ROOT = re.compile(r"^\[[^\]]*\] ")
_PASSED = "a node that is no resource or data source: dependencies pass through it"

_Edge = tuple[str, str, str]  # dependent, provider, place


def read_terraform_dot(source: SourceLike) -> Tables:
    """Resources and data sources of a DOT graph in either dialect, and what each depends on."""
    source = Source.of(source)
    graph = load_dot(source)
    if not graph.directed:
        raise InputError(
            f"{source.name}: expected a digraph of Terraform, found an undirected graph"
        )
    nodes = [(node.id, f"line {node.line}") for node in graph.nodes.values()]
    edges = [(edge.tail, edge.head, f"line {edge.line}") for edge in graph.edges]
    return _tables(source, nodes, edges, "terraform graph")


def read_terraform_blast(source: SourceLike) -> Tables:
    """The same from the JSON (`nodes`, `edges`) that Blast Radius makes of a DOT graph.

    https://github.com/28mm/blast-radius: the edges keep their direction, source to target.
    """
    source = Source.of(source)
    document = source.json
    if not isinstance(document, dict):
        raise InputError(f"{source.name}: expected a JSON object with nodes and edges")
    rows = Rows(source.name, "")
    nodes, edges = [], []
    for place, node in rows.walk_records(document, "nodes", ""):
        if isinstance(node.get("label"), str):
            nodes.append((node["label"], place))
        else:
            rows.findings.add("dropped", "a node without a label", place)
    for place, edge in rows.walk_records(document, "edges", ""):
        ends = edge.get("source"), edge.get("target")
        if isinstance(ends[0], str) and isinstance(ends[1], str):
            edges.append((ends[0], ends[1], place))
        else:
            rows.findings.add("dropped", "an edge without source or target", place)
    return _tables(source, nodes, edges, "blast-radius --export", rows)


def _tables(
    source: Source, nodes: list[tuple[str, str]], edges: list[_Edge], told: str,
    rows: Rows | None = None,
) -> Tables:  # fmt: skip
    rows = rows or Rows(source.name, "")
    rows.source = f"Terraform graph {source.name}"
    estate = Estate(rows)
    for name, where in nodes:
        if _DESTROY.search(name):
            reason = "a node that destroys: its order is the reverse of what depends on what"
            rows.findings.add("dropped", reason, clip(f"{name} at {where}", 120))
    nodes = [node for node in nodes if not _DESTROY.search(node[0])]
    edges = [edge for edge in edges if not any(_DESTROY.search(end) for end in edge[:2])]
    found = dict(nodes)
    for tail, head, where in edges:
        found.setdefault(tail, where)
        found.setdefault(head, where)
    providers = {provider_name(_plain(name)) for name in found if _is(_plain(name), "provider")}
    resources: dict[str, str] = {}
    for name, where in found.items():
        address = _plain(name)
        if not _is_resource(address):
            rows.findings.add("note", _PASSED, clip(f"{name} at {where}", 120))
            continue
        resources[name] = address
        if address not in estate.instances:  # `x (expand)` and `x (close)` are one resource
            own = _within(address)
            type_ = own.removeprefix("data.").partition(".")[0]
            estate.add(
                address, type_=type_, data=own.startswith("data."),
                provider=_provider_of(type_, providers), where=where,
            )  # fmt: skip
    if not resources:
        raise InputError(f"{source.name}: expected resources such as aws_vpc.main, found none")
    _connect(estate, resources, edges)
    return estate.tables(f"Terraform graph {clip(source.name, 60)}", told)


def _connect(estate: Estate, resources: dict[str, str], edges: Iterable[_Edge]) -> None:
    """Each resource with every resource that it reaches through nodes that are none."""
    below: dict[str, dict[str, str]] = {}
    for tail, head, where in edges:
        ends = [resources.get(end) or _ROOT.sub("", end) for end in (tail, head)]
        below.setdefault(ends[0], {}).setdefault(ends[1], where)
    connect_resources(estate, below, set(resources.values()).__contains__)


def _plain(name: str) -> str:
    """The address in a name of a node: `aws_x.y` of `[root] aws_x.y (expand)`."""
    text = _ROOT.sub("", name)
    return config_of(_SUFFIX.sub("", text))


def _within(address: str) -> str:
    """The address without its modules."""
    return address.removeprefix(module_of(address)).lstrip(".")


def _is(address: str, word: str) -> bool:
    return re.match(rf"{word}(?:[.\[]|$)", _within(address)) is not None


def _is_resource(address: str) -> bool:
    own = _within(address)
    return bool(_RESOURCE.match(own)) and own.partition(".")[0] not in _VALUES


def _provider_of(kind: str, providers: set[str]) -> str:
    """The provider that a type of resource belongs to, of those in the graph where it has any."""
    first = kind.partition("_")[0]
    near = [p for p in providers if kind == p or kind.startswith(f"{p.replace('-', '_')}_")]
    name = max(near, key=len, default=first)
    return "" if name in LOCAL_PROVIDERS else name
