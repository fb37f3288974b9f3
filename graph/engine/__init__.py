"""How worlds run: a graph as a monotone boolean function over lanes of 64 to a word.

Words: a circuit is made of nodes (an entity in one mode), groups, members and arcs; a draw is
random, and a pure function of seed, world and identity; a run is one of the coupled strengths over
the same draws; a lane is one closure (a world, a case, an origin, a set); a block is some words of
lanes; times are outages that last. Read `circuit.py`, then `draws.py` and `worlds.py`, then
`lanes.py`; `kernels/` holds the loops, `executor.py` says where blocks run.
"""
