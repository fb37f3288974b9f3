"""What a map shows: counts that add up, carriers by name, few marks."""

import polars as pl
import pytest

from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.whatif import whatif
from knockon.graph.maps.plan import LEVELS, plan_map
from knockon.graph.maps.view import NODES, MapView
from knockon.graph.model.graph import DependencyGraph


def graph_of(*pairs: tuple[str, str], kinds: dict[str, str] | None = None) -> DependencyGraph:
    entities = [{"id": k, "kind": v} for k, v in (kinds or {}).items()]
    return DependencyGraph.from_polars(
        pl.DataFrame(
            {"dependent": [a for a, _ in pairs], "provider": [b for _, b in pairs]}
        ).with_columns(probability=pl.lit(1.0)),
        pl.DataFrame(entities) if entities else None,
    )


@pytest.fixture
def broom() -> Impact:
    """A origin, two carriers of 60 and 30 enterprises, 40 enterprises directly behind it."""
    pairs = [("c1", "o"), ("c2", "o")]
    pairs += [(f"e{i}", "c1" if i < 60 else "c2" if i < 90 else "o") for i in range(130)]
    kinds = {f"e{i}": "enterprise" for i in range(130)}
    return whatif(graph_of(*pairs, kinds=kinds | {"c1": "service", "c2": "service"}), "o")


def test_every_entity_stands_in_one_box(broom: Impact) -> None:
    """The members of all boxes are the entities within reach, each once."""
    members = [m for b in plan_map(broom).boxes for m in b.members]
    assert sorted(members) == list(range(broom.forest.height))


def test_carriers_are_named_and_the_rest_counted(broom: Impact) -> None:
    """The strongest carriers stand alone; what hangs on each is one box of a kind."""
    plan = plan_map(broom)
    sizes = {b.key: (len(b.members), b.behind) for b in plan.boxes}
    ids = sorted(broom.entities["id"])
    one, two, origin = (f"e{ids.index(i)}" for i in ("c1", "c2", "o"))
    assert sizes == {
        origin: (1, 132),
        one: (1, 60),
        two: (1, 30),
        f"{one}/*": (60, 0),
        f"{two}/*": (30, 0),
        f"{origin}/*": (40, 0),
    }
    counts = {(w.tail, w.head): w.count for w in plan.lines}
    assert counts[origin, one] == 61
    assert counts[one, f"{one}/*"] == 60


def test_lines_out_of_a_box_add_up_to_what_is_behind_it(broom: Impact) -> None:
    """What passes on the lines out of a box is what the box says lies behind it."""
    plan = plan_map(broom)
    for box in plan.boxes:
        out = sum(w.count for w in plan.lines if w.tail == box.key)
        assert out == box.behind


def test_a_long_chain_is_cut_into_an_aggregate() -> None:
    """Beyond a few columns the rest of a chain is one box."""
    impact = whatif(graph_of(*((f"n{i + 1:03}", f"n{i:03}") for i in range(200))), "n000")
    plan = plan_map(impact)
    assert len(plan.boxes) == LEVELS + 1
    assert max(len(b.members) for b in plan.boxes) == 201 - LEVELS
    assert plan.last == LEVELS


def test_a_small_answer_shows_every_dependency() -> None:
    """With few entities all stand by name, with the letters of those by which they are hit, too."""
    plan = plan_map(whatif(graph_of(("b", "a"), ("c", "a"), ("d", "b"), ("d", "c")), "a"))
    assert all(b.single for b in plan.boxes)
    assert [(b.letter, b.beside) for b in plan.boxes] == [
        ("A", ()), ("B", ()), ("C", ()), ("", ("C",)),
    ]  # fmt: skip


@pytest.mark.parametrize("kinds", [1, 3, 12])
@pytest.mark.parametrize("width", [3, 17, 400])
def test_a_large_answer_stays_readable(kinds: int, width: int) -> None:
    """However many entities, kinds and branches: few boxes, and all counted."""
    pairs = [(f"n{i:04}", f"n{(i - 1) // width:04}") for i in range(1, 1500)]
    words = {f"n{i:04}": f"kind_{i % kinds}" for i in range(1500)}
    impact = whatif(graph_of(*pairs, kinds=words), "n0000")
    plan = plan_map(impact)
    assert len(plan.boxes) <= NODES
    assert sum(len(b.members) for b in plan.boxes) == 1500


def test_many_origins_are_one_box() -> None:
    """More origins than fit are one mark that counts them."""
    pairs = [(f"d{i}", f"o{i}") for i in range(20)]
    impact = whatif(graph_of(*pairs), [f"o{i}" for i in range(20)])
    origin = [b for b in plan_map(impact).boxes if b.origin]
    assert [len(b.members) for b in origin] == [20]


def test_a_focus_shows_one_entity_with_its_routes(broom: Impact) -> None:
    """The route to it and what stands behind it; the others are counted as left out."""
    plan = plan_map(broom, MapView(focus="c2"))
    assert sum(len(b.members) for b in plan.boxes) == 32
    assert plan.left_out == 101


def test_a_stack_opens_by_what_it_stands_behind(broom: Impact) -> None:
    """By the id or the name of the entity, or by its key."""
    closed = plan_map(broom)
    assert not any(b.open for b in closed.boxes)
    for name in ("c1", "C1", next(b.key for b in closed.boxes if len(b.members) == 60)):
        plan = plan_map(broom, MapView(open=(name,)))
        assert [len(b.members) for b in plan.boxes if b.open] == [60]


def test_stacks_are_told_apart_by_a_column(broom: Impact) -> None:
    """Each value of the column has a stack of its own."""
    plan = plan_map(broom, MapView(group_by="kind"))
    assert {b.group for b in plan.boxes if not b.single} == {"enterprise"}
