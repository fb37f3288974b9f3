"""Strengths in the words of their sources: they raise by default, and lower on request."""

import json
from pathlib import Path

import polars as pl
import pytest

from knockon.graph.analysis.fill import fill_strengths
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from knockon.graph.scenario.statements import load_statements
from knockon.graph.scenario.strengths import SOURCES


def _make(column: str, *words: object, **entities: list[object]) -> DependencyGraph:
    rows = pl.DataFrame(
        {"dependent": [f"d{i}" for i in range(len(words))], "provider": "p", column: words}
    )
    described = pl.DataFrame(entities) if entities else None
    return DependencyGraph.from_polars(rows, described)


def _fill(graph: DependencyGraph, **options: object) -> list[tuple[float, float, float, str]]:
    asked: dict[str, object] = {"strengths": "register", **options}
    scenario = Scenario.of(graph, "p", **asked)  # type: ignore[arg-type]
    filled = fill_strengths(graph, scenario)
    source = [SOURCES[s] for s in filled.source]
    return list(zip(*(q.tolist() for q in filled.strengths), source, strict=True))


_NOTHING = (0, 0.5, 1, "none")


def test_a_level_of_reliance_only_raises() -> None:
    """What a register plays down stays unknown, unless it is trusted."""
    words = ("Full reliance", "Material reliance", "Low reliance", "Not significant", None, "?")
    graph = _make("reliance", *words)
    assert _fill(graph) == [
        (1, 1, 1, "register"), (0, 1, 1, "register"), *[_NOTHING] * 4,
    ]  # fmt: skip
    assert _fill(graph, trust_register=True) == [
        (1, 1, 1, "register"), (0, 1, 1, "register"), (0, 0, 1, "register"),
        (0, 0, 0, "register"), _NOTHING, _NOTHING,
    ]  # fmt: skip


def test_words_mean_nothing_in_modes_that_they_do_not_speak_of() -> None:
    """Relied upon says how a disruption hurts, not whether an intruder gets through."""
    graph = _make("reliance", "Full reliance")
    assert _fill(graph, mode="compromise") == [_NOTHING]
    assert _fill(graph, mode="bad_update")[0][3] == "register"


def test_hard_and_soft() -> None:
    graph = _make("criticality", "HARD", "soft", "UNKNOWN")
    assert _fill(graph) == [(1, 1, 1, "register"), _NOTHING, _NOTHING]
    assert _fill(graph, trust_register=True)[1] == (0, 0, 1, "register")


def test_a_scope_is_that_of_the_provider() -> None:
    kinds = {"id": ["p", "d0"], "scope": ["required", "optional"]}
    graph = _make("note", "x", **kinds)  # type: ignore[arg-type]
    assert _fill(graph) == [(0, 1, 1, "register")]


def test_per_cents_of_an_outage_raise_the_low_end() -> None:
    """30 % is at least that; 0 is what the field holds where nobody filled it in."""
    graph = _make("percent_outage", "30", "80", "0", "120", "much")
    assert _fill(graph) == [
        (0.3, 0.5, 1, "register"), (0.8, 0.8, 1, "register"), *[_NOTHING] * 3,
    ]  # fmt: skip
    assert _fill(graph, trust_register=True)[0] == (0.3, 0.3, 0.3, "register")


def test_a_table_of_ones_own_puts_back_what_a_word_says() -> None:
    graph = _make("reliance", "Full reliance")
    own = [{"low": 0, "mid": 0.5, "high": 1, "source": "we do not believe it"}]
    assert _fill(graph, strengths=own) == [(0, 0.5, 1, "own table")]


def test_words_are_read_where_strengths_are_asked_for() -> None:
    """None is none: what nobody stated as a strength is unknown."""
    graph = _make("reliance", "Full reliance", "Low reliance")
    assert _fill(graph, strengths="none") == [_NOTHING, _NOTHING]
    assert _fill(graph, strengths="none", trust_register=True) == [
        (1, 1, 1, "register"), (0, 0, 1, "register"),
    ]  # fmt: skip


