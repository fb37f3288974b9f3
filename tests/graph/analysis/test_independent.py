"""The definitions a second time (`tests.independent`), on random cases of every family.

A thousand of each where there is time for it (`-m slow`: 8,000 cases, three minutes of one
processor), the first forty every day.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from tests.independent import Asked, Row, Told, answer

DAILY, MANY = 40, 1_000
_STRENGTHS = (1.0, 1.0, 1.0, 0.0, 0.5, 0.25, 0.9, 1 / 3, None, None)
_UNSURE = 7  # draws that may fall either way, at most


def make_rows(
    random: Random, *, grouped: bool = False, relations: tuple[str, ...] = ("uses", "hosted_on"),
    acyclic: bool = False, timed: bool = False, lossy: bool = False, most: int = 10,
) -> tuple[Row, ...]:  # fmt: skip
    """Random rows among up to seven entities."""
    ids = "ABCDEFG"[: random.randint(3, 7)]
    ends = {
        (*(sorted(pair, reverse=True) if acyclic else pair), random.choice(relations))
        for pair in (random.sample(ids, 2) for _ in range(random.randint(1, most)))
    }
    group = {e: random.choice((None, "g", "g", "h")) if grouped else None for e in sorted(ends)}
    sizes: dict[tuple[str, str], int] = {}
    for (dependent, _, _), name in group.items():
        if name:
            sizes[dependent, name] = sizes.get((dependent, name), 0) + 1
    rules = {
        key: (random.randint(1, size), random.choice((1.0, 1.0, 0.75, 0.0)))
        for key, size in sorted(sizes.items())
    }
    unsure = _UNSURE - sum(0 < works < 1 for _, works in rules.values())
    rows = []
    for (dependent, provider, relation), name in group.items():
        probability = random.choice(_STRENGTHS)
        unsure -= probability not in (0.0, 1.0)
        needs, works = rules.get((dependent, name or ""), (1, 1.0))
        rows.append(
            Row(
                dependent, provider, relation, 1.0 if unsure < 0 else probability,
                loss=random.choice((1.0, 0.5, 0.3)) if lossy else 1.0,
                grace=random.choice((0.0, 0.0, 1.0, 2.0, 5.0)) if timed else 0.0,
                group=name, needs=needs, switch_probability=works,
                switch_hours=random.choice((0.0, 0.0, 1.0, 3.0)) if timed and name else 0.0,
            )
        )  # fmt: skip
    return tuple(rows)


def ask(
    random: Random, rows: tuple[Row, ...], *, origins: int = 1,
    severities: tuple[float, ...] = (1.0,), **question: Any,
) -> Asked:  # fmt: skip
    """A question about these rows."""
    ids = sorted({e for r in rows for e in (r.dependent, r.provider)})
    used = sorted({r.provider for r in rows})
    failing = [random.choice(used)]
    failing += random.sample([i for i in ids if i != failing[0]], min(origins - 1, len(ids) - 1))
    others = [i for i in ids if i not in failing]
    safe = [i for i in others if random.random() < 0.08]
    return Asked(
        rows, {i: random.choice(severities) for i in failing}, protect=frozenset(safe),
        assume=random.choice((0.5, 0.5, 0.2, 0.0, 1.0)),
        weight={i: random.choice((1.0, 0.0, 2.5, 10.0)) for i in ids}, **question,
    )  # fmt: skip


def add_hours(random: Random, asked: Asked) -> Asked:
    """The same with hours, repairs and backlogs."""
    repair = {e: random.choice((0.0, 0.0, 1.0, 4.0)) for e in asked.entities}
    backlog = {e: random.choice((0.0, 0.0, 0.5, 1.0)) for e in asked.entities}
    hours = random.choice((1.0, 3.0, 4.5, 8.0))
    return replace(asked, hours=hours, repair=repair, backlog=backlog)


def plain(random: Random) -> Asked:
    return ask(random, make_rows(random))


def groups_and_switches(random: Random) -> Asked:
    return ask(random, make_rows(random, grouped=True))


def modes(random: Random) -> Asked:
    relations = ("uses", "runs", "operated_by", "authenticates_with", "resolved_by", "prays_to")
    how = random.choice(("outage", "bad_update", "compromise", "withdrawal"))
    return ask(random, make_rows(random, grouped=True, relations=relations), mode=how)


def losses(random: Random) -> Asked:
    return ask(random, make_rows(random, grouped=True, lossy=True), severities=(1.0, 0.5, 0.05))


def times(random: Random) -> Asked:
    return add_hours(random, ask(random, make_rows(random, grouped=True, acyclic=True, timed=True)))


def cycles(random: Random) -> Asked:
    rows = make_rows(random, grouped=random.random() < 0.5, timed=True, most=14)
    return add_hours(random, ask(random, rows))


def several_origins(random: Random) -> Asked:
    rows = make_rows(random, grouped=True, timed=True)
    asked = ask(random, rows, origins=random.randint(2, 3))
    return add_hours(random, asked) if random.random() < 0.5 else asked


def rollout(random: Random) -> Asked:
    rings = random.choice((((0.5, 0.0), (0.5, 4.0)), ((0.01, 0.0), (0.24, 1.0), (0.75, 4.0)),
                           ((1.0, 2.0),)))  # fmt: skip
    rows = make_rows(random, relations=("runs", "contains", "uses"), timed=random.random() < 0.5,
                     most=7)  # fmt: skip
    asked = ask(random, rows, mode="bad_update", rings=rings,
                halt=random.choice((None, 0.0, 1.0, 3.5)))  # fmt: skip
    return add_hours(random, asked) if random.random() < 0.5 else asked


FAMILIES: dict[str, Callable[[Random], Asked]] = {
    f.__name__: f
    for f in (plain, groups_and_switches, modes, losses, times, cycles, several_origins, rollout)
}


def run(asked: Asked) -> Impact:
    """The product's answer to the same question."""
    rows = [
        {"dependent": r.dependent, "provider": r.provider, "relation": r.relation,
         "probability": r.probability, "loss": r.loss, "grace_hours": r.grace, "group": r.group,
         "needs": r.needs, "switch_hours": r.switch_hours,
         "switch_probability": r.switch_probability}
        for r in asked.rows
    ]  # fmt: skip
    people = [
        {"id": e, "weight": asked.weight.get(e, 1.0), "repair_hours": asked.repair.get(e, 0.0),
         "backlog": asked.backlog.get(e, 0.0)}
        for e in asked.entities
    ]  # fmt: skip
    types = {"probability": pl.Float64, "group": pl.String}
    graph = DependencyGraph.from_polars(
        pl.DataFrame(rows, schema_overrides=types), pl.DataFrame(people)
    )
    return whatif(
        graph, [{"id": e, "severity": s} for e, s in asked.origins.items()], mode=asked.mode,
        assume=asked.assume, protect=sorted(asked.protect), hours=asked.hours,
        rollout=asked.rings or None, halt=asked.halt,
    )  # fmt: skip


