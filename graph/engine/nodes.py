"""From the nodes of a circuit to the entities behind them: the one place that joins the two.

A node is an entity in one mode of failure, so that an entity may have several. Nodes beyond those
of the circuit that is shown (the rings of a rollout) stand last in what the kernels give, and are
left out here.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from knockon.graph.arrays import Bools, Ints

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Nodes:
    """The nodes of a circuit, by entity.

    of_node: (N,) entity of each node
    entity: (E,) ascending numbers of the entities that have nodes
    one_each: every entity has one node, in their order
    """

    of_node: Ints
    entity: Ints
    one_each: bool
    _order: Ints
    _first: Ints

    @classmethod
    def of(cls, of_node: Ints) -> "Nodes":
        if bool((of_node[1:] > of_node[:-1]).all()):
            return cls(of_node, of_node, True, of_node[:0], of_node[:0])
        order = np.argsort(of_node, kind="stable")
        entity, first = np.unique(of_node[order], return_index=True)
        return cls(of_node, entity, False, order, first)

    def join(self, of_nodes: npt.NDArray[T], how: np.ufunc) -> npt.NDArray[T]:
        """(E, ...) the values (N, ...) of an entity's nodes joined into one by a ufunc."""
        if self.one_each:
            return np.ascontiguousarray(of_nodes[: len(self.entity)])  # sums go by layout
        joined: npt.NDArray[T] = how.reduceat(of_nodes[self._order], self._first, axis=0)
        return joined

    def least(self, *keys: Ints) -> Ints:
        """(E,) of each entity the node that is least by the keys (N,), the first key first."""
        if self.one_each:
            return np.arange(len(self.entity))
        rank = np.lexsort((*reversed(keys), self.of_node))
        return rank[np.unique(self.of_node[rank], return_index=True)[1]]

    def among(self, entities: Ints) -> Bools:
        """(E,) whether each entity is one of these."""
        found: Bools = np.isin(self.entity, entities)
        return found
