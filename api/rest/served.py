"""What a server holds: its graphs by name, and the latest answers."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from knockon.api.rest.problems import UnknownGraphError
from knockon.api.schema import list_kinds
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError, ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.questions import Question, find_question
from knockon.graph.scenario.scenario import Scenario

_KEPT = 8  # answers kept: a page asks for the figures and for the map of one question


class Served:
    """The graphs by name, and the latest answers."""

    def __init__(self, graphs: Mapping[str, DependencyGraph]) -> None:
        for name in graphs:
            if not name or "/" in name or name in (".", "..") or not name.isprintable():
                raise InputError(f"name of a graph: expected text without '/', got {clip(name)!r}")
        self.graphs = dict(graphs)
        self.kinds = {n: sorted(set(g.entities["kind"])) for n, g in graphs.items()}
        self.ask = lru_cache(maxsize=_KEPT)(self._ask)
        self._answer = lru_cache(maxsize=_KEPT)(self._compute)
        self.render = lru_cache(maxsize=2 * _KEPT)(self._render)

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

    def answer(
        self, name: str, question: Question, scenario: Scenario, own: Mapping[str, Any]
    ) -> Answer:
        """The answer of a verb of the table; `own`: its target and its own options."""
        asked = (name, question.name, scenario, json.dumps(own, sort_keys=True))
        return self._answer(*asked)

    def _compute(self, name: str, verb: str, scenario: Scenario, stated: str) -> Answer:
        question, own = find_question(verb), json.loads(stated)
        graph = self.graphs[name]
        about: list[Any] = [own.pop("target")] if question.target else []
        if question.other:
            other = own.pop("other")
            about.append(None if other is None else self.find_graph(other))
        answer: Answer = question.load()(graph, *about, scenario, **own)
        return answer

    def _ask(self, name: str, scenario: Scenario) -> Impact:
        return whatif(self.graphs[name], scenario)

    def _render(self, name: str, scenario: Scenario, chart: str | None = None) -> str:
        """The map, or a chart by its name in an address."""
        impact = self.ask(name, scenario)
        svg: str = impact.to_svg() if chart is None else getattr(impact, f"{chart}_svg")()
        return svg
