"""A server as it is installed, on a free port, for tests that do it harm."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

_MAIN = "from knockon.api.start import main; main()"
_PATIENCE = 120  # seconds, on a machine that does much else


def wait_for(true: Callable[[], Any], seconds: float = _PATIENCE) -> Any:
    """What is true in the end. Fails where that takes too long."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


class Server:
    """`knockon serve` in a process of its own; what it writes goes to a file."""

    def __init__(self, words: list[str], log: Path, **options: Any) -> None:
        self.log = log
        command = [sys.executable, "-c", _MAIN, "serve", *words, "--port", "0"]
        with log.open("wb") as file:
            environment = os.environ | {"NO_COLOR": "1"}
            self.process = subprocess.Popen(
                command, stderr=file, stdout=file, env=environment, **options
            )
        self.base = str(wait_for(self._find_base))
        self.client = httpx2.Client(base_url=self.base, timeout=_PATIENCE)
        wait_for(self._is_up)

    def _find_base(self) -> str | None:
        assert self.process.poll() is None, self.log.read_text()
        found = re.search(r"listening on (http://\S+\d)/", self.log.read_text())
        return found[1] if found else None

    def _is_up(self) -> bool:
        """All workers have begun, or nobody says so: its store may be away."""
        ready = self.client.get("/readyz").json()
        return "workers has begun" not in ready.get("detail", "")

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self.client.get(path, **options)

    def post(self, path: str, body: object, **options: Any) -> httpx2.Response:
        return self.client.post(path, json=body, **options)

    def save(self, graph: str, **asked: Any) -> httpx2.Response:
        """Ask, and let the server keep the answer."""
        return self.post(f"/v1/graphs/{graph}/answers", {"asked": asked})

    def count(self, name: str) -> float:
        """A figure of /metrics, by its name and labels."""
        lines = self.get("/metrics").text.splitlines()
        return next((float(x.rpartition(" ")[2]) for x in lines if x.startswith(name + " ")), 0.0)

    def list_workers(self) -> list[int]:
        return list(self.get("/readyz").json()["processes"])

    def kill(self) -> None:
        """kill -9, of the server only: its workers have to see to themselves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serve(*words: object, log: Path, **options: Any) -> Iterator[Server]:
    """A server for a while."""
    made = Server([str(word) for word in words], log, **options)
    try:
        yield made
    finally:
        made.client.close()
        made.process.kill()
        made.process.wait()
