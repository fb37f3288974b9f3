"""The command line: verbs, their options, and answers on a terminal or into files.

`verbs.py` has a few lines for each verb. `options.py`, `join.py` and `origins.py` add the options
that verbs share, `fields.py` those of a scenario, from its table. `answer.py` prints and writes
what came out, `tables.py` and `backtest_table.py` for people; `progress.py` and `startup.py` keep
the wait short and not silent. Words: a verb is a command, an option begins with `--`, a form is
what `--format` chooses. Nothing heavy is imported before it is needed. Start at `verbs.whatif`.
"""
