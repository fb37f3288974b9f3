"""Formats are told by structure, however large a file is and in whatever order its keys stand."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from knockon.graph.errors import InputError
from knockon.loaders.merge import load_tables
from knockon.loaders.parsing.place import HEAD_BYTES
from knockon.loaders.registry import find_format

LONG = "x" * (2 * HEAD_BYTES)
DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": {"name": "web", "annotations": {"note": LONG}},
    "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}},
}  # fmt: skip
STATUS = {
    "page": {"id": "p", "name": "Page"},
    "components": [{"id": "c", "name": "API", "status": "operational", "description": LONG}],
}
STATE = {
    "version": 4, "terraform_version": "1.5.0", "serial": 1, "lineage": "l", "outputs": {},
    "resources": [
        {"mode": "managed", "type": "t", "name": "a", "provider": "provider[\"x/y/z\"]",
         "instances": [{"attributes": {"user_data": LONG}}]},
    ],
}  # fmt: skip
NATIVE = {
    "title": "Mine",
    "entities": [{"id": "shop", "kind": "service", "note": LONG}],
    "dependencies": [{"dependent": "shop", "provider": "cloud"}],
}
LARGE: dict[str, tuple[str, Any]] = {
    "kubernetes list": ("kubernetes", {"apiVersion": "v1", "items": [DEPLOYMENT], "kind": "List"}),
    "status page": ("statuspage", STATUS),
    "terraform state": ("terraform_state", STATE),
    "native": ("native_json", NATIVE),
    "node-link": ("node_link", {"graph": {"x": LONG}, "links": [], "nodes": [{"id": 1}]}),
    "jaeger": ("jaeger", {"data": [{"callCount": 1, "child": LONG, "parent": "a"}]}),
    "zipkin": ("zipkin", [[{"annotations": LONG, "id": "1", "localEndpoint": {"serviceName": "s"},
                            "traceId": "t"}]]),
    "servicenow": ("servicenow", {"result": [{"child": "c", "notes": LONG, "parent": "p",
                                              "type": "Runs on::Runs"}]}),
    "spdx": ("spdx", {"SPDXID": "SPDXRef-DOCUMENT", "name": "n", "packages": [],
                      "comment": LONG, "spdxVersion": "SPDX-2.3"}),
    "cyclonedx": ("cyclonedx", {"components": [{"name": LONG, "type": "library"}],
                                "bomFormat": "CycloneDX", "specVersion": "1.5"}),
    "plan": ("terraform_plan", {"configuration": {"a": LONG}, "format_version": "1.2",
                                "planned_values": {"root_module": {}}}),
}  # fmt: skip


def reverse(value: Any) -> Any:
    """The same with every object turned round."""
    if isinstance(value, dict):
        return {key: reverse(value[key]) for key in reversed(value)}
    return [reverse(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("form", ["sorted", "reversed", "minified", "BOM", "CRLF", "tabs"])
def test_json_is_told_whatever_its_form(tmp_path: Path, name: str, form: str) -> None:
    """`jq -S`, `jq -c`, `jq --tab`, editors that add a mark, and files of more than the head."""
    expected, value = LARGE[name]
    text = {
        "sorted": json.dumps(value, indent=2, sort_keys=True),
        "reversed": json.dumps(reverse(value), indent=2),
        "minified": json.dumps(value, separators=(",", ":")),
        "BOM": "\ufeff" + json.dumps(value),
        "CRLF": json.dumps(value, indent=2).replace("\n", "\r\n"),
        "tabs": json.dumps(value, indent="\t", sort_keys=True),
    }[form]
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode())
    assert find_format(path).name == expected
    load_tables([path])


@pytest.mark.parametrize("form", ["sorted", "BOM", "CRLF", "flow", "indented"])
def test_yaml_is_told_whatever_its_form(tmp_path: Path, form: str) -> None:
    """A List whose kind stands after all its items, and YAML as people seldom write it."""
    listed = {"apiVersion": "v1", "items": [DEPLOYMENT] * 2, "kind": "List"}
    text = yaml.safe_dump(listed, sort_keys=True)
    text = {
        "sorted": text, "BOM": "\ufeff" + text, "CRLF": text.replace("\n", "\r\n"),
        "flow": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n" + text,
        "indented": "# by hand\n" + "".join(f"  {line}\n" for line in text.splitlines()),
    }[form]  # fmt: skip
    path = tmp_path / "a.yaml"
    path.write_bytes(text.encode())
    assert find_format(path).name == "kubernetes"
    assert "default/Deployment/web" in set(load_tables([path]).entities["id"])


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_of_json_are_told_from_json(tmp_path: Path, mark: str, end: str) -> None:
    """By what stands on the first line: a whole object and more below, or not."""
    row = {"dependent": "shop", "provider": "cloud", "note": LONG}
    rows = [json.dumps({**row, "dependent": name}) for name in ("a", "b")]
    path = tmp_path / "a.json"
    path.write_bytes((mark + end.join(rows) + end).encode())
    assert find_format(path).name == "ndjson"
    assert load_tables([path]).dependencies["dependent"].to_list() == ["a", "b"]
    path.write_bytes((mark + rows[0] + end).encode())  # one object is a line only by its name
    with pytest.raises(InputError, match="JSON of no known format"):
        find_format(path)
    path.rename(tmp_path / "a.jsonl")
    assert find_format(tmp_path / "a.jsonl").name == "ndjson"


WORDS = """services: apiVersion: kind: SPDXVersion: graph [ "[root] x" "svg_id" "traceId"
"localEndpoint" "callCount" "outbound_relations" "CycloneDX" <spdxVersion "spdxId" digraph {
Package: x
Version: 1
services:
  web: {image: x}
apiVersion: backstage.io/v1
kind: Component
entities:
SPDXVersion: SPDX-2.3
"""


def test_values_tell_nothing(tmp_path: Path) -> None:
    """The signs of other formats within values of native files."""
    native = {"dependencies": [{"dependent": "a", "provider": "b", "note": WORDS}]}
    for name, text in (
        ("a.json", json.dumps(native)),
        ("a.yaml", yaml.safe_dump(native, default_style="|")),
        ("b.yaml", 'dependencies: [{dependent: a, provider: b}]\ntitle: "x\nservices: {}\n"'),
        ("c.yaml", 'dependencies: [{dependent: a, provider: b}]\ntitle: "apiVersion: v1\nkind: x"'),
    ):
        (tmp_path / name).write_text(text)
        assert find_format(tmp_path / name).name in ("native_json", "yaml"), name
        assert load_tables([tmp_path / name]).dependencies.height == 1


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a"])
def test_damaged_files_are_told_and_refused(tmp_path: Path, name: str) -> None:
    """The outline of a file that breaks off tells its reader, which says where."""
    (tmp_path / name).write_text(json.dumps(STATUS)[:-300])
    with pytest.raises(InputError, match=rf"{name}:1:[0-9]+: not readable as JSON"):
        load_tables([tmp_path / name])
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: Service\nspec: [\n")
    with pytest.raises(InputError, match=r"b\.yaml:4: not readable as YAML"):
        load_tables([tmp_path / "b.yaml"])


def test_json_that_is_none_says_so(tmp_path: Path) -> None:
    """Not a list of formats, but where it breaks: at the comma from Python 3.13 on."""
    (tmp_path / "a.json").write_text('{"a": 1,\n}')
    with pytest.raises(InputError, match=r"a\.json:(1:8|2:1): not readable as JSON"):
        load_tables([tmp_path / "a.json"])
    (tmp_path / "a.json").write_text('{"a": 1,\n"a": 2}')
    with pytest.raises(InputError, match=r"a\.json:2: the key 'a' stands twice"):
        load_tables([tmp_path / "a.json"])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 2, "a": 3}'),
        ('{"a": {"b": 1}, "b": 2}', '{"a": {"b": 1, "b": 2}, "b": 1}'),
        (r'{"a": "\u0061", "b": "x"}', r'{"a": "y", "b": "x", "\u0061": "z"}'),
    ],
)
def test_lines_in_which_a_key_stands_twice(tmp_path: Path, first: str, second: str) -> None:
    """On whatever line, and in whatever depth."""
    path = tmp_path / "a.ndjson"
    path.write_text(f"{first}\n{second}\n")
    with pytest.raises(InputError, match=r"a\.ndjson:2: the key '[ab]' stands twice"):
        load_tables([path], mapping={"a": "dependent", "b": "provider"})


def test_keys_beside_the_lists_are_told(tmp_path: Path) -> None:
    """What a service answers beside its list is not read, and noted."""
    path = tmp_path / "a.json"
    path.write_text('{"dependencies": [{"from": "a", "to": "b"}], "total": 3}')
    assert "a key beside the lists that is not read (total)" in "\n".join(
        map(str, load_tables([path]).report)
    )


@pytest.mark.parametrize("address", ["s3://bucket/nation", "hdfs://host:9000/nation"])
def test_tables_in_a_store_are_refused_with_what_reads_them(address: str) -> None:
    """By the workers of a server; no list of formats that they are none of."""
    with pytest.raises(InputError, match=r"--on sc://HOST:PORT --out FOLDER") as refused:
        find_format(address)
    assert str(refused.value).startswith(f"{address}: tables in a store are read by the workers")
    assert "\n" not in str(refused.value)
