"""Tables of no fixed meaning: workbooks, JSON, lines of JSON, and the relations of a CMDB.

Words: ends are the two columns dependent and provider, found by name, by `--map` or by guess
(`assembling/table.py`). Read `json_tables.py` first. CSV and Parquet are read in `native`, as
knockon's own tables are of that kind.
"""
