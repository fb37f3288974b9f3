"""One mechanism of joining: what stays, what moves, what is said, and that it can be undone."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.check import check
from knockon.graph.model.graph import DependencyGraph
from knockon.graph.model.tables import ALSO_KNOWN_AS, Finding, Tables
from knockon.loaders.joining.claims import DOMAIN, LEI, NAMES, STATED, TABLE, Claim, find_stated
from knockon.loaders.joining.join import join
from knockon.loaders.merge import load_tables
from tests.loaders.test_merge import entity, folder, said
from tests.strategies import IDS, described, frame, rows
from tests.toys import dep, group

Case: TypeAlias = tuple[Tables, list[Claim], list[Claim]]  # tables, who is one, who is not
TWINS = "id,name,kind,parent,sector,same_as\n"


def tables(*dependencies: dict[str, Any], entities: list[dict[str, Any]] | None = None) -> Tables:
    known = pl.DataFrame(entities, infer_schema_length=None) if entities else pl.DataFrame()
    return check(Tables(known, frame(list(dependencies))))


def joined(of: Tables, *claims: Claim, **options: Any) -> Tables:
    return check(join(of, claims, **options))


def new(of: Tables, before: Tables) -> list[str]:
    return [str(f) for f in of.report[len(before.report) :]]


def test_twins_are_noted_or_joined(tmp_path: Path) -> None:
    """By same_as the twin's dependencies move, and repeats merge; unless apart: then a note."""
    path = folder(
        tmp_path, "g",
        TWINS + "nsf,NSF,enterprise,,,\n22,NSF (22),enterprise,,research,nsf\n"
        "23,NSF (23),enterprise,,,22\nlab,Lab,site,22,,gone\n",
        "nsf,cloud,\n22,cloud,0.5\n23,mail,\n",
    )  # fmt: skip
    apart = load_tables([path], join=False)
    assert apart.entities.height == 6
    assert "note 2: an entity that is listed twice (same_as) and not joined" in said(apart)
    assert "3 of kind enterprise would be 1" in said(apart)
    one = load_tables([path])
    assert said(one) == said(load_tables([path], join=True))
    assert one.entities["id"].to_list() == ["cloud", "lab", "mail", "nsf"]
    assert (entity(one, "nsf")["name"], entity(one, "nsf")["sector"]) == ("NSF", "research")
    assert entity(one, "lab")["parent"] == "nsf"
    ends = one.dependencies.select("dependent", "provider", "probability").rows()
    assert ends == [("nsf", "cloud", 0.5), ("nsf", "mail", None)]
    assert "merged 2: an entity that same_as joins with another (22 as nsf; 23 as nsf)" in said(one)
    assert "same_as names no entity; not joined (lab as gone)" in said(one)


def test_a_ring_is_an_error(tmp_path: Path) -> None:
    """a as b and b as a name no entity to keep."""
    path = folder(tmp_path, "g", TWINS + "a,A,x,,,b\nb,B,x,,,a\n", "a,c,\n")
    assert load_tables([path], join=False).entities.height == 3
    for wanted in (True, None):
        with pytest.raises(InputError, match="same_as runs in a ring: a -> b -> a; --no-join"):
            load_tables([path], join=wanted)
    (tmp_path / "t.csv").write_text("alias,same_as\nb,c\na,b\nc,a\n")
    with pytest.raises(InputError, match="the table of aliases runs in a ring: a -> b -> c -> a"):
        load_tables([path], aliases=tmp_path / "t.csv")


def test_what_stays_is_stated_then_used_most_then_first_by_id() -> None:
    """The table beats same_as, that beats the number of dependents, and that the id."""
    of = tables(dep("x", "b"), dep("y", "b"), dep("x", "c"), dep("x", "a"))

    def kept(*claims: Claim) -> set[str]:
        return set("abc") & set(joined(of, *claims).entities["id"])

    assert kept(Claim("a", "b", NAMES), Claim("c", "b", NAMES)) == {"b"}
    assert kept(Claim("a", "c", LEI)) == {"a", "b"}
    assert kept(Claim("a", "c", STATED), Claim("b", "a", STATED)) == {"c"}
    assert kept(Claim("c", "b", STATED), Claim("b", "c", TABLE)) == {"a", "c"}


