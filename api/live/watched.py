"""One source: what was read there last, when, and how that went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from knockon.api.live.aside import LARGE, parse_aside, parse_page
from knockon.api.live.content import Content, UnreadableError
from knockon.api.live.pace import Clock, Pace
from knockon.api.live.places import Place
from knockon.graph.errors import clip
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.status.place import Placed, place_report
from knockon.loaders.operations.status.reports import PageReport
from knockon.loaders.operations.status.table import Rules

FRESH = ("read", "late")


@dataclass(eq=False)
class Watched:
    """A place, and what is known of it. Changed by `Live` only.

    due: when it is looked at next; fault: why the last look failed, empty where it did not
    read_at: when it was last read, or seen to be the same; read_clock: that in seconds
    """

    place: Place
    due: float
    content: Content | None = None
    report: PageReport | None = None
    fault: str = ""
    faults: int = 0
    read_at: datetime | None = None
    read_clock: float = 0.0
    tried_at: datetime | None = None
    placed: dict[str, tuple[DependencyGraph, Placed]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.place.label

    def state(self, clock: Clock, pace: Pace) -> str:
        """`read`; `late`: not the last time, but lately; `stale`: not lately; `unreadable`: never;
        `waiting`: not tried yet."""
        if self.read_at is None:
            return "unreadable" if self.faults else "waiting"
        if clock.seconds() - self.read_clock > pace.stale:
            return "stale"
        return "late" if self.faults else "read"

    def parse(
        self, content: Content, graphs: Mapping[str, DependencyGraph], rules: Rules
    ) -> "Read":
        """What was read, found in each graph; what is the same as before is not looked for again.

        Raises UnreadableError where it is no status page, or none that is understood.
        """
        same = content is self.content and self.report is not None
        report = self.report if same and self.report else _parse_page(self.place, content)
        placed = {}
        for name, graph in graphs.items():
            known = self.placed.get(name) if same else None
            if known is None or known[0] is not graph:
                found = place_report(graph, report, Findings(), rules, self.place.addresses)
                known = graph, found
            placed[name] = known
        return Read(content, report, placed)

    def note_read(self, read: "Read", clock: Clock) -> None:
        self.content, self.report, self.placed = read.content, read.report, read.placed
        self.fault, self.faults = "", 0
        self.read_at = self.tried_at = clock.now()
        self.read_clock = clock.seconds()

    def note_fault(self, fault: UnreadableError, clock: Clock) -> None:
        self.fault, self.faults = clip(str(fault), 300), self.faults + 1
        self.tried_at = clock.now()


@dataclass(frozen=True, eq=False)
class Read:
    """A page as it was read: its report, and where that belongs in each graph."""

    content: Content
    report: PageReport
    placed: dict[str, tuple[DependencyGraph, Placed]]


def _parse_page(place: Place, content: Content) -> PageReport:
    """What a page says. Raises UnreadableError where it is no status page, or not understood."""
    name = place.label if place.is_file else f"{place.host}.json"
    parse = parse_aside if len(content.data) > LARGE else parse_page
    return parse(name, content.data)
