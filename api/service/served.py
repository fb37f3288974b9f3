"""What answers questions: graphs by name, alone or joined, and the latest answers."""

import json
from collections import OrderedDict
from collections.abc import Collection, Mapping
from copy import copy
from threading import Lock
from typing import Any

from knockon.api.schema import list_kinds
from knockon.api.service.limits import Limits
from knockon.api.service.refusals import UnknownGraphError
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario

JOINT = "+"  # between the names of graphs that are joined
_KEPT = 8  # answers kept: a page asks for the figures and for the map of one question
_JOINED = 4  # joined graphs kept


class StoppedError(Exception):
    """The question was stopped before it was answered whole."""


class Served:
    """The graphs by name, and the latest answers.

    `a+b` names the graph of both, joined as `knockon ... a --with b` would.
    edition: how often graphs were read again; joining: options of `load_tables` for joined graphs
    """

    def __init__(
        self, graphs: Mapping[str, DependencyGraph], limits: Limits | None = None, *,
        edition: int = 0, joining: Mapping[str, Any] | None = None,
    ) -> None:  # fmt: skip
        for name in graphs:
            if not name or "/" in name or name in (".", "..") or not name.isprintable():
                raise InputError(f"name of a graph: expected text without '/', got {clip(name)!r}")
        self.graphs, self.edition = dict(graphs), edition
        self.limits, self.joining = limits or Limits.of(), dict(joining or {})
        self.kinds = {n: g.entities["kind"].unique().sort().to_list() for n, g in graphs.items()}
        self._joined: OrderedDict[tuple[str, ...], DependencyGraph] = OrderedDict()
        self._latest: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock, self._joining = Lock(), Lock()

    def limit(self, names: Collection[str]) -> "Served":
        """The same as if only these graphs were there; what is joined or kept is shared."""
        part = copy(self)
        part.graphs = {name: graph for name, graph in self.graphs.items() if name in names}
        part.kinds = {name: self.kinds[name] for name in part.graphs}
        return part

    def find_graph(self, name: str) -> DependencyGraph:
        """The graph of this name, or of several joined by +. Raises UnknownGraphError with the
        nearest ones, and as `find_parts`."""
        parts = self.find_parts(name)
        return self.graphs[parts[0]] if len(parts) == 1 else self._join(parts)

    def find_one(self, name: str) -> DependencyGraph:
        """The graph of this name, by itself. Raises UnknownGraphError with the nearest ones."""
        if name not in self.graphs:
            raise UnknownGraphError(name, {n: g.title for n, g in self.graphs.items()})
        return self.graphs[name]

    def find_parts(self, name: str) -> tuple[str, ...]:
        """The names of the graphs that a name stands for, which may have + in theirs.

        One that comes twice counts once. Raises UnknownGraphError, and LimitError for too many.
        """
        if name in self.graphs:
            return (name,)
        most = self.limits.whole("joined")
        words, parts = name.split(JOINT, 4 * most), list[str]()
        while words:
            ends = range(len(words), 0, -1)
            end = next((n for n in ends if JOINT.join(words[:n]) in self.graphs), 0)
            if not end:
                unknown = words[0] if parts or len(words) > 1 else name
                raise UnknownGraphError(unknown, {n: g.title for n, g in self.graphs.items()})
            if (part := JOINT.join(words[:end])) not in parts:
                parts.append(part)
            del words[:end]
            self.limits.check("joined", len(parts), "more graphs are joined")
        rows = sum(self.graphs[p].size + len(self.graphs[p].dependent) for p in parts)
        self.limits.check("joined_rows", rows, f"graphs of {rows:,} are joined")
        return tuple(parts)

    def _join(self, parts: tuple[str, ...]) -> DependencyGraph:
        from knockon.loaders.merge import unite_tables

        with self._joining:  # one at a time: each takes memory
            if (found := self._joined.get(parts)) is None:
                tables = unite_tables({n: self.graphs[n].tables for n in parts}, **self.joining)
                found = DependencyGraph.from_tables(tables, checked=True)
                self._joined[parts] = found
            self._joined.move_to_end(parts)
            while len(self._joined) > _JOINED:
                self._joined.popitem(last=False)
            return found

    def check_kind(self, name: str, kind: str | None) -> list[str]:
        """A note where no entity of the graph is of the kind, but some of another graph.

        Raises ScenarioError, naming the nearest kind, where none is of it anywhere.
        """
        here = sorted({k for part in self.find_parts(name) for k in self.kinds[part]})
        if kind is None or set(list_kinds(kind)) & set(here):
            return []
        if kind not in set().union(*self.kinds.values()):
            hint = did_you_mean(kind, here)
            raise ScenarioError(f"no entity is of the kind {clip(kind)!r}{hint}")
        return [f"no entity of this graph is of the kind {clip(kind)!r}; known: {', '.join(here)}"]

    def ask(self, name: str, scenario: Scenario, watch: Watch | None = None) -> Impact:
        """The answer to a what-if. Raises StoppedError where the watch stopped it."""
        key = (name, "whatif", scenario)
        found = self._find(key) or self._keep(
            key, whatif(self.find_graph(name), scenario, watch=watch)
        )
        assert isinstance(found, Impact)
        return found

    def answer(
        self, name: str, verb: str, scenario: Scenario, own: Mapping[str, Any],
        watch: Watch | None = None,
    ) -> Answer:  # fmt: skip
        """The answer of a verb of the table; `own`: its target and its own options."""
        key = (name, verb, scenario, json.dumps(own, sort_keys=True))
        found = self._find(key) or self._keep(key, self._compute(name, verb, scenario, own, watch))
        assert isinstance(found, Answer)
        return found

    def _compute(
        self, name: str, verb: str, scenario: Scenario, stated: Mapping[str, Any],
        watch: Watch | None,
    ) -> Answer:  # fmt: skip
        question, own = find_question(verb), dict(stated)
        about: list[Any] = [own.pop("target")] if question.target else []
        if question.other:
            other = own.pop("other")
            about.append(None if other is None else self.find_graph(other))
        answer: Answer = question.load()(
            self.find_graph(name), *about, scenario, watch=watch, **own
        )
        return answer

    def _find(self, key: tuple[Any, ...]) -> Any:
        with self._lock:
            if key in self._latest:
                self._latest.move_to_end(key)
            return self._latest.get(key)

    def _keep(self, key: tuple[Any, ...], answer: Impact | Answer) -> Impact | Answer:
        if answer.partial:
            raise StoppedError
        with self._lock:
            self._latest[key] = answer
            while len(self._latest) > _KEPT:
                self._latest.popitem(last=False)
        return answer
