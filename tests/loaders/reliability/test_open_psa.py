"""Open-PSA models: fault trees as entities and groups, and every fault with its line."""

import re
from pathlib import Path

import pytest

import knockon as ko
from knockon.graph.analysis.cuts import cuts
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.registry import find_format

TREE = """<?xml version="1.0"?>
<opsa-mef name="plant">
  <define-fault-tree name="tree">
    <define-gate name="top"><label>No cooling</label>
      <or><gate name="pumps"/><event name="power"/><house-event name="flood"/></or>
    </define-gate>
    <define-gate name="pumps">
      <atleast min="2">
        <basic-event name="p1"/><basic-event name="p2"/>
        <and><basic-event name="p3"/><event name="power" type="basic-event"/></and>
      </atleast>
    </define-gate>
    <define-house-event name="flood"><constant value="false"/></define-house-event>
    <define-basic-event name="power"><parameter name="rate"/></define-basic-event>
  </define-fault-tree>
  <model-data>
    <define-parameter name="rate">
      <mul><float value="0.5"/><float value="2e-4"/></mul>
    </define-parameter>
    <define-basic-event name="p1"><float value="0.01"/></define-basic-event>
    <define-basic-event name="p2">
      <exponential><float value="1e-3"/><int value="20"/></exponential>
    </define-basic-event>
    <define-basic-event name="p3">
      <lognormal-deviate>
        <float value="0.03"/><float value="3"/><float value="0.95"/>
      </lognormal-deviate>
    </define-basic-event>
  </model-data>
</opsa-mef>"""

COMMON = """<opsa-mef>
  <define-fault-tree name="two_train">
    <define-gate name="top"><and><gate name="A"/><gate name="B"/></and></define-gate>
    <define-gate name="A"><or><basic-event name="valve1"/><event name="pump1"/></or></define-gate>
    <define-gate name="B"><or><basic-event name="valve2"/><event name="pump2"/></or></define-gate>
  </define-fault-tree>
  {groups}
</opsa-mef>"""


def load(folder: Path, text: str) -> DependencyGraph:
    (folder / "model.xml").write_text(text, encoding="utf-8")
    return ko.load(folder / "model.xml")


def probabilities(graph: DependencyGraph) -> dict[str, float | None]:
    return dict(graph.entities.select("id", "failure_probability").rows())


def test_a_tree_becomes_entities_and_groups(tmp_path: Path) -> None:
    """Gates over events; a formula in a formula is a gate of its own; probabilities evaluated."""
    graph = load(tmp_path, TREE)
    assert find_format(tmp_path / "model.xml").name == "open_psa"
    assert dict(graph.entities.select("id", "kind").rows()) == {
        "flood": "house_event", "p1": "basic_event", "p2": "basic_event", "p3": "basic_event",
        "power": "basic_event", "pumps": "gate", "pumps/3": "gate", "top": "gate",
    }  # fmt: skip
    assert graph.entities.filter(id="top")["name"].to_list() == ["No cooling"]
    found = probabilities(graph)
    assert found["power"] == pytest.approx(1e-4)
    assert found["p2"] == pytest.approx(0.0198013266932447)
    assert (found["p1"], found["p3"], found["flood"], found["top"]) == (0.01, 0.03, 0.0, None)
    rows = graph.dependencies.filter(dependent="pumps").select("provider", "group", "needs").rows()
    assert rows == [("p1", "atleast", 2), ("p2", "atleast", 2), ("pumps/3", "atleast", 2)]
    assert (graph.dependencies["probability"] == 1).all()


def test_its_cut_sets_are_those_worked_by_hand(tmp_path: Path) -> None:
    """Power alone (the false house event is none), or both pumps."""
    answer = cuts(load(tmp_path, TREE), "No cooling", order="all")
    assert answer.rows["members"].to_list() == [["power"], ["p1", "p2"]]
    p1, p2, power = 0.01, 0.0198013266932447, 1e-4
    exact = 1 - (1 - power) * (1 - p1 * p2)
    assert answer.target_probability == pytest.approx(exact, rel=1e-12)


