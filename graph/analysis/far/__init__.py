"""What if, of a graph that no single machine holds: tables of Parquet in, tables of Parquet out.

`making.py` makes the parts of a question where the rows lie, with the functions that lay out a
whole graph; `neighbours.py` tells parts what they must know of entities of others, where tables
fill strengths; `adding.py` adds the worlds of a part up; `rows.py` writes the rows of a part and
says what they add up to. `whatif.py` is the client, which holds no row but the first few, with
`drawing.py` for the runs of a question and `filling.py` for tables; `answer.py` is what it gives.
Words as in `engine.cluster.blocks`. Start at `whatif.whatif_far`.
"""
