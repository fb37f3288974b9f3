"""What answers questions: graphs by name, and the latest answers."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from knockon.api.schema import list_kinds
from knockon.api.service.refusals import UnknownGraphError
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.scenario import Scenario

_KEPT = 8  # answers kept: a page asks for the figures and for the map of one question


class StoppedError(Exception):
    """The question was stopped before it was answered whole."""


class Served:
    """The graphs by name, and the latest answers."""

    def __init__(self, graphs: Mapping[str, DependencyGraph]) -> None:
        for name in graphs:
            if not name or "/" in name or name in (".", "..") or not name.isprintable():
                raise InputError(f"name of a graph: expected text without '/', got {clip(name)!r}")
        self.graphs = dict(graphs)
        self.kinds = {n: sorted(set(g.entities["kind"])) for n, g in graphs.items()}
        self._latest: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = Lock()

    def find_graph(self, name: str) -> DependencyGraph:
        """The graph of this name. Raises UnknownGraphError with the nearest ones."""
        if name not in self.graphs:
            raise UnknownGraphError(name, {n: g.title for n, g in self.graphs.items()})
        return self.graphs[name]

    def check_kind(self, name: str, kind: str | None) -> list[str]:
        """A note where no entity of the graph is of the kind, but some of another graph.

        Raises ScenarioError, naming the nearest kind, where none is of it anywhere.
        """
        here = self.kinds[name]
        if kind is None or set(list_kinds(kind)) & set(here):
            return []
        if kind not in set().union(*self.kinds.values()):
            hint = did_you_mean(kind, here)
            raise ScenarioError(f"no entity is of the kind {clip(kind)!r}{hint}")
        return [f"no entity of this graph is of the kind {clip(kind)!r}; known: {', '.join(here)}"]

    def ask(self, name: str, scenario: Scenario, watch: Watch | None = None) -> Impact:
        """The answer to a what-if. Raises StoppedError where the watch stopped it."""
        key = (name, "whatif", scenario)
        found = self._find(key) or self._keep(key, whatif(self.graphs[name], scenario, watch=watch))
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
        answer: Answer = question.load()(self.graphs[name], *about, scenario, watch=watch, **own)
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
