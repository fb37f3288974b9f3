"""What goes between parts, as files: for each receiver its ghosts that are newly hit, and where.

A file is a head, which lists the sections with their digests, and the sections. Its name ends in
the digest of the head: who reads a section knows that it is what was written, and reads no other.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from knockon.graph.arrays import Ints, Words
from knockon.graph.engine.cluster.shipment import digest, rename_into
from knockon.graph.engine.kernels.layout import ROW, WORDS
from knockon.graph.errors import ClusterError

_ENDING = ".news"
_SIZE = 8  # bytes that say how long the head is


class News(NamedTuple):
    """ghost: (k,) nodes of the receiver, each once; hit: (k, 8) lanes in which each is hit."""

    ghost: Ints
    hit: Words


class Sent(NamedTuple):
    """A file of news. receivers: parts that find something in it"""

    name: str
    receivers: tuple[int, ...]


def write_news(news: Mapping[int, News], stem: Path) -> Sent:
    """Write the news for each receiver as one file, whole or not at all."""
    body, head = [], {}
    at = 0
    for receiver, (ghost, hit) in news.items():
        data = ghost.astype("<i4").tobytes() + hit.astype("<u8").tobytes()
        head[receiver] = at, len(data), digest(data)
        body.append(data)
        at += len(data)
    said = json.dumps(head).encode()
    path = stem.with_name(f"{stem.name}.{digest(said)}{_ENDING}")
    rename_into(b"".join([len(said).to_bytes(_SIZE, "little"), said, *body]), path)
    return Sent(path.name, tuple(news))


def read_news(path: Path, receiver: int) -> News:
    """What the file says to a receiver. Raises ClusterError where it is lost or torn."""
    try:
        with path.open("rb") as file:
            head, begin = _read_head(file, path)
            at, size, name = head[receiver]
            file.seek(begin + at)
            data = file.read(size)
    except (OSError, KeyError) as fault:
        raise ClusterError(f"{path}: news that was written cannot be read: {fault}") from None
    if digest(data) != name:
        raise ClusterError(f"{path}: news that was written is torn")
    count = size // (4 + ROW)
    ghost = np.frombuffer(data, "<i4", count)
    return News(ghost, np.frombuffer(data, "<u8", offset=4 * count).reshape(count, WORDS))


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
            read_news(path, receiver)
    except (OSError, ClusterError):
        return None
    return Sent(path.name, tuple(head))


def _read_head(file: BinaryIO, path: Path) -> tuple[dict[int, tuple[int, int, str]], int]:
    """Of each section where it begins, its bytes and digest; and where the first begins."""
    said = file.read(int.from_bytes(file.read(_SIZE), "little"))
    if path.name.split(".")[-2] != digest(said):
        raise ClusterError(f"{path}: news that was written is torn")
    return {int(k): v for k, v in json.loads(said).items()}, _SIZE + len(said)
