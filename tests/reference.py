"""The naive twin of the engine: plain loops, written from the design and not from the kernels.

Nothing here is fast, clever or shared with `knockon.graph`, but for the rows of the checked tables:
a graph is a list of rows, a world is a set of live dependencies and a set of failed switches, and
every answer is found by doing what the definition says until nothing changes any more.
"""

import math
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from hashlib import blake2b
from itertools import accumulate, product
from typing import Any

LISTED = (
    "runs", "contains", "hosted_on", "uses", "authenticates_with", "resolved_by", "delivered_by",
    "certified_by", "supplied_by", "operated_by",
)  # fmt: skip
BECOMES = {
    **{("outage", r): "outage" for r in LISTED if r not in ("runs", "contains")},
    **{("bad_update", r): "outage" for r in LISTED},
    ("bad_update", "operated_by"): "bad_update",
    ("compromise", "runs"): "compromise",
    ("compromise", "contains"): "compromise",
    ("compromise", "operated_by"): "compromise",
    ("compromise", "authenticates_with"): "compromise",
    ("compromise", "hosted_on"): "compromise",
    ("compromise", "uses"): "compromise",
    **{("withdrawal", r): "outage" for r in LISTED},
    ("withdrawal", "runs"): "withdrawal",
    ("withdrawal", "contains"): "withdrawal",
}  # the table of section 3, typed from the page

Pair = tuple[str, str]  # entity, mode
GroupKey = tuple[str, str | int]  # dependent, name of the group (or number of a lone row)


@dataclass(frozen=True)
class Dep:
    """One dependency, as section 2 has it; `row` numbers it."""

    row: int
    dependent: str
    provider: str
    relation: str
    probability: float | None
    loss: float
    group: str | None
    needs: int
    switch_probability: float
    shared_cause: str | None = None
    rho: float = 0.0

    @property
    def key(self) -> GroupKey:
        return (self.dependent, self.row if self.group is None else self.group)


@dataclass(frozen=True)
class Model:
    """A graph as rows."""

    weight: dict[str, float]
    deps: tuple[Dep, ...]

    @classmethod
    def of(cls, graph: Any) -> "Model":
        rows = graph.dependencies.iter_rows(named=True)
        names = ("dependent", "provider", "relation", "probability", "loss", "group", "needs",
                 "switch_probability", "shared_cause", "rho")  # fmt: skip
        deps = [Dep(i, *(row[n] for n in names)) for i, row in enumerate(rows)]
        weights = dict(graph.entities.select("id", "weight").iter_rows())
        return cls(weights, tuple(deps))

    def without(self, origins: Iterable[str]) -> "Model":
        """The rows that count: an origin is a fact, what it depends on counts for nothing."""
        facts = frozenset(origins)
        if facts not in self._without:
            deps = tuple(d for d in self.deps if d.dependent not in facts)
            self._without[facts] = Model(self.weight, deps)
        return self._without[facts]

    @cached_property
    def _without(self) -> "dict[frozenset[str], Model]":
        return {}

    @cached_property
    def groups(self) -> dict[GroupKey, list[Dep]]:
        found: dict[GroupKey, list[Dep]] = {}
        for dep in self.deps:
            found.setdefault(dep.key, []).append(dep)
        return found


@dataclass(frozen=True)
class World:
    """Which dependencies transmit, and the switches of which groups fail."""

    live: frozenset[int]
    failed: frozenset[GroupKey] = frozenset()


@dataclass(frozen=True)
class Case:
    """What fails, in the words of the reference."""

    severity: dict[str, float]
    mode: str = "outage"
    assume: float = 0.5
    seed: int = 0
    protect: frozenset[str] = frozenset()
    becomes: Mapping[tuple[str, str], str] = field(default_factory=lambda: BECOMES)

    @classmethod
    def of(cls, scenario: Any) -> "Case":
        return cls(
            {o.id: o.severity for o in scenario.origins},
            scenario.mode,
            scenario.assume,
            scenario.seed,
            frozenset(scenario.protect),
            {(mode, relation): to for mode, relation, to in scenario.rules},
        )

    def arrives(self, mode: str, relation: str) -> str | None:
        """The mode in which a failure arrives across a relation; None where it does not cross."""
        if relation not in {r for _, r in self.becomes}:
            return mode  # an unlisted relation crosses every mode
        return self.becomes.get((mode, relation))


