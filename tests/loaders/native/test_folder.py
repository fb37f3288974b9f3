"""knockon's own tables as CSV: exact lines, exact faults, one fast way and one exact way."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing import csv_text
from knockon.loaders.parsing.csv_text import read_csv_table


def table(folder: Path, text: str, name: str = "dependencies.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def fault(source: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_tables([source])
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("dependent,provider\na,b\nc,d\n", [2, 3]),
        ("dependent,provider\r\na,b\r\nc,d", [2, 3]),
        ("\ufeffdependent,provider\na,b\n\n\nc,d\n\n", [2, 5]),
        ('dependent,provider\n"a\nA",b\n"c",d\n', [2, 4]),
        ("dependent , provider\na,b\n", [2]),
        ("dependent,provider\n", []),
        ("dependent,provider", []),
    ],
)
def test_lines_are_those_of_the_file(tmp_path: Path, text: str, lines: list[int]) -> None:
    """Blank lines and line breaks within quotes do not shift the place of a row."""
    frame = read_csv_table(table(tmp_path, text))
    assert frame["_line"].to_list() == lines
    assert set(frame.columns) == {"dependent", "provider", "_line", "_file"}
    assert frame["_file"].unique().to_list() in (["dependencies.csv"], [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependent,provider\na\n", "dependencies.csv:2: expected 2 cells, got 1"),
        ("dependent,provider\na,b\na,b,c\n", "dependencies.csv:3: expected 2 cells, got 3"),
        ('dependent,provider\n"x\ny",b\na,b,c\n', "dependencies.csv:4: expected 2 cells, got 3"),
        ("dependent,provider\na,b,c\nd\n", "2 faults: dependencies.csv:2: expected 2"),
        ("dependent,provider,dependent\na,b,c\n", "column 'dependent' stands twice"),
        ("dependent,provider,\na,b,c\n", "column 3 of 3 has no name"),
        ("dependent,provider,_line\na,b,c\n", "column '_line' is reserved"),
        ('dependent,provider\n"a,b\n', "dependencies.csv:2: not readable as CSV"),
        (
            "dependant,provider\na,b\n",
            "unknown column 'dependant' in dependencies; did you mean 'dependent'?",
        ),
        ("dependent,provider,probabilty\na,b,1\n", "did you mean 'probability'?"),
        (
            "dependent,provider,probability\na,b,1\nc,d,1.5\n",
            "dependencies.csv:3: probability: expected a number from 0 to 1, or empty for "
            "unknown, got '1.5'",
        ),
        (
            "dependent,provider,group,needs\na,b,g,1\na,c,g,2\n",
            "group 'g' of 'a': expected one value of needs, got 1, 2",
        ),
    ],
)
def test_faults_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    """Each fault says what was expected, what came, and where."""
    assert message in fault(table(tmp_path, text))


def test_our_own_tables_have_both_ends(tmp_path: Path) -> None:
    """In a folder of ours an empty end is a fault; in a table from anywhere it is told."""
    path = table(tmp_path, "dependent,provider\na,\n")
    message = "dependencies.csv:2: provider: expected the id of the provider, got nothing"
    assert message in fault(tmp_path)
    tables = load_tables([path])
    assert tables.entities["id"].to_list() == ["a"]
    assert "a row without a provider" in str(tables.report[-1])


def test_an_id_of_ours_that_looks_like_a_list_is_told(tmp_path: Path) -> None:
    """An id may hold anything, and is written as it is; who meant a list is told."""
    table(tmp_path, 'dependent,provider\nshop,"db; cache"\ndb,"x; y"\ncache,"[""db"", ""san""]"\n')
    tables = load_tables([tmp_path])
    assert tables.dependencies.height == 3
    told = [f for f in tables.report if "looks like a list, and is one id" in f.reason]
    assert [f.count for f in told] == [2]
    assert "'db; cache'" in told[0].examples


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_our_own_tables_have_commas(tmp_path: Path, mark: str, word: str) -> None:
    """A folder is written by knockon; a file alone may come from anywhere, and is read."""
    path = table(tmp_path, f"dependent{mark}provider\na{mark}b\n")
    assert f"dependencies.csv:1: expected commas between columns, found {word}" in fault(tmp_path)
    assert load_tables([path]).dependencies.select("dependent", "provider").rows() == [("a", "b")]


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(
        st.lists(cells | st.sampled_from(["a", "b c", "é"]), min_size=2, max_size=2), max_size=6
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    damage=st.none() | st.tuples(st.integers(0, 60), st.sampled_from(['"', ",", "\n", "z", ""])),
)
def test_the_fast_way_equals_the_exact_way(
    rows: list[list[str]], end: str, quoting: Any, damage: tuple[int, str] | None
) -> None:
    """Where polars may read the file, it gives what the row by row reader gives."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end, quoting=quoting).writerows([["x", "y"], *rows])
    text = buffer.getvalue()
    if damage is not None and damage[0] > 8:
        text = text[: damage[0]] + damage[1] + text[damage[0] + 1 :]
    fast = csv_text._parse_fast(text.encode(), ["x", "y"])
    if fast is not None:
        assert fast.equals(csv_text._parse_exact(text, "t.csv"), null_equal=True)


def test_plain_files_are_read_the_fast_way() -> None:
    """The fast way is not refused to the files that it is for."""
    assert csv_text._parse_fast(b"x,y\na,\n,b\n", ["x", "y"]) is not None
    quoted = csv_text._parse_fast(b'x,"y"\r\n"a, ""b""\nc",\r\n"",d\r\n', ["x", "y"])
    assert quoted is not None
    assert quoted.rows() == [('a, "b"\nc', None, 2), (None, "d", 4)]


def test_a_folder_has_entities_and_a_head(tmp_path: Path) -> None:
    """entities.csv describes, graph.yaml gives title, unit and sources."""
    table(tmp_path, "dependent,provider\nshop,cloud\n")
    table(
        tmp_path,
        'id,name,kind,owner\nshop,"Shop, the ""big"" one",enterprise,Ann\n',
        "entities.csv",
    )
    table(tmp_path, "title: Shops\nweight_unit: users\nsources: {a: b}\n", "graph.yaml")
    tables = load_tables([tmp_path])
    assert (tables.title, tables.weight_unit, tables.sources) == ("Shops", "users", {"a": "b"})
    shop: dict[str, Any] = tables.entities.row(1, named=True)
    assert (shop["name"], shop["owner"], shop["_line"]) == ('Shop, the "big" one', "Ann", 2)
    assert tables.entities["kind"].to_list() == ["unknown", "enterprise"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("titel: x\n", "graph.yaml:1: unknown key 'titel'; did you mean 'title'?"),
        ("title: [a]\n", "graph.yaml:1: title: expected text"),
        ("title: x\nsources: a\n", "graph.yaml:2: sources: expected a mapping"),
        ("- a\n", "graph.yaml:1: expected a mapping at the top, found a list"),
    ],
)
def test_faults_of_the_head(tmp_path: Path, text: str, message: str) -> None:
    """The head is held to its three keys."""
    table(tmp_path, "dependent,provider\na,b\n")
    table(tmp_path, text, "graph.yaml")
    assert message in fault(tmp_path)


def test_two_truths_in_one_folder(tmp_path: Path) -> None:
    """dependencies.csv beside dependencies.parquet is a fault."""
    table(tmp_path, "dependent,provider\na,b\n")
    table(tmp_path, "x", "dependencies.parquet")
    assert "both dependencies.csv and dependencies.parquet" in fault(tmp_path)
