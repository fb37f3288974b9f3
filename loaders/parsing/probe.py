"""A first look at a source: what it is, told from its first bytes, never from its suffix alone."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from knockon.graph.errors import InputError, clip, some

HEAD_BYTES = 64 * 1024
_TEXT_SUFFIXES = {".csv": "CSV", ".tsv": "CSV", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON"}
_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document such as .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Office document such as .xls"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ", "a Windows program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"ARROW1", "an Arrow file"),
    (b"\xff\xfe", "UTF-16 text (save it as UTF-8)"),
    (b"\xfe\xff", "UTF-16 text (save it as UTF-8)"),
)
PARQUET_MAGIC = b"PAR1"
_XML_ROOT = re.compile(  # after declarations and comments: name of the first tag, its attributes
    r"\s*(?:<\?.{0,4000}?\?>\s*|<!--.{0,20000}?-->\s*|<!DOCTYPE[^>\[]{0,2000}>\s*)*"
    r"<([A-Za-z_][\w.:-]{0,200})((?:\s[^>]{0,20000})?)/?>",
    re.DOTALL,
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://")
_SECRET = re.compile(
    r"([?&][^=&#]*(?:password|passwd|pwd|secret|token)[^=&#]*=)[^&#]*", re.IGNORECASE
)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]')


@dataclass(frozen=True)
class Probe:
    """A source that exists: its path, whether it is a folder, and what a format can be told from.

    `head` holds the first 64 KB of a file, `names` the names of what is in a folder, `address`
    what is no file but an address such as `postgresql://host/base`.
    """

    path: Path
    is_folder: bool = False
    head: bytes = b""
    names: frozenset[str] = frozenset()
    address: str = ""

    @property
    def name(self) -> str:
        """What messages call it; an address without its password."""
        return shown(self.address or self.path)

    @property
    def scheme(self) -> str:
        """`postgresql` of `postgresql://host/base`, empty for files and folders."""
        return self.address.partition("://")[0].lower()

    @cached_property
    def text(self) -> str:
        """The head as text, empty for a binary file."""
        if binary_kind(self.head) or self.is_parquet:
            return ""
        return self.head.decode("utf-8-sig", errors="replace")

    @cached_property
    def first_line(self) -> str:
        return self.text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")

    @cached_property
    def json_keys(self) -> tuple[str, ...]:
        """Keys of the two outer levels as far as the head goes: `meta`, `data`, `data.Products`."""
        return tuple(dict.fromkeys(_keys(self.text))) if self.looks_like_json else ()

    @property
    def looks_like_json(self) -> bool:
        return self.text.lstrip()[:1] in ("{", "[")

    @cached_property
    def xml_root(self) -> tuple[str, str]:
        """Namespace and local name of the root element of XML text, else two empty texts."""
        found = _XML_ROOT.match(self.text)
        if not found:
            return "", ""
        prefix, _, local = found[1].rpartition(":")
        declared = "xmlns:" + prefix if prefix else "xmlns"
        space = re.search(rf"\s{re.escape(declared)}\s*=\s*[\"']([^\"']*)", found[2])
        return (space[1] if space else ""), local

    @property
    def is_parquet(self) -> bool:
        return self.head.startswith(PARQUET_MAGIC)

    @property
    def suffix(self) -> str:
        return self.path.suffix.lower()


def is_address(source: Path | str) -> bool:
    """Whether the source is an address such as `postgresql://host/base`, not a path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def shown(source: Path | str) -> str:
    """The source as messages may show it: an address loses its password, wherever it stands."""
    text = re.sub(r"(://[^/@:]*):.*@", r"\1:***@", str(source), flags=re.DOTALL)
    return _SECRET.sub(r"\1***", text) if "://" in text else text


def probe(source: Path | str) -> Probe:
    """The first look. Raises InputError where there is nothing, or nothing that can be read."""
    if is_address(source):
        return Probe(Path(), address=str(source))
    path = Path(source)
    try:
        if path.is_dir():
            return Probe(path, is_folder=True, names=frozenset(os.listdir(path)))
        if path.exists() and not path.is_file():  # a pipe cannot be read twice, a device never ends
            raise InputError(f"{path}: expected a file or folder, found a pipe or device")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file or folder{_nearest(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read: {reason}") from error
    if not head.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(f"{path}: the file is empty")
    return Probe(path, head=head)


def refuse_binary(seen: Probe) -> None:
    """Raise InputError if the file is binary and not Parquet: `expected CSV text, found a PDF`."""
    if seen.is_folder or seen.is_parquet:
        return
    kind = binary_kind(seen.head)
    if kind:
        wanted = f"{_TEXT_SUFFIXES[seen.suffix]} text" if seen.suffix in _TEXT_SUFFIXES else "text"
        wanted = "a Parquet file" if seen.suffix == ".parquet" else wanted
        raise InputError(f"{seen.path}: expected {wanted}, found {kind}")


def binary_kind(head: bytes) -> str | None:
    """What the bytes are, where they are no text: a well-known kind, or `binary data`."""
    for magic, kind in _MAGIC:
        # two letters also begin honest text: a program has zeros soon after
        if head.startswith(magic) and (magic != b"MZ" or b"\0" in head[:64]):
            return kind
    zeros = head.count(0)
    if zeros * 3 > len(head) or (zeros and not _is_utf8(head)):
        return "binary data"
    return None


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # the head may end within a character
    return True


def decode(data: bytes, place: str) -> str:
    """UTF-8 text without its byte-order mark. Raises InputError with line and byte offset."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{place}:{line}: expected UTF-8 text, "
            f"found byte 0x{data[error.start]:02x} at offset {error.start:,}"
        ) from None


def _nearest(path: Path) -> str:
    """`; did you mean 'dependencies.csv'?` from the names beside a path that does not exist."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        path, folder = folder, folder.parent
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    near = get_close_matches(path.name, names, n=3, cutoff=0.5)
    if near:
        return f"; in {folder} there is {some(repr(clip(n)) for n in near)}"
    shown = some((repr(clip(n)) for n in names), 3)
    return f"; in {folder} there is {shown}" if names else f"; the folder {folder} is empty"


def _keys(text: str) -> Iterator[str]:
    """Keys of the two outer levels of JSON text that may break off anywhere."""
    depth, outer = 0, ""
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif token[2] and depth == 1:
            outer = token[1]
            yield outer
        elif token[2] and depth == 2:
            yield f"{outer}.{token[1]}" if outer else token[1]