# draws: the docstring of knockon.graph.engine.uniforms, one number at a time

MASK = 2**64 - 1
G = 0x9E3779B97F4A7C15


def mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def text_key(text: str | None) -> int:
    data = ("\x00" if text is None else text).encode("utf-8")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def identity_key(*texts: str | None) -> int:
    key = 0
    for text in texts:
        key = mix(key ^ text_key(text))
    return key


def dependency_key(dep: Dep) -> int:
    return identity_key(dep.dependent, dep.provider, dep.relation, dep.group)


def switch_key(dependent: str, group: str) -> int:
    return identity_key(dependent, group, "\x00switch")


def digit_word(key: int, seed: int, block: int, digit: int) -> int:
    """R(digit) of 64 worlds."""
    h = mix(((key ^ mix((seed + G) & MASK)) + (block + 1) * G) & MASK)
    return mix((h + (digit + 1) * G) & MASK)


def uniform(key: int, seed: int, world: int) -> Fraction:
    """u of one world, an exact fraction of 2^32."""
    block, bit = divmod(world, 64)
    u = 0
    for digit in range(32):
        u = 2 * u + ((digit_word(key, seed, block, digit) >> bit) & 1)
    return Fraction(u, 2**32)


def strength(dep: Dep, unknown: float) -> Fraction:
    return Fraction(unknown if dep.probability is None else dep.probability)


# shared draws: the docstring of knockon.graph.engine.sharing, one world at a time


def cause_key(dep: Dep, mode: str) -> int:
    if dep.shared_cause is not None:
        return identity_key(dep.shared_cause, "\x00cause")
    return identity_key(dep.provider, mode, dep.relation, "\x00cause")


def shared_uniform(key: int, seed: int, world: int) -> Fraction:
    """v of one world: a cell of 4,096, and 20 digits behind it."""
    block, i = divmod(world, 64)
    first = digit_word(key, seed, block, 0)
    j = (i + (first >> 10) % 64) % 64
    v = 4 * order_of_rows(j)[first % 1024] + j % 4
    for digit in range(1, 21):
        v = 2 * v + ((digit_word(key, seed, block, digit) >> i) & 1)
    return Fraction(v, 2**32)


@cache
def order_of_rows(j: int) -> list[int]:
    """The numbers 0..1023 in order of the hash of 1024 j + number."""
    return sorted(range(1024), key=lambda number: mix(1024 * j + number))


@cache
def shared_strength(q: float, rho: float, cell: int) -> float:
    """The mean of the Beta quantile over one of 4,096 cells, by plain integration of the density.

    With u = log(x / (1 - x)) the density is exp(a u) / (1 + exp(u))^(a + b), by the trapezoidal
    rule on a fine and even grid.
    """
    share, part = beta_grid(q * (1 / rho - 1), (1 - q) * (1 / rho - 1))
    below = [mean_below(share, part, edge / 4096) for edge in (cell, cell + 1)]
    return 4096 * q * (below[1] - below[0])


def mean_below(share: list[float], part: list[float], wanted: float) -> float:
    """The share of the mean that lies below where this share of the distribution does."""
    e = bisect(share, wanted)
    if e in (0, len(share)):
        return float(e > 0)
    weight = (wanted - share[e - 1]) / (share[e] - share[e - 1])
    return part[e - 1] + (part[e] - part[e - 1]) * weight


@cache
def beta_grid(a: float, b: float) -> tuple[list[float], list[float]]:
    """The share of the distribution below each u of a grid, and that of its mean."""
    low, high = -60 / min(a, 1.0), 60 / min(b, 1.0)
    steps = 400_000
    grid = [low + (high - low) * i / steps for i in range(steps + 1)]
    top = max(a * u - (a + b) * log1pexp(u) for u in grid[::100])
    dense = [math.exp(a * u - (a + b) * log1pexp(u) - top) for u in grid]
    means = [d / (1 + math.exp(-u)) if u > -700 else 0.0 for d, u in zip(dense, grid, strict=True)]
    both = [list(accumulate(x)) for x in (dense, means)]
    return [x / both[0][-1] for x in both[0]], [x / both[1][-1] for x in both[1]]


