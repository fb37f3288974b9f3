"""Lists of sub-processors, as companies publish them.

Words: a sheet is a table with its head, an aside a row of it that is one cell over all columns, an
item a line of a list. Read `reader.py`, then `rows.py` (what is a row), `heads.py` (what a column
holds) and `lists.py` (lists that are no tables).
"""
