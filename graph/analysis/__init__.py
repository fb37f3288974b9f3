"""One file per question, over one waist that all share.

`prepare.py` lays a graph and a scenario out for the lanes (what the origins reach, its draws and
runs, and the way from nodes back to entities); `spread.py` runs it; a question assembles its answer
from that, as `whatif.py` does. Words: a plan is what a question will cost, tallies are figures
added up block by block, an impact is the answer as data (`impact.py`), sentences are the answer in
words. A new question is a new file here.
"""
