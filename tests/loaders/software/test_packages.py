"""What package managers print of a build: go, npm, pnpm, pipdeptree."""

import json
from pathlib import Path
from typing import Any

import pytest

import knockon as ko
from knockon.graph.errors import InputError
from knockon.graph.model.tables import Tables
from knockon.loaders.merge import load_tables
from knockon.loaders.registry import find_format
from tests.loaders.software.boms import bom, component, write


def ends(tables: Tables) -> set[tuple[str, str]]:
    rows = tables.dependencies.select("dependent", "provider").iter_rows()
    return {(d.removeprefix("pkg:"), p.removeprefix("pkg:")) for d, p in rows}


def told(tables: Tables) -> str:
    return "\n".join(map(str, tables.report))


def load(path: Path, form: str) -> Tables:
    assert find_format(path).name == form
    return load_tables([path])


GRAPH = """\
example.com/Shop github.com/Acme/web@v1.2.0
example.com/Shop go@1.22
example.com/Shop golang.org/x/text@v0.3.0
github.com/Acme/web@v1.2.0 golang.org/x/text@v0.2.0+incompatible
github.com/Acme/web@v1.2.0 gopkg.in/yaml.v3@v3.0.1
"""


def test_go_mod_graph(tmp_path: Path) -> None:
    """Each version a module; the main module has none; what several versions mean is told."""
    path = tmp_path / "graph.txt"
    path.write_text(GRAPH)
    tables = load(path, "go_modules")
    web = "golang/github.com/acme/web@v1.2.0"
    assert ends(tables) == {
        ("golang/example.com/shop", web), ("golang/example.com/shop", "golang/go@1.22"),
        ("golang/example.com/shop", "golang/golang.org/x/text@v0.3.0"),
        (web, "golang/golang.org/x/text@v0.2.0%2Bincompatible"),
        (web, "golang/gopkg.in/yaml.v3@v3.0.1"),
    }  # fmt: skip
    assert "go builds with the highest (golang.org/x/text v0.3.0, v0.2.0+incompatible)" in told(
        tables
    )
    places = tables.dependencies.filter(provider="pkg:golang/gopkg.in/yaml.v3@v3.0.1")["_file"]
    assert places.to_list() == ["graph.txt:5"]
    kinds = dict(tables.entities.select("name", "kind").iter_rows())
    assert (kinds["example.com/Shop"], kinds["go"]) == ("application", "platform")
    answer = ko.whatif(ko.load(path), "gopkg.in/yaml.v3@v3.0.1", mode="compromise").entities
    assert set(answer["name"]) == {"gopkg.in/yaml.v3", "github.com/Acme/web", "example.com/Shop"}


def test_go_mod_graph_meets_a_bom(tmp_path: Path) -> None:
    """Modules are purls, whatever letters their paths have."""
    (tmp_path / "graph.txt").write_text(GRAPH)
    part = component("w", "web", purl="pkg:golang/github.com/Acme/web@v1.2.0")
    other = write(tmp_path, "bom.json", bom(part, root=component("r", "Other", "application")))
    graph = ko.load(tmp_path / "graph.txt", other)
    answer = ko.whatif(graph, "gopkg.in/yaml.v3@v3.0.1", mode="compromise").entities
    assert {"Other", "example.com/Shop"} <= set(answer["name"])


def test_a_line_of_go_that_is_no_pair(tmp_path: Path) -> None:
    """One error with its line."""
    (tmp_path / "graph.txt").write_text(GRAPH * 2000 + "a@v1 b@v1 c@v1\n")
    with pytest.raises(InputError, match=r"graph\.txt:10001: expected two modules"):
        load_tables([tmp_path / "graph.txt"])


