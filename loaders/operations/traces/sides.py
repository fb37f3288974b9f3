"""The other side of calls that nobody answered in the file: databases, brokers, peers, hosts.

One database is told by several clients, and each tells what it knows: a peer, an address, the name
of a base, or the kind of system alone. What stands together in one span is one thing; what tells
less is the one that it can only be. Names follow OpenTelemetry's conventions, older and newer ones,
and OpenTracing's.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from knockon.graph.errors import some
from knockon.graph.model.tables import ALSO_KNOWN_AS
from knockon.loaders.operations.traces.calls import Calls

DATABASE = ("db.system.name", "db.system", "db.type")
MESSAGING = ("messaging.system",)
PEER = ("service.peer.name", "peer.service")
HOST = (
    "server.address", "net.peer.name", "http.host", "peer.hostname",
    "messaging.kafka.bootstrap.servers",
    "network.peer.address", "net.peer.ip", "peer.address", "peer.ipv4", "net.sock.peer.name",
    "net.sock.peer.addr",
)  # fmt: skip
URL = ("url.full", "http.url", "db.connection_string", "messaging.url")
BASE = ("db.namespace", "db.name", "db.instance")
TOPIC = ("messaging.destination.name", "messaging.destination", "message_bus.destination")
_ADDRESS = re.compile(r"[0-9.]+|\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]?")
_PORT = re.compile(r"^([^:]+|\[.*\]):\d+$")
_URL_HOST = re.compile(
    r"(?:jdbc:)?[a-z][a-z0-9+.-]*://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)", re.IGNORECASE
)
_SYSTEMS = {  # older names -> newer ones
    "postgres": "postgresql", "mssql": "microsoft.sql_server", "oracle": "oracle.db",
    "amazonsqs": "aws_sqs", "aws.sqs": "aws_sqs", "dynamodb": "aws.dynamodb",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """What spans of a service tell of another side that it uses.

    system: of a database or broker, empty for anything else
    places: peer and addresses, the name that is shown first; parts: bases in it, topics of it
    """

    service: str
    system: str
    kind: str
    places: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass
class Sides:
    """Databases and brokers of all spans, gathered first: which of them are one is told at the end.

    peers: names of services, in the file or as somebody's peer; a host of that name is that one
    """

    found: dict[Side, tuple[str, int]] = field(default_factory=dict)  # first place, how often
    peers: set[str] = field(default_factory=set)

    def add(self, service: str, attributes: Mapping[str, str], kind: str, where: str) -> str:
        """Take what a span of a service tells of the other side; empty, or why it tells none."""
        system, broker = first(attributes, DATABASE), first(attributes, MESSAGING)
        peer, hosts = first(attributes, PEER), list(find_hosts(attributes))
        if not system and not broker:
            if kind in ("PRODUCER", "CONSUMER"):
                return "a message whose broker is not named"
            name = peer or next((h for h in hosts if not _ADDRESS.fullmatch(h)), "")
            if not name:
                return "a call whose other side is not named"
            self._count(Side(service, "", "service", (name,), ()), where)
            return ""
        what = "data_store" if system else "platform"
        named = (system or broker).lower()
        if peer:
            self.peers.add(peer)
        parts = tuple(filter(None, (first(attributes, BASE if system else TOPIC),)))
        places = tuple(dict.fromkeys(filter(None, (peer, *hosts))))
        self._count(Side(service, _SYSTEMS.get(named, named), what, places, parts), where)
        return ""

    def _count(self, side: Side, where: str) -> None:
        first_where, count = self.found.get(side, (where, 0))
        self.found[side] = first_where, count + 1

    def enter(self, calls: Calls) -> None:
        """The services' use of each, every database and broker as one entity."""
        systems: dict[str, list[Side]] = {}
        for side in self.found:
            systems.setdefault(side.system, []).append(side)
        for system, sides in systems.items():
            if system:
                _System(system, sides, self).enter(calls)
                continue
            for side in sides:
                where, count = self.found[side]
                calls.add(side.service, side.places[0], where, {"calls": count})


