"""What is kept: versions of graphs with their load reports, scenarios, and answers as bytes.

`store.py` is the one door to a database (SQLite, or PostgreSQL by its address), `schema.py` its
tables as SQLAlchemy has them, `migrations/` how they came to be (Alembic). `pack.py` makes a graph
into bytes with a digest and back; `again.py` asks an answer again and says exactly what is no
longer the same. Words: a version is a graph as it once was; an answer is saved as the bytes that
were shown, never made anew. Needs `knockon[service]`. Start at `store.Store`.
"""
