"""Debian indexes: groups, virtual packages, versions, and what is left out."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

import lz4.frame
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from knockon.loaders.software import debian, debian_rows
from knockon.loaders.software.debian import read_debian
from knockon.loaders.software.debian_version import version_key


def stanza(name: str, depends: str = "", **more: str) -> str:
    fields = {"Package": name, "Version": "1", "Depends": depends}
    fields |= {key.replace("_", "-"): value for key, value in more.items()}
    return "\n".join(f"{key}: {value}" for key, value in fields.items() if value)


def index(folder: Path, *stanzas: str, name: str = "Packages") -> Tables:
    (folder / name).write_text("\n\n".join(stanzas) + "\n")
    return load_tables([folder / name])


def needs(tables: Tables) -> list[tuple[str, str, str | None]]:
    """Dependent, provider and group, sorted."""
    rows = tables.dependencies.select("dependent", "provider", "group").iter_rows()
    return sorted(((d[4:], p[4:], g) for d, p, g in rows), key=str)


def counts(tables: Tables, action: str) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action == action}


def test_a_small_index(tmp_path: Path) -> None:
    """Plain clauses, alternatives, both fields, and what each row says of its origin."""
    tables = index(
        tmp_path,
        stanza("shell", "libc (>= 2.36), awk:any [amd64] <!nocheck>", Pre_Depends="libc"),
        stanza("mail", "exim | postfix, libc", Recommends="shell"),
        *(stanza(name) for name in ("libc", "exim", "postfix", "awk")),
    )
    assert needs(tables) == [
        ("mail", "exim", "exim | postfix"),
        ("mail", "libc", None),
        ("mail", "postfix", "exim | postfix"),
        ("shell", "awk", None),
        ("shell", "libc", None),
    ]
    rows = tables.dependencies
    assert rows["relation"].unique().to_list() == ["runs"]
    assert rows["needs"].unique().to_list() == [1]
    assert rows["probability"].null_count() == 5
    mail = rows.filter(pl.col("dependent") == "deb:mail").row(0, named=True)
    assert (mail["_file"], mail["_line"]) == ("Packages", 6)
    assert tables.entities["kind"].unique().to_list() == ["component"]
    assert counts(tables, "read")["stanzas of packages"] == 6
    reason = "a package with Recommends: neither they nor weaker fields are read"
    assert counts(tables, "note")[reason] == 1


def test_a_virtual_package_is_a_group(tmp_path: Path) -> None:
    """Several providers are alternatives; a single one is simply needed."""
    tables = index(
        tmp_path,
        stanza("cron", "mta, only"),
        stanza("exim", Provides="mta (= 1), only"),
        stanza("postfix", Provides="mta"),
    )
    assert needs(tables) == [
        ("cron", "exim", "mta"), ("cron", "exim", None), ("cron", "postfix", "mta"),
    ]  # fmt: skip


def test_a_versioned_clause_takes_versioned_provides_only(tmp_path: Path) -> None:
    """Policy 7.5: what is provided without a version fulfils no clause that asks for one."""
    tables = index(
        tmp_path,
        stanza("a", "mta (>= 1)"), stanza("b", "mta"), stanza("mta"),
        stanza("exim", Provides="mta (= 2)"), stanza("postfix", Provides="mta"),
    )  # fmt: skip
    assert needs(tables) == [
        ("a", "exim", "mta (>= 1)"), ("a", "mta", "mta (>= 1)"),
        ("b", "exim", "mta"), ("b", "mta", "mta"), ("b", "postfix", "mta"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "wanted"),
    [
        ("foo", ["bar", "baz", "foo", "quux"]), ("foo (>= 1.0)", ["bar", "baz", "foo"]),
        ("foo (>= 1.2)", ["bar", "baz"]), ("foo (>> 1.2)", ["baz"]), ("foo (= 1.2)", ["bar"]),
        ("foo (<< 1.2)", ["foo"]), ("foo (<= 1.2)", ["bar", "foo"]),
        ("foo (< 1.2)", ["bar", "foo"]),
        ("foo (>= 3:0)", ["foo"]), ("foo (>= 3:0) | other", ["other"]),
        ("foo:any (>= 1.2)", ["bar", "baz"]),
    ],
)  # fmt: skip
def test_a_version_that_is_asked_for_is_held_to_what_is_provided(
    tmp_path: Path, clause: str, wanted: list[str]
) -> None:
    """Policy 7.5: `Provides: foo (= 1.2)` is that version and no other; without one, none. Where
    nothing is of that version, the package of the name is kept as what is needed."""
    tables = index(
        tmp_path, stanza("a", clause), stanza("foo", Version="1.0"), stanza("other"),
        stanza("bar", Provides="foo (= 1.2)"), stanza("baz", Provides="foo (= 2:0.1)"),
        stanza("quux", Provides="foo (>= 9)"),
    )  # fmt: skip
    assert [provider for _, provider, _ in needs(tables)] == wanted


def test_an_alternative_of_another_version_is_told(tmp_path: Path) -> None:
    tables = index(tmp_path, stanza("a", "foo (>= 2) | b"), stanza("foo", Version="1"), stanza("b"))
    assert needs(tables) == [("a", "b", None)]
    (told,) = [f for f in tables.report if f.reason.startswith("an alternative that no package")]
    assert told.examples == ("foo (>= 2) at Packages:1",)


def test_an_older_stanza_of_a_package_is_of_its_version(tmp_path: Path) -> None:
    tables = index(
        tmp_path, stanza("a", "foo (= 1) | b"), stanza("foo", Version="1"),
        stanza("foo", Version="2"), stanza("b"),
    )  # fmt: skip
    assert [provider for _, provider, _ in needs(tables)] == ["b", "foo"]


def test_alternatives_that_nobody_fulfils(tmp_path: Path) -> None:
    """Beside one that is there they are dropped and counted; a clause of nothing else is kept."""
    tables = index(tmp_path, stanza("a", "b | gone, lost | stolen"), stanza("b"))
    assert needs(tables) == [
        ("a", "b", None), ("a", "lost", "lost | stolen"), ("a", "stolen", "lost | stolen"),
    ]  # fmt: skip
    reason = "an alternative that no package of the index is or provides"
    assert counts(tables, "dropped") == {reason: 1}
    assert sum(counts(tables, "invented").values()) == 2


def test_of_several_versions_the_highest_is_kept(tmp_path: Path) -> None:
    """Wherever it stands; each other stanza is counted."""
    tables = index(
        tmp_path,
        stanza("a", "old", Version="1:1.9"), stanza("a", "new", Version="1:1.10"),
        stanza("a", "older", Version="1:1.10~rc1"), stanza("new"),
    )  # fmt: skip
    assert needs(tables) == [("a", "new", None)]
    reason = "another stanza of a package; the highest version is kept"
    assert counts(tables, "dropped") == {reason: 2}


def test_essential_packages_are_noted(tmp_path: Path) -> None:
    """Everything may need them unsaid: no dependency is added, but the report names them."""
    tables = index(tmp_path, stanza("dash", Essential="yes"), stanza("a"))
    assert needs(tables) == []
    reason = "a package that is Essential: all others may need it unsaid; nothing was added"
    assert counts(tables, "note")[reason] == 1


def test_the_status_of_dpkg(tmp_path: Path) -> None:
    """What is not installed is dropped and counted."""
    tables = index(
        tmp_path,
        stanza("a", "b", Status="install ok installed"),
        stanza("gone", "b", Status="deinstall ok config-files"),
        stanza("b", Status="install ok installed"), name="status",
    )  # fmt: skip
    assert needs(tables) == [("a", "b", None)]
    reason = "a package that is not installed, as dpkg's status says"
    assert counts(tables, "dropped") == {reason: 1}


def test_folded_lines_and_other_spellings(tmp_path: Path) -> None:
    """A field may run on over lines, names of fields have no case, blank lines may hold blanks."""
    text = "Package: a\nVersion: 1\nDEPENDS: b,\n c |\n\td\nDescription: x\n y\n  \n\nPackage: b\n"
    (tmp_path / "Packages").write_text(text.replace("\n", "\r\n"))
    tables = load_tables([tmp_path / "Packages"])
    assert needs(tables) == [("a", "b", None), ("a", "c", "c | d"), ("a", "d", "c | d")]
    places = dict(tables.entities.select("id", "_line").drop_nulls().iter_rows())
    assert places == {"deb:a": 1, "deb:b": 10}


PACKERS = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress, "lz4": lz4.frame.compress}


@pytest.mark.parametrize("form", sorted(PACKERS))
def test_packed_indexes(tmp_path: Path, form: str) -> None:
    """Known by what is inside, whatever the file is called."""
    packers: dict[str, Any] = dict(PACKERS)
    data = packers[form](f"{stanza('a', 'b')}\n\n{stanza('b')}\n".encode())
    (tmp_path / "something.bin").write_bytes(data)
    assert find_format(tmp_path / "something.bin").name == "debian"
    assert needs(load_tables([tmp_path / "something.bin"])) == [("a", "b", None)]


def test_packed_data_that_is_no_index(tmp_path: Path) -> None:
    """A packed file of another kind is refused as what it holds, or read as that."""
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"%PDF-1.7\n"))
    with pytest.raises(InputError, match="expected text, found a PDF document"):
        load_tables([tmp_path / "a.gz"])
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"dependent,provider\na,b\n"))
    rows = load_tables([tmp_path / "b.gz"]).dependencies
    assert rows.select("dependent", "provider").rows() == [("a", "b")]


def test_a_folder_is_one_index(tmp_path: Path) -> None:
    """A clause of one suite is fulfilled by a package of another; the newer version wins."""
    (tmp_path / "main_Packages").write_text(stanza("a", "v") + "\n\n" + stanza("c", "a"))
    packed = lz4.frame.compress(
        (stanza("a", "b", Version="2") + "\n\n" + stanza("b", Provides="v")).encode()
    )
    (tmp_path / "security_Packages.lz4").write_bytes(packed)
    (tmp_path / "InRelease").write_text("ignored")
    tables = load_tables([tmp_path])
    assert needs(tables) == [("a", "b", None), ("c", "a", None)]
    assert tables.entities["version"].to_list() == ["2", "1", "1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Package: a\nVersion: 1\nnonsense\n", "Packages:3: expected a field such as"),
        ("Package: a\nVersion: 1\n\n\nVersion: 2\n", "Packages:5: expected a stanza with the name"),
        ("Package: a b\nVersion: 1\n", "Packages:1: expected a stanza with the name of a package"),
        ("Package: a\nVersion: 1\nDepends: b c\n", "Packages:1: Depends: expected packages such"),
        ("Package: a\nVersion: 1\nDepends: b (>= 1\n", "Depends: expected packages such"),
        ("Package: a\nVersion: 1\nDepends: b |\n", "Depends: expected packages such"),
    ],
)
def test_faults_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    """Lines that are no fields, stanzas without a name, clauses that cannot be read."""
    (tmp_path / "Packages").write_text(text)
    with pytest.raises(InputError) as caught:
        load_tables([tmp_path / "Packages"])
    assert message in str(caught.value)


def test_dependencies_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What many provide and many need multiplies: it ends at a limit, with the line."""
    monkeypatch.setattr(debian_rows, "MAX_ROWS", 5)
    many = [stanza(f"p{i}", Provides="v") for i in range(3)]
    assert needs(index(tmp_path, *many, stanza("a", "v")))
    with pytest.raises(InputError, match=r"Packages:17: more than 5 dependencies"):
        index(tmp_path, *many, stanza("a", "v"), stanza("b", "v"))


