"""What the largest providers of a market carry together: no user is counted twice."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from knockon.graph.analysis.footprints import Footprints
from knockon.graph.analysis.markets import Pairs
from knockon.graph.analysis.reliance import Reliance, count
from knockon.graph.analysis.users import Segment, Users
from knockon.graph.arrays import Bools, Floats, Ints, Words

SIZE, GREEDY = "size", "greedy"
_BLOCK = 256  # candidates whose gains are added up at a time
_WORDS = 1 << 26  # of users of candidates: 512 MiB
_SCHEMA = {
    "relation": pl.String, "per": pl.String, "order": pl.String, "k": pl.Int64, "id": pl.String,
    "users": pl.Float64, "critical": pl.Float64, "users_all": pl.Float64,
    "critical_all": pl.Float64, "share_all": pl.Float64,
}  # fmt: skip


def find_unions(
    reliance: Reliance, users: Users, direct: tuple[Pairs, ...], segments: Sequence[Segment],
    rows: pl.DataFrame, most: int,
) -> tuple[pl.DataFrame, list[str]]:  # fmt: skip
    """A row for each market, order and k up to `most`; and a note where memory did not hold all.

    rows: of the answer, with `row`, `per`, `relation`, `id`, `users_all`, `of`
    """
    empty = pl.DataFrame(schema=_SCHEMA)
    if not most or not rows.height:
        return empty, []
    largest = rows.sort(["users_all", "id"], descending=[True, False])
    words, place, notes = _collect(reliance, users, largest["row"].to_numpy())
    inside = {segment.value: segment.inside for segment in segments}
    found: list[dict[str, object]] = []
    for (relation, per), market in largest.group_by("relation", "per", maintain_order=True):
        at = place[market["row"].to_numpy()]
        market = market.filter(pl.Series(at >= 0))
        looked = _Market(reliance, users, direct, inside[per], market, words[at[at >= 0]])
        for order, chosen in ((SIZE, looked.by_size(most)), (GREEDY, looked.by_gain(most))):
            for k, figures in enumerate(looked.add_up(chosen), start=1):
                found.append({"relation": relation, "per": per, "order": order, "k": k, **figures})
    table = pl.DataFrame(found, schema=_SCHEMA) if found else empty
    table = table.sort(["relation", "per", "order", "k"], descending=[False, False, True, False])
    return table, notes


def _collect(
    reliance: Reliance, users: Users, largest: Ints
) -> tuple[Words, Ints, list[str]]:  # fmt: skip
    """The users of the largest rows, as words, and the place of each row among them or -1."""
    kept = np.array(list(dict.fromkeys(largest.tolist())), np.int64)
    fits = max(1, _WORDS // max(1, -(-len(users.entities) // 64)))
    notes = []
    if len(kept) > fits:
        notes.append(f"unions are looked for among the {fits:,} largest of {len(kept):,} providers")
        kept = kept[:fits]
    parts = [p.words[kept] for p in reliance.spread(reliance.use.circuit)]
    place = np.full(len(reliance.own.of_row), -1)
    place[kept] = np.arange(len(kept))
    return np.concatenate(parts, axis=1), place, notes


class _Market:
    """The providers of one market by size, with their users."""

    def __init__(
        self, reliance: Reliance, users: Users, direct: tuple[Pairs, ...], inside: Bools,
        market: pl.DataFrame, words: Words,
    ) -> None:  # fmt: skip
        self._reliance, self._direct, self._inside = reliance, direct, inside
        self._market, self._words, self._weight = market, words, users.weight
        self._rows: Ints = market["row"].to_numpy().astype(np.int64)
        self._lost: dict[int, Bools] = {}

    def by_size(self, most: int) -> list[int]:
        return list(range(min(most, len(self._rows))))

    def by_gain(self, most: int) -> list[int]:
        """Each time the provider that adds most users, the first of equals.

        Nobody can add more than it could before (the users of a union are a submodular function),
        so that candidates are looked at in the order of what they could add until none can win.
        """
        gains = self._market["users_all"].to_numpy().astype(np.float64).copy()
        covered = np.zeros(len(self._inside), np.bool_)
        chosen: list[int] = []
        while len(chosen) < most:
            left = self._inside & ~covered
            order = np.argsort(-gains, kind="stable")
            best, gain = -1, 0.0
            for begin in range(0, len(order), _BLOCK):
                block = order[begin : begin + _BLOCK]
                if gains[block[0]] < gain or not gains[block[0]]:
                    break
                prints = Footprints(0, len(left), self._words[block])
                gains[block] = prints.count(self._weight, left)
                place = int(block[np.lexsort((block, -gains[block]))[0]])
                if (gains[place], -place) > (gain, -best):
                    best, gain = place, float(gains[place])
            if best < 0 or not gain:
                break
            covered |= self._use(best)
            gains[best] = 0.0
            chosen.append(best)
        return chosen

    def add_up(self, chosen: Sequence[int]) -> Iterator[dict[str, object]]:
        """The figures of the first, of the first two, and so on."""
        self._look_up([p for p in chosen if p not in self._lost])
        together = [np.zeros(len(self._inside), np.bool_) for _ in range(4)]
        total = float(self._market["of"][0])
        names = ("users", "critical", "users_all", "critical_all")
        for place in chosen:
            own = [self._own(pairs, place) for pairs in self._direct]
            for bits, more in zip(
                together, (*own, self._use(place), self._lost[place]), strict=True
            ):
                bits |= more & self._inside
            figures = [float(self._count(bits)) for bits in together]
            yield {
                "id": self._market["id"][place], **dict(zip(names, figures, strict=True)),
                "share_all": figures[2] / total if total > 0 else None,
            }  # fmt: skip

    def _look_up(self, places: list[int]) -> None:
        if places:
            lost = self._reliance.find_lost(self._rows[places])
            self._lost |= {place: lost[:, i] for i, place in enumerate(places)}

    def _count(self, bits: Bools) -> Floats:
        found: Floats = count(bits[:, None], self._weight)[0]
        return found

    def _use(self, place: int) -> Bools:
        as_bytes = self._words[place].astype("<u8", copy=False).view(np.uint8)
        bits: Bools = np.unpackbits(as_bytes, count=len(self._inside), bitorder="little").view(bool)
        return bits

    def _own(self, pairs: Pairs, place: int) -> Bools:
        found = np.zeros(len(self._inside), np.bool_)
        found[pairs.user[pairs.row == self._rows[place]]] = True
        return found
