"""What would help: fixes, what sets of them save, and which set is best.

`fixes.py` says what a fix is and what it changes in the tables; `candidates.py` lists those that
may help; `gates.py` puts them into the circuit as switches, so that `trial.py` tries many sets of
them at once, a lane each; `search.py` looks for the best set and `bounds.py` for what none can
exceed. Words: a trial is a failure against which fixes are tried, a set is fixes made together.
"""
