"""What is asked: what fails, how (mode), for how long, in which rings, under which assumptions.

`fields.py` is the table of everything that may be asked: names, kinds, defaults, bounds and words,
from which the doors are made; `field.py` says what a field is, `kinds.py` how each kind of value is
read, checked and written.

Words: an origin fails by itself; a mode says how; rules say which relations a mode crosses and as
what it arrives; a rollout reaches its rings one after another until a halt. Read `scenario.py`
first; `rules.csv` is the table of modes as it ships.
"""
