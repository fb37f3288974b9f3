"""`pipdeptree --json` and `--json-tree`: the Python packages of an environment, and their needs.

https://pipdeptree.readthedocs.io. The first lists every package with what it needs itself, the
second nests these. No package is the root of all: an environment may hold several programs.
"""

from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.packages import Packages

_UNKNOWN = ("", "?")  # versions of what is needed and not installed


def read_pip_tree(source: SourceLike) -> Tables:
    """The packages of an environment, each version an entity, and who needs whom.

    Raises InputError for another shape.
    """
    source = Source.of(source)
    value = source.json
    if not isinstance(value, list):
        raise InputError(f"{source.name}: expected a list of packages with their dependencies")
    packages = Packages("pypi", source.name, f"pipdeptree {source.name}")
    stack: list[tuple[str, dict[str, Any], str]] = []
    for place, record in _list_records(packages, value, ""):
        about = record.get("package", record)
        identifier = _add(packages, about, place)
        if identifier:
            stack.append((identifier, record, place))
    while stack:
        dependent, record, where = stack.pop()
        needs = record.get("dependencies")
        if needs is None:
            continue
        if not isinstance(needs, list):
            packages.findings.add("dropped", "dependencies that are no list", where)
            continue
        for place, need in _list_records(packages, needs, f"{where}.dependencies"):
            provider = _add(packages, need, place)
            if provider:
                required = need.get("required_version")
                told = required if isinstance(required, str) else ""
                packages.need(dependent, provider, place, told)
                stack.append((provider, need, place))
    return packages.build_tables(f"Python packages of {clip(source.name, 60)}", "pipdeptree --json")


def _list_records(
    packages: Packages, listed: list[Any], where: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, record in enumerate(listed):
        place = f"{where}[{number}]"
        if isinstance(record, dict):
            yield place, record
        else:
            packages.findings.add("dropped", "a package that is no object", place)


def _add(packages: Packages, about: Any, place: str) -> str:
    """The id of a package, empty where its name is not told."""
    told = about if isinstance(about, dict) else {}
    name, version = (
        v.strip() if isinstance(v := told.get(key), str) else ""
        for key in ("package_name", "installed_version")
    )
    name = name or (k.strip() if isinstance(k := told.get("key"), str) else "")
    if not name:
        packages.findings.add("dropped", "a package without package_name and key", place)
        return ""
    if version in _UNKNOWN:
        packages.findings.add("note", "a package that is needed and not installed", name)
        version = ""
    return packages.add(name, version, place)
