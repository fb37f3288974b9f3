"""Formulas of gates: reducing keeps what they say, diagrams and bounds agree with every case."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knockon.graph.engine.formulas.algebra import Sets, Truth
from knockon.graph.engine.formulas.bounds import bound_above
from knockon.graph.engine.formulas.cases import Cases
from knockon.graph.engine.formulas.chances import Chances
from knockon.graph.engine.formulas.diagrams import compile_formula
from knockon.graph.engine.formulas.families import find_least_sets, list_sets
from knockon.graph.engine.formulas.formula import Formula, Gate, find_components
from knockon.graph.engine.formulas.reduce import (
    find_modules,
    find_single_causes,
    fold,
    join_cycles,
    reduce,
)

VARIABLES = 6


@st.composite
def formulas(draw: st.DrawFn) -> Formula:
    """Any small formula, cycles in it, inputs that stand twice."""
    count = draw(st.integers(1, 8))
    nodes = st.integers(0, VARIABLES + count - 1)
    gates = []
    for _ in range(count):
        inputs = draw(st.lists(nodes, min_size=1, max_size=4))
        gates.append(Gate(draw(st.integers(1, len(inputs))), tuple(inputs)))
    return Formula(VARIABLES, tuple(gates), draw(nodes))


def say(formula: Formula, true: tuple[int, ...]) -> bool:
    return formula.close(true)[formula.root]


def every_set() -> list[tuple[int, ...]]:
    return [
        tuple(v for v in range(VARIABLES) if face[v])
        for face in product((False, True), repeat=VARIABLES)
    ]


@settings(max_examples=60, deadline=None)
@given(formulas())
def test_reducing_keeps_what_a_formula_says(formula: Formula) -> None:
    """In every case."""
    reduced = reduce(formula)
    assert all(say(reduced, true) == say(formula, true) for true in every_set())


@settings(max_examples=60, deadline=None)
@given(formulas(), st.sets(st.integers(0, 5), max_size=2), st.sets(st.integers(0, 5), max_size=2))
def test_folding_fixes_variables(formula: Formula, never: set[int], always: set[int]) -> None:
    """Those that are false, those that are true; the others stay free."""
    never -= always
    folded = fold(formula, never, always)
    for true in every_set():
        fixed = tuple({*true, *always} - never)
        assert say(folded, true) == say(formula, fixed)


@settings(max_examples=60, deadline=None)
@given(formulas(), st.sets(st.integers(0, 5)), st.sets(st.integers(0, 5)))
def test_cases_are_what_folding_says(formula: Formula, chance: set[int], true: set[int]) -> None:
    """Over the variables of chance alone."""
    true -= chance
    left = Cases(formula, sorted(chance)).find(sorted(true), len(formula.gates))
    assert left is not None
    for case in every_set():
        fixed = tuple({*(set(case) & chance), *true})
        assert say(left, tuple(set(case) & chance)) == say(formula, fixed)


@settings(max_examples=60, deadline=None)
@given(formulas())
def test_alternatives_on_a_cycle_are_one_gate(formula: Formula) -> None:
    """No cycle is left of gates of which one input is enough, and the truth is the same."""
    joined = join_cycles(fold(formula))
    for true in every_set():
        assert say(joined, true) == say(formula, true)
    gates = dict(enumerate(joined.gates, joined.variables))
    either = {n: g.inputs for n, g in gates.items() if g.at_least == 1}
    rests_on = {n: [i for i in inputs if i in either] for n, inputs in either.items()}
    assert all(len(nodes) == 1 for nodes in find_components(either, rests_on.__getitem__))


@settings(max_examples=60, deadline=None)
@given(formulas(), st.sampled_from((1, 2, 3, None)))
def test_least_sets_are_those_of_every_case(formula: Formula, most: int | None) -> None:
    """No set has another inside, none is missing, none is too large."""
    reduced = reduce(formula)
    family = compile_formula(
        reduced, Sets.within(most), lambda compiled: find_least_sets(compiled, most)
    )
    assert family is not None
    found = {frozenset(row) for sets in list_sets(family).values() for row in sets.tolist()}
    hits = [set(true) for true in every_set() if say(formula, true)]
    least = {frozenset(h) for h in hits if not any(other < h for other in hits)}
    assert found == {s for s in least if most is None or len(s) <= most}
    assert sum(family.count()) == len(found)
    single = [v for v in range(VARIABLES) if say(formula, (v,))]
    assert find_single_causes(formula) == single


@settings(max_examples=60, deadline=None)
@given(formulas(), st.lists(st.sampled_from((0.0, 1.0, 0.5, 0.1, 1e-9)), min_size=6, max_size=6))
def test_chances_and_bounds_are_those_of_every_case(formula: Formula, chance: list[float]) -> None:
    """The probability to twelve digits, its slopes as differences, and never above the bound."""
    p = np.array(chance)
    reduced = reduce(formula)
    chances = compile_formula(reduced, Truth, Chances.of)
    assert chances is not None

    def find(values: np.ndarray) -> float:  # type: ignore[type-arg]
        weights = (
            np.prod([values[v] if v in true else 1 - values[v] for v in range(VARIABLES)])
            for true in every_set()
            if say(formula, true)
        )
        return float(sum(weights))

    whole, slope = chances.differentiate(p)
    assert whole == pytest.approx(find(p), rel=1e-12, abs=1e-300)
    for v in range(VARIABLES):
        sure, never = p.copy(), p.copy()
        sure[v], never[v] = 1.0, 0.0
        assert slope[v] == pytest.approx(find(sure) - find(never), abs=1e-12)
    assert bound_above(reduced, p) >= whole * (1 - 1e-12)
    assert bound_above(fold(formula), p) >= whole * (1 - 1e-12)


def test_modules_are_found() -> None:
    """Two pairs of variables of their own below the root, a third shared."""
    pair, other = Gate(2, (0, 1)), Gate(1, (2, 3))
    shared = Gate(1, (3, 4))
    formula = Formula(5, (pair, other, shared, Gate(1, (5, 6, 7))), 8)
    assert find_modules(formula) == [5, 8]


def test_a_diagram_that_finds_no_room_is_none() -> None:
    """Not an error: what is known by then is the answer."""
    pairs = tuple(Gate(2, (i, (i * 7 + 3) % 24)) for i in range(24))
    formula = Formula(24, (*pairs, Gate(1, tuple(range(24, 48)))), 48)
    assert compile_formula(formula, Truth, Chances.of, rooms=(64,)) is None
    assert compile_formula(formula, Truth, Chances.of) is not None
