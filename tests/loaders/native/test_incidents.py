"""Incident files: what they hold, and what is said to what they may not hold."""

from pathlib import Path

import pytest

from knockon.graph.analysis.backtest.incidents import Pair
from knockon.graph.errors import InputError
from knockon.graph.scenario.fields import FIELDS
from knockon.graph.scenario.scenario import Origin, Scenario
from knockon.loaders.merge import load_tables
from knockon.loaders.native.incidents import read_incident, read_incidents

WHOLE = """\
title: Fire
date: 2021-03-10
hindsight: no
scenario: {origins: [a, {id: b, severity: 0.5}], mode: outage, hours: 2..8, assume: 0.75}
assumed: [The fire lasted.]
paired:
- {name: p1, root: a, worse: c, better: d, measure: hit, why: spare, source: s1}
sources: {s1: a paper}
entities:
- {id: a}
- {id: b}
- {id: c, reported: hit, attribution: stated, reported_impact: 4, source: s1}
- {id: d, reported: spared, attribution: tracker}
dependencies:
- {dependent: c, provider: a, source: s1}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "fire.yaml"
    path.write_text(text)
    return path


def faults(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as error:
        read_incident(write(folder, text))
    return error.value.faults


def test_the_whole_file(tmp_path: Path) -> None:
    """Scenario, tests and assumptions, with values of their kind."""
    found = read_incident(write(tmp_path, WHOLE))
    assert found.scenario == {
        "origins": ["a", {"id": "b", "severity": 0.5}],
        "mode": "outage",
        "hours": "2..8",
        "assume": 0.75,
    }
    assert found.paired == (Pair("p1", "a", "c", "d", "hit", "spare", "s1"),)
    assert found.assumed == ("The fire lasted.",)
    assert (found.name, found.title, found.date) == ("fire", "Fire", "2021-03-10")
    assert found.hindsight is None


def test_a_scenario_may_state_whatever_a_request_may(tmp_path: Path) -> None:
    """The same names, read to plain JSON that a Scenario takes."""
    stated = """scenario:
  origins: [a]
  mode: bad_update
  hours: 4
  rollout: 1%@0,100%@4
  halt: 2
  precision: 0.01
  worlds: null
  seed: 7
  protect: [d]
  severity: 0.5
