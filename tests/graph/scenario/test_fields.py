"""The table of fields: one spelling, from which Scenario, keywords and JSON are made."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest

from knockon.graph.errors import ScenarioError
from knockon.graph.model.hours import Hours
from knockon.graph.scenario.field import Bounds, Field
from knockon.graph.scenario.fields import FIELDS, VIEW, Options, find_field
from knockon.graph.scenario.kinds import NUMBER, parse_bytes
from knockon.graph.scenario.modes import load_shipped_rules
from knockon.graph.scenario.origins import Origin
from knockon.graph.scenario.rollout import Ring
from knockon.graph.scenario.scenario import Scenario

EVERY = pytest.mark.parametrize("field", [*FIELDS, *VIEW], ids=lambda f: f.name)


def test_scenario_options_and_table_name_the_same() -> None:
    """A field is in the table, in `Options`, and (severity: of each origin) in Scenario."""
    names = {f.name for f in FIELDS}
    assert set(Options.__annotations__) == names - {"origins"}
    assert {f.name for f in dataclasses.fields(Scenario)} == names - {"severity"}


def test_the_defaults_of_a_scenario_are_those_of_the_table() -> None:
    """Whatever is left out is what the table says."""
    scenario = Scenario((Origin("A"),))
    for field in FIELDS:
        if not field.required and field.name != "severity":
            assert getattr(scenario, field.name) == field.check(field.default), field.name
    assert Origin("A").severity == find_field("severity").default


@EVERY
def test_a_field_has_words(field: Field) -> None:
    """One line of help that is a sentence; what null means where it may be null."""
    assert field.help.endswith(".")
    assert "\n" not in field.help
    assert field.help[0].isupper()
    assert field.required or field.default is not None or field.null


@EVERY
def test_a_default_keeps_to_its_own_bounds_and_limits(field: Field) -> None:
    """And comes back from plain JSON as it was."""
    if field.required:
        return
    value = field.limit().check(field.default)
    assert field.check(field.dump(value)) == value


@pytest.mark.parametrize(
    ("name", "text", "value", "plain"),
    [
        ("mode", "bad_update", "bad_update", "bad_update"),
        ("hours", "2..72", Hours(2.0, 72.0), "2..72"),
        ("hours", " 4 ", Hours(4.0, 4.0), 4.0),
        ("rollout", "1%@0,100%@4", (Ring(0.01, 0.0), Ring(0.99, 4.0)), "1%@0,100%@4"),
        ("halt", "0.5", 0.5, 0.5),
        ("worlds", "64", 64, 64),
        ("worlds", "64.0", 64, 64),
        ("seed", "-3", -3, -3),
        ("protect", "A", ("A",), ["A"]),
        ("memory", "8G", 8 * 2**30, 8 * 2**30),
        ("origins", "A", (Origin("A"),), [{"id": "A", "severity": 1.0}]),
    ],
)
def test_a_kind_is_read_from_text_and_written_as_json(
    name: str, text: str, value: object, plain: object
) -> None:
    """Once for every door; what is written is read again."""
    field = find_field(name)
    assert field.parse(text) == value
    assert field.dump(value) == plain
    assert field.check(plain) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("assume", 2, "assume: expected a number from 0 to 1, got 2"),
        ("assume", "0.5", "assume: expected a number from 0 to 1, got '0.5'"),
        ("assume", None, "assume: expected a number from 0 to 1, got None"),
        ("severity", 0, "severity: expected a number above 0, at most 1, got 0"),
        ("worlds", 1.5, "worlds: expected a whole number of at least 1, got 1.5"),
        ("worlds", True, "worlds: expected a whole number of at least 1, got True"),
        ("halt", -1, "halt: expected a number of hours from 0 to 10,000,000, got -1"),
        ("precision", 1, "precision: expected a standard error from 1e-05 to 1, 1 excluded, got 1"),
        ("mode", "outrage", "unknown mode 'outrage'; did you mean 'outage'?"),
        ("mode", None, "mode: expected outage, bad_update, compromise or withdrawal, got None"),
        ("hours", [4], "hours: expected a number above 0, at most 10,000,000, or a range such as "
         "2..72, got [4]"),
        ("memory", 0, "memory: expected a size such as 8G, or a number of bytes, got 0"),
        ("memory", "much", "memory: expected a size such as 8G, or a number of bytes, "
         "got 'much'"),
        ("rules", [("outage", "uses")], "rules: expected rows of mode, relation, becomes, got "
         "[('outage', 'uses')]"),
    ],
)  # fmt: skip
def test_every_refusal_is_of_one_form(name: str, value: object, message: str) -> None:
    """The field, what was expected, what came."""
    with pytest.raises(ScenarioError) as caught:
        find_field(name).check(value)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["", "x", "1_000", "١", "0x10", "1e3", "2.5", "nan", "1" * 5000])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    """Python would read some of these; nobody else does."""
    with pytest.raises(ScenarioError, match="worlds: expected a whole number of at least 1, got"):
        find_field("worlds").parse(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "9_9"])
def test_a_number_without_bounds_is_finite_all_the_same(value: Any) -> None:
    """Not even a whole number that no float can hold."""
    field = Field("toy", NUMBER, "A toy.", null="nothing")
    with pytest.raises(ScenarioError, match="toy: expected a number, got"):
        field.parse(value) if isinstance(value, str) else field.check(value)


def test_limits_are_narrower_than_bounds() -> None:
    """What is possible is more than what a client or a file may ask for."""
    worlds = find_field("worlds")
    assert worlds.check(100_001) == 100_001
    with pytest.raises(ScenarioError, match="a whole number from 1 to 100,000, got 100001"):
        worlds.limit().check(100_001)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(), ""),
        (Bounds(0, 1), " from 0 to 1"),
        (Bounds(0, 1, above=True), " above 0, at most 1"),
        (Bounds(0, 1, above=True, below=True), " above 0, below 1"),
        (Bounds(0.5, 1, below=True), " from 0.5 to 1, 1 excluded"),
        (Bounds(1), " of at least 1"),
        (Bounds(1, above=True), " above 1"),
    ],
)
def test_bounds_hold_what_they_say(bounds: Bounds, words: str) -> None:
    """An end that is left out is said to be, and is."""
    assert str(bounds) == words
    assert (bounds.low in bounds) != bounds.above
    assert (bounds.high in bounds) != bounds.below


@pytest.mark.parametrize(
    ("text", "size"),
    [("8G", 8 * 2**30), ("512 MiB", 2**29), ("1.5k", 1536), ("100", 100), ("2tb", 2**41)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    """Units are powers of 1,024, in any case, with or without a B."""
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "G", "-1G", "1e9", "9" * 400, "0"])
def test_other_sizes_are_refused(text: str) -> None:
    """What is no size is an error that shows one."""
    with pytest.raises(ScenarioError, match="expected a size such as 8G or 512M"):
        parse_bytes(text)


def test_rules_of_ones_own_are_written_and_the_shipped_ones_are_null() -> None:
    """As rows; null stands for those that ship."""
    field = find_field("rules")
    assert field.dump(load_shipped_rules()) is None
    assert field.check(None) == load_shipped_rules()
    own = (("flood", "uses", "flood"),)
    assert field.check(field.dump(own)) == own


def test_the_table_knows_no_door() -> None:
    """Neither click nor pydantic nor anything of api or loaders comes with it."""
    code = (
        "import sys, knockon.graph.scenario.scenario\n"
        "doors = ('click', 'pydantic', 'fastapi', 'knockon.api', 'knockon.loaders')\n"
        "print([m for m in doors if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
