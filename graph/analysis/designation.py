"""The step-1 tests of Delegated Regulation (EU) 2024/1502: which ICT providers may be critical.

From registers of information, by groups of providers (Article 31(3) DORA), for services that
support critical or important functions, subcontractors included, intra-group providers never:

| test | what it counts | met |
|---|---|---|
| 1.1 | entities of a category that use it, of all of the category | both 1.1 and 1.2 reach 10 % |
| 1.2 | total assets of these, of all of the category | in one category (Article 2(4)) |
| 2.1 | credit institutions that are G-SIIs or O-SIIs | one G-SII, three O-SIIs, or one O-SII |
| | | with a score above 3 000 (Article 3(2)) |
| 2.2 | systemic entities, not credit institutions | one of points (g) to (j), or three others |
| 4.1 | entities of a category for which there is no alternative | 4.1 or 4.2 reaches 10 % in a |
| 4.2 | those for which to migrate is highly difficult | category: then both (Article 5(4)) |

Which cells of the register decide 4.1 and 4.2 no act says. Read here, per service (b_07.01): 4.1 is
`not substitutable` (0050), unless the reason (0060) is difficulties of migration alone, or no
alternatives (0110) where the reason is that there are none; 4.2 is that reason of difficulties of
migration, or reintegration `highly complex` (0090).
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import polars as pl

from knockon.graph.analysis.designated import find_leis, read_leis
from knockon.graph.analysis.register_uses import FinancialEntity, Use, Uses, find_uses
from knockon.graph.analysis.systemic import Systemic, Totals, count_systemic
from knockon.graph.analysis.three_valued import Part, Share, Truth, all_of, any_of, find_share
from knockon.graph.errors import ScenarioError, some
from knockon.graph.model.graph import DependencyGraph

LEAST = Fraction(1, 10)
_SCHEMA = {
    "id": pl.String, "name": pl.String, "test": pl.String, "category": pl.String,
    "value": pl.Float64, "value_low": pl.Float64, "value_high": pl.Float64, "threshold": pl.Float64,
    "reached": pl.Boolean, "met": pl.Boolean, "missing": pl.String, "of": pl.String,
}  # fmt: skip
_STEP = {
    "id": pl.String, "name": pl.String, "entities": pl.Int64, "criterion_1": pl.Boolean,
    "test_2_1": pl.Boolean, "test_2_2": pl.Boolean, "criterion_4": pl.Boolean, "met": pl.Boolean,
}  # fmt: skip
_ONLY = "by", "per", "relation", "kind", "among", "weight"
NOT_SUBSTITUTABLE, HIGHLY_COMPLEX = "not substitutable", "highly complex"


def assess(graph: DependencyGraph, own: Mapping[str, Any]) -> dict[str, Any]:
    """The six tests of every group of providers, and what they add up to: fields of an answer."""
    stated = [name for name in _ONLY if own[name] is not None]
    if stated:
        raise ScenarioError(
            f"{stated[0]}: the tests of the regulation count financial entities by category and "
            "providers by group: expected nothing beside designation, systemic, totals, designated"
        )
    uses = find_uses(graph)
    totals = Totals.read(own["totals"], uses)
    systemic = None if own["systemic"] is None else Systemic.read(own["systemic"], uses)
    judged = _Judged(graph)
    names = dict(zip(graph.ids, graph.names, strict=True))
    rows: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for group, used in uses.of_group.items():
        head = {"id": group, "name": names.get(group, group)}
        found = list(_test_group(uses, used, totals, systemic, judged))
        rows += [head | row for row in found]
        steps.append(head | {"entities": len(used)} | _add_up(found))
    steps.sort(key=lambda s: (s["met"] is not True, s["met"] is False, -s["entities"], s["id"]))
    place = {step["id"]: i for i, step in enumerate(steps)}
    rows.sort(key=lambda r: place[r["id"]])
    step_1 = pl.DataFrame(steps, schema=_STEP)
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    frame, step_1, designated = _mark(graph, frame, step_1, own["designated"])
    return {
        "headline": _say(step_1), "rows": frame, "hhi": pl.DataFrame(), "unions": pl.DataFrame(),
        "designated": designated, "step_1": step_1, "among": "financial entities", "weight": None,
        "notes": (*_note(uses, totals, systemic), *uses.notes),
    }  # fmt: skip


def _test_group(
    uses: Uses, used: dict[str, Use], totals: Totals, systemic: Systemic | None, judged: "_Judged"
) -> Iterator[dict[str, Any]]:
    """The rows of one group of providers, test by test, category by category."""
    entities = uses.entities
    touched = {entities[i].category for i in used}
    if None in touched:  # it may be of any that there is
        touched |= {e.category for e in entities.values()}
    categories = sorted(c for c in touched if c is not None)
    counted = {i: (True if use.sure else None) for i, use in used.items()}
    for one, other, joined in (("1.1", "1.2", all_of), ("4.1", "4.2", any_of)):
        pairs = [
            (
                _test_share(one, c, uses, totals, _judge(one, used, counted, judged)),
                _test_share(other, c, uses, totals, _judge(other, used, counted, judged)),
            )
            for c in categories
        ]  # fmt: skip
        met = [joined([a["reached"], b["reached"]]) for a, b in pairs]
        for which in (0, 1):
            for pair, truth in zip(pairs, met, strict=True):
                row, beside = pair[which], pair[1 - which]
                if truth is None and row["missing"] is None:  # it is the other that is open
                    row = row | {"missing": f"{beside['test']}: {beside['missing']}"}
                yield row | {"met": truth}
        if one == "1.1":
            yield from count_systemic(entities, counted, systemic)


def _judge(
    test: str, used: dict[str, Use], counted: dict[str, Truth], judged: "_Judged"
) -> dict[str, Truth]:
    """Of each entity that uses the group, whether it counts in a test."""
    if test.startswith("1"):
        return counted
    return {i: judged.judge(test, use) for i, use in used.items()}


def _test_share(
    test: str, category: str, uses: Uses, totals: Totals, counted: dict[str, Truth]
) -> dict[str, Any]:
    """One share in one category: its value, and what is missing for it."""
    inside = [e for e in uses.entities.values() if e.category in (category, None)]
    by_assets = test == "1.2"
    missing = list(_explain_missing(test, category, inside, counted))
    whole = totals.find(category, assets=by_assets)
    currencies = sorted({e.currency or "?" for e in inside if e.assets is not None})
    if by_assets and whole is not None:
        currencies = sorted({*currencies, totals.currency(category)})
    if by_assets and len(currencies) > 1:
        missing.append(f"total assets in {' and '.join(currencies)}: one currency is needed")
        share = Share(Fraction(0), Fraction(1))
        rough = True
    else:
        share = find_share(
            (
                Part(
                    e.assets if by_assets else 1.0, counted.get(e.id, False),
                    True if e.category == category else None,
                )
                for e in inside
            ),
            whole,
        )  # fmt: skip
        rough = by_assets and not share.known and any(e.assets is None for e in inside)
    return {
        "test": test, "category": category,
        "value": None if rough else float(share.low),
        "value_low": float(share.low), "value_high": float(share.high),
        "threshold": float(LEAST), "reached": share.reaches(LEAST),
        "missing": "; ".join(missing) or None,
        "of": "these registers" if whole is None else "the Union",
    }  # fmt: skip


def _explain_missing(
    test: str, category: str, inside: Sequence[FinancialEntity], counted: dict[str, Truth]
) -> Iterator[str]:
    """What the registers do not say, that the test would need."""
    unknown = [e.name for e in inside if counted.get(e.id, False) is None]
    nowhere = [e.name for e in inside if e.category is None]
    if nowhere:
        yield f"category of {some(nowhere)}"
    if unknown and test.startswith("1"):
        yield f"whether what {some(unknown)} uses it for is critical or important"
    elif unknown:
        cells = "0050, 0060, 0110" if test == "4.1" else "0060, 0090"
        yield f"assessment by {some(unknown)} (b_07.01: {cells}), or what it is used for"
    silent = [e.name for e in inside if e.assets is None]
    if test == "1.2" and silent:
        yield f"total assets of {some(silent)} (b_01.02.0110)"


class _Judged:
    """What registers say of the substitutability of each service (b_07.01)."""

    def __init__(self, graph: DependencyGraph) -> None:
        cells = {
            c: graph.entities[c].to_list() if c in graph.entities.columns else [None] * graph.size
            for c in ("substitutability", "substitution_obstacle", "reintegration", "alternatives")
        }
        self._cells = {c: [v and str(v).casefold() for v in values] for c, values in cells.items()}

    def judge(self, test: str, use: Use) -> Truth:
        """Whether the test counts an entity that uses these services."""
        one = self._has_no_alternative if test == "4.1" else self._is_hard_to_migrate
        sure = any_of(one(s) for s in use.sure)
        # a service behind a function that may be critical can add, but not for sure
        maybe = any_of(one(s) for s in use.maybe)
        return sure if sure or maybe is False else None

    def _has_no_alternative(self, service: int) -> Truth:
        substitutable, reason = self._cells["substitutability"][service], self._reason(service)
        alternatives = self._cells["alternatives"][service]
        if substitutable == NOT_SUBSTITUTABLE:
            return reason != {"2"}
        if reason == {"2"}:
            return False
        if alternatives == "no":
            return True if reason and "1" in reason else None
        if substitutable is None:
            return None
        if alternatives == "yes" or (not reason and not substitutable.startswith(HIGHLY_COMPLEX)):
            return False
        return None

    def _is_hard_to_migrate(self, service: int) -> Truth:
        reason, back = self._reason(service), self._cells["reintegration"][service]
        substitutable = self._cells["substitutability"][service]
        if (reason and "2" in reason) or back == HIGHLY_COMPLEX:
            return True
        needs = substitutable in (None, NOT_SUBSTITUTABLE) or substitutable.startswith(
            HIGHLY_COMPLEX
        )
        if back is None or (needs and not reason):
            return None
        return False

    def _reason(self, service: int) -> set[str] | None:
        """Of b_07.01.0060: 1, lack of real alternatives; 2, difficulties of migration."""
        said = self._cells["substitution_obstacle"][service]
        if said is None:
            return None
        words = {"1": "lack of real alternatives" in said, "2": "migrat" in said}
        return {number for number, there in words.items() if there} or None


def _add_up(rows: Sequence[Mapping[str, Any]]) -> dict[str, Truth]:
    """Whether the group fulfils all of step 1 (Article 1(1)(a))."""
    met = {
        test: any_of(row["met"] for row in rows if row["test"] == test)
        for test in ("1.1", "2.1", "2.2", "4.1")
    }
    return {
        "criterion_1": met["1.1"], "test_2_1": met["2.1"], "test_2_2": met["2.2"],
        "criterion_4": met["4.1"], "met": all_of(met.values()),
    }  # fmt: skip


def _mark(
    graph: DependencyGraph, rows: pl.DataFrame, step_1: pl.DataFrame,
    given: tuple[Mapping[str, str], ...] | None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame | None]:  # fmt: skip
    """The same with a column `designated`, and the list with what is known of each here."""
    if given is None:
        return rows, step_1, None
    from knockon.graph.analysis.owners import find_groups

    listed, leis, groups = read_leis("designated", given), find_leis(graph), find_groups(graph)
    of_list = {code: {groups[i] for i in leis.get(code, ())} for code in listed}
    marked = list(set().union(*of_list.values()))
    met = dict(zip(step_1["id"], step_1["met"], strict=True))
    table = pl.DataFrame(
        [
            {
                "lei": code, "name": name, "id": min(of_list[code], default=None),
                "uses": any(g in met for g in of_list[code]),
                "met": met.get(min(of_list[code], default="")),
            }
            for code, name in listed.items()
        ],
        schema={"lei": pl.String, "name": pl.String, "id": pl.String, "uses": pl.Boolean,
                "met": pl.Boolean},
    )  # fmt: skip
    designated = pl.col("id").is_in(marked).alias("designated")
    return rows.with_columns(designated), step_1.with_columns(designated), table


def _say(step_1: pl.DataFrame) -> str:
    """How many groups of providers fulfil step 1, and how many may."""
    sure, maybe = (int((step_1["met"].eq_missing(value)).sum()) for value in (True, None))
    group = "group of providers" if step_1.height == 1 else "groups of providers"
    open_ = f", and {maybe:,} may: something is missing" if maybe else ""
    first = step_1.filter(pl.col("met"))["name"].to_list()
    names = f" ({some(first, 3)})" if first else ""
    return (
        f"{sure:,} of {step_1.height:,} {group} behind critical or important functions "
        f"fulfil{'s' if sure == 1 else ''} all step-1 tests{names}{open_}"
    )


def _note(uses: Uses, totals: Totals, systemic: Systemic | None) -> Iterator[str]:
    if totals.rows:
        yield "shares are of the totals of the Union that were given, where they are"
    else:
        yield (
            f"shares are of the {len(uses.entities):,} entities of these registers, not of the "
            "Union: --totals FILE gives its numbers"
        )
    if systemic is None:
        yield "which entities are systemic is not known here: --systemic FILE lists them"
    else:
        yield from systemic.notes
    yield (
        "Article 31(8) DORA also leaves out providers active in one Member State only; no cell of "
        "a register says so, and it is not tested"
    )
