"""Every real BOM, SPDX document and Debian index at hand: what loads, what fails, and whether the
reports add up; with cyclonedx-python-lib, spdx-tools and python-debian as second opinions."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import FILE, Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import read
from knockon.loaders.software.spdx_links import DESCRIBED, LISTED
from tests.paths import DATA

FILES = [
    path
    for folder in ("cyclonedx/*", "spdx/*", "debian")
    for path in sorted(DATA.glob(f"{folder}/*"))
    if path.is_file() and path.name != "SOURCE.txt"
]
ODD = {  # what an official negative breaks -> what the report must say
    "invalid-component-ref": "bom-ref",
    "invalid-dependency": "a dependency without a ref",
    "BadJSON.spdx.json": "a package whose name is empty",
}
ELSEWHERE = (  # load with a note, are refused by --validate: a flow of data, a hash, a date, ...
    "invalid-service-data", "small-legal-cyclonedx", "guac-testdata/laravel-cyclonedx.xml",
    "alpine-small-spdx", "alpine-spdx", "oci-kubectl", "oci-spdx", "go-spdx-multi-arch_1",
    "go-spdx-multi-arch_2", "appbomination.spdx.json", "DifferentFileComment",
    "SPDXJSONExample-wrongversion", "SPDXWrongVersion", "SPDXXMLExample-v2.3",
    "SPDXYAMLExample-2.3",
)  # fmt: skip
NO_SCHEMA = ("spdx3.0", "v3.0.1.json", "double.jsonld")

pytestmark = pytest.mark.skipif(not FILES, reason=f"there are no BOMs at {DATA}")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def is_one_of(path: Path, words: Any) -> bool:
    return any(word in name_of(path) for word in words)


def counts(tables: Tables, action: str, *words: str) -> int:
    """How many rows the findings of this action whose reason holds one of the words count."""
    return sum(
        f.count
        for f in tables.report
        if f.action == action and (not words or any(w in f.reason for w in words))
    )


@pytest.mark.parametrize("path", [p for p in FILES if is_one_of(p, ODD)], ids=name_of)
def test_odd_files_load_with_a_line(path: Path) -> None:
    """The official negatives in which one component or dependency is broken."""
    said = "\n".join(map(str, load_tables([path]).report))
    assert any(word in said for key, word in ODD.items() if key in path.name)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_other_file_loads_and_adds_up(path: Path) -> None:
    """What stands in the file is kept, merged or dropped, and each is counted with its reason."""
    tables = read(path)
    load_tables([path])
    agents = tables.entities["id"].str.contains(r"^(organization|person):").sum()
    things = tables.entities.height - agents
    if path.parent.parent.name == "cyclonedx":
        merged = counts(tables, "merged", "purl or bom-ref")
        assert counts(tables, "read", "components") == things + merged
    elif path.parent.name == "debian":
        dropped = counts(tables, "dropped", "another stanza", "not installed")
        assert counts(tables, "read", "stanzas") == things + dropped
        assert counts(tables, "read", "stanzas") == path.read_text().count("\nVersion: ")
    else:
        folded = counts(tables, "merged", "folded into its package", "purl of one")
        folded -= counts(tables, "merged", "a file that is folded")
        tools = counts(tables, "dropped", "a tool that nothing")
        assert counts(tables, "read", "elements") == things + folded + tools
        rows = tables.dependencies.filter(
            pl.col("relation") != "supplied_by",
            ~pl.col("evidence").is_in([LISTED, DESCRIBED, None], nulls_equal=True),
        ).height
        rows -= tables.dependencies.filter(evidence="VARIANT_OF").height // 2  # each read both ways
        lost = counts(tables, "dropped") - tools + counts(tables, "merged", "a file that is")
        assert counts(tables, "read", "relationships") == rows + lost


@pytest.mark.parametrize("path", [p for p in FILES if p.parent.name != "debian"], ids=name_of)
def test_validation_is_strict(path: Path) -> None:
    """`--validate` refuses what breaks the schema anywhere, and nothing else."""
    try:
        load_tables([path], strict=True)
    except InputError as error:
        message = str(error)
    else:
        message = ""
    if is_one_of(path, NO_SCHEMA):
        assert "knows no schema of SPDX 3" in message
    else:
        assert bool(message) == is_one_of(path, (*ODD, *ELSEWHERE))
        assert not message or "not valid" in message


def graph_of(path: Path) -> tuple[list[Any], list[Any]]:
    """Entities and dependencies, ids without what depends on the file or its serial number."""
    tables = load_tables([path])
    ids = {i: re.sub(r"^(urn:cdx:[^#]*|[^#]*)#", "", i) for i in tables.entities["id"]}
    columns = [c for c in ("name", "kind", "type", "version", "purl") if c in tables.entities]
    entities = sorted(
        (ids[i], *map(str, rest)) for i, *rest in tables.entities.select("id", *columns).iter_rows()
    )
    rows = tables.dependencies.select("dependent", "relation", "provider").iter_rows()
    return entities, sorted((ids[d], r, ids[p]) for d, r, p in rows)


PAIRS = [
    (path, path.with_suffix(".xml"))
    for path in FILES
    if path.suffix == ".json" and path.with_suffix(".xml").exists() and not is_one_of(path, ODD)
]
# pairs whose two files do not say the same: other names or versions, or other components at all
OTHER_TEXTS = ("valid-dependency-1", "valid-compositions-1")
OTHER_THINGS = (
    "valid-bom-1.2", "valid-bom-1.3", "valid-bom-1.4", "valid-component-ref-1.2",
    "valid-component-ref-1.3", "valid-component-ref-1.4",
)  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: name_of(pair[0]))
def test_json_and_xml_of_one_bom(pair: tuple[Path, Path]) -> None:
    """Both forms of one document give the same graph."""
    (things, needs), (others, their_needs) = map(graph_of, pair)
    if is_one_of(pair[0], OTHER_THINGS):
        assert things != others
        return
    assert needs == their_needs
    if is_one_of(pair[0], OTHER_TEXTS):
        things, others = ([row[0] for row in rows] for rows in (things, others))
    assert things == others


def test_five_forms_of_one_document() -> None:
    """JSON, YAML, XML, tag-value and RDF of the example of SPDX 2.3."""
    folder = DATA / "spdx/tools-java-testResources"
    forms = sorted(p for p in folder.glob("SPDX*Example-*2.3.spdx*"))
    assert len(forms) == 5
    graphs = [graph_of(path) for path in forms]
    assert all(graph == graphs[0] for graph in graphs[1:])
    assert (len(graphs[0][0]), len(graphs[0][1])) == (7, 5)


CYCLONEDX = [p for p in FILES if p.parent.parent.name == "cyclonedx" and p.suffix == ".json"]


@pytest.mark.parametrize("path", CYCLONEDX, ids=name_of)
def test_cyclonedx_python_lib_reads_the_same(path: Path) -> None:
    """The same components and services, and every dependency that the library finds."""
    from cyclonedx.model.bom import Bom

    try:
        bom = Bom.from_json(json.loads(path.read_text()))  # type: ignore[attr-defined]
    except Exception as error:
        pytest.skip(f"the library does not read it: {type(error).__name__}")
    tables = read(path)
    found: list[Any] = []

    def walk(things: Any) -> None:
        for thing in things:
            found.append(thing)
            walk(getattr(thing, "components", ()) or ())
            walk(getattr(thing, "services", ()) or ())

    root = bom.metadata.component
    walk([root] if root else [])
    walk(bom.components)
    walk(bom.services)
    keys = {str(t.purl) if getattr(t, "purl", None) else t.bom_ref.value for t in found}
    pedigree = pl.col(FILE).str.contains(".pedigree.", literal=True)  # sets, in the library
    ours = tables.entities.filter(~pl.col("id").str.starts_with("organization:"), ~pedigree)
    versions = Counter((t.name, t.version) for t in found)
    mine = Counter(ours.select(pl.col("name").str.replace(r"^@.*/", ""), "version").iter_rows())
    merged = counts(tables, "merged", "purl")
    assert set(mine) <= set(versions)
    assert {name for name, _ in mine} == {name for name, _ in versions}
    assert len(set(versions) - set(mine)) <= merged
    assert ours.height == len(keys) or len(found) - ours.height == merged
    stated = {
        (names[d.ref.value], names[p.ref.value])
        for names in [{t.bom_ref.value: t.name for t in found}]
        for d in bom.dependencies
        for p in d.dependencies
        if d.ref.value in names and p.ref.value in names
    }
    named = dict(tables.entities.select("id", "name").iter_rows())
    plain = {k: re.sub(r"^@.*/", "", str(v)) for k, v in named.items()}
    rows = tables.dependencies.select("dependent", "provider").iter_rows()
    assert stated <= {(plain[d], plain.get(p, "")) for d, p in rows}


SPDX2 = [
    p
    for p in FILES
    if p.parent.parent.name == "spdx" and not is_one_of(p, NO_SCHEMA) and "wrong" not in p.name
]


@pytest.mark.parametrize("path", SPDX2, ids=name_of)
def test_spdx_tools_reads_the_same(path: Path) -> None:
    """The same packages and versions, and as many relationships (RDF and tag-value add those of
    files, which it makes of where they stand)."""
    from spdx_tools.spdx.parser.error import SPDXParsingError
    from spdx_tools.spdx.parser.parse_anything import parse_file

    try:
        document = parse_file(str(path))
    except SPDXParsingError as error:
        pytest.skip(f"spdx-tools does not read it: {error.get_messages()[0][:60]}")
    tables = read(path)
    ours = tables.entities.filter(pl.col("version").is_not_null()).select("name", "version")
    theirs = {(p.name, p.version) for p in document.packages if p.version}
    assert set(ours.iter_rows()) == theirs
    made_up = ("CONTAINS", "CONTAINED_BY", "DESCRIBES")  # from lists of files, or folded away
    kinds = Counter(
        r.relationship_type.name
        for r in document.relationships
        if r.relationship_type.name not in made_up
    )
    evidence = Counter(tables.dependencies["evidence"].to_list())
    evidence["VARIANT_OF"] //= 2  # each is read both ways
    for finding in tables.report:
        if finding.action in ("dropped", "merged"):
            evidence[finding.reason.partition(" ")[0].rstrip(":")] += finding.count
    for kind, count in kinds.items():
        assert evidence[kind] == count, kind


def test_python_debian_reads_the_same() -> None:
    """Packages and clauses of an index: as many groups and lone needs as clauses."""
    from debian.deb822 import Packages

    path = DATA / "debian/bookworm-updates_main_amd64_Packages"
    if not path.exists():
        pytest.skip(f"there is no index at {path}")
    with path.open() as file:
        stanzas = list(Packages.iter_paragraphs(file, use_apt_pkg=False))
    tables = read(path)
    assert sorted(tables.entities["name"]) == sorted(s["Package"] for s in stanzas)
    expected = Counter()
    for stanza in stanzas:
        for key in ("depends", "pre-depends"):
            for clause in stanza.relations[key]:
                expected["deb:" + stanza["Package"]] += len({one["name"] for one in clause})
    mine = Counter(tables.dependencies["dependent"].to_list())
    lost = counts(tables, "dropped", "an alternative")
    assert sum(expected.values()) - lost == sum(mine.values())
