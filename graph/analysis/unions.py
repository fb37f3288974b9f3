"""What the largest providers of a market carry together: no user is counted twice."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from knockon.graph.analysis.markets import Pairs
from knockon.graph.analysis.reliance import CELLS, Reliance, count
from knockon.graph.analysis.users import Segment, Users
from knockon.graph.arrays import Bools, Floats, Ints

SIZE, GREEDY = "size", "greedy"
_BATCH = 64  # candidates whose users are looked up at a time


def find_unions(
    reliance: Reliance, users: Users, direct: tuple[Pairs, ...], segments: Sequence[Segment],
    rows: pl.DataFrame, most: int,
) -> pl.DataFrame:  # fmt: skip
    """A row for each market, order and k up to `most`.

    rows: of the answer, with `row`, `per`, `relation`, `id`, `users_all`, `of`
    """
    inside = {segment.value: segment.inside for segment in segments}
    found: list[dict[str, object]] = []
    largest = rows.sort(["users_all", "id"], descending=[True, False])
    for (relation, per), market in largest.group_by("relation", "per", maintain_order=True):
        looked = _Looked(reliance, users, direct, inside[per], market)
        for order, chosen in ((SIZE, _by_size(market, most)), (GREEDY, _by_gain(looked, most))):
            for k, figures in enumerate(looked.add_up(chosen), start=1):
                found.append({"relation": relation, "per": per, "order": order, "k": k, **figures})
    return pl.DataFrame(found, schema=_SCHEMA).sort(
        ["relation", "per", "order", "k"], descending=[False, False, True, False]
    )


_SCHEMA = {
    "relation": pl.String, "per": pl.String, "order": pl.String, "k": pl.Int64, "id": pl.String,
    "users": pl.Float64, "critical": pl.Float64, "users_all": pl.Float64,
    "critical_all": pl.Float64, "share_all": pl.Float64,
}  # fmt: skip


def _by_size(market: pl.DataFrame, most: int) -> list[int]:
    return list(range(min(most, market.height)))


def _by_gain(looked: "_Looked", most: int) -> list[int]:
    """Each time the provider that adds most users, the first of equals; exact: nobody can add more
    than it has, so that candidates are looked at in the order of their size until none can win."""
    sizes = looked.market["users_all"].to_numpy()
    left: list[int] = list(range(len(sizes)))
    chosen: list[int] = []
    covered = np.zeros(len(looked.weight), np.bool_)
    gains = {i: float(s) for i, s in enumerate(sizes)}  # what each can add at most
    while left and len(chosen) < most:
        best, gain = -1, 0.0
        for i in sorted(left, key=lambda i: (-gains[i], i)):
            if gains[i] < gain or not gains[i]:
                break
            gains[i] = float(count(looked.use(i) & ~covered[:, None], looked.weight)[0])
            if gains[i] > gain or (gains[i] == gain and i < best):
                best, gain = i, gains[i]
        if best < 0:
            break
        covered |= looked.use(best)[:, 0]
        chosen.append(best)
        left.remove(best)
    return chosen


class _Looked:
    """The users of the providers of one market, looked up as they are wanted, the largest first."""

    def __init__(
        self, reliance: Reliance, users: Users, direct: tuple[Pairs, ...], inside: Bools,
        market: pl.DataFrame,
    ) -> None:  # fmt: skip
        self.market = market
        self.weight: Floats = users.weight[inside]
        self._reliance, self._direct, self._inside = reliance, direct, inside
        self._rows: Ints = market["row"].to_numpy().astype(np.int64)
        self._batches: dict[int, tuple[Bools, Bools]] = {}
        self._step = min(_BATCH, max(1, CELLS // max(len(inside), 1)))

    def use(self, place: int) -> Bools:
        """(U', 1) who uses the provider at this place of the market, through chains too."""
        return self._column(place)[0]

    def add_up(self, chosen: Sequence[int]) -> Iterator[dict[str, object]]:
        """The figures of the first, of the first two, and so on."""
        together = [np.zeros((len(self.weight), 1), np.bool_) for _ in range(4)]
        total = float(self.market["of"][0])
        for place in chosen:
            own = [self._own(pairs, place) for pairs in self._direct]
            for bits, more in zip(together, (*own, *self._column(place)), strict=True):
                bits |= more
            names = ("users", "critical", "users_all", "critical_all")
            figures = [float(count(bits, self.weight)[0]) for bits in together]
            yield {
                "id": self.market["id"][place], **dict(zip(names, figures, strict=True)),
                "share_all": figures[2] / total if total > 0 else None,
            }  # fmt: skip

    def _column(self, place: int) -> tuple[Bools, Bools]:
        batch, column = divmod(place, self._step)
        if batch not in self._batches:
            rows = self._rows[batch * self._step : (batch + 1) * self._step]
            sets = self._reliance.find(rows)
            self._batches[batch] = sets.use[self._inside], sets.lose[self._inside]
        use, lose = self._batches[batch]
        return use[:, column : column + 1], lose[:, column : column + 1]

    def _own(self, pairs: Pairs, place: int) -> Bools:
        found = np.zeros((len(self._inside), 1), np.bool_)
        found[pairs.user[pairs.row == self._rows[place]]] = True
        return found[self._inside]
