"""The law of the native formats: what is written reads back equal."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.hours import LONGEST
from knockon.graph.model.tables import FILE, LINE, Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.native.write import write_folder, write_yaml

Writer = Callable[[Tables, Path], Path]


def as_csv(tables: Tables, folder: Path) -> Path:
    write_folder(tables, folder / "csv")
    return folder / "csv"


def as_parquet(tables: Tables, folder: Path) -> Path:
    write_folder(tables, folder / "parquet", "parquet")
    return folder / "parquet"


def as_yaml(tables: Tables, folder: Path) -> Path:
    write_yaml(tables, folder / "graph.yaml")
    return folder / "graph.yaml"


WRITERS = [as_csv, as_parquet, as_yaml]
HARD_NAMES = [
    'Acme, "the" company',
    "<script>alert('x')</script>",
    "two\nlines\r\nand\rmore",
    "\u202eright to left עברית العربية",
    "x" * 500,
    "=1+1", "+1", "-1", "@SUM(A1)", "null", "~", "no", "NO", "1.0", "0x10", "2024-07-17", "# no",
    "- item", "key: value", "'", "&a", "*a", "!tag", "{", "[", "\u0085next", "\u2028line",
    "\U0001f4a5", "tab\tin", "nul\x00in", "\ufeffmark", "%", "`", "|", ">", "<<", "---", "...",
]  # fmt: skip


def assert_same(left: Tables, right: Tables) -> None:
    for a, b in ((left.entities, right.entities), (left.dependencies, right.dependencies)):
        a, b = (f.drop(FILE, LINE, strict=False) for f in (a, b))
        a = a.select(s.name for s in a if s.dtype != pl.Null)
        assert sorted(a.columns) == sorted(b.columns)
        assert a.equals(b.select(a.columns)), (a.to_dicts(), b.to_dicts())
    assert (left.title, left.weight_unit, left.sources) == (
        right.title, right.weight_unit, right.sources,
    )  # fmt: skip


texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
words = texts.filter(lambda t: t.strip() != "")
amounts = st.floats(0, LONGEST)
shares = st.floats(0, 1)


@st.composite
def tables(draw: st.DrawFn) -> Tables:
    """Checked tables with names of any characters, and every column of the contract."""
    ids = draw(st.lists(words.map(str.strip), min_size=2, max_size=5, unique=True))
    maybe = st.none() | words
    entities = [
        {
            "id": i, "name": draw(maybe), "kind": draw(maybe), "sector": draw(maybe),
            "country": draw(maybe), "weight": draw(amounts), "repair_hours": draw(amounts),
            "remark": draw(words),
        }
        for i in ids
    ]  # fmt: skip
    dependencies = [
        {
            "dependent": draw(st.sampled_from(ids)), "provider": draw(st.sampled_from(ids)),
            "relation": draw(maybe), "probability": draw(st.none() | shares),
            "loss": draw(st.floats(1e-300, 1)), "grace_hours": draw(amounts),
            "switch_probability": draw(shares), "source": draw(maybe), "as_of": draw(maybe),
        }
        for _ in range(draw(st.integers(1, 4)))
    ]  # fmt: skip
    return check(
        Tables(
            entities=pl.DataFrame(entities, infer_schema_length=None),
            dependencies=pl.DataFrame(dependencies, infer_schema_length=None),
            title=draw(st.none() | words),
            weight_unit=draw(st.none() | words),
            sources=draw(st.dictionaries(words, texts, max_size=2)),
        )
    )


@pytest.mark.parametrize("write", WRITERS)
@settings(max_examples=50, deadline=None)
@given(written=tables())
def test_what_is_written_reads_back_equal(write: Writer, written: Tables) -> None:
    """read(write(x)) == x, whatever characters the names hold."""
    with tempfile.TemporaryDirectory() as folder:
        assert_same(written, load_tables([write(written, Path(folder))]))


@pytest.mark.parametrize("write", WRITERS)
def test_hard_names_survive(write: Writer, tmp_path: Path) -> None:
    """Names that look like formulas, markup, YAML or line breaks come back as they were."""
    rows = pl.DataFrame({"id": [f"e{i}" for i in range(len(HARD_NAMES))], "name": HARD_NAMES})
    ends = pl.DataFrame({"dependent": ["e0"], "provider": ["e1"]})
    written = check(Tables(entities=rows, dependencies=ends))
    assert_same(written, load_tables([write(written, tmp_path)]))


@pytest.mark.parametrize("write", WRITERS)
def test_only_columns_that_say_something_are_written(write: Writer, tmp_path: Path) -> None:
    """Defaults, empty columns and the places of rows stay out of the written tables."""
    ends = pl.DataFrame(
        {"dependent": ["a"], "provider": ["b"], "note": [None], FILE: ["x"], LINE: [1]},
        schema_overrides={"note": pl.String},
    )
    path = write(check(Tables(entities=pl.DataFrame(), dependencies=ends)), tmp_path)
    if path.is_dir() and path.name == "csv":
        assert (path / "dependencies.csv").read_text() == "dependent,provider\na,b\n"
        assert (path / "entities.csv").read_text() == "id\na\nb\n"
        assert not (path / "graph.yaml").exists()
    if path.suffix == ".yaml":
        assert "weight" not in path.read_text()


def test_a_folder_of_the_other_format_is_refused(tmp_path: Path) -> None:
    """CSV beside Parquet would leave two truths in one folder."""
    one = check(
        Tables(
            entities=pl.DataFrame(),
            dependencies=pl.DataFrame({"dependent": ["a"], "provider": ["b"]}),
        )
    )
    write_folder(one, tmp_path)
    with pytest.raises(InputError, match=r"holds .*csv already"):
        write_folder(one, tmp_path, "parquet")


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    """A file where the folder should be is named in the error."""
    (tmp_path / "taken").write_text("x")
    one = Tables(
        entities=pl.DataFrame({"id": ["a"]}),
        dependencies=pl.DataFrame({"dependent": ["a"], "provider": ["b"]}),
    )
    with pytest.raises(InputError, match="taken: cannot be written"):
        write_folder(check(one), tmp_path / "taken")
