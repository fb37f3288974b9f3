"""A monotone formula of gates, cycles allowed: what it says is the least fixpoint."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

NEVER, ALWAYS = 1, 0  # what a gate without inputs needs: one of them, or none


class Gate(NamedTuple):
    """True when at least so many of its inputs are. An input that stands twice counts twice."""

    at_least: int
    inputs: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Formula:
    """Nodes 0..variables - 1 are the variables, those after them the gates, in their order.

    root: the node whose truth is asked for
    """

    variables: int
    gates: tuple[Gate, ...]
    root: int

    @property
    def size(self) -> int:
        return self.variables + len(self.gates)

    @property
    def constant(self) -> bool | None:
        """Whether it is true, or false, whatever the variables are; None where it depends."""
        gate = self.gate(self.root)
        return None if gate is None or gate.inputs else gate.at_least == ALWAYS

    def gate(self, node: int) -> Gate | None:
        """The gate of a node; None of a variable."""
        return None if node < self.variables else self.gates[node - self.variables]

    def inputs(self, node: int) -> tuple[int, ...]:
        return () if node < self.variables else self.gates[node - self.variables].inputs

    @cached_property
    def components(self) -> list[list[int]]:
        """The nodes that the root rests on, in strongly connected components, inputs first.

        A component of more than one node is a cycle, as is a gate among its own inputs.
        """
        return find_components([self.root], self.inputs)

    @cached_property
    def used(self) -> list[int]:
        """(size,) how often each node stands among the inputs of what the root rests on."""
        count = [0] * self.size
        for nodes in self.components:
            for node in nodes:
                for i in self.inputs(node):
                    count[i] += 1
        return count

    def is_cycle(self, component: Sequence[int]) -> bool:
        return len(component) > 1 or component[0] in self.inputs(component[0])

    def close(self, true: Collection[int]) -> list[bool]:
        """(size,) which nodes are true where just these variables are: the least fixpoint."""
        waits: list[list[int]] = [[] for _ in range(self.size)]
        missing = [0] * self.variables + [gate.at_least for gate in self.gates]
        for node, gate in enumerate(self.gates, self.variables):
            for i in gate.inputs:
                waits[i].append(node)
        is_true = [False] * self.size
        waiting = [*true, *(n for n in range(self.variables, self.size) if missing[n] <= 0)]
        for node in waiting:
            is_true[node] = True
        while waiting:
            for node in waits[waiting.pop()]:
                missing[node] -= 1
                if missing[node] <= 0 and not is_true[node]:
                    is_true[node] = True
                    waiting.append(node)
        return is_true


def find_components(
    starts: Iterable[int], inputs: Callable[[int], Sequence[int]]
) -> list[list[int]]:
    """What the starts rest on, in strongly connected components, inputs first.

    inputs: of a node, the same each time
    Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972; without recursion.
    """
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    found: list[list[int]] = []
    open_nodes: list[int] = []
    place_open: dict[int, int] = {}
    for start in starts:
        stack = [] if start in number else [(start, 0)]
        while stack:
            node, place = stack.pop()
            if place == 0:
                number[node] = low[node] = len(number)
                place_open[node] = len(open_nodes)
                open_nodes.append(node)
            after_it = inputs(node)
            if place:
                low[node] = min(low[node], low[after_it[place - 1]])
            while place < len(after_it):
                after = after_it[place]
                place += 1
                if after not in number:
                    stack += [(node, place), (after, 0)]
                    break
                if after in place_open:
                    low[node] = min(low[node], number[after])
            else:
                if low[node] == number[node]:
                    first = place_open[node]
                    found.append(open_nodes[first:])
                    for closed in found[-1]:
                        del place_open[closed]
                    del open_nodes[first:]
    return found
