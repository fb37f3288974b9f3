"""Services of Docker Compose files, merged: overlays, `extends`, `include`.

https://github.com/compose-spec/compose-spec: 05-services.md, 13-merge.md, 14-include.md. Only what
says what a service needs is kept. Files are looked for below the folder of the project alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.compose_env import interpolate, read_env
from knockon.loaders.operations.compose_service import (
    CONTAINER,
    RESET,
    Put,
    Service,
    find_env_files,
    read_service,
)
from knockon.loaders.operations.formats import COMPOSE_RULES, is_compose_v1
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

MAX_FILES = 200
MAX_EXTENDS = 64  # services that extend each other in a row
OUTSIDE = "a file outside the folder of the project, or missing; not read"


class Project:
    """Reads the files of a project below one folder."""

    def __init__(self, source: Source, root: Path, findings: Findings) -> None:
        self.root = root.resolve()
        self._source = source
        self.name = ""
        self._findings = findings
        self._files: dict[Path, YamlMap] = {}
        self._env: dict[Path, dict[str, str]] = {}
        self._included: set[Path] = set()
        self._services: dict[tuple[Path, str], Service] = {}

    def read_services(self, file: Path) -> dict[str, Service]:
        """The services of one file, with those that it includes."""
        document = self._read_document(file)
        name = document.get("name")
        if isinstance(name, str):
            self.name = self._put_in(name, file, _name_place(self, file, document, "name"))
        found: dict[str, Service] = {}
        for other in self._find_includes(document, file):
            for key, service in self.read_services(other).items():
                found[key] = found[key].merge(service) if key in found else service
        if "services" not in document and "include" not in document:
            raise InputError(f"{file.name}: expected a mapping `services`, found none")
        listed = document.get("services") or YamlMap(1)
        if not isinstance(listed, YamlMap):
            line = document.lines["services"]
            raise InputError(f"{file.name}:{line}: services: expected a mapping of name to service")
        for key in listed:
            service = self._read_service(file, key, ())
            found[key] = found[key].merge(service) if key in found else service
        return found

    def name_place(self, file: Path, line: int) -> str:
        return f"{file.relative_to(self.root).as_posix()}:{line}"

    def _read_document(self, file: Path) -> YamlMap:
        if file not in self._files:
            if len(self._files) >= MAX_FILES:
                raise InputError(f"{file.name}: more than {MAX_FILES} Compose files in one project")
            name = file.relative_to(self.root).as_posix()
            document = self._source.member(name).yaml(COMPOSE_RULES)
            if not isinstance(document, YamlMap):
                raise InputError(f"{file.name}: expected a mapping with services")
            self._files[file] = _lift_v1(document) if is_compose_v1(document) else document
        return self._files[file]

    def _find_includes(self, document: YamlMap, file: Path) -> Iterator[Path]:
        listed = document.get("include") or YamlList(1)
        if not isinstance(listed, YamlList):
            line = document.lines["include"]
            raise InputError(f"{file.name}:{line}: include: expected a list")
        for item, line in zip(listed, listed.lines, strict=True):
            paths = item.get("path") if isinstance(item, YamlMap) else item
            for path in paths if isinstance(paths, list) else [paths]:
                other = self._find_file(path, file, line)
                if other and other not in self._included:
                    self._included.add(other)
                    yield other

    def _find_file(self, path: Any, beside: Path, line: int) -> Path | None:
        """A file that another one names, where it is below the root."""
        place = self.name_place(beside, line)
        text = self._put_in(path, beside, place) if isinstance(path, str) else ""
        other = _resolve(beside.parent, text)
        if other is None or not other.is_relative_to(self.root) or not other.is_file():
            self._findings.add("dropped", OUTSIDE, f"{clip(text or str(path), 60)} at {place}")
            return None
        return other

    def _read_service(self, file: Path, name: str, below: tuple[tuple[Path, str], ...]) -> Service:
        """A service with all that it extends."""
        if (file, name) not in self._services:
            self._services[file, name] = self._extend(file, name, below)
        return self._services[file, name]

    def _extend(self, file: Path, name: str, below: tuple[tuple[Path, str], ...]) -> Service:
        services = self._read_document(file).get("services")
        body = services.get(name) if isinstance(services, YamlMap) else None
        place = self.name_place(
            file, services.lines.get(name, 1) if isinstance(services, YamlMap) else 1
        )
        if (file, name) in below:
            raise InputError(f"{place}: {clip(name)!r} extends itself")
        if len(below) > MAX_EXTENDS:
            raise InputError(f"{place}: more than {MAX_EXTENDS} services extend each other")
        if isinstance(services, YamlMap) and services.tags.get(name) == RESET:
            return Service(place, removed=True)
        if body is None:
            body = YamlMap(1)
        if not isinstance(body, YamlMap):
            raise InputError(f"{place}: service {clip(name)!r}: expected a mapping")
        own = self._read_own(body, file, place)
        base = self._find_base(body, file)
        return own if base is None else self._read_service(*base, (*below, (file, name))).merge(own)

    def _find_base(self, body: YamlMap, file: Path) -> tuple[Path, str] | None:
        """File and name of the service that this one extends, if any."""
        extends = body.get("extends")
        if extends is None:
            return None
        other, base, line = file, extends, body.lines["extends"]
        if isinstance(extends, YamlMap):
            base = extends.get("service")
            if extends.get("file") is not None:
                found = self._find_file(extends["file"], file, line)
                if found is None:
                    return None
                other = found
        if isinstance(base, str):
            base = self._put_in(base, file, self.name_place(file, line))
        listed = self._read_document(other).get("services")
        if not isinstance(base, str) or not isinstance(listed, YamlMap) or base not in listed:
            at = self.name_place(file, line)
            raise InputError(f"{at}: extends: no service {clip(str(base))!r} in {other.name}")
        return other, base

    def _read_own(self, body: YamlMap, file: Path, place: str) -> Service:
        """What the body itself says, with the variables of files that it is given."""
        put = self._make_put(file)
        service = read_service(body, place, put, self.read_variables(file))
        given: dict[str, tuple[str, str]] = {}
        for path, line in find_env_files(body, put):
            other = self._find_file(path, file, line)
            if other is not None:
                where = other.relative_to(self.root).as_posix()
                given |= {name: (value, where) for name, value in read_env(other).items()}
        service.environment = {**given, **service.environment}
        return service

    def read_variables(self, file: Path) -> dict[str, str]:
        """The variables of the `.env` beside the file, those of the project first."""
        if file.parent not in self._env:
            self._env[file.parent] = {
                **read_env(file.parent / ".env"),
                **read_env(self.root / ".env"),
            }
        return self._env[file.parent]

    def _make_put(self, file: Path) -> Put:
        return lambda text, line: self._put_in(text, file, self.name_place(file, line))

    def _put_in(self, text: str, file: Path, place: str) -> str:
        """The text with the variables that count in the file."""
        if "$" not in text:
            return text

        def missing(name: str) -> None:
            reason = "a variable that .env does not set; it counts as empty"
            self._findings.add("note", reason, f"{clip(name, 40)} at {place}")

        return interpolate(text, self.read_variables(file), place, missing)


def _lift_v1(document: YamlMap) -> YamlMap:
    """A file of version 1, whose services stand at the top, as later versions have it.

    https://docs.docker.com/reference/compose-file/legacy-versions/. `net` became `network_mode`,
    where `container:web` may name a service, too.
    """
    lifted, services = YamlMap(document.line), YamlMap(document.line)
    services.lines = document.lines
    for name, body in document.items():
        own = YamlMap(body.line)
        own.tags = body.tags
        for key, value in body.items():
            now, of_service = ("network_mode", True) if key == "net" else (key, False)
            own.lines[now] = body.lines[key]
            target = str(value).partition(CONTAINER)[2]
            own[now] = f"service:{target}" if of_service and target in document else value
        services[name] = own
    lifted["services"], lifted.lines["services"] = services, document.line
    return lifted


def _name_place(project: Project, file: Path, holder: YamlMap, key: str) -> str:
    return project.name_place(file, holder.lines.get(key, holder.line))


def _resolve(folder: Path, text: str) -> Path | None:
    try:
        return (folder / text).resolve() if text else None
    except (OSError, ValueError, RuntimeError):
        return None
