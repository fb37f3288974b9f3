"""A formula made smaller, and equal: what cannot matter goes, what stands alone is set apart.

Steps: constants are folded in; alternatives on one cycle become one gate; single causes (variables
that make the formula true alone) are struck out everywhere but beside the root; gates of one kind
in one another become one; private inputs of a gate become a gate of their own, so that it is a
module (`find_modules`).
"""

from collections.abc import Collection, Iterable

from knockon.graph.engine.formulas.formula import (
    ALWAYS,
    NEVER,
    Formula,
    Gate,
    find_components,
)

_LANES = 1 << 14  # variables whose failing alone is looked at in one sweep


def reduce(formula: Formula) -> Formula:
    """An equal formula whose root is an alternative of the single causes and of all the rest."""
    formula = fold(formula)
    if formula.constant is not None or formula.root < formula.variables:
        return formula
    formula = join_cycles(formula)
    single = find_single_causes(formula)
    rest = set_private_apart(join_alike(fold(formula, never=single)))
    if not single:
        return rest
    if rest.constant is False:
        return Formula(rest.variables, (Gate(1, tuple(single)),), rest.variables)
    alone = Gate(1, tuple(single))
    gates = (*rest.gates, alone, Gate(1, (rest.size, rest.root)))
    return Formula(rest.variables, gates, rest.size + 1)


def fold(formula: Formula, never: Collection[int] = (), always: Collection[int] = ()) -> Formula:
    """The formula with these variables false, and those true; only what the root rests on stays."""
    ruled_out = set(never)
    able = formula.close([v for v in range(formula.variables) if v not in ruled_out])
    sure = formula.close(always)
    if sure[formula.root] or not able[formula.root]:
        return _say(formula, sure[formula.root])
    folded = [_fold_gate(formula, node, able, sure) for node in _gates_of(formula)]
    return _gather(formula, dict(zip(_gates_of(formula), folded, strict=True)))


def _say(formula: Formula, always: bool) -> Formula:
    gate = Gate(ALWAYS if always else NEVER, ())
    return Formula(formula.variables, (gate,), formula.variables)


def _gates_of(formula: Formula) -> range:
    return range(formula.variables, formula.size)


def _fold_gate(formula: Formula, node: int, able: list[bool], sure: list[bool]) -> Gate:
    gate = formula.gates[node - formula.variables]
    inputs = [i for i in gate.inputs if able[i] and not sure[i]]
    at_least = gate.at_least - sum(sure[i] for i in gate.inputs)
    if at_least == 1:
        inputs = [i for i in dict.fromkeys(inputs) if i != node]  # it cannot be its own cause
    elif at_least == len(inputs):
        inputs = list(dict.fromkeys(inputs))
        at_least = len(inputs)
    return Gate(at_least, tuple(inputs))


def _gather(formula: Formula, gates: dict[int, Gate], root: int | None = None) -> Formula:
    """The formula of these gates: those of one input left out, those that nothing needs, too."""

    def skip(node: int) -> int:
        while (gate := gates.get(node)) is not None and len(gate.inputs) == 1:
            node = gate.inputs[0]
        return node

    root = skip(formula.root if root is None else root)
    number: dict[int, int] = {}
    waiting = [root]
    kept: list[Gate] = []
    while waiting:
        node = waiting.pop()
        if node in number or node not in gates:
            continue
        number[node] = formula.variables + len(kept)
        kept.append(Gate(gates[node].at_least, tuple(skip(i) for i in gates[node].inputs)))
        waiting += reversed(kept[-1].inputs)
    renamed = tuple(Gate(g.at_least, tuple(number.get(i, i) for i in g.inputs)) for g in kept)
    return Formula(formula.variables, renamed, number.get(root, root))


def join_cycles(formula: Formula) -> Formula:
    """Alternatives of a folded formula that lie on one cycle become one gate: where one is true,
    all are.

    What makes the first of them true comes from outside the cycle, as truths are a least fixpoint.
    """
    gates = dict(enumerate(formula.gates, formula.variables))
    for nodes in formula.components:
        if len(nodes) < 2:
            continue
        inner = {n: gates[n].inputs for n in nodes if gates[n].at_least == 1}
        inner = {n: tuple(i for i in inputs if i in inner) for n, inputs in inner.items()}
        for cycle in find_components(inner, inner.__getitem__):
            if len(cycle) > 1:
                inside = set(cycle)
                outside = dict.fromkeys(
                    i for n in cycle for i in gates[n].inputs if i not in inside
                )
                gates |= dict.fromkeys(cycle[1:], Gate(1, (cycle[0],)))
                gates[cycle[0]] = Gate(1, tuple(outside))
    return _gather(formula, gates)


def find_single_causes(formula: Formula) -> list[int]:
    """The variables each of which makes the formula true alone, ascending.

    One sweep of lanes: lane i is the case in which variable i alone is true.
    """
    variables = sorted(n for nodes in formula.components for n in nodes if n < formula.variables)
    found = []
    for first in range(0, len(variables), _LANES):
        lanes = variables[first : first + _LANES]
        hit = sweep(formula, {v: 1 << i for i, v in enumerate(lanes)})[formula.root]
        found += [v for i, v in enumerate(lanes) if hit >> i & 1]
    return found


