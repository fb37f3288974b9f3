"""The charts of an answer, each one SVG document: how bad, who is down when, when to stop."""

from typing import TYPE_CHECKING

from knockon.graph.maps.exceedance import exceedance_chart
from knockon.graph.phrases import assumption, condition, provenance

if TYPE_CHECKING:
    from knockon.graph.whatif import Impact


def exceedance(impact: "Impact") -> str:
    """The exceedance chart of an answer."""
    return exceedance_chart(
        impact.exceedance(),
        condition=condition(impact),
        unit=unit_of(impact),
        assumed=assumption(impact),
        foot=provenance(impact),
    )


def unit_of(impact: "Impact") -> str:
    """What the impact counts."""
    return impact.graph.tables.weight_unit or "weight lost"
