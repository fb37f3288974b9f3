"""knockon: this fails; who is hit, how hard, when, and why?

>>> import knockon as ko
>>> graph = ko.load("samples/federal-cloud-2024")  # doctest: +SKIP
>>> ko.whatif(graph, "Falcon Platform").entities  # doctest: +SKIP
"""

TYPE_CHECKING = False  # as typing has it, which takes longer to import than all of this
if TYPE_CHECKING:
    from typing import Any

    from knockon.graph.analysis.compare import compare
    from knockon.graph.analysis.concentration import concentration
    from knockon.graph.analysis.cuts import cuts
    from knockon.graph.analysis.harden import harden
    from knockon.graph.analysis.impact import Impact
    from knockon.graph.analysis.rank import rank
    from knockon.graph.analysis.strengths import strengths
    from knockon.graph.analysis.whatif import whatif
    from knockon.graph.analysis.why import why
    from knockon.graph.errors import KnockonError
    from knockon.graph.model.graph import DependencyGraph
    from knockon.graph.scenario.scenario import Scenario
    from knockon.loaders.load import backtest, load

__all__ = [
    "DependencyGraph", "Impact", "KnockonError", "Scenario",
    "backtest", "compare", "concentration", "cuts", "harden", "load", "rank", "strengths",
    "whatif", "why",
]  # fmt: skip

_HOMES = {  # imported late: a command that is stopped as it starts has little to import
    "DependencyGraph": "knockon.graph.model.graph",
    "Impact": "knockon.graph.analysis.impact",
    "concentration": "knockon.graph.analysis.concentration",
    "KnockonError": "knockon.graph.errors",
    "Scenario": "knockon.graph.scenario.scenario",
    "backtest": "knockon.loaders.load",
    "compare": "knockon.graph.analysis.compare",
    "cuts": "knockon.graph.analysis.cuts",
    "harden": "knockon.graph.analysis.harden",
    "load": "knockon.loaders.load",
    "rank": "knockon.graph.analysis.rank",
    "strengths": "knockon.graph.analysis.strengths",
    "whatif": "knockon.graph.analysis.whatif",
    "why": "knockon.graph.analysis.why",
}


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'knockon' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
