"""The executor of plan "blocks": random worlds are counted by parts, all else is done here."""

from collections.abc import Iterable, Iterator
from itertools import islice

from knockon.graph.arrays import Ints
from knockon.graph.engine.cluster.blocks.cut import Cutting, choose_bounds, cut
from knockon.graph.engine.cluster.blocks.part import (
    HIGH,
    LOW,
    MIDDLE,
    Making,
    choose_count,
    lay_out,
    read_names,
    share_out,
)
from knockon.graph.engine.cluster.blocks.rounds import NOTHING, Layout, Room, Rounds
from knockon.graph.engine.cluster.shipment import ship
from knockon.graph.engine.counting import Counts, Stakes
from knockon.graph.engine.draws import Draws
from knockon.graph.engine.executor import Executor, Threads
from knockon.graph.engine.lanes import Lanes
from knockon.graph.engine.sums import ROWS
from knockon.graph.engine.worlds import Block, Run
from knockon.graph.words import describe_parts


class Blocks(Threads):
    """Counts random worlds by parts of the graph, with `executor`; what else is asked, which is
    little, is done in threads here."""

    def __init__(self, executor: Executor, room: Room, why: str) -> None:
        """why: the graph is cut, for people"""
        super().__init__()
        self.executor, self.room, self.why = executor, room, why
        self._laid: tuple[Draws, list[Layout]] | None = None
        self.rounds = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """How the work was cut; nothing where it was too little for that."""
        if not self.parts:
            return (f"plan blocks: {self.why}; so few cases are looked at here",)
        return (f"plan blocks: {self.why}; {describe_parts(self.parts, self.rounds)}",)

    @property
    def parts(self) -> int:
        """How many there are."""
        return 0 if self._laid is None else len(self._laid[1][0].parts)

    @property
    def at_a_time(self) -> int:
        return self.executor.at_a_time

    def count(
        self, lanes: Lanes, run: Run, blocks: Iterable[Block], stakes: Stakes, origins: Ints
    ) -> Iterator[tuple[Block, Counts]]:
        """Each block of random worlds with its counts, in the order of blocks."""
        layouts = self._lay_out(Cutting(lanes.circuit, run.draws, stakes, origins), run.seed)
        strengths = run.draws.strengths
        layout = next(
            of for q, of in zip(strengths, layouts, strict=False) if q is run.probability
        )  # fmt: skip
        ahead = iter(blocks)
        while together := list(islice(ahead, self.at_a_time)):
            rounds = Rounds(self.executor, layout, together, self.room)
            yield from rounds.count()
            self.rounds = max(self.rounds, rounds.rounds)

    def _lay_out(self, cutting: Cutting, seed: int) -> list[Layout]:
        """The parts of each run, laid out on the workers once for a question."""
        if self._laid is None or self._laid[0] is not cutting.draws:
            self._laid = cutting.draws, self._cut(cutting, seed)
        return self._laid[1]

    def _cut(self, cutting: Cutting, seed: int) -> list[Layout]:
        circuit, draws = cutting.circuit, cutting.draws
        exact = cutting.stakes.are_exact
        count = choose_count(
            len(circuit.provider), len(circuit.entity), 1 if draws.strengths.alike else 3,
            share_out(self.room.memory, self.room.tasks),
        )  # fmt: skip
        bounds = choose_bounds(cutting, count, 1 if exact else ROWS)
        names, failing = [], []
        for number, part in enumerate(cut(cutting, bounds)):
            names.append(ship(part, self.room.folder))
            failing += [number] if len(part.origins) else []
        runs = (MIDDLE,) if draws.strengths.alike else (LOW, MIDDLE, HIGH)
        made = self.executor.run(
            lay_out, Making(str(self.room.folder), seed, runs), names, workers=self.room.tasks,
            workspace=NOTHING,
        )  # fmt: skip
        found = [read_names(name) for _, name in made]
        ends, where = tuple(bounds.tolist()), self.room.folder
        return [
            Layout(where, parts, ends, tuple(failing), exact)
            for parts in zip(*found, strict=True)
        ]  # fmt: skip