VERSIONS = st.from_regex(r"([0-9]{1,2}:)?[0-9][0-9a-c.+~-]{0,8}", fullmatch=True)


@given(left=VERSIONS, right=VERSIONS)
def test_versions_sort_as_dpkg_sorts_them(left: str, right: str) -> None:
    """python-debian is the second opinion."""
    from debian.debian_support import NativeVersion

    keys, theirs = (
        [version_key(v) for v in (left, right)],
        [NativeVersion(v) for v in (left, right)],
    )
    assert (keys[0] < keys[1]) == (theirs[0] < theirs[1])
    assert (keys[0] == keys[1]) == (theirs[0] == theirs[1])


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_has_a_version_key(left: str, right: str) -> None:
    """Keys can always be compared."""
    assert (version_key(left) < version_key(right)) in (True, False)


def test_the_reader_needs_no_registry(tmp_path: Path) -> None:
    """`read_debian` gives tables that are not checked yet."""
    (tmp_path / "Packages").write_text(stanza("a", "a, b"))
    assert read_debian(tmp_path / "Packages").dependencies.height == 2


def test_stanzas_without_a_blank_line_are_read_and_told(tmp_path: Path) -> None:
    """A second `Package` begins the next stanza; each knows its line."""
    text = "Package: a\nVersion: 1\nDepends: b\npackage: b\nVersion: 2\n\nPackage: c\nDepends: a\n"
    (tmp_path / "Packages").write_text(text)
    tables = load_tables([tmp_path / "Packages"])
    assert needs(tables) == [("a", "b", None), ("c", "a", None)]
    assert tables.entities.select("name", "version", "_line").rows() == [
        ("a", "1", 1), ("b", "2", 4), ("c", None, 7),
    ]  # fmt: skip
    assert counts(tables, "read")["stanzas of packages"] == 3
    reason = "a stanza without a blank line before it: read as one of its own"
    assert [(f.count, f.examples) for f in tables.report if f.reason == reason] == [
        (1, ("Packages:4",))
    ]