def log1pexp(u: float) -> float:
    return u + math.log1p(math.exp(-u)) if u > 0 else math.log1p(math.exp(u))


def strength_in(dep: Dep, case: "Case", number: int, unknown: float) -> Fraction:
    """The strength in one world: its own, or what its cause makes of it there."""
    q = strength(dep, unknown)
    if not dep.rho or q in (0, 1):
        return q
    v = shared_uniform(cause_key(dep, case.mode), case.seed, number)
    if dep.rho == 1:
        return Fraction(v >= 1 - q)
    return Fraction(shared_strength(float(q), dep.rho, int(4096 * v)))


def drawn_world(model: Model, case: Case, number: int, unknown: float) -> World:
    """One random world, with unknown strengths counted as `unknown`."""
    live = [
        d.row
        for d in model.deps
        if uniform(dependency_key(d), case.seed, number) < strength_in(d, case, number, unknown)
    ]
    failed = [
        key
        for key, (first, *_) in model.groups.items()
        if first.group is not None
        and uniform(switch_key(first.dependent, first.group), case.seed, number)
        >= Fraction(first.switch_probability)
    ]
    return World(frozenset(live), frozenset(failed))


# one world


def arrivals(case: Case, dep: Dep, world: World, hit: Iterable[Pair]) -> set[str]:
    """The modes in which a member arrives at its dependent; empty where it is not lost."""
    if dep.row not in world.live:
        return set()
    found = {case.arrives(mode, dep.relation) for entity, mode in hit if entity == dep.provider}
    return {mode for mode in found if mode is not None}


def breaks(case: Case, members: list[Dep], world: World, hit: Iterable[Pair]) -> set[str]:
    """The modes in which one group hits its dependent."""
    modes = [arrivals(case, d, world, hit) for d in members]
    arrived = set().union(*modes)
    working = sum(1 for m in modes if not m)
    if working < members[0].needs or (arrived and members[0].key in world.failed):
        return arrived
    return arrived & {"compromise"}  # against which every member counts alone


def closure_pairs(model: Model, case: Case, world: World) -> set[Pair]:
    """The least set of (entity, mode) that holds the origins and all that they break."""
    hit: set[Pair] = {(o, case.mode) for o in case.severity if o not in case.protect}
    model = model.without(case.severity)
    while True:
        new = {
            (key[0], mode)
            for key, members in model.groups.items()
            if key[0] not in case.protect
            for mode in breaks(case, members, world, hit)
        } - hit
        if not new:
            return hit
        hit |= new


def closure(model: Model, case: Case, world: World) -> set[str]:
    """The entities hit in one world."""
    return {entity for entity, _ in closure_pairs(model, case, world)}


def losses(model: Model, case: Case, world: World) -> dict[str, float]:
    """x of every entity that loses anything in one world."""
    x: dict[Pair, float] = {(o, case.mode): s for o, s in case.severity.items()}
    model = model.without(case.severity)
    changed = True
    while changed:
        changed = False
        for (dependent, _), members in model.groups.items():
            if dependent in case.protect:
                continue
            for mode, loss in group_losses(case, members, world, x).items():
                if loss > x.get((dependent, mode), 0.0):
                    x[dependent, mode] = loss
                    changed = True
    found: dict[str, float] = {}
    for (entity, _), loss in x.items():
        found[entity] = max(found.get(entity, 0.0), loss)
    return found