@pytest.mark.parametrize("text", ["a b\nc d\n", "a@v1,b@v1\n", "one@example.org two\n", "x y z\n"])
def test_other_text_is_no_go(tmp_path: Path, text: str) -> None:
    """Pairs of words, commas, addresses."""
    (tmp_path / "x.txt").write_text(text)
    with pytest.raises(InputError, match="of no known format"):
        find_format(tmp_path / "x.txt")


def npm(version: str, **more: Any) -> dict[str, Any]:
    return {"version": version, "overridden": False, **more}


NPM = {
    "name": "shop", "version": "1.0.0",
    "problems": ["missing: lost@^2, required by shop@1.0.0"],
    "dependencies": {
        "@acme/ui": npm("2.0.0", dependencies={"ms": npm("2.1.3")}),
        "express": npm("4.18.2", dependencies={
            "debug": npm("2.6.9", dependencies={"ms": npm("2.0.0")}),
        }),
        "alias": npm("3.0.0", resolved="https://registry.npmjs.org/@real/one/-/one-3.0.0.tgz"),
        "lost": {"required": "^2", "missing": True},
        "left": npm("1.0.0", extraneous=True),
    },
}  # fmt: skip


def test_npm_ls(tmp_path: Path) -> None:
    """One name in two versions is two; what is missing or too much is told."""
    tables = load(write(tmp_path, "npm.json", NPM), "npm_list")
    assert ends(tables) == {
        ("npm/shop@1.0.0", "npm/%40acme/ui@2.0.0"), ("npm/%40acme/ui@2.0.0", "npm/ms@2.1.3"),
        ("npm/shop@1.0.0", "npm/express@4.18.2"), ("npm/express@4.18.2", "npm/debug@2.6.9"),
        ("npm/debug@2.6.9", "npm/ms@2.0.0"), ("npm/shop@1.0.0", "npm/%40real/one@3.0.0"),
        ("npm/shop@1.0.0", "npm/lost"), ("npm/shop@1.0.0", "npm/left@1.0.0"),
    }  # fmt: skip
    report = told(tables)
    assert (
        "a package that is needed and not installed (pkg:npm/lost at dependencies.lost)" in report
    )
    assert "a package that is installed and that nothing needs" in report
    assert "a problem that npm tells of the project" in report
    answer = ko.whatif(ko.load(tmp_path / "npm.json"), "ms@2.0.0", mode="compromise").entities
    assert set(answer["name"]) == {"ms", "debug", "express", "shop"}


def test_npm_ls_without_all(tmp_path: Path) -> None:
    """Only what the project needs itself is listed, and that is told."""
    plain = {"name": "shop", "dependencies": {"express": npm("4.18.2")}}
    tables = load(write(tmp_path, "npm.json", plain), "npm_list")
    assert ends(tables) == {("npm/shop", "npm/express@4.18.2")}
    assert "only what a project needs itself is listed; `npm ls --all` lists all" in told(tables)


@pytest.mark.parametrize(
    "plain",
    [
        {
            "name": "shop", "version": "1", "devDependencies": {"jest": "^29"},
            "_dependencies": {"express": "^4"},
            "dependencies": {"express": npm("4.0.0"), "jest": npm("29.0.0")},
        },
        {
            "name": "shop", "version": "1",
            "dependencies": {"express": npm("4.0.0"), "jest": npm("29.0.0", dev=True)},
        },
        [
            {
                "name": "shop", "version": "1", "path": "/shop",
                "dependencies": {"express": {"from": "express", "version": "4.0.0"}},
                "devDependencies": {"jest": {"from": "jest", "version": "29.0.0"}},
            }
        ],
    ],
)  # fmt: skip
def test_packages_for_development(tmp_path: Path, plain: Any) -> None:
    """Nothing but a compromise crosses them: of npm with --long, of pnpm."""
    path = write(tmp_path, "npm.json", plain)
    graph = ko.load(path)
    assert find_format(path).name == "npm_list"
    for mode, reached in (("bad_update", 0), ("outage", 0), ("compromise", 1)):
        found = ko.whatif(graph, "jest", mode=mode).entities.filter(name="shop")
        assert found["probability_high"].sum() == reached
    assert ko.whatif(graph, "express", mode="bad_update").entities.filter(name="shop").height


