"""What needs no drawing is not drawn: exact probabilities of those that hang on few draws.

The support of an entity is the set of draws that can matter to it: those on all ways from the
origins, its own switches included. Where it holds at most twelve, all cases of it are looked at,
whatever else is drawn in the graph. Draws of one support take different binary digits of the number
of a lane, those of others may share them, so that one run of at most 4,096 lanes serves many
entities at once (digits are given by greedy colouring). Sums are those of `math.fsum`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from knockon.graph.analysis.prepare import Prepared
from knockon.graph.arrays import Bools, Floats, Ints
from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.uniforms import every_case
from knockon.graph.engine.worlds import EXACT, Block, Run

_ARCS = 2_000_000  # of a circuit in which supports are looked for; beyond, worlds are drawn
_ARCS_WALKED = 200_000  # that lead to entities which may have small supports
_STEPS = 40  # rounds over all arcs
_ROUNDS = 8  # runs of lanes, each for the supports whose digits fit; the rest are drawn
_DIGITS = 15  # that a sum of products of floats is good for


@dataclass(frozen=True, eq=False)
class Exact:
    """rows: (k,) entities within reach whose probabilities are exact; low, middle, high: (k,)."""

    rows: Ints
    low: Floats
    middle: Floats
    high: Floats


def find_exact(prepared: Prepared, lanes: Lanes) -> Exact | None:
    """The exact probabilities that can be had for little; None where the circuit is too large."""
    if len(prepared.kernel.provider) > _ARCS:
        return None
    varying = _varying(prepared)
    of_node = _supports(prepared, varying)
    if of_node is None:
        return None
    supports = _leave_shared(prepared, _join(prepared, of_node))
    wanted: dict[frozenset[int], list[int]] = {}
    for row, support in enumerate(supports):
        if support is not None:
            wanted.setdefault(support, []).append(row)
    rows: list[int] = []
    figures: list[tuple[float, float, float]] = []
    left = sorted(wanted, key=lambda s: (-len(s), sorted(s)))
    for _ in range(_ROUNDS):
        if not left:
            break
        digits, taken = _give_digits(left)
        asked = [row for support in taken for row in wanted[support]]
        hit = _run_cases(prepared, lanes, varying, digits, np.array(asked, np.int64))
        done, at = set(taken), 0
        for support in taken:
            here = hit[at : (at := at + len(wanted[support]))]
            figures += _sum_up(prepared, support, digits, here)
        rows += asked
        left = [s for s in left if s not in done]
    low, middle, high = np.array(figures).reshape(-1, 3).T
    return Exact(np.array(rows, np.int64), low, middle, high)


def _varying(prepared: Prepared) -> Bools:
    """(V,) draws that may fall either way in a run, or differ between runs."""
    low, middle, high = prepared.draws.strengths
    fixed: Bools = (low == high) & (low == middle) & ((low == 0) | (low == 1))
    return ~fixed


def _supports(prepared: Prepared, varying: Bools) -> list[frozenset[int] | None] | None:
    """(N,) the draws that can matter to each node, None where they are more than EXACT; None in the
    place of all where finding them costs too much."""
    circuit, draws = prepared.kernel, prepared.draws
    many = _find_crowded(circuit, prepared, varying)
    if many is None:
        return None
    target = circuit.targets
    arcs = np.flatnonzero(~many[target])  # what leads to these comes from none of the crowded
    if len(arcs) > _ARCS_WALKED:
        return None
    own: dict[int, set[int]] = {}
    feeds: dict[int, list[int]] = {}
    rows = draws.of_member[circuit.member[arcs]]
    for provider, node, row in zip(
        circuit.provider[arcs].tolist(), target[arcs].tolist(), rows.tolist(), strict=True
    ):
        feeds.setdefault(provider, []).append(node)
        if varying[row]:
            own.setdefault(node, set()).add(row)
    switched = np.flatnonzero((draws.of_group >= 0) & ~many[circuit.node])
    for node, row in zip(
        circuit.node[switched].tolist(), draws.of_group[switched].tolist(), strict=True
    ):
        if varying[row]:
            own.setdefault(node, set()).add(row)
    found: list[frozenset[int] | None] = [None if m else frozenset() for m in many.tolist()]
    for node, mine in own.items():
        found[node] = frozenset(mine)
    for origin in prepared.origins.tolist():
        found[origin] = frozenset()
    waiting = [*prepared.origins.tolist(), *own]
    while waiting:  # supports only grow, to EXACT draws or to None
        support = found[v := waiting.pop()]
        for node in feeds.get(v, ()):
            before = found[node]
            if before is None:
                continue
            grown = None if support is None else before | support
            if grown is not None and len(grown) > EXACT:
                grown = None
            if grown != before:
                found[node] = grown
                waiting.append(node)
    return found


def _find_crowded(circuit: Circuit, prepared: Prepared, varying: Bools) -> Bools | None:
    """(N,) nodes with more than EXACT draws of their own, and all that such a node leads to; None
    where these lie in chains too long for a look."""
    draws, n = prepared.draws, len(circuit.entity)
    members = varying[draws.of_member]
    own = np.bincount(circuit.node[circuit.group[members]], minlength=n)
    many: Bools = own > EXACT
    many[prepared.origins] = False
    provider, target = circuit.provider, circuit.targets
    for _ in range(_STEPS):
        reached = target[many[provider] & ~many[target]]
        if not len(reached):
            return many
        many[reached] = True
    return None


def _join(prepared: Prepared, of_node: list[frozenset[int] | None]) -> list[frozenset[int] | None]:
    """(E,) the support of each entity: that of all its nodes."""
    if prepared.nodes.one_each:
        return of_node[: len(prepared.nodes.entity)]
    place = {int(e): i for i, e in enumerate(prepared.nodes.entity)}
    joined: list[frozenset[int] | None] = [frozenset()] * len(place)
    for node, entity in enumerate(prepared.circuit.entity.tolist()):
        mine, more = joined[place[entity]], of_node[node]
        both = None if mine is None or more is None else mine | more
        joined[place[entity]] = None if both is None or len(both) > EXACT else both
    return joined


def _leave_shared(
    prepared: Prepared, supports: list[frozenset[int] | None]
) -> list[frozenset[int] | None]:
    """The supports without those in which two draws share a cause: they do not fall alone."""
    rho, cause = prepared.draws.rho, prepared.draws.cause_key
    if not (rho > 0).any():
        return supports

    def is_alone(support: frozenset[int]) -> bool:
        shared = [int(cause[draw]) for draw in support if rho[draw] > 0]
        return len(set(shared)) == len(shared)

    return [s if s is not None and is_alone(s) else None for s in supports]


def _give_digits(
    supports: Iterable[frozenset[int]],
) -> tuple[dict[int, int], list[frozenset[int]]]:
    """A digit of the lane's number for each draw, and the supports whose digits all differ."""
    digits: dict[int, int] = {}
    taken: list[frozenset[int]] = []
    for support in supports:
        used = [digits[d] for d in support if d in digits]
        if len(set(used)) < len(used):
            continue
        free = iter(i for i in range(EXACT) if i not in used)
        for draw in sorted(support - set(digits)):
            digits[draw] = next(free)
        taken.append(support)
    return digits, taken


