"""Two kinds of decision diagrams with one set of operations, those of the library oxidd.

Of a binary one (BDD) probabilities are read, of a zero-suppressed one (ZBDD) families of sets.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Protocol, TypeAlias

_CACHE = 4  # nodes of room for each entry of the cache of operations

Function: TypeAlias = Any  # of oxidd: a BDD or a ZBDD, with &, |, - and ite


class Algebra(Protocol):
    """What a compiler asks of a kind of diagram, within one module."""

    manager: Any

    def open(self, levels: Sequence[int]) -> None:
        """The module of these levels comes next."""

    @property
    def never(self) -> Function: ...

    @property
    def always(self) -> Function: ...

    def variable(self, level: int) -> Function: ...

    def any_of(self, levels: Sequence[int]) -> Function: ...


class Truth:
    """Binary decision diagrams: which values of the variables make a node true."""

    def __init__(self, levels: int, room: int) -> None:
        from oxidd.bdd import BDDManager

        self.manager = BDDManager(room, max(room // _CACHE, 1 << 12), 1)
        self.manager.add_vars(levels)
        self.never, self.always = self.manager.false(), self.manager.true()

    def open(self, levels: Sequence[int]) -> None:
        """All modules share one algebra."""

    def variable(self, level: int) -> Function:
        return self.manager.var(level)

    def any_of(self, levels: Sequence[int]) -> Function:
        return reduce(or_, (self.manager.var(level) for level in reversed(levels)))


class Sets:
    """Families of sets of a module's variables, at most so many members each (all: None)."""

    def __init__(self, levels: int, room: int, most: int | None = None) -> None:
        from oxidd.zbdd import ZBDDManager

        self.manager = ZBDDManager(room, max(room // _CACHE, 1 << 12), 1)
        self.manager.add_vars(levels)
        self._most, self._levels = most, list[int]()
        self.never, self.always = self.manager.empty(), self.manager.base()

    @classmethod
    def within(cls, most: int | None) -> "Callable[[int, int], Sets]":
        """The kind of families of sets of at most so many members."""
        return lambda levels, room: cls(levels, room, most)

    def open(self, levels: Sequence[int]) -> None:
        self._levels = list(levels)
        self.always = list_all_sets(self.manager, levels, self._most)

    def variable(self, level: int) -> Function:
        return self.always - self.always.subset0(level)

    def any_of(self, levels: Sequence[int]) -> Function:
        inside = set(levels)
        others = [level for level in self._levels if level not in inside]
        return self.always - list_all_sets(self.manager, others, self._most)


def list_all_sets(manager: Any, levels: Sequence[int], most: int | None) -> Function:
    """The family of all sets of these levels, ascending, of at most so many members."""
    base = manager.base()
    size = len(levels) if most is None else min(most, len(levels))
    if size == len(levels):
        family = base
        for level in reversed(levels):
            family = manager.singleton(level).make_node(family, family)
        return family
    rows = [base] * (size + 1)
    for level in reversed(levels):
        one = manager.singleton(level)
        rows = [base, *(one.make_node(rows[k - 1], rows[k]) for k in range(1, size + 1))]
    return rows[size]
