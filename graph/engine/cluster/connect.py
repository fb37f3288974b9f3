"""A session with a Spark Connect server (Sail, Apache Spark), and who works there.

Tokens and TLS go by the parameters of the address (Spark Connect client connection string):
sc://host:port/;use_ssl=true;token=...; anything but this machine needs both.
"""

import atexit
import socket
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from knockon.graph.engine.cluster.tasks import HOST_SCHEMA, describe_host, describe_versions
from knockon.graph.errors import ClusterError, clip

if TYPE_CHECKING:
    from knockon.graph.engine.cluster.session import Session

_PORT = 15002
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECONDS = 5.0  # to reach the server in
_DEALT = 1 << 14  # rows that Apache Spark deals among all cores, each of which says who it is
_ASKED = 4  # tasks that are asked so where nothing is dealt
_HINT = "expected sc://host:port, such as sc://localhost:50051"


class Address(NamedTuple):
    """Where a server listens. text: as it was said, which may hold a token: never to be shown"""

    host: str
    port: int
    text: str

    @property
    def parameters(self) -> dict[str, str]:
        """What stands behind the place."""
        said = (each.partition("=") for each in self.text.partition("/;")[2].split(";") if each)
        return {name: unquote(value) for name, _, value in said}

    @property
    def is_here(self) -> bool:
        return self.host in _LOOPBACK

    def __str__(self) -> str:
        return f"sc://{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """The address, checked. Raises ClusterError for what is none, and for one of another machine
    without TLS and a token."""
    scheme, _, rest = text.partition("://")
    place, _, _ = rest.partition("/;")
    host, _, port = place.rstrip("/").rpartition(":")
    if ":" not in place:
        host, port = place.rstrip("/"), str(_PORT)
    if scheme != "sc" or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ClusterError(f"on: {_HINT}, got {clip(text.partition(';')[0])!r}")
    address = Address(host.strip("[]"), int(port), text)
    said = address.parameters
    if not address.is_here and (said.get("use_ssl") != "true" or not said.get("token")):
        raise ClusterError(
            f"on: {address} is another machine: expected TLS and a token, "
            f"{address}/;use_ssl=true;token=..."
        )
    return address


class Workers(NamedTuple):
    """What workers have, as processes. memory: bytes that are free for one, where least are
    cores: tasks that one does at a time; shares: it keeps what it knows for all tasks after it
    tasks: that all of them together do at a time; 0: the server does not say
    """

    memory: int
    cores: int
    shares: bool = True
    tasks: int = 0


_SESSIONS: "dict[str, Session]" = {}  # by address, for one question after the other
_WORKERS: dict[str, Workers] = {}


def connect(address: Address) -> "Session":
    """A session whose workers are known to be as this process is; kept until it fails."""
    if address.text not in _SESSIONS:
        session = open_session(address)
        try:
            _WORKERS[address.text] = check_workers(session, address)
        except ClusterError:
            session.stop()
            raise
        _SESSIONS[address.text] = session
    return _SESSIONS[address.text]


def ask_workers(address: Address) -> Workers:
    """What the workers of this server had when the session began."""
    connect(address)
    return _WORKERS[address.text]


@atexit.register
def disconnect(address: Address | None = None) -> None:
    """End the session with this server, or with all."""
    for text in [address.text] if address else [*_SESSIONS]:
        if (session := _SESSIONS.pop(text, None)) is not None:
            session.stop()


def open_session(address: Address) -> "Session":
    """A session of its own with the server. Raises ClusterError where there is none."""
    from knockon.graph.engine.cluster.session import Session

    try:
        session = Session(address.host, address.port, address.parameters)
    except ImportError as fault:
        raise ClusterError(f"on: needs pip install 'knockon[cluster]' ({fault.name})") from None
    try:
        socket.create_connection((address.host, address.port), timeout=_SECONDS).close()
    except OSError as fault:
        raise ClusterError(f"on: nobody listens at {address}: {fault}") from None
    try:
        session.greet()
    except ClusterError as fault:
        raise ClusterError(f"on: {address} does not answer: {fault}") from None
    return session


def check_workers(session: "Session", address: Address) -> Workers:
    """What the workers have. Raises ClusterError where their versions are not those of here."""
    here = describe_versions()
    try:
        rows = session.run(describe_host, HOST_SCHEMA, _DEALT, None).to_dicts()
        dealt = len(rows) if not rows[0]["shares"] else 0
        if not dealt:
            rows = session.run(describe_host, HOST_SCHEMA, _ASKED, _ASKED).to_dicts()
    except ClusterError as fault:
        raise ClusterError(
            f"on: the workers of {address} cannot run knockon {here['knockon']}: {fault}"
        ) from None
    for row in rows:
        for name, value in here.items():
            if row[name] != value:
                raise ClusterError(
                    f"on: a worker of {address} has {name} {clip(row[name])}, this process has "
                    f"{value}: answers could differ; install the same on both"
                )
    return min(_describe_worker(**row) for row in rows)._replace(tasks=dealt)


def _describe_worker(memory: int, cores: int, shares: bool, **_: object) -> Workers:
    """A worker is a process: one for all cores (Sail), else one for each (Apache Spark), of which
    the next task of a part has any."""
    return Workers(memory, cores) if shares else Workers(memory // cores, 1, shares=False)
