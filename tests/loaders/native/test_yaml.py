"""knockon's own tables as YAML: text stays text, and hostile input ends at a limit."""

from pathlib import Path

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing import yaml_text


def load(folder: Path, text: str) -> Tables:
    path = folder / "graph.yaml"
    path.write_text(text)
    return load_tables([path])


def test_the_whole_file(tmp_path: Path) -> None:
    """Head, entities and dependencies, with extra columns and lines."""
    tables = load(
        tmp_path,
        """\
title: Shops
weight_unit: users
sources: {inventory: by hand}
entities:
- {id: shop, country: no, weight: 1_0, tags: [a, {b: c}]}
- id: "null"
  name: ~
dependencies:
- dependent: shop
  provider: "null"
  probability: 0.5
  grace_hours: null
""".replace("1_0", "10"),
    )
    shop, null = tables.entities.sort("id", descending=True).rows(named=True)
    assert (shop["country"], shop["weight"], shop["tags"]) == ("no", 10.0, '["a", {"b": "c"}]')
    assert (null["id"], null["name"], null["_line"]) == ("null", "null", 6)
    row = tables.dependencies.row(0, named=True)
    assert (row["probability"], row["grace_hours"], row["_line"]) == (0.5, 0.0, 9)
    assert (tables.title, tables.sources) == ("Shops", {"inventory": "by hand"})


@pytest.mark.parametrize("word", ["no", "yes", "on", "1e3", "0o17", "1_000", "2024-07-17", "12:30"])
def test_words_of_yaml_1_1_stay_text(tmp_path: Path, word: str) -> None:
    """Norway is `no`, and no word turns into a truth, a number or a day."""
    tables = load(tmp_path, f"dependencies: [{{dependent: a, provider: b, evidence: {word}}}]")
    assert tables.dependencies["evidence"].to_list() == [word]


def test_an_alias_of_a_single_value_is_read(tmp_path: Path) -> None:
    """`&w 5` and `*w` are harmless."""
    text = "entities: [{id: a, weight: &w 5}, {id: b, weight: *w}]\ndependencies: []\n"
    assert load(tmp_path, text).entities["weight"].to_list() == [5.0, 5.0]


BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependencies: &a [*a]\n", "graph.yaml:1: the alias *a does not name a single value"),
        ("dependencies: &a\n- dependent: *a\n", "graph.yaml:2: the alias *a"),
        (BOMB, "graph.yaml:2: the alias *a"),
        ("dependencies: " + "[" * 100_000, "graph.yaml:1: nested deeper than 16 levels"),
        ("dependencies: " + "{a: " * 100_000, "nested deeper than 16 levels"),
        ("dependencies:\n" + "- " * 50_000, "nested deeper than 16 levels"),
        ("dependencies: []\ntitle: a\ntitle: b\n", "graph.yaml:3: the key 'title' stands twice"),
        (
            "dependencies:\n- {dependent: a, dependent: b}\n",
            "graph.yaml:2: the key 'dependent' stands twice",
        ),
        ("dependencies: []\n---\ndependencies: []\n", "graph.yaml:2: expected one YAML document"),
        ("dependencies: !!python/object/apply:os.system [x]\n", "graph.yaml:1: the tag"),
        ("dependencies:\n- !mine {dependent: a}\n", "graph.yaml:2: the tag '!mine' is not read"),
        ("dependencies:\n- <<: {a: b}\n", "graph.yaml:2: merging with << is not read"),
        ("dependencies:\n- {[a]: b}\n", "graph.yaml:2: expected a key, found a list"),
        (
            "dependencies: []\ndependancies: []\n",
            "graph.yaml:2: unknown key 'dependancies'; did you mean 'dependencies'?",
        ),
        ("title: x\n", "graph.yaml: expected a list `dependencies`, found none"),
        ("dependencies: {a: b}\n", "graph.yaml:1: dependencies: expected a list"),
        ("dependencies:\n- a\n", "graph.yaml:2: dependencies: expected a mapping, found 'a'"),
        (
            "dependencies:\n- dependent: a\n  provider: [b, c]\n",
            "graph.yaml:2: provider: expected one value",
        ),
        (
            "dependencies:\n- dependent: a\n  provider: b\n  probability: 1.5\n",
            "graph.yaml:2: probability: expected a number from 0 to 1",
        ),
        ("dependencies:\n- {_line: 3}\n", "the key '_line' is reserved"),
        ("dependencies: [{}]\n", "need a column 'dependent'"),
        ("dependencies: [\n", "graph.yaml:2: not readable as YAML"),
        ("dependencies: \x01\n", "not readable as YAML"),
        ("# nothing\n", "the file is empty"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    """Everything that is not allowed is one InputError with its line; nothing hangs or crashes."""
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)


def test_repeated_text_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aliases cannot multiply one long text without end."""
    monkeypatch.setattr(yaml_text, "MAX_ALIASED", 25)
    with pytest.raises(InputError, match="aliases repeat more than 25 characters"):
        load(tmp_path, "title: &a 1234567890\nsources: {a: *a, b: *a, c: *a}\ndependencies: []")


def test_size_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file over the limit is refused before it is read."""
    monkeypatch.setattr(yaml_text, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="YAML of 16 bytes; at most 10"):
        load(tmp_path, "dependencies: []")


def test_yaml_of_something_else_is_one_line(tmp_path: Path) -> None:
    """Not a fault for each of its keys; what is nearly a key of ours is a slip all the same."""
    path = tmp_path / "other.yaml"
    path.write_text("openapi: 3.0.1\ninfo: {title: x}\npaths: {}\n")
    with pytest.raises(InputError, match="YAML of no known format; its keys are 'openapi', 'info'"):
        load_tables([path])
    path.write_text("web: {image: x, depends_on: [db]}\ndb: {image: y}\n")
    with pytest.raises(InputError, match="Docker Compose stand below `services`"):
        load_tables([path])
    path.write_text("dependancies: []\n")
    with pytest.raises(InputError, match="did you mean 'dependencies'"):
        load_tables([path])
