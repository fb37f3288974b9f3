"""What if, of a graph that no single machine holds: tables of Parquet in, tables of Parquet out.

`making.py` makes the parts of a question where the rows lie, with the functions that lay out a
whole graph; `adding.py` adds the worlds of a part up; `rows.py` writes the rows of a part and says
what they add up to; `whatif.py` is the client, which holds no row but the first few; `answer.py` is
what it gives. Words as in `engine.cluster.blocks`. Start at `whatif.whatif_far`.
"""
