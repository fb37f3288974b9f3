"""Who stands on whom: worked out by hand, and held to sets and loops that share no line with it."""

import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.concentration import Concentration, concentration
from knockon.graph.errors import ScenarioError
from knockon.graph.model.graph import DependencyGraph
from tests.strategies import rows as random_rows
from tests.toys import dep, graph_of, group

# four sites: 1 and 2 on cdn X alone, 3 on X or Y, 4 resolved by D itself; X and Y both by D alone
SITES = graph_of(
    dep("1", "X", relation="delivered_by"),
    dep("2", "X", relation="delivered_by"),
    *group("3", "XY", relation="delivered_by"),
    dep("4", "D", relation="resolved_by"),
    dep("X", "D", relation="resolved_by"),
    dep("Y", "D", relation="resolved_by"),
    entities=[
        *({"id": i, "kind": "site", "weight": w, "sector": s}
          for i, w, s in (("1", 10.0, "bank"), ("2", 20.0, "bank"), ("3", 30.0, "shop"),
                          ("4", 40.0, "shop"), ("5", 0.5, "shop"))),
        {"id": "X", "kind": "cdn_provider", "parent": "Mother"},
        {"id": "Y", "kind": "cdn_provider", "parent": "Mother"},
        {"id": "D", "kind": "dns_provider"},
    ],
)  # fmt: skip
FIGURES = (
    "users", "critical", "users_indirect", "critical_indirect", "critical_joint", "users_all",
    "critical_all",
)  # fmt: skip


def table(answer: Concentration) -> dict[tuple[str, ...], tuple[Any, ...]]:
    return {
        (row["relation"], row["id"]): tuple(row[name] for name in FIGURES)
        for row in answer.rows.iter_rows(named=True)
    }


def test_worked_by_hand() -> None:
    """X: 3 use it, 2 cannot without. D: 4 itself; 1 and 2 through X; 3 has two spares on it."""
    answer = concentration(SITES)
    assert table(answer) == {
        ("delivered_by", "X"): (3, 2, 0, 0, 0, 3, 2),
        ("delivered_by", "Y"): (1, 0, 0, 0, 0, 1, 0),
        ("resolved_by", "D"): (1, 1, 3, 2, 1, 4, 4),
    }
    assert answer.rows["id"][0] == "D"
    assert answer.rows.row(0, named=True)["share"] == 0.2  # of five sites, one of which uses none
    assert answer.rows.row(0, named=True)["share_of_users"] == 1
    assert answer.rows.row(0, named=True)["amplification"] == 4
    cdn = answer.hhi.filter(pl.col("relation") == "delivered_by").row(0, named=True)
    assert cdn["hhi"] == pytest.approx((3 / 4) ** 2 + (1 / 4) ** 2)
    assert cdn["effective"] == pytest.approx(1 / 0.625)
    assert (cdn["users"], cdn["using"], cdn["providers"], cdn["uses"]) == (5, 3, 2, 4)
    assert any("spares that share a provider: 1 lose" in note for note in answer.notes)


def test_a_group_of_companies_is_lost_whole() -> None:
    """X and Y have one mother: without her, 3 has no spare."""
    answer = concentration(SITES, by="parent")
    assert table(answer)["delivered_by", "Mother"] == (3, 3, 0, 0, 0, 3, 3)


def test_users_count_what_a_column_says() -> None:
    """By weight, and by sector."""
    by_weight = table(concentration(SITES, weight="weight"))
    assert by_weight["delivered_by", "X"] == (60, 30, 0, 0, 0, 60, 30)
    assert by_weight["resolved_by", "D"] == (40, 40, 60, 30, 30, 100, 100)
    per = concentration(SITES, per="sector").rows
    banks = per.filter((pl.col("per") == "bank") & (pl.col("id") == "D")).row(0, named=True)
    assert (banks["users"], banks["users_indirect"], banks["share_all"]) == (0, 2, 1)
    assert set(concentration(SITES, per="sector").hhi["per"]) == {"bank", "shop"}


def test_unions_count_nobody_twice() -> None:
    """X then Y by size: 3 together; any relation: D alone has all four."""
    answer = concentration(SITES).unions
    cdn = answer.filter((pl.col("relation") == "delivered_by") & (pl.col("order") == "size"))
    assert cdn["id"].to_list() == ["X", "Y"]
    assert cdn["users"].to_list() == [3, 3]
    assert cdn["critical_all"].to_list() == [2, 2]
    greedy = answer.filter((pl.col("relation") == "delivered_by") & (pl.col("order") == "greedy"))
    assert greedy["id"].to_list() == ["X"]  # Y adds nobody


