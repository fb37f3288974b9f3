"""A circuit written as gates: members that are lost, groups that break, nodes that are hit."""

from collections.abc import Callable, Sequence

from knockon.graph.engine.circuit import Circuit
from knockon.graph.engine.formulas.formula import NEVER, Formula, Gate

Say = Callable[[int], "int | None"]
"""The number of the variable that decides on a member, or a group; None where nothing is open."""


class GateWriter:
    """Gates of a circuit, N nodes, the first N gates those of its nodes.

    Until the end, gates have numbers from 0 and variables numbers below 0: variable v is -1 - v.
    place: (M,) of each member, in which order members and groups are written; no figure hangs on it
    """

    def __init__(self, circuit: Circuit, place: Sequence[int]) -> None:
        self.circuit, self.place = circuit, place
        self.gates = [Gate(NEVER, ()) for _ in circuit.entity]

    def add(self, at_least: int, inputs: list[int]) -> int:
        """A gate, by its number; what it rests on where that is one thing alone."""
        if at_least == 1 and len(inputs) == 1:
            return inputs[0]
        self.gates.append(Gate(at_least, tuple(inputs)))
        return len(self.gates) - 1

    def write_groups(self, transmits: Say, sticks: Say) -> dict[int, list[int]]:
        """What breaks the groups of each node, in the node's mode.

        transmits: by member, whether its dependency does; sticks: by group, whether its switch does
        """
        members = self._write_members(transmits)
        circuit, found = self.circuit, list[int]()
        start = circuit.member_start.tolist()
        for g, threshold in enumerate(circuit.threshold.tolist()):
            ordered = sorted(range(start[g], start[g + 1]), key=self.place.__getitem__)
            inside = [members[m] for m in ordered]
            lost = [m for m, _ in inside]
            broken = self.add(threshold, lost) if threshold <= len(lost) else self.add(NEVER, [])
            if (stuck := sticks(g)) is not None:
                broken = self.add(1, [broken, self.add(2, [-1 - stuck, self.add(1, lost)])])
            if any(at_home != m for m, at_home in inside):
                own = [at_home for _, at_home in inside if at_home is not None]
                broken = self.add(2, [broken, self.add(1, own)])
            found.append(broken)
        first = [self.place[m] for m in start[:-1]]
        of_node: dict[int, list[int]] = {}
        for g in sorted(range(len(found)), key=first.__getitem__):
            of_node.setdefault(int(circuit.node[g]), []).append(found[g])
        return of_node

    def _write_members(self, transmits: Say) -> list[tuple[int, int | None]]:
        """Of each member what loses it; and the same by arcs of its own mode alone."""
        circuit, found = self.circuit, list[tuple[int, int | None]]()
        start, provider = circuit.arc_start.tolist(), circuit.provider.tolist()
        foreign = circuit.foreign.tolist()
        for m in range(len(circuit.dependency)):
            arcs = range(start[m], start[m + 1])
            own = [provider[a] for a in arcs if not foreign[a]]
            lost = self.add(1, [provider[a] for a in arcs])
            at_home = lost if len(own) == len(arcs) else self.add(1, own) if own else None
            if (draw := transmits(m)) is not None:
                alike = at_home == lost
                lost = self.add(2, [-1 - draw, lost])
                if alike:
                    at_home = lost
                elif at_home is not None:
                    at_home = self.add(2, [-1 - draw, at_home])
            found.append((lost, at_home))
        return found

    def finish(self, variables: int, root: int) -> Formula:
        """The formula of these gates."""

        def number(i: int) -> int:
            return -1 - i if i < 0 else variables + i

        gates = tuple(Gate(g.at_least, tuple(map(number, g.inputs))) for g in self.gates)
        return Formula(variables, gates, number(root))
