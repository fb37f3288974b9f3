"""Rows as tables: what readers of any family share once bytes are values.

Words: a row is a dict of cells with the place where it stands; findings are counted while reading,
their report goes into the tables; columns are theirs or ours, settled by name, by `--map` or by
guess. Read `rows.py` and `findings.py`, then `gather.py` (`Rows`, for readers that walk through a
source), `table.py` (frames of any column names) or `graph_tables.py` (nodes and edges).
"""
