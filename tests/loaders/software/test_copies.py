"""One purl that stands several times in a BOM: one thing, unless the copies are built otherwise."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import knockon as ko
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from tests.loaders.software.boms import SCOPE, bom, component, write

ROOT = component("root", "reactor", "application")
LIB = "pkg:maven/acme/lib@1"


def reached(path: Path, origin: str, mode: str = "compromise") -> set[str]:
    answer = ko.whatif(ko.load(path), origin, mode=mode, assume=1).entities
    ids = set(answer["id"]) - {origin}
    return {"root" if i == SCOPE else i.removeprefix(f"{SCOPE}#") for i in ids}


def copies(*entries: dict[str, Any], more: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Two modules with a copy each of one library, `one` and `two`, and parts `a` and `b`."""
    return bom(
        component("m1", "module 1", "application"), component("m2", "module 2", "application"),
        component("one", "lib", purl=LIB), component("two", "lib", purl=LIB),
        component("a", "a"), component("b", "b"), *more,
        root=ROOT,
        dependencies=[
            {"ref": "root", "dependsOn": ["m1", "m2"]},
            {"ref": "m1", "dependsOn": ["one"]}, {"ref": "m2", "dependsOn": ["two"]},
            *entries,
        ],
    )  # fmt: skip


def test_copies_that_differ_stay_two(tmp_path: Path) -> None:
    """What only one of them needs reaches its module alone; the library itself reaches both."""
    path = write(
        tmp_path,
        "bom.json",
        copies({"ref": "one", "dependsOn": []}, {"ref": "two", "dependsOn": ["b"]}),
    )
    assert reached(path, f"{SCOPE}#b") == {"two", "m2", "root"}
    assert reached(path, LIB) == {"one", "two", "m1", "m2", "root"}
    assert reached(path, LIB, "bad_update") == {"one", "two", "m1", "m2"}
    (found,) = [f for f in load_tables([path]).report if "one purl" in f.reason]
    assert (found.action, found.count) == ("invented", 1)


@pytest.mark.parametrize(
    "entries",
    [
        (),
        ({"ref": "two", "dependsOn": ["b"]},),
        ({"ref": "one", "dependsOn": ["a", "b"]}, {"ref": "two", "dependsOn": ["b", "a"]}),
    ],
)
def test_copies_that_do_not_differ_are_one(
    tmp_path: Path, entries: tuple[dict[str, Any], ...]
) -> None:
    """Nothing is told of one of them, or the same of both."""
    path = write(tmp_path, "bom.json", copies(*entries))
    assert load_tables([path]).entities["id"].to_list().count(LIB) == 1
    assert reached(path, LIB) == {"m1", "m2", "root"}


def test_a_difference_further_down_tells_them_apart(tmp_path: Path) -> None:
    """Copies that need copies of one thing, which differ, differ."""
    deep = "pkg:maven/acme/deep@1"
    document = copies(
        {"ref": "one", "dependsOn": ["d1"]}, {"ref": "two", "dependsOn": ["d2"]},
        {"ref": "d1", "dependsOn": []}, {"ref": "d2", "dependsOn": ["b"]},
        more=(component("d1", "deep", purl=deep), component("d2", "deep", purl=deep)),
    )  # fmt: skip
    path = write(tmp_path, "bom.json", document)
    assert reached(path, f"{SCOPE}#b") == {"d2", "two", "m2", "root"}
    assert reached(path, deep) == {"d1", "d2", "one", "two", "m1", "m2", "root"}


def test_copies_in_a_circle(tmp_path: Path) -> None:
    """Two rings of the same purls are one ring; one that leads elsewhere is another."""
    other = "pkg:maven/acme/other@1"
    more = (component("o1", "other", purl=other), component("o2", "other", purl=other))
    ring = [
        {"ref": "one", "dependsOn": ["o1"]}, {"ref": "o1", "dependsOn": ["one"]},
        {"ref": "two", "dependsOn": ["o2"]},
    ]  # fmt: skip
    path = write(tmp_path, "x.json", copies(*ring, {"ref": "o2", "dependsOn": ["two"]}, more=more))
    assert reached(path, other) == {LIB, "m1", "m2", "root"}
    ring.append({"ref": "o2", "dependsOn": ["two", "b"]})
    path = write(tmp_path, "x.json", copies(*ring, more=more))
    assert reached(path, f"{SCOPE}#b") == {"o2", "two", "m2", "root"}


def test_nested_parts_tell_copies_apart(tmp_path: Path) -> None:
    """What stands in a component is what it is built from."""
    document = bom(
        component("one", "lib", purl=LIB), component("m", "m", components=[
            component("two", "lib", purl=LIB, components=[component("b", "b")]),
        ]),
        root=ROOT,
        dependencies=[
            {"ref": "one", "dependsOn": []}, {"ref": "two", "dependsOn": []},
            {"ref": "root", "dependsOn": ["one", "m"]},
        ],
    )  # fmt: skip
    path = write(tmp_path, "bom.json", document)
    assert reached(path, f"{SCOPE}#b") == {"two", "m", "root"}


@given(data=st.data())
def test_a_copy_reaches_what_it_did(tmp_path_factory: Any, data: st.DataObject) -> None:
    """However copies are put together, nobody is reached who was not, and nobody is lost.

    Held against the document itself: things by ref, those of one purl as copies.
    """
    refs = [f"r{i}" for i in range(8)]
    purl = {r: data.draw(st.sampled_from(["pkg:npm/x@1", "pkg:npm/y@1", None])) for r in refs}
    needs = {r: data.draw(st.sets(st.sampled_from(refs), max_size=3)) - {r} for r in refs}
    document = bom(
        *(component(r, r, **({"purl": purl[r]} if purl[r] else {})) for r in refs),
        dependencies=[{"ref": r, "dependsOn": sorted(needs[r])} for r in refs],
    )
    tables = load_tables([write(tmp_path_factory.mktemp("bom"), "bom.json", document)])
    plain = [r for r in refs if not purl[r]]
    above = {r: {d for d in refs if d in _above(r, needs)} for r in plain}
    for ref in plain:
        found = _reach(tables, f"{SCOPE}#{ref}")
        assert {f"{SCOPE}#{d}" for d in above[ref] if not purl[d]} == {
            i for i in found if i.removeprefix(f"{SCOPE}#") in plain
        } - {f"{SCOPE}#{ref}"}


def _above(ref: str, needs: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    stack = [ref]
    while stack:
        one = stack.pop()
        fresh = {d for d, below in needs.items() if one in below} - found
        found |= fresh
        stack.extend(fresh)
    return found - {ref}


def _reach(tables: Tables, start: str) -> set[str]:
    needs: dict[str, set[str]] = {}
    for dependent, provider in tables.dependencies.select("dependent", "provider").iter_rows():
        needs.setdefault(dependent, set()).add(provider)
    return _above(start, needs)