def test_a_verdict_keeps_the_words_when_it_leaves_past_incidents_out() -> None:
    """What a register states decides, what is typical does not."""
    kinds = ["platform", "enterprise", "enterprise"]
    entities = {"id": ["p", "d0", "d1"], "kind": kinds}
    graph = _make("reliance", "Full reliance", None, **entities)  # type: ignore[arg-type]
    answer = whatif(graph, "p", strengths="incidents")
    verdicts = dict(answer.entities.select("id", "verdict").iter_rows())
    assert (verdicts["d0"], verdicts["d1"]) == ("hit", "unknown")


def test_a_word_is_looked_up_before_past_incidents() -> None:
    entities = {"id": ["p", "d0", "d1"], "kind": ["platform", "enterprise", "enterprise"]}
    graph = _make("reliance", "Full reliance", None, **entities)  # type: ignore[arg-type]
    assert [row[3] for row in _fill(graph, strengths="incidents")] == ["register", "incidents"]


def test_the_answer_says_whose_words_it_rests_on() -> None:
    answer = whatif(_make("reliance", "Full reliance", None), "p", strengths="register")
    assert any("reliance Full reliance as 1 (1 to 1), 1" in note for note in answer.notes)
    assert dict(answer.entities.select("id", "verdict").iter_rows())["d0"] == "hit"


@pytest.mark.parametrize("statement", load_statements(), ids=lambda s: f"{s.column} {s.word}")
def test_every_word_has_its_source_and_no_invented_decimals(statement: object) -> None:
    assert statement.source and statement.note  # type: ignore[attr-defined]  # noqa: PT018
    figures = [getattr(statement, name) for name in ("low", "mid", "high")]
    assert set(figures) <= {0.0, 1.0}
    assert figures == sorted(figures)


def test_calls_are_shares_of_a_callers_requests() -> None:
    """b is called 100 times and calls c 40 times; a is called by nobody: by its most calls."""
    rows = pl.DataFrame(
        {"dependent": ["a", "a", "b", "b"], "provider": ["b", "d", "c", "d"],
         "calls": [100, 50, 40, 300]}
    )  # fmt: skip
    graph = DependencyGraph.from_polars(rows)
    scenario = Scenario.of(graph, "c", strengths="calls")
    filled = fill_strengths(graph, scenario)
    assert filled.strengths.middle.tolist() == [1.0, 0.5, 0.133333, 1.0]
    assert {SOURCES[s] for s in filled.source} == {"own table"}
    plain = fill_strengths(graph, Scenario.of(graph, "c"))
    assert set(plain.source.tolist()) == {SOURCES.index("none")}


def test_calls_are_not_called_a_table_of_ones_own() -> None:
    """In sentences: the JSON keeps the five words of the contract."""
    rows = pl.DataFrame(
        {"dependent": ["a", "b"], "provider": ["c", "c"], "calls": [100, None], "loss": [1.0, 1.0]}
    )
    own = {"dependent": "b", "provider": "c", "low": 0.1, "mid": 0.2, "high": 0.3, "source": "me"}
    answer = whatif(DependencyGraph.from_polars(rows), "c", strengths=[[own], "calls"])
    assert "1 from your own table and 1 from calls that were seen." in answer.assumption
    assert any("1 dependency within reach has the strength that table 1 says" in n
               for n in answer.notes)  # fmt: skip
    assert any("has as strength the share of the caller's requests" in n for n in answer.notes)
    assert answer.question == "Strengths from table 1 and calls that were seen."


def test_every_statement_says_what_of_its_source_was_read() -> None:
    assert [s.word for s in load_statements() if not s.seen.strip()] == []


def test_what_a_scope_means_is_what_the_schema_says() -> None:
    """In words of the schema of CycloneDX, which a library of the tests brings."""
    schema = pytest.importorskip("cyclonedx.schema._res")
    text = Path(schema.__path__[0], "bom-1.7.SNAPSHOT.schema.json").read_text(encoding="utf-8")
    said = json.loads(text)["definitions"]["component"]["properties"]["scope"]["meta:enum"]
    meant = {s.word: s.note for s in load_statements() if s.column == "scope"}
    assert said["required"].lower() == meant["required"]
    assert "optional at runtime" in said["optional"]
    assert "not capable of being called" in said["optional"]
    assert "not capable of being called" in meant["optional"]
