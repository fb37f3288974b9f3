"""Rows of databases by a query of the user, and graphs that Neo4j exports.

Words: an address is `scheme://user:password@host/base`; no message shows its password. Queries run
on connections that can only read. Read `sql.py` first; what all share is `parsing/database.py`.
"""