def test_names_and_ends_as_they_were_are_kept() -> None:
    """also_known_as holds every other id and name, joined_* the end that a row had."""
    of = tables(
        dep("x", "aws"), dep("y", "amz"),
        entities=[
            {"id": "aws", "name": "AWS, Inc."}, {"id": "amz", "parent": "aws", "sector": "it"},
        ],
    )  # fmt: skip
    one = joined(of, Claim("amz", "aws", TABLE), Claim("aws", "Amazon Web Services", TABLE))
    row = entity(one, "aws")
    assert (row["name"], row["sector"], row["parent"]) == ("AWS, Inc.", "it", None)
    assert json.loads(str(row[ALSO_KNOWN_AS])) == ["Amazon Web Services", "amz"]
    ends = one.dependencies.select("dependent", "provider", "joined_dependent", "joined_provider")
    assert ends.rows() == [("x", "aws", None, None), ("y", "aws", None, "amz")]
    graph = DependencyGraph.from_tables(one, checked=True)
    number = graph.ids.index("aws")
    for name in ("aws", "amz", "AMZ", "aws, inc.", "amazon web services"):
        assert graph.find(name) == number
    assert graph.search("web serv") == [number]
    assert graph.nearest("Amazon Web Servces") == [("aws", "AWS, Inc.")]
    assert graph.entities.filter(pl.col("id") == "x")[ALSO_KNOWN_AS].to_list() == [None]


def test_a_conflict_of_stated_values_is_said() -> None:
    """What stays wins; both values are named, as for sources."""
    of = tables(
        entities=[{"id": "a", "kind": "service", "weight": 2.0}, {"id": "b", "weight": 3.0}]
    )
    one = joined(of, Claim("b", "a", TABLE))
    assert one.entities.select("id", "kind", "weight").rows() == [("a", "service", 2.0)]
    assert "note 1: sources differ on weight; the first is kept (a: 2.0, 3.0)" in said(one)


def test_alternatives_that_are_one_are_no_alternative() -> None:
    """A group of two names of one provider is one need; needs is never more than there is."""
    of = tables(*group("D", "PQ"), *group("E", "PQR", 3), *group("F", "PR"))
    one = joined(of, Claim("Q", "P", TABLE))
    rows = one.dependencies.select("dependent", "provider", "needs").rows()
    assert rows == [("D", "P", 1), ("E", "P", 2), ("E", "R", 2), ("F", "P", 1), ("F", "R", 1)]
    note = "a group whose alternatives turn out to be one entity (g of D: 2 are 1; g of E: 3 are 2)"
    assert f"note 2: {note}" in said(one)
    graph = DependencyGraph.from_tables(one, checked=True)
    hit = whatif(graph, "q").entities.filter(pl.col("verdict") == "hit")
    assert set(hit["id"]) == {"P", "D", "E"}


def test_groups_of_joined_dependents_stay_apart() -> None:
    """Two halves with a group of one name keep two groups, though they contradict each other."""
    of = tables(*group("D", "PQ"), *group("E", "RS", 2))
    one = joined(of, Claim("E", "D", TABLE))
    groups = one.dependencies.select("group", "needs").unique().sort("group").rows()
    assert groups == [("g", 1), ("g (of E)", 2)]


def test_kept_apart_is_kept_apart() -> None:
    """merge=no bars weaker claims, with a note, through chains too; it contradicts the table."""
    of = tables(dep("x", "a"), dep("x", "b"), dep("x", "c"))
    chain = (Claim("a", "b", LEI), Claim("b", "c", NAMES, 0.99))
    one = joined(of, *chain, apart=[Claim("c", "a", TABLE)])
    assert one.entities["id"].to_list() == ["a", "c", "x"]
    assert "kept apart by the table of aliases, in spite of names (b as c)" in said(one)
    with pytest.raises(InputError, match="keeps 'a' and 'c' apart, and joins them: b as c"):
        join(of, [Claim("a", "b", TABLE), Claim("b", "c", TABLE)], [Claim("a", "c", TABLE)])


