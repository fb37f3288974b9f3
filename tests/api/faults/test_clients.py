"""Clients that are slow, silent, or gone without a word: each is cut off by a named limit."""

import socket
import struct
from collections.abc import Iterator

import pytest

from tests.api.faults.servers import Server, serve, wait_for

pytestmark = pytest.mark.slow
LONG = "/v1/graphs/wide/whatif?origin=hub&hours=2..72&worlds=100000&seed=9"
_REPAIR = 19  # TCP_REPAIR: such a socket is closed without a word to the other side


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One hub on which 20,000 depend: its whole answer is larger than what the system buffers."""
    folder = tmp_path_factory.mktemp("wide")
    rows = "".join(f"e{n:05}{'x' * 60},hub,1\n" for n in range(20_000))
    (folder / "wide.csv").write_text("dependent,provider,probability\n" + rows)
    limits = ("write_seconds=3", "idle=1", "header_seconds=1", "body_seconds=1", "workers=2")
    words = [word for limit in limits for word in ("--limit", limit)]
    with serve(folder / "wide.csv", *words, log=folder / "log") as made:
        yield made


def connect(server: Server, buffer: int = 0) -> socket.socket:
    """A connection; buffer: bytes that the system keeps for a client that does not read."""
    made = socket.socket()
    if buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    made.settimeout(60)
    made.connect(("127.0.0.1", server.port))
    return made


def write_request(path: str, *, close: bool = False) -> bytes:
    last = "Connection: close\r\n" if close else ""
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n".encode()


def count_cut(server: Server, limit: str) -> float:
    return server.count(f'knockon_connections_cut_total{{limit="{limit}"}}')


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


WHOLE = "/v1/graphs/wide/whatif?origin=hub&top="


@pytest.mark.parametrize("close", [True, False])
def test_who_does_not_read_a_large_answer_is_cut_off(server: Server, close: bool) -> None:
    """By `write_seconds`; others are answered meanwhile, and who reads slowly gets all of it."""
    whole = server.get(f"{WHOLE}30000")
    assert whole.status_code == 200
    assert len(whole.content) > 8_000_000
    before = count_cut(server, "write_seconds")
    with connect(server, 4096) as stuck, connect(server, 4096) as slow:
        for one in (stuck, slow):
            one.sendall(write_request(f"{WHOLE}30000", close=close))
        assert stuck.recv(10).startswith(b"HTTP/1.1 2")
        got = b""
        while count_cut(server, "write_seconds") == before:
            for _ in range(50):  # it reads a little, again and again
                got += slow.recv(4096)
        assert server.get("/v1/limits").status_code == 200
        with pytest.raises(ConnectionResetError):
            read_all(stuck)
        while not got.endswith(whole.content[-100:]):
            got += slow.recv(4096)
    assert got.partition(b"\r\n\r\n")[2] == whole.content
    assert "cut off, beyond write_seconds of 3 seconds" in server.log.read_text()


def test_half_a_head_and_half_a_body_are_cut_off(server: Server) -> None:
    """Told so, with the limit's name; one that drips is as slow as one that sends nothing."""
    with connect(server) as silent:
        assert b'"limit": "header_seconds"' in read_all(silent)
    with connect(server) as half:
        half.sendall(b"GET /v1/graphs HTTP/1.1\r\nHost: loc")
        assert b'"limit": "header_seconds"' in read_all(half)
    with connect(server) as body:
        head = "POST /v1/graphs/wide/whatif HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
        body.sendall(f"{head}Content-Type: application/json\r\n\r\n{{".encode())
        assert b'"limit": "body_seconds"' in read_all(body)
    assert count_cut(server, "header_seconds") >= 2


def test_who_asks_nothing_more_is_cut_off(server: Server) -> None:
    """By `idle`, after an answer."""
    before = count_cut(server, "idle")
    with connect(server) as one:
        one.sendall(write_request("/v1/limits"))
        assert read_all(one).endswith(b"]}")
    assert count_cut(server, "idle") > before


def test_who_says_that_no_more_comes_stops_its_question(server: Server) -> None:
    """A connection that is closed on one side only is a client that has gone."""
    with connect(server) as one:
        one.sendall(write_request(LONG))
        wait_for(lambda: server.get("/readyz").json()["running"] == 1)
        one.shutdown(socket.SHUT_WR)
        wait_for(lambda: server.get("/readyz").json()["running"] == 0)


def test_who_is_gone_without_a_word_stops_its_question(server: Server) -> None:
    """A connection that is open on this side only: the system asks, and nobody answers."""
    one = connect(server)
    one.sendall(write_request(LONG.replace("seed=9", "seed=10")))
    wait_for(lambda: server.get("/readyz").json()["running"] == 1)
    try:
        one.setsockopt(socket.IPPROTO_TCP, _REPAIR, 1)
    except OSError:
        one.close()
        pytest.skip("only root may close a connection without a word")
    one.close()
    wait_for(lambda: server.get("/readyz").json()["running"] == 0)


def test_a_reset_in_the_middle_of_an_answer_is_no_fault(server: Server) -> None:
    """RST after the first bytes, many times: the server answers on, nothing is written as a
    fault."""
    for _ in range(20):
        with connect(server, 4096) as one:
            one.sendall(write_request(f"{WHOLE}30000"))
            one.recv(1000)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert server.get("/v1/limits").status_code == 200
    assert "Traceback" not in server.log.read_text()
