"""Verdicts rest on what is stated: what past incidents are like decides nothing.

An entity whose probabilities fall on one side of a half only because of shipped strengths stays
unknown. So verdicts are those of the same worlds with these left out, where that could differ.
"""

from dataclasses import replace

import numpy as np

from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.prepare import Prepared, prepare
from knockon.graph.analysis.spread import Spread, run_worlds
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.strengths import INCIDENTS, SHIPPED_ROW, WORDS, load_shipped_strengths


def without_shipped(scenario: Scenario) -> Scenario:
    """The scenario with all its tables but that of past incidents."""
    others = [table for table in scenario.strengths if table.name != INCIDENTS]
    kept = tuple(others or [load_shipped_strengths(WORDS)])  # words were read beside the shipped
    return replace(scenario, strengths=kept)


def leave_out_shipped(prepared: Prepared, found: Spread, watch: Watch | None = None) -> Spread:
    """The same with the probabilities that verdicts rest on: without shipped strengths."""
    used = prepared.filled.source[prepared.circuit.dependency] == SHIPPED_ROW
    decided = ((found.low >= 0.5) | (found.high < 0.5)) & ~prepared.is_origin
    if not used.any() or not decided.any():
        return found
    again = prepare(prepared.graph, without_shipped(prepared.scenario))
    if not np.array_equal(again.nodes.entity, prepared.nodes.entity):
        raise AssertionError("what can be reached does not hang on shipped strengths")
    bare = run_worlds(again, watch)[0]
    if bare.stopped:  # then nothing is sure
        nothing = np.zeros_like(found.low)
        origins = prepared.is_origin
        return replace(
            found, stopped=True, sure_low=np.where(origins, found.low, nothing),
            sure_high=np.where(origins, found.high, nothing + 1),
        )  # fmt: skip
    return replace(found, sure_low=bare.low, sure_high=bare.high)
