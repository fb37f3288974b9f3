"""Thin doors over the graph: command line, REST, web page.

`cli` and `rest` are the doors and do not know each other; `command` stands above both, since the
command `knockon serve` opens the second. `service` is below `rest`: questions as jobs, computed in
processes, within limits. What both doors show is below them: `schema` (the one JSON shape
of an answer), `backtest_json`, `backtest_page`, and `export` (files that are safe to open). `page/`
is data: the web page as the browser gets it, whose form `rest/page.py` fills in.

Every door is made from the table of fields, `graph/scenario/fields.py`: an option has its name, its
bounds, its default and its words there, and `cli/fields.py`, `rest/fields.py` and `rest/page.py`
translate its kind. Words: a question is a scenario and which rows to show; an answer is an Impact;
a representation is the form in which it leaves (JSON, SVG, CSV); a problem is a refusal over REST.
Start at `cli/verbs.py`, or at `rest/app.py`.
"""
