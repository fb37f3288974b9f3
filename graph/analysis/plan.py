"""What a question will cost: how many worlds, and who may stop it meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from knockon.graph.engine.worlds import EXACT, Block, Run
from knockon.graph.scenario.scenario import WORLDS, Scenario

Watch: TypeAlias = Callable[[int, int], bool]  # worlds done, worlds in all; False stops the run
BYTES_OF_A_WORLD = 48  # impact, hits and weight, and the same put together
_FIRST_LOOK = 16  # words drawn before precision is looked at; then after twice as many, and so on


@dataclass(frozen=True)
class Plan:
    """How many worlds are drawn: at most `worlds`; fewer where `precision` is reached before.

    exact: every case is looked at instead
    """

    worlds: int
    precision: float | None
    exact: bool

    @classmethod
    def of(cls, scenario: Scenario, exact: bool) -> "Plan":
        """What a scenario asks for. No probability needs more than (1/2 / precision)^2 worlds."""
        if exact or scenario.precision is None:
            return cls(64 if exact else scenario.worlds or WORLDS, None, exact)
        most = int(np.ceil((0.5 / scenario.precision) ** 2)) + 8  # that many for the guarded error
        return cls(64 * -(-most // 64), scenario.precision, exact)

    def blocks(self, run: Run, words: int) -> Iterator[Block]:
        """The worlds or cases of a run, `words` times 64 at a time."""
        return run.every_case(words) if self.exact else run.random_worlds(self.worlds, words)

    def stages(self) -> Iterator[int]:
        """How many words are drawn when precision is looked at."""
        words, every = _FIRST_LOOK, -(-self.worlds // 64)
        while self.precision is not None and words < every:
            yield words
            words *= 2
        yield every


def can_enumerate(scenario: Scenario, runs: Sequence[Run]) -> bool:
    """Whether every case of these runs is looked at, not random worlds: their draws are few, fall
    one by one, and nobody asks for worlds."""
    uncertain = max(len(run.uncertain) for run in runs)
    if not uncertain:
        return True
    return not scenario.sampled and uncertain <= EXACT and not any(run.shares for run in runs)


def partial_note(drawn: int, asked: int) -> str:
    """What an answer says that was stopped before all worlds were drawn."""
    return f"partial: stopped after {drawn:,} of {asked:,} random worlds"
