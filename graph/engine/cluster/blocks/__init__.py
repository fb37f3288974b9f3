"""Plan "blocks": a graph that does not fit a worker is cut, and news goes between the parts.

A part has the arcs of some dependents, all groups of these, and of each provider elsewhere a ghost.
In a round every part with news goes to its own fixpoint, by the kernels that run everywhere, and
says which of its nodes are newly hit, in which lanes, to the parts that have ghosts of them; there
are rounds until there is no news. What is hit is a least fixpoint over functions that only ever
add, so that any cut, and news in any order, gives the same bits.

`cut.py` cuts a circuit; `part.py` lays a part out for the kernels, on a worker; `news.py` is what
goes between parts, as files; `steps.py` is what a worker does with news; `rounds.py` asks for it
until there is none; `executor.py` counts the worlds of a question so. Words: a part is what one
task works on; a ghost is a node of another part; news are lanes in which a node is newly hit.
Start at `rounds.Rounds.count`.
"""
