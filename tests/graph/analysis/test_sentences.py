"""Sentences claim what the data says and no more: ranges first, assumptions by name."""

import re
from typing import Any

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.sentences import name_middle
from knockon.graph.analysis.whatif import whatif
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.words import measure
from tests.timed import timed_graph
from tests.toys import dep, graph_of

STAGED = {"mode": "bad_update", "rollout": "10%@0,100%@24"}


def ask(*rows: Any, origin: Any = "A", **options: Any) -> Impact:
    return whatif(graph_of(*rows), origin, **options)


def test_an_assumed_half_is_no_expectation() -> None:
    """Where a strength is unknown the range leads, and the middle goes by its assumption."""
    found = ask(dep("B", "A", probability=None), dep("C", "A", probability=0.5))
    assert found.headline == "If A fails: 0.5 to 1.5 of 2 entities are hit on average"
    assert found.assumption == (
        "1 of the 2 dependencies within reach is of unknown strength: "
        "this is who could be hit, not who will be. If unknown counts 0.5: 1 hit."
    )
    assert name_middle(found) == "if unknown counts 0.5"
    known = ask(dep("B", "A", probability=0.25), dep("C", "A", probability=0.5))
    assert known.headline == "If A fails: 0.8 of 2 entities are expected to be hit"
    assert known.assumption == "All strengths within reach are stated; 0.8 hit expected, exactly."
    assert name_middle(known) == ""


def test_what_is_certain_is_said_first_where_most_is() -> None:
    """Four certain hits do not become doubtful by one unknown dependency."""
    found = ask(*(dep(i, "A") for i in "BCDE"), dep("F", "A", probability=None))
    assert found.assumption == (
        "4 of the 5 are certain to be hit; 1 dependency is unknown. If unknown counts 0.5: 4.5 hit."
    )


def test_mostly_stated_strengths_are_said_first() -> None:
    """Nobody is certain, but two of three strengths are known."""
    halves = [dep(i, "A", probability=0.5) for i in "BC"]
    found = ask(*halves, dep("D", "A", probability=None), assume=0.75)
    assert found.assumption == (
        "2 of the 3 dependencies within reach are stated; 1 is unknown. "
        "If unknown counts 0.75: 1.8 hit."
    )


def test_an_unknown_that_changes_nothing_is_said_so() -> None:
    """C is hit anyhow: its unknown second way leaves no range, and is not called stated."""
    found = ask(dep("B", "A"), dep("C", "A"), dep("C", "B", probability=None))
    assert found.assumption == (
        "1 of the 3 dependencies within reach is of unknown strength, "
        "which does not change how many are hit: 2, exactly."
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([dep("B", "A")], "1 of 1 entity is hit"),
        ([dep("B", "A", probability=None)], "up to 1 of 1 entity is hit"),
        ([dep("B", "A"), dep("C", "A", probability=None)], "1 to 2 of 2 entities are hit"),
    ],
)
def test_one_is_and_several_are(rows: list[Any], said: str) -> None:
    """`1 to 2` are two words for several, however they begin."""
    assert ask(*rows).headline == f"If A fails: {said}"


def test_entities_of_unknown_kind_are_not_all_entities() -> None:
    """Beside enterprises, those of no kind are called so."""
    rows = pl.DataFrame({"dependent": ["B", "C"], "provider": ["A", "A"], "probability": [1.0, 1]})
    kinds = pl.DataFrame({"id": ["B"], "kind": ["enterprise"]})
    found = whatif(DependencyGraph.from_polars(rows, kinds), "A")
    assert found.headline == (
        "If A fails: 1 of 1 enterprise and 1 of 1 entity of unknown kind are hit"
    )


def test_a_part_of_a_failure_reads_as_a_part() -> None:
    """A severity stands in the condition, for all together or by name where they differ."""
    row = dep("C", "A"), dep("C", "B")
    assert ask(*row, severity=0.3).condition == "A fails by 30 %"
    assert ask(*row, origin=["A", "B"], severity=0.3).condition == "A and B fail by 30 %"
    mixed = ask(*row, origin=[{"id": "A", "severity": 0.005}, "B"])
    assert mixed.condition == "B and A (by 0.5 %) fail"
    assert mixed.question == "Severity 0.5 % to 100 %."
    spoilt = ask(*row, severity=0.3, mode="compromise")
    assert spoilt.condition == "A is compromised and loses 30 %"


