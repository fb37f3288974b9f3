"""Where status pages are: addresses and files as an operator gives them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from knockon.graph.errors import InputError, clip

SCHEMES = {"http": 80, "https": 443}
_INDIRECT = [ip_network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")]


@dataclass(frozen=True)
class Place:
    """One page: its address, or the path of a file.

    label: what it is called where others read it: no user, no password, no query; of a file its
        name only
    """

    given: str
    label: str
    host: str = ""
    port: int = 0

    @property
    def is_file(self) -> bool:
        return not self.host

    @property
    def addresses(self) -> tuple[str, ...]:
        """What an entity may state as its status page, or a table name."""
        plain = self.label.partition(" #")[0]
        return () if self.is_file else (plain, plain.partition("://")[2], self.host)


def read_place(given: str) -> Place:
    """The place of an address or path. Raises InputError for other addresses than http(s)."""
    if "://" not in given:
        path = Path(given)
        if not path.is_file():
            raise InputError(f"{clip(given)}: expected an address (https://...) or a file")
        return Place(given, path.name)
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in SCHEMES or not given.isprintable() or " " in given:
        raise InputError(f"{clip(hide(given))}: expected http://HOST/... or https://HOST/...")
    return Place(given, hide(given), host.rstrip("."), port or SCHEMES[parts.scheme])


def read_places(given: Sequence[str]) -> list[Place]:
    """Each place once, under a label of its own: `... #2` where what tells two apart is hidden.

    Raises InputError.
    """
    places: list[Place] = []
    for one in dict.fromkeys(given):
        place = read_place(one)
        same = sum(known.label.partition(" #")[0] == place.label for known in places)
        places.append(replace(place, label=f"{place.label} #{same + 1}") if same else place)
    return places


def hide(address: str) -> str:
    """An address without what may be secret."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".partition("?")[0].partition("#")[0]


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: none of one's own machine or network."""
    found = ip_address(address.partition("%")[0])
    if (mapped := getattr(found, "ipv4_mapped", None)) is not None:
        found = mapped
    if any(found in network for network in _INDIRECT):  # an address inside an address
        return False
    return found.is_global and not found.is_multicast


def is_named_private(host: str) -> bool:
    """Whether a host, as it is written, is a private address or this machine."""
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
