"""A server of status pages that does as it is told, and a clock that goes when it is told to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from knockon.api.live.pace import Clock

START = datetime(2026, 11, 28, 10, tzinfo=UTC)
Answer = Callable[[BaseHTTPRequestHandler], None]


class ToyClock(Clock):
    """Stands still until `go`; whoever sleeps makes it go."""

    def __init__(self) -> None:
        self.gone = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.gone)

    def seconds(self) -> float:
        return self.gone

    async def sleep(self, seconds: float) -> None:
        self.gone += seconds

    def go(self, seconds: float) -> None:
        self.gone += seconds


class Site:
    """What a server answers at each path, and what it was asked: (method, path, headers, body)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.port = 0

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, body: bytes | dict[str, Any], status: int = 200, **head: str) -> str:
        """Answer with this; the address. Names of headers with _ for -."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in head.items():
                request.send_header(name.replace("_", "-"), value)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)

        self.answers[path] = answer
        return self.at(path)


@contextmanager
def open_site() -> Iterator[Site]:
    """A site on a free port of this machine."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            head = {name.lower(): value for name, value in self.headers.items()}
            site.asked.append((self.command, self.path, head, self.rfile.read(length)))
            answer = site.answers.get(self.path)
            try:
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)
            except OSError:
                pass  # the client has gone

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_port
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def page(name: str = "Host", indicator: str = "", **components: str) -> dict[str, Any]:
    """The summary.json of a Statuspage: its components with their states."""
    listed = [
        {"id": f"c{n}", "name": key, "status": status, "group": False}
        for n, (key, status) in enumerate(components.items())
    ]
    made: dict[str, Any] = {"page": {"id": "p", "name": name}, "components": listed}
    return made | ({"status": {"indicator": indicator}} if indicator else {})