@pytest.mark.parametrize(
    "plain",
    [
        {"name": "x", "dependencies": {"express": "^4"}},
        {"lockfileVersion": 1, "dependencies": {"express": npm("4.0.0", requires={})}},
        {"dependencies": {"net8.0": {"Acme": {"type": "Direct", "resolved": "1.0.0"}}}},
    ],
)
def test_other_json_is_no_npm(tmp_path: Path, plain: Any) -> None:
    """What is wanted, not what is installed; a lock file of npm, of NuGet: one error."""
    with pytest.raises(InputError):
        load_tables([write(tmp_path, "x.json", plain)])


def pip(name: str, version: str, **more: Any) -> dict[str, Any]:
    return {"key": name.lower(), "package_name": name, "installed_version": version, **more}


@pytest.mark.parametrize("tree", [False, True])
def test_pipdeptree(tmp_path: Path, tree: bool) -> None:
    """Both forms are one graph; names are purls as the index spells them."""
    six = pip("six", "1.16.0", required_version=">=1.5")
    lost = pip("Lost_One", "?", required_version="Any")
    date = pip("python-dateutil", "2.9", required_version="Any")
    plain: list[Any]
    if tree:
        inner = {**date, "dependencies": [{**six, "dependencies": []}]}
        plain = [
            pip("Jinja2", "3.1", dependencies=[inner, {**lost, "dependencies": []}]),
            pip("zope.event", "5", dependencies=[]),
        ]
    else:
        plain = [
            {"package": pip("Jinja2", "3.1"), "dependencies": [date, lost]},
            {"package": pip("python-dateutil", "2.9"), "dependencies": [six]},
            {"package": pip("six", "1.16.0"), "dependencies": []},
            {"package": pip("zope.event", "5"), "dependencies": []},
        ]
    tables = load(write(tmp_path, "pip.json", plain), "pip_tree")
    assert ends(tables) == {
        ("pypi/jinja2@3.1", "pypi/python-dateutil@2.9"), ("pypi/jinja2@3.1", "pypi/lost-one"),
        ("pypi/python-dateutil@2.9", "pypi/six@1.16.0"),
    }  # fmt: skip
    assert "a package that is needed and not installed (Lost_One)" in told(tables)
    row = tables.dependencies.filter(provider="pkg:pypi/six@1.16.0").row(0, named=True)
    assert (row["required"], row["relation"]) == (">=1.5", "contains")
    (names,) = tables.entities.filter(name="zope.event")["also_known_as"]
    assert json.loads(names) == ["pkg:pypi/zope-event@5", "zope.event@5"]


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ([pip("a", "1", dependencies=[3, {"key": 1}])], "a package that is no object"),
        ([pip("a", "1", dependencies=[{"key": 1}])], "without package_name and key"),
        ([pip("a", "1", dependencies=[]), pip("b", "1", dependencies={})], "that are no list"),
        ([pip("a", "1", dependencies=[])], "no package in it needs another"),
    ],
)
def test_odd_packages_of_python(tmp_path: Path, plain: Any, message: str) -> None:
    """Counted and told."""
    assert message in told(load(write(tmp_path, "pip.json", plain), "pip_tree"))


def test_odd_packages_of_npm(tmp_path: Path) -> None:
    """Counted and told."""
    plain = {"name": ["x"], "dependencies": {
        "a": npm("1", dependencies=[1]), "b": 3, "/": npm("1"), "c": npm(1),
    }}  # fmt: skip
    report = told(load(write(tmp_path, "x.json", plain), "npm_list"))
    assert "dependencies that are no object (dependencies.a)" in report
    assert "a package that is no object (dependencies.b)" in report
    assert "a name that makes no purl: kept as it is written" in report
