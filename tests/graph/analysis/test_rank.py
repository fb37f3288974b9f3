"""Every entity as the origin: worked out by hand, held to loops of their own, and to what-ifs."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from knockon.api.cli.verbs import cli, main
from knockon.api.rest.app import create_app
from knockon.graph.analysis.answer import Answer
from knockon.graph.analysis.rank import Ranking, rank
from knockon.graph.analysis.sampling import find_error
from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import KnockonError, ScenarioError
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.scenario.scenario import Scenario
from tests.brute_rank import rank_reference
from tests.paths import SAMPLES
from tests.reference import Case, Model
from tests.strategies import MODES, described, frame
from tests.strategies import rows as random_rows
from tests.toys import dep, graph_of, group

NEAR = pytest.approx

# hand: A is behind B, C; D needs one of B, C; E and F on D; X on an unknown strength of A
HAND = graph_of(
    dep("B", "A"),
    dep("C", "A", probability=0.5),
    *group("D", "BC"),
    dep("E", "D"),
    dep("F", "D", probability=0.5),
    dep("X", "A", probability=None),
    entities=[
        *({"id": i, "kind": "service", "weight": w}
          for i, w in zip("ABCD", (9.0, 1.0, 2.0, 3.0), strict=True)),
        {"id": "E", "kind": "enterprise", "weight": 10.0, "parent": "H"},
        {"id": "F", "kind": "enterprise", "weight": 20.0, "parent": "H"},
        {"id": "X", "kind": "enterprise", "weight": 100.0, "failures_per_year": 2.0},
    ],
)  # fmt: skip


def of(answer: Ranking, identifier: str) -> dict[str, Any]:
    return answer.rows.row(by_predicate=pl.col("id") == identifier, named=True)


def test_worked_by_hand() -> None:
    """A: B for sure, C and X in half of all worlds, D with C, E with D, F in half of these."""
    answer = rank(HAND)
    a = of(answer, "A")
    assert a["hit_direct"] == NEAR(1 + 0.5 + 0.5)
    assert a["hit_indirect"] == NEAR(0.5 + 0.5 + 0.25)
    assert (a["hit_low"], a["hit_high"]) == (NEAR(2.75), NEAR(3.75))
    assert a["impact"] == NEAR(1 + 2 / 2 + 100 / 2 + 3 / 2 + 10 / 2 + 20 / 4)
    assert a["std_error"] == 0
    d = of(answer, "D")
    assert (d["hit_direct"], d["hit_indirect"], d["impact"]) == (NEAR(1.5), 0, NEAR(20))
    b = of(answer, "B")  # C holds D
    assert (b["hit_direct"], b["hit_indirect"], b["impact"]) == (0, 0, 0)
    assert answer.rows["id"].to_list() == ["A", "D", "B", "C", "E", "F", "X"]
    assert answer.rows["rank"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert (b["rank_best"], b["rank_worst"]) == (3, 7)  # five that hit nobody are a tie
    assert (a["rank_best"], a["rank_worst"]) == (1, 2)  # with X spared, A takes 13.5, D takes 20
    assert (answer.origins, answer.swept) == (7, 7)
    assert answer.certificate["certainty"] == 1


def test_whose_loss_counts_by_what_and_how_much() -> None:
    """Enterprises alone; owners once; another column."""
    a = of(rank(HAND, among="enterprise"), "A")
    assert (a["hit_direct"], a["hit_indirect"]) == (NEAR(0.5), NEAR(0.75))
    assert a["impact"] == NEAR(50 + 5 + 5)
    a = of(rank(HAND, among=["E", "X"]), "A")
    assert (a["hit_direct"], a["hit_indirect"], a["impact"]) == (NEAR(0.5), NEAR(0.5), NEAR(55))
    by = rank(HAND, by="parent")
    assert of(by, "A")["hit_indirect"] == NEAR(0.5 + 0.5)  # D, and H, whose E is hit with D
    assert of(by, "D")["hit_direct"] == NEAR(1)  # H, by E
    assert of(by, "E")["hit_direct"] == 0
    assert of(by, "A")["impact"] == NEAR(62.5 + 1)  # of entities, whatever is counted
    assert by.ordered_by == "hit"
    assert of(rank(HAND, weight="failures_per_year"), "A")["impact"] == NEAR(1)
    x = of(rank(HAND, kind="enterprise"), "X")
    assert (x["rank"], x["rank_worst"], x["impact_per_year"]) == (3, 3, 0)


def test_the_own_value_of_an_origin_does_not_count() -> None:
    """An owner is one with what is its own; a part does not hit its own owner."""
    graph = graph_of(
        dep("P1", "P"), dep("Q", "P1"), dep("P2", "P1"),
        entities=[{"id": "P1", "parent": "P"}, {"id": "P2", "parent": "P"}],
    )  # fmt: skip
    answer = rank(graph, by="parent")
    assert {i: of(answer, i)["hit_direct"] for i in ("P", "P1")} == {"P": 0, "P1": 1}
    assert of(answer, "P")["hit_indirect"] == 1


def test_an_origin_is_hit_directly_by_whatever_way() -> None:
    """C depends on A, but is only ever hit through B."""
    graph = graph_of(dep("B", "A"), dep("C", "A", probability=0.0), dep("C", "B"))
    a = of(rank(graph), "A")
    assert (a["hit_direct"], a["hit_indirect"]) == (2, 0)


def test_places_say_what_holds_whatever_is_assumed() -> None:
    """P hits three by unknown strengths, Q two for sure: either may be the first."""
    graph = graph_of(
        *(dep(d, "P", probability=None) for d in "abc"), dep("d", "Q"), dep("e", "Q"),
        dep("f", "R", probability=None),
    )  # fmt: skip
    answer = rank(graph)
    assert answer.rows["id"].to_list()[:3] == ["Q", "P", "R"]
    assert [(r["rank_best"], r["rank_worst"]) for r in answer.rows.head(2).to_dicts()] == [
        (1, 2), (1, 9),  # at 0, P hits nobody, as eight others
    ]  # fmt: skip
    assert "in the top 9 whatever we assume: 9 of 9" in answer.headline


def test_what_puts_nobody_first_moves_nobody() -> None:
    """Where nothing is stated, at 0 all hit nobody: that is no order."""
    graph = graph_of(dep("B", "A", probability=None), dep("C", "A", probability=None))
    answer = rank(graph)
    a = of(answer, "A")
    assert (a["rank_best"], a["rank_worst"], a["hit_low"], a["hit_high"]) == (1, 1, 0, 2)
    assert "up to 2 others hit, 1 if unknown counts 0.5" in answer.headline
    assert any("puts nobody first" in note for note in answer.notes)


def test_nobody_hits_anybody() -> None:
    """Said as such, with names in order."""
    graph = graph_of(dep("B", "A", relation="runs"))
    answer = rank(graph)
    assert answer.headline == "None of the 2 that may fail hits anybody else"
    assert answer.rows["rank_worst"].to_list() == [2, 2]


def test_protected_entities_do_not_fail_and_are_not_hit() -> None:
    """Nor do they pass anything on."""
    answer = rank(HAND, protect=["D"])
    assert "D" not in answer.rows["id"]
    assert of(answer, "A")["hit_direct"] + of(answer, "A")["hit_indirect"] == NEAR(2)
    with pytest.raises(ScenarioError, match="no entity may fail"):
        rank(HAND, kind="service", protect=["A", "B", "C", "D"])


def test_hours_count() -> None:
    """4 hours of A are 4 of each that is hit, but for grace."""
    graph = DependencyGraph.from_polars(
        pl.DataFrame({
            "dependent": ["B", "C", "D"], "provider": ["A", "A", "C"], "probability": [1.0] * 3,
            "grace_hours": [1.0, 5.0, 0.0],
        }),
        pl.DataFrame({"id": ["B"], "weight": [10.0]}),
    )  # fmt: skip
    a = of(rank(graph, hours=4), "A")
    assert (a["hit_direct"], a["hit_indirect"], a["impact"]) == (1, 0, 30)
    a = of(rank(graph, hours=8), "A")
    assert (a["hit_direct"], a["hit_indirect"], a["impact"]) == (2, 1, 70 + 3 + 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"kind": "servise"}, "kind: no entity is of the kind 'servise'; did you mean 'service'"),
        ({"among": "bank"}, "among: no entity is of the kind 'bank'"),
        ({"by": "perent"}, "by: no column 'perent' among those of entities"),
        ({"weight": "assets"}, "weight: no column 'assets'"),
        ({"weight": "name"}, "weight: no entity that counts states a 'name'"),
        ({"wieght": "name"}, "did you mean 'weight'"),
        ({"worlds": 0}, "worlds: expected a whole number of at least 1"),
        ({"among": ["Z"]}, "Z"),
    ],
)
def test_what_cannot_be_is_one_error(words: dict[str, Any], said: str) -> None:
    """With the nearest right word."""
    with pytest.raises(KnockonError) as caught:
        rank(HAND, **words)
    assert said in str(caught.value)


FIVE = DependencyGraph.from_polars(
    pl.DataFrame({
        "dependent": list("BCDE"), "provider": list("AABC"), "probability": [1.0, None, 1.0, 1.0],
        "grace_hours": [2.0, 0.0, 0.0, 0.0], "relation": ["uses", "uses", "uses", "runs"],
    }),
    pl.DataFrame({
        "id": list("ABCDE"), "weight": [1.0, 2.0, 3.0, 5.0, 7.0],
        "kind": ["cloud_provider", "service", "service", "enterprise", "enterprise"],
        "parent": [None, "H", "H", "X", "X"], "users": [0, 10, 20, 30, 40],
        "failures_per_year": [0.5, None, None, None, None],
    }),
)  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "first", "direct", "indirect", "impact", "a_year"),
    [
        ({}, "A", 1.5, 1, 2 + 5 + 3 / 2, 4.25),  # B and D for sure, C in half of all worlds
        ({"kind": "service"}, "B", 1, 0, 5, None),
        ({"among": "enterprise"}, "A", 0, 1, 5, 2.5),
        ({"by": "parent"}, "A", 1, 1, 8.5, 4.25),  # H by B, X by D; of impact entities
        ({"weight": "users"}, "A", 1.5, 1, 10 + 30 + 20 / 2, 25),
        ({"hours": 4}, "A", 1.5, 1, 2 * (2 + 5) + 4 * 3 / 2, 10),  # B gets by for two hours
        ({"mode": "bad_update"}, "A", 1.5, 1, 8.5, 4.25),  # it becomes an outage on the way
        ({"mode": "bad_update", "kind": "service"}, "C", 1, 0, 7, None),  # E runs C
    ],
)
def test_five_by_hand(
    asked: dict[str, Any], first: str, direct: float, indirect: float, impact: float,
    a_year: float | None,
) -> None:  # fmt: skip
    """Each option on one graph of five: the first row."""
    row = rank(FIVE, **asked).rows.row(0, named=True)
    assert row["id"] == first
    assert (row["hit_direct"], row["hit_indirect"]) == (NEAR(direct), NEAR(indirect))
    assert row["impact"] == NEAR(impact)
    assert row["impact_per_year"] == (None if a_year is None else NEAR(a_year))


@st.composite
def cases(draw: st.DrawFn) -> tuple[DependencyGraph, dict[str, Any]]:
    """A small graph, and options."""
    graph = DependencyGraph.from_polars(frame(draw(random_rows(chances=5))), draw(described()))
    options: dict[str, Any] = {
        "mode": draw(st.sampled_from(MODES)), "assume": draw(st.sampled_from((0.5, 0.2, 0.0, 1.0)))
    }  # fmt: skip
    if draw(st.booleans()):
        options["protect"] = [draw(st.sampled_from(graph.ids))]
    return graph, options


@given(asked=cases(), by=st.sampled_from((None, "sector")), among=st.booleans())
def test_every_row_is_what_the_reference_finds(
    asked: tuple[DependencyGraph, dict[str, Any]], by: str | None, among: bool
) -> None:
    """Over every world there can be: direct, indirect, low, high, and what is lost."""
    graph, options = asked
    counts = graph.entities.filter(pl.col("kind") == "enterprise")["id"].to_list()
    among &= bool(counts)
    answer = rank(graph, by=by, among=counts if among else None, **options)
    model = Model.of(graph)
    case = Case.of(Scenario.of(graph, (), **options))
    value = dict(graph.entities.select("id", pl.coalesce("sector", "id").alias("v")).iter_rows())
    for row in answer.rows.iter_rows(named=True):
        harm = rank_reference(
            model, case, row["id"], counts=counts if among else None, value=value if by else None
        )
        assert row["hit_direct"] == NEAR(harm.direct, abs=1e-9)
        assert row["hit_direct"] + row["hit_indirect"] == NEAR(harm.hit, abs=1e-9)
        assert row["hit_low"] == NEAR(min(harm.low, harm.hit), abs=1e-9)
        assert row["hit_high"] == NEAR(max(harm.high, harm.hit), abs=1e-9)
        assert row["impact"] == NEAR(harm.impact, abs=1e-9)
        assert row["std_error"] == 0
        assert row["rank_best"] <= row["rank"] <= row["rank_worst"]
    key = "impact" if by is None else "hit"
    figures = answer.rows.with_columns(hit=pl.col("hit_direct") + pl.col("hit_indirect"))[key]
    assert figures.to_list() == NEAR(sorted(figures, reverse=True), abs=1e-9)


@given(asked=cases(), worlds=st.sampled_from((1, 64, 100)))
def test_every_row_is_the_what_if_of_its_entity(
    asked: tuple[DependencyGraph, dict[str, Any]], worlds: int
) -> None:
    """On the same worlds: the same hits, errors and impact, to the last digits."""
    graph, options = asked
    answer = rank(graph, worlds=worlds, **options)
    for row in answer.rows.iter_rows(named=True):
        impact = whatif(graph, row["id"], worlds=worlds, **options)
        totals = impact.totals
        assert row["hit_direct"] + row["hit_indirect"] == NEAR(totals.hit, abs=1e-9)
        hits, w = (impact.distribution[name].to_numpy() for name in ("hit", "weight"))
        spread = 0.0 if impact.exact else float(((hits - hits @ w) ** 2) @ w) / worlds
        assert spread**0.5 - 1e-9 <= row["std_error"]
        if row["std_error"] > spread**0.5 + 1e-9:  # of one who was never hit, or always
            assert row["std_error"] == NEAR(find_error(0.0, worlds))
            assert row["std_error"] <= totals.hit_std_error + 1e-9
        assert row["impact"] == NEAR(totals.impact, abs=1e-9)
        if row["std_error"] <= spread**0.5 + 1e-9:
            assert row["impact_std_error"] <= totals.impact_std_error + 1e-6
        assert (row["hit_low"], row["hit_high"]) == (
            NEAR(totals.hit_low, abs=1e-9), NEAR(totals.hit_high, abs=1e-9),
        )  # fmt: skip


@pytest.mark.parametrize("weight", [1.0, 7.0])
def test_what_was_drawn_is_never_certain(weight: float) -> None:
    """Forty that are all but never hit, and forty all but always: in no world of 500 otherwise. A
    third is as sure as it looks: what draws can change does not count."""
    rare = [dep(f"r{i}", "R", probability=1e-9) for i in range(40)]
    often = [dep(f"o{i}", "O", probability=1 - 1e-9) for i in range(40)]
    aside = [dep(f"x{i}", "X", probability=1e-9) for i in range(40)]
    graph = graph_of(
        *rare, *often, *aside, dep("sure", "X"),
        entities=[{"id": f"{c}{i}", "kind": "site", "weight": weight + i % 2}
                  for c in "ro" for i in range(40)] + [{"id": "sure", "kind": "site"}],
    )  # fmt: skip
    answer = rank(graph, worlds=500, among="site")
    for name, hit in (("R", 0), ("O", 40)):
        row = of(answer, name)
        assert (row["hit_direct"], row["std_error"]) == (hit, NEAR(find_error(0.0, 500)))
        assert row["impact_std_error"] == NEAR((weight + 0.5) * row["std_error"])
        assert row["std_error"] <= whatif(graph, name, worlds=500).totals.hit_std_error + 1e-9
    row = of(answer, "X")
    assert (row["hit_direct"], row["std_error"], row["impact_std_error"]) == (1, 0, 0)
    for mode in ({"hours": 4}, {"among": None}):
        again = of(rank(graph, worlds=500, **({"among": "site"} | mode)), "R")
        assert again["std_error"] > 0
        assert again["impact_std_error"] > 0


def test_shared_draws_are_drawn_together() -> None:
    """With rho 1 both or none of a cause transmit: the mean stays, the spread is wider."""
    rows = [dep(d, "A", probability=0.5, relation="uses") for d in "bcde"]
    frame_of = pl.DataFrame(rows).with_columns(rho=pl.lit(1.0))
    together, alone = (DependencyGraph.from_polars(f) for f in (frame_of, pl.DataFrame(rows)))
    asked = [of(rank(graph, worlds=6400), "A") for graph in (together, alone)]
    assert asked[0]["hit_direct"] == NEAR(2, abs=0.1)
    assert asked[0]["std_error"] > 1.9 * asked[1]["std_error"]
    assert asked[0]["hit_direct"] == whatif(together, "A", worlds=6400).totals.hit


def test_an_answer_goes_to_plain_data_and_back() -> None:
    """As all answers do."""
    answer = rank(HAND)
    again = Ranking.from_dict(json.loads(json.dumps(answer.to_dict())))
    assert isinstance(again, Answer)
    assert again == answer


def test_stopped_before_the_end_is_partial() -> None:
    """What was not looked at is not claimed."""
    answer = rank(HAND, worlds=1000, watch=lambda done, _: done < 2)
    assert answer.partial
    assert answer.certificate["certainty"] is None


def test_the_command_and_the_resource_give_the_same_rows(tmp_path: Path) -> None:
    """JSON of both has the keys of the page, in every form there are rows."""
    source = str(SAMPLES / "crowdstrike-2024")
    ran = CliRunner().invoke(cli, ["rank", source, "--format", "json", "--top", "3"])
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    assert {"schema", "graph", "scenario", "rows", "notes", "more"} <= set(said)
    assert {"swept", "certificate"} <= set(said)
    assert [*said["rows"][0]][:12] == [
        "rank", "rank_best", "rank_worst", "id", "name", "kind", "hit_direct", "hit_indirect",
        "hit_low", "hit_high", "std_error", "impact",
    ]  # fmt: skip
    import knockon

    client = TestClient(create_app({"g": knockon.load(source)}))
    got = client.get("/v1/graphs/g/rank?top=3")
    assert got.status_code == 200, got.text
    assert got.json()["rows"] == said["rows"]
    assert client.post("/v1/graphs/g/rank", json={"top": 3}).json()["rows"] == said["rows"]
    csv = client.get("/v1/graphs/g/rank.csv?top=3&among=enterprise").text
    assert csv.startswith("rank,rank_best,rank_worst,id,name,kind,hit_direct,hit_indirect")
    svg = client.get("/v1/graphs/g/rank.svg?top=3")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text == knockon.rank(knockon.load(source), top=3).to_svg()
    assert svg.text.count('class="origin"') == 3
    assert "matters" in client.get("/v1/openapi.json").text
    with pytest.raises(SystemExit) as left:
        main(["rank", source, "--kind", "nobody"])
    assert left.value.code == 2
