"""One service of a Docker Compose file: what it says that it needs, and what it is called.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md. Only what says what a service
needs is kept. Variables may stand in any text: `put` puts their values in.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from knockon.graph.errors import InputError
from knockon.loaders.operations.addresses import Host, find_in_arguments
from knockon.loaders.operations.formats import COMPOSE_RULES
from knockon.loaders.parsing.yaml_text import YamlList, YamlMap

RESET, _ = COMPOSE_RULES.tags  # forget what lies below, or put this in its place
NOT_REQUIRED = "required: false"
CONTAINER = "container:"  # before the name of a container, which is no name of a service
_LISTS = ("links", "volumes_from", "external_links")
_SPACES = ("network_mode", "ipc", "pid")
_COMMANDS = ("command", "entrypoint")
_FALSE = ("false", "no", "off", "n", "0", "f")

Put: TypeAlias = Callable[[str, int], str]
"""Puts variables into a text that stands on this line."""


@dataclass
class Service:
    """What one service says; places are `file:line`.

    needs:       (key, name) -> (condition or None, place)
    parts:       (`volume`, `secret`, `config` or `model`, name) -> place
    links:       names by which it alone calls others -> names of services
    aliases:     names by which others call it, beside its own
    environment: name -> (value, place)
    words:       `command` or `entrypoint` -> (hosts, place)
    imaged:      it says which image it runs, if only by a variable
    forgets:     keys of which it keeps nothing that it is laid over
    """

    where: str
    image: str = ""
    imaged: bool = False
    builds: bool = False
    needs: dict[tuple[str, str], tuple[str | None, str]] = field(default_factory=dict)
    parts: dict[tuple[str, str], str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, None] = field(default_factory=dict)
    container_name: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    environment: dict[str, tuple[str, str]] = field(default_factory=dict)
    words: dict[str, tuple[list[Host], str]] = field(default_factory=dict)
    replicas: str | None = None
    profiles: str | None = None
    forgets: frozenset[str] = frozenset()
    removed: bool = False

    def merge(self, over: "Service") -> "Service":
        """This service with another laid over it: mappings merge, lists grow, values give way."""
        if over.removed:
            return over
        gone = {key for key, _ in over.needs if key in _SPACES} | over.forgets
        parts = {k: v for k, v in self.parts.items() if f"{k[0]}s" not in gone}
        words = {k: v for k, v in self.words.items() if k not in gone}
        return Service(
            where=self.where,
            image=over.image or ("" if "image" in gone else self.image),
            imaged=over.imaged or (self.imaged and "image" not in gone),
            builds=over.builds or (self.builds and "build" not in gone),
            needs={**{k: v for k, v in self.needs.items() if k[0] not in gone}, **over.needs},
            parts={**parts, **over.parts},
            links={**({} if "links" in gone else self.links), **over.links},
            aliases={**({} if "networks" in gone else self.aliases), **over.aliases},
            container_name=over.container_name or self.container_name,
            labels={**({} if "labels" in gone else self.labels), **over.labels},
            environment={**({} if "environment" in gone else self.environment), **over.environment},
            words={**words, **over.words},
            replicas=over.replicas or self.replicas,
            profiles=over.profiles or self.profiles,
        )


def read_service(body: YamlMap, where: str, put: Put, variables: Mapping[str, str]) -> Service:
    """What the body of a service itself says.

    where:     its place, `file:line`
    variables: those of the project, which `- NAME` without a value takes over
    Raises InputError for `depends_on` that is neither a list nor a mapping.
    """
    forgets = frozenset(body.tags)
    body = _drop_reset(body)
    file = where.rpartition(":")[0]
    service = Service(where, forgets=forgets)
    service.builds = body.get("build") is not None
    service.imaged = isinstance(body.get("image"), str)
    service.image = _read_text(body, "image", put)
    service.container_name = _read_text(body, "container_name", put)
    service.needs = dict(_read_needs(body, file, put))
    for text, _ in _read_texts(body, "links", put):
        name, colon, alias = text.partition(":")
        if colon and alias:
            service.links[alias.lower()] = name
    service.parts = dict(_read_parts(body, file, put))
    service.aliases = dict.fromkeys(_read_aliases(body, put))
    service.labels = {
        k: v for k, (v, _) in _read_pairs(body, "labels", put).items() if v is not None
    }
    for name, (value, line) in _read_pairs(body, "environment", put).items():
        value = variables.get(name) if value is None else value
        if value is not None:
            service.environment[name] = value, f"{file}:{line}"
    for key in _COMMANDS:
        words = [text for text, _ in _read_texts(body, key, put)] or [_read_text(body, key, put)]
        if any(words):
            service.words[key] = find_in_arguments(words), f"{file}:{body.lines[key]}"
    deploy = body.get("deploy")
    if isinstance(deploy, YamlMap):
        service.labels |= _read_labels(deploy, put)
        service.replicas = _read_text(deploy, "replicas", put) or None
    service.profiles = ", ".join(text for text, _ in _read_texts(body, "profiles", put)) or None
    return service


def find_env_files(body: YamlMap, put: Put) -> Iterator[tuple[str, int]]:
    """Paths of the files of variables that a service is given, each with its line."""
    listed = body.get("env_file")
    items = listed if isinstance(listed, YamlList) else [listed]
    lines = listed.lines if isinstance(listed, YamlList) else [body.lines.get("env_file", 1)]
    for item, line in zip(items, lines, strict=True):
        path = item.get("path") if isinstance(item, YamlMap) else item
        if isinstance(path, str) and path:
            yield put(path, line), line


def _read_needs(
    body: YamlMap, file: str, put: Put
) -> Iterator[tuple[tuple[str, str], tuple[str | None, str]]]:
    for name, said, line in _read_depends_on(body, file):
        condition: str | None = None
        if isinstance(said, YamlMap):
            condition = _read_text(said, "condition", put) or None
            if _read_text(said, "required", put).lower() in _FALSE:
                condition = NOT_REQUIRED
        yield ("depends_on", put(name, line)), (condition, f"{file}:{line}")
    for key in _LISTS:
        for text, line in _read_texts(body, key, put):
            named = text.removeprefix(CONTAINER)
            name = named.split(":")[0]
            container = CONTAINER if named != text or key == "external_links" else ""
            yield (key, container + name), (None, f"{file}:{line}")
    for key in _SPACES:
        text = _read_text(body, key, put)
        if text:
            word, _, name = text.partition(":")
            container = CONTAINER if f"{word}:" == CONTAINER else ""
            known = name if container or word == "service" else ""
            yield (key, container + known if known else ""), (None, f"{file}:{body.lines[key]}")


def _read_parts(body: YamlMap, file: str, put: Put) -> Iterator[tuple[tuple[str, str], str]]:
    """Named volumes, secrets, configs and models in either form; paths of the host are none."""
    models = body.get("models")
    if isinstance(models, YamlMap):
        yield from ((("model", model), f"{file}:{models.lines[model]}") for model in models)
    for model, line in _read_texts(body, "models", put):
        yield ("model", model), f"{file}:{line}"
    for kind in ("volume", "secret", "config"):
        listed = body.get(f"{kind}s")
        if not isinstance(listed, YamlList):
            continue
        for item, line in zip(listed, listed.lines, strict=True):
            name: Any = item
            if isinstance(item, YamlMap):
                plain = kind != "volume" or item.get("type", "volume") == "volume"
                name = item.get("source") if plain else None
            elif kind == "volume" and isinstance(item, str):
                name, colon, _ = put(item, line).partition(":")
                name = name if colon else None
            name = put(name, line) if isinstance(name, str) else ""
            if name and name[0] not in "./~$\\":
                yield (kind, name), f"{file}:{line}"


def _read_aliases(body: YamlMap, put: Put) -> Iterator[str]:
    """What others may call the service: its host name, aliases and numbers in its networks."""
    hostname = _read_text(body, "hostname", put)
    if hostname:
        yield hostname.lower()
    networks = body.get("networks")
    for network in networks.values() if isinstance(networks, YamlMap) else ():
        if isinstance(network, YamlMap):
            yield from (text.lower() for text, _ in _read_texts(network, "aliases", put))
            numbers = (_read_text(network, f"ipv{n}_address", put) for n in (4, 6))
            yield from (number for number in numbers if number)


def _read_text(body: YamlMap, key: str, put: Put) -> str:
    value = body.get(key)
    return put(value, body.lines[key]) if isinstance(value, str) else ""


def _read_texts(body: YamlMap, key: str, put: Put) -> list[tuple[str, int]]:
    listed = body.get(key)
    if not isinstance(listed, YamlList):
        return []
    return [
        (put(item, line), line)
        for item, line in zip(listed, listed.lines, strict=True)
        if isinstance(item, str)
    ]


def _read_pairs(body: YamlMap, key: str, put: Put) -> dict[str, tuple[str | None, int]]:
    """`labels` or `environment` with lines, in whichever of its two forms."""
    listed = body.get(key)
    if isinstance(listed, YamlMap):
        return {
            name: (None if value is None else put(value, listed.lines[name]), listed.lines[name])
            for name, value in listed.items()
            if isinstance(value, str | None)
        }
    found = {}
    for text, line in _read_texts(body, key, put):
        name, sign, value = text.partition("=")
        found[name] = value if sign else None, line
    return found


def _read_labels(body: YamlMap, put: Put) -> dict[str, str]:
    pairs = _read_pairs(body, "labels", put)
    return {name: value for name, (value, _) in pairs.items() if value is not None}


def _read_depends_on(body: YamlMap, file: str) -> Iterator[tuple[str, Any, int]]:
    """Names with what is said of each, and lines, of either form of `depends_on`."""
    listed = body.get("depends_on")
    if isinstance(listed, YamlMap):
        yield from ((name, said, listed.lines[name]) for name, said in listed.items())
    elif isinstance(listed, YamlList):
        named = zip(listed, listed.lines, strict=True)
        yield from ((name, None, line) for name, line in named if isinstance(name, str))
    elif listed is not None:
        line = body.lines["depends_on"]
        raise InputError(f"{file}:{line}: depends_on: expected a list or a mapping of services")


def _drop_reset(body: YamlMap) -> YamlMap:
    """The body without keys that are only there to be forgotten."""
    if RESET not in body.tags.values():
        return body
    kept = YamlMap(body.line)
    kept.lines, kept.tags = body.lines, body.tags
    kept.update((key, value) for key, value in body.items() if body.tags.get(key) != RESET)
    return kept
