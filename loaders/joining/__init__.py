"""Which entities are one thing under several ids: stated, by identifier, by name, by the user.

Words: a claim says that an alias is the same as another entity, how surely and by what; a cluster
is what joins; what is kept apart stays so in spite of claims. Read `claims.py`, then `join.py`,
which makes claims true, then where they come from: `identifiers.py`, `aliases.py` (names, with
`candidates.py` and `likeness.py`), `alias_table.py` (the user's own).
"""
