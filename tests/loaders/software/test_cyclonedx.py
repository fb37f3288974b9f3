"""CycloneDX: what each part of a BOM becomes, in both forms, and what is refused."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from knockon.loaders.software.cyclonedx_bom import COMPONENT_TYPES, KINDS
from tests.loaders.software.boms import SCOPE, SERIAL, bom, component, xml_of


@pytest.fixture(params=["json", "xml"])
def load(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A function that writes a BOM in one of the forms, and reads it."""

    def read(document: dict[str, Any], **options: Any) -> Tables:
        path = tmp_path / f"bom.{request.param}"
        path.write_text(xml_of(document) if request.param == "xml" else json.dumps(document))
        assert find_format(path).name == "cyclonedx"
        return load_tables([path], **options)

    return read


def ends(tables: Tables) -> list[tuple[str, str, str]]:
    """Dependent, relation and provider, the scope of the document left out."""
    rows = tables.dependencies.select("dependent", "relation", "provider").iter_rows()
    return sorted((d.removeprefix(SCOPE), r, p.removeprefix(SCOPE)) for d, r, p in rows)


def counts(tables: Tables, action: str) -> dict[str, int]:
    return {f.reason: f.count for f in tables.report if f.action == action}


def test_every_part_of_a_bom(load: Any) -> None:
    """Root, nested components, services, suppliers, and what `dependencies` states."""
    document = bom(
        component("a", "left-pad", version="1.0", purl="pkg:npm/left-pad@1.0"),
        component("os", "debian", "operating-system", components=[component("tls", "openssl")]),
        component("@s", "core", group="@angular", supplier={"name": "Google"}),
        root=component("shop", "Shop", "application"),
        metadata={"timestamp": "2026-02-03T04:05:06Z", "supplier": {"name": "Acme"}},
        services=[
            {"bom-ref": "pay", "name": "Pay", "provider": {"name": "Bank"},
             "services": [{"bom-ref": "fx", "name": "Rates"}]}
        ],
        dependencies=[
            {"ref": "shop", "dependsOn": ["a", "os", "@s", "pay"]},
            {"ref": "a", "dependsOn": ["tls"], "provides": ["@s"]},
        ],
    )  # fmt: skip
    tables = load(document)
    assert ends(tables) == [
        ("", "contains", "#@s"),
        ("", "contains", "pkg:npm/left-pad@1.0"),
        ("", "runs", "#os"),
        ("", "supplied_by", "organization:Acme"),
        ("", "uses", "#pay"),
        ("#@s", "supplied_by", "organization:Google"),
        ("#os", "contains", "#tls"),
        ("#pay", "operated_by", "organization:Bank"),
        ("#pay", "uses", "#fx"),
        ("pkg:npm/left-pad@1.0", "contains", "#@s"),
        ("pkg:npm/left-pad@1.0", "contains", "#tls"),
    ]
    named = {r["name"]: r for r in tables.entities.rows(named=True)}
    assert {n: r["kind"] for n, r in named.items()} == {
        "Shop": "application", "left-pad": "component", "debian": "platform",
        "openssl": "component", "@angular/core": "component", "Pay": "service",
        "Rates": "service", "Acme": "organization", "Google": "organization",
        "Bank": "organization",
    }  # fmt: skip
    assert named["left-pad"]["version"] == "1.0"
    row = tables.dependencies.row(0, named=True)
    assert row["as_of"] == "2026-02-03"
    assert tables.dependencies["probability"].null_count() == 11
    assert not counts(tables, "invented")


def test_a_bom_without_dependencies(load: Any) -> None:
    """The root contains what is listed, uses the services, and the report says that it was added;
    what is nested stays where it is, and what is excluded is beside the root in a group."""
    document = bom(
        component("a", "a", components=[component("b", "b")]),
        component("t", "test tool", scope="excluded"),
        root=component(None, "Shop", "application"),
        services=[{"bom-ref": "s", "name": "s"}],
    )
    tables = load(document)
    assert ends(tables) == [
        ("", "contains", ""), ("", "contains", "#a"), ("", "contains", "#t"),
        ("", "uses", "#s"), ("#a", "contains", "#b"),
    ]  # fmt: skip
    group = tables.dependencies.filter(group="not needed at run time")["provider"]
    assert sorted(group) == [SCOPE, f"{SCOPE}#t"]
    reason = "the root contains a component that nothing else in the BOM depends on"
    assert counts(tables, "invented") == {reason: 3}
    assert any("states no dependencies" in reason for reason in counts(tables, "note"))


def test_a_cycle_that_the_root_leaves_out(load: Any) -> None:
    """Two components that need each other hang on the root by the first."""
    document = bom(
        component("a", "a"), component("b", "b"), root=component("r", "r", "application"),
        dependencies=[{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}],
    )  # fmt: skip
    assert ("", "contains", "#a") in ends(load(document))
    assert ("", "contains", "#b") not in ends(load(document))


