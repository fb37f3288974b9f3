"""What a graph is: two checked tables of entities and dependencies, and the same as arrays.

Words: an entity is a node, a dependency an edge from `dependent` to `provider`, a group names
alternatives of one dependent; a report is what reading and checking did to the rows, finding by
finding. Read `tables.py` (the columns of the contract) first, then `graph.py` (`DependencyGraph`),
then `check.py`, the one door through which tables become a graph.
"""
