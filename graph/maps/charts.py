"""The charts of an answer, each one SVG document: how bad, who is down when, when to stop."""

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.question import describe_rings
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.maps.detection import draw_detection
from knockon.graph.maps.exceedance import draw_exceedance
from knockon.graph.maps.phrases import describe_source
from knockon.graph.maps.timeline import draw_timeline
from knockon.graph.scenario.rollout import sum_shares
from knockon.graph.words import between


def render_exceedance(impact: Impact) -> str:
    """The exceedance chart of an answer."""
    middle = name_middle(impact)
    return draw_exceedance(
        impact.exceedance(),
        outer=[impact.exceedance(run) for run in ("low", "high")] if middle else (),
        middle=middle,
        condition=f"{impact.condition}{describe_rings(impact.scenario)}",
        unit=name_unit(impact),
        assumed=[impact.assumption, impact.question],
        foot=describe_source(impact),
    )


def render_timeline(impact: Impact) -> str:
    """The timeline of an answer. Raises ScenarioError where the scenario has no hours."""
    return draw_timeline(
        impact.timeline(),
        impact.entities,
        condition=f"{impact.condition}{describe_rings(impact.scenario)}",
        assumed=[impact.assumption, impact.question],
        foot=describe_source(impact),
        middle=name_middle(impact),
        hit=between(impact.totals.hit_low, impact.totals.hit_high),
    )


def render_detection(impact: Impact) -> str:
    """The detection curve of an answer. Raises ScenarioError where there is no rollout."""
    rings = impact.scenario.rollout
    curve = impact.detection()
    notes = [f"{n[0].upper()}{n[1:]}." for n in (impact.rollout.notes if impact.rollout else ())]
    beside = [note for note in notes if note not in impact.assumption]
    return draw_detection(
        curve,
        list(zip(sum_shares(rings).tolist(), [r.start_hours for r in rings], strict=True)),
        impact.scenario.halt,
        condition=impact.condition,
        assumed=[*beside, impact.assumption, impact.question],
        foot=describe_source(impact),
        middle=name_middle(impact),
    )


def name_unit(impact: Impact) -> str:
    """What the impact counts: weight lost, with hours times the hours down."""
    unit = impact.graph.weight_unit or "weight lost"
    return unit if impact.scenario.hours is None else f"{unit} × hours"