def group_losses(
    case: Case, members: list[Dep], world: World, x: Mapping[Pair, float]
) -> dict[str, float]:
    """What one group takes from its dependent, by the mode in which it arrives.

    In no mode more than the lost members bring in it.
    """
    brings: dict[str, float] = {}
    lost: list[float] = []
    for d in members:
        ways = [
            (case.arrives(m, d.relation), d.loss * v) for (e, m), v in x.items() if e == d.provider
        ]
        ways = [(mode, loss) for mode, loss in ways if mode is not None and d.row in world.live]
        lost.append(max((loss for _, loss in ways), default=0.0))
        for mode, loss in ways:
            brings[mode] = max(loss, brings.get(mode, 0.0))
    failed = members[0].key in world.failed
    together = max(lost) if failed else sorted(lost)[members[0].needs - 1]
    return {
        mode: loss if mode == "compromise" else min(together, loss) for mode, loss in brings.items()
    }


# many worlds


@dataclass(frozen=True)
class Three:
    """One world in the three coupled runs, and how much it weighs."""

    weight: Fraction
    low: World
    middle: World
    high: World


def drawn_worlds(model: Model, case: Case, worlds: int) -> Iterator[Three]:
    """The first so many random worlds."""
    for w in range(worlds):
        runs = (drawn_world(model, case, w, unknown) for unknown in (0.0, case.assume, 1.0))
        yield Three(Fraction(1, worlds), *runs)


def every_world(model: Model, case: Case) -> Iterator[Three]:
    """All combinations of uncertain draws, with their probabilities."""
    model = model.without(case.severity)
    switches = [k for k, (first, *_) in model.groups.items() if first.group is not None]
    coins: list[tuple[str, Any, Fraction]] = []
    coins += [("dep", d.row, strength(d, case.assume)) for d in model.deps]
    coins += [("switch", k, 1 - Fraction(model.groups[k][0].switch_probability)) for k in switches]
    unknown = {d.row for d in model.deps if d.probability is None}
    for faces in product(*(_faces(q) for _, _, q in coins)):
        weight = math.prod((p for _, p in faces), start=Fraction(1))
        up = [(what, name) for (what, name, _), (face, _) in zip(coins, faces, strict=True) if face]
        live = frozenset(name for what, name in up if what == "dep")
        failed = frozenset(name for what, name in up if what == "switch")
        yield Three(
            weight,
            World(live - unknown, failed),
            World(live, failed),
            World(live | unknown, failed),
        )


def _faces(q: Fraction) -> list[tuple[bool, Fraction]]:
    return [(face, p) for face, p in ((True, q), (False, 1 - q)) if p > 0]


def widest_world(model: Model) -> World:
    """The world in which all that can transmit does, and every switch fails that can."""
    live = frozenset(d.row for d in model.deps if d.probability != 0)
    first = {key: members[0] for key, members in model.groups.items()}
    return World(live, frozenset(k for k, d in first.items() if d.switch_probability < 1))


def coins(model: Model, case: Case) -> int:
    """How many draws are uncertain: the enumeration looks at 2 to that many worlds."""
    model = model.without(case.severity)
    grouped = {d.key: d for d in model.deps if d.group is not None}
    chances = [strength(d, case.assume) for d in model.deps]
    chances += [Fraction(d.switch_probability) for d in grouped.values()]
    return sum(1 for q in chances if 0 < q < 1)


@dataclass(frozen=True)
class Answer:
    """What a reference what-if says, exact but for the losses, which are floats."""

    low: dict[str, Fraction]
    middle: dict[str, Fraction]
    high: dict[str, Fraction]
    loss: dict[str, float]  # mean over the worlds that hit
    impact: dict[str, float]
    totals: list[tuple[float, int, Fraction]]  # impact, entities hit without origins, weight

    @property
    def hit(self) -> Fraction:
        return sum((n * w for _, n, w in self.totals), Fraction(0))

    def quantile(self, share: float) -> float:
        """The least total that at least this share of the worlds does not exceed."""
        reached = Fraction(0)
        for total, _, weight in sorted(self.totals):
            reached += weight
            if reached >= Fraction(share) - Fraction(1, 10**12):
                return total
        return max(self.totals)[0]