def test_the_default_question_needs_no_words() -> None:
    """Nothing is said where nothing differs from the defaults."""
    assert ask(dep("B", "A")).question == ""


def test_every_field_that_is_not_the_default_is_said() -> None:
    """Two answers to different questions never look the same."""
    rows = [dep("B", "A", relation="runs"), dep("C", "B")]
    options = {"assume": 0.75, "worlds": 500, "seed": 7, "protect": "C", "hours": "4..8"}
    found = whatif(timed_graph(*rows), "A", severity=0.3, halt=2, **STAGED, **options)
    assert found.question == (
        "Mode bad_update; severity 30 %; down for 4 to 8 h; "
        "rollout to 10 % from 0 h on, 100 % from 24 h on; stopped at 2 h; nothing hits C; "
        "unknown counts 0.75; 500 random worlds; seed 7."
    )
    for picture in (found.to_svg(), found.exceedance_svg(), found.timeline_svg()):
        assert "nothing hits C" in picture


def test_the_dates_of_the_data_are_first_and_last() -> None:
    """Only what is a date counts."""
    rows = pl.DataFrame({"dependent": ["B", "C", "D"], "as_of": ["2024-07-17", "2023-01", "?"]})
    graph = DependencyGraph.from_polars(rows.with_columns(provider=pl.lit("A")))
    found = whatif(graph, "A")
    assert found.headline.endswith("(data of 2023-01 to 2024-07-17)")
    assert found.question == ""  # said once


def test_a_ring_after_the_repair_is_said_in_the_answer() -> None:
    """The last ring starts when the origin is mended: in the second line and on the chart, once."""
    found = whatif(timed_graph(dep("B", "A", relation="runs")), "A", hours=4, **STAGED)
    said = "Rings that start at 24 h may find the update mended: the origin is down for 4 h"
    assert said in found.assumption
    lines = re.findall(r"<text[^>]*>([^<]*)<", found.detection_svg())
    assert " ".join(lines).count("may find the update mended") == 1
    beyond = whatif(timed_graph(dep("B", "A", relation="runs")), "A", hours=30, **STAGED)
    assert "mended" not in beyond.assumption


def test_a_timeline_leads_with_the_range_where_anything_is_unknown() -> None:
    """Nobody is `expected` to be down by an assumption; bars show low to high."""
    found = whatif(timed_graph(dep("B", "A", probability=None), dep("C", "A")), "A", hours=4)
    svg = found.timeline_svg()
    assert (
        "<title>If A fails for 4 h: 1 to 2 entities are down at some time; if unknown counts 0.5, "
        "1.5 are down at once; that is restored after 4 h</title>"
    ) in svg
    assert ">0 to 100 %<" in svg
    assert "expected" not in svg
    assert "0 to 20 % likely" not in found.to_svg()
    assert "sure, then not known; tick: if unknown counts 0.5" in found.to_svg()


def test_an_exceedance_curve_has_its_low_and_high() -> None:
    """B may be lost or not: nothing at 0, all at 1, half of the worlds between; by unit."""
    found = ask(dep("B", "A", probability=None))
    curves = [found.exceedance(run).rows() for run in ("low", "middle", "high")]
    assert curves == [[(0.0, 1.0)], [(0.0, 1.0), (1.0, 0.5)], [(1.0, 1.0)]]
    said = "If A fails: the impact is at most 0 to 1 (weight lost) in 99 of 100 worlds"
    assert f"<title>{said}</title>" in found.exceedance_svg()
    known = ask(dep("B", "A", probability=0.5))
    assert known.outer.height == 0
    assert 'class="band"' not in known.exceedance_svg()


def test_a_detection_curve_leads_with_the_range() -> None:
    """Two run the origin, one of them perhaps: nothing is `expected`; the answer holds the ends."""
    rows = dep("B", "A", relation="runs"), dep("C", "A", relation="runs", probability=None)
    found = whatif(timed_graph(*rows), "A", mode="bad_update", rollout="100%@0", worlds=200)
    assert found.detection().select("hit_low", "hit_high").row(-1) == (1.0, 2.0)
    svg = found.detection_svg()
    said = "If A ships a bad update in rings: 1 to 2 are hit on average if nobody stops it"
    assert f"<title>{said}</title>" in svg
    assert "number hit if unknown counts 0.5" in svg
    assert "expected" not in svg


