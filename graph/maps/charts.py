"""The charts of an answer, each one SVG document: how bad, who is down when, when to stop."""

from knockon.graph.analysis.impact import Impact
from knockon.graph.maps.detection import detection_chart
from knockon.graph.maps.exceedance import exceedance_chart
from knockon.graph.maps.phrases import provenance
from knockon.graph.maps.timeline import timeline_chart
from knockon.graph.scenario.rollout import sum_shares


def exceedance(impact: Impact) -> str:
    """The exceedance chart of an answer."""
    return exceedance_chart(
        impact.exceedance(),
        condition=impact.condition,
        unit=unit_of(impact),
        assumed=[impact.assumption],
        foot=provenance(impact),
    )


def timeline(impact: Impact) -> str:
    """The timeline of an answer. Raises ScenarioError where the scenario has no hours."""
    return timeline_chart(
        impact.timeline(),
        impact.entities,
        condition=impact.condition,
        assumed=[impact.assumption],
        foot=provenance(impact),
    )


def detection(impact: Impact) -> str:
    """The detection curve of an answer. Raises ScenarioError where there is no rollout."""
    rings = impact.scenario.rollout
    curve = impact.detection()
    notes = impact.rollout.notes if impact.rollout else ()
    return detection_chart(
        curve,
        list(zip(sum_shares(rings).tolist(), [r.start_hours for r in rings], strict=True)),
        impact.scenario.halt,
        condition=impact.condition,
        assumed=[*(f"{n[0].upper()}{n[1:]}." for n in notes), impact.assumption],
        foot=provenance(impact),
    )


def unit_of(impact: Impact) -> str:
    """What the impact counts: weight lost, with hours times the hours down."""
    unit = impact.graph.weight_unit or "weight lost"
    return unit if impact.scenario.hours is None else f"{unit} × hours"
