"""The minimal cut sets of a laid-out target, of one order after the other or of all."""

from dataclasses import dataclass, field

import numpy as np

from knockon.graph.analysis.plan import Watch
from knockon.graph.analysis.target import Target
from knockon.graph.arrays import Ints
from knockon.graph.engine.formulas.algebra import Sets
from knockon.graph.engine.formulas.diagrams import Compiled, compile_formula
from knockon.graph.engine.formulas.families import Family, find_least_sets, list_sets
from knockon.graph.engine.formulas.formula import Formula
from knockon.graph.engine.formulas.reduce import find_single_causes, fold, reduce

MOST_LISTED = 1_000_000  # sets that are listed; more are counted
_MOST_VARIABLES = 20_000  # of a diagram: the library recurses by level


@dataclass(frozen=True, eq=False)
class Stated:
    """The target's formula where those that state no probability never fail, and its diagrams;
    None where these are too large. needed: somebody states one, or something has failed"""

    formula: Formula
    compiled: Compiled | None
    needed: bool


@dataclass(frozen=True, eq=False)
class CutSetsFound:
    """Cut sets by order.

    sets: of each order (T, k) variables; counts: how many there are of each order looked at
    looked_at: up to which order they were looked for, None for all; complete: up to which all are
        listed, None where those of all orders are
    stopped: by the user
    """

    sets: dict[int, Ints]
    counts: dict[int, int]
    looked_at: int | None
    complete: int | None
    notes: tuple[str, ...] = ()
    stopped: bool = False

    @property
    def vast(self) -> bool:
        """Whether counts go beyond 64 bits."""
        return any(count >= 2**63 for count in self.counts.values())


@dataclass
class _Search:
    """What is known so far."""

    formula: Formula
    most: int | None
    watch: Watch | None
    like: Compiled | None
    hopeless: bool  # all orders at once: a smaller kind of diagram was too large already
    family: Family | None = None
    reached: int | None = 0  # the order up to which the family is complete; None: all
    stopped: bool = False
    notes: list[str] = field(default_factory=list)


def find_cut_sets(
    laid: Target, candidates: list[int], most: int | None, strength: float | None,
    like: Stated | None = None, watch: Watch | None = None,
) -> CutSetsFound:  # fmt: skip
    """The minimal cut sets of at most so many of the candidates (all: None).

    like: what may be the same formula: the order of its diagrams then is the first that is tried
    """
    others = set(np.flatnonzero(laid.fails).tolist()) - set(candidates)
    formula = fold(
        laid.formula, [*others, *laid.list_missing(strength)], laid.list_counting(strength)
    )
    if formula.constant is not None:
        empty = {0: np.zeros((1, 0), np.int64)} if formula.constant else {}
        return CutSetsFound(empty, dict.fromkeys(empty, 1), most, None)
    formula = reduce(formula)
    same = like is not None and like.formula.gates == formula.gates
    all_orders = same and most is None
    search = _Search(
        formula, most, watch,
        like=like.compiled if all_orders and like is not None else None,
        hopeless=all_orders and like is not None and like.compiled is None,
    )  # fmt: skip
    if most == 1 or _count_variables(formula) > _MOST_VARIABLES:
        return _list_single(search)
    _look(search)
    return _list(search)


def _count_variables(formula: Formula) -> int:
    return sum(nodes[0] < formula.variables for nodes in formula.components)


def _list_single(search: _Search) -> CutSetsFound:
    """Single points of failure, by lanes alone."""
    single = np.array(find_single_causes(search.formula), np.int64)[:, None]
    notes: tuple[str, ...] = ()
    if search.most != 1:
        notes = (
            f"more than {_MOST_VARIABLES:,} entities may matter: looked for were single points of "
            "failure only; --among names fewer",
        )
    sets = {1: single} if len(single) else {}
    return CutSetsFound(sets, {k: len(s) for k, s in sets.items()}, 1, 1, notes)


def _look(search: _Search) -> None:
    """All orders that are wanted, at once; where that is too large, one order after the other."""
    if not search.hopeless and _try(search, search.most):
        return
    wanted = "all orders" if search.most is None else f"order {search.most}"
    order = 2
    while search.most is None or order < search.most:
        if search.watch is not None and not search.watch(order, search.most or order + 1):
            search.stopped = True
            break
        if not _try(search, order):
            break
        order += 1
    search.notes.append(
        f"{wanted}: the diagram is too large; looked for up to order {search.reached or 1}"
    )


def _try(search: _Search, most: int | None) -> bool:
    family = compile_formula(
        search.formula,
        Sets.within(most),
        lambda compiled: find_least_sets(compiled, most),
        search.like if most is None else None,
    )
    if family is None:
        return False
    search.family, search.reached = family, most
    return True


def _list(search: _Search) -> CutSetsFound:
    """The sets of a family, as many orders of it as may be listed."""
    if search.family is None:
        return _list_single(search)
    count = search.family.count()
    counts = {k: n for k, n in enumerate(count) if n}
    reached, notes = search.reached, list(search.notes)
    total = sum(counts.values())
    complete: int | None = reached
    family = search.family
    if total > MOST_LISTED:
        complete = max(
            (k for k in range(len(count)) if sum(count[: k + 1]) <= MOST_LISTED), default=0
        )
        notes.append(
            f"{total:,} minimal cut sets: listed are those of up to {complete} members; "
            "`counts` has them all"
        )
        family = family.within(complete)
    return CutSetsFound(list_sets(family), counts, reached, complete, tuple(notes), search.stopped)
