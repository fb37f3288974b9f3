"""The pictures of an answer, by name."""

from knockon.graph.maps.charts import render_detection, render_exceedance, render_timeline
from knockon.graph.maps.draw import render_map

PICTURES = {
    "map": render_map,
    "exceedance": render_exceedance,
    "timeline": render_timeline,
    "detection": render_detection,
}
