"""Host names in what people write into environment variables, arguments and files of settings.

Nobody marks an address as such, so it is told by its form: `scheme://host`, `host:port`,
`user@host/`, `a.b.svc`, `host = name` within a text. A word alone is one, too, unless the name that
it stands under says that it is something else: `DB_HOST: db` names a host, `DB_NAME: db` does not.
Who knows which hosts there are decides what becomes of them; the values go nowhere else.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?\.?"
_END = r"(?![\w$%{(-])"  # what a variable goes on with is no whole name
_URL = re.compile(  # a name before `:` and no number, or before `@`, is a user's
    rf"(?<![\w+.-])([A-Za-z][A-Za-z0-9+.-]{{0,30}})://(?:[^\s/@\"'<>]{{0,200}}@)?({_NAME})"
    r"(?=(?::[0-9]{1,5})?(?:[^\w:@$%{(.-]|$))"
)
_WITH_PORT = re.compile(rf"(?<![\w.$%}})/-])({_NAME})[:#][0-9]{{2,5}}(?![\w.@]|:[0-9])")
_AFTER_USER = re.compile(rf"(?<=[\w*]@)({_NAME})(?=[/:?]|$)")
_CLUSTER_NAME = re.compile(rf"(?<![\w.-])({_NAME}){_END}")
_PAIR = re.compile(
    rf"(?<![\w.-])[\"']?([A-Za-z][\w. -]{{0,80}}?)[\"']?\s{{0,8}}[:=]\s{{0,8}}(?:tcp:)?[\"']?"
    rf"({_NAME})(?=[\"',;}}\])\s#?&]|$)"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_COMMAS, _BLANKS = re.compile(r"\s*[,;]\s*"), re.compile(r"[,;\s]+")  # between hosts of a list
_SERVICE = re.compile(  # the variables that Kubernetes sets for each Service
    r"\$[({]([A-Z][A-Z0-9_]{0,60})_SERVICE_(?:HOST|PORT)\b"
)
_KNOCK = re.compile(
    rf"(?<![\w.-])(?:nc|ncat|netcat|telnet|nslookup|getent\s+hosts)\s+(?:-\S+\s+)*({_NAME}){_END}"
)
_LONGEST_LIST = 50  # words of a value that may be hosts
# schemes after which no host of a network stands
_NO_HOST = {
    "abfs", "abfss", "arn", "azblob", "cid", "classpath", "docker", "file", "git", "gs", "oci",
    "s3", "s3a", "secret", "sqlite", "ssm", "unix", "urn", "vault", "wasb", "wasbs",
}  # fmt: skip
# last words of names under which no host stands
_OTHERWISE = {
    "bucket", "certificate", "channel", "class", "connection", "database", "db", "dialect", "dir",
    "directory", "driver", "engine", "env", "environment", "exchange", "feature", "features",
    "file", "format", "group", "groups", "id", "image", "index", "key", "kind", "label", "labels",
    "lang", "level", "locale", "login", "mode", "module", "modules", "name", "namespace", "pass",
    "passwd", "password", "path", "plugin", "plugins", "prefix", "profile", "profiles", "pwd",
    "queue", "realm", "region", "role", "roles", "schema", "secret", "stage", "suffix", "table",
    "tag", "tags", "tenant", "theme", "timezone", "title", "token", "topic", "topics", "type", "tz",
    "user", "username", "vendor", "version", "vhost", "zone",
}  # fmt: skip
# words of names under which hosts stand
_HOSTS = {
    "addr", "address", "addresses", "addrs", "backend", "backends", "bootstrap", "broker",
    "brokers", "endpoint", "endpoints", "gateway", "host", "hostaddr", "hostname", "hostnames",
    "hosts", "nodes", "peer", "peers", "primary", "proxy", "replicas", "seeds", "server", "servers",
    "upstream", "upstreams", "uri", "uris", "url", "urls",
}  # fmt: skip
# the machine itself, and numbers that are no addresses
_NEVER = re.compile(r"(?:.*\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\d+(?:\.\d+){0,2}")


@dataclass(frozen=True)
class Host:
    """A name that may be a host's.

    how: it stands in a URL, before a port, as a word under a name that speaks of hosts, or as a
         word that is a host only if there is one of that name
    """

    name: str
    how: Literal["url", "port", "named", "word"]


def find_hosts(value: str, name: str = "", *, strict: bool = False) -> list[Host]:
    """The hosts that the value of a variable, a flag or a key names, each once, in small letters.

    name:   of the variable; one that speaks of an image has no hosts
    strict: a word alone is a host only where the name speaks of one (`--db-host db`)
    """
    words = _split_words(name)
    if {"image", "images"} & set(words):
        return []
    found: dict[str, Host] = {}
    for host in _find(value, words, strict):
        text = host.name.rstrip(".").lower()
        if not _NEVER.fullmatch(text):
            found.setdefault(text, Host(text, host.how))
    return list(found.values())


def find_in_arguments(arguments: Iterable[str]) -> list[Host]:
    """The hosts that a command line names: in its words, and after flags that speak of hosts."""
    found: dict[str, Host] = {}
    flag = ""
    for argument in arguments:
        for token in argument.split():
            name, sign, value = token.partition("=")
            if not sign:
                name, value = flag, token
            for host in find_hosts(value.strip("\"'"), name.lstrip("-"), strict=True):
                found.setdefault(host.name, host)
            flag = token if token.startswith("-") and not sign else ""
        for host in (*find_hosts(argument, "command", strict=True), *_find_knocked(argument)):
            found.setdefault(host.name, host)
    return list(found.values())


def _find(value: str, words: list[str], strict: bool) -> Iterator[Host]:
    for url in _URL.finditer(value):
        if url[1].lower() not in _NO_HOST:
            yield Host(url[2], "url")
    yield from (Host(one[1], "port") for one in _WITH_PORT.finditer(value))
    yield from (Host(one[1], "word") for one in _AFTER_USER.finditer(value))
    if ".svc" in value:
        named = (one[1] for one in _CLUSTER_NAME.finditer(value))
        yield from (Host(one, "url") for one in named if is_cluster_name(one))
    for pair in _PAIR.finditer(value):
        if _speaks_of_hosts(_split_words(pair[1])):
            yield Host(pair[2], "named")
    for one in _SERVICE.finditer(value):
        yield Host(one[1].replace("_", "-"), "word")
    speaks = _speaks_of_hosts(words)
    if speaks or (_may_be_host(words) and not strict):
        parts = (_BLANKS if speaks else _COMMAS).split(value.strip())
        parts = [part for part in parts if part]
        if len(parts) <= _LONGEST_LIST and all(re.fullmatch(_NAME, part) for part in parts):
            yield from (Host(part, "named" if speaks else "word") for part in parts)


def is_cluster_name(host: str) -> bool:
    """Whether a host is a Service by its full name in a cluster, `db.shop.svc.cluster.local`."""
    labels = host.rstrip(".").lower().split(".")
    return "svc" in labels[2:4]


def _find_knocked(command: str) -> Iterator[Host]:
    """The hosts that tools such as `nc -z db 5432` and `nslookup db` are to reach."""
    for one in _KNOCK.finditer(command):
        yield from find_hosts(one[1], "host")


def _split_words(name: str) -> list[str]:
    """`DB_HOST`, `db.host` and `dbHost` as words in small letters."""
    return [word.lower() for word in _WORDS.findall(name)]


def _may_be_host(words: list[str]) -> bool:
    if not words or words == ["db"]:
        return True
    named = words[-2:] in (["host", "name"], ["server", "name"])
    return named or words[-1] not in _OTHERWISE


def _speaks_of_hosts(words: list[str]) -> bool:
    short = words in (["h"], ["data", "source"])
    return _may_be_host(words) and (short or bool(_HOSTS & set(words)))
