"""The parts of `rank`: who counts, the figures of every origin, and who need not be looked at.

Words: an origin is swept when its own failure is spread in every world; a run is one of the coupled
strengths; figures are what a run says of all origins; a bracket is two graphs without groups that
hold every world between them. Read `counting.py`, then `swept.py`.
"""
