"""A table of modes of the user's own: a CSV file with the columns mode, relation, becomes."""

from pathlib import Path

import polars as pl

from knockon.graph.errors import InputError, clip, did_you_mean, some
from knockon.graph.model.tables import FILE, LINE
from knockon.graph.scenario.modes import RULE_COLUMNS, Rule, index_rules
from knockon.loaders.parsing.csv_text import read_csv_table
from knockon.loaders.parsing.faults import one_error


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a file, in its order.

    Raises InputError with every fault: a column that is missing, an empty cell, a mode on arrival
    that no rule starts from, two rules that contradict each other.
    """
    with one_error(path):
        frame = read_csv_table(path)
    missing = [c for c in RULE_COLUMNS if c not in frame.columns]
    if missing:
        have = some(repr(clip(c, 30)) for c in frame.columns if c not in (FILE, LINE))
        raise InputError(f"{path.name}: rules need a column {missing[0]!r}; found {have}")
    cells = frame.with_columns(pl.col(c).str.strip_chars() for c in RULE_COLUMNS)
    rows = list(cells.select(*RULE_COLUMNS, LINE).iter_rows())
    modes = dict.fromkeys(mode for mode, *_ in rows if mode)
    faults = []
    for *rule, line in rows:
        empty = [name for name, cell in zip(RULE_COLUMNS, rule, strict=True) if not cell]
        if empty:
            faults.append(f"{path.name}:{line}: {empty[0]}: expected a word, got nothing")
        elif rule[2] not in modes:
            hint = did_you_mean(rule[2], modes)
            faults.append(f"{path.name}:{line}: no rule says what {clip(rule[2])!r} crosses{hint}")
    if not rows:
        faults.append(f"{path.name}: expected at least one rule, got none")
    if faults:
        raise InputError.of(faults)
    rules = tuple((mode, relation, becomes) for mode, relation, becomes, _ in rows)
    index_rules(rules)
    return rules