def _run_cases(
    prepared: Prepared, lanes: Lanes, varying: Bools, digits: dict[int, int], asked: Ints
) -> Bools:
    """(k, cases) who of these k is hit where each draw falls as its digit of the number of the case
    says.

    Draws without a digit matter to nobody who is asked for: they never happen here.
    """
    draws = sorted(digits)
    table = every_case(max(digits.values(), default=-1) + 1)
    words = table[[digits[draw] for draw in draws]] if draws else table[:0]
    chance = np.where(varying, 0.0, prepared.draws.strengths.middle)
    chance[draws] = 0.5
    run = Run(prepared.draws, prepared.scenario.seed, chance)
    parts, cases = [], 1 << (max(digits.values(), default=-1) + 1)
    step = lanes.words(fractional=False)
    for first in range(0, words.shape[1], step):
        part = np.ascontiguousarray(words[:, first : first + step])
        count = min(64 * part.shape[1], cases - 64 * first)
        blocks = iter([Block(first, np.ones(count), part)])
        for block, nodes in lanes.close(run, blocks, prepared.origins):
            hit = prepared.nodes.join(nodes, np.bitwise_or)
            parts.append(unpack(hit[asked], len(block.weight)))
    return np.concatenate(parts, axis=1)


def _sum_up(
    prepared: Prepared, support: frozenset[int], digits: dict[int, int], hit: Bools
) -> list[tuple[float, float, float]]:
    """The low, middle and high probability of each entity (rows of hit) with this support."""
    draws = sorted(support)
    cases = np.zeros(1, np.int64)
    weights = [np.ones(1) for _ in range(3)]
    for draw in draws:
        cases = np.concatenate([cases, cases + (1 << digits[draw])])
        for i, q in enumerate(s[draw] for s in prepared.draws.strengths):
            weights[i] = np.concatenate([weights[i] * (1 - q), weights[i] * q])
    return [
        tuple(_probability(lanes[cases], w) for w in weights)  # type: ignore[misc]
        for lanes in hit
    ]


def _probability(hit: Bools, weight: Floats) -> float:
    """The sum of the weights of the cases that hit; 0 and 1 only where none, or all, do."""
    able = weight > 0
    if not (hit & able).any():
        return 0.0
    if hit[able].all():
        return 1.0
    total = round(math.fsum(weight[hit].tolist()), _DIGITS)
    return min(max(total, math.ulp(0.0)), 1 - 2.0**-53)
