"""The definitions of a what-if a second time, from section 3 of the design alone.

Nothing is shared with `knockon`, nor with `tests.reference`: a case is a dictionary of rows as a
person would write them, every world is looked at with its probability as a fraction, and all
figures are counted from the list of these. Slow, and for small cases only.

Rings and cycles were once read from the twin; they are derived anew, each from the sentences that
stand quoted where it is done. Two readings are ours, since the text leaves them open:
- "runs the origin" is a dependency `runs` or `contains`: what is contained is run with the rest;
- a dependency "makes no cycle" where it cannot carry the failure in any world. The text names those
  of origins and of strength 0; by the same reason, that what cannot matter must not change an
  answer, so do those that the mode does not cross, whose provider nothing reaches, or whose group
  can never break.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise, product
from typing import Any, NamedTuple

INF = float("inf")
EVERYTHING = (
    "runs", "contains", "hosted_on", "uses", "authenticates_with", "resolved_by", "delivered_by",
    "certified_by", "supplied_by", "operated_by",
)  # fmt: skip
CROSSES = {
    "outage": dict.fromkeys(EVERYTHING[2:], "outage"),
    "bad_update": dict.fromkeys(EVERYTHING, "outage") | {"operated_by": "bad_update"},
    "compromise": dict.fromkeys(
        ("runs", "contains", "operated_by", "authenticates_with", "hosted_on", "uses"), "compromise"
    ),
    "withdrawal": dict.fromkeys(EVERYTHING, "outage")
    | {"runs": "withdrawal", "contains": "withdrawal"},
}

Hit = set[tuple[str, str]]  # (entity, mode)


class Interval(NamedTuple):
    """Hours: from, until."""

    start: float
    end: float


@dataclass(frozen=True)
class Row:
    """A dependency."""

    dependent: str
    provider: str
    relation: str = "uses"
    probability: float | None = 1.0
    loss: float = 1.0
    grace: float = 0.0
    group: str | None = None
    needs: int = 1
    switch_hours: float = 0.0
    switch_probability: float = 1.0


@dataclass(frozen=True)
class Asked:
    """A case: rows, what is said of entities, and the question. rings: (share, start hour)."""

    rows: tuple[Row, ...]
    origins: Mapping[str, float]
    mode: str = "outage"
    assume: float = 0.5
    hours: float | None = None
    rings: tuple[tuple[float, float], ...] = ()
    halt: float | None = None
    protect: frozenset[str] = frozenset()
    weight: Mapping[str, float] = field(default_factory=dict)
    repair: Mapping[str, float] = field(default_factory=dict)
    backlog: Mapping[str, float] = field(default_factory=dict)

    @property
    def entities(self) -> list[str]:
        named = {e for r in self.rows for e in (r.dependent, r.provider)}
        return sorted(named | set(self.origins) | set(self.weight))

    @property
    def counting(self) -> list[int]:
        """The rows that count: not those of origins, which are facts."""
        return [i for i, r in enumerate(self.rows) if r.dependent not in self.origins]

    @property
    def groups(self) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = {}
        for i in self.counting:
            r = self.rows[i]
            key = ("alone", i) if r.group is None else ("group", r.dependent, r.group)
            found.setdefault(key, []).append(i)
        return found

    @property
    def in_rings(self) -> list[str]:
        """The direct dependents that run an origin, and so get the update with their ring: "each
        direct dependent that runs the origin falls into ring i with probability share_i (its own
        uniform draw)", one draw for all that it runs of all origins."""
        if not self.rings:
            return []
        return sorted({self.rows[i].dependent for i in self.counting if self.by_ring(i)})

    def by_ring(self, row: int) -> bool:
        """Whether the failure comes to this dependent with its ring."""
        r = self.rows[row]
        return bool(self.rings) and r.provider in self.origins and r.relation in (
            "runs", "contains")  # fmt: skip


@dataclass(frozen=True)
class World:
    """One world of one run. live: rows; failed: switches of groups, by key; ring: when each gets
    the update, None for never."""

    live: frozenset[int]
    failed: frozenset[Any]
    ring: Mapping[str, float | None]


