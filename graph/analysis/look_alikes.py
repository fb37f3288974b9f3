"""Other names here that may mean what failed: who depends on these is in no figure.

`AWS`, `Amazon AWS`, `AWS (Ohio), 410 Terry Ave` and `Amazon Web Services, Inc.` are four entities
until somebody says that they are one. Nothing is joined here: `knockon aliases` proposes, and a
person decides.
"""

import re

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import join

_SHOWN = 3
_LEGAL = frozenset(
    ("inc", "incorporated", "corp", "corporation", "co", "company", "llc", "ltd", "limited", "plc",
     "gmbh", "ag", "sa", "se", "bv", "nv", "ab", "oy", "pty", "sarl")
)  # fmt: skip
_ACRONYM = re.compile(r"[a-z]{2,6}")
_BEFORE, _AFTER = r"(?:^|[\s,(/])", r"(?:$|[\s,)/])"  # no hyphen or dot: those are parts of ids


def describe_look_alikes(prepared: Prepared) -> str:
    """A sentence on names that are like those of the origins, and that others depend on; empty
    where there are none."""
    graph = prepared.graph
    found = _find_look_alikes(prepared)
    if not found:
        return ""
    behind = np.isin(graph.provider, found)
    others = np.setdiff1d(graph.dependent[behind], prepared.nodes.entity)
    if not len(others):
        return ""
    users = np.bincount(graph.provider[behind], minlength=graph.size)
    ranked = sorted(found, key=lambda n: (-users[n], graph.names[n]))
    named = [f"{clip(graph.names[n], 60)} ({users[n]:,})" for n in ranked[:_SHOWN]]
    more = len(ranked) - len(named)
    named += [f"{more:,} more"] if more else []
    depend = "1 other depends" if len(others) == 1 else f"{len(others):,} others depend"
    return (
        f"Not counted: {depend} on names like it: {join(named)}; `knockon aliases` tells which "
        "may be one."
    )


def _find_look_alikes(prepared: Prepared) -> list[int]:
    """Numbers of entities that are used, not within reach, and called much as an origin is."""
    graph = prepared.graph
    failing = [graph.find(o.id) for o in prepared.scenario.origins]
    known = {*prepared.nodes.entity.tolist(), *failing}
    known |= {int(p) for p in graph.provider[np.isin(graph.dependent, failing)]}
    known |= {graph.find(i) for i in _list_parents(graph, failing)}
    patterns = [p for n in failing for p in _list_patterns(graph.names[n])]
    if not patterns:
        return []
    names = graph.entities["name"]
    lower = names.str.to_lowercase()
    match = np.zeros(len(names), np.bool_)
    for pattern, cased in patterns:
        match |= (names if cased else lower).str.contains(pattern).to_numpy()
    used = np.zeros(graph.size, np.bool_)
    used[graph.provider] = True
    return [n for n in np.flatnonzero(match & used).tolist() if n not in known]


def _list_parents(graph: DependencyGraph, failing: list[int]) -> list[str]:
    parents = graph.entities["parent"].gather(failing).drop_nulls()
    return [p for p in parents.to_list() if graph.entities["id"].index_of(p) is not None]


def _list_patterns(name: str) -> list[tuple[str, bool]]:
    """What names like this one hold, and whether upper and lower case matter: its words, without
    legal forms and brackets; the words that it is the initials of; its own initials."""
    words = [w for w in re.split(r"[^\w&.-]+", re.sub(r"\(.*?\)", " ", name.lower())) if w]
    while len(words) > 1 and words[-1].strip(".") in _LEGAL:
        words.pop()
    words = [w.strip(".") for w in words]
    if not words or not any(c.isalpha() for c in words[0]) or len("".join(words)) < 3:
        return []
    whole = r"[\s,]+".join(re.escape(w) for w in words)
    patterns = [(f"{_BEFORE}{whole}{_AFTER}", False)]
    if len(words) == 1 and _ACRONYM.fullmatch(words[0]) and len(words[0]) > 2:
        patterns.append((rf"^{' '.join(c + r'[a-z]+' for c in words[0])}{_AFTER}", False))
    if len(words) > 2:
        initials = "".join(w[0] for w in words).upper()
        patterns.append((f"{_BEFORE}{re.escape(initials)}{_AFTER}", True))
    return patterns
