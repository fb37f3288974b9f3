"""Impact maps: from an answer to one SVG document. The door is `knockon.graph.maps.draw`."""
