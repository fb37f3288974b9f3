"""How much of a target's probability each way and each step of it carries.

A step's part is what the target's probability loses where the step is safe (the risk reduction of
reliability engineering), a way's the share of it in which every step of the way transmits (as
Fussell and Vesely 1975 count cut sets). All on the same worlds, or on all cases where they are few.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from knockon.graph.analysis.plan import Plan, can_enumerate
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.analysis.sampling import find_error
from knockon.graph.arrays import Bools, Ints, Words
from knockon.graph.engine.kernels.closure_numpy import unpack
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sums import weigh_lanes
from knockon.graph.engine.worlds import Block, Run


@dataclass(frozen=True, eq=False)
class Contributions:
    """share, share_std_error: (K,) of each way; steps: of each way, of each step, what it saves and
    the error of that; None where nothing was measured."""

    ways: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()

    def of(self, way: int) -> dict[str, Any]:
        """`share`, `share_std_error`, and `steps` with `saves`, `saves_std_error`."""
        return self.ways[way]


def measure_contributions(prepared: Prepared, target: int, chains: Sequence[Ints]) -> Contributions:
    """What each chain, by the arcs of the circuit, contributes to the target's probability.

    prepared: towards the target
    """
    if prepared.scenario.hours is not None or prepared.scenario.rollout:
        what = "hours" if prepared.scenario.hours is not None else "a rollout"
        note = f"with {what} it is not measured how much each way contributes"
        return Contributions(tuple(_nothing(chain) for chain in chains), (note,))
    run = prepared.run
    few = can_enumerate(prepared.scenario, [run])
    plan = Plan.of(replace(prepared.scenario, precision=None), exact=few)
    lanes = Lanes(prepared.kernel, -(-plan.worlds // 64), memory=prepared.scenario.memory)
    measure = _Measure(prepared, target, lanes, plan)
    member = prepared.circuit.member
    safe = {int(prepared.circuit.dependency[member[a]]) for chain in chains for a in chain}
    saves = {dependency: measure.save(dependency) for dependency in sorted(safe)}
    ways = []
    for chain in chains:
        share, error = measure.share(member[chain])
        behind = prepared.circuit.dependency[member[chain]].tolist()
        steps = [dict(zip(("saves", "saves_std_error"), saves[d], strict=True)) for d in behind]
        ways.append({"share": share, "share_std_error": error, "steps": steps})
    return Contributions(tuple(ways))


class _Measure:
    """The target in all worlds of a plan, and the same with something safe."""

    def __init__(self, prepared: Prepared, target: int, lanes: Lanes, plan: Plan) -> None:
        self.prepared, self.lanes, self.plan = prepared, lanes, plan
        self.ends = np.flatnonzero(prepared.kernel.entity == target)
        self.words = lanes.words(fractional=False)
        self.base = list(self._hits(prepared.run))

    def _hits(self, run: Run) -> Iterator[tuple[Block, Bools]]:
        """Each block with the lanes in which the target is hit, cases those of the base run."""
        blocks = (self._fit(run, b) for b in self.plan.blocks(self.prepared.run, self.words))
        for block, nodes in self.lanes.close(run, blocks, self.prepared.origins):
            hit: Words = np.bitwise_or.reduce(nodes[self.ends], axis=0)
            yield block, unpack(hit[None, :], len(block.weight))[0]

    def _fit(self, run: Run, block: Block) -> Block:
        """The block with the cases of those draws that are uncertain in this run."""
        if block.cases is None or run is self.prepared.run:
            return block
        kept = np.searchsorted(self.prepared.run.uncertain, run.uncertain)
        return replace(block, cases=np.ascontiguousarray(block.cases[kept]))

    def save(self, dependency: int) -> tuple[float, float]:
        """What the probability loses where this dependency never transmits, and its error."""
        prepared = self.prepared
        draws = prepared.draws.of_member[prepared.kernel.dependency == dependency]
        probability = prepared.run.probability.copy()
        probability[draws] = 0.0
        without = self._hits(replace(prepared.run, probability=probability))
        saved = mass = 0.0
        for (block, hit), (_, still) in zip(self.base, without, strict=True):
            saved = weigh_lanes(hit & ~still, block.weight, saved)
            mass += float(block.weight.sum())
        return self._share_of(saved, mass)

    def share(self, members: Ints) -> tuple[float | None, float | None]:
        """Of the worlds that hit the target, the share in which all these members transmit."""
        both = mass = 0.0
        for block, hit in self.base:
            live = self.prepared.run.live_and_stuck(block)[0][members]
            every = unpack(np.bitwise_and.reduce(live, axis=0)[None, :], len(block.weight))[0]
            both = weigh_lanes(hit & every, block.weight, both)
            mass = weigh_lanes(hit, block.weight, mass)
        return self._share_of(both, mass) if mass else (None, None)

    def _share_of(self, part: float, mass: float) -> tuple[float, float]:
        """The share, and its standard error: none where all cases were looked at."""
        share = min(part / mass, 1.0)
        return share, 0.0 if self.plan.exact else float(find_error(part, mass))


def _nothing(chain: Ints) -> dict[str, Any]:
    steps = [{"saves": None, "saves_std_error": None} for _ in chain]
    return {"share": None, "share_std_error": None, "steps": steps}