def test_greedy_beats_size() -> None:
    """P has 4 users, Q 3 of the same, R 2 others: greedy takes R second."""
    graph = graph_of(
        *(dep(u, "P") for u in "abcd"), *(dep(u, "Q", relation="uses") for u in "abc"),
        *(dep(u, "R") for u in "ef"),
    )  # fmt: skip
    found = concentration(graph, unions=2).unions
    assert found.filter(pl.col("order") == "size")["users_all"].to_list() == [4, 4]
    assert found.filter(pl.col("order") == "greedy")["id"].to_list() == ["P", "R"]
    assert found.filter(pl.col("order") == "greedy")["users_all"].to_list() == [4, 6]


def test_what_is_used_but_never_transmits_is_not_critical() -> None:
    """A stated strength of 0: a use, and no loss; a note says so."""
    answer = concentration(graph_of(dep("a", "P", probability=0.0), dep("b", "P")))
    assert table(answer)["uses", "P"][:2] == (2, 1)
    assert any("never to transmit" in note for note in answer.notes)


def test_parts_of_a_user_are_the_user() -> None:
    """What a bank's function and its branch use, the bank uses; what it pays counts once."""
    graph = DependencyGraph.from_polars(
        pl.DataFrame(
            [
                {"dependent": "bank", "provider": "pay", "relation": "uses"},
                {"dependent": "pay", "provider": "s1", "relation": "uses"},
                {"dependent": "lisbon", "provider": "s2", "relation": "uses"},
                {"dependent": "s1", "provider": "P", "relation": "operated_by"},
                {"dependent": "s2", "provider": "Q", "relation": "operated_by"},
            ]
        ).with_columns(pl.when(pl.col("relation") == "operated_by").then(1.0).alias("probability")),
        pl.DataFrame(
            {
                "id": ["bank", "pay", "lisbon", "s1", "s2", "P", "Q"],
                "kind": ["enterprise", "function", "branch", "service", "service", "v", "v"],
                "parent": [None, "bank", "bank", "P", "Q", None, None],
                "cost": [None, None, None, "300", "100", None, None],
            }
        ),
    )
    found = table(concentration(graph))
    assert found == {("uses", "P"): (1, 1, 0, 0, 0, 1, 1), ("uses", "Q"): (1, 1, 0, 0, 0, 1, 1)}
    paid = concentration(graph, weight="cost")
    assert table(paid)["uses", "P"] == (300, 300, 0, 0, 0, 300, 300)
    assert paid.rows["share"].to_list() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "parnt"}, "did you mean 'parent'"),
        ({"relation": "resolvd_by"}, "did you mean 'resolved_by'"),
        ({"kind": "cdn_provder"}, "did you mean 'cdn_provider'"),
        ({"among": "sit"}, "did you mean 'site'"),
        ({"weight": "weigth"}, "did you mean 'weight'"),
        ({"weight": "sector"}, "states a 'sector'"),
        ({"per": "sectr"}, "did you mean 'sector'"),
        ({"among": []}, "at least one entity"),
        ({"designation": True}, "registers of information"),
    ],
)
def test_what_cannot_be_is_one_error(asked: dict[str, Any], said: str) -> None:
    """It names the field, and the nearest right word."""
    with pytest.raises(ScenarioError, match=said):
        concentration(SITES, **asked)


def test_a_list_of_designated_providers_is_joined_by_lei() -> None:
    """Those that are here are marked; of the list each says what it is here."""
    graph = DependencyGraph.from_polars(
        pl.DataFrame({"dependent": ["a", "b"], "provider": ["P", "Q"]}),
        pl.DataFrame({"id": ["P", "Q"], "lei": ["LEI1", None]}),
    )
    listed = "LEI,name\nlei1,Provider P\nLEI9,Nobody here\n"
    answer = concentration(graph, designated=listed)
    marked = dict(zip(answer.rows["id"], answer.rows["designated"], strict=True))
    assert marked == {"P": True, "Q": False}
    assert answer.designated is not None
    assert answer.designated["id"].to_list() == ["P", None]
    assert "1 of the 2 designated providers are not in this graph" in answer.notes