"""
    rest = WHOLE[: WHOLE.index("scenario:")] + stated + WHOLE[WHOLE.index("assumed:") :]
    found = read_incident(write(tmp_path, rest)).scenario
    scenario = Scenario.from_dict(found)
    assert scenario.origins == (Origin("a", 0.5),)
    assert (scenario.precision, scenario.seed, scenario.protect) == (0.01, 7, ("d",))
    assert found["rollout"] == "1%@0,100%@4"
    assert set(found) <= {f.name for f in FIELDS if f.remote}


def test_hindsight_is_the_rule(tmp_path: Path) -> None:
    """A file that does not say when its dependencies were known counts as hindsight."""
    silent = read_incident(write(tmp_path, WHOLE.replace("hindsight: no\n", "")))
    assert silent.hindsight == "the file does not say when its dependencies were known"
    told = read_incident(write(tmp_path, WHOLE.replace("hindsight: no", "hindsight: of course")))
    assert told.hindsight == "of course"


def test_it_is_an_ordinary_graph_too(tmp_path: Path) -> None:
    """`whatif` and `load` read it, and note what they do not use."""
    tables = load_tables([write(tmp_path, WHOLE)])
    assert tables.entities["id"].to_list() == ["a", "b", "c", "d"]
    (note,) = [str(f) for f in tables.report if f.action == "note"]
    assert "4: keys that only `knockon backtest` reads" in note


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("measure: hit", "measure: luck", "fire.yaml:7: paired: unknown measure 'luck'"),
        ("worse: c", "worse: cc", "fire.yaml:7: paired 'p1': worse: no entity 'cc'"),
        ("root: a, ", "", "fire.yaml:7: paired: expected `root`"),
        ("why: spare", "reason: spare", "fire.yaml:7: paired: unknown key 'reason'"),
        ("spare, source: s1", "spare, source: s9", "fire.yaml:7: paired 'p1': no source 's9'"),
        ("4, source: s1", "4, source: s2", "fire.yaml:12: source 's2' is not among the `sources`"),
        ("a, source: s1", "a, source: s3", "fire.yaml:15: source 's3' is not among the `sources`"),
        ("reported: hit", "reported: hut", "fire.yaml:12: reported: unknown word 'hut'"),
        ("attribution: tracker", "x: y", "fire.yaml:13: reported 'spared', but no attribution"),
        ("attribution: stated", "attribution: me", "fire.yaml:12: attribution: unknown word 'me'"),
        ("impact: 4", "impact: 5", "fire.yaml:12: reported_impact: expected a number from 0 to 4"),
        ("impact: 4", "recovery_hours: nan", "fire.yaml:12: reported_recovery_hours: expected"),
        ("mode: outage", "modus: outage", "fire.yaml:4: scenario: unknown key 'modus'"),
        ("0.75", "[1]", "fire.yaml:4: scenario: assume: expected a number from 0 to 1, got ['1']"),
        ("mode: outage", "worlds: 9000000", "fire.yaml:4: scenario: worlds: expected a whole "),
        ("severity: 0.5", "severity: x", "fire.yaml:4: scenario: severity of 'b': expected a "),
        ("origins: [a,", "origins: [[a],", "fire.yaml:4: scenario: origin: expected the id or"),
        ("mode: outage", "seed: null", "fire.yaml:4: scenario: seed: expected a whole number"),
        ("mode: outage", "mode: flood", "fire.yaml:4: scenario: unknown mode 'flood'"),
        ("hours: 2..8", "hours: 8..2", "fire.yaml:4: scenario: hours: expected a number above 0"),
        ("mode: outage", "protect: d", "fire.yaml:4: scenario: protect: expected ids or names of"),
        ("[The fire lasted.]", "{a: b}", "fire.yaml:5: assumed: expected a list of texts"),
        ("date: 2021-03-10", "date: [1]", "fire.yaml:2: date: expected text"),
        ("hindsight: no", "hindsite: no", "fire.yaml:3: unknown key 'hindsite'"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """What was expected, what came, and where."""
    assert old in WHOLE
    assert any(f.startswith(fault) for f in faults(tmp_path, WHOLE.replace(old, new)))


def test_no_scenario(tmp_path: Path) -> None:
    """An ordinary graph is no incident."""
    text = "entities: [{id: a, reported: hit, attribution: press}]\ndependencies: []\n"
    found = faults(tmp_path, text)
    assert found == ("fire.yaml:1: scenario: expected a mapping with `origins`",)


def test_all_faults_of_all_files(tmp_path: Path) -> None:
    """One error tells them all; a folder without incidents is one as well."""
    with pytest.raises(InputError, match="expected incidents as"):
        read_incidents(tmp_path)
    with pytest.raises(InputError, match="expected a folder of incidents, found none"):
        read_incidents(tmp_path / "absent")
    with pytest.raises(InputError, match="found a file: name the folder around it"):
        read_incidents(Path(__file__))
    (tmp_path / "a-folder.yaml").mkdir()
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_incidents(tmp_path)
    (tmp_path / "a-folder.yaml").rmdir()
    for name in ("one.yaml", "two.yml"):
        (tmp_path / name).write_text(WHOLE.replace("hit, why", "luck, why"))
    (tmp_path / "README.md").write_text("not an incident")
    with pytest.raises(InputError) as error:
        read_incidents(tmp_path)
    assert [f.split(":")[0] for f in error.value.faults] == ["one.yaml", "two.yml"]


def test_counts_are_rows_of_the_evidence_or_ones_own(tmp_path: Path) -> None:
    """The middle of what a source says; a share where there are no counts."""
    own = "{mode: outage, relation: uses, exposed: 40, hit: 31, what: tenants, source: a report}"
    text = WHOLE.replace("paired:", f"counted: [b01, o24, {own}]\npaired:")
    first, second, third = read_incident(write(tmp_path, text)).counted
    assert (first.event, first.mode, first.exposed, first.hit) == (
        "crowdstrike-2024", "bad_update", 298, 124.5,
    )  # fmt: skip
    assert (second.share, second.exposed, second.hit) == (0.85, None, None)
    assert (third.event, third.share, third.what) == ("", 31 / 40, "tenants")


@pytest.mark.parametrize(
    ("counted", "message"),
    [
        ("[b1]", "fire.yaml:6: counted: no row 'b1' in the shipped evidence"),
        ("[{mode: outage, exposed: 4, source: s}]", "expected `hit`"),
        ("[{mode: outage, exposed: 4, hit: 5, source: s}]", "at most as many hit, got '5' of '4'"),
        ("[{mode: outage, exposed: x, hit: 5, source: s}]", "got '5' of 'x'"),
        ("[{mode: outage, exposed: 4, hits: 5, source: s}]", "unknown key 'hits'; did you mean"),
        ("[[b01]]", "expected an id of the shipped evidence, or a mapping"),
        ("b01", "counted: expected a list"),
    ],
)
def test_counts_that_cannot_be_are_told(tmp_path: Path, counted: str, message: str) -> None:
    (fault,) = faults(tmp_path, WHOLE.replace("paired:", f"counted: {counted}\npaired:"))
    assert message in fault


def test_a_day_is_one_that_can_be_put_in_order(tmp_path: Path) -> None:
    """Or a month; words are refused, and so are figures of nothing."""
    assert read_incident(write(tmp_path, WHOLE.replace("2021-03-10", "2021-03"))).date == "2021-03"
    found = faults(tmp_path, WHOLE.replace("2021-03-10", "10 March 2021"))
    assert found == (
        "fire.yaml:2: date: expected a day such as 2024-07-19, got '10 March 2021'",
    )  # fmt: skip
    hours = WHOLE.replace("reported_impact: 4", "reported_recovery_hours: two weeks")
    assert faults(tmp_path, hours) == (
        "fire.yaml:12: reported_recovery_hours: expected a number of hours, got 'two weeks'",
    )
