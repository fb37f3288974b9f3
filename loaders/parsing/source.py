"""A source, opened once: what it is, and its content in the form that is asked for.

The registry makes one, tells its format, and hands it to the reader of that format. Each form of
the content (bytes, text, JSON, XML, YAML) is made when it is first asked for, and kept as long as
the source is: what a format was told by need not be parsed again by its reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from knockon.graph.errors import InputError, clip, some
from knockon.loaders.parsing.outline import (
    may_hold_keys,
    name_json_keys,
    name_xml_root,
    outline_json,
    outline_yaml,
    starts_like_yaml,
)
from knockon.loaders.parsing.place import HEAD_BYTES, hide_password, is_address, look_at
from knockon.loaders.parsing.text import BYTE_ORDER_MARK, PARQUET_MAGIC, decode, name_binary
from knockon.loaders.parsing.unpack import peek_zip, unpack
from knockon.loaders.parsing.yaml_rules import MANY, ONE, Rules

if TYPE_CHECKING:
    from knockon.loaders.parsing.safe_xml import Element

_BLANKS = BYTE_ORDER_MARK + b" \t\r\n"
_YAML, _LINES = (".yaml", ".yml"), (".ndjson", ".jsonl")
_TEXT_SUFFIXES = {".csv": "CSV", ".tsv": "CSV", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON"}


@dataclass(frozen=True, eq=False)
class Source:
    """A file, a folder or an address that exists, and its content, each form made at most once.

    path:    of a file or folder
    address: what is no file but an address such as `postgresql://host/base`
    names:   of what is in a folder
    head:    the first 64 KB of a file, unpacked where it is compressed
    size:    bytes of a file, as it lies there
    packed:  it is compressed (gzip, bzip2, xz, lz4, zstd)
    """

    path: Path
    address: str = ""
    is_folder: bool = False
    names: frozenset[str] = frozenset()
    head: bytes = field(default=b"", repr=False)
    size: int = 0
    packed: bool = False
    _yaml: dict[Rules, list[Any]] = field(default_factory=dict, repr=False)
    _members: "dict[str, Source]" = field(default_factory=dict, repr=False)

    @staticmethod
    def of(source: "Source | Path | str") -> "Source":
        """The source itself, or what is at a path or address.

        Raises InputError where there is nothing, or nothing that can be read.
        """
        if isinstance(source, Source):
            return source
        if is_address(source):
            return Source(Path(), address=str(source))
        path = Path(source)
        return Source(path, **look_at(path)._asdict())

    @staticmethod
    def of_bytes(name: str, data: bytes) -> "Source":
        """Content that is no file, such as what a server sent, under a name."""
        made = Source(Path(name), head=data[:HEAD_BYTES], size=len(data))
        made.__dict__["data"] = data  # as the cached property keeps it
        return made

    @cached_property
    def name(self) -> str:
        """What messages and rows call it: the last part of its path; an address, no password."""
        if self.address:
            return hide_password(self.address)
        return self.path.name or self.path.resolve().name

    @cached_property
    def place(self) -> str:
        """The whole path, or the address without its password."""
        return hide_password(self.address or self.path)

    @property
    def scheme(self) -> str:
        """`postgresql` of `postgresql://host/base`, empty for files and folders."""
        return self.address.partition("://")[0].lower()

    @property
    def suffix(self) -> str:
        """The last suffix of the name, that of its compression left out: `.csv` of `a.csv.gz`."""
        return Path(self.stem if self.packed else self.name).suffix.lower()

    @property
    def stem(self) -> str:
        return self.path.stem

    def member(self, name: str) -> "Source":
        """A file in the folder of this source or below (`more/b.yaml`), or itself by its name.

        The folder of a file is the one in which it lies.
        """
        if name == self.path.name and not self.is_folder:
            return self
        if name not in self._members:
            folder = self.path if self.is_folder else self.path.parent
            self._members[name] = Source.of(folder / name)
        return self._members[name]

    @property
    def file(self) -> Path | BytesIO:
        """What libraries open: the path, or the content in memory where the file is packed."""
        return BytesIO(self.data) if self.packed else self.path

    # the content, each form at most once

    @cached_property
    def data(self) -> bytes:
        """The bytes, unpacked where the file is compressed."""
        return unpack(self.path)

    @cached_property
    def text(self) -> str:
        """The text. Raises InputError for what is not UTF-8, with line and offset."""
        self.refuse_binary()
        return decode(self.data, self.name)

    @cached_property
    def json(self) -> Any:
        """The value in JSON text. Raises InputError with the line (`json_text.parse_json`)."""
        from knockon.loaders.parsing.json_text import parse_json

        return parse_json(self._read_json_text(), self.name)

    @cached_property
    def json_lines(self) -> list[tuple[int, Any]]:
        """The values of one JSON value per line (NDJSON), each with its line."""
        from knockon.loaders.parsing.json_text import parse_json_lines

        return parse_json_lines(self._read_json_text(), self.name)

    @cached_property
    def xml(self) -> "Element":
        """The root of XML. Raises InputError with the line of what is not allowed."""
        from knockon.loaders.parsing import safe_xml

        self.refuse_larger(safe_xml.MAX_BYTES, "XML")
        self.refuse_binary()
        return safe_xml.parse_xml(self.data, self.name)

    def yaml(self, rules: Rules = ONE) -> Any:
        """The value of the one YAML document: text, None, YamlMap or YamlList (`parse_yaml`)."""
        (value,) = self._parse_yaml(rules)
        return value

    @property
    def yaml_documents(self) -> list[Any]:
        """The values of all YAML documents, empty ones left out."""
        return [value for value in self._parse_yaml(MANY) if value is not None]

    def refuse_larger(self, limit: int, what: str) -> None:
        """Raise InputError where the content is longer than so many bytes."""
        size = len(self.data) if self.packed else self.size
        if size > limit:
            raise InputError(f"{self.name}: {what} of {size:,} bytes; at most {limit:,} are read")

    def refuse_binary(self) -> None:
        """Raise InputError if this is binary and not Parquet: `expected CSV text, found a PDF`."""
        if self.is_folder or self.is_parquet:
            return
        kind = name_binary(self.head)
        if kind:
            named = _TEXT_SUFFIXES.get(self.suffix)
            wanted = f"{named} text" if named else "text"
            wanted = "a Parquet file" if self.suffix == ".parquet" else wanted
            raise InputError(f"{self.place}: expected {wanted}, found {kind}")

    def _read_json_text(self) -> str:
        from knockon.loaders.parsing import json_text

        self.refuse_larger(json_text.MAX_BYTES, "JSON")
        self.refuse_binary()
        return decode(self.data, self.name)

    def _find_yaml(self, keys: tuple[str, ...], rules: Rules) -> list[Any]:
        """The documents if the text can hold these keys, else none; outlines of a damaged file."""
        from knockon.loaders.parsing.yaml_text import MAX_BYTES

        text = self.head_text
        try:
            self.refuse_larger(MAX_BYTES, "YAML")
            text = self.text
            return self._parse_yaml(rules) if may_hold_keys(text, keys) else []
        except InputError:
            return list(outline_yaml(text))

    def _parse_yaml(self, rules: Rules) -> list[Any]:
        from knockon.loaders.parsing import yaml_text

        if rules not in self._yaml:
            if rules.many and self.first_record:
                lines = zip(self.json_lines, self._texts_of_lines(), strict=True)
                self._yaml[rules] = [
                    yaml_text.place_json(value, text, self.name, rules, number)
                    for (number, value), text in lines
                ]
            elif self.parsed_json is not None:
                value = yaml_text.place_json(self.parsed_json, self.text, self.name, rules)
                self._yaml[rules] = [value]
            else:
                self.refuse_larger(yaml_text.MAX_BYTES, "YAML")
                self._yaml[rules] = yaml_text.parse_yaml(self.text, self.name, rules)
        return self._yaml[rules]

    def _texts_of_lines(self) -> list[str]:
        """The lines that `json_lines` parses."""
        return [line for line in self._read_json_text().split("\n") if line.strip()]

    # what a format can be told from

    @cached_property
    def head_text(self) -> str:
        """The head as text, empty for a binary file."""
        if name_binary(self.head) or self.is_parquet:
            return ""
        return self.head.decode("utf-8-sig", errors="replace")

    @cached_property
    def first_line(self) -> str:
        return self.head_text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")

    @property
    def looks_like_json(self) -> bool:
        return self.head_text.lstrip()[:1] in ("{", "[")

    @cached_property
    def first_record(self) -> dict[str, Any]:
        """The object on the first line of JSON lines (NDJSON); empty where these are none.

        They are, where more objects follow on lines below, or the name ends in .ndjson or .jsonl.
        """
        if not self.looks_like_json:
            return {}
        content = self.head.lstrip(_BLANKS)
        if not content.partition(b"\n")[2].strip():  # the first line may be longer than the head
            content = self.data.lstrip(_BLANKS)
        first, _, rest = content.partition(b"\n")
        if not (rest.lstrip()[:1] in (b"{", b"[") or (not rest.strip() and self.suffix in _LINES)):
            return {}
        from knockon.loaders.parsing.json_text import parse_json

        try:
            record = parse_json(decode(first, self.name), self.name)
        except InputError:
            return {}
        return record if isinstance(record, dict) else {}

    @cached_property
    def parsed_json(self) -> Any:
        """The value in JSON text, None where this is none: JSON lines, or damaged."""
        if not self.looks_like_json or self.first_record:
            return None
        try:
            return self.json
        except InputError:
            return None

    @cached_property
    def json_keys(self) -> tuple[str, ...]:
        """Keys of the two outer levels: `meta`, `data`, `data.Products`; of JSON lines, the first.

        Of a damaged file, as far as its head tells.
        """
        if not self.looks_like_json:
            return ()
        value = self.first_record or self.parsed_json
        return tuple(outline_json(self.head_text) if value is None else name_json_keys(value))

    @property
    def outline(self) -> str:
        """Its name, and the keys of JSON: what was seen where nothing is understood."""
        seen = some((repr(clip(key, 40)) for key in self.json_keys), 8)
        return f"{self.name}: its keys are {seen}" if seen else self.name

    def yaml_mappings(self, *keys: str, rules: Rules = MANY) -> list[Mapping[str, Any]]:
        """The documents that are mappings with all these keys, of YAML, or of JSON.

        Nothing is parsed where the text cannot hold the keys; a damaged file gives outlines.
        """
        if self.looks_like_json and self.suffix not in _YAML:
            found: list[Any] = [self.first_record or self.parsed_json]
        elif (
            self.is_folder
            or self.xml_root[1]
            or not self.head_text
            or not (self.suffix in _YAML or starts_like_yaml(self.head_text))
        ):
            return []
        else:
            found = self._find_yaml(keys, rules)
        return [one for one in found if isinstance(one, dict) and one.keys() >= set(keys)]

    @cached_property
    def xml_root(self) -> tuple[str, str]:
        """Namespace and local name of the root element of XML, else two empty texts."""
        starts = self.head_text.lstrip().startswith("<")
        return name_xml_root(self.head.removeprefix(BYTE_ORDER_MARK)) if starts else ("", "")

    @cached_property
    def zip_names(self) -> frozenset[str]:
        """The names in a ZIP archive; none of anything else, or of a damaged one."""
        is_zip = self.head.startswith(b"PK\x03\x04")
        return peek_zip(self.file)[0] if is_zip else frozenset()

    def peek_zip(self, member: str) -> bytes:
        """The first bytes of a member of a ZIP archive."""
        return peek_zip(self.file, member)[1]

    @property
    def is_parquet(self) -> bool:
        return self.head.startswith(PARQUET_MAGIC)


SourceLike: TypeAlias = Source | Path | str
"""What readers take: a source, or where it is."""