def test_one_purl_is_one_entity(load: Any) -> None:
    """Copies of a package are one thing, and the root that is listed again is the root."""
    document = bom(
        component("r", "Shop", "application", version="1"),
        component("1", "pad", purl="pkg:npm/pad@1"), component("2", "pad", purl="pkg:npm/pad@1"),
        root=component("r", "Shop", "application", version="1"),
        dependencies=[{"ref": "r", "dependsOn": ["1", "2"]}],
    )  # fmt: skip
    tables = load(document)
    assert ends(tables) == [("", "contains", "pkg:npm/pad@1")]
    reasons = counts(tables, "merged")
    assert reasons["a component with the purl or bom-ref of one before it"] == 2


def test_without_serial_number_ids_hold_the_root(load: Any) -> None:
    """References of two BOMs without serial number are not taken for each other."""
    document = bom(component("1", "a"), root=component("r", "Shop", "application", version="2"))
    del document["serialNumber"]
    assert load(document).entities["id"].to_list() == ["Shop@2#1", "Shop@2#r"]
    document = bom(component("1", "a"), component(None, "b"))
    del document["serialNumber"]
    tables = load(document)
    assert tables.entities["id"].to_list() == ["bom#1", "bom#components[1]"]
    reason = "no serial number and no root: ids hold the file name"
    assert counts(tables, "note")[reason] == 1


def test_links_to_other_boms(tmp_path: Path) -> None:
    """A BOM-Link is the id of the component in its own BOM, so both join; other links are noted."""
    other = "0a1b2c3d-395b-41f5-a30f-a58921a69b79"
    link = {"type": "bom", "url": f"urn:cdx:{other.upper()}/2#the%20lib"}
    web = {"type": "bom", "url": "https://example.org/bom.json"}
    ours = bom(
        component("a", "a", externalReferences=[link, web]),
        root=component("r", "r", "application"),
        externalReferences=[{"type": "bom", "url": f"urn:cdx:{other}/2"}],
        dependencies=[{"ref": "a", "dependsOn": [f"urn:cdx:{other}/2#other"]}],
    )
    theirs = bom(component("the lib", "lib"), root=component("x", "Theirs", "application"))
    theirs |= {"serialNumber": f"urn:uuid:{other}", "version": 2}
    (tmp_path / "a.json").write_text(json.dumps(ours))
    (tmp_path / "b.json").write_text(json.dumps(theirs))
    alone = load_tables([tmp_path / "a.json"])
    linked = f"urn:cdx:{other}/2"
    assert ends(alone) == [
        ("", "contains", "#a"),
        ("", "contains", linked),
        ("#a", "contains", f"{linked}#other"),
        ("#a", "contains", f"{linked}#the lib"),
    ]
    reason = "a link to another BOM that is no BOM-Link: not followed"
    assert counts(alone, "note")[reason] == 1
    both = load_tables([tmp_path / "a.json", tmp_path / "b.json"])
    names = dict(both.entities.select("id", "name").iter_rows())
    assert names[f"{linked}#the lib"] == "lib"
    assert names[linked] == "Theirs"


def test_boms_join_on_the_purl(tmp_path: Path) -> None:
    """One library in the BOMs of two products: its compromise reaches both, its outage none."""
    import knockon as ko

    for name, serial in (("Shop", SERIAL), ("Bank", SERIAL.replace("3", "4"))):
        part = component("1", "pad", purl="pkg:npm/pad@1")
        document = bom(part, root=component("r", name, "application"))
        document["serialNumber"] = f"urn:uuid:{serial}"
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    graph = ko.load(tmp_path / "Shop.json", tmp_path / "Bank.json")
    answer = ko.whatif(graph, "pad", mode="compromise", assume=1).entities
    assert sorted(answer["name"]) == ["Bank", "Shop", "pad"]
    outage = ko.whatif(graph, "pad", mode="outage", assume=1).entities
    assert outage["name"].to_list() == ["pad"]


def test_the_old_extension_of_xml(tmp_path: Path) -> None:
    """Version 1.1 has its dependencies in a schema of their own."""
    text = (
        '<bom xmlns="http://cyclonedx.org/schema/bom/1.1" '
        'xmlns:dg="http://cyclonedx.org/schema/ext/dependency-graph/1.0"><components>'
        '<component type="library" bom-ref="a"><name>a</name></component>'
        '<component type="library" bom-ref="b"><name>b</name></component></components>'
        '<dg:dependencies><dg:dependency ref="a"><dg:dependency ref="b"/></dg:dependency>'
        "</dg:dependencies></bom>"
    )
    (tmp_path / "old.xml").write_text(text)
    assert ends(load_tables([tmp_path / "old.xml"])) == [("old#a", "contains", "old#b")]