def test_a_timeline_has_a_band_where_anything_is_unknown() -> None:
    """B may be down for 4 hours or not at all; with all stated there is a stack and no band."""
    perhaps = whatif(timed_graph(dep("B", "A", probability=None), dep("C", "A")), "A", hours=4)
    assert perhaps.timeline().select("hours", "down_low", "down", "down_high").rows() == [
        (0.0, 1.0, 1.5, 2.0), (4.0, 0.0, 0.0, 0.0),
    ]  # fmt: skip
    svg = perhaps.timeline_svg()
    assert all(f'class="{part}"' in svg for part in ("band", "low", "high", "curve"))
    assert 'class="kind"' not in svg
    assert ">at most 1 to 2<" in svg
    known = whatif(timed_graph(dep("B", "A", probability=0.5)), "A", hours=4).timeline_svg()
    assert 'class="band"' not in known
    assert 'class="kind"' in known


@pytest.mark.parametrize("switch", [0.0, 2.0])
def test_the_band_holds_the_line_at_every_hour(switch: float) -> None:
    """Low, middle and high in this order, also where a switch keeps no order."""
    spare = {"group": "g", "needs": 1, "switch_hours": switch}
    rows = [dep("B", "A", probability=None), dep("C", "A", probability=None, grace_hours=1)]
    rows += [dep("D", "B", **spare), dep("D", "C", **spare), dep("E", "D", probability=0.5)]
    curve = whatif(timed_graph(*rows), "A", hours=4).timeline()
    assert (curve["down_low"] <= curve["down"]).all()
    assert (curve["down"] <= curve["down_high"]).all()


def test_a_headline_says_what_was_asked_for() -> None:
    """Hours, protection, rings and hindsight stand in the sentence that is quoted alone."""
    rows = [dep("B", "A", relation="runs"), dep("C", "B")]
    graph = timed_graph(*rows)
    assert whatif(graph, "A", hours=4, mode="compromise").headline.startswith(
        "If A is compromised for 4 h: "
    )
    staged = whatif(graph, "A", hours="4..8", halt=2, protect="C", **STAGED)
    assert staged.headline.startswith(
        "If A ships a bad update, down for 4 to 8 h, with C protected, in rings, "
        "stopped after 2 h: "
    )
    ends = pl.DataFrame({"dependent": ["B"], "provider": ["A"], "as_of": ["2024-07-17"]})
    after = DependencyGraph.from_polars(ends, hindsight="told by the press")
    assert whatif(after, "A").headline == (
        "If A fails: up to 1 of 1 entity is hit (data of 2024-07-17; a graph written in hindsight)"
    )
    assert "hindsight: told by the press" in whatif(after, "A").question


def test_a_figure_is_no_finer_than_its_error() -> None:
    """Both to the first digit of the error; a figure without error as it is."""
    said = {
        (46.6, 6.92): ("47", "7"), (215.3, 17.9): ("215", "18"), (5.13, 0.756): ("5.1", "0.8"),
        (66.5, 0.07): ("66.50", "0.07"), (114.2, 0): ("114", ""),
        (2.5, 0.00001): ("2.500", "<0.001"),
        (1_234_567, 1_000): ("1,234,567", "1,000"),
    }  # fmt: skip
    for (value, error), words in said.items():
        assert measure(value, error) == words


def test_where_draws_are_shared_totals_are_frequencies() -> None:
    """A mean says little there: so does a row of one's own, or a column rho."""
    rows = [dep(i, "A", probability=0.4, rho=0.3) for i in "BCDEFGHI"]
    said = ask(*rows, worlds=4096).assumption
    assert re.search(r"Half of all cases: at most 3 of 8 hit; one in twenty: [78] or more\.$", said)
    filled = {"low": 0.1, "mid": 0.4, "high": 0.6, "rho": 0.3, "source": "me"}
    unknown = [dep(i, "A", probability=None) for i in "BCDEFGHI"]
    assert "Half of all cases: at most 3 of 8" in ask(*unknown, strengths=[filled]).assumption
    assert "Half of all cases" not in ask(*unknown, strengths=[filled | {"rho": 0}]).assumption
