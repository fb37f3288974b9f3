"""The port of the server: taken at once, and a clear word where that cannot be."""

import asyncio
import socket

import pytest

from knockon.api.command import main
from knockon.api.rest.listen import open_port
from knockon.graph.errors import InputError


def test_a_port_in_use_names_the_next_free_one(
    tmp_path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read: the source need not even be there. Exit code 2, one line."""
    with open_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as left:
            main(["serve", str(tmp_path / "none.csv"), "--port", str(port)])
        assert left.value.code == 2
        err = capsys.readouterr().err
        assert err.startswith(f"knockon: port {port} of 127.0.0.1 is in use; the next free one: ")
        assert err.count("\n") == 1
        free = int(err.split()[-1])
        assert free > port
        open_port("127.0.0.1", free).close()


def test_answers_are_sent_at_once() -> None:
    """asyncio turns off waiting for more to send (40 ms) only where it is told that it is TCP."""

    async def look() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        class One(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connection = transport.get_extra_info("socket")
                found.set_result(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
                transport.close()

        listener = open_port("127.0.0.1", 0)
        async with await asyncio.get_running_loop().create_server(One, sock=listener):
            with socket.create_connection(listener.getsockname()):
                return await asyncio.wait_for(found, 30)

    assert asyncio.run(look()) == 1


def test_other_faults_of_a_port_are_said() -> None:
    """A host that is not of this machine, or is none."""
    with pytest.raises(InputError, match="cannot listen on port 8000 of 192"):
        open_port("192.0.2.1", 8000)
    with pytest.raises(InputError, match="--host: expected a name or address of this machine"):
        open_port("no such host", 8000)
