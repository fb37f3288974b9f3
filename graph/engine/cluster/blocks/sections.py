"""Files of sections, for those who need them: what goes between tasks of parts.

A file is a head, which lists the sections with their digests, and the sections. Its name ends in
the digest of the head: who reads a section knows that it is what was written, and reads no other.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

from knockon.graph.engine.cluster.shipment import digest, rename_into
from knockon.graph.errors import ClusterError

_ENDING = ".parts"
_SIZE = 8  # bytes that say how long the head is


class Sent(NamedTuple):
    """A file of sections. receivers: who finds something in it"""

    name: str
    receivers: tuple[int, ...]


def write_sections(sections: Mapping[int, bytes], stem: Path) -> Sent:
    """Write a section for each receiver as one file, whole or not at all."""
    head, at = {}, 0
    for receiver, data in sections.items():
        head[receiver] = at, len(data), digest(data)
        at += len(data)
    said = json.dumps(head).encode()
    path = stem.with_name(f"{stem.name}.{digest(said)}{_ENDING}")
    rename_into(b"".join([len(said).to_bytes(_SIZE, "little"), said, *sections.values()]), path)
    return Sent(path.name, tuple(sections))


def read_section(path: Path, receiver: int) -> bytes | None:
    """What the file has for a receiver; None: nothing. Raises ClusterError where it is lost or
    torn."""
    try:
        with path.open("rb") as file:
            head, begin = _read_head(file, path)
            if receiver not in head:
                return None
            at, size, name = head[receiver]
            file.seek(begin + at)
            data = file.read(size)
    except (OSError, ValueError) as fault:
        raise ClusterError(f"{path}: what was written cannot be read: {fault}") from None
    if digest(data) != name:
        raise ClusterError(f"{path}: what was written is torn")
    return data


def find_sent(stem: Path) -> Sent | None:
    """The file that was written under this name, whole; torn ones are taken away."""
    for path in stem.parent.glob(f"{stem.name}.*{_ENDING}"):
        if (sent := check_sent(path)) is not None:
            return sent
        path.unlink(missing_ok=True)
    return None


def check_sent(path: Path) -> Sent | None:
    """What the file is, read to its end; None where it is lost or torn."""
    try:
        with path.open("rb") as file:
            head, _ = _read_head(file, path)
        for receiver in head:
            read_section(path, receiver)
    except (OSError, ValueError, ClusterError):
        return None
    return Sent(path.name, tuple(head))


def _read_head(file: BinaryIO, path: Path) -> tuple[dict[int, tuple[int, int, str]], int]:
    """Of each section where it begins, its bytes and digest; and where the first begins."""
    said = file.read(int.from_bytes(file.read(_SIZE), "little"))
    if path.name.split(".")[-2] != digest(said):
        raise ClusterError(f"{path}: what was written is torn")
    return {int(k): v for k, v in json.loads(said).items()}, _SIZE + len(said)