def sweep(formula: Formula, lanes: dict[int, int]) -> list[int]:
    """(size,) in which lanes each node is true; lanes: where each variable is, as bits."""
    hit = [0] * formula.size
    for variable, bits in lanes.items():
        hit[variable] = bits
    for nodes in formula.components:
        gates = [n for n in nodes if n >= formula.variables]
        moved = True
        while moved:
            moved = False
            for node in gates:
                bits = _count_lanes(formula.gates[node - formula.variables], hit)
                moved |= bits != hit[node]
                hit[node] = bits
            moved &= len(nodes) > 1
    return hit


def _count_lanes(gate: Gate, hit: list[int]) -> int:
    """In which lanes enough inputs are true: row j has those with at least j of those so far."""
    bits = 0
    if gate.at_least == 1:
        for i in gate.inputs:
            bits |= hit[i]
        return bits
    rows = [-1] + [0] * gate.at_least
    for i in gate.inputs:
        bits = hit[i]
        for j in range(gate.at_least, 0, -1):
            rows[j] |= rows[j - 1] & bits
    return rows[-1]


def join_alike(formula: Formula) -> Formula:
    """Alternatives of alternatives become one gate, and so does what needs all of what needs all;
    where the inner gate is used once and lies on no cycle."""
    if formula.constant is not None:
        return formula
    gates = dict(enumerate(formula.gates, formula.variables))
    for nodes in formula.components:
        node = nodes[0]
        if node not in gates or formula.is_cycle(nodes):
            continue
        gate = gates[node]
        kinds = _kinds(gate)
        if not kinds:
            continue
        inputs: list[int] = []
        for i in gate.inputs:
            inner = gates.get(i)
            once = inner is not None and formula.used[i] == 1 and kinds & _kinds(inner)
            inputs += inner.inputs if once and inner is not None else (i,)
        distinct = tuple(dict.fromkeys(inputs))
        gates[node] = Gate(1 if gate.at_least == 1 else len(distinct), distinct)
    return _gather(formula, gates)


def _kinds(gate: Gate) -> set[str]:
    """Whether one input is enough, or all are needed."""
    kinds = {"any"} if gate.at_least == 1 else set()
    return kinds | ({"all"} if gate.at_least == len(gate.inputs) > 1 else set())


def set_private_apart(formula: Formula) -> Formula:
    """Inputs of a gate that nothing else needs, and that share nothing, behind a gate of their
    own: a module then, however much the other inputs share."""
    if formula.constant is not None or formula.root < formula.variables:
        return formula
    modules = set(find_modules(formula))
    gates = dict(enumerate(formula.gates, formula.variables))
    new = formula.size
    for node in [n for nodes in formula.components for n in nodes if n in gates]:
        gate = gates[node]
        if not _kinds(gate):
            continue
        private = [
            i
            for i in gate.inputs
            if formula.used[i] == 1 and (i < formula.variables or i in modules)
        ]
        if 1 < len(private) < len(gate.inputs):
            shared = tuple(i for i in gate.inputs if i not in set(private))
            one = gate.at_least == 1
            gates[new] = Gate(1 if one else len(private), tuple(private))
            gates[node] = Gate(1 if one else len(shared) + 1, (*shared, new))
            new += 1
    return _gather(formula, gates)


def find_modules(formula: Formula) -> list[int]:
    """The gates that share nothing with the rest of the formula, the root last; inner ones first.

    Source: Y. Dutuit, A. Rauzy, A linear-time algorithm to find modules of fault trees, 1996; a
    cycle is walked through as one node, and is none itself but for the root.
    """
    of_node = {n: i for i, nodes in enumerate(formula.components) for n in nodes}
    inputs = [
        list(dict.fromkeys(of_node[i] for n in nodes for i in formula.inputs(n)))
        for nodes in formula.components
    ]
    for i, after in enumerate(inputs):
        inputs[i] = [a for a in after if a != i]
    first, second, last = ([0] * len(inputs) for _ in range(3))
    for clock, (component, leaving) in enumerate(_walk(inputs, of_node[formula.root]), 1):
        if leaving:
            second[component] = clock
        if not first[component]:
            first[component] = clock
        last[component] = clock
    low, high = list(first), list(last)
    found = []
    for i, nodes in enumerate(formula.components):  # inputs come first
        below = inputs[i]
        if below:
            inner = min(min(low[a], first[a]) for a in below)
            outer = max(max(high[a], last[a]) for a in below)
            low[i], high[i] = inner, outer
            alone = not formula.is_cycle(nodes) and inner > first[i] and outer < second[i]
            if alone and nodes[0] != formula.root:
                found.append(nodes[0])
    return [*found, formula.root]


def _walk(inputs: list[list[int]], root: int) -> Iterable[tuple[int, bool]]:
    """Every visit of a depth-first walk, and whether it leaves what it entered before."""
    seen: set[int] = set()
    stack = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        yield node, leaving
        if leaving or node in seen:
            continue
        seen.add(node)
        if inputs[node]:
            stack.append((node, True))
            stack += [(i, False) for i in reversed(inputs[node])]
