"""What makes one node fail, as a formula of gates: reduced, compiled into decision diagrams, read.

Words: a variable is what may happen by itself (an entity fails, a dependency transmits), a gate
is true when at least so many of its inputs are; a module shares nothing with the rest; a family
is a set of sets of variables, a cut set one that makes the formula true and needs all its members.
Read `formula.py`, then `reduce.py`, `orders.py`, `algebra.py`, `diagrams.py` and `families.py`;
`chances.py` has the probabilities.
"""
