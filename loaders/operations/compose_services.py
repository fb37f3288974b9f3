"""Services of Docker Compose files, merged: overlays, `extends`, `include`.

https://github.com/compose-spec/compose-spec: 05-services.md, 13-merge.md, 14-include.md. Only what
says what a service needs is kept. Files are looked for below the folder of the project alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knockon.graph.errors import InputError, clip
from knockon.loaders.assembling.findings import Findings
from knockon.loaders.operations.compose_env import interpolate, read_env
from knockon.loaders.operations.formats import COMPOSE_RULES
from knockon.loaders.parsing.source import Source
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

MAX_FILES = 200
RESET, _ = COMPOSE_RULES.tags  # forget what lies below, or put this in its place
NOT_REQUIRED = "required: false"
OUTSIDE = "a file outside the folder of the project, or missing; not read"
_LISTS = ("links", "volumes_from", "external_links")
_SPACES = ("network_mode", "ipc", "pid")


@dataclass
class Service:
    """What one service says: `needs` holds (key, name) with (condition or None, place)."""

    where: str
    image: str = ""
    builds: bool = False
    needs: dict[tuple[str, str], tuple[str | None, str]] = field(default_factory=dict)
    volumes: dict[str, str] = field(default_factory=dict)  # named ones, with places
    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    replicas: str | None = None
    profiles: str | None = None
    forgets: frozenset[str] = frozenset()  # keys of which it keeps nothing that it is laid over
    removed: bool = False

    def merged(self, over: "Service") -> "Service":
        """This service with another laid over it: mappings merge, lists grow, values give way."""
        if over.removed:
            return over
        gone = {key for key, _ in over.needs if key in _SPACES} | over.forgets
        kept = {k: v for k, v in self.needs.items() if k[0] not in gone}
        return Service(
            where=self.where,
            image=over.image or ("" if "image" in gone else self.image),
            builds=over.builds or (self.builds and "build" not in gone),
            needs={**kept, **over.needs},
            volumes={**({} if "volumes" in gone else self.volumes), **over.volumes},
            labels={**({} if "labels" in gone else self.labels), **over.labels},
            environment={**({} if "environment" in gone else self.environment), **over.environment},
            replicas=over.replicas or self.replicas,
            profiles=over.profiles or self.profiles,
        )


class Project:
    """Reads the files of a project below one folder."""

    def __init__(self, root: Path, findings: Findings) -> None:
        self.root = root.resolve()
        self.name = ""
        self._findings = findings
        self._files: dict[Path, YamlMap] = {}
        self._env: dict[Path, dict[str, str]] = {}
        self._included: set[Path] = set()

    def services(self, file: Path) -> dict[str, Service]:
        """The services of one file, with those that it includes."""
        document = self._document(file)
        name = document.get("name")
        if isinstance(name, str):
            self.name = self._put_in(name, file, _place(self, file, document, "name"))
        found: dict[str, Service] = {}
        for other in self._includes(document, file):
            for key, service in self.services(other).items():
                found[key] = found[key].merged(service) if key in found else service
        if "services" not in document and "include" not in document:
            raise InputError(f"{file.name}: expected a mapping `services`, found none")
        listed = document.get("services") or YamlMap(1)
        if not isinstance(listed, YamlMap):
            line = document.lines["services"]
            raise InputError(f"{file.name}:{line}: services: expected a mapping of name to service")
        for key in listed:
            service = self._service(file, key, ())
            found[key] = found[key].merged(service) if key in found else service
        return found

    def place(self, file: Path, line: int) -> str:
        return f"{file.relative_to(self.root).as_posix()}:{line}"

    def _document(self, file: Path) -> YamlMap:
        if file not in self._files:
            if len(self._files) >= MAX_FILES:
                raise InputError(f"{file.name}: more than {MAX_FILES} Compose files in one project")
            document = Source.of(file).yaml(COMPOSE_RULES)
            if not isinstance(document, YamlMap):
                raise InputError(f"{file.name}: expected a mapping with services")
            self._files[file] = document
        return self._files[file]

    def _includes(self, document: YamlMap, file: Path) -> Iterator[Path]:
        listed = document.get("include") or YamlList(1)
        if not isinstance(listed, YamlList):
            line = document.lines["include"]
            raise InputError(f"{file.name}:{line}: include: expected a list")
        for item, line in zip(listed, listed.lines, strict=True):
            paths = item.get("path") if isinstance(item, YamlMap) else item
            for path in paths if isinstance(paths, list) else [paths]:
                other = self._file(path, file, line)
                if other and other not in self._included:
                    self._included.add(other)
                    yield other

    def _file(self, path: Any, beside: Path, line: int) -> Path | None:
        """A file that another one names, where it is below the root."""
        place = self.place(beside, line)
        text = self._put_in(path, beside, place) if isinstance(path, str) else ""
        other = _resolved(beside.parent, text)
        if other is None or not other.is_relative_to(self.root) or not other.is_file():
            self._findings.add("dropped", OUTSIDE, f"{clip(text or str(path), 60)} at {place}")
            return None
        return other

    def _service(self, file: Path, name: str, below: tuple[tuple[Path, str], ...]) -> Service:
        """A service with all that it extends."""
        services = self._document(file).get("services")
        body = services.get(name) if isinstance(services, YamlMap) else None
        place = self.place(
            file, services.lines.get(name, 1) if isinstance(services, YamlMap) else 1
        )
        if (file, name) in below:
            raise InputError(f"{place}: {clip(name)!r} extends itself")
        if isinstance(services, YamlMap) and services.tags.get(name) == RESET:
            return Service(place, removed=True)
        if body is None:
            body = YamlMap(1)
        if not isinstance(body, YamlMap):
            raise InputError(f"{place}: service {clip(name)!r}: expected a mapping")
        own = self._own(body, file, place)
        extends = body.get("extends")
        if extends is None:
            return own
        other, base = file, extends
        if isinstance(extends, YamlMap):
            base = extends.get("service")
            if extends.get("file") is not None:
                found = self._file(extends["file"], file, body.lines["extends"])
                if found is None:
                    return own
                other = found
        held = self._document(other).get("services")
        if not isinstance(base, str) or not isinstance(held, YamlMap) or base not in held:
            at = self.place(file, body.lines["extends"])
            raise InputError(f"{at}: extends: no service {clip(str(base))!r} in {other.name}")
        return self._service(other, base, (*below, (file, name))).merged(own)

    def _own(self, body: YamlMap, file: Path, place: str) -> Service:
        """What the body itself says."""
        forgets = frozenset(body.tags)
        body = _without_reset(body)
        service = Service(place, builds=body.get("build") is not None, forgets=forgets)
        image = body.get("image")
        if isinstance(image, str):
            service.image = self._put_in(image, file, self.place(file, body.lines["image"]))
        for name, told, line in _depends_on(body, file):
            condition = told.get("condition") if isinstance(told, dict) else None
            if not isinstance(condition, str):
                condition = None
            if isinstance(told, dict) and told.get("required") == "false":
                condition = NOT_REQUIRED
            service.needs["depends_on", name] = condition, self.place(file, line)
        for key in _LISTS:
            for text, line in self._texts(body, key, file):
                name = text.removeprefix("container:").split(":")[0]
                how = "external_links" if text.startswith("container:") else key
                service.needs[how, name] = None, self.place(file, line)
        for key in _SPACES:
            if isinstance(body.get(key), str):
                line = body.lines[key]
                word, _, name = self._put_in(body[key], file, self.place(file, line)).partition(":")
                service.needs[key, name if word == "service" else ""] = None, self.place(file, line)
        for volume, line in _volumes(body):
            service.volumes[volume] = self.place(file, line)
        service.labels = self._pairs(body, "labels", file)
        service.environment = self._pairs(body, "environment", file)
        deploy = body.get("deploy")
        if isinstance(deploy, YamlMap):
            service.labels |= self._pairs(deploy, "labels", file)
            if isinstance(deploy.get("replicas"), str):
                service.replicas = self._put_in(deploy["replicas"], file, place)
        service.profiles = ", ".join(t for t, _ in self._texts(body, "profiles", file)) or None
        return service

    def _texts(self, body: YamlMap, key: str, file: Path) -> list[tuple[str, int]]:
        listed = body.get(key)
        if not isinstance(listed, YamlList):
            return []
        return [
            (self._put_in(item, file, self.place(file, line)), line)
            for item, line in zip(listed, listed.lines, strict=True)
            if isinstance(item, str)
        ]

    def _pairs(self, body: YamlMap, key: str, file: Path) -> dict[str, str]:
        """`labels` or `environment` as a mapping, in whichever of its two forms."""
        listed = body.get(key)
        if isinstance(listed, YamlMap):
            return {
                name: self._put_in(value, file, self.place(file, listed.lines[name]))
                for name, value in listed.items()
                if isinstance(value, str)
            }
        texts = (text.partition("=") for text, _ in self._texts(body, key, file))
        return {name: value for name, sign, value in texts if sign}

    def _put_in(self, text: str, file: Path, place: str) -> str:
        """The text with variables of the `.env` beside the file, those of the project first."""
        if "$" not in text:
            return text
        if file.parent not in self._env:
            self._env[file.parent] = {
                **read_env(file.parent / ".env"),
                **read_env(self.root / ".env"),
            }

        def missing(name: str) -> None:
            reason = "a variable that .env does not set; it counts as empty"
            self._findings.add("note", reason, f"{clip(name, 40)} at {place}")

        return interpolate(text, self._env[file.parent], place, missing)


def _without_reset(body: YamlMap) -> YamlMap:
    """The body without keys that are only there to be forgotten."""
    if RESET not in body.tags.values():
        return body
    kept = YamlMap(body.line)
    kept.lines, kept.tags = body.lines, body.tags
    kept.update((key, value) for key, value in body.items() if body.tags.get(key) != RESET)
    return kept


def _place(project: Project, file: Path, holder: YamlMap, key: str) -> str:
    return project.place(file, holder.lines.get(key, holder.line))


def _resolved(folder: Path, text: str) -> Path | None:
    try:
        return (folder / text).resolve() if text else None
    except (OSError, ValueError, RuntimeError):
        return None


def _depends_on(body: YamlMap, file: Path) -> Iterator[tuple[str, Any, int]]:
    """Names with what is told of each, and lines, of either form of `depends_on`."""
    listed = body.get("depends_on")
    if isinstance(listed, YamlMap):
        yield from ((name, told, listed.lines[name]) for name, told in listed.items())
    elif isinstance(listed, YamlList):
        named = zip(listed, listed.lines, strict=True)
        yield from ((name, None, line) for name, line in named if isinstance(name, str))
    elif listed is not None:
        line = body.lines["depends_on"]
        raise InputError(
            f"{file.name}:{line}: depends_on: expected a list or a mapping of services"
        )


def _volumes(body: YamlMap) -> Iterator[tuple[str, int]]:
    """Names of named volumes in either form; paths of the host are none."""
    listed = body.get("volumes")
    if not isinstance(listed, YamlList):
        return
    for item, line in zip(listed, listed.lines, strict=True):
        if isinstance(item, YamlMap):
            source = item.get("source") if item.get("type", "volume") == "volume" else None
        else:
            source = item.split(":")[0] if isinstance(item, str) and ":" in item else None
        if isinstance(source, str) and source and source[0] not in "./~$\\":
            yield source, line