def test_names_join_no_kinds_that_contradict() -> None:
    """A service and an enterprise of one name are not one through a third of unknown kind."""
    of = tables(
        entities=[{"id": "a"}, {"id": "b", "kind": "enterprise"}, {"id": "c", "kind": "service"}]
    )
    one = joined(of, Claim("b", "a", NAMES, 0.99), Claim("c", "a", NAMES, 0.98))
    assert one.entities["id"].to_list() == ["a", "c"]
    assert "names that are alike, not joined: their kinds contradict (c as a)" in said(one)


def test_identifiers_join_on_request_and_are_noted(tmp_path: Path) -> None:
    """--join takes LEI and domain; without it the answer says what would be joined."""
    lei = "7LTWFZYICNSX8D621K86"
    entities = (
        f"id,kind,lei,website\nb1,enterprise,{lei},\nb2,enterprise,{lei},\n"
        "c,enterprise,,https://c.example\nd,enterprise,,www.C.example/\n"
    )
    path = folder(tmp_path, "g", entities, "b1,c,\nb2,d,1\n")
    apart = load_tables([path])
    assert apart.entities.height == 4
    assert "note 2: an entity that is listed twice (lei, domain) and not joined" in said(apart)
    one = load_tables([path], join=True)
    assert one.entities["id"].to_list() == ["b1", "c"]
    assert "merged 1: an entity that has the LEI of another, and is joined with it (b2 as" in said(
        one
    )
    assert "merged 1: an entity that has the domain of another, and is joined" in said(one)
    assert one.dependencies["probability"].to_list() == [1.0]