def test_a_house_event_that_is_true_is_a_fact(tmp_path: Path) -> None:
    """The top is there whatever else happens."""
    answer = cuts(load(tmp_path, TREE.replace('"false"', '"true"')), "top")
    assert answer.rows["members"].to_list() == [[]]
    assert answer.target_probability == 1


def test_components_have_names_of_their_own(tmp_path: Path) -> None:
    """A private event is known by its path, from the inside out."""
    text = """<opsa-mef><define-fault-tree name="ft">
      <define-gate name="top"><and><gate name="c.root"/><basic-event name="e"/></and></define-gate>
      <define-component name="c" role="private">
        <define-gate name="root"><or><basic-event name="e"/><gate name="inner"/></or></define-gate>
        <define-gate name="inner"><basic-event name="x"/></define-gate>
        <define-basic-event name="e"><float value="0.1"/></define-basic-event>
        <define-basic-event name="x" role="public"><float value="0.2"/></define-basic-event>
      </define-component>
      <define-basic-event name="e"><float value="0.3"/></define-basic-event>
    </define-fault-tree></opsa-mef>"""
    graph = load(tmp_path, text)
    assert cuts(graph, "top").rows["members"].to_list() == [["e", "x"], ["e", "ft.c.e"]]


@pytest.mark.parametrize(
    ("groups", "top"),
    [
        ('<define-CCF-group name="P" model="beta-factor"><members><basic-event name="pump1"/>'
         '<basic-event name="pump2"/></members><distribution><float value="0.1"/></distribution>'
         '<factor level="2"><float value="0.2"/></factor></define-CCF-group>', None),
        ('<define-CCF-group name="P" model="MGL"><members><basic-event name="pump1"/>'
         '<basic-event name="pump2"/></members><distribution><float value="0.1"/></distribution>'
         '<factors><factor level="2"><float value="0.2"/></factor></factors></define-CCF-group>',
         None),
        ('<define-CCF-group name="P" model="alpha-factor"><members><basic-event name="pump1"/>'
         '<basic-event name="pump2"/></members><distribution><float value="0.1"/></distribution>'
         '<factors><factor level="1"><float value="0.8888888888888888"/></factor><factor level="2">'
         '<float value="0.1111111111111111"/></factor></factors></define-CCF-group>', None),
        ('<define-CCF-group name="P" model="phi-factor"><members><basic-event name="pump1"/>'
         '<basic-event name="pump2"/></members><distribution><float value="0.1"/></distribution>'
         '<factors><factor level="1"><float value="0.8"/></factor><factor level="2">'
         '<float value="0.2"/></factor></factors></define-CCF-group>', None),
    ],
)  # fmt: skip
def test_a_common_cause_is_an_event_of_its_own(
    groups: str, top: float | None, tmp_path: Path
) -> None:
    """Of two, the four models agree where their factors say the same: exact, by hand."""
    graph = load(tmp_path, COMMON.format(groups=groups))
    found = probabilities(graph)
    assert found["[pump1]"] == pytest.approx(0.08)
    assert found["[pump1 pump2]"] == pytest.approx(0.02)
    answer = cuts(graph, "top", among=["[pump1]", "[pump2]", "[pump1 pump2]"])
    assert answer.rows["members"].to_list() == [["[pump1 pump2]"], ["[pump1]", "[pump2]"]]
    assert answer.target_probability == pytest.approx(1 - 0.98 * (1 - 0.08**2))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('<gate name="pumps"/>', '<gate name="pump"/>',
         "model.xml: line 5: gate 'pump' is not defined; did you mean 'pumps'?"),
        ('<house-event name="flood"/>', '<not><house-event name="flood"/></not>',
         "line 5: gate 'top/3': <not> is not read: the tree is not coherent"),
        ("<or>", "<xor>", "line 5: gate 'top': <xor> is not read: the tree is not coherent"),
        ('min="2"', 'min="4"', "line 8: <atleast> of gate 'pumps': expected min from 1 to 3"),
        ('min="2"', 'min="many"', "line 8: <atleast> of gate 'pumps': expected a whole number"),
        ('value="0.01"', 'value="1.5"', "expected a probability from 0 to 1, got 1.5"),
        ('value="0.01"', 'value="x"', "<float>: expected a number as its value, got 'x'"),
        ('<parameter name="rate"/>', '<parameter name="rat"/>', "'rat' is not defined"),
        ('<mul><float value="0.5"/>', '<mul><parameter name="rate"/>', "'rate' rests on itself"),
        ('name="pumps">', 'name="top">', "line 7: 'top' is defined twice, first in line 4"),
        ("<model-data>", '<include file="/etc/passwd"/><model-data>', "<include> is not followed"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_with_its_line(
    before: str, after: str, said: str, tmp_path: Path
) -> None:
    """And with the nearest name."""
    text = TREE.replace(before, after, 1)
    if after == "<xor>":
        text = text.replace("</or>", "</xor>")
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)


