"""A source is opened once; every form of its content is made at most once, whatever packs it."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lz4.frame
import pytest
from backports import zstd

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing import json_text, yaml_text
from knockon.loaders.parsing.place import HEAD_BYTES
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_rules import Rules

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".lz4": lz4.frame.compress,
    ".zst": zstd.compress,
}  # fmt: skip
ROWS = b"dependent,provider\nshop,cloud\n"


def write(folder: Path, name: str, data: bytes) -> Source:
    (folder / name).write_bytes(data)
    return Source.of(folder / name)


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", ROWS),
        ("a.json", b'{"dependencies": [{"dependent": "shop", "provider": "cloud"}]}'),
        ("a.ndjson", b'{"dependent": "shop", "provider": "cloud"}\n'),
        ("a.yaml", b"dependencies: [{dependent: shop, provider: cloud}]\n"),
        ("a.dot", b"digraph { shop -> cloud }\n"),
    ],
)
def test_packed_files_are_read_as_what_they_hold(
    tmp_path: Path, suffix: str, name: str, data: bytes
) -> None:
    """Suffix, head and content are those of the file within."""
    source = write(tmp_path, name + suffix, PACKERS[suffix](data))
    assert (source.data, source.head, source.suffix) == (data, data, name[1:])
    rows = load_tables([source.path]).dependencies
    assert rows.select("dependent", "provider").rows() == [("shop", "cloud")]


def test_a_packed_file_that_breaks_off(tmp_path: Path) -> None:
    """What comes out tells the format, and reading says that the rest is damaged."""
    packed = gzip.compress(ROWS + bytes(range(32, 127)) * 9_000, compresslevel=0)
    with pytest.raises(InputError, match=r"a\.csv\.gz: damaged"):
        load_tables([write(tmp_path, "a.csv.gz", packed[:100_000]).path])


def test_every_form_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parse by which a format is told is the one that its reader gets."""
    found: list[Any] = []
    parse = json_text.parse_json

    def count(text: str, name: str, line: int = 1) -> Any:
        found.append(name)
        return parse(text, name, line)

    monkeypatch.setattr(json_text, "parse_json", count)
    path = tmp_path / "a.json"
    path.write_text('{"nodes": [{"id": "a"}, {"id": "b"}], "links": []}')
    assert load_tables([path]).entities.height == 2
    assert found == ["a.json"]
    source = write(tmp_path, "a.csv", ROWS)
    assert source.text is source.text
    assert source.data is source.data


@pytest.mark.parametrize("name", ["compose.yaml", "catalog-info.yaml", "web.yaml"])
def test_yaml_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By whichever format, of a file or a folder."""
    found: list[str] = []
    parse = yaml_text.parse_yaml

    def count(text: str, name: str, rules: Rules) -> list[Any]:
        found.append(name)
        return parse(text, name, rules)

    monkeypatch.setattr(yaml_text, "parse_yaml", count)
    (tmp_path / name).write_text(
        {
            "compose.yaml": "services: {web: {image: nginx}}\n",
            "catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\n"
            "metadata: {name: web}\nspec: {type: service}\n",
            "web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
        }[name]
    )
    for path in (tmp_path, tmp_path / name):
        found.clear()
        assert load_tables([path]).entities.height
        assert found == [name]


def test_large_files_are_not_read_to_be_told(tmp_path: Path) -> None:
    """Of CSV only the head is read; so it is of lines of JSON."""
    for name, line in (("a.csv", b"a,b\n"), ("b", b'{"a": 1}\n')):
        source = write(tmp_path, name, b"dependent,provider\n" * (name == "a.csv") + line * 50_000)
        from knockon.loaders.registry import find_format

        assert find_format(source).name in ("csv", "ndjson")
        assert "data" not in vars(source)
        assert len(source.head) == HEAD_BYTES


def test_a_source_is_itself(tmp_path: Path) -> None:
    """What is a source already is not looked at again; a file of a folder is one source."""
    source = write(tmp_path, "a.csv", ROWS)
    assert Source.of(source) is source
    folder = Source.of(tmp_path)
    assert folder.member("a.csv") is folder.member("a.csv")
    assert source.member("a.csv") is source
    (tmp_path / "b.csv").write_bytes(ROWS)
    assert source.member("b.csv") is source.member("b.csv")
    assert folder.name == tmp_path.name
    assert Source.of("postgresql://u:secret@h/b").name == "postgresql://u:***@h/b"
