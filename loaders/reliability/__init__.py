"""Models of reliability: fault trees, whose events are entities and whose gates are groups.

Words: a basic event fails by itself, as probably as its expression says; a house event is a fact; a
gate fails when enough of its inputs do. Read `open_psa.py`; `definitions.py` has what a name stands
for, `expressions.py` the arithmetic, `groups.py` and `common_cause.py` what fails several events at
once.
"""