def test_what_is_not_known_stays_unknown(tmp_path: Path) -> None:
    """A basic event that nobody defines, an expression that is not read: no figure, and a note."""
    text = TREE.replace(
        '<define-basic-event name="p1"><float value="0.01"/></define-basic-event>', ""
    )
    text = text.replace("<exponential>", "<periodic-test>").replace(
        "</exponential>", "</periodic-test>"
    )
    graph = load(tmp_path, text)
    assert probabilities(graph)["p1"] is None
    assert probabilities(graph)["p2"] is None
    told = "\n".join(map(str, graph.report))
    assert "a basic event is not defined here" in told
    assert "expression periodic-test is not read" in told


def test_a_model_may_stand_in_two_files(tmp_path: Path) -> None:
    """Events of no type in one, their probabilities in the other: together one tree."""
    (tmp_path / "tree.xml").write_text(
        '<opsa-mef><define-fault-tree name="t"><define-gate name="top"><and><event name="a"/>'
        '<event name="b"/></and></define-gate></define-fault-tree></opsa-mef>'
    )
    (tmp_path / "events.xml").write_text(
        '<opsa-mef><model-data><define-basic-event name="a"><float value="0.5"/>'
        '</define-basic-event><define-basic-event name="b"><float value="0.25"/>'
        "</define-basic-event></model-data></opsa-mef>"
    )
    alone = ko.load(tmp_path / "tree.xml")
    assert "an event is not defined here" in "\n".join(map(str, alone.report))
    assert cuts(alone, "top").target_probability is None
    both = ko.load(tmp_path / "tree.xml", tmp_path / "events.xml")
    assert cuts(both, "top").target_probability == 0.125


def test_an_input_that_stands_twice_counts_once(tmp_path: Path) -> None:
    """As a set, and it is said."""
    text = TREE.replace(
        '<basic-event name="p2"/>', '<basic-event name="p2"/><basic-event name="p2"/>'
    )
    graph = load(tmp_path, text)
    assert graph.dependencies.filter(dependent="pumps").height == 3
    assert "an input that stands twice" in "\n".join(map(str, graph.report))


def test_event_trees_are_dropped_and_said_to_be(tmp_path: Path) -> None:
    """Nothing vanishes in silence."""
    text = TREE.replace("<model-data>", '<define-event-tree name="e"/><model-data>')
    assert "<define-event-tree>: only fault trees are read" in "\n".join(
        map(str, load(tmp_path, text).report)
    )