def test_an_answer_goes_to_plain_data_and_back() -> None:
    """Frames beside the rows, too."""
    answer = concentration(SITES, designated=[{"lei": "X"}])
    assert Concentration.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def brute(rows: list[dict[str, Any]], users: set[str], by: dict[str, str]) -> dict[Any, Any]:
    """The same by sets and loops: {(relation, provider): figures}."""
    rows = [
        r for r in {(*r.values(),): r for r in rows}.values() if r["dependent"] != r["provider"]
    ]
    crossing = [r for r in rows if by[r["dependent"]] != by[r["provider"]]]
    groups: dict[Any, list[dict[str, Any]]] = {}
    for i, r in enumerate(rows):
        groups.setdefault((r["dependent"], r["group"] or i), []).append(r)
    members = {id(r): g for g in groups.values() for r in g}

    def breaks(link: dict[str, Any], lost: Any) -> bool:
        group = members[id(link)]
        return sum(lost(r) for r in group) > len(group) - link["needs"]

    def spread(start: set[str], step: Any) -> set[str]:
        while True:
            more = {r["dependent"] for r in rows if step(r, start)} - start
            if not more:
                return start
            start = start | more

    found = {}
    for market in {(r["relation"], by[r["provider"]]) for r in crossing}:

        def here(r: dict[str, Any], market: tuple[str, str] = market) -> bool:
            return r in crossing and (r["relation"], by[r["provider"]]) == market

        def lost(r: dict[str, Any], hit: set[str], here: Any = here) -> bool:
            return r["probability"] != 0 and (here(r) or r["provider"] in hit)

        own = {u for u in users if by[u] == market[1]}
        direct = {r["dependent"] for r in rows if here(r)}
        needed = {r["dependent"] for r in rows if here(r) and breaks(
            r, lambda o, here=here: here(o) and o["probability"] != 0)}  # fmt: skip
        use = spread(direct, lambda r, hit: r["provider"] in hit)

        def alone(r: dict[str, Any], hit: set[str]) -> bool:
            """Whether the dependent falls with this one provider."""
            fallen = r["provider"]
            return fallen in hit and breaks(
                r, lambda o: o["provider"] == fallen and o["probability"] != 0
            )

        need = spread(needed, alone)
        lose = spread(set(), lambda r, hit, lost=lost: breaks(r, lambda o: lost(o, hit)))
        u = [users & s - own for s in (direct, needed, use, need, lose)]
        if u[2]:
            found[market] = (
                len(u[0]), len(u[1]), len(u[2]) - len(u[0]), len(u[3]) - len(u[1]),
                len(u[4]) - len(u[3]), len(u[2]), len(u[4]),
            )  # fmt: skip
    return found


@given(random_rows(), st.sets(st.sampled_from("abcdefg"), min_size=1), st.booleans())
def test_equals_sets_and_loops(
    listed: list[dict[str, Any]], users: set[str], by_parent: bool
) -> None:
    """For any graph, cycles, groups and all; by provider, and by groups of companies."""
    parents = {"a": "b", "c": "b", "d": "e"} if by_parent else {}
    known = [{"id": i, "parent": parents.get(i)} for i in "abcdefg"]
    graph = graph_of(*listed, entities=known)
    checked = graph.dependencies.to_dicts()
    top = {i: parents.get(i, i) for i in "abcdefg"}
    expected = brute(checked, users, top)
    # parts of a user are the user, which brute force does not know: users own nobody here
    users = users - set(parents.values()) if by_parent else users
    if not users:
        return
    expected = brute(checked, users, top)
    try:
        answer = concentration(
            graph, by="parent" if by_parent else None, among=sorted(users), unions=0
        )
    except ScenarioError:
        assert not expected
        return
    assert table(answer) == expected


@given(random_rows(), st.booleans())
def test_greedy_takes_each_time_the_one_that_adds_most(
    listed: list[dict[str, Any]], weighted: bool
) -> None:
    """As a loop over all providers does, the first of equals; unions are those of its sets."""
    weights = {i: float(w) for i, w in zip("abcdefg", (1, 5, 2, 8, 3, 1, 4), strict=True)}
    known = [{"id": i, "weight": weights[i] if weighted else 1.0} for i in "abcdefg"]
    graph = graph_of(*listed, entities=known)
    asked = {"among": list("abcdefg"), "relation": "any", "weight": "weight" if weighted else None}
    try:
        answer = concentration(graph, unions=4, **asked)
    except ScenarioError:
        return
    need = {i: {r["provider"] for r in graph.dependencies.to_dicts() if r["dependent"] == i} - {i}
            for i in "abcdefg"}  # fmt: skip
    while True:
        wider = {i: s.union(*(need[j] for j in s)) if s else s for i, s in need.items()}
        if wider == need:
            break
        need = wider
    of = {p: {i for i in need if p in need[i] and i != p} for p in "abcdefg"}
    weigh = {i: weights[i] if weighted else 1.0 for i in weights}
    order = sorted((p for p in of if of[p]), key=lambda p: (-sum(weigh[u] for u in of[p]), p))
    covered: set[str] = set()
    expected = []
    while len(expected) < 4:
        gains = [sum(weigh[u] for u in of[p] - covered) for p in order]
        if not gains or not max(gains):
            break
        best = order[gains.index(max(gains))]
        covered |= of[best]
        expected.append((best, sum(weigh[u] for u in covered)))
    greedy = answer.unions.filter(pl.col("order") == "greedy")
    assert greedy.select("id", "users_all").rows() == expected