def test_a_reference_to_nothing_is_kept_and_noted(load: Any) -> None:
    """What a dependency names and no component is stays in the graph as an unknown thing."""
    document = bom(component("a", "a"), dependencies=[{"ref": "a", "dependsOn": ["ghost"]}])
    tables = load(document)
    assert ends(tables) == [("#a", "contains", "#ghost")]
    reason = "a ref that names no component or service of the document"
    assert counts(tables, "note")[reason] == 1
    assert sum(counts(tables, "invented").values()) == 1


def told(tables: Tables) -> str:
    """The report as text."""
    return "\n".join(map(str, tables.report))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ([component("x", "a"), component("x", "b")], "bom-ref 'x' stands twice"),
        ([component("", "a")], "bom-ref: expected text that is not empty"),
        ([component("a", "")], "a component without a name: called by its purl or bom-ref"),
        ([component("a", "a", "libary")], "read as a library ('libary' at components[1])"),
        ([component("a", "a", "service")], "read as a library ('service' at components[1])"),
        ([component("a", "a", purl="no purl")], "a purl that is none: kept as it is written"),
    ],
)
def test_an_odd_component_does_not_refuse_a_bom(load: Any, broken: list[Any], message: str) -> None:
    """It is read as far as it can be, and told; the others are there as before, in both forms."""
    tables = load(bom(component("good", "good"), *broken, root=component("r", "r", "application")))
    assert message in told(tables)
    assert ("", "contains", "#good") in ends(tables)
    assert tables.entities.height == 2 + len(broken)
    assert tables.entities["name"].null_count() == 0


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"dependsOn": ["a"]}], "a dependency without a ref (dependencies[0])"),
        ([{"ref": "a", "dependsOn": [""]}], "expected a ref in a dependency"),
    ],
)
def test_an_odd_dependency_does_not_refuse_a_bom(
    load: Any, entries: list[Any], message: str
) -> None:
    """It is dropped and told."""
    tables = load(
        bom(component("a", "a"), dependencies=[*entries, {"ref": "a", "dependsOn": ["b"]}])
    )
    assert message in told(tables)
    assert ends(tables) == [("#a", "contains", "#b")]


def test_a_component_without_a_name(load: Any) -> None:
    """It is called by its purl, its ref or its place, whichever there is."""
    document = bom(
        component("x", "", purl="pkg:golang/@%28devel%29"), component("y", ""), component(None, "")
    )
    assert sorted(load(document).entities["name"]) == [
        "components[2]", "pkg:golang/@%28devel%29", "y",
    ]  # fmt: skip


def test_a_ref_of_two_things_means_both(load: Any) -> None:
    """Who depends on it depends on either, and what it depends on either does."""
    document = bom(
        component("x", "a"), component("x", "b"), component("c", "c"),
        root=component("r", "r", "application"),
        dependencies=[{"ref": "r", "dependsOn": ["x"]}, {"ref": "x", "dependsOn": ["c"]}],
    )  # fmt: skip
    other = "#components[1]"
    assert ends(load(document)) == [
        ("", "contains", other), ("", "contains", "#x"),
        (other, "contains", "#c"), ("#x", "contains", "#c"),
    ]  # fmt: skip


