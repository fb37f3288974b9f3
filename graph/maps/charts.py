"""The charts of an answer, each one SVG document: how bad, who is down when, when to stop."""

from typing import TYPE_CHECKING

from knockon.graph.analysis.rings import rollout_notes
from knockon.graph.maps.detection import detection_chart
from knockon.graph.maps.exceedance import exceedance_chart
from knockon.graph.maps.phrases import assumption, condition, provenance
from knockon.graph.maps.timeline import timeline_chart
from knockon.graph.scenario.rollout import reached

if TYPE_CHECKING:
    from knockon.graph.analysis.whatif import Impact


def exceedance(impact: "Impact") -> str:
    """The exceedance chart of an answer."""
    return exceedance_chart(
        impact.exceedance(),
        condition=condition(impact),
        unit=unit_of(impact),
        assumed=[assumption(impact)],
        foot=provenance(impact),
    )


def timeline(impact: "Impact") -> str:
    """The timeline of an answer. Raises ScenarioError where the scenario has no hours."""
    return timeline_chart(
        impact.timeline(),
        impact.entities,
        condition=condition(impact),
        assumed=[assumption(impact)],
        foot=provenance(impact),
    )


def detection(impact: "Impact") -> str:
    """The detection curve of an answer. Raises ScenarioError where there is no rollout."""
    rings = impact.scenario.rollout
    notes = rollout_notes(impact.graph, impact.scenario)
    return detection_chart(
        impact.detection(),
        list(zip(reached(rings).tolist(), [r.start_hours for r in rings], strict=True)),
        impact.scenario.halt,
        condition=condition(impact),
        assumed=[*(f"{n[0].upper()}{n[1:]}." for n in notes), assumption(impact)],
        foot=provenance(impact),
    )


def unit_of(impact: "Impact") -> str:
    """What the impact counts: weight lost, with hours times the hours down."""
    unit = impact.graph.tables.weight_unit or "weight lost"
    return unit if impact.scenario.hours is None else f"{unit} × hours"
