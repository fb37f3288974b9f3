"""Bytes as values, behind stated limits: everything from a file is hostile.

Words: a source is opened once, and each form of its content is made at most once; its head is the
first 64 KB; an outline is what can be told of text that breaks off; a place is where something
stands (`file:line`, `file#path`). Read `source.py`; then the parser of the form at hand
(`json_text`, `yaml_text`, `safe_xml`, `csv_text`, `excel`, `dot`). Parsers take text or bytes and
the name that messages call it.
"""
