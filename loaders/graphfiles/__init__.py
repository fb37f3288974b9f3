"""Graph files, whose nodes and edges mean nothing by themselves: GraphML, GEXF, DOT, GML, JSON.

Words: an edge runs from its source to its target, and the source depends on the target unless
`--map` turns that round; an edge without direction is refused, or read both ways. Each reader
draws a file into `Drawn`; `assembling/graph_tables.py` makes tables of it. Read `gml.py` first.
"""
