"""Spark Connect servers in processes of their own: Sail, and Apache Spark where it is there."""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup/memory")
PATIENCE = 180.0  # seconds until a server listens
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
_STANDALONE = "org.apache.spark.deploy"


@dataclass
class Server:
    """Processes behind an address. workers: those that can be killed by themselves; add_worker:
    starts one more"""

    address: str
    processes: list[psutil.Popen] = field(default_factory=list)
    workers: list[psutil.Popen] = field(default_factory=list)
    add_worker: Callable[[], None] = lambda: None
    groups: str = ""  # name of the control groups of its workers, but for their endings

    def list_groups(self) -> list[Path]:
        return list(_GROUPS.glob(f"{self.groups}.*")) if self.groups else []

    def list_processes(self) -> list[psutil.Process]:
        """All of them, children too."""
        found: list[psutil.Process] = []
        for process in self.processes:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found += [process, *process.children(recursive=True)]
        return found

    def stop(self) -> None:
        for process in self.list_processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        for process in self.processes:
            process.wait()
        for group in self.list_groups():
            with suppress(OSError):  # of one that has not quite ended
                group.rmdir()


def find_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def find_spark() -> Path | None:
    """Where Apache Spark is: SPARK_HOME, whose jars hold Spark Connect; None where it is not."""
    home = Path(os.environ.get("SPARK_HOME", "/nowhere"))
    return home if list(home.glob("jars/spark-connect_*.jar")) else None


@contextmanager
def start_sail(workers: int = 0, port: int | None = None) -> Iterator[Server]:
    """Sail; workers: as a local cluster of so many, which are threads of the one process."""
    port = port or find_port()
    env = dict(os.environ)
    if workers:
        env |= {
            "SAIL_MODE": "local-cluster", "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(workers),
            "SAIL_CLUSTER__WORKER_MAX_COUNT": str(workers),
        }  # fmt: skip
    command = [Path(sys.executable).parent / "sail", "spark", "server", "--port", str(port)]
    server = Server(f"sc://127.0.0.1:{port}")
    try:
        server.processes.append(_start(command, env, Path(tempfile.gettempdir()) / "sail.log"))
        wait_for(port, server)
        yield server
    finally:
        server.stop()


@contextmanager
def start_spark(home: Path, workers: int = 2, cores: int = 1, limit: int = 0) -> Iterator[Server]:
    """Apache Spark standalone: a master, so many workers of so many cores, and Spark Connect.

    limit: bytes that the Python of each worker may have, by the system; 0: what is there
    """
    env = dict(os.environ) | {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable,
        "SPARK_NO_DAEMONIZE": "1",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as work:
        log = Path(work) / "spark.log"
        master, port, spark_class = find_port(), find_port(), home / "bin" / "spark-class"
        server = Server(f"sc://127.0.0.1:{port}")
        at = ["--host", "127.0.0.1"]
        if limit:
            server.groups = f"knockon-{port}"
            env["PYSPARK_PYTHON"] = str(_write_limited(Path(work) / "python", limit, server.groups))

        def add_worker() -> None:
            command = [spark_class, f"{_STANDALONE}.worker.Worker", *at, "--cores", str(cores),
                       "--memory", "1g", "--webui-port", "0",
                       "--work-dir", f"{work}/{len(server.workers)}",
                       f"spark://127.0.0.1:{master}"]  # fmt: skip
            server.workers.append(_start(command, env, log))
            server.processes.append(server.workers[-1])

        try:
            command = [spark_class, f"{_STANDALONE}.master.Master", *at, "--port", str(master),
                       "--webui-port", "0"]  # fmt: skip
            server.processes.append(_start(command, env, log))
            wait_for(master, server)
            server.add_worker = add_worker
            for _ in range(workers):
                add_worker()
            command = [home / "bin" / "spark-submit", "--master", f"spark://127.0.0.1:{master}",
                       "--conf", f"spark.connect.grpc.binding.port={port}",
                       "--conf", "spark.executor.memory=512m", "--conf", "spark.ui.enabled=false",
                       "--conf", f"spark.executor.cores={cores}", "--class", _CONNECT,
                       "spark-internal"]  # fmt: skip
            server.processes.append(_start(command, env, log))
            wait_for(port, server)
            yield server
        finally:
            server.stop()


def _write_limited(path: Path, limit: int, groups: str) -> Path:
    """A Python that goes into a control group (version 1) of so many bytes, with its children."""
    path.write_text(f"""#!/bin/sh
set -e
group=$(mktemp -d {_GROUPS}/{groups}.XXXXXX)
echo {limit} > $group/memory.limit_in_bytes
echo $$ > $group/cgroup.procs
exec {sys.executable} "$@"
""")
    path.chmod(0o755)
    return path


def _start(command: list[object], env: dict[str, str], log: Path) -> psutil.Popen:
    with log.open("a") as file:
        return psutil.Popen([str(c) for c in command], env=env, stdout=file, stderr=file)


def wait_for(port: int, server: Server) -> None:
    """Until somebody listens there. Raises RuntimeError where a process ends before."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ended = [p for p in server.processes if p.poll() is not None]
        if ended:
            raise RuntimeError(f"{ended[0].args} ended with {ended[0].returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"nobody listens at {port} after {PATIENCE:.0f} s")
