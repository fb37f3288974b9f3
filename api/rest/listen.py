"""The port that a server listens on, taken before anything is read."""

import errno
import socket
from ipaddress import ip_address

from knockon.graph.errors import InputError, clip

_FURTHER = 1000  # ports after the one in use that are tried


def open_port(host: str, port: int) -> socket.socket:
    """A socket that listens on the port; 0 is any that is free.

    Raises InputError where that cannot be; for a port in use, with the next one that is free.
    """
    try:
        return _listen(host, port)
    except socket.gaierror:
        raise InputError(
            f"--host: expected a name or address of this machine, got {clip(host)!r}"
        ) from None
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise InputError(
                f"cannot listen on port {port} of {clip(host)}: {fault.strerror}"
            ) from None
    free = next(
        (p for p in range(port + 1, min(port + _FURTHER, 65536)) if _is_free(host, p)), None
    )
    hint = f"; the next free one: --port {free}" if free else ""
    raise InputError(f"port {port} of {clip(host)} is in use{hint}")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # named as TCP, for asyncio sends at once on such sockets only: else each answer waits 40 ms
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener


def _is_free(host: str, port: int) -> bool:
    try:
        _listen(host, port).close()
    except OSError:
        return False
    return True
