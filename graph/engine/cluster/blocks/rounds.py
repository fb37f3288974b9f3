"""Rounds of news until there is none: what the client does, and what of it can be lost."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple, TypeVar

import numpy as np

from knockon.graph.engine.cluster.blocks.part import read_names
from knockon.graph.engine.cluster.blocks.sections import check_sent
from knockon.graph.engine.cluster.blocks.steps import Question, Step, count_part, take_step
from knockon.graph.engine.cluster.shipment import digest
from knockon.graph.engine.counting import Counts
from knockon.graph.engine.executor import Executor, Workspace
from knockon.graph.engine.worlds import Block
from knockon.graph.errors import ClusterError

S = TypeVar("S")

_TRIES = 3
_KEPT = 4  # part of the memory of a worker that states may take between rounds
NOTHING = Workspace(list)


class Room(NamedTuple):
    """What the workers have. folder: that they and the client see; memory: bytes of one worker;
    tasks: that it does at a time; resume: take what is there; shares: as of `connect.Workers`"""

    folder: Path
    memory: int
    tasks: int
    resume: bool = False
    shares: bool = True


class Layout(NamedTuple):
    """The parts of a question, as they lie in the folder that all see.

    parts: name of the shipment of each; entities: (P + 1,) where each begins among those counted;
    failing: parts that have origins; exact: stakes are whole numbers
    """

    folder: Path
    parts: tuple[str, ...]
    entities: tuple[int, ...]
    failing: tuple[int, ...]
    exact: bool


class Rounds:
    """The rounds of some blocks of worlds of one run, all together."""

    def __init__(
        self, executor: Executor, layout: Layout, blocks: Sequence[Block], room: Room
    ) -> None:
        self.executor, self.layout, self.blocks = executor, layout, blocks
        name = digest("\n".join(layout.parts).encode())
        self.question = Question(
            str(layout.folder), name, layout.parts, room.memory // _KEPT,
            room.memory // _KEPT if room.shares else 0, layout.exact,
        )  # fmt: skip
        self.folder = layout.folder / name
        self._resume = room.resume
        self._past: dict[tuple[int, int], list[tuple[int, tuple[str, ...]]]] = {}
        self._made: dict[str, Step] = {}
        self.rounds = 0

    def count(self) -> Iterator[tuple[Block, Counts]]:
        """Each block with its counts, in their order, after rounds until there is no news."""
        self.spread()
        steps = [
            step
            for block in self.blocks
            for part in range(len(self.layout.parts))
            if (step := self.find_step(part, block))
        ]
        counted = self.run(count_part, steps)
        ready = next(counted, None)
        for block in self.blocks:
            found: dict[int, Counts] = {}
            while ready is not None and ready[0].first == block.first:
                found[ready[0].part] = ready[1]
                ready = next(counted, None)
            yield block, self._join(found, len(block.weight))
        self.clear()

    def find_step(self, part: int, block: Block) -> Step | None:
        """A part with all the news that it had in a block of worlds; None: it had none."""
        past = self._past.get((part, block.first))
        return Step(part, block.first, len(block.weight), -1, tuple(past), ()) if past else None

    def clear(self) -> None:
        """Take away what was between the rounds."""
        rmtree(self.folder, ignore_errors=True)

    def spread(self) -> None:
        """Rounds until there is no news; round 0 is where the origins fail."""
        if not self._resume:
            self.clear()
        lanes = {block.first: len(block.weight) for block in self.blocks}
        news: dict[tuple[int, int], list[str]] = {
            (part, first): [] for first in lanes for part in self.layout.failing
        }
        while news:
            number = self.rounds
            steps = [
                Step(*at, lanes[at[1]], number, tuple(self._past.get(at, ())), tuple(files))
                for at, files in sorted(news.items())
            ]
            news = {}
            for step, (name, receivers) in self.run(take_step, steps):
                at = step.part, step.first
                self._past.setdefault(at, []).append((number, step.news))
                (file,) = read_names(name)
                self._made[file] = step
                for receiver in receivers.tolist():
                    news.setdefault((receiver, step.first), []).append(file)
            self.rounds += 1

    def run(self, work: Callable[..., Any], steps: Sequence[S]) -> Iterator[tuple[S, Any]]:
        """Each step with what the work gives, in their order; where files of news were lost or
        torn, they are made again first."""
        done = 0
        for tried in range(_TRIES):
            try:
                for step, found in self.executor.run(
                    work, self.question, steps[done:], workers=1, workspace=NOTHING
                ):
                    yield step, found
                    done += 1
                return
            except ClusterError:
                if tried + 1 == _TRIES or not self._mend():
                    raise

    def _mend(self) -> bool:
        """Make again what of the news is lost or torn, in the order of rounds; whether any was."""
        broken = [s for name, s in self._made.items() if check_sent(self.folder / name) is None]
        for step in sorted(broken, key=lambda s: s.round):
            list(self.executor.run(take_step, self.question, [step], workers=1, workspace=NOTHING))
        return bool(broken)

    def _join(self, found: dict[int, Counts], lanes: int) -> Counts:
        """The counts of a block from those of its parts; parts without news are not hit."""
        starts = self.layout.entities
        mass, total, hits = np.zeros(starts[-1]), np.zeros(lanes), np.zeros(lanes)
        lost = None
        if any(counts.lost is not None for counts in found.values()):
            lost = np.zeros((2, starts[-1], -(-lanes // 64)))
        for part, counts in found.items():
            mass[starts[part] : starts[part + 1]] = counts.mass
            for piece in np.atleast_2d(counts.total):
                total += piece
            hits += counts.hits
            if lost is not None:
                lost[:, starts[part] : starts[part + 1]] = counts.lost
        return Counts(mass, total, hits, lost)