class _System:
    """The databases or brokers of one system."""

    def __init__(self, system: str, sides: Sequence[Side], found: Sides) -> None:
        self._system, self._sides, self._found, self._peers = (
            system,
            sides,
            found.found,
            found.peers,
        )
        self._parent: dict[str, str] = {}
        for side in sides:
            for place in side.places:
                self._unite(side.places[0], place)
        self._of_part: dict[str, set[str]] = {}
        for side in sides:
            for part in side.parts if side.places else ():
                self._of_part.setdefault(part, set()).add(self._root(side.places[0]))
        self._names: dict[str, str] = {}
        for side in sides:
            if side.places:
                self._names.setdefault(self._root(side.places[0]), self._name_of(side))

    def _root(self, place: str) -> str:
        place = self._parent.setdefault(place, place)
        while place != self._parent[place]:
            place = self._parent[place]
        return place

    def _unite(self, one: str, other: str) -> None:
        a, b = self._root(one), self._root(other)
        self._parent[max(a, b)] = min(a, b)

    def _name_of(self, side: Side) -> str:
        known = next((p for p in side.places if p in self._peers), "")
        return known or f"{self._system}:{side.places[0]}"

    def enter(self, calls: Calls) -> None:
        vague: dict[str, Side] = {}
        for side in self._sides:
            name, sure = self._find(side)
            if not sure:
                vague.setdefault(name, side)
            where, count = self._found[side]
            calls.add(side.service, name, where, {"calls": count}, side.kind)
        self._enter_vague(calls, vague)
        for root, name in self._names.items():
            others = sorted(p for p in self._parent if self._root(p) == root)
            others = [p for p in others if name not in (p, f"{self._system}:{p}")]
            if others:
                calls.rows.add_entity(name, "", **{ALSO_KNOWN_AS: json.dumps(others)})

    def _enter_vague(self, calls: Calls, vague: Mapping[str, Side]) -> None:
        """What is told without its place may be any of those that are told with it."""
        placed = sorted(set(self._names.values()))
        for name, side in vague.items():
            what, where = side.kind.replace("_", " "), self._found[side][0]
            if name == self._system:
                reason = f"a {what} told by its system only: those count as one"
                calls.rows.findings.add("note", reason, f"{name} at {where}")
            if placed:
                reason = f"a {what} told without its place may be any that is told with it"
                calls.rows.findings.add("invented", reason, f"{name} as {some(placed)}")
            one = placed[0] if len(placed) == 1 else self._system
            if placed and name != one:
                calls.add(name, one, where, {}, side.kind, caller_kind=side.kind)
            for other in placed if len(placed) > 1 else ():
                calls.add(self._system, other, where, {}, side.kind, caller_kind=side.kind)

    def _find(self, side: Side) -> tuple[str, bool]:
        """The name of what a span means, and whether no other can be meant.

        It is told by its place; by a base or topic that only one place has; as the only one.
        """
        if side.places:
            return self._names[self._root(side.places[0])], True
        for part in side.parts:
            known = self._of_part.get(part, set())
            if len(known) == 1:
                return self._names[next(iter(known))], True
        if side.parts and side.kind == "data_store":
            return f"{self._system}:{side.parts[0]}", False
        names = set(self._names.values())
        return (names.pop(), True) if len(names) == 1 else (self._system, False)


def find_hosts(attributes: Mapping[str, str]) -> Iterator[str]:
    """The hosts that a span names, without port, in small letters, the surest first."""
    for name in HOST:
        for value in attributes.get(name, "").split(","):
            if value.strip():
                yield _PORT.sub(r"\1", value.strip()).rstrip(".").lower()
    for name in URL:
        found = _URL_HOST.match(attributes.get(name, "").strip())
        if found:
            yield found[1].rstrip(".").lower()


def first(attributes: Mapping[str, str], names: Sequence[str]) -> str:
    """The first of these attributes that says something."""
    return next((v for n in names if (v := attributes.get(n, "").strip())), "")
