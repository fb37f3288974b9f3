"""Registers: who uses whom, as kept by authorities, markets and surveys.

`dora` (contracts of financial entities) and `subprocessors` (pages of companies) have rooms of
their own. Words: a register adds up, so the report says of every table how many rows were read,
kept, dropped and merged (`RowFindings`). Read `as_relationships.py` first. What a format is told by
stands in `formats.py` or, where its reader needs it, too, in a `signs.py`.
"""
