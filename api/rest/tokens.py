"""Bearer tokens: a file of names, scopes and hashes; who has none is let in nowhere but the door.

A line of the file is `NAME SCOPES sha256:HEX`, scopes `read` (graphs, saved answers, limits) or
`read,compute` (questions and jobs, too); then, if that is meant, `expires=TIME` and `graphs=A,B`
(names as in an address). `#` begins a comment. The token itself stands nowhere.
"""

import hmac
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from importlib.resources import files
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from knockon.graph.errors import InputError, clip
from knockon.graph.scenario.questions import QUESTIONS

SCOPES = ("read", "compute")
_LINE = re.compile(
    r"(?P<name>[\w.@-]{1,64})\s+(?P<scopes>[a-z,]+)\s+sha256:(?P<hash>[0-9a-f]{64})"
    r"(\s+expires=(?P<expires>\S+))?(\s+graphs=(?P<graphs>\S+))?"
)
_DAYS = re.compile(r"([1-9][0-9]{0,4})d")
_SAID = "expected NAME read,compute sha256:HEX [expires=TIME] [graphs=A,B]"
_log = logging.getLogger("knockon.tokens")
_MOST = 1 << 20  # bytes of a file of tokens
_OPEN = {"/", "/healthz", "/readyz"}  # the page, and for those who watch the server
_VERBS = "|".join(["whatif", *(question.name for question in QUESTIONS)])
_COMPUTED = re.compile(
    rf"/v1/(jobs/.*|graphs/[^/]+/(page/)?({_VERBS}|rows|draft)([./].*)?)", re.DOTALL
)


@dataclass(frozen=True)
class Token:
    """Who may do what with the token of this hash.

    expires: when it is good no longer; graphs: of which ones, by name; None: never, and of all
    """

    name: str
    scopes: frozenset[str]
    hash: str
    expires: datetime | None = None
    graphs: frozenset[str] | None = None

    @property
    def is_expired(self) -> bool:
        return self.expires is not None and datetime.now(UTC) >= self.expires


def create_token(
    name: str, scopes: Sequence[str], expires: datetime | None = None, graphs: Sequence[str] = ()
) -> tuple[str, str]:
    """A new token, and the line of it for the file. Raises InputError."""
    strange = [scope for scope in scopes if scope not in SCOPES]
    if strange:
        raise InputError(f"expected scopes among read and compute, got {clip(strange[0])!r}")
    token = f"knockon_{secrets.token_urlsafe(32)}"
    line = f"{name} {','.join(scopes)} sha256:{_hash(token)}"
    if expires is not None:
        line += f" expires={expires.astimezone(UTC).isoformat(timespec='seconds')}"
    if graphs:
        line += f" graphs={','.join(quote(graph, safe='') for graph in graphs)}"
    if _LINE.fullmatch(line) is None:
        raise InputError(
            f"expected a name of letters, digits, dots, dashes or @, got {clip(name)!r}"
        )
    return token, line


def read_expiry(text: str) -> datetime:
    """When a token ends: a day (with its last moment), a time (UTC where it says none), or so many
    days from now, as `90d`. Raises InputError."""
    try:
        if days := _DAYS.fullmatch(text):
            return datetime.now(UTC) + timedelta(days=int(days[1]))
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        is_day = found.time() == time() and not re.search("[T ]", text)
        return found + timedelta(days=1) if is_day else found
    except (ValueError, OverflowError):
        raise InputError(
            f"expires: expected a day such as 2027-06-30, a time, or days such as 90d, got "
            f"{clip(text)!r}"
        ) from None


def read_tokens(path: Path) -> tuple[Token, ...]:
    """The tokens of a file. Raises InputError with the line that is none."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST).decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: cannot be read: {fault}") from None
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.partition("#")[0].strip()
        if not plain:
            continue
        match = _LINE.fullmatch(plain)
        scopes = frozenset(match["scopes"].split(",")) if match else frozenset({""})
        if match is None or not scopes <= set(SCOPES):
            raise InputError(f"{path}:{number}: {_SAID}")
        words = match["graphs"]
        graphs = frozenset(unquote(word) for word in words.split(",")) if words else None
        try:
            expires = read_expiry(match["expires"]) if match["expires"] else None
        except InputError as fault:
            raise InputError(f"{path}:{number}: {fault}") from None
        found.append(Token(match["name"], scopes, match["hash"], expires, graphs))
    if not found:
        raise InputError(f"{path}: expected a token, found none: knockon token NAME makes one")
    return tuple(found)


def read_again(path: Path, known: list[Token]) -> None:
    """Let the tokens of the file take the place of those known; who is not in it any more is out.

    A file that cannot be read leaves those known.
    """
    try:
        known[:] = read_tokens(path)
    except InputError as fault:
        _log.warning("the tokens stay as they were: %s", fault)
    else:
        _log.info("%d tokens are known", len(known))


def find_token(tokens: Sequence[Token], header: str) -> Token | None:
    """Whose token an Authorization header holds; all are compared, each in constant time."""
    kind, _, token = header.partition(" ")
    given = _hash(token.strip()) if kind.lower() == "bearer" else ""
    matches = [one for one in tokens if hmac.compare_digest(one.hash, given)]
    return matches[0] if matches else None


def name_client(scope: Any) -> str:
    """Who asks: the token's name, else the address; of IPv6 the network that one client has."""
    named = scope.get("knockon.client")
    host = str(named or (scope.get("client") or ("local",))[0])
    if ":" not in host or named:
        return host
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, 64), strict=False))
    return host


def find_scope(method: str, path: str) -> str | None:
    """Which scope a request needs; None: none, it is the page or asks whether the server lives."""
    if path in _OPEN or path in _list_files():
        return None
    computes = method not in ("GET", "HEAD", "OPTIONS") or _COMPUTED.fullmatch(path)
    return "compute" if computes else "read"


@cache
def _list_files() -> frozenset[str]:
    """The addresses of the files of the page, which hold nothing of anybody."""
    return frozenset(f"/{file.name}" for file in files("knockon.api").joinpath("page").iterdir())


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
