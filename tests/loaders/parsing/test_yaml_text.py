"""YAML as plain values: anchors and merging as people write them, and every way to harm refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.loaders.parsing import yaml_text
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import ONE, Rules
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap, parse_yaml, place_json


def load(folder: Path, text: str, rules: Rules = ONE) -> Any:
    path = folder / "a.yaml"
    path.write_text(text)
    return Source.of(path).yaml(rules)


def test_values_are_plain_and_scalars_stay_text(tmp_path: Path) -> None:
    """Mappings are dicts, lists are lists; 1.10, no and true are the text that was written."""
    value = load(tmp_path, "a: [1.10, no, true, ~, '', 'null']\nb: {c: }\n")
    assert value == {"a": ["1.10", "no", "true", None, "", "null"], "b": {"c": None}}
    assert load(tmp_path, "just text") == "just text"


def test_lines_of_keys_and_items(tmp_path: Path) -> None:
    """Each mapping and list knows where it starts, and where each of its parts does."""
    value = load(tmp_path, "a:\n- x\n-\n  b: 1\n")
    assert isinstance(value, YamlMap)
    assert isinstance(value["a"], YamlList)
    assert (value.lines, value["a"].lines, value["a"][1].lines) == ({"a": 1}, [2, 4], {"b": 4})
    assert (value.line, value["a"].line, value["a"][1].line) == (1, 2, 4)


def test_aliases_and_merging(tmp_path: Path) -> None:
    """`<<` fills what is not written out; of several mappings the first one wins."""
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {a: 0, <<: [*x, *y]}\nw:\n  <<: *y\n  d: 5\n"
    value = load(tmp_path, text)
    assert value["z"] == {"a": "0", "b": "2", "c": "4"}
    assert value["w"] == {"b": "3", "c": "4", "d": "5"}
    assert load(tmp_path, "{'<<': 1}") == {"<<": "1"}


def test_several_documents(tmp_path: Path) -> None:
    """Empty documents are left out; an anchor ends with its document."""
    path = tmp_path / "a.yaml"
    path.write_text("---\na: &a 1\n---\n---\n- b\n...\n")
    assert Source.of(path).yaml_documents == [{"a": "1"}, ["b"]]
    path.write_text("a: &a 1\n---\nb: *a\n")
    with pytest.raises(InputError, match=r"a\.yaml:3: the alias \*a does not name a value"):
        _ = Source.of(path).yaml_documents


def bomb(levels: int) -> str:
    """Each level holds the one before nine times."""
    rows = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(["a0: &a0 [x]", *rows])


def chain(levels: int) -> str:
    """Each level holds the one before once: deep without being large."""
    return "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, levels))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bomb(9), r"a\.yaml:7: aliases repeat more than 16,777,216 characters"),
        (chain(100), r"a\.yaml:64: nested deeper than 64 levels"),
        ("a: &a\n  b: [*a]\n", r"a\.yaml:2: the alias \*a does not name a value before it"),
        ("<<: {a: 1}\n<<: {b: 1}\n", r"a\.yaml:2: the key '<<' stands twice"),
        ("a: {<<: 1}\n", r"a\.yaml:1: <<: expected a mapping, or a list of mappings"),
        ("a: {<<: [{b: 1}, c]}\n", r"<<: expected a mapping"),
        ("a: 1\n---\nb: 1\n", r"a\.yaml:2: expected one YAML document"),
        ("a: !reset 1\n", r"a\.yaml:1: the tag '!reset' is not read"),
        ("[" * 100_000, "nested deeper than 64 levels"),
        ("? [a]\n: b\n", r"a\.yaml:1: expected a key, found a list"),
        ("*a : b\n", "expected a key, found an alias"),
    ],
)
def test_what_would_harm_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """One InputError with its line; nothing hangs, crashes or fills the memory."""
    with pytest.raises(InputError, match=message):
        load(tmp_path, text)


def test_depth_counts_what_an_alias_stands_for(tmp_path: Path) -> None:
    """Three levels are three levels, whether they are written out or repeated."""
    text = "a: &a [[x]]\nb: [*a]\n"
    with pytest.raises(InputError, match=r"a\.yaml:2: nested deeper than 3 levels"):
        load(tmp_path, text, Rules(depth=3))
    assert load(tmp_path, text, Rules(depth=4)) == {"a": [["x"]], "b": [[["x"]]]}


def test_repeated_text_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What aliases repeat is added up over the file, lists with all that they hold."""
    monkeypatch.setattr(yaml_text, "MAX_ALIASED", 100)
    text = "a: &a [1234567890]\nb: *a\n"
    assert load(tmp_path, text)["b"] == ["1234567890"]
    with pytest.raises(InputError, match=r"a\.yaml:4: aliases repeat more than 100"):
        load(tmp_path, text + "c: *a\nd: *a\n")


def test_tags_of_a_format_are_told_by_key(tmp_path: Path) -> None:
    """Only those that the rules name; the value is read as if the tag were not there."""
    path = tmp_path / "x.yaml"
    path.write_text("a: !reset null\nb: !override [1]\nc: {d: !reset {}}\n")
    value = Source.of(path).yaml(Rules(tags=("!reset", "!override")))
    assert value == {"a": None, "b": ["1"], "c": {"d": {}}}
    assert value.tags == {"a": "!reset", "b": "!override"}
    assert value["c"].tags == {"d": "!reset"}
    with pytest.raises(InputError, match="the tag '!override' is not read"):
        Source.of(path).yaml(Rules(tags=("!reset",)))


def lines_of(value: Any) -> Any:
    """Every line that a value knows, in its shape."""
    if isinstance(value, YamlMap):
        return value.line, value.lines, [lines_of(v) for v in value.values()]
    if isinstance(value, YamlList):
        return value.line, value.lines, [lines_of(v) for v in value]
    return None


@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_json_is_placed_as_yaml_places_it(indent: Any) -> None:
    """JSON gives the same texts on the same lines as the YAML that it also is."""
    value = {"a": [{"b": "x: {[,"}, {}, [], ["y", {"c": None, "d": True}]], "e": {"f": 1.5, "g": 2}}
    text = json.dumps(value, indent=indent)
    (expected,) = parse_yaml(text, "a", ONE)
    placed = place_json(json.loads(text), text, "a", ONE)
    assert placed == expected
    assert lines_of(placed) == lines_of(expected)


def test_json_that_is_no_yaml_is_placed() -> None:
    """Characters beyond the basic plane in two escapes are JSON, but no YAML."""
    text = r'{"name": "\ud83d\ude00"}'
    assert place_json(json.loads(text), text, "a", ONE) == {"name": "\U0001f600"}
    deep = "[" * 70 + "]" * 70
    with pytest.raises(InputError, match="a:1: nested too deeply"):
        place_json(json.loads(deep), deep, "a", ONE)
