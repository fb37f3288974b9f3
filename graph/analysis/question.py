"""What was asked, in words: every field of a scenario that is not the default, and of which data.

Two answers to different questions must not look alike: the line stands on every picture, table and
page, and in JSON; what changes the figures stands in the headline, too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from knockon.graph.errors import clip, some
from knockon.graph.model.hours import plain
from knockon.graph.scenario.fields import find_field
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.graph.scenario.questions import find_question
from knockon.graph.scenario.rollout import sum_shares
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.words import join, share_in_full

_PROTECTED = 6  # names of those that nothing hits
_SAFE = 2  # of these in a headline


def describe_question(
    scenario: Scenario, names: Mapping[str, str], *, own: str = "", as_of: str | None,
    hindsight: str | None,
) -> str:  # fmt: skip
    """`Mode bad_update; down for 4 h; nothing hits Okta; data of 2024-07-17.`

    names: of entities by id; own: options of the verb (`describe_own`); as_of, hindsight: of the
    graph. Empty where all are the defaults and nothing is said of the data.
    """
    return make_sentence(list_asked(scenario, names, own=own, as_of=as_of, hindsight=hindsight))


def make_sentence(parts: Sequence[str]) -> str:
    """These parts as a sentence; empty where there is none."""
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:].rstrip('.')}." if said else ""


def list_asked(
    scenario: Scenario, names: Mapping[str, str], *, own: str = "", as_of: str | None,
    hindsight: str | None,
) -> list[str]:  # fmt: skip
    """The parts of `describe_question`."""
    severities = sorted({o.severity for o in scenario.origins}) or [1.0]
    return [
        *([own] if own else []),
        *([f"mode {scenario.mode}"] if _differs(scenario, "mode") else []),
        *([f"severity {' to '.join(_ends(severities))}"] if severities != [1.0] else []),
        *([f"down for {_spell_hours(scenario)}"] if scenario.hours is not None else []),
        *_list_rings(scenario),
        *([f"nothing hits {_name_protected(scenario, names)}"] if scenario.protect else []),
        *([f"unknown counts {scenario.assume:g}"] if _differs(scenario, "assume") else []),
        *([f"strengths from {_name_tables(scenario)}"] if scenario.strengths else []),
        *(["registers also lower strengths"] if scenario.trust_register else []),
        *([f"{scenario.worlds:,} random worlds"] if scenario.sampled else []),
        *([f"precision {scenario.precision:g}"] if scenario.precision is not None else []),
        *([f"seed {scenario.seed}"] if _differs(scenario, "seed") else []),
        *(["rules of the user's own"] if scenario.rules != load_shipped_rules() else []),
        *([f"data of {as_of}"] if as_of else []),
        *([f"written in hindsight: {clip(hindsight, 200)}"] if hindsight else []),
    ]


def describe_own(verb: str, own: Mapping[str, Any]) -> str:
    """`order 2; among enterprise`: the options of a verb that are not the default, as read."""
    said = []
    for field in find_question(verb).fields:
        value = own.get(field.name, field.default)
        if value != field.check(field.default):
            said.append(_say_option(field.name, value))
    return "; ".join(said)


def _say_option(name: str, value: Any) -> str:
    """`budget 5`; of a list its items where they are few names, else that it is one."""
    if isinstance(value, bool):
        return name
    if isinstance(value, int | float):
        return f"{name} {value:g}"
    if isinstance(value, str) and "\n" not in value:
        return f"{name} {clip(value, 60)}"
    if isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
        return f"{name} {some((clip(v, 60) for v in value), 3)}"
    return f"{name} as listed"


def _name_tables(scenario: Scenario) -> str:
    """The tables that fill unknown strengths, in their order."""
    said = {
        "incidents": "past incidents", "calls": "calls that were seen",
        "register": "the words of sources",
    }  # fmt: skip
    return join([said.get(t.name, clip(t.name, 60)) for t in scenario.strengths])


def describe_setting(scenario: Scenario, names: Mapping[str, str]) -> str:
    """What stands behind the verb of a headline: ` for 4 h with Okta protected`; else nothing."""
    lasting = ""
    if scenario.hours is not None:  # the update ends long before the outage that it makes
        word = ", down for" if scenario.mode == "bad_update" else " for"
        lasting = f"{word} {_spell_hours(scenario)}"
    if not scenario.protect:
        return lasting
    safe = [clip(names.get(i) or i, 60) for i in scenario.protect]
    if len(safe) > _SAFE:
        safe = [*safe[: _SAFE - 1], f"{len(safe) - _SAFE + 1:,} more"]
    return f"{lasting}{',' if lasting.startswith(',') else ''} with {join(safe)} protected"


def describe_rings(scenario: Scenario) -> str:
    """` in rings, stopped after 2 h`; nothing without a rollout."""
    if not scenario.rollout:
        return ""
    stopped = "" if scenario.halt is None else f", stopped after {plain(scenario.halt)} h"
    return f" in rings{stopped}" if scenario.hours is None else f", in rings{stopped}"


def describe_data(*, as_of: str | None, hindsight: str | None) -> str:
    """` (data of 2024-07-17; written in hindsight)`, of a graph, at the end of a headline."""
    said = [f"data of {as_of}"] if as_of else []
    said += ["a graph written in hindsight"] if hindsight else []
    return f" ({'; '.join(said)})" if said else ""


def unit_of(unit: str, scenario: Scenario) -> str:
    """The unit of impact: of the weight, with hours times hours down."""
    if scenario.hours is None:
        return unit
    return f"{unit}{',' if ',' in unit else ''} × hours"


def _differs(scenario: Scenario, name: str) -> bool:
    value: Any = getattr(scenario, name)
    return bool(value != find_field(name).default)


def _ends(shares: list[float]) -> list[str]:
    return [share_in_full(s) for s in dict.fromkeys((shares[0], shares[-1]))]


def _spell_hours(scenario: Scenario) -> str:
    hours = scenario.hours
    assert hours is not None
    return (
        f"{plain(hours.low)} h" if hours.known else f"{plain(hours.low)} to {plain(hours.high)} h"
    )


def _list_rings(scenario: Scenario) -> list[str]:
    rings, halt = scenario.rollout, scenario.halt
    reached = zip(sum_shares(rings).tolist(), rings, strict=True)
    steps = [f"{share_in_full(share)} from {plain(r.start_hours)} h on" for share, r in reached]
    stopped = [] if halt is None else [f"stopped at {plain(halt)} h"]
    return [f"rollout to {', '.join(steps)}", *stopped] if steps else []


def _name_protected(scenario: Scenario, names: Mapping[str, str]) -> str:
    safe = [clip(names.get(i) or i, 60) for i in scenario.protect]
    if len(safe) > _PROTECTED:
        safe = [*safe[: _PROTECTED - 1], f"{len(safe) - _PROTECTED + 1:,} more"]
    return join(safe)