def test_a_field_that_stands_twice_is_told(tmp_path: Path) -> None:
    """The first counts, and nothing is lost in silence."""
    text = "Package: a\nDepends: b\nVersion: 1\nDepends: c\n\nPackage: b\n"
    (tmp_path / "Packages").write_text(text)
    tables = load_tables([tmp_path / "Packages"])
    assert needs(tables) == [("a", "b", None)]
    reason = "a field that stands twice in a stanza: the first counts"
    assert [(f.count, f.examples) for f in tables.report if f.reason == reason] == [
        (1, ("Depends at Packages:1",))
    ]


def many_on_many(number: int, provides: str = "v") -> list[str]:
    """Packages that provide a virtual one, and packages that need it."""
    needs_it = (stanza(f"n{i}", "v | x, w (>= 1)") for i in range(number))
    return [*needs_it, *(stanza(f"p{i}", Provides=f"{provides}, w (= 2)") for i in range(number))]


def test_a_virtual_package_of_many_for_many_stands_between_them(tmp_path: Path) -> None:
    """What is written once for each stays of that size, and says so."""
    tables = index(tmp_path, *many_on_many(300), stanza("x"), stanza("w"))
    assert tables.dependencies.height == 300 * 3 + 300 + 301
    (note,) = [f for f in tables.report if "stands between" in f.reason]
    assert note.examples == ("virtual:v", "virtual:w (versioned)")
    rows = [n for n in needs(tables) if n[0] in ("n7", "virtual:v")]
    assert rows[:3] == [
        ("n7", "virtual:v", "v | x"), ("n7", "virtual:w (versioned)", None), ("n7", "x", "v | x"),
    ]  # fmt: skip
    assert rows[3] == ("virtual:v", "p0", "virtual:v")


@pytest.mark.parametrize("mode", ["bad_update", "compromise"])
@pytest.mark.parametrize("origins", [["p0"], ["p0", "p1"], ["p0", "p1", "p2"], ["x", "p0"]])
def test_what_stands_between_changes_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, origins: list[str]
) -> None:
    """The same packages are hit, for sure and at most, as if each needed each."""
    import knockon as ko

    stanzas = [*many_on_many(3), stanza("x")]
    found = []
    for limit in (20_000, 0):
        monkeypatch.setattr(debian, "SHARED_FROM", limit)
        monkeypatch.setattr(debian, "MANY_TIMES", limit)
        index(tmp_path, *stanzas)
        answer = ko.whatif(ko.load(tmp_path / "Packages"), origins, mode=mode, assume=1).entities
        plain = answer.filter(~pl.col("id").str.contains("virtual:"), pl.col("probability") > 0)
        found.append(set(plain.select("id", "probability", "probability_high").iter_rows()))
    assert found[0] == found[1]
