"""Lists beside registers: which financial entities are systemic, and how many the Union has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from knockon.graph.analysis.designated import read_listed
from knockon.graph.analysis.register_uses import CATEGORIES, FinancialEntity, Uses
from knockon.graph.analysis.three_valued import Truth, all_of, any_of
from knockon.graph.errors import ScenarioError, clip, did_you_mean, some

GSII, OSII, SYSTEMIC = "G-SII", "O-SII", "systemic"
_WORDS = {"gsii": GSII, "gsib": GSII, "osii": OSII, "systemic": SYSTEMIC}
SCORE = 3_000  # an O-SII above it counts alone
INFRASTRUCTURE = "ghij"  # CSDs, CCPs, trading venues, trade repositories
_LETTERS = sorted(set(CATEGORIES.values()))


@dataclass(frozen=True)
class Systemic:
    """LEI -> what it is, and its score as O-SII where that is stated."""

    status: dict[str, set[str]]
    score: dict[str, float]
    notes: tuple[str, ...]

    @classmethod
    def read(cls, rows: tuple[Mapping[str, str], ...], uses: Uses) -> "Systemic":
        """The list of rows with lei, status and, of O-SIIs, score. Raises ScenarioError."""
        status: dict[str, set[str]] = {}
        score: dict[str, float] = {}
        for row in read_listed("systemic", rows, ["lei", "status"], ["score", "name"]):
            word = "".join(c for c in row["status"].lower() if c.isalpha())
            if not row["lei"] or word not in _WORDS:
                hint = did_you_mean(row["status"], _WORDS.values())
                raise ScenarioError(
                    f"systemic: expected an LEI and G-SII, O-SII or systemic, got "
                    f"{clip(row['lei'] or 'no LEI')!r}, {clip(row['status'])!r}{hint}"
                )
            lei = row["lei"].upper()
            status.setdefault(lei, set()).add(_WORDS[word])
            if row["score"]:
                score[lei] = max(_read_number("systemic", "score", row["score"]), score.get(lei, 0))
        return cls(status, score, tuple(_note(status, uses)))

    def is_listed(self, entity: FinancialEntity, word: str) -> bool:
        return word in self.status.get(entity.lei, ())


def _note(status: dict[str, set[str]], uses: Uses) -> Iterator[str]:
    """Those of the list that no register has, and those whose status counts in no test."""
    here = {e.lei: e for e in uses.entities.values()}
    absent = [lei for lei in status if lei not in here]
    if absent:
        yield f"{len(absent):,} systemic entities keep none of these registers ({some(absent, 3)})"
    odd = [
        lei for lei, words in status.items()
        if lei in here and here[lei].category is not None
        and ((words <= {GSII, OSII}) == (here[lei].category != "a"))
    ]  # fmt: skip
    if odd:
        yield (
            f"G-SIIs and O-SIIs that are no credit institutions, and credit institutions that are "
            f"systemic otherwise, count in neither 2.1 nor 2.2: {some(odd, 3)}"
        )


def count_systemic(
    entities: Mapping[str, FinancialEntity], counted: Mapping[str, Truth],
    systemic: Systemic | None,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """The rows of tests 2.1 and 2.2 for one group of providers; counted: who uses it."""
    used = [(entities[i], truth) for i, truth in counted.items()]
    yield from _test("2.1", [
        _Count(GSII, 1, [_is(e, t, systemic, GSII, "a") for e, t in used]),
        _Count(OSII, 3, [_is(e, t, systemic, OSII, "a") for e, t in used]),
        _Count(f"{OSII} with a score above {SCORE:,}", 1,
               [_is_above(e, t, systemic) for e, t in used]),
    ], used, systemic)  # fmt: skip
    others = "".join(c for c in _LETTERS if c not in f"a{INFRASTRUCTURE}")
    yield from _test("2.2", [
        _Count("systemic, of points (g) to (j)", 1,
               [_is(e, t, systemic, SYSTEMIC, INFRASTRUCTURE) for e, t in used]),
        _Count("systemic, of other points", 3,
               [_is(e, t, systemic, SYSTEMIC, others) for e, t in used]),
    ], used, systemic)  # fmt: skip


@dataclass(frozen=True)
class _Count:
    """So many of a category are enough; of each user whether it is one."""

    category: str
    least: int
    truths: list[Truth]

    @property
    def low(self) -> int:
        return sum(t is True for t in self.truths)

    @property
    def high(self) -> int:
        return sum(t is not False for t in self.truths)

    @property
    def reached(self) -> Truth:
        return True if self.low >= self.least else None if self.high >= self.least else False


def _test(
    test: str, counts: list[_Count], used: list[tuple[FinancialEntity, Truth]],
    systemic: Systemic | None,
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """One row for each way to meet a test; one way is enough."""
    met = None if systemic is None else any_of(c.reached for c in counts)
    for count in counts:
        known = systemic is not None
        yield {
            "test": test, "category": count.category,
            "value": float(count.low) if known else None,
            "value_low": float(count.low) if known else 0.0,
            "value_high": float(count.high) if known else float(len(used)),
            "threshold": float(count.least), "reached": count.reached if known else None,
            "met": met, "missing": _explain(count, used, systemic), "of": None,
        }  # fmt: skip


def _explain(
    count: _Count, used: list[tuple[FinancialEntity, Truth]], systemic: Systemic | None
) -> str | None:
    if systemic is None:
        return "a list of systemic entities: --systemic FILE"
    unknown = [e for (e, _), truth in zip(used, count.truths, strict=True) if truth is None]
    if not unknown:
        return None
    unscored = [
        e.name for e in unknown if "score" in count.category and e.lei not in systemic.score
    ]
    if unscored:
        return f"O-SII score of {some(unscored)}"
    return (
        f"category of {some(e.name for e in unknown)}, or whether what it is used for is critical"
    )


def _is(
    entity: FinancialEntity, used: Truth, systemic: Systemic | None, word: str, categories: str
) -> Truth:
    if systemic is None:
        return None
    if not systemic.is_listed(entity, word):
        return False
    of_category: Truth = None if entity.category is None else entity.category in list(categories)
    return all_of([used, of_category])


def _is_above(entity: FinancialEntity, used: Truth, systemic: Systemic | None) -> Truth:
    one = _is(entity, used, systemic, OSII, "a")
    if systemic is None or one is False:
        return one
    score = systemic.score.get(entity.lei)
    return all_of([one, None if score is None else score > SCORE])


@dataclass(frozen=True)
class Totals:
    """What the Union has of each category: number of entities, total assets, their currency."""

    rows: dict[str, tuple[float | None, float | None, str]]

    @classmethod
    def read(cls, rows: Iterable[Mapping[str, str]] | None, uses: Uses) -> "Totals":
        """The rows with category (a to t), entities, total_assets, currency.

        Raises ScenarioError, also where the registers hold more than the Union is said to.
        """
        known = "entities", "total_assets", "currency"
        found: dict[str, tuple[float | None, float | None, str]] = {}
        for row in read_listed("totals", tuple(rows or ()), ["category"], known) if rows else ():
            category = row["category"].strip("() ").lower()
            if category not in _LETTERS:
                raise ScenarioError(
                    f"totals: expected a category from a to t (Article 2(1) DORA), got "
                    f"{clip(row['category'])!r}"
                )
            if category in found:
                raise ScenarioError(f"totals: category {category!r} stands there twice")
            number, assets = (
                _read_number("totals", c, row[c]) if row[c] else None for c in known[:2]
            )
            if assets is not None and not row["currency"]:
                raise ScenarioError(f"totals: category {category!r} states assets in no currency")
            found[category] = number, assets, row["currency"].upper()
            here = sum(e.category == category for e in uses.entities.values())
            if number is not None and number < here:
                raise ScenarioError(
                    f"totals: category {category!r} has {number:,.0f} entities in the Union, but "
                    f"these registers hold {here:,}"
                )
        return cls(found)

    def find(self, category: str, *, assets: bool) -> float | None:
        """The total of a category; None where it is not given."""
        number, amount, _ = self.rows.get(category, (None, None, ""))
        return amount if assets else number

    def currency(self, category: str) -> str:
        return self.rows[category][2]


def _read_number(name: str, column: str, text: str) -> float:
    try:
        number = float(text.replace(" ", ""))
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e300:
        raise ScenarioError(
            f"{name}: {column}: expected a number of at least 0, got {clip(text)!r}"
        )
    return number
