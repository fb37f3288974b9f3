"""Answers as pictures: one SVG document each, the same bytes for the same answer.

Pictures take an `Impact` and nothing else; no answer imports them. `pictures.py` lists them by
name. The map is planned (`plan.py`: which boxes and lines), laid out by Graphviz (`layout.py`) and
drawn (`draw.py`); charts are in `exceedance.py`, `timeline.py`, `detection.py` over `axes.py`.
Names are escaped in `text.py`, and nowhere is a name markup.
"""
