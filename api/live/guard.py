"""Which machine is really connected to: an address is checked after its name was resolved.

A name is resolved once, every address that it has is checked, and the connection goes to one of
those: what its name leads to a moment later (DNS rebinding) does not matter. TLS is verified for
the name all the same.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

import httpcore2
import httpx2

from knockon.api.live.places import is_public

Resolve = Callable[[str, int], Awaitable[list[str]]]


class RefusedAddressError(httpx2.ConnectError):
    """A name leads to an address that may not be connected to."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system has them."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise httpx2.ConnectError(f"no address is known for {host}") from None
    return list(dict.fromkeys(str(at[0]) for *_, at in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses, and to the private hosts that an operator named.

    private: (host, port) that may be private, the port None for any; look_up: as `resolve`
    """

    def __init__(
        self, private: Collection[tuple[str, int | None]], look_up: Resolve = resolve
    ) -> None:
        self._private = frozenset(private)
        self._resolve = look_up
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:  # fmt: skip
        addresses = await self._resolve(host, port)
        if not self.allows(host, port):
            for address in addresses:
                if not is_public(address):
                    raise RefusedAddressError(
                        f"{host} leads to {address}, which is not of the public internet: name "
                        f"the host with --private {host} if that is meant"
                    )
        fault: Exception = httpx2.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address,
                    socket_options=socket_options,
                )  # fmt: skip
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as found:
                fault = found
        raise fault

    def allows(self, host: str, port: int) -> bool:
        """Whether an operator named this host as one that may be private."""
        return self.names(host) or (host.rstrip("."), port) in self._private

    def names(self, host: str) -> bool:
        """The same, on any port."""
        return (host.rstrip("."), None) in self._private

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.AsyncNetworkStream:
        raise RefusedAddressError("a status page is not read over a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """The transport of httpx over a guarded backend; TLS is verified, no proxy is used."""

    def __init__(self, backend: GuardedBackend, *, verify: Any = True) -> None:
        context = httpx2.create_ssl_context(verify=verify, trust_env=False)
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context, max_connections=20, keepalive_expiry=0, network_backend=backend
        )