def test_names_join_above_a_threshold_only(tmp_path: Path) -> None:
    """Never by default; above 0.97 what is the same but for form; the threshold itself is out."""
    names = ('"Cisco Systems, Inc."', "Cisco Systems Inc", "Cisco")
    entities = "id,name\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names, 1))
    path = folder(tmp_path, "g", entities)

    def kept(above: float | None) -> list[str]:
        return load_tables([path], join_above=above).entities["id"].to_list()

    assert kept(None) == kept(0.99) == ["1", "2", "3"]
    assert kept(0.97) == ["1", "3"]
    assert kept(0.8) == ["1"]
    assert load_tables([path], join=True).entities.height == 3
    with pytest.raises(InputError, match="join above: expected a number from 0 to 1, got 97"):
        kept(97)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small tables, claims that run in no ring (aliases come later in the alphabet), and pairs."""
    entities = (
        draw(described(name=st.sampled_from(("One", "Two", "three", None))))
        if draw(st.booleans())
        else pl.DataFrame()
    )
    pair = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)).filter(lambda p: p[0] > p[1])
    by = st.sampled_from((TABLE, STATED, LEI, DOMAIN, NAMES))
    claims = draw(st.lists(st.builds(lambda p, b: Claim(*p, b), pair, by), max_size=5))
    if entities.height:
        claims = [c for c in claims if c.by in (TABLE, STATED)] or claims
    apart = draw(st.lists(st.builds(lambda p: Claim(*p, TABLE), pair), max_size=2))
    return Tables(entities, frame(draw(rows()))), claims, apart


def attempt(of: Tables, claims: list[Claim], apart: list[Claim]) -> Tables:
    try:
        return join(of, claims, apart)
    except InputError as error:  # the table contradicts itself: nothing to hold to a law
        if "apart" in str(error):
            reject()
        raise


@given(cases())
def test_joining_again_changes_nothing(case: Case) -> None:
    """Idempotent, to the last cell."""
    raw, claims, apart = case
    once = check(attempt(check(raw), claims, apart))
    again = check(attempt(once, claims, apart))
    assert again.entities.equals(once.entities)
    assert again.dependencies.equals(once.dependencies)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_claims_and_rows_is_no_matter(case: Case, random: Any) -> None:
    """Shuffled claims and shuffled rows join to the same tables."""
    raw, claims, apart = case
    expected = check(attempt(check(raw), claims, apart))
    shuffled = Tables(
        raw.entities.sample(fraction=1, shuffle=True, seed=random.randrange(2**32)),
        raw.dependencies.sample(fraction=1, shuffle=True, seed=random.randrange(2**32)),
    )
    mixed = random.sample(claims, len(claims))
    found = check(attempt(check(shuffled), mixed, random.sample(apart, len(apart))))
    assert found.entities.equals(expected.entities)
    assert found.dependencies.equals(expected.dependencies)


@given(cases())
def test_no_dependency_is_lost(case: Case) -> None:
    """Each row is still there with its ends as they were; what check then merges is counted."""
    raw, claims, apart = case
    before = check(raw)
    after = attempt(before, claims, apart)
    if "joined_provider" not in after.dependencies.columns:
        assert after.dependencies.equals(before.dependencies)
        return
    ends = ("dependent", "provider")
    restored = after.dependencies.with_columns(pl.coalesce(f"joined_{e}", e).alias(e) for e in ends)
    kept = ["dependent", "provider", "relation", "probability", "loss"]
    assert restored.select(kept).equals(before.dependencies.select(kept))
    done = check(after)
    fewer = [f.count for f in done.report[len(after.report) :] if f.action in ("merged", "dropped")]
    assert done.dependencies.height == before.dependencies.height - sum(fewer)


@given(cases())
def test_a_row_taken_out_is_undone(tmp_path_factory: pytest.TempPathFactory, case: Case) -> None:
    """With the alias row gone, undecided or `no`, the graph is what it was, cell by cell."""
    raw, claims, _ = case
    path = tmp_path_factory.mktemp("undo")
    raw.dependencies.write_csv(path / "dependencies.csv")
    if raw.entities.width:
        raw.entities.write_csv(path / "entities.csv")
    before = load_tables([path])
    known = set(before.entities["id"])
    pairs = list(
        dict.fromkeys((c.alias, c.same_as) for c in claims if {c.alias, c.same_as} <= known)
    )
    table = path / "aliases.csv"
    lines = [f"{alias},{same_as}" for alias, same_as in pairs]
    table.write_text("\n".join(["alias,same_as", *lines]) + "\n")
    one = load_tables([path], aliases=table)
    assert one.entities.height < before.entities.height or not pairs
    for word in ("no", ""):
        table.write_text("\n".join(["alias,same_as,merge", *(f"{x},{word}" for x in lines)]) + "\n")
        undone = load_tables([path], aliases=table)
        assert undone.entities.equals(before.entities)
        assert undone.dependencies.equals(before.dependencies)


@given(rows(switches=False))
def test_the_joined_entity_hits_what_its_halves_hit_together(found: list[dict[str, Any]]) -> None:
    """Both halves failing in the split graph hit the same others as the one in the joined graph."""
    sure = [{**row, "probability": 1.0} for row in found]
    split = check(Tables(pl.DataFrame({"id": ["a", "b"]}), frame(sure)))
    one = joined(split, Claim("b", "a", TABLE))
    halves = whatif(DependencyGraph.from_tables(split, checked=True), ["a", "b"])
    whole = whatif(DependencyGraph.from_tables(one, checked=True), "b")
    hit = [
        set(i.entities.filter((pl.col("rank") > 0) & (pl.col("probability") == 1))["id"])
        for i in (halves, whole)
    ]
    assert hit[0] == hit[1]


def test_a_finding_of_every_sort_of_claim() -> None:
    """Each joined id is counted once, under the strongest that joins it."""
    of = tables(*(dep("x", i) for i in "abcdef"))
    claims = [
        Claim(i, "a", by)
        for i, by in zip("bcdef", (TABLE, STATED, LEI, DOMAIN, NAMES), strict=True)
    ]
    one = joined(of, *claims, Claim("b", "a", NAMES, 0.99))
    merged = [f for f in one.report if f.action == "merged" and f.reason.startswith("an entity")]
    assert [(f.count, f.examples) for f in merged] == [(1, (f"{i} as a",)) for i in "bcdef"]
    assert isinstance(merged[0], Finding)


def test_checked_tables_without_claims_are_returned_as_they_are() -> None:
    """No claim, no change."""
    of = tables(dep("x", "a"))
    assert joined(of).entities.equals(of.entities)
    assert find_stated(of) == ([], [])
