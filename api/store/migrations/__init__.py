"""How the tables came to be, a step each; run by `store.py`, not by hand."""
