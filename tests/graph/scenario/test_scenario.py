"""A scenario: keywords with names that are checked, and plain JSON that comes back the same."""

import inspect
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import knockon
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import KnockonError, ScenarioError
from knockon.graph.scenario.fields import FIELDS
from knockon.graph.scenario.origins import ALONE, NAMED, WHOLE
from knockon.graph.scenario.scenario import Origin, Scenario
from knockon.loaders.formats import ReaderOptions
from tests.toys import dep, graph_of

HOURS = st.floats(0.001, 1e6)
RULES = (("outage", "uses", "flood"), ("flood", "uses", "flood"))


@st.composite
def rollouts(draw: st.DrawFn) -> list[tuple[float, float]]:
    """Rings of any shares, thirds among them, that start one after another."""
    parts = draw(st.lists(st.integers(1, 50), min_size=1, max_size=6))
    starts = draw(st.lists(HOURS, min_size=len(parts), max_size=len(parts), unique=True))
    return [(p / sum(parts), start) for p, start in zip(parts, sorted(starts), strict=True)]


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario, on no graph."""
    options: dict[str, Any] = {"mode": draw(st.sampled_from(("outage", "compromise", "flood")))}
    options["rules"] = RULES if options["mode"] == "flood" else None
    if draw(st.booleans()):
        options |= {"mode": "bad_update", "rules": None, "rollout": draw(rollouts())}
        options["halt"] = draw(st.none() | HOURS)
    low, high = sorted((draw(HOURS), draw(HOURS)))
    options["hours"] = draw(st.sampled_from((None, low, (low, high))))
    options[draw(st.sampled_from(("worlds", "memory")))] = draw(st.none() | st.integers(1, 10**9))
    if options.get("worlds") is None:
        options["precision"] = draw(st.none() | st.floats(1e-5, 0.9))
    names = draw(st.lists(st.text(min_size=1), min_size=2, max_size=5, unique=True))
    stands_for = st.sampled_from((ALONE, WHOLE, NAMED))
    origins = [Origin(n, draw(st.floats(0.01, 1)), draw(stands_for)) for n in names[1:]]
    assume, seed = draw(st.floats(0, 1)), draw(st.integers())
    return Scenario(tuple(origins), protect=(names[0],), assume=assume, seed=seed, **options)


@given(scenarios())
def test_a_scenario_comes_back_from_its_json(scenario: Scenario) -> None:
    """As it was, through text, whatever it holds."""
    data = json.loads(json.dumps(scenario.to_dict(), allow_nan=False))
    assert Scenario.from_dict(data) == scenario
    assert Scenario.from_dict(data).to_dict() == data


def test_the_json_holds_every_field_in_the_order_of_the_table() -> None:
    """Every default filled in; severities stand with the origins."""
    data = Scenario((Origin("A"),)).to_dict()
    assert [*data] == [f.name for f in FIELDS if f.name != "severity"]
    assert data == {
        "origins": [{"id": "A", "severity": 1.0}], "mode": "outage", "hours": None,
        "rollout": None, "halt": None, "assume": 0.5, "strengths": [],
        "trust_register": False, "worlds": None, "precision": None, "seed": 0, "protect": [],
        "memory": None, "on": None, "plan": "auto", "on_folder": None, "resume": False,
        "rules": None,
    }  # fmt: skip


def test_json_may_leave_out_all_but_what_fails() -> None:
    """Names are texts or objects; `severity` is that of origins that state none."""
    data = {"origins": ["A", {"id": "B", "severity": 0.5, "name": "Bee"}], "severity": 0.25}
    assert Scenario.from_dict(data) == Scenario((Origin("A", 0.25), Origin("B", 0.5)))


@pytest.mark.parametrize(
    ("more", "worlds"),
    [
        ({}, 64),
        ({"exact": None}, 64),
        ({"exact": False}, 64),
        ({"exact": True}, None),
        ({"exact": False, "precision": 0.1}, None),
    ],
)
def test_worlds_of_an_answer_are_asked_for_only_where_they_were(
    more: dict[str, Any], worlds: int | None
) -> None:
    """An answer tells how many were looked at; whether they were asked for, `exact` and
    `precision` tell."""
    data = {"origins": ["A"], "worlds": 64, **more}
    assert Scenario.from_dict(data).worlds == worlds


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "origins: expected at least one entity that fails, got none"),
        ({"origins": ["A"], "hour": 4}, "scenario: unknown key 'hour'; did you mean 'hours'?"),
        ({"origins": ["A"], "seed": None}, "seed: expected a whole number, got None"),
        ({"origins": ["A"], "exact": "yes"}, "exact: expected true or false, got 'yes'"),
        ({"origins": ["A"], "severity": "x"}, "severity of 'A': expected a number above 0, at "
         "most 1, got 'x'"),
    ],
)  # fmt: skip
def test_json_that_is_no_scenario_is_refused(data: dict[str, Any], message: str) -> None:
    """With the nearest name, or what was expected."""
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_dict(data)
    assert str(caught.value) == message


def test_a_wrong_keyword_is_an_error_of_ours_with_the_nearest_name() -> None:
    """Of `whatif`, of `Scenario.of` and of `load`; not a TypeError."""
    graph = graph_of(dep("B", "A"))
    calls = {
        "whatif: no option 'hour'; did you mean 'hours'?": lambda: whatif(graph, "A", hour=4),
        "Scenario: no option 'asume'; did you mean 'assume'?": lambda: Scenario.of(
            graph, "A", asume=1
        ),
        "load: no option 'mappings'; did you mean 'mapping'?": lambda: knockon.load(
            "nowhere", mappings={}
        ),
    }
    for message, call in calls.items():
        with pytest.raises(KnockonError) as caught:
            call()
        assert str(caught.value) == message


def test_options_beside_a_scenario_are_refused() -> None:
    """None of them is dropped in silence."""
    graph = graph_of(dep("B", "A"))
    with pytest.raises(ScenarioError, match="hours: expected it in the scenario, got both"):
        whatif(graph, Scenario((Origin("A"),)), hours=4)


def test_help_shows_every_keyword_with_its_default_and_its_bounds() -> None:
    """As `help` and notebooks show them: made from the table."""
    for function in (knockon.whatif, Scenario.of):
        shown = inspect.signature(function).parameters
        text = inspect.getdoc(function) or ""
        for field in FIELDS[1:]:
            assert shown[field.name].kind is inspect.Parameter.KEYWORD_ONLY
            assert shown[field.name].default == field.default
            assert f"{field.name}: {field.help[:20]}" in text
        assert "[from 0 to 10,000,000; default: never]" in text.replace("\n    ", " ")
        assert "{options}" not in text
        assert all(len(line) <= 100 for line in text.splitlines())


def test_load_takes_every_option_of_a_reader_and_says_what_it_does() -> None:
    """By name, with a line in its help."""
    shown = inspect.signature(knockon.load).parameters
    text = inspect.getdoc(knockon.load) or ""
    for name in ReaderOptions.__annotations__:
        assert shown[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"\n{name}: " in text