ALONE = """<?xml version="1.0"?>
<!DOCTYPE open-psa>
<open-psa><define-fault-tree name="t"><define-gate name="top"><basic-event name="a"/></define-gate>
<define-basic-event name="a">{}</define-basic-event></define-fault-tree></open-psa>"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [  # as SCRAM 0.16 has them, but for beta-deviate, which its samples refuse
        ("<periodic-test>1e-4 720 100 8000</periodic-test>", 0.0676061801),
        ("<periodic-test>1e-4 720 100 820</periodic-test>", 0.0694691042),
        ("<periodic-test>1e-4 720 100 50</periodic-test>", 0.0049875208),
        ("<ite><lt>1 2</lt>0.6 0.2</ite>", 0.6),
        ("<ite><and><not><eq>1 1</eq></not><leq>2 2</leq></and>0.6 0.2</ite>", 0.2),
        ("<switch><case><eq>1 2</eq>0.6</case><case><geq>3 2</geq>0</case>0.2</switch>", 0.0),
        ("<switch><case><df>1 1</df>0.6</case>0.2</switch>", 0.2),
        ("<lognormal-deviate>-4 0.4</lognormal-deviate>", 0.0198410947),
        ("<gamma-deviate>2 0.002</gamma-deviate>", 0.004),
        ("<beta-deviate>2 8</beta-deviate>", 0.2),
        ("<histogram>0 <bin>0.1 1</bin><bin>0.4 3</bin></histogram>", 0.2),
        ("<div><mod>7 4</mod>10</div>", 0.3),
        ("<tanh>0.3</tanh>", 0.2913126125),
    ],
)
def test_an_expression_of_a_dialect_comes_to_what_scram_makes_of_it(
    tmp_path: Path, expression: str, expected: float
) -> None:
    """XFTA's root, a document type, and the operations beyond plain arithmetic."""
    numbers = re.sub(r"(?<=[> ])(-?[\d.][\de.-]*)", r'<float value="\1"/>', expression)
    found = probabilities(load(tmp_path, ALONE.format(numbers)))
    assert found["a"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("<switch/>", "expected cases"),
        ("<histogram>0.1</histogram>", "expected a lower bound"),
        ("<histogram>1 <bin>0.5 1</bin></histogram>", "bins that rise"),
        ("<lognormal-deviate>0.1</lognormal-deviate>", "expected 2 or 3 arguments"),
        ("<periodic-test>1e-4 0 0 50</periodic-test>", "no finite number"),
    ],
)
def test_an_expression_that_is_wrong_is_told_by_its_line(
    tmp_path: Path, expression: str, said: str
) -> None:
    numbers = re.sub(r"(?<=[> ])(-?[\d.][\de.-]*)", r'<float value="\1"/>', expression)
    with pytest.raises(InputError, match=f"line 4.*{said}"):
        load(tmp_path, ALONE.format(numbers))


THREE = """<opsa-mef><define-fault-tree name="t"><define-gate name="top"><atleast min="2">
<basic-event name="a"/><basic-event name="b"/><basic-event name="c"/></atleast></define-gate>
</define-fault-tree><define-CCF-group name="g" model="{model}"><members><basic-event name="a"/>
<basic-event name="b"/><basic-event name="c"/></members><distribution><float value="0.1"/>
</distribution><factors>{factors}</factors></define-CCF-group></opsa-mef>"""


@pytest.mark.parametrize(
    ("model", "factors", "expected"),
    [  # as SCRAM 0.16 has them: no level is the next one, the highest may be left out
        ("alpha-factor", [0.7, 0.2, 0.1], 0.069566),
        ("alpha-factor", [0.7, 0.2], 0.06457),
        ("MGL", [0.3, 0.4], 0.051912),
        ("MGL", [0.3], 0.0577212),
        ("phi-factor", [0.7, 0.2, 0.1], 0.0812779),
        ("beta-factor", [0.2], 0.0378125),
    ],
)
def test_factors_without_levels_stand_in_their_order(
    tmp_path: Path, model: str, factors: list[float], expected: float
) -> None:
    stated = "".join(f'<factor><float value="{f}"/></factor>' for f in factors)
    graph = load(tmp_path, THREE.format(model=model, factors=stated))
    assert cuts(graph, "top").target_probability == pytest.approx(expected, rel=1e-5)


def test_phi_factors_sum_to_one(tmp_path: Path) -> None:
    """What fails by no cause would be lost."""
    stated = '<factor><float value="0.7"/></factor><factor><float value="0.2"/></factor>'
    with pytest.raises(InputError, match=r"that sum to 1, got 0\.9"):
        load(tmp_path, THREE.format(model="phi-factor", factors=stated))