def test_the_version_has_to_be_known(load: Any) -> None:
    """What a newer version means is not guessed."""
    with pytest.raises(InputError, match=r"specVersion: expected 1\.0 to 1\.7, got '1\.8'"):
        load({**bom(), "specVersion": "1.8"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": {}}, "components: expected a list"),
        ({"components": [3]}, "components[0]: expected a component, found '3'"),
        ({"dependencies": {}}, "dependencies: expected a list"),
        ({"specVersion": 1.6}, "specVersion: expected 1.0 to 1.7, got '1.6'"),
    ],
)
def test_broken_shapes_of_json(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """A list that is none, and a BOM of which nothing can be read, are refused."""
    (tmp_path / "bom.json").write_text(json.dumps(bom() | change))
    with pytest.raises(InputError) as caught:
        load_tables([tmp_path / "bom.json"])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"components": [component("a", "a"), 3]}, "a component that is no object"),
        ({"components": [{"type": ["x"], "name": "a"}]}, "type: expected one of"),
        ({"components": [component("a", "a", version=1)]}, "version: expected text ('1' at"),
        ({"components": [component("a", ["a"])]}, "name: expected text"),
        ({"components": [component("a", "a", components={})]}, "components: expected a list"),
        (
            {"components": [component("a", "a")], "dependencies": [{"ref": "a", "dependsOn": "b"}]},
            "dependsOn: expected a list",
        ),
        (
            {"components": [component("a", "a", evidence=3, hashes={}, pedigree=[], properties=1)]},
            "no root",
        ),
    ],
)
def test_odd_shapes_of_json(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    """JSON can hold shapes that XML cannot: they are told, and the component is read."""
    (tmp_path / "bom.json").write_text(json.dumps(bom() | change))
    tables = load_tables([tmp_path / "bom.json"])
    assert message in told(tables)
    assert "a" in [*tables.entities["name"], *tables.entities["id"].str.slice(-1)]


def test_an_empty_bom_says_so(load: Any) -> None:
    """Nothing read is not nothing there."""
    assert "the BOM lists no components and no services" in told(load(bom()))


def test_what_is_not_read_is_only_checked_on_request(tmp_path: Path) -> None:
    """A wrong flow of data loads with a note; `--validate` refuses it."""
    service = {"bom-ref": "s", "name": "s", "data": [{"flow": "bar", "classification": "x"}]}
    (tmp_path / "bom.json").write_text(json.dumps(bom(services=[service])))
    tables = load_tables([tmp_path / "bom.json"])
    assert any("--validate does" in reason for reason in counts(tables, "note"))
    with pytest.raises(InputError, match=r"services\.0\.data\.0\.flow"):
        load_tables([tmp_path / "bom.json"], strict=True)


def test_a_valid_bom_passes_validation(load: Any) -> None:
    """Being strict changes nothing about a good one."""
    document = bom(component("a", "a", version="1"))
    tables = load(document, strict=True)
    assert tables.entities.equals(load(document).entities)
    assert not any("--validate" in reason for reason in counts(tables, "note"))


def test_validation_names_the_breach(tmp_path: Path) -> None:
    """In JSON by path, in XML by line."""
    document = bom(component("a", "a", hashes=[{"alg": "SHA-1", "content": "zz"}]))
    (tmp_path / "bom.json").write_text(json.dumps(document))
    assert load_tables([tmp_path / "bom.json"]).entities.height == 1
    with pytest.raises(InputError, match=r"not valid CycloneDX 1\.6: components\.0\.hashes\.0"):
        load_tables([tmp_path / "bom.json"], strict=True)
    text = xml_of(bom(component("a", "a"))).replace("</name>", "</name><bogus/>")
    (tmp_path / "bom.xml").write_text(text)
    with pytest.raises(InputError, match=r"not valid CycloneDX 1\.6: line 1: .*bogus"):
        load_tables([tmp_path / "bom.xml"], strict=True)


def test_validation_without_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    from knockon.loaders.software import validate

    validate._json_validator.cache_clear()
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    (tmp_path / "bom.json").write_text(json.dumps(bom(component("a", "a"))))
    with pytest.raises(InputError, match=r"pip install 'knockon\[validate\]'"):
        load_tables([tmp_path / "bom.json"], strict=True)


def test_every_type_of_the_specification_has_a_kind() -> None:
    """The types are those of the newest schema, none forgotten."""
    from cyclonedx.schema import SchemaVersion, _res

    text = Path(str(_res.BOM_JSON[SchemaVersion.V1_7])).read_text()
    types = json.loads(text)["definitions"]["component"]["properties"]["type"]["enum"]
    assert sorted(types) == sorted(COMPONENT_TYPES)
    assert set(KINDS) == {*types, "service"}


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    """Of two lists of dependencies neither is lost in silence."""
    text = json.dumps(bom(component("a", "a"), dependencies=[]))
    text = text[:-1] + ', "dependencies": [{"ref": "a", "dependsOn": ["b"]}]}'
    (tmp_path / "bom.json").write_text(text)
    with pytest.raises(InputError, match=r"bom\.json:1: the key 'dependencies' stands twice"):
        load_tables([tmp_path / "bom.json"])


def test_lists_that_stand_twice_in_xml_go_on(tmp_path: Path) -> None:
    """The second is read like the first."""
    text = xml_of(bom(component("a", "a"), dependencies=[{"ref": "a", "dependsOn": ["b"]}]))
    again = xml_of(bom(component("b", "b"), dependencies=[{"ref": "b", "dependsOn": ["c"]}]))
    inner = again[again.index("<components>") : again.index("</bom>")]
    (tmp_path / "bom.xml").write_text(text.replace("</bom>", f"{inner}</bom>"))
    tables = load_tables([tmp_path / "bom.xml"])
    assert ends(tables) == [("#a", "contains", "#b"), ("#b", "contains", "#c")]
    assert tables.entities.height == 3


def test_a_formulation_is_told_in_both_forms(tmp_path: Path) -> None:
    """By name alone."""
    document = bom(component("a", "a"), formulation=[{"bom-ref": "f"}])
    (tmp_path / "a.json").write_text(json.dumps(document))
    text = xml_of(bom(component("a", "a"))).replace("</bom>", "<formulation/></bom>")
    (tmp_path / "a.xml").write_text(text)
    for name in ("a.json", "a.xml"):
        assert "what it names is not read" in told(load_tables([tmp_path / name]))
