"""AS relationships: fixtures written from the published format, and a plain twin."""

import bz2
import gzip
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.analysis.whatif import whatif
from knockon.graph.errors import InputError
from knockon.graph.model.graph import DependencyGraph
from knockon.loaders.merge import load_tables
from knockon.loaders.registers.as_relationships import read_as_relationships
from knockon.loaders.registry import find_format
from tests.loaders.sums import added_up

SERIAL_1 = """\
# inferred clique: 64500 64501
# step 1: set peering in clique
64500|64501|0
# step 2: initial provider assignment
64500|64510|-1
64501|64510|-1

64510|64520|-1
64501|64521|-1
"""
SERIAL_2 = """\
# source:topology|BGP|20240701
64500|64501|0|bgp
64500|64510|-1|bgp
64501|64510|-1|mlp
"""


def write(tmp_path: Path, text: str, name: str = "20240701.as-rel.txt") -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path / name


def test_customers_need_one_of_their_providers(tmp_path: Path) -> None:
    """64510 has two upstreams and lives through the loss of one; 64521 has one."""
    path = write(tmp_path, SERIAL_1)
    assert find_format(path).name == "as_relationships"
    tables = load_tables([path])
    assert tables.title == "Upstreams of autonomous systems, 2024-07-01"
    graph = DependencyGraph.from_tables(tables)

    def hit(*origins: str) -> set[str]:
        rows = whatif(graph, list(origins), assume=1.0).entities
        return set(rows.filter(pl.col("probability") == 1, pl.col("rank") > 0)["id"])

    assert hit("AS64501") == {"AS64521"}
    assert hit("AS64500", "AS64501") == {"AS64510", "AS64520", "AS64521"}
    assert hit("AS64510") == {"AS64520"}
    assert added_up(tables.report) == {"relationships": (5, 5)}
    assert any(f.count == 1 and "two peers" in f.reason for f in tables.report)


@pytest.mark.parametrize(("suffix", "pack"), [(".bz2", bz2.compress), (".gz", gzip.compress)])
def test_compressed_serial_2(tmp_path: Path, suffix: str, pack: object) -> None:
    """As published, with the source of each inference as evidence."""
    path = tmp_path / f"20240701.as-rel2.txt{suffix}"
    path.write_bytes(pack(SERIAL_2.encode()))  # type: ignore[operator]
    assert find_format(path).name == "as_relationships"
    rows = load_tables([path]).dependencies.sort("provider")
    assert rows["evidence"].to_list() == ["bgp", "mlp"]
    assert rows["as_of"].to_list() == ["2024-07-01"] * 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("64500|64510|-1", "merged 1: a relationship that stands before (64500|64510|-1 at a:2)"),
        ("64510|64510|-1", "dropped 1: a network related to itself (64510|64510|-1 at a:2)"),
        ("64500|64512|1", "dropped 1: siblings"),
        ("64500|64512|7", "dropped 1: a relationship other than -1 and 0"),
        ("64500|-1", "dropped 1: a line that is no relationship"),
        ("64500|abc|-1", "dropped 1: a line that is no relationship"),
        ("64500|64512|-1|bgp|x", "dropped 1: a line that is no relationship"),
        ("4294967296|1|0", "dropped 1: a line that is no relationship"),
        ('"64500"|1|0', "dropped 1: a line that is no relationship"),
    ],
)
def test_lines_that_do_not_count(tmp_path: Path, line: str, said: str) -> None:
    """They are counted with their text and line."""
    tables = read_as_relationships(write(tmp_path, f"64500|64510|-1\n{line}\n", "a"))
    assert any(str(f).startswith(said) for f in tables.report), tables.report
    assert added_up(tables.report) == {"relationships": (2, 1)}
    assert tables.dependencies.height == 1


def test_a_peering_told_from_both_sides_is_one(tmp_path: Path) -> None:
    """`a|b|0` and `b|a|0` say the same; `a|b|-1` and `b|a|-1` do not."""
    tables = read_as_relationships(write(tmp_path, "1|2|0\n2|1|0\n3|4|-1\n4|3|-1\n"))
    assert added_up(tables.report) == {"relationships": (4, 3)}
    assert tables.dependencies.height == 2


def test_no_relationship_at_all(tmp_path: Path) -> None:
    """One clear line."""
    with pytest.raises(InputError, match=r"expected lines such as 3356\|64500\|-1, found none"):
        read_as_relationships(write(tmp_path, "# nothing\n1|1|0\n"))


ROWS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(["-1", "0", "1", "x"])).map(
            lambda t: f"{t[0]}|{t[1]}|{t[2]}"
        ),
        st.sampled_from(["", "  ", "# a|b|0", "#", "1|2", "|", "1|2|0|bgp", "3|2|-1|bgp|x"]),
    ),
    max_size=20,
)


@given(lines=ROWS, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_equals_a_plain_twin(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, last: bool
) -> None:
    """Dependencies, groups and lines are those of a loop over the lines."""
    path = tmp_path_factory.getbasetemp() / "as-rel.txt"
    path.write_bytes((end.join(lines) + (end if last else "")).encode())
    wanted: dict[tuple[str, str], int] = {}
    upstreams = defaultdict(set)
    usable = False
    for number, line in enumerate(lines, 1):
        parts = line.split("|")
        if line.startswith("#") or len(parts) not in (3, 4):
            continue
        if parts[0] == parts[1] or parts[2] not in ("-1", "0"):
            continue
        usable = True
        if parts[2] == "-1":
            wanted.setdefault((f"AS{parts[1]}", f"AS{parts[0]}"), number)
            upstreams[f"AS{parts[1]}"].add(parts[0])
    if not usable:
        with pytest.raises(InputError):
            read_as_relationships(path)
        return
    tables = read_as_relationships(path)
    added_up(tables.report)
    rows = tables.dependencies.select("dependent", "provider", "_line", "group").rows()
    assert {(d, p): n for d, p, n, _ in rows} == wanted
    assert {d for d, _, _, group in rows if group} == {
        d for d, p in upstreams.items() if len(p) > 1
    }
