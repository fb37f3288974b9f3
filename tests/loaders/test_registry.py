"""Formats are found by content, and whatever cannot be read ends in one clear InputError."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format, formats, read

ENDS = "dependent,provider\nshop,cloud\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", ENDS, "csv"),
        ("a.txt", "provider,dependent\nx,y\n", "csv"),
        ("a.yaml", "dependencies: []\n", "yaml"),
        ("a", "title: x\ndependencies:\n- {dependent: a, provider: b}\n", "yaml"),
        ("a.csv", '{"meta": {}, "data": {"Products": []}}', "fedramp"),
        ("a.txt", "provider\tdependent\nx\ty\n", "csv"),
        ("a.json", '[{"from": "a", "to": "b"}]', "json"),
        ("a", '{"from": "a", "to": "b"}\n{"from": "a", "to": "c"}\n', "ndjson"),
        ("a.json", '{"nodes": [{"id": 1}], "links": []}', "node_link"),
        ("a", "# made by hand\ndigraph {", "dot"),
        ("a", 'Creator "me"\ngraph\n[\n]', "gml"),
        ("a", '<?xml version="1.0"?><graphml/>', "graphml"),
        ("a", '<gexf xmlns="http://gexf.net/1.3">', "gexf"),
        ("a.json", '{"result": [{"parent": {}, "child": {}, "type": {}}]}', "servicenow"),
        ("data", ' {"data": {"Metrics": {"x": 1}, "Products": [', "fedramp"),
    ],
)
def test_format_is_found_by_content(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """The suffix only decides where the text leaves it open."""
    (tmp_path / name).write_text(text)
    assert find_format(tmp_path / name).name == expected


def test_a_folder_is_known_by_what_it_holds(tmp_path: Path) -> None:
    """A folder with dependencies.csv is a source; one without says what it holds."""
    with pytest.raises(InputError, match="folder of no known format; it holds nothing"):
        find_format(tmp_path)
    (tmp_path / "dependency.csv").write_text(ENDS)
    with pytest.raises(InputError, match=r"it holds 'dependency\.csv'; known: folder"):
        find_format(tmp_path)
    (tmp_path / "dependencies.csv").write_text(ENDS)
    assert find_format(tmp_path).name == "folder"


def test_every_format_has_its_reader() -> None:
    """Each format of the table names a module with `read_<name>`, and says where to get one."""
    from importlib import import_module

    names = [known.name for known in formats()]
    assert len(set(names)) == len(names)
    for known in formats():
        assert callable(getattr(import_module(known.module), f"read_{known.name}"))
        assert all((known.what, known.entities, known.dependencies, known.export, known.sign))


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    """A slip in a path is answered with the nearest name in the folder that exists."""
    (tmp_path / "dependencies.csv").write_text(ENDS)
    with pytest.raises(InputError, match=r"no such file or folder; in .* 'dependencies\.csv'"):
        read(tmp_path / "dependencys.csv")
    with pytest.raises(InputError, match="no such file or folder"):
        read(tmp_path / "no" / "such" / "place")


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, text: str) -> None:
    """Nothing but blanks is an empty file."""
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match="the file is empty"):
        read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"%PDF-1.7\n%\xe2\xe3", "expected CSV text, found a PDF document"),
        ("a.json", b"PK\x03\x04\x14", "expected JSON text, found a ZIP archive"),
        ("a.yaml", b"\x1f\x8b\x08\x00", "expected YAML text, found a gzip file"),
        ("a.csv", b"\x89PNG\r\n\x1a\n", "expected CSV text, found a PNG image"),
        ("a.bin", b"\x7fELF\x02", "expected text, found an ELF program"),
        ("a.csv", ENDS.encode("utf-16"), "found UTF-16 text"),
        ("a.csv", ENDS.encode("utf-16-le"), "found binary data"),
        ("a.parquet", b"%PDF-1.7", "expected a Parquet file, found a PDF document"),
        (
            "a.csv",
            b"dependent,provider\na,b\nx,\xe9t\xe9\n",
            r"a\.csv:3: expected UTF-8 text, found byte 0xe9 at offset 25",
        ),
        ("a.yaml", b"dependencies:\n- {dependent: \xe9}\n", r"a\.yaml:2: expected UTF-8"),
        ("a.json", b'{"data": {"Products": ["\xe9"]}}', r"a\.json:1: expected UTF-8"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    """A binary file is named for what it is, bad text by line and offset."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(tmp_path / name)


def test_unknown_json_says_what_it_holds(tmp_path: Path) -> None:
    """The keys that came, and what the known formats in JSON need."""
    (tmp_path / "a.json").write_text('{"vertices": [{"x": {"deep": 1}}], "arcs": {"all": []}}')
    with pytest.raises(InputError) as caught:
        read(tmp_path / "a.json")
    assert "its keys are 'vertices', 'arcs', 'arcs.all'; known: fedramp" in str(caught.value)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing permission is an InputError with the reason of the system."""
    (tmp_path / "a.csv").write_text(ENDS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"a\.csv: cannot be read: Permission denied"):
        read(tmp_path / "a.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """A pipe is no source: reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="found a pipe or device"):
        read(tmp_path / "pipe")


def test_a_path_with_a_zero_byte_is_no_file() -> None:
    """A path that no system can hold is an InputError, too."""
    with pytest.raises(InputError):
        read("a\0b")


@pytest.mark.parametrize("name", ["a.csv", "a.yaml", "a.json", "a", "a.parquet"])
@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
)
def test_any_bytes_give_tables_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: bytes
) -> None:
    """Whatever a file holds, reading it gives tables or an InputError."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    with suppress(InputError):
        assert isinstance(load_tables([path]), Tables)


def test_registry_imports_no_reader() -> None:
    """Looking at formats loads none of the heavy parts, and no reader."""
    code = (
        "import sys, knockon.loaders.registry, knockon.loaders.merge;"
        "print([m for m in ('yaml', 'networkx', 'pydantic', 'fastapi', 'numba', 'rapidfuzz',"
        " 'knockon.loaders.native.folder', 'knockon.loaders.registers.fedramp')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
