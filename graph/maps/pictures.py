"""The pictures of answers, by name: those of a what-if, and one of each verb that has one."""

from collections.abc import Callable

from knockon.graph.maps.charts import render_detection, render_exceedance, render_timeline
from knockon.graph.maps.concentration import render_concentration
from knockon.graph.maps.draw import render_map
from knockon.graph.maps.moves import render_moves
from knockon.graph.maps.ranking import render_ranking
from knockon.graph.maps.savings import render_savings
from knockon.graph.maps.sets import render_sets
from knockon.graph.maps.view import MapView
from knockon.graph.maps.ways import render_ways

PICTURES: dict[str, Callable[..., str]] = {
    "map": lambda impact, **look: render_map(impact, MapView.of(look)),
    "exceedance": render_exceedance,
    "timeline": render_timeline,
    "detection": render_detection,
    "compare": render_moves,
    "concentration": render_concentration,
    "cuts": render_sets,
    "harden": render_savings,
    "rank": render_ranking,
    "why": render_ways,
}
