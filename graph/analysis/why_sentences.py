"""Why a target is hit, in sentences that a person would forward."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from knockon.graph.analysis.answer import Head
from knockon.graph.analysis.question import describe_rings, describe_setting
from knockon.graph.analysis.sentences import describe_failure
from knockon.graph.errors import clip, some
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.strengths import INCIDENTS
from knockon.graph.words import chance, join, percent, relation_name

_NAMED = 5  # in a sentence
LONGEST = 120  # letters of a name: more than registers have, so that none of theirs is cut


def name_all(
    graph: DependencyGraph, ids: set[str], saved_by: Sequence[dict[str, Any]] = ()
) -> dict[str, str]:
    ids |= {i for s in saved_by for i in s.get("entities", ())}
    ids |= {i for s in saved_by for ends in s.get("dependencies", ()) for i in ends}
    numbers = sorted(graph.find(i) for i in ids)
    return {graph.ids[n]: graph.names[n] for n in numbers}


def find_kinds(graph: DependencyGraph, ids: Iterable[str]) -> dict[str, str]:
    """The kind of each, by id."""
    numbers = sorted(graph.find(i) for i in ids)
    found = graph.entities["kind"].gather(numbers).to_list() if numbers else []
    return {graph.ids[n]: kind for n, kind in zip(numbers, found, strict=True)}


def name_failing(head: Head) -> str:
    scenario = head["scenario"]
    names = dict(zip(scenario.protect, head["safe_names"], strict=True))
    shares = [o.severity for o in scenario.origins]
    failing = describe_failure(scenario.mode, head["names"], shares)
    return f"{failing}{describe_setting(scenario, names)}{describe_rings(scenario)}"


def write_headline(
    failing: str, target: dict[str, Any], rows: pl.DataFrame, sources: Mapping[str, int], *,
    complete: bool,
) -> str:  # fmt: skip
    """complete: there are no other ways than those in the rows."""
    figures = ("probability_low", "probability", "probability_high", "std_error")
    likely = chance(*(target[name] for name in figures))
    ways = f"{rows.height:,} way" + ("s" if rows.height != 1 else "")
    if not complete:
        ways = f"more than {ways}" if rows.height else "ways that are not shown"
    typical = ", as was typical of past incidents" if sources.get(INCIDENTS) else ""
    return f"If {failing}: {clip(target['name'], LONGEST)} is hit with {likely}{typical}, by {ways}"


def write_sentences(
    graph: DependencyGraph, target: dict[str, Any], rows: pl.DataFrame, dominators: list[str],
    saved_by: list[dict[str, Any]],
) -> Iterator[str]:  # fmt: skip
    """What a person would forward."""
    names = dict(zip(graph.ids, graph.names, strict=True))

    def name(identifier: str) -> str:
        return clip(names.get(identifier, identifier), LONGEST)

    repeated: set[str] = set()
    for number, row in enumerate(rows.head(3).iter_rows(named=True)):
        steps = [
            f"{name(s['dependent'])} {relation_name(s['relation'])} {name(s['provider'])} "
            f"({_say_strength(s)})"
            for s in reversed(row["steps"])
        ]
        lead = "" if number == 0 else "Another way: "
        yield f"{lead}{'; '.join(steps)}."
        for group in row["groups"]:
            lost = some([name(i) for i in group["lost"]])
            left = some([name(i) for i in group["left"]])
            of = len(group["lost"]) + len(group["left"])
            said = (
                f"{name(group['dependent'])} needs {group['needs']} of its {of} "
                f"{clip(group['group'], 40)}: {lost} can be lost"
                + (f", {left} cannot." if left else ", and nothing is left.")
            )
            if said not in repeated:
                repeated.add(said)
                yield said
    if dominators:
        which = _join([name(i) for i in dominators])
        alone = "each of them alone" if len(dominators) > 1 else "it alone"
        yield f"Every way needs {which}: {alone}, made safe, would save it."
    smallest = [s for s in saved_by if "entities" in s]
    if smallest and len(smallest[0]["entities"]) > 1:
        together = _join([name(i) for i in smallest[0]["entities"]])
        yield f"No single entity would save it; {together} together would."
    elif not smallest:
        alone = clip(target["name"], LONGEST)
        yield f"{alone} depends on what fails directly: nobody else saves it."


def _join(names: Sequence[str]) -> str:
    """All where they are few, else the first and how many more."""
    return join(names) if len(names) <= _NAMED else some(names, _NAMED)


def _say_strength(step: dict[str, Any]) -> str:
    if step["strength_source"] == "none":
        return "strength unknown"
    if step["strength_source"] != "stated":
        ends = f"{percent(step['strength_low'])} to {percent(step['strength_high'])}"
        said = {"incidents": "typical of past incidents", "own table": "by your own table"}
        where = said.get(step["strength_source"], f"by the {step['strength_source']}")
        return f"{percent(step['strength'])} ({ends}) {where}"
    source = f", {clip(step['source'], LONGEST)}" if step["source"] else ""
    return f"stated as {percent(step['strength_low'])}{source}"