def whatif_reference(model: Model, case: Case, worlds: int | None = None) -> Answer:
    """The answer over so many drawn worlds, or (None) over every world there can be."""
    nobody = dict.fromkeys(model.weight, Fraction(0))
    low, middle, high = dict(nobody), dict(nobody), dict(nobody)
    lost = dict.fromkeys(model.weight, 0.0)
    totals: list[tuple[float, int, Fraction]] = []
    for three in every_world(model, case) if worlds is None else drawn_worlds(model, case, worlds):
        for tally, world in ((low, three.low), (middle, three.middle), (high, three.high)):
            for entity in closure(model, case, world):
                tally[entity] += three.weight
        x = losses(model, case, three.middle)
        for entity, loss in x.items():
            lost[entity] += float(three.weight) * loss
        others = {entity: loss for entity, loss in x.items() if entity not in case.severity}
        total = sum(model.weight[entity] * loss for entity, loss in others.items())
        totals.append((total, len(set(x) - set(case.severity)), three.weight))
    mean = {e: lost[e] / float(p) for e, p in middle.items() if p}
    return Answer(
        low, middle, high, mean, {e: model.weight[e] * v for e, v in lost.items()}, totals
    )


# routes

Way = tuple[int, int, int, tuple[Pair, ...]]  # strengths of 0, cost, arcs, the chain so far


@dataclass(frozen=True)
class Routes:
    """For each entity within reach: fewest dependencies, the most probable chain, who carries."""

    hops: dict[str, int]
    route: dict[str, list[str]]
    carries: dict[str, float]


def arcs_within_reach(model: Model, case: Case) -> list[tuple[Pair, Pair, Fraction]]:
    """(provider's pair, dependent's pair, strength) wherever a failure can pass in some world."""
    model = model.without(case.severity)
    world = widest_world(model)
    hit = closure_pairs(model, case, world)
    found = []
    for members in model.groups.values():
        broken = breaks(case, members, world, hit)
        for d in members:
            for entity, mode in hit:
                to = case.arrives(mode, d.relation)
                passes = entity == d.provider and d.row in world.live and to in broken
                if passes and (d.dependent, to) in hit:
                    found.append(((entity, mode), (d.dependent, to), strength(d, case.assume)))
    return found


def routes(model: Model, case: Case, middle: Mapping[str, float]) -> Routes:
    """All three, by walking every simple chain from the origins: for small graphs only.

    The most probable chain costs least, with -ln(strength) in whole units of 2^-32; ties go to
    fewer dependencies, then, at each step back, to the provider with the earlier mode and id.
    """
    arcs = arcs_within_reach(model, case)
    order = {mode: i for i, mode in enumerate(_modes(case))}
    ways: dict[Pair, list[Way]] = {}

    def walk(way: Way) -> None:
        zeros, cost, length, chain = way
        ways.setdefault(chain[-1], []).append(way)
        for start, end, q in arcs:
            if start == chain[-1] and end not in chain and not is_origin(end):
                price = round(-math.log(q) * 2**32) if q else 0
                walk((zeros + (q == 0), cost + price, length + 1, (*chain, end)))

    def is_origin(pair: Pair) -> bool:
        return pair[0] in case.severity and pair[1] == case.mode

    def backwards(way: Way) -> Any:
        return (*way[:3], [(order[mode], entity) for entity, mode in reversed(way[3])])

    for origin in case.severity:
        walk((0, 0, 0, ((origin, case.mode),)))
    best: dict[str, Way] = {}
    hops: dict[str, int] = {}
    for (entity, _), found in ways.items():
        way = min(found, key=backwards)
        fewest = min(length for _, _, length, _ in found)
        hops[entity] = min(fewest, hops.get(entity, fewest))
        if entity not in best or backwards(way) < backwards(best[entity]):
            best[entity] = way
    chains = {entity: [e for e, _ in way[3]] for entity, way in best.items()}
    carries = dict.fromkeys(chains, 0.0)
    for entity, chain in chains.items():
        if entity not in case.severity:
            for other in set(chain) - {entity}:
                carries[other] += float(middle[entity])
    return Routes(hops, chains, carries)


def _modes(case: Case) -> list[str]:
    """The modes that the failure can take, in order of discovery."""
    found = [case.mode]
    for mode in found:
        found += sorted({to for (m, _), to in case.becomes.items() if m == mode} - set(found))
    return found
