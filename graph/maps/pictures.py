"""The pictures of an answer, by name."""

from knockon.graph.maps.charts import detection, exceedance, timeline
from knockon.graph.maps.draw import impact_map

PICTURES = {
    "map": impact_map,
    "exceedance": exceedance,
    "timeline": timeline,
    "detection": detection,
}
