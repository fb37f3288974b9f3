"""Answers in text for people: on a terminal, in a file, or as Markdown.

Words: an `Out` is what texts and tables are printed to, one after the other, in the width that
there is (`console.py`); rows are those of any answer (`rows.py`), columns what is shown of them.
`tables.py` prints a what-if, `ranking.py` its ranked rows. Start with `console.py`.
"""
