"""What is left of a formula where just a few variables are true and chance decides the others.

Most of a large formula cannot be true then: what can is found from the few upwards, so that many
cases cost what they touch.
"""

from collections.abc import Sequence

from knockon.graph.engine.formulas.formula import Formula, Gate
from knockon.graph.engine.formulas.reduce import fold


class Cases:
    """A formula whose cases are asked for.

    chance: variables that may be either in every case; all others are false but for those of a case
    steps: inputs looked at for the cases so far, which is what they cost
    """

    def __init__(self, formula: Formula, chance: Sequence[int]) -> None:
        self._formula, self._chance = formula, list(chance)
        self.steps = 0
        self._waits: list[list[int]] = [[] for _ in range(formula.size)]
        self._missing = [0] * formula.variables + [gate.at_least for gate in formula.gates]
        for node, gate in enumerate(formula.gates, formula.variables):
            for i in gate.inputs:
                self._waits[i].append(node)
        self._able = {n for n in range(formula.variables, formula.size) if self._missing[n] <= 0}
        self._able |= set(self._chance)
        self._missing, self._able = self._spread(list(self._able), self._missing, self._able)
        self.steps = 0

    def _spread(
        self, waiting: list[int], missing: list[int], able: set[int]
    ) -> tuple[list[int], set[int]]:
        """The counts that are left, and what may be true, once these are."""
        missing, able = missing.copy(), able.copy()
        able.update(waiting)
        while waiting:
            waits = self._waits[waiting.pop()]
            self.steps += len(waits)
            for node in waits:
                missing[node] -= 1
                if missing[node] <= 0 and node not in able:
                    able.add(node)
                    waiting.append(node)
        return missing, able

    def find(self, true: Sequence[int], most: int) -> Formula | None:
        """The formula, over the variables of chance alone, where these others are true; None where
        more gates than `most` may be true."""
        formula = self._formula
        _, able = self._spread([v for v in true if v not in self._able], self._missing, self._able)
        gates = sorted(n for n in able if n >= formula.variables)
        if len(gates) > most:
            return None
        number = {n: formula.variables + i for i, n in enumerate(gates)}
        if formula.root not in able:
            return Formula(formula.variables, (Gate(1, ()),), formula.variables)
        kept = []
        for node in gates:
            gate = formula.gates[node - formula.variables]
            inputs = tuple(number.get(i, i) for i in gate.inputs if i in able)
            kept.append(Gate(gate.at_least, inputs))
        small = Formula(formula.variables, tuple(kept), number.get(formula.root, formula.root))
        return fold(small, always=true)
