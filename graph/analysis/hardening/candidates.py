"""Which fixes there are: those named, or all of the kinds named, within reach of the failures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from knockon.graph.analysis.hardening.fixes import ADDING, KINDS, WITH_HOURS, Fix, find_rows
from knockon.graph.analysis.prepare import Prepared
from knockon.graph.errors import InputError, KnockonError, ScenarioError, clip, did_you_mean
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.hours import LONGEST
from knockon.graph.scenario.scenario import Scenario

COLUMNS = ("fix", "dependent", "provider", "cost", "spare", "hours")
_MOST = 1e15
_DEAR = float("inf")
_ENDS = {
    "second_provider": (True, True), "group_member": (True, True), "buffer": (True, True),
    "repair": (True, False), "safe": (True, False), "halt": (False, False),
}  # fmt: skip


def list_candidates(prepared: Prepared, kinds: Iterable[str]) -> list[Fix]:
    """Every fix of these kinds that can matter to a failure, in a fixed order."""
    found: dict[tuple[str, str, str, str], Fix] = {}
    for kind in KINDS:
        if kind in kinds:
            for fix in _LISTS[kind](prepared):
                found.setdefault(fix.key, fix)
    return [found[key] for key in sorted(found)]


def default_kinds(scenarios: Sequence[Scenario]) -> list[str]:
    """The kinds of fixes that mean something to these failures."""
    lasts = any(s.hours is not None for s in scenarios)
    rings = any(s.rollout for s in scenarios)
    return [k for k in KINDS if (lasts or k not in WITH_HOURS) and (rings or k != "halt")]


def _list_pairs(prepared: Prepared, *, grouped: bool | None) -> list[tuple[str, str]]:
    """Dependent and provider of dependencies within reach. grouped: those in groups, or not."""
    numbers = np.unique(prepared.kernel.dependency)
    rows = prepared.graph.dependencies[numbers[numbers >= 0]]
    if grouped is not None:
        rows = rows.filter(pl.col("group").is_not_null() == grouped)
    return [(str(d), str(p)) for d, p in rows.select("dependent", "provider").iter_rows()]


def _list_second_providers(prepared: Prepared) -> list[Fix]:
    return [Fix("second_provider", d, p) for d, p in _list_pairs(prepared, grouped=False)]


def _list_members(prepared: Prepared) -> list[Fix]:
    """One for each group, beside the member of it that comes first."""
    numbers = np.unique(prepared.kernel.dependency)
    rows = prepared.graph.dependencies[numbers[numbers >= 0]].filter(pl.col("group").is_not_null())
    first: dict[tuple[str, str], str] = {}
    for dependent, group, provider in rows.select("dependent", "group", "provider").iter_rows():
        first.setdefault((str(dependent), group), str(provider))
    return [Fix("group_member", d, p) for (d, _), p in first.items()]


def _list_buffers(prepared: Prepared) -> list[Fix]:
    """A grace as long as the outage of what failed."""
    hours = prepared.scenario.hours
    if hours is None:
        return []
    pairs = _list_pairs(prepared, grouped=None)
    return [Fix("buffer", d, p, hours=hours.high) for d, p in pairs]


def _list_repairs(prepared: Prepared) -> list[Fix]:
    if prepared.scenario.hours is None:
        return []
    others = prepared.nodes.entity[~prepared.is_origin]
    rows = prepared.graph.entities[others].filter(
        pl.max_horizontal("repair_hours", "repair_hours_to") > 0
    )
    return [Fix("repair", i, None) for i in rows["id"]]


def _list_safe(prepared: Prepared) -> list[Fix]:
    others = prepared.nodes.entity[~prepared.is_origin]
    return [Fix("safe", i, None) for i in prepared.graph.entities["id"].gather(others)]


def _list_halts(prepared: Prepared) -> list[Fix]:
    """The rollout stopped before its second ring."""
    hour = find_second_ring(prepared.scenario)
    origin = prepared.scenario.origin_ids[0]
    return [] if hour is None else [Fix("halt", None, origin, hours=hour)]


def find_second_ring(scenario: Scenario) -> float | None:
    """The hour at which the second ring starts, where it starts at all."""
    starts = sorted({r.start_hours for r in scenario.rollout})
    later = starts[1:2]
    if not later or (scenario.halt is not None and scenario.halt <= later[0]):
        return None
    return later[0]


_LISTS = {
    "second_provider": _list_second_providers,
    "group_member": _list_members,
    "buffer": _list_buffers,
    "repair": _list_repairs,
    "safe": _list_safe,
    "halt": _list_halts,
}


def read_changeable(given: object) -> tuple[list[str] | None, list[dict[str, Any]] | None]:
    """What may be changed: kinds of fixes, or rows of `COLUMNS`; (None, None) where nothing is
    said. Raises ScenarioError, InputError."""
    if given is None:
        return None, None
    if isinstance(given, str):
        given = [word.strip() for word in given.split(",") if word.strip()]
    if isinstance(given, pl.DataFrame):
        given = given.to_dicts()
    if not isinstance(given, Sequence) or not given:
        raise ScenarioError(
            f"changeable: expected kinds of fixes ({', '.join(KINDS)}), or rows of fix, "
            f"dependent, provider, cost, got {clip(repr(given))}"
        )
    if all(isinstance(word, str) for word in given):
        for word in given:
            if word not in KINDS:
                raise ScenarioError(
                    f"changeable: unknown fix {clip(word)!r}{did_you_mean(word, KINDS)}"
                )
        return list(dict.fromkeys(given)), None
    return None, read_rows("changeable", given)


def read_rows(what: str, given: object) -> list[dict[str, Any]]:
    """Rows of `fix, dependent, provider, cost`, all faults in one error. Raises InputError."""
    if isinstance(given, pl.DataFrame):
        given = given.to_dicts()
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputError(
            f"{what}: expected rows of fix, dependent, provider, cost, got {clip(repr(given))}"
        )
    faults: list[str] = []
    rows = []
    for number, row in enumerate(given, 1):
        try:
            rows.append(_read_row(what, row, f"{what} row {number}"))
        except InputError as fault:
            faults += fault.faults
    if faults:
        raise InputError.of(faults)
    return rows


def _read_row(what: str, given: object, place: str) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(
            f"{place}: expected fix, dependent, provider, cost, got {clip(repr(given))}"
        )
    place = str(given.get("_at") or place)
    for key in given:
        if key not in (*COLUMNS, "_at"):
            raise InputError(
                f"{place}: unknown column {clip(str(key))!r}{did_you_mean(str(key), COLUMNS)}"
            )
    row: dict[str, Any] = {}
    for name in ("fix", "dependent", "provider", "spare"):
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            raise InputError(f"{place}: {name}: expected text, got {clip(repr(value))}")
        row[name] = (value or "").strip() or None
    for name, most in (("cost", _MOST), ("hours", LONGEST)):
        row[name] = _read_number(given.get(name), f"{place}: {name}", most)
    if row["fix"] is None and what == "changeable":
        raise InputError(f"{place}: fix: expected {_or(KINDS)}, got nothing")
    if row["fix"] is not None and row["fix"] not in KINDS:
        raise InputError(
            f"{place}: unknown fix {clip(row['fix'])!r}{did_you_mean(row['fix'], KINDS)}"
        )
    if row["cost"] is None and what == "costs":
        raise InputError(f"{place}: cost: expected a number of at least 0, got nothing")
    return row | {"_at": place}


def _read_number(given: object, place: str, most: float) -> float | None:
    if given is None or given == "":
        return None
    try:
        if isinstance(given, bool):
            raise ValueError
        value = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= most:
        raise InputError(
            f"{place}: expected a number of at least 0, at most {most:g}, got {clip(repr(given))}"
        )
    return value


def _or(words: Iterable[str]) -> str:
    return " or ".join(", ".join(words).rsplit(", ", 1))


def resolve_rows(
    graph: DependencyGraph, rows: Sequence[Mapping[str, Any]], scenarios: Sequence[Scenario]
) -> dict[Fix, float | None]:
    """The fixes that rows name, by ids of this graph, in a fixed order, and their stated costs.

    Raises InputError with all faults.
    """
    faults: list[str] = []
    found: dict[tuple[str, str, str, str], tuple[Fix, float | None]] = {}
    for row in rows:
        try:
            fix = _resolve(graph, row, scenarios)
        except KnockonError as fault:
            faults.append(f"{row['_at']}: {fault}")
            continue
        if fix.key in found:
            faults.append(f"{row['_at']}: {fix.kind} of these ends stands twice")
        found[fix.key] = fix, row["cost"]
    if faults:
        raise InputError.of(faults)
    return dict(found[key] for key in sorted(found))


def _resolve(graph: DependencyGraph, row: Mapping[str, Any], scenarios: Sequence[Scenario]) -> Fix:
    kind = row["fix"]
    needed = dict(zip(("dependent", "provider"), _ENDS[kind], strict=True))
    ids: dict[str, str | None] = {"dependent": None, "provider": None, "spare": None}
    for name in ids:
        used = needed.get(name, kind in ADDING) or (kind, name) == ("halt", "provider")
        if row[name] is not None and used:
            ids[name] = graph.id_of(graph.find(row[name]))
        elif needed.get(name):
            raise ScenarioError(f"{kind}: expected a {name}, got none")
    fix = Fix(kind, ids["dependent"], ids["provider"], spare=ids["spare"], hours=row["hours"])
    if all(_ENDS[kind]):
        find_rows(graph, fix)
        if fix.spare in (fix.dependent, fix.provider) and fix.spare is not None:
            raise ScenarioError(f"{kind}: expected a spare other than both ends")
    return _with_hours(fix, scenarios, row)


def _with_hours(fix: Fix, scenarios: Sequence[Scenario], row: Mapping[str, Any]) -> Fix:
    """The fix with the hours that it has where none are said."""
    if fix.kind == "buffer" and fix.hours is None:
        high = [s.hours.high for s in scenarios if s.hours is not None]
        return replace(fix, hours=max(high, default=0.0))
    if fix.kind == "halt":
        origin = fix.provider or scenarios[0].origin_ids[0]
        hours = [h for h in map(find_second_ring, scenarios) if h is not None]
        hour = fix.hours if fix.hours is not None else min(hours, default=None)
        if hour is None:
            raise ScenarioError("halt: expected a rollout in rings that it stops, got none")
        return replace(fix, provider=origin, hours=hour)
    return fix


def price(
    graph: DependencyGraph, fixes: Mapping[Fix, float | None], costs: Sequence[Mapping[str, Any]]
) -> list[Fix]:
    """The fixes with their costs: their own, else of the last row of `costs` that fits, else of the
    column `cost` of their dependency or entity, else 1."""
    columns = _cost_columns(graph)
    resolved = [(row, _resolve_ends(graph, row)) for row in costs]
    done = []
    for fix, own in fixes.items():
        ends = (fix.dependent, fix.provider if all(_ENDS[fix.kind]) else None)
        cost = columns.get(ends, 1.0)
        for row, wanted in resolved:
            if row["fix"] in (None, fix.kind) and all(
                wanted[n] in (None, getattr(fix, n)) for n in wanted
            ):
                cost = row["cost"]
        done.append(replace(fix, cost=cost if own is None else own))
    return done


def find_beaten(fixes: Sequence[Fix]) -> list[int]:
    """Fixes for which another always does at least as well and costs no more: whatever is done for
    an entity, to make it safe does it too."""
    safe = {f.dependent: f.cost for f in fixes if f.kind == "safe"}
    return [
        i
        for i, f in enumerate(fixes)
        if f.kind != "safe" and f.dependent is not None and safe.get(f.dependent, _DEAR) <= f.cost
    ]


def _resolve_ends(graph: DependencyGraph, row: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        name: None if row[name] is None else graph.id_of(graph.find(row[name]))
        for name in ("dependent", "provider")
    }


def _cost_columns(graph: DependencyGraph) -> dict[tuple[str | None, str | None], float]:
    """The column `cost` of either table, where it is one of numbers."""
    found: dict[tuple[str | None, str | None], float] = {}
    if "cost" in graph.dependencies.columns:
        rows = graph.dependencies.select(
            pl.col("dependent", "provider").cast(pl.String),
            pl.col("cost").cast(pl.Float64, strict=False),
        )
        found |= {(d, p): c for d, p, c in rows.drop_nulls().iter_rows() if c >= 0}
    if "cost" in graph.entities.columns:
        rows = graph.entities.select("id", pl.col("cost").cast(pl.Float64, strict=False))
        found |= {(i, None): c for i, c in rows.drop_nulls().iter_rows() if c >= 0}
    return found