def list_worlds(asked: Asked) -> Iterator[tuple[Fraction, tuple[World, World, World]]]:
    """Every world there can be with its probability: with unknown strengths at 0, assume and 1."""
    sure = {i for i in asked.counting if asked.rows[i].probability == 1}
    unknown = [i for i in asked.counting if asked.rows[i].probability is None]
    open_ = [i for i in asked.counting if asked.rows[i].probability not in (None, 0, 1)]
    switches = {
        key: _share(asked.rows[rows[0]].switch_probability)
        for key, rows in asked.groups.items()
        if key[0] == "group"
    }
    choices: list[list[tuple[Any, Fraction]]] = []
    for i in open_:
        q = _share(asked.rows[i].probability or 0)
        choices.append([(("live", i), q), (None, 1 - q)])
    for i in unknown:
        q = _share(asked.assume)
        choices.append([(("middle", i), q), (None, 1 - q)])
    for key, works in switches.items():
        choices.append([(None, works), (("failed", key), 1 - works)])
    for entity in asked.in_rings:
        stop = INF if asked.halt is None else asked.halt
        choices.append([
            (("ring", entity, start if start < stop else None), _share(share))
            for share, start in asked.rings
        ])  # fmt: skip
    for picked in product(*choices):
        weight = Fraction(1)
        for _, p in picked:
            weight *= p
        if not weight:
            continue
        found = [what for what, _ in picked if what is not None]
        live = sure | {w[1] for w in found if w[0] == "live"}
        middle = {w[1] for w in found if w[0] == "middle"}
        failed = frozenset(w[1] for w in found if w[0] == "failed")
        ring = {w[1]: w[2] for w in found if w[0] == "ring"}
        low, mid, high = (
            World(frozenset(live | more), failed, ring) for more in (set(), middle, set(unknown))
        )
        yield weight, (low, mid, high)


def _share(stated: float) -> Fraction:
    """What a person meant by 0.1, or a third."""
    return Fraction(stated).limit_denominator(1_000)


def arrive(mode: str, relation: str) -> str | None:
    """How a failure arrives; None where it does not cross. What the table does not list crosses."""
    return mode if relation not in EVERYTHING else CROSSES[mode].get(relation)


def close(asked: Asked, world: World) -> Hit:
    """Who is hit, in which mode, without times: the least fixpoint."""
    hit: Hit = {(o, asked.mode) for o in asked.origins}
    while True:
        new: Hit = set()
        for key, rows in asked.groups.items():
            dependent = asked.rows[rows[0]].dependent
            if dependent in asked.protect:
                continue
            arriving = {i: _list_arriving(asked, world, i, hit) for i in rows}
            lost = [i for i in rows if arriving[i]]
            modes = set().union(*arriving.values())
            broken = len(rows) - len(lost) < asked.rows[rows[0]].needs
            broken |= bool(lost) and key in world.failed
            for mode in modes if broken else modes & {"compromise"}:
                new.add((dependent, mode))
        if new <= hit:
            return hit
        hit |= new


def _list_arriving(asked: Asked, world: World, row: int, hit: Hit) -> set[str]:
    """The modes in which a member is lost."""
    r = asked.rows[row]
    if row not in world.live or (asked.by_ring(row) and world.ring[r.dependent] is None):
        return set()
    found = {arrive(mode, r.relation) for entity, mode in hit if entity == r.provider}
    return {mode for mode in found if mode is not None}


def find_losses(asked: Asked, world: World, hit: Hit) -> dict[str, float]:
    """x of each entity that is hit, where all fail in one mode, or lose nothing or all."""
    down = {entity for entity, _ in hit}
    x = dict.fromkeys(down, 0.0) | dict(asked.origins)
    for _ in range(10_000):
        before = dict(x)
        for key, rows in asked.groups.items():
            dependent = asked.rows[rows[0]].dependent
            if dependent not in down:
                continue
            lost = []
            for i in rows:
                r = asked.rows[i]
                counts = bool(_list_arriving(asked, world, i, hit))
                lost.append(r.loss * x[r.provider] if counts else 0.0)
            alone = key in world.failed or asked.mode == "compromise"  # every member by itself
            place = len(rows) - 1 if alone else asked.rows[rows[0]].needs - 1
            x[dependent] = max(x[dependent], sorted(lost)[place])
        if x == before:
            return x
    raise AssertionError("no fixpoint")


# times: every entity fails in one way only, as the families that have hours see to it


def find_cycles(asked: Asked, able: list[int]) -> dict[str, frozenset[str]]:
    """The entities with which each lies on a cycle, itself among them.

    "Dependencies of origins and of strength 0 make no cycle", nor others that cannot carry.
    """
    ahead: dict[str, set[str]] = {e: set() for e in asked.entities}
    for i in able:
        ahead[asked.rows[i].provider].add(asked.rows[i].dependent)
    reach = {e: _walk(ahead, e) for e in asked.entities}
    return {e: frozenset({e} | {o for o in reach[e] if e in reach[o]}) for e in asked.entities}


