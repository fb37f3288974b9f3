"""News: which ghosts of a part are newly hit, and in which lanes."""

from typing import NamedTuple

import numpy as np

from knockon.graph.arrays import Ints, Words
from knockon.graph.engine.kernels.layout import ROW, WORDS


class News(NamedTuple):
    """ghost: (k,) nodes of the receiver, each once; hit: (k, 8) lanes in which each is hit."""

    ghost: Ints
    hit: Words

    def to_bytes(self) -> bytes:
        return self.ghost.astype("<i4").tobytes() + self.hit.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "News":
        count = len(data) // (4 + ROW)
        hit = np.frombuffer(data, "<u8", offset=4 * count)
        return cls(np.frombuffer(data, "<i4", count), hit.reshape(count, WORDS))
