"""The dependency graph and the questions about it. No files, no web.

Rooms, each above the next only: `maps` (answers as pictures), `analysis` (one file per question),
`engine` (how worlds run), `scenario` (what is asked), `model` (what a graph is). Beside them:
`errors` (what can go wrong, in words), `words` (figures and kinds in words), `arrays` (names of
arrays), `keywords` (wrong ones, refused). Start at `analysis/whatif.py`: it is the whole way from a
question to an answer in three steps, `prepare`, `run_worlds`, `assemble`.
"""
