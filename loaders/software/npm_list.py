"""`npm ls --all --json` and `pnpm list --json --depth Infinity`: installed packages as a tree.

https://docs.npmjs.com/cli/commands/npm-ls. A package stands below each that needs it; what it
needs itself stands in one of these places only. Packages for development are told by pnpm, and by
npm with `--long`: no failure at run time crosses them (`spare`).
"""

import re
from collections.abc import Iterator
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.graph.model.tables import Tables
from knockon.loaders.parsing.source import Source, SourceLike
from knockon.loaders.software.packages import Packages

_SECTIONS = {  # where the packages below another stand -> whether they are for development
    "dependencies": False, "optionalDependencies": False, "unsavedDependencies": False,
    "devDependencies": True,
}  # fmt: skip
_TARBALL = re.compile(r"https?://[^?#]*?/((?:@[^/]+/)?[^/@]+)/-/[^/]+\.tgz")


def read_npm_list(source: SourceLike) -> Tables:
    """The installed packages of projects, each version an entity, and who needs whom.

    Raises InputError for another shape.
    """
    source = Source.of(source)
    value = source.json
    packages = Packages("npm", source.name, f"npm ls {source.name}")
    roots = value if isinstance(value, list) else [value]
    for number, root in enumerate(roots):
        where = f"[{number}]" if isinstance(value, list) else ""
        if not isinstance(root, dict):
            raise InputError(f"{source.name}{where}: expected a project with dependencies")
        name = _text(root.get("name")) or source.stem
        project = packages.add(name, _text(root.get("version")), where or "name", "application")
        _note_problems(packages, root, where)
        deep = _add_below(packages, project, root, where)
        if not deep:
            reason = "only what a project needs itself is listed; `npm ls --all` lists all"
            packages.findings.add("note", reason, name)
    return packages.build_tables(f"npm packages of {clip(source.name, 60)}", "npm ls --json")


def _add_below(packages: Packages, project: str, root: dict[str, Any], where: str) -> bool:
    """Enter all that stands below a project. Whether any of it needs something in turn."""
    stack = [(project, root, where)]
    deep = False
    while stack:
        dependent, holder, at = stack.pop()
        for place, name, entry, spare in _list_below(packages, holder, at):
            real = _TARBALL.match(_text(entry.get("resolved")))
            version = _text(entry.get("version"))
            provider = packages.add(real[1] if real else name, version, place)
            _note(packages, entry, place, provider)
            packages.need(dependent, provider, place, _text(entry.get("required")), spare)
            deep = deep or any(isinstance(entry.get(key), dict) for key in _SECTIONS)
            stack.append((provider, entry, place))
    return deep


def _list_below(
    packages: Packages, holder: dict[str, Any], where: str
) -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """The packages below another: place, name, entry, whether it is for development."""
    ranges = holder.get("devDependencies")  # of npm with --long: what package.json says
    told = set(ranges) if isinstance(ranges, dict) else set()
    for section, development in _SECTIONS.items():
        listed = holder.get(section)
        if listed is None:
            continue
        if not isinstance(listed, dict):
            packages.findings.add("dropped", f"{section} that are no object", where or section)
            continue
        for name, entry in listed.items():
            place = f"{where}.{section}.{name}".lstrip(".")
            if isinstance(entry, dict):
                needed = _is_needed(holder, name)
                spare = development or entry.get("dev") is True or (name in told and not needed)
                yield place, name, entry, spare and holder.get("dev") is not True
            elif not isinstance(entry, str):  # a text is a range, of what stands elsewhere
                packages.findings.add("dropped", "a package that is no object", place)


def _is_needed(holder: dict[str, Any], name: str) -> bool:
    own = holder.get("_dependencies")
    return isinstance(own, dict) and name in own


def _note(packages: Packages, entry: dict[str, Any], place: str, provider: str) -> None:
    for key, reason in (
        ("missing", "a package that is needed and not installed"),
        ("extraneous", "a package that is installed and that nothing needs"),
        ("invalid", "a package of a version that does not fit what is required"),
    ):
        if entry.get(key):
            packages.findings.add("note", reason, f"{clip(provider, 60)} at {place}")


def _note_problems(packages: Packages, root: dict[str, Any], where: str) -> None:
    problems = root.get("problems")
    for one in problems if isinstance(problems, list) else ():
        packages.findings.add("note", "a problem that npm tells of the project", clip(str(one), 80))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
