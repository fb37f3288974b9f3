"""DOT files as plain graphs, read by the published grammar behind stated limits.

Source: https://graphviz.org/doc/info/lang.html. Graphviz itself reads the same text, but tells of a
fault only that there is one, and of a node or edge not where it stands; it is the witness in the
tests. Nothing is drawn and nothing is merged: every edge of every statement is there, in order.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn, TypeAlias

from knockon.graph.errors import InputError, clip
from knockon.loaders.parsing.dot_tokens import Token, split_tokens
from knockon.loaders.parsing.source import Source

MAX_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 64
MAX_EDGES = 2_000_000  # `{a b c} -> {d e f}` is nine of them

_Ends: TypeAlias = tuple[Collection[str], str]  # nodes at one end of edges; port of a single one
_ARROWS = {True: "->", False: "--"}


@dataclass(frozen=True, slots=True)
class DotNode:
    """A node: its id, its attributes with the defaults of its scope, its first line."""

    id: str
    attributes: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class DotEdge:
    """An edge from tail to head as written; ports are the attributes `tailport`, `headport`."""

    tail: str
    head: str
    attributes: dict[str, str]
    line: int


@dataclass(frozen=True, slots=True)
class DotSubgraph:
    """A subgraph with a name, and the nodes in it or below it.

    `parent` is the place in `DotGraph.subgraphs` of the nearest one around it that has a name, or
    -1. The name is its own only within what is around it.
    """

    name: str
    parent: int
    attributes: dict[str, str]
    nodes: dict[str, None]

    @property
    def is_cluster(self) -> bool:
        return self.name.startswith("cluster")


@dataclass(frozen=True)
class DotGraph:
    """What a DOT file states. In an undirected graph, tail and head are only first and second.

    Values are text as in the file: `\\n`, `\\N` and HTML stay as they are.
    """

    name: str
    directed: bool
    strict: bool
    attributes: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, DotNode] = field(default_factory=dict)
    edges: list[DotEdge] = field(default_factory=list)
    subgraphs: list[DotSubgraph] = field(default_factory=list)


def load_dot(source: Source) -> DotGraph:
    """The graph in a DOT file. Raises InputError with the line of what is not DOT."""
    source.refuse_larger(MAX_BYTES, "DOT")
    return parse_dot(source.text, source.name)


def parse_dot(text: str, name: str) -> DotGraph:
    """The graph in DOT text; `name` is what messages call it.

    Raises InputError with the line: for text that is not DOT, a second graph after the first,
    subgraphs nested deeper than MAX_DEPTH, more than MAX_EDGES edges.
    """
    return _Parser(text, name).graph()


@dataclass
class _Scope:
    """Where statements stand: the defaults in force, the own attributes, the nodes named here."""

    node: dict[str, str]
    edge: dict[str, str]
    attributes: dict[str, str]
    nodes: dict[str, None]
    subgraph: int = -1  # the nearest one with a name
    inner: dict[str, int] = field(default_factory=dict)  # those with a name in here


class _Parser:
    """Recursive descent; the depth of its recursion is bounded by MAX_DEPTH."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._tokens = split_tokens(text, name)
        self._next = next(self._tokens)
        self._depth = 0
        self._inner: list[dict[str, int]] = []  # of each subgraph: those with a name in it

    def graph(self) -> DotGraph:
        strict = self._next.keyword == "strict"
        if strict:
            self._take()
        kind = self._take()
        if kind.keyword not in ("graph", "digraph"):
            self._fail(kind, "`graph` or `digraph`")
        title = "" if self._is_at("{") else self._parse_id()
        self._graph = DotGraph(title, kind.keyword == "digraph", strict)
        self._expect("{")
        self._parse_statements(_Scope({}, {}, self._graph.attributes, {}))
        if self._next.kind != "end":
            self._fail(self._next, "the end of the file after one graph")
        return self._graph

    def _parse_statements(self, scope: _Scope) -> None:
        """All up to and with the closing brace."""
        while not self._skip("}"):
            if not self._skip(";"):
                self._parse_statement(scope)

    def _parse_statement(self, scope: _Scope) -> None:
        kind, line = self._next.keyword, self._next.line
        if kind in ("graph", "node", "edge"):
            self._take()
            target = {"graph": scope.attributes, "node": scope.node, "edge": scope.edge}[kind]
            target.update(self._parse_attributes(needed=True))
            return
        if kind == "subgraph" or self._is_at("{"):
            first, node = self._parse_subgraph(scope), None
        else:
            identifier = self._parse_id()
            if self._skip("="):
                scope.attributes[identifier] = self._parse_id()
                return
            first, node = (
                ([identifier], self._parse_port()),
                self._enter_node(identifier, line, scope),
            )
        if self._is_at("->") or self._is_at("--"):
            self._parse_edges(first, line, scope)
        elif node is not None:
            node.attributes.update(self._parse_attributes())

    def _parse_edges(self, first: _Ends, line: int, scope: _Scope) -> None:
        """The edges of `a -> {b c} -> d`: each of one end with each of the next."""
        ends = [first]
        while self._is_at("->") or self._is_at("--"):
            arrow = self._take()
            if arrow.text != _ARROWS[self._graph.directed]:
                self._fail(arrow, f"`{_ARROWS[self._graph.directed]}`")
            ends.append(self._parse_edge_end(scope))
        own = scope.edge | self._parse_attributes()
        for (tails, tail_port), (heads, head_port) in pairwise(ends):
            if len(self._graph.edges) + len(tails) * len(heads) > MAX_EDGES:
                raise InputError(f"{self._name}:{line}: more than {MAX_EDGES:,} edges")
            ports = {"tailport": tail_port, "headport": head_port}
            given = own | {name: port for name, port in ports.items() if port}
            self._graph.edges.extend(
                DotEdge(tail, head, dict(given), line) for tail in tails for head in heads
            )

    def _parse_edge_end(self, scope: _Scope) -> _Ends:
        if self._next.keyword == "subgraph" or self._is_at("{"):
            return self._parse_subgraph(scope)
        line, identifier = self._next.line, self._parse_id()
        self._enter_node(identifier, line, scope)
        return [identifier], self._parse_port()

    def _parse_subgraph(self, scope: _Scope) -> _Ends:
        name = ""
        if self._next.keyword == "subgraph":
            self._take()
            name = "" if self._is_at("{") else self._parse_id()
        opened = self._expect("{")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InputError(f"{self._name}:{opened.line}: nested deeper than {MAX_DEPTH} levels")
        inner = _Scope(dict(scope.node), dict(scope.edge), {}, {}, scope.subgraph)
        held = inner.nodes
        if name:  # opened again, it goes on
            number = scope.inner.setdefault(name, len(self._graph.subgraphs))
            if number == len(self._graph.subgraphs):
                self._graph.subgraphs.append(DotSubgraph(name, scope.subgraph, {}, {}))
                self._inner.append({})
            inner.subgraph, inner.inner = number, self._inner[number]
            inner.attributes = self._graph.subgraphs[number].attributes
            held = self._graph.subgraphs[number].nodes
        self._parse_statements(inner)
        self._depth -= 1
        held.update(inner.nodes)
        scope.nodes.update(inner.nodes)
        return held, ""

    def _enter_node(self, identifier: str, line: int, scope: _Scope) -> DotNode:
        node = self._graph.nodes.get(identifier)
        if node is None:
            node = self._graph.nodes[identifier] = DotNode(identifier, dict(scope.node), line)
        scope.nodes[identifier] = None
        return node

    def _parse_port(self) -> str:
        parts: list[str] = []
        while len(parts) < 2 and self._skip(":"):
            parts.append(self._parse_id())
        return ":".join(parts)

    def _parse_attributes(self, needed: bool = False) -> dict[str, str]:
        """All of `[a=b, c=d; e=f] [g=h]`."""
        given: dict[str, str] = {}
        if needed and not self._is_at("["):
            self._fail(self._next, "`[`")
        while self._skip("["):
            while not self._skip("]"):
                name = self._parse_id()
                self._expect("=")
                given[name] = self._parse_id()
                if not self._skip(","):
                    self._skip(";")
        return given

    def _parse_id(self) -> str:
        token = self._take()
        if token.kind in ("mark", "end") or token.keyword:
            self._fail(token, "a name")
        parts = [token.text]
        while token.kind == "quoted" and self._skip("+"):
            token = self._take()
            if token.kind != "quoted":
                self._fail(token, "text in quotes after `+`")
            parts.append(token.text)
        return "".join(parts)

    def _is_at(self, mark: str) -> bool:
        return self._next.kind == "mark" and self._next.text == mark

    def _skip(self, mark: str) -> bool:
        found = self._is_at(mark)
        if found:
            self._take()
        return found

    def _expect(self, mark: str) -> Token:
        if not self._is_at(mark):
            self._fail(self._next, f"`{mark}`")
        return self._take()

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _fail(self, token: Token, expected: str) -> NoReturn:
        came = token.text if token.kind == "end" else repr(clip(token.text, 40))
        raise InputError(
            f"{self._name}:{token.line}: not readable as DOT: expected {expected}, found {came}"
        )
