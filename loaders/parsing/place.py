"""What lies at a path, and what is an address: the first look, before anything is parsed."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from knockon.graph.errors import InputError, clip, find_nearest, some
from knockon.loaders.parsing.text import BYTE_ORDER_MARK
from knockon.loaders.parsing.unpack import unpack_head

HEAD_BYTES = 64 * 1024
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}://")
_SECRET = re.compile(
    r"([?&][^=&#]*(?:password|passwd|pwd|secret|token)[^=&#]*=)[^&#]*", re.IGNORECASE
)


class Look(NamedTuple):
    """What is seen of a file or folder: the fields of `Source` with these names."""

    is_folder: bool = False
    names: frozenset[str] = frozenset()
    head: bytes = b""
    size: int = 0
    packed: bool = False


def is_address(source: Path | str) -> bool:
    """Whether the source is an address such as `postgresql://host/base`, not a path."""
    return isinstance(source, str) and _ADDRESS.match(source) is not None


def hide_password(source: Path | str) -> str:
    """The source as messages may show it: an address loses its password, wherever it stands."""
    text = re.sub(r"(://[^/@:]*):.*@", r"\1:***@", str(source), flags=re.DOTALL)
    return _SECRET.sub(r"\1***", text) if "://" in text else text


def look_at(path: Path) -> Look:
    """The first look. Raises InputError where there is nothing, or nothing that can be read."""
    try:
        if path.is_dir():
            return Look(is_folder=True, names=frozenset(os.listdir(path)))
        if path.exists() and not path.is_file():  # a pipe cannot be read twice, a device never ends
            raise InputError(f"{path}: expected a file or folder, found a pipe or device")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        raise InputError(f"{path}: no such file or folder{_name_nearest(path)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path}: cannot be read: {reason}") from error
    content = unpack_head(path, head, HEAD_BYTES)
    packed = bool(content)
    head = content or head
    if not head.removeprefix(BYTE_ORDER_MARK).strip():
        raise InputError(f"{path}: the file is empty")
    return Look(head=head, size=size, packed=packed)


def _name_nearest(path: Path) -> str:
    """`; did you mean 'dependencies.csv'?` from the names beside a path that does not exist."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        path, folder = folder, folder.parent
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ""
    near = find_nearest(path.name, names, 3, 0.5)
    if near:
        return f"; in {folder} there is {some(repr(clip(n)) for n in near)}"
    listed = some((repr(clip(n)) for n in names), 3)
    return f"; in {folder} there is {listed}" if names else f"; the folder {folder} is empty"