def _list_able(asked: Asked) -> list[int]:
    """The rows that can carry a failure in some world, of groups that can break in some."""
    everything = frozenset(i for i in asked.counting if asked.rows[i].probability != 0)
    failing = frozenset(
        key
        for key, rows in asked.groups.items()
        if asked.rows[rows[0]].switch_probability < 1
        or any(asked.rows[i].switch_hours > 0 for i in rows)
    )
    ring = dict.fromkeys(asked.in_rings, 0.0)
    worst = World(everything, failing, ring)
    hit = {entity for entity, _ in close(asked, worst)}
    found = []
    for key, rows in asked.groups.items():
        lost = [i for i in rows if i in everything and asked.rows[i].provider in hit
                and _list_arriving(asked, worst, i, close(asked, worst))]  # fmt: skip
        first = asked.rows[rows[0]]
        if first.dependent in hit and (
            len(rows) - len(lost) < first.needs or (lost and key in failing)
        ):
            found += lost
    return found


def _walk(ahead: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for other in ahead[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def find_times(
    asked: Asked, world: World, cycles: Mapping[str, frozenset[str]], able: list[int]
) -> dict[str, Interval]:
    """When each entity is down.

    "Entities that lie on no dependency cycle see the final times of all their providers": they are
    looked at once these are final. "Inside a cycle an entity sees the providers in the cycle that
    failed before it did": again and again those fall that fall first of all that are left, each by
    what has fallen before, and never by what falls with it.
    """
    assert asked.hours is not None
    down = {o: Interval(0.0, asked.hours) for o in asked.origins}
    waiting = {frozenset(cycles[e]) for e in asked.entities} - {
        frozenset({o}) for o in asked.origins
    }
    waiting = {frozenset(c - set(asked.origins)) for c in waiting}
    final = set(asked.origins)
    while waiting:
        ready = next(c for c in sorted(waiting, key=sorted) if _is_ready(asked, able, c, final))
        waiting.remove(ready)
        left = set(ready)
        while left:
            falls = {e: _find_interval(asked, world, e, down) for e in left}
            first = min((i.start for i in falls.values() if i), default=None)
            if first is None:
                break
            for entity, interval in falls.items():
                if interval and interval.start == first:
                    down[entity] = interval
                    left.discard(entity)
        final |= ready
    return down


def _is_ready(asked: Asked, able: list[int], several: frozenset[str], final: set[str]) -> bool:
    return all(
        asked.rows[i].provider in final | several
        for i in able
        if asked.rows[i].dependent in several
    )


def _find_interval(
    asked: Asked, world: World, entity: str, down: Mapping[str, Interval]
) -> Interval | None:
    """The outage of an entity, by those of its providers."""
    breaks: list[Interval] = []
    short: list[Interval] = []
    if entity in asked.protect:
        return None
    for key, rows in asked.groups.items():
        if asked.rows[rows[0]].dependent != entity:
            continue
        lost = {i: span for i in rows if (span := _find_loss(asked, world, i, down))}
        if not lost:
            continue
        needs = asked.rows[rows[0]].needs
        moments = sorted({m for span in lost.values() for m in span})
        broken = []
        for begin, end in pairwise(moments):
            gone = sum(span.start <= begin and end <= span.end for span in lost.values())
            if len(rows) - gone < needs or (gone and key in world.failed):
                broken.append(Interval(begin, end))
        if broken:
            breaks.append(Interval(broken[0].start, broken[-1].end))
        if len(rows) > needs:
            for i, span in lost.items():
                pause = asked.rows[i].switch_hours
                holds = not any(b.start <= span.start < b.end for b in broken)
                if pause > 0 and holds:
                    short.append(Interval(span.start, span.start + pause))
    spans = list(short)
    if breaks:
        start, end = min(b.start for b in breaks), max(b.end for b in breaks)
        after = asked.repair.get(entity, 0.0) + asked.backlog.get(entity, 0.0) * (end - start)
        spans.append(Interval(start, end + after))
    if not spans:
        return None
    return Interval(min(s.start for s in spans), max(s.end for s in spans))


def _find_loss(
    asked: Asked, world: World, row: int, down: Mapping[str, Interval]
) -> Interval | None:
    """When a member is lost: "from its provider's start + grace_hours, and only if the provider is
    still down then, until the provider's end".

    "A ring's dependents fail at its start", so that this is the start of what they run; "a ring
    that starts at or after the halt never gets the update", nor do those in no ring.
    """
    r = asked.rows[row]
    if row not in world.live or r.provider not in down:
        return None
    mode = asked.mode if r.provider in asked.origins else _later_mode(asked.mode)
    if arrive(mode, r.relation) is None:
        return None
    start, end = down[r.provider]
    if asked.by_ring(row):
        ring = world.ring[r.dependent]
        if ring is None or not start + ring < end:
            return None
        start += ring
    return Interval(start + r.grace, end) if start + r.grace < end else None


def _later_mode(mode: str) -> str:
    """How those behind the origins fail, in cases without `operated_by`."""
    return "outage" if mode == "bad_update" else mode


def find_unordered(asked: Asked, cycles: Mapping[str, frozenset[str]], able: list[int]) -> set[str]:
    """Entities of which nothing narrower than 0 to 1 is known.

    "Where switches cost hours, and in cycles, more loss can mean less outage: entities that such a
    place can reach through an unknown get low 0 and high 1." A place is an entity on a cycle, or
    one with a spare whose loss of a member that can be lost costs hours; through an unknown, where
    an unknown strength has a say in what reaches that place. These, and all behind them.
    """
    ahead: dict[str, set[str]] = {e: set() for e in asked.entities}
    for i in able:
        ahead[asked.rows[i].provider].add(asked.rows[i].dependent)
    unsure = {asked.rows[i].dependent for i in able if asked.rows[i].probability is None}
    touched = unsure.union(*(_walk(ahead, e) for e in unsure)) if unsure else set()
    places = {e for e in touched if len(cycles[e]) > 1}
    for rows in asked.groups.values():
        first = asked.rows[rows[0]]
        lost = [asked.rows[i] for i in rows if i in able]
        costs = any(r.switch_hours > 0 for r in lost)
        if len(rows) <= first.needs or not costs:
            continue
        if any(r.probability is None or r.provider in touched for r in lost):
            places.add(first.dependent)
    found = places.union(*(_walk(ahead, e) for e in places)) if places else set()
    return found - set(asked.origins) - asked.protect


@dataclass
class Told:
    """The answer: by entity, and of the totals without origins."""

    low: dict[str, Fraction]
    middle: dict[str, Fraction]
    high: dict[str, Fraction]
    loss: dict[str, float]
    start: dict[str, float]
    down: dict[str, float]
    impact: dict[str, float]
    totals: tuple[list[tuple[Fraction, float]], ...]  # of low, middle and high
    unordered: set[str]

    def verdict(self, entity: str) -> str:
        if self.low[entity] >= Fraction(1, 2):
            return "hit"
        return "spared" if self.high[entity] < Fraction(1, 2) else "unknown"

    def percentile(self, run: int, share: float) -> float:
        """The least total that is not exceeded in so many worlds."""
        reached = Fraction(0)
        for total, weight in sorted((t, w) for w, t in self.totals[run]):
            reached += weight
            if reached >= Fraction(share).limit_denominator(100):
                return total
        raise AssertionError("the weights of all worlds add up to 1")


def answer(asked: Asked) -> Told:
    """Everything that the design promises of these, world by world."""
    able = _list_able(asked) if asked.hours is not None else []
    cycles = find_cycles(asked, able) if asked.hours is not None else {}
    entities = asked.entities
    runs = [dict.fromkeys(entities, Fraction(0)) for _ in range(3)]
    sums = {name: dict.fromkeys(entities, 0.0) for name in ("loss", "start", "down", "impact")}
    totals: tuple[list[tuple[Fraction, float]], ...] = ([], [], [])
    for weight, worlds in list_worlds(asked):
        for number, world in enumerate(worlds):
            if asked.hours is None:
                hit = close(asked, world)
                down = {e: Interval(0.0, 1.0) for e, _ in hit}
                lost = find_losses(asked, world, hit)
            else:
                down = find_times(asked, world, cycles, able)
                lost = {e: asked.origins.get(e, 1.0) for e in down}
            total = 0.0
            for entity, (start, end) in down.items():
                runs[number][entity] += weight
                harm = asked.weight.get(entity, 1.0) * lost[entity] * (end - start)
                total += harm if entity not in asked.origins else 0.0
                if number == 1:
                    part = float(weight)
                    sums["loss"][entity] += part * lost[entity]
                    sums["start"][entity] += part * start
                    sums["down"][entity] += part * (end - start)
                    sums["impact"][entity] += part * harm
            totals[number].append((weight, total))
    low, middle, high = runs
    mean = {
        name: {e: v / float(middle[e]) for e, v in sums[name].items() if middle[e]}
        for name in ("loss", "start", "down")
    }
    unordered = set() if asked.hours is None else find_unordered(asked, cycles, able)
    for entity in unordered:
        low[entity], high[entity] = Fraction(0), Fraction(1)
    return Told(low, middle, high, mean["loss"], mean["start"], mean["down"], sums["impact"],
                totals, unordered)  # fmt: skip
