"""Relations of ServiceNow in each form of export: one graph, by sys_id where one is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.assembling.relation_words import read_word
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from knockon.loaders.tabular.servicenow import TYPES

TYPE = {text: identifier for identifier, text in TYPES.items()}
ITEMS = {name: format(i + 1, "032x") for i, name in enumerate(("Shop", "app-1", "lnx-1", "esx-1"))}
RELATIONS = (
    ("Shop", "Contains::Contained by", "app-1"),
    ("app-1", "Runs on::Runs", "lnx-1"),
    ("lnx-1", "Virtualized by::Virtualizes", "esx-1"),
)
EDGES = {
    ("Shop", "app-1", "uses"),
    ("app-1", "lnx-1", "hosted_on"),
    ("lnx-1", "esx-1", "hosted_on"),
}


def field(name: str, table: str, form: str) -> Any:
    """A reference to an item or a type, as a form of export has it."""
    identifier = ITEMS.get(name) or TYPE[name]
    link = f"https://x.example/api/now/table/{table}/{identifier}"
    return {
        "true": {"display_value": name, "link": link},
        "false": {"link": link, "value": identifier},
        "all": {"display_value": name, "link": link, "value": identifier},
        "plain": name,
        "id": identifier,
    }[form]


def rows(form: str) -> list[dict[str, Any]]:
    return [
        {
            "sys_id": format(i + 90, "032x"), "parent": field(p, "cmdb_ci", form),
            "type": field(t, "cmdb_rel_type", form), "child": field(c, "cmdb_ci", form),
        }
        for i, (p, t, c) in enumerate(RELATIONS)
    ]  # fmt: skip


def export(form: str) -> tuple[str, str]:
    """Suffix and text of an export."""
    if form in ("true", "false", "all", "plain"):
        return "json", json.dumps({"result": rows(form)})
    if form == "list":
        return "json", json.dumps(rows("all"))
    if form == "jsonv2":
        return "json", json.dumps({"records": rows("id")})
    if form == "jsonv2 all":
        both = rows("id")
        for row, (p, t, c) in zip(both, RELATIONS, strict=True):
            row |= {"dv_parent": p, "dv_type": t, "dv_child": c}
        return "json", json.dumps({"records": both})
    if form == "csv":
        return "csv", "Parent,Type,Child\n" + "".join(f"{p},{t},{c}\n" for p, t, c in RELATIONS)
    body = "".join(_xml(form, *relation) for relation in RELATIONS)
    root = {"unload": "unload", "url": "xml", "table api": "response"}[form]
    return "xml", f'<?xml version="1.0"?>\n<{root} a="b">\n{body}</{root}>\n'


def _xml(form: str, parent: str, kind: str, child: str) -> str:
    tags = (("child", child), ("parent", parent), ("type", kind))
    ids = {**ITEMS, **TYPE}
    if form == "unload":
        inner = "".join(f'<{t} display_value="{v}">{ids[v]}</{t}>' for t, v in tags)
        return f'<cmdb_rel_ci action="INSERT_OR_UPDATE">{inner}<port/></cmdb_rel_ci>\n'
    if form == "url":
        return f"<cmdb_rel_ci>{''.join(f'<{t}>{ids[v]}</{t}>' for t, v in tags)}</cmdb_rel_ci>\n"
    parts = "".join(
        f"<{t}><display_value>{v}</display_value><value>{ids[v]}</value></{t}>" for t, v in tags
    )
    return f"<result>{parts}</result>\n"


def load(folder: Path, text: str, suffix: str = "json", **options: Any) -> Tables:
    path = folder / f"a.{suffix}"
    path.write_text(text)
    return load_tables([path], **options)


FORMS = ("true", "false", "all", "plain", "list", "jsonv2", "jsonv2 all", "unload", "url",
         "table api", "csv")  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_export_is_one_graph(tmp_path: Path, form: str) -> None:
    """With names or without, by id or by name: the same three dependencies, the same way round."""
    suffix, text = export(form)
    tables = load(tmp_path, text, suffix)
    names = {identifier: name for name, identifier in ITEMS.items()}
    found = tables.dependencies.select("dependent", "provider", "relation").rows()
    assert {(names.get(a, a), names.get(b, b), r) for a, b, r in found} == EDGES
    if form not in ("csv", "plain"):
        assert set(tables.entities["id"]) == set(ITEMS.values())
        shown = dict(tables.entities.select("id", "name").iter_rows())
        told = form not in ("false", "jsonv2", "url")
        assert all(shown[i] == (name if told else i) for name, i in ITEMS.items())
    assert find_format(tmp_path / f"a.{suffix}").name == ("csv" if form == "csv" else "servicenow")


def test_the_ids_of_types_are_read_as_their_names() -> None:
    """All but two of the types delivered that are known by id say who needs whom."""
    silent = [text for text in TYPES.values() if read_word(text, {}) is None]
    assert silent == ["Exchanges data with::Exchanges data with", "Owns::Owned by"]


def test_an_unload_names_items_of_other_tables(tmp_path: Path) -> None:
    """Records of items give names and classes; deleted relations are none, and told."""
    ids = ITEMS
    text = (
        "<unload><cmdb_ci_server action='INSERT_OR_UPDATE'>"
        f"<name>lnx</name><sys_id>{ids['lnx-1']}</sys_id></cmdb_ci_server>"
        f"<cmdb_rel_ci action='INSERT_OR_UPDATE'><parent>{ids['Shop']}</parent>"
        f"<child>{ids['lnx-1']}</child><type>{TYPE['Depends on::Used by']}</type></cmdb_rel_ci>"
        f"<cmdb_rel_ci action='DELETE'><parent>{ids['Shop']}</parent></cmdb_rel_ci></unload>"
    )
    tables = load(tmp_path, text, "xml")
    item = tables.entities.filter(id=ids["lnx-1"]).row(0, named=True)
    assert (item["name"], item["sys_class_name"]) == ("lnx", "cmdb_ci_server")
    assert "deleted cmdb_rel_ci, not read" in "\n".join(map(str, tables.report))


def test_dot_walked_fields(tmp_path: Path) -> None:
    """`parent.name` and `type.name`, as `sysparm_fields` may ask for."""
    record = {"parent.name": "Shop", "type.name": "Runs on::Runs", "child.name": "lnx",
              "child.sys_class_name": "cmdb_ci_server"}  # fmt: skip
    tables = load(tmp_path, json.dumps({"result": [record]}))
    assert tables.dependencies.select("dependent", "provider").rows() == [("Shop", "lnx")]
    assert tables.entities.filter(id="lnx")["sys_class_name"].to_list() == ["cmdb_ci_server"]


def test_a_relation_that_lacks_something_is_told(tmp_path: Path) -> None:
    """One odd record does not refuse the others."""
    odd = [{**rows("all")[0], key: ""} for key in ("parent", "child", "type")]
    tables = load(tmp_path, json.dumps({"result": [*rows("all"), *odd, 7]}))
    assert tables.dependencies.height == 3
    told = "\n".join(map(str, tables.report))
    for word in ("parent", "child", "type"):
        assert f"dropped 1: a relation without a {word} (a.json#result[" in told
    assert "dropped 1: a record that is no object (a.json#result[6])" in told


def test_types_are_told_or_mapped(tmp_path: Path) -> None:
    """A type of one's own, by its text or its id; nothing readable at all is an error."""
    own = format(77, "032x")
    record = {"parent": "a", "child": "b", "type": own}
    with pytest.raises(InputError, match=rf"expected a type such as .* got '{own}'"):
        load(tmp_path, json.dumps({"records": [record]}))
    tables = load(tmp_path, json.dumps({"records": [record]}), mapping={own: "~hosted_on"})
    assert tables.dependencies.select("dependent", "provider", "relation").rows() == [
        ("b", "a", "hosted_on")
    ]
    both = json.dumps({"records": [record, *rows("id")]})
    told = "\n".join(map(str, load(tmp_path, both).report))
    assert f"({own}: 1)" in told
    noted = "\n".join(map(str, load(tmp_path, both, mapping={"No such type": "uses"}).report))
    assert "a column that --map names is not in this source ('No such type'" in noted


@pytest.mark.parametrize(
    "heads", ["parent,rel,child", "Source,Relationship type,Target", "From,Kind,To",
              "Source CI,Link,Target CI"],
)  # fmt: skip
def test_types_with_both_readings_tell_the_direction_under_any_head(
    tmp_path: Path, heads: str
) -> None:
    """`A Depends on::Used by B`, whatever the columns are called."""
    text = f"{heads}\nBank,Depends on::Used by,core\nRack,Rack contains::In Rack,core\n"
    tables = load(tmp_path, text, "csv")
    assert tables.dependencies.select("dependent", "provider", "relation").rows() == [
        ("Bank", "core", "uses"), ("core", "Rack", "hosted_on"),
    ]  # fmt: skip


def test_a_column_of_other_colons_is_no_type(tmp_path: Path) -> None:
    """Names of C++ and of addresses have two colons, too."""
    tables = load(tmp_path, "from,via,to\nBank,ns::call,core\n", "csv")
    assert tables.dependencies.select("dependent", "provider").rows() == [("Bank", "core")]
    assert not any("ServiceNow" in f.reason for f in tables.report)
