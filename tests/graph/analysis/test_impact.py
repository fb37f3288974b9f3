"""An answer is data: it pickles, compares, and draws without the graph that gave it."""

import json
import pickle

import pytest

from knockon.api.schema import serialize_whatif
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from tests.timed import timed_graph
from tests.toys import dep, group

PICTURES = ("to_svg", "exceedance_svg", "timeline_svg", "detection_svg")


@pytest.fixture
def answer() -> Impact:
    """Hours, a rollout, a group, an unknown strength and an entity that is spared."""
    rows = [
        dep("B", "A", relation="runs", probability=0.5),
        dep("C", "A", relation="runs"),
        dep("D", "B", grace_hours="1..3"),
        *group("E", "BC", needs=1),
        dep("F", "E", probability=0.0),
    ]
    staged = {"mode": "bad_update", "rollout": "10%@0,100%@2", "halt": 3, "hours": "4..8"}
    return whatif(timed_graph(*rows, A={"weight": 2.0}), "A", worlds=200, **staged)


def test_an_answer_survives_pickling_to_the_byte(answer: Impact) -> None:
    """The same JSON and the same pictures; equal, and no graph in it."""
    again = pickle.loads(pickle.dumps(answer))
    assert again == answer
    assert serialize_whatif(again) == serialize_whatif(answer)
    for picture in PICTURES:
        assert getattr(again, picture)() == getattr(answer, picture)()
    assert b"DependencyGraph" not in pickle.dumps(answer)


def test_another_seed_is_another_answer(answer: Impact) -> None:
    """Answers compare by what they say."""
    assert answer != "an answer"
    other = whatif(timed_graph(dep("B", "A")), "A")
    assert other != answer
    assert other == whatif(timed_graph(dep("B", "A")), "A")


def test_the_rollout_is_asked_once(answer: Impact) -> None:
    """Showing what the rings change runs nothing: it stands in the answer."""
    assert answer.rollout is not None
    assert answer.rollout_saves() is answer.rollout.saves
    assert answer.detection() is answer.rollout.detection


def test_a_stopped_run_says_that_the_rollout_is_not_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever stops the run gets what is known by then, and a note on what is not."""
    graph = timed_graph(*(dep(i, "A", relation="runs", probability=0.5) for i in "BCDEFGHIJKLMNOP"))
    asked = {"mode": "bad_update", "rollout": "10%@0,100%@2", "worlds": 50_000}
    monkeypatch.setattr("knockon.graph.engine.lanes._CELLS", 64 * 8)  # small blocks
    answer = whatif(graph, "A", watch=lambda done, of: False, **asked)
    assert answer.partial
    assert answer.rollout is None
    assert any("what the rollout changes is not known" in note for note in answer.notes)


def test_an_answer_goes_to_plain_json_and_back(answer: Impact) -> None:
    """Dictionaries, lists, texts and numbers alone; the same to the byte of pictures."""
    text = json.dumps(answer.to_dict(), allow_nan=False)
    again = Impact.from_dict(json.loads(text))
    assert again == answer
    assert serialize_whatif(again) == serialize_whatif(answer)
    assert [getattr(again, p)() for p in PICTURES] == [getattr(answer, p)() for p in PICTURES]


def test_a_small_answer_goes_to_plain_json_and_back() -> None:
    """Without hours, without a rollout, with nobody hit."""
    answer = whatif(timed_graph(dep("B", "A", probability=0.0)), "A")
    assert Impact.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer
