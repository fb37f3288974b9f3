"""Files of sections, for those who need them: what goes between tasks of parts.

A file is a head, which lists the sections with their digests, and the sections. Its name ends in
the digest of the head: who reads a section knows that it is what was written, and reads no other.
Every part opens the files of all others in a round, so that a head is an array, looked up as such:
read as text, with P parts the P^2 heads took as long as the work.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from knockon.graph.engine.cluster.shipment import Array, digest, rename_into
from knockon.graph.errors import ClusterError

_ENDING = ".sections"
_SIZE = 8  # bytes that say how long the head is
_HEAD = np.dtype([("receiver", "<i8"), ("at", "<i8"), ("size", "<i8"), ("digest", "S40")])


class Sent(NamedTuple):
    """A file of sections. receivers: who finds something in it"""

    name: str
    receivers: tuple[int, ...]


def write_sections(sections: Mapping[int, bytes], stem: Path) -> Sent:
    """Write a section for each receiver as one file, whole or not at all."""
    ordered = sorted(sections.items())
    size = np.array([len(data) for _, data in ordered], np.int64)
    head = np.zeros(len(ordered), _HEAD)
    head["receiver"] = [receiver for receiver, _ in ordered]
    head["at"], head["size"] = np.cumsum(size) - size, size
    head["digest"] = [digest(data).encode() for _, data in ordered]
    said = head.tobytes()
    path = stem.with_name(f"{stem.name}.{digest(said)}{_ENDING}")
    parts = [len(said).to_bytes(_SIZE, "little"), said, *(data for _, data in ordered)]
    rename_into(b"".join(parts), path)
    return Sent(path.name, tuple(head["receiver"].tolist()))


def read_section(path: Path, receiver: int) -> bytes | None:
    """What the file has for a receiver; None: nothing. Raises ClusterError where it is lost or
    torn."""
    try:
        with path.open("rb") as file:
            head, begin = _read_head(file, path)
            place = int(np.searchsorted(head["receiver"], receiver))
            if place == len(head) or head["receiver"][place] != receiver:
                return None
            _, at, size, name = head[place].item()
            file.seek(begin + at)
            data = file.read(size)
    except (OSError, ValueError) as fault:
        raise ClusterError(f"{path}: what was written cannot be read: {fault}") from None
    if digest(data).encode() != name:
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
        receivers = tuple(head["receiver"].tolist())
        for receiver in receivers:
            read_section(path, receiver)
    except (OSError, ValueError, ClusterError):
        return None
    return Sent(path.name, receivers)


def _read_head(file: BinaryIO, path: Path) -> tuple[Array, int]:
    """The sections by receiver, ascending; and where the first begins."""
    said = file.read(int.from_bytes(file.read(_SIZE), "little"))
    if path.name.split(".")[-2] != digest(said):
        raise ClusterError(f"{path}: what was written is torn")
    return np.frombuffer(said, _HEAD), _SIZE + len(said)
