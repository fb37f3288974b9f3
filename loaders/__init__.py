"""Readers of real inventories: a source becomes `Tables`, whatever holds it.

Rooms, each above the next only: `merge` (several sources as one graph), `registry` (which format a
source has), the families of formats by what people hold (`native`, `graphfiles`, `tabular`,
`software`, `registers`, `operations`, `reliability`; none knows another), `joining` (which entities
are one thing), `assembling` (rows as tables), `parsing` (bytes as values).

Words: a source is a file, folder or address, opened once (`parsing/source.py`); a format is a kind
of source, with a sign by which it is told; a reader is `read_<format>(source, **options)`; a
finding is something that a reader dropped, merged or noticed, and the report is all of them. Start
at `registry.py`; then read one family, its `formats.py` first. A new format is one file with its
reader and one entry in the `formats.py` of its family.
"""