def compare_drawn(found: Impact, told: Told, asked: Asked) -> None:
    """What random worlds say, within six standard errors and a little more for the rare."""
    for row in found.entities.iter_rows(named=True):
        for run, which in ((told.low, "_low"), (told.middle, ""), (told.high, "_high")):
            p = float(run[row["id"]])
            error = 6 * (p * (1 - p) / found.worlds) ** 0.5 + 5 / found.worlds
            assert row[f"probability{which}"] == pytest.approx(p, abs=error), row["id"]
        error = 6 * row["impact_std_error"] + 0.01
        assert row["impact"] == pytest.approx(told.impact[row["id"]], abs=error), row["id"]
    assert all(told.high[e] == 0 for e in set(asked.entities) - set(found.entities["id"]))


def compare(found: Impact, told: Told, asked: Asked) -> None:
    """Every figure of the two answers."""
    if asked.rings and asked.hours is not None:  # the hours of rings are drawn
        compare_drawn(found, told, asked)
        return
    assert found.exact
    seen = {row["id"]: row for row in found.entities.iter_rows(named=True)}
    for entity in asked.entities:
        row = seen.get(entity)
        if row is None:  # out of reach
            assert told.high[entity] == 0, entity
            continue
        ends = [float(run[entity]) for run in (told.low, told.middle, told.high)]
        names = ("probability_low", "probability", "probability_high")
        assert [row[n] for n in names] == pytest.approx(ends, abs=1e-12), entity
        assert row["verdict"] == told.verdict(entity), entity
        for name, means in (("loss", told.loss), ("start_hours", told.start),
                            ("down_hours", told.down)):  # fmt: skip
            if asked.hours is None and name != "loss":
                assert row[name] is None
            else:
                wanted = pytest.approx(means[entity], abs=1e-9) if entity in means else None
                assert row[name] == wanted, (entity, name)
        assert row["impact"] == pytest.approx(told.impact[entity], abs=1e-9), entity
    others = [e for e in asked.entities if e not in asked.origins]
    totals = found.totals
    assert totals.hit == pytest.approx(float(sum(told.middle[e] for e in others)), abs=1e-9)
    assert totals.impact == pytest.approx(sum(told.impact[e] for e in others), abs=1e-9)
    assert totals.hit_low == pytest.approx(float(sum(told.low[e] for e in others)), abs=1e-9)
    assert totals.hit_high == pytest.approx(float(sum(told.high[e] for e in others)), abs=1e-9)
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        for run, which in ((1, ""), *(((0, "_low"), (2, "_high")) if not told.unordered else ())):
            wanted = told.percentile(run, share)
            assert getattr(totals, f"{name}{which}") == pytest.approx(wanted, abs=1e-9), name


def check_family(name: str, count: int) -> None:
    for number in range(count):
        asked = FAMILIES[name](Random(f"{name} {number}"))
        try:
            compare(run(asked), answer(asked), asked)
        except AssertionError as fault:
            raise AssertionError(f"{name} {number}: {fault}\n{asked}") from fault


@pytest.mark.parametrize("name", FAMILIES)
def test_two_implementations_of_the_definitions_agree(name: str) -> None:
    """Probabilities, verdicts, losses, hours, impacts, totals and percentiles, low to high."""
    check_family(name, DAILY)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_they_agree_on_a_thousand_cases(name: str) -> None:
    """The same on as many as the design asks for."""
    check_family(name, MANY)
